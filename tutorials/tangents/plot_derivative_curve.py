# sphinx_gallery_keywords = "derivative at many points, f', 導関数"
"""
Draw a derivative curve
=======================

One ``backward()`` gives the slope at one point. Can one ``backward()`` give the whole
derivative, at thousands of points?
"""

# %%
# Here are 8000 points of a cubic. What will ``y.backward()`` do with them?

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


x = torch.arange(-4, 4, 0.001, dtype=torch.float64, requires_grad=True)
y = f(x)

try:
    y.backward()
except RuntimeError as error:
    message = str(error)
print(message)

assert x.shape == (8000,)
assert "scalar outputs" in message

# %%
# It refuses. ``backward()`` starts from a single number, and y holds 8000. So tell it
# how much each y counts. Ones mean: every y counts once.

y.backward(gradient=torch.ones_like(y))
first = x.grad.clone()

# %%
# Each y depends on its own x only, so the gradient at each x is the slope at that x.
# By hand it is 6x² + 8x + 5.

by_hand = 6 * x.detach() ** 2 + 8 * x.detach() + 5
error = (first - by_hand).abs().max().item()
print(f"largest difference: {error:.1e}")

assert error < 1e-13

# %%
# Two other spellings say the same. ``autograd.grad`` returns the gradient instead of
# adding it to ``x.grad``. And the sum of all y is a single number in which every y
# counts once.

(second,) = torch.autograd.grad(f(x), x, torch.ones_like(y))
(third,) = torch.autograd.grad(f(x).sum(), x)
fourth = seegrad.derivative(f, x)

assert torch.equal(first, second)
assert torch.equal(first, third)
assert torch.equal(first, fourth)

# %%
# All four agree bit for bit. Here is the part from −2 to 1: above the curve, below its
# slope. The tangent touches the curve at 0.5. How high is the lower curve there?

part = slice(2000, 5000)
place = 4500
at = x.detach()
fig, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(6.4, 6))
seegrad.plot_function(f, at[part], ax=above)
seegrad.plot_tangent_line(seegrad.tangent_line(f, 0.5), ax=above, width=1)
seegrad.plot_derivative(at[part], fourth[part], ax=below)
below.plot(0.5, fourth[place], "o", color="#d2601a", markersize=8)
below.annotate("slope 10.5", (0.42, fourth[place]), ha="right", va="center")
above.set(xlabel="", ylabel="height")
below.set(xlabel="$x$", ylabel="slope", ylim=(0, None))
plt.show()
# sphinx_gallery_alt = "Two panels from −2 to 1. Above, a rising cubic with a dashed tangent at x = 0.5. Below, its slope, a dashed parabola that stays above zero; a dot at x = 0.5 is marked slope 10.5."
# sphinx_gallery_caption = "Above, the height at 0.5 is 9.75; below, the slope at 0.5 is 10.5."

# %%
# 10.5, while the height is 9.75. The lowest slope is 7/3, at −2/3. It never reaches
# zero, so the cubic never turns round.

print(f"f = {f(at)[place]:.2f}, slope = {first[place]:.2f}")

assert abs(at[place] - 0.5) < 1e-12
assert abs(f(at)[place] - 9.75) < 1e-9
assert abs(first[place] - 10.5) < 1e-9
assert abs(first.min() - 7 / 3) < 1e-6
assert abs(at[first.argmin()] + 2 / 3) < 1e-3

# %%
# **On your own.** The second derivative is 12x + 8. How do you get it from
# ``torch.autograd.grad``? The first gradient must have a graph of its own.
#
# **Solution.** ``create_graph=True`` records the backward pass too, so that it can be
# differentiated again.

(slope,) = torch.autograd.grad(f(x).sum(), x, create_graph=True)
(bend,) = torch.autograd.grad(slope.sum(), x)

assert torch.allclose(bend, 12 * x + 8, rtol=0, atol=1e-13)
assert torch.equal(bend, seegrad.derivative(f, x, order=2))

# %%
# **Next.** :doc:`/gallery/tangents/plot_tangent_plane` adds a second variable. Why the
# sum gives slopes is told in :doc:`/why_sum`, and how to check a slope without autograd
# in :doc:`/gallery/fields/plot_numerical`.
