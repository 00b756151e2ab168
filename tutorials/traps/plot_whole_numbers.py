# sphinx_gallery_keywords = "integers, dtype, int64, floating point"
"""
Differentiate whole numbers
===========================

``torch.tensor([3, 4])`` and ``torch.tensor([3.0, 4.0])`` print almost alike. Only one of
them has a gradient. What has a decimal point to do with slopes?
"""

# %%
# The slopes of x² at 3 and 4 are 6 and 8. Ask for them.

import numpy as np
import torch
from matplotlib import pyplot as plt

import seegrad

with seegrad.expect_error(RuntimeError, "floating point"):
    x = torch.tensor([3, 4], requires_grad=True)

# %%
# A slope asks what happens when x changes a little. A tensor of whole numbers can't
# change a little: next to 3 comes 4. Decimal points fix it.

x = torch.tensor([3.0, 4.0], requires_grad=True)
(x**2).sum().backward()
print(x.grad)

assert x.grad.tolist() == [6, 8]

# %%
# That was an error. Converting to whole numbers on the way gives none: ``backward()``
# still has w to go to, and x gets None.

x = torch.tensor([3.0, 4.0], requires_grad=True)
w = torch.tensor(1.0, requires_grad=True)
whole = x.long()
(w * whole**2).sum().backward()
print(seegrad.explain_grad(whole))

assert x.grad is None
assert w.grad == 25

# %%
# Rounding stays among the floats, so it keeps the graph. What is the slope of round(x)²?

t = torch.linspace(-2.4, 2.4, 241, dtype=torch.float64)


def rounded(x):
    return torch.round(x) ** 2


slopes = seegrad.derivative(rounded, t)
print(slopes.unique())

assert (slopes == 0).all()

# %%
# Zero, everywhere. A staircase is flat wherever you stand on it. The gradient is right,
# and useless: whatever learns from it stands still.

ax = seegrad.plot_function(torch.square, t, label="$x^2$")
steps = seegrad.tangent_line(rounded, torch.arange(-2.0, 3))
ends = steps.x0 - 0.5, steps.x0 + 0.5
ax.hlines(
    steps.y0, *ends, color="#d2601a", linestyle="--", label=r"$\mathrm{round}(x)^2$"
)
ax.plot(steps.x0, steps.y0, "o", color="#9563c4", label="slope 0")
ax.legend(loc="upper center")
plt.show()
# sphinx_gallery_alt = "A smooth parabola and a staircase that follows it in flat dashed steps at heights 0, 1 and 4. A dot in the middle of each step marks a slope of zero."
# sphinx_gallery_caption = "Where the parabola climbs, the staircase jumps; on each of its steps the slope is zero."

assert (steps.slope == 0).all()

# %%
# NumPy gives no error at all. Some textbooks step inside the array they were given. What
# are the slopes of x₀² + x₁² then, if it holds whole numbers?


def in_place_gradient(f, x, h=1e-4):
    gradient = np.zeros(x.shape)
    for k in range(x.size):
        kept = x[k]
        x[k] = kept + h
        above = f(x)
        x[k] = kept - h
        gradient[k], x[k] = (above - f(x)) / (2 * h), kept
    return gradient


squares = in_place_gradient(lambda x: (x**2).sum(), np.array([3, 4]))
print(squares)

assert np.allclose(squares, [25000, 35000])

# %%
# The array cuts 3.0001 to 3, and 2.9999 to 2. So convert first: an array with
# ``.astype(float)``, a tensor with ``.double()``. seegrad's functions turn whole numbers into float64 by themselves.

assert seegrad.derivative(torch.square, [3, 4]).tolist() == [6, 8]

# %%
# **On your own.** Networks with rounded weights are trained, too. They write
# ``x + (x.round() - x).detach()``. What is its value at 1.8, and what slope comes back?
#
# **Solution.** The value is round(x). The detached part counts as a constant, so the
# slope is that of x: 1. It is called the straight-through estimator. It is not
# the true slope, but it is useful.

x = torch.tensor(1.8, dtype=torch.float64, requires_grad=True)
y = x + (x.round() - x).detach()
y.backward()
print(y.item(), x.grad.item())

assert (y.item(), x.grad.item()) == (2, 1)

# %%
# **Next.** :doc:`/gallery/traps/plot_vector_output` calls ``backward()`` on two numbers.
# :doc:`/gallery/fields/plot_numerical` looks for the best step of such a gradient.
