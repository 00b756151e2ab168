# sphinx_gallery_keywords = "和"
"""
Reduce with sum
===============

``y.sum().backward()`` is the line that everybody writes to get slopes. What does the
sum itself do to the gradient?
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
# In plain PyTorch, that is:

x.requires_grad_()
y = f(x)
y.sum().backward()

assert torch.equal(x.grad, slope)

# %%
# ``reduce_gradient`` runs the same lines, and keeps what happened on the way. z is
# y₁ + … + y₁₇. If one y grows a little, by how much does z grow? That number is what the
# sum hands to this y. What is it?

result = seegrad.reduce_gradient(f, x, "sum")
print(result.dz_dy.tolist())

assert (result.dz_dy == 1).all()
assert torch.equal(result.gradient, x.grad)

# %%
# By exactly as much, so each y gets 1. Follow the 1 down the graph: copied to every y,
# doubled by the factor 2, and multiplied by 2x at the square.

graph = seegrad.gradient_graph(
    result.z, names={"x": result.x, "y": result.y, "z": result.z}
)
graph

# %%
# In symbols, the chain rule for point k is
#
# .. math::
#
#    \frac{\partial z}{\partial x_k}
#    = 1 \cdot f'(x_k) = 1 \cdot 4 x_k
#
# The 1 comes from the sum, 4xₖ from f. What arrives at x is the slope, at every point.

leaf = graph.nodes[-1]
assert leaf.label == "x"
assert torch.equal(leaf.gradient, slope)

# %%
# Drawn: the parabola, and its slope.

ax = seegrad.plot_reduction(result)
ax.legend()
plt.show()
# sphinx_gallery_alt = "A parabola of 17 dots, and a straight dashed line that rises from −8 on the left to 8 on the right."
# sphinx_gallery_caption = "What comes back to each point is the slope there, 4x."

# %%
# **On your own.** What does ``prod`` hand to each y? Work it out for three values,
# then look.
#
# **Solution.** The product of the others. For 2, 3 and 4 that is 12, 8 and 6.

three = seegrad.reduce_gradient(lambda x: 1 * x, [2.0, 3.0, 4.0], torch.prod)
print(three.dz_dy.tolist())

assert three.dz_dy.tolist() == [12, 8, 6]

# %%
# **Next.** :doc:`/gallery/reductions/plot_loop` adds the same numbers one by one.
