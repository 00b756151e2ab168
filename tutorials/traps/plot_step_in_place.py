# sphinx_gallery_keywords = "in-place operation, no_grad, update a parameter"
"""
Step a parameter in place
=========================

Gradient descent is x −= rate · slope. Written just so, PyTorch refuses it. The first
fix that comes to mind runs, for one step.
"""

# %%
# The loss is x², the start is −2. The slope there is −4.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
(x**2).backward()
with seegrad.expect_error(RuntimeError, "leaf Variable"):
    x -= 0.2 * x.grad

# %%
# x is a leaf: a tensor that you made, where gradients end. Changed in place it would be
# the result of a subtraction, and no leaf any more.
#
# So make a new x. What could go wrong?

x = x - 0.2 * x.grad
stopped_at = x.item()
(x**2).backward()
print(seegrad.explain_grad(x))

assert abs(stopped_at + 1.2) < 1e-15
assert seegrad.explain_grad(x).reason == "not a leaf"

# %%
# The name x now stands for a result. ``backward()`` passed it on the way to the old
# x, which has no name any more. There will be no second step.
#
# The step is not part of the function. Tell PyTorch so, with ``no_grad()``.

x = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
walk = [x.item()]
for _ in range(8):
    x.grad = None
    (x**2).backward()
    with torch.no_grad():
        x -= 0.2 * x.grad
    walk.append(x.item())

# %%
# Here are both walks. Each step of the one that works multiplies x by 0.6.

t = torch.linspace(-2.3, 1, 100, dtype=torch.float64)
ax = seegrad.plot_function(torch.square, t, label="$x^2$")
ax.plot(walk, [p**2 for p in walk], ".-", color="#d2601a", label="under no_grad()")
look = {"color": "#9563c4", "markersize": 14, "markerfacecolor": "none"}
ax.plot([-2, stopped_at], [4, stopped_at**2], "s", **look, label="x = x − …")
ax.text(stopped_at + 0.15, stopped_at**2 + 0.1, "no gradient", color="#9563c4")
ax.legend(loc="upper right")
plt.show()
# sphinx_gallery_alt = "A parabola. A chain of dots walks down it from x = −2 to the bottom. Squares mark the other walk: it has only the first two of these dots, and the second is marked no gradient."
# sphinx_gallery_caption = "One walk goes on to the bottom; the other (squares) ends after its first step."

path = seegrad.descend(torch.square, [-2.0], learning_rate=0.2, steps=8)
assert torch.equal(path.points.flatten(), torch.tensor(walk, dtype=torch.float64))
assert abs(walk[-1] + 2 * 0.6**8) < 1e-15

# %%
# An optimiser does the same for you: ``torch.optim.SGD([x], lr=0.2).step()`` works under
# ``no_grad()`` inside.
#
# **On your own.** Set one entry of a parameter to zero, as when you prune a network:
# ``w[0] = 0``. Does it work?
#
# **Solution.** Not like this: a part of a leaf is refused, too. ``no_grad()`` fixes it.

w = torch.ones(3, requires_grad=True)
with seegrad.expect_error(RuntimeError, "view of a leaf"):
    w[0] = 0

with torch.no_grad():
    w[0] = 0
assert w.tolist() == [0, 1, 1]
assert w.is_leaf

# %%
# **Next.** :doc:`/gallery/traps/plot_whole_numbers` asks for a slope where there are no small
# steps. :doc:`/gallery/fitting/plot_one_step` looks inside a single step.
