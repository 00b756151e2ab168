# sphinx_gallery_keywords = "average, 平均"
"""
Reduce with mean
================

Losses are usually means, not sums. The curve of the gradient then has the right form,
but its numbers are too small. By how much, and does it matter?
"""

# %%
# Here are 17 points of y = 2x² + 2, whose slope is 4x.

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**2 + 2


x = torch.arange(-2, 2.1, 0.25, dtype=torch.float64)
slope = 4 * x

# %%
# In plain PyTorch: the mean is a single number, so ``backward()`` can start from it.
# What will stand at the right end, where the slope is 8?

x.requires_grad_()
y = f(x)
y.mean().backward()
print(f"{x.grad[-1]:.6f}")

assert torch.allclose(x.grad, slope / 17, rtol=1e-15)
assert f"{x.grad[-1]:.6f}" == "0.470588"

# %%
# 8/17. ``reduce_gradient`` runs the same lines, and keeps what happened on the way. z is
# (y₁ + … + y₁₇) / 17. If one y grows a little, by how much does z grow?

result = seegrad.reduce_gradient(f, x, "mean")
print(f"every y gets {result.dz_dy[0].item():.6f}")

assert torch.allclose(result.dz_dy, torch.full_like(slope, 1 / 17), rtol=1e-15)
assert torch.equal(result.gradient, x.grad)

# %%
# By a seventeenth of it. Everything below the mean in the graph is that much smaller, and
# nothing else has changed.

graph = seegrad.gradient_graph(
    result.z, names={"x": result.x, "y": result.y, "z": result.z}
)
graph

# %%
# In symbols, for point k:
#
# .. math::
#
#    \frac{\partial z}{\partial x_k}
#    = \frac{1}{17} \cdot f'(x_k) = \frac{1}{17} \cdot 4 x_k
#
# 1/17 comes from the mean, 4xₖ from f. Drawn at the scale of y, the gradient looks flat.

ax = seegrad.plot_reduction(result)
ax.legend()
plt.show()
# sphinx_gallery_alt = "A parabola of 17 dots, and a dashed line through zero that hardly rises, from −0.47 to 0.47."
# sphinx_gallery_caption = "The sum's straight line again, 17 times less steep."

# %%
# Does it matter? For a learning rate it does. Here w is the parameter of a small model:
# its loss is the mean of (w·x − 1)² over the data x. Take the data once, and then each
# point twice. What does the second gradient look like, with a mean and with a sum?


def slope_at_half(data, reduce):
    w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    reduce((w * data - 1) ** 2).backward()
    return w.grad.item()


once = x.detach()
twice = torch.cat([once, once])
for reduce in (torch.mean, torch.sum):
    print(reduce.__name__, slope_at_half(once, reduce), slope_at_half(twice, reduce))

by_hand = (2 * (0.5 * once - 1) * once).mean().item()
assert math.isclose(slope_at_half(once, torch.mean), by_hand, rel_tol=1e-14)
assert math.isclose(slope_at_half(twice, torch.mean), by_hand, rel_tol=1e-14)
assert math.isclose(slope_at_half(twice, torch.sum), 34 * by_hand, rel_tol=1e-14)

# %%
# With a mean it is the same, with a sum it doubles, and so does a step of the same
# learning rate. That is why losses are means.
#
# **On your own.** The norm √(y₁² + … + yₙ²) is a reduction, too. What does it hand to
# each y?
#
# **Solution.** y divided by the norm: for 3 and 4 that is 0.6 and 0.8.

two = seegrad.reduce_gradient(lambda x: 1 * x, [3.0, 4.0], torch.linalg.vector_norm)
print(two.dz_dy.tolist())

assert torch.allclose(two.dz_dy, torch.tensor([0.6, 0.8], dtype=torch.float64))

# %%
# **Next.** :doc:`/gallery/reductions/plot_max` hands the gradient to few, or to one.
