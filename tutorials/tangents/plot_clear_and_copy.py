# sphinx_gallery_keywords = "gradients accumulate, gradients add up, zero_grad, x.grad = None, clone"
"""
Clear the gradient, and copy it first
=====================================

Take the slope of one curve at one point, twice. Nothing changes in between. Does
``.grad`` say the same both times?
"""

# %%
# The curve is 0.78x² + sin x, the point is −0.75. What do you expect the second time?

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 0.78 * x**2 + torch.sin(x)


x0 = torch.tensor(-0.75, dtype=torch.float64, requires_grad=True)
f(x0).backward()
once = x0.grad.item()
f(x0).backward()
twice = x0.grad.item()
print(f"first {once:.4f}, then {twice:.4f}")

assert twice == 2 * once

# %%
# Twice the slope. ``backward()`` adds to ``.grad``; it never replaces what is there.
# That is on purpose: a value used in two places gets a gradient from each, and the two
# must add up.
#
# The doubled slope makes a line that cuts through the curve.

right = seegrad.tangent_line(f, -0.75)
x = torch.linspace(-2.2, 0.8, 200, dtype=torch.float64)
ax = seegrad.plot_function(f, x)
seegrad.plot_tangent_line(right, ax=ax)
wrong = right.y0 + twice * (x - x0.detach())
ax.plot(x[50:], wrong[50:], ":", color="#9563c4", label="twice the slope")
ax.legend()
plt.show()
# sphinx_gallery_alt = "A curve with two straight lines through one of its points. The dashed tangent only touches; the dotted line with twice the slope cuts through the curve."
# sphinx_gallery_caption = "Dashed, the slope of the first run; dotted, what .grad holds after the second."

# %%
# So clear ``.grad`` before each run. Training loops call ``optimizer.zero_grad()``,
# which sets ``.grad`` to None. Here is another way: ``zero_()`` writes 0 into it. A name
# that ends in ``_`` changes the tensor *in place*, in its own memory.

x0.grad.zero_()
f(x0).backward()
assert x0.grad.item() == once

# %%
# Now keep the first slope, clear, and take the slope of another function. What is in
# ``kept`` at the end?

kept = x0.grad
x0.grad.zero_()
print(f"after clearing: {kept.item()}")
torch.exp(x0).backward()
print(f"after the next run: {kept.item():.4f}")

assert kept.item() == x0.grad.item()
assert math.isclose(kept.item(), math.exp(-0.75), rel_tol=1e-15)

# %%
# The slope of the other function. ``kept`` is a second name for the same memory, so
# whatever happens to ``.grad`` happens to it.
#
# A copy has memory of its own. Copy first, then clear.

x0.grad.zero_()
f(x0).backward()
kept = x0.grad.clone()
x0.grad.zero_()
print(f"the copy is still {kept.item():.4f}")

assert kept.item() == once
assert math.isclose(once, 1.56 * -0.75 + math.cos(-0.75), rel_tol=1e-15)

# %%
# There is another way round both traps. ``torch.autograd.grad`` returns the gradient
# and leaves ``.grad`` alone. seegrad is built on it.

before = x0.grad.clone()
(slope,) = torch.autograd.grad(f(x0), x0)
assert slope.item() == once
assert torch.equal(x0.grad, before)

# %%
# **On your own.** ``x0.grad = None`` clears too. Does ``kept = x0.grad`` survive it
# without a copy? Guess, then try.
#
# **Solution.** It survives, and ``zero_grad()`` works the same way. ``None`` takes the
# tensor away from x₀ and leaves its memory to ``kept``; the next ``backward()`` makes a
# new one.

x0.grad = None
f(x0).backward()
kept = x0.grad
x0.grad = None
torch.exp(x0).backward()
print(f"kept {kept.item():.4f}, new {x0.grad.item():.4f}")

assert kept.item() == once

# %%
# **Next.** :doc:`/gallery/tangents/plot_derivative_curve` takes the slope at 8000
# points at once.
