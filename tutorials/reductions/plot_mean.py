# sphinx_gallery_keywords = "average, 平均"
"""
Reduce with mean
================

Losses are usually means, not sums. The gradient then has the right shape and the
wrong size. By how much, and does it matter?
"""

# %%
# Here are 17 points of y = 2x² + 2, whose slope is 4x.

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**2 + 2


x = torch.arange(-2, 2.1, 0.25, dtype=torch.float64)
slope = 4 * x

# %%
# z = (y₁ + … + y₁₇) / 17. Nudge one y by a little: how far does z move?

result = seegrad.reduce_gradient(f, x, "mean")
print(f"every y gets {result.dz_dy[0].item():.6f}")

assert torch.allclose(result.dz_dy, torch.full_like(x, 1 / 17), rtol=1e-15)

# %%
# A seventeenth as far. Everything below the mean in the graph is that much smaller, and
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
# 1/17 comes from the mean, 4xₖ from f. At the right end the slope is 8, and what arrives is 8/17 = 0.470588.

print(f"{result.gradient[-1].item():.6f}")
assert f"{result.gradient[-1].item():.6f}" == "0.470588"
assert torch.allclose(result.gradient, slope / 17, rtol=1e-15)

# %%
# Drawn at the scale of y, the gradient looks flat.

ax = seegrad.plot_reduction(result)
ax.legend()
plt.show()
# sphinx_gallery_alt = "A parabola of 17 dots, and a dashed line through zero that hardly rises, from −0.47 to 0.47."
# sphinx_gallery_caption = "The sum's straight line again, 17 times as flat."

# %%
# Does it matter? For a learning rate it does. With a mean, a step is 1/n of the step
# with a sum, so twice the data leaves the step as it is. That is why losses are means.

twice = torch.cat([x, x])
mean_step = seegrad.reduce_gradient(f, twice, "mean").gradient.abs().sum()
assert torch.allclose(mean_step, result.gradient.abs().sum(), rtol=1e-14)

# %%
# **On your own.** The norm √(y₁² + … + yₙ²) is a reduction, too. What does it hand to
# each y?
#
# **Solution.** y divided by the norm: for 3 and 4 that is 0.6 and 0.8.

two = seegrad.reduce_gradient(lambda x: 1 * x, [3.0, 4.0], torch.linalg.vector_norm)
print(two.dz_dy.tolist())

assert torch.allclose(two.dz_dy, torch.tensor([0.6, 0.8], dtype=torch.float64))

# %%
# **Next.** :doc:`/gallery/reductions/plot_max` hands the gradient to few, or to one.
