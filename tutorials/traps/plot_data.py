# sphinx_gallery_keywords = "tensor.data, silent, version"
"""
Write through .data
===================

The slope of x² at 2 is 4. After one more line PyTorch says 20, and nothing warns
you. Where does the 20 come from?
"""

# %%
# Compute x² at 2. Then multiply x by 5 through ``.data``, and only then walk back.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
y = x**2
x.data.mul_(5)
y.backward()
print(x.grad)

assert y == 4
assert x.grad == 20

# %%
# The square saved x to compute 2x on the way back. By then x was 10, so it computed
# 2 · 10. The value y = 4 belongs to x = 2, the slope 20 to x = 10: the two were never
# true together.

tangent = seegrad.tangent_line(torch.square, 2.0)
t = torch.linspace(-1, 11, 200, dtype=torch.float64)
ax = seegrad.plot_function(torch.square, t, label="$x^2$")
seegrad.plot_tangent_line(tangent, ax=ax, width=5.0)
ax.plot([1, 7], [-16, 104], ":", color="#9563c4", label="slope 20")
elsewhere = seegrad.tangent_line(torch.square, 10.0)
ax.plot(elsewhere.x0, elsewhere.y0, "s", color="#9563c4", label="where 20 is true")
ax.legend()
plt.show()
# sphinx_gallery_alt = "The parabola x² from −1 to 11. A dashed tangent of slope 4 touches it at 2. A dotted line of slope 20 goes through the same point and shoots up. A square far up the curve, at 10, marks where 20 would be right."
# sphinx_gallery_caption = "The slope 20 belongs to the square at x = 10, not to x = 2."

assert (tangent.slope, elsewhere.slope) == (4, 20)
assert abs(tangent.y0 + 20 * (7 - tangent.x0) - 104) < 1e-12

# %%
# PyTorch counts the changes of each tensor, and refuses when a saved one has changed.
# ``.data`` goes past that counter. ``detach()`` shares the same memory, and the counter
# too.

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
y = x**2
x.detach().mul_(5)
with seegrad.expect_error(RuntimeError, "modified by an inplace operation"):
    y.backward()

# %%
# An error in place of a wrong number: that is the first half of the fix. The second is
# the order. Walk back first, change x afterwards, under ``no_grad()``.

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
y = x**2
y.backward()
with torch.no_grad():
    x.mul_(5)
print(f"slope {x.grad.item():.0f}, and now x is {x.item():.0f}")

assert x.grad == 4
assert x == 10

# %%
# **On your own.** Change y through ``.data`` in place of x: does the slope of x² notice?
# And that of eˣ?
#
# **Solution.** x² never looks at its y again. ``exp`` does: it saved y, and takes the
# 100 for the slope.

for f in (torch.square, torch.exp):
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = f(x)
    y.data.fill_(100)
    y.backward()
    right = seegrad.derivative(f, 2.0)
    print(f"{f.__name__:6} {x.grad.item():6.2f}, where {right:.2f} is right")
    assert x.grad == (right if f is torch.square else 100)

# %%
# **Next.** :doc:`/gallery/traps/plot_step_in_place` changes x without ``.data``, and is refused.
