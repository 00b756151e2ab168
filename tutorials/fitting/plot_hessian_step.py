# sphinx_gallery_keywords = "hessian, eigenvalues, learning rate, ヘッセ行列"
"""
Read the longest step off the Hessian
=====================================

A learning rate of 0.17 works, and 0.19 explodes. Nobody has to guess where the limit is:
the second derivatives of the loss tell.
"""

# %%
# Fit w · x + b to three points of y = 2x. The loss is a long, narrow bowl, with its bottom
# at w = 2 and b = 0.

import torch
from matplotlib import pyplot as plt

x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)


def loss(at):
    w, b = at
    return ((w * x + b - 2 * x) ** 2).mean()


bottom = torch.tensor([2.0, 0.0], dtype=torch.float64)
start = torch.tensor([0.7, 1.0], dtype=torch.float64)
assert loss(bottom) == 0

# %%
# The second derivatives by w and b form a table of four, the Hessian. By hand they are
# 2/3 · Σx², 2/3 · Σx and 2.

hessian = torch.autograd.functional.hessian(loss, start)
print(hessian)

by_hand = torch.tensor([[2 / 3 * 14, 2 / 3 * 6], [2 / 3 * 6, 2]], dtype=torch.float64)
assert torch.allclose(hessian, by_hand, rtol=1e-15)

# %%
# In two directions the bowl is a plain parabola, ½ · k · distance². The directions are the
# Hessian's **eigenvectors**, and the two k are its **eigenvalues**: a large k is steep, a
# small k is flat. A step multiplies the distance in each direction by 1 − rate · k.

curvatures, directions = torch.linalg.eigh(hessian)
flat, steep = curvatures.tolist()
print(f"flat {flat:.4f}, steep {steep:.4f}, their ratio {steep / flat:.0f}")

assert abs(flat + steep - hessian.trace()) < 1e-14
assert abs(flat * steep - (2 * 28 / 3 - 16)) < 1e-13

# %%
# A step is too long if 1 − rate · k is below −1: then it lands farther off, on the other
# side. So the limit is rate = 2/k. Which of the two k decides?

print(f"the limit is {2 / steep:.4f}")

assert 0.17 < 2 / steep < 0.19

# %%
# The steep one. Walk with 0.17 and with 0.19.


def walk(rate, steps=7):
    at = start.clone().requires_grad_()
    points = [at.detach().clone()]
    for _ in range(steps):
        (slope,) = torch.autograd.grad(loss(at), at)
        with torch.no_grad():
            at -= rate * slope
        points.append(at.detach().clone())
    return torch.stack(points)


short, long = walk(0.17), walk(0.19)

w, b = torch.meshgrid(
    torch.linspace(0, 4, 80), torch.linspace(-1, 2, 80), indexing="xy"
)
height = ((w[..., None] * x + b[..., None] - 2 * x) ** 2).mean(-1)
fig, ax = plt.subplots(figsize=(6, 4.8))
levels = [0.1, 1, 3, 6, 10, 15]
ax.contour(w, b, height, levels=levels, colors="#808080", linewidths=0.8)
ax.plot(*long.T, ":s", color="#9563c4", markersize=5, linewidth=1.5, label="rate 0.19")
ax.plot(*short.T, "-o", color="#2f7fc4", markersize=5, linewidth=1.5, label="rate 0.17")
ax.plot(*bottom, "x", color="#d2601a", markersize=10, mew=3, label="bottom")
ax.set(xlabel="w", ylabel="b", aspect="equal")
ax.legend(loc="upper left", bbox_to_anchor=(0, 1.13), ncols=3)
plt.show()
# sphinx_gallery_alt = "Contour lines of a long, narrow, tilted bowl. From one start, the solid walk swings across the bowl, less and less. The dotted walk swings too, wider with each step."
# sphinx_gallery_caption = "Both walks swing in the steep direction; only the one below the limit swings less and less."

# %%
# In each direction the distance shrinks or grows by exactly that factor.

for rate, points in ((0.17, short), (0.19, long)):
    along = (points - bottom) @ directions
    factors = 1 - rate * curvatures
    print(f"rate {rate}: flat × {factors[0]:.3f}, steep × {factors[1]:.3f} a step")
    assert torch.allclose(along[1:], along[:-1] * factors, atol=1e-12)

# %%
# With 0.17 the flat direction keeps 0.96 of its distance a step. The steep direction limits
# the rate, and the flat one sets the time: that is why a large ratio is slow.
#
# **On your own.** Which rate reaches the bottom in the *steep* direction in one step?
# What is left of the distance in the flat direction then?
#
# **Solution.** The rate 1/k, which makes the factor 0. The flat direction keeps
# 1 − flat/steep.

after = (walk(1 / steep, steps=1)[1] - bottom) @ directions
before = (start - bottom) @ directions
print(f"{(after[0] / before[0]).item():.4f} of the flat distance is left")

assert abs(after[1]) < 1e-14
assert torch.isclose(after[0] / before[0], 1 - curvatures[0] / curvatures[1])

# %%
# **Next.** :doc:`/gallery/fitting/plot_optimisers` walks narrow bowls with momentum, and
# :doc:`/gallery/fitting/plot_slow_fit` meets the same limit with four coefficients.
