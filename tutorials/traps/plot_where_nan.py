# sphinx_gallery_keywords = "nan gradient, torch.where, nan loss, mask"
"""
Hide a nan behind where
=======================

``torch.where`` picks the good values and leaves out the bad ones. The function is fine
everywhere. Its gradient is not.
"""

# %%
# Take √x for positive x, and 0 elsewhere. At −1 the value is 0, as it should be. The
# curve is flat there. So what is the gradient?

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def once(x):
    return torch.where(x > 0, torch.sqrt(x), 0)


x = torch.tensor(-1.0, dtype=torch.float64, requires_grad=True)
y = once(x)
y.backward()
print(f"value {y.item()}, gradient {x.grad.item()}")

assert y == 0
assert x.grad.isnan()

# %%
# nan, not a number. ``where`` chooses among finished values: √−1 was computed, and then
# not chosen. Follow the gradient back.

y = once(x)
graph = seegrad.gradient_graph(y, names={"x": x, "y": y})
graph

# %%
# The edges say 1, then 0, then nan. ``where`` sends 0 to the branch it did not choose.
# But the rule of the root divides by 2√x, which is nan here, and 0 ÷ nan is nan. Zero
# times nan is nan, too: once it is there, nothing removes it.

ran = [edge.gradient.item() for edge in graph.edges]
assert ran[:2] == [1, 0] and math.isnan(ran[2])

# %%
# One such point spoils a whole batch: a loss adds up the gradients of all of them.

w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
once(w * torch.tensor([4.0, 9.0, -1.0])).sum().backward()
print("the gradient of w over three points:", w.grad.item())

assert w.grad.isnan()

# %%
# The fix is to use ``where`` twice. First give the root something harmless to work on,
# then choose.


def twice(x):
    safe = torch.where(x > 0, x, 1)
    return torch.where(x > 0, torch.sqrt(safe), 0)


points = torch.linspace(-2, 2, 200, dtype=torch.float64)
assert torch.equal(once(points), twice(points))

broken, fixed = seegrad.derivative(once, points), seegrad.derivative(twice, points)
assert broken[points < 0].isnan().all()
assert (fixed[points < 0] == 0).all()
assert torch.equal(broken[points > 0], fixed[points > 0])

# %%
# The values are equal at every point. Above are the two curves; below is what autograd
# makes of them. Where is the left half of the first?

fig, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(6.4, 4.6))
for column, (f, gradient) in enumerate([(once, broken), (twice, fixed)]):
    seegrad.plot_function(f, points, ax=axes[0, column])
    seegrad.plot_derivative(points, gradient, ax=axes[1, column])
    axes[0, column].set(title=f"where {f.__name__}", xlabel="", ylabel="")
    axes[1, column].set(ylim=(-0.3, 3), ylabel="")
axes[0, 0].set_ylabel("value")
axes[1, 0].set_ylabel("gradient")
axes[1, 0].axvspan(-2, 0, color="#d2601a", alpha=0.15)
axes[1, 0].text(-1, 1.3, "nan", color="#d2601a", ha="center", fontsize=20)
plt.show()
# sphinx_gallery_alt = "Two columns. Above, the same curve twice: flat at zero on the left, a square root on the right. Below, the gradients: in the first column the left half is missing and says nan, in the second it is zero."
# sphinx_gallery_caption = "Above, the same values, written in two ways; below, the gradient of each."

# %%
# **On your own.** log(x) at −1 has the value nan. Is its gradient nan, too? And that of
# ``where(x > 0, log(x), 0)``?
#
# **Solution.** Neither. The rule of the logarithm is 1/x, which is −1 at −1: a finite
# slope of a function that does not exist there. Chosen away, it becomes 0 · −1. So a
# single ``where`` is enough here. Don't count on it.

log_slope = seegrad.derivative(torch.log, -1.0)
hidden = seegrad.derivative(lambda x: torch.where(x > 0, torch.log(x), 0), -1.0)
print(torch.log(torch.tensor(-1.0)).item(), log_slope.item(), hidden.item() + 0)

assert torch.log(torch.tensor(-1.0)).isnan()
assert log_slope == -1
assert hidden == 0

# %%
# **Next.** :doc:`/gallery/traps/plot_corner_answers` asks where no slope exists at all.
