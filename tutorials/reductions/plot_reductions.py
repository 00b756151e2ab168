"""
Compare sum, loop, mean and max
===============================

``backward()`` starts from one number, so people write ``y.sum().backward()``. Would
``mean()`` do as well? Or ``max()``? Guess, then look.
"""

# %%
# Here are 17 points of y = 2x² + 2. Its slope is 4x.

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**2 + 2


x = torch.arange(-2, 2.1, 0.25, dtype=torch.float64)
slope = 4 * x
assert x.shape == (17,)

# %%
# Four ways to make one number of the 17: add them at once, add them in a Python loop,
# take their mean, take the largest. Each time, ``backward()`` runs from that number. In
# plain PyTorch, for the mean:

x.requires_grad_()
y = f(x)
y.mean().backward()
assert torch.allclose(x.grad, slope / 17, rtol=1e-15)

# %%
# ``reduce_gradient`` does that for all four. What will they give at the ends, where the
# slope is ∓8?

names = ("sum", "loop", "mean", "max")
results = {how: seegrad.reduce_gradient(f, x, how) for how in names}
for how, result in results.items():
    ends = [round(g, 6) + 0 for g in result.gradient[[0, 1, -1]].tolist()]
    print(f"{how:4}  z = {result.z.item():6.3f}   gradient {ends[:2]} … {ends[2:]}")

# %%
# The solid line is y. The dashed line is what came back to each x. Which of the four is
# the slope 4x?

fig, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(7.5, 5.5))
for ax, (how, result) in zip(axes.flat, results.items(), strict=True):
    seegrad.plot_reduction(result, ax=ax)
    ax.set_title(how)
axes[0, 0].legend()
plt.show()
# sphinx_gallery_alt = "Four panels with the same parabola. The gradient is a steep straight line for sum and for loop, an almost flat line for mean, and for max it is zero except for one low point at the left end and one high point at the right end."
# sphinx_gallery_caption = "Four reductions of the same 17 values: compare the dashed lines."

# %%
# Sum and loop. Only for them does each y count once. The chain rule for the point k is:
#
# .. math::
#
#    \frac{\partial z}{\partial x_k}
#    = \frac{\partial z}{\partial y_k} \cdot f'(x_k)
#
# The second factor is the slope we want. The first says how much z moves when yₖ does.

for result in results.values():
    assert torch.equal(result.gradient, result.dz_dy * slope)

# %%
# For the sum it is 1. The loop draws another graph, with 17 additions in a row, but its
# factors are 1 too, and its gradient is the same bit for bit.

assert (results["sum"].dz_dy == 1).all()
assert torch.equal(results["sum"].gradient, slope)
assert torch.equal(results["loop"].gradient, results["sum"].gradient)

# %%
# For the mean it is 1/17. The form is right, the numbers are not: at the ends the
# gradient is −0.470588 and 0.470588 instead of −8 and 8.

assert torch.allclose(results["mean"].gradient, slope / 17, rtol=1e-15)
assert round(results["mean"].gradient[-1].item(), 6) == 0.470588

# %%
# For the maximum it is 0 wherever a small change of y leaves z alone. Here two points
# share the largest y, 10, and PyTorch gives each of them half.

print(results["max"].dz_dy.tolist())
assert results["max"].gradient[[0, -1]].tolist() == [-4, 4]
assert (results["max"].gradient[1:-1] == 0).all()

# %%
# **On your own.** Which reduction hands its slope to every second point only? Pass a
# function of y instead of a name.
#
# **Solution.** The sum of every second y. What z does not use gets nothing.

result = seegrad.reduce_gradient(f, x, lambda y: y[::2].sum())
print(result.gradient.tolist())

assert torch.equal(result.gradient[::2], slope[::2])
assert (result.gradient[1::2] == 0).all()

# %%
# **Next.** :doc:`The gradient fields </gallery/fields/index>` take slopes at every point of a
# plane. :doc:`/backward` follows a gradient step by step, and :doc:`/why_sum` proves the
# rule, and shows where the sum gives no slope.
