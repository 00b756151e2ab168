# sphinx_gallery_keywords = "inplace operation, version, +="
"""
Overwrite a value that backward() needs
=======================================

``y += 1`` and ``y = y + 1`` give the same y. Why does ``backward()`` fail after one of
them, and only for some functions?
"""

# %%
# Take y = eˣ at x = 1 and add 1 to it in place. Nothing happens yet.

import math

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
y = torch.exp(x)
y += 1
print(f"y is {y.item():.4f}")

# %%
# The slope of eˣ + 1 is eˣ. What does ``backward()`` say?

with seegrad.expect_error(RuntimeError, "modified by an inplace operation"):
    y.backward()

# %%
# The slope of eˣ is eˣ itself, so ``exp`` saved its result for the way back: the very y
# that ``+=`` then changed. Each tensor counts its changes, its versions. The tape wanted
# version 0 and found version 1.
#
# PyTorch refused for a good reason. With the changed y it would have answered eˣ + 1.
# Here is that slope beside the right one.


def f(x):
    return torch.exp(x) + 1


tangent = seegrad.tangent_line(f, 1.0)
wrong = y.item()
assert math.isclose(tangent.slope, math.e, rel_tol=1e-15)
assert math.isclose(wrong, math.e + 1, rel_tol=1e-15)

t = torch.linspace(-0.5, 2, 200, dtype=torch.float64)
ax = seegrad.plot_function(f, t, label="$e^x + 1$")
seegrad.plot_tangent_line(tangent, ax=ax)
near = t[60:180]
ax.plot(
    near,
    tangent.y0 + wrong * (near - 1),
    ":",
    color="#9563c4",
    label="with the changed y",
)
ax.legend()
plt.show()
# sphinx_gallery_alt = "The curve of e to the x plus 1. A dashed tangent touches it at x = 1. A steeper dotted line, the slope from the overwritten value, cuts through the curve there."
# sphinx_gallery_caption = "Two slopes at one point: e is right, and e + 1 comes from the overwritten value."

# %%
# The fix makes a new tensor and leaves the saved one alone.

x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
y = torch.exp(x)
y = y + 1
y.backward()
print(f"{x.grad.item():.4f}")

assert x.grad == tangent.slope

# %%
# The error does not always come. The slope of 3x is 3, whatever the result was. So the
# old one is not needed, and ``+=`` does no harm.

x.grad = None
y = x * 3
y += 1
y.backward()
assert x.grad == 3

# %%
# **On your own.** Which of sin, tanh, sqrt and square keep their result? Think of the
# formula of each slope first.
#
# **Solution.** tanh and sqrt: their slopes are 1 − y² and 1/(2y), written with y. Those
# of sin and square need x.

for f in (torch.tanh, torch.sqrt):
    y = f(x)
    y += 1
    with seegrad.expect_error(RuntimeError, "modified by an inplace operation"):
        y.backward()

for f in (torch.sin, torch.square):
    x.grad = None
    y = f(x)
    y += 1
    y.backward()
    assert x.grad == seegrad.derivative(f, 1.0)

# %%
# **Next.** :doc:`/gallery/traps/plot_data` changes a saved value, and PyTorch does not notice.
