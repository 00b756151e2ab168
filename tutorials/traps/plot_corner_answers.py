# sphinx_gallery_keywords = "kink, relu, not differentiable, 角"
"""
Take the slope at a corner
==========================

max(x, 0) has a corner at 0 and no slope there. Autograd still gives you one.
Which one depends on how you spell the function.
"""

# %%
# Here are six spellings of the same function. They have the same value everywhere.

import math

import torch
from matplotlib import pyplot as plt

import seegrad

zero = torch.zeros((), dtype=torch.float64)
spellings = {
    "relu(x)": torch.relu,
    "x · (x > 0)": lambda x: x * (x > 0),
    "maximum(x, 0)": lambda x: torch.maximum(x, zero),
    "(x + abs(x)) / 2": lambda x: (x + x.abs()) / 2,
    "where(x > 0, x, 0)": lambda x: torch.where(x > 0, x, 0),
    "where(x ≥ 0, x, 0)": lambda x: torch.where(x >= 0, x, 0),
}
t = torch.linspace(-1, 1, 101, dtype=torch.float64)
for f in spellings.values():
    assert torch.equal(f(t), t.clamp(min=0))

# %%
# To the left of 0 the slope is 0, to the right it is 1. What will they say at 0?

answers = {name: seegrad.derivative(f, 0.0).item() for name, f in spellings.items()}
for name, answer in answers.items():
    print(f"{name:20} {answer}")

assert list(answers.values()) == [0, 0, 0.5, 0.5, 0, 1]

# %%
# Three different slopes. Every one of them follows from a rule of its own: ``maximum``
# shares a tie, ``abs`` says 0 at 0, ``where`` takes the branch that its condition chose.

fig, ax = plt.subplots()
near = t[25:76]
looks = {0: ("--", "#d2601a"), 0.5: (":", "#9563c4"), 1: ("-.", "#1f9168")}
for slope, (style, color) in looks.items():
    ax.plot(near, slope * near, style, color=color, label=f"slope {slope}")
ax.plot(t, torch.relu(t), "-", color="#2f7fc4", linewidth=3, label=r"$\max(x, 0)$")
ax.plot(0, 0, "o", color="#808080", markersize=8)
ax.set(xlabel="$x$")
ax.legend()
plt.show()
# sphinx_gallery_alt = "The function max(x, 0): flat on the left, rising on the right, with a corner at 0. Three lines go through the corner, with slopes 0, a half and 1. Each leaves the function on at least one side."
# sphinx_gallery_caption = "One corner, and the three slopes that six spellings found there."

assert set(looks) == set(answers.values())

# %%
# None of the lines touches the curve on both sides, so none is a tangent. For descent,
# any of them will do: every number from 0 to 1 is a *subgradient* here. It is a choice,
# not a slope, and another library may choose another. ``diagnose`` looks at the sides.

corner = seegrad.diagnose(torch.relu, 0.0)
print(corner.message)

assert corner.kind == "corner"
assert (corner.left, corner.right, corner.autograd) == (0, 1, 0)

# %%
# Other functions get worse answers. √x is vertical at 0. And √(x²) is the absolute
# value, spelled in another way.

edges = {
    "abs(x)": torch.abs,
    "√x": torch.sqrt,
    "√(x²)": lambda x: torch.sqrt(x**2),
}
found = {name: seegrad.derivative(f, 0.0).item() for name, f in edges.items()}
print(found)

assert found["abs(x)"] == 0
assert math.isinf(found["√x"])
assert math.isnan(found["√(x²)"])

# %%
# The last is 0 · ∞: the slope of x² at 0, times that of √ at 0. seegrad draws no tangent
# where there is none.

with seegrad.expect_error(ValueError, "finite value and slope"):
    seegrad.tangent_line(edges["√(x²)"], 0.0)

# %%
# The fix: keep away from the point, or take a function that is smooth there. A small
# number under the root is enough.


def smooth(x):
    return torch.sqrt(x**2 + 1e-6)


print(seegrad.derivative(smooth, [-1.0, 0.0, 1.0]))

assert seegrad.derivative(smooth, 0.0) == 0
assert abs(seegrad.derivative(smooth, 1.0) - 1) < 1e-6

# %%
# **On your own.** Check maximum(x, 0) at 0 with ``torch.autograd.gradcheck``. Does it
# find the corner?
#
# **Solution.** No. The mean of both sides' slopes is 0.5, and so is the answer. But it
# finds that of relu, which says 0.

origin = torch.zeros((), dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(spellings["maximum(x, 0)"], origin)
assert not torch.autograd.gradcheck(torch.relu, origin, raise_exception=False)

# %%
# **Next.** :doc:`/gallery/traps/plot_float32_check` doubts a right slope. Of corners and
# ties there is more in :doc:`/gallery/reductions/plot_max` and in :doc:`/corners`.
