# sphinx_gallery_keywords = "grad None, requires_grad, non-leaf, retain_grad"
"""
Find out why .grad is None
==========================

You called ``backward()``, nothing complained, and ``x.grad`` is None. The tensor itself
can often tell you why. Ask it.
"""

# %%
# A model multiplies w by x². You want the slope by x, at x = 2 and w = 1. That is 2wx,
# so 4. Which of these five gets it?

import torch
from matplotlib import pyplot as plt

import seegrad

ways = {
    "x**2": torch.square,
    "x.detach()**2": lambda x: x.detach() ** 2,
    "x.item()**2": lambda x: x.item() ** 2,
    "x.data**2": lambda x: x.data**2,
    "under no_grad()": torch.no_grad()(torch.square),
}

# %%
# There is no error, because ``backward()`` always has w to go to. The second number
# moves x a little to each side and looks how far the result moves.


def nudge(way, h=1e-4):
    sides = torch.tensor([2 - h, 2 + h], dtype=torch.float64)
    below, above = map(way, sides)
    return float(above - below) / (2 * h)


grads, nudges = [], []
for name, way in ways.items():
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    result = w * way(x)
    result.backward()
    grads.append(x.grad)
    nudges.append(nudge(way))
    print(f"{name:15} .grad {x.grad}, nudge {nudges[-1]:.4f}")

assert grads[0] == 4
assert grads[1:] == [None] * 4
assert all(abs(found - 4) < 1e-9 for found in nudges)

# %%
# Only the first. None does not mean zero: the result still moves with x. It means
# that no gradient came.

fig, ax = plt.subplots(figsize=(6.4, 3))
rows = range(len(ways))
ax.plot(nudges, rows, "o", color="#2f7fc4", markersize=9, label="the slope")
ax.plot(
    [grads[0].item()], [0], "x", color="#d2601a", markersize=13, mew=3, label=".grad"
)
for row in rows[1:]:
    ax.text(1, row, "None", color="#d2601a", ha="center", va="center")
ax.set(xlabel="slope", xlim=(0, 5), ylim=(4.6, -0.6))
ax.set_yticks(rows, ways)
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
plt.show()
# sphinx_gallery_alt = "Five rows, one for each way to write it. All five have a dot at slope 4. Only the first row has a cross on its dot; in the other four, the place of .grad says None."
# sphinx_gallery_caption = "All five results move with x (dots), but a gradient came only once (cross)."

# %%
# Ask x. It looks just as it should, so the answer is a list, and a way to tell.

print(seegrad.explain_grad(x))

assert seegrad.explain_grad(x).reason == "not reached"

# %%
# So look at the graph of the last one. There is no x at all: nothing leads there.

result = w * way(x)
seegrad.gradient_graph(result, names={"x": x, "w": w})

# %%
# Other tensors know more. Which reason will each of these four give?

y = x**2
suspects = {
    "the result x²": y,
    "x.detach()": x.detach(),
    "whole numbers": torch.tensor([3, 4]),
    "one entry": torch.ones(3, requires_grad=True)[0],
}
for name, suspect in suspects.items():
    print(f"{name:15} {seegrad.explain_grad(suspect).reason}")

reasons = [seegrad.explain_grad(suspect).reason for suspect in suspects.values()]
assert reasons == ["not a leaf", "requires_grad", "dtype", "not a leaf"]

# %%
# **On your own.** You want the gradient at y = x², between x and the result. Get it.
#
# **Solution.** Call ``y.retain_grad()`` before ``backward()``.

y.retain_grad()
(3 * y).backward()
print(seegrad.explain_grad(y))

assert y.grad == 3

# %%
# **Next.** :doc:`/gallery/traps/plot_second_backward` asks the same graph twice.
# :doc:`/grad_none` asks one question after the other until the cause is found.
