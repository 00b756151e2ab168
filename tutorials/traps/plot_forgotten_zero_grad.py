# sphinx_gallery_keywords = "forgot zero_grad, optimizer.zero_grad, accumulate"
"""
Forget to clear the gradient in a loop
======================================

A training loop that forgets ``zero_grad()`` runs without a complaint. What does it do
instead of going down?
"""

# %%
# The loss is x₀² + x₁², a bowl. Start at (−3, 4) and take 40 steps of gradient descent.
# The two runs differ in one line.

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def train(clear):
    x = torch.tensor([-3.0, 4.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    path = [x.detach().clone()]
    for _ in range(40):
        if clear:
            optimizer.zero_grad()
        (x**2).sum().backward()
        optimizer.step()
        path.append(x.detach().clone())
    return torch.stack(path)


cleared, forgotten = train(clear=True), train(clear=False)

# %%
# With clearing, each step multiplies x by 0.8. Without, ``backward()`` adds each new
# gradient to all the old ones. How far from the bottom is the second run after 40 steps?

for name, path in (("cleared", cleared), ("forgotten", forgotten)):
    print(
        f"{name:9}  {path[-1].norm():.4f} away, having started at {path[0].norm():.0f}"
    )

assert torch.allclose(cleared[20], 0.8**20 * cleared[0], rtol=1e-13)
assert forgotten[-1].norm() > 1

# %%
# It has not arrived, and it never will. Here is x₀ after each step.

fig, ax = plt.subplots()
ax.plot(forgotten[:, 0], ":", marker=".", color="#9563c4", label="forgotten")
ax.plot(cleared[:, 0], "-", marker=".", color="#2f7fc4", label="cleared")
ax.set(xlabel="step", ylabel="$x_0$")
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
plt.show()
# sphinx_gallery_alt = "Two runs over 40 steps. The solid one rises from −3 to zero and stays there. The dotted one swings between −3 and 3 like a pendulum, without slowing down."
# sphinx_gallery_caption = "With clearing, x₀ comes to rest at the bottom; without, it swings through it."

# %%
# A pendulum without friction. The sum of the old gradients carries x through the bottom
# and up the other side. Each swing takes about 14 steps and is as wide as the one before.

middle = forgotten[1:-1]
assert torch.allclose(forgotten[2:] + forgotten[:-2], 1.8 * middle, atol=1e-12)
assert round(2 * math.pi / math.acos(0.9)) == 14  # cos(angle of a step) = 1.8 / 2
assert forgotten[-14:].abs().max() > 2.9

# %%
# The fix is one line, ``optimizer.zero_grad()``, before ``backward()`` in each turn.
# seegrad's own descent agrees with the fixed loop.


def bowl(x0, x1):
    return x0**2 + x1**2


path = seegrad.descend(bowl, [-3.0, 4.0], learning_rate=0.1, steps=40)
assert torch.allclose(path.points, cleared, rtol=1e-13, atol=1e-300)

# %%
# **On your own.** Some people leave ``zero_grad()`` out of some turns on purpose, when
# a batch does not fit into memory. Why does that work?
#
# **Solution.** The gradient of a sum is the sum of the gradients. Two halves of a batch
# with one clearing before them leave what the whole batch leaves.

batch = torch.linspace(-1, 1, 8, dtype=torch.float64)
w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
((w * batch - 1) ** 2).sum().backward()
whole = w.grad

w.grad = None
for half in batch.split(4):
    ((w * half - 1) ** 2).sum().backward()
print(f"whole {whole:.4f}, two halves {w.grad:.4f}")

assert torch.isclose(w.grad, whole, rtol=1e-14)

# %%
# **Next.** :doc:`/gallery/traps/plot_grad_is_none` has no gradient to add.
# :doc:`/gallery/tangents/plot_clear_and_copy` shows the mistake above for one slope, and why
# to copy a gradient before it is cleared.
