# sphinx_gallery_keywords = "clipping, exploding, register_hook"
"""
Clip a gradient with a hook
===========================

One steep place can throw a walk out of the valley. A hook changes the gradient on its way,
before anybody uses it.
"""

# %%
# The valley is cosh x. Its slope, sinh x, grows like eˣ. Start at 6 with a rate of 0.1.

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def walk(steps, hook=None):
    x = torch.tensor(6.0, dtype=torch.float64, requires_grad=True)
    if hook:
        x.register_hook(hook)
    places = [x.item()]
    for _ in range(steps):
        x.grad = None
        torch.cosh(x).backward()
        with torch.no_grad():
            x -= 0.1 * x.grad
        places.append(x.item())
    return places


wild = walk(steps=3)
print(*(f"{place:.4g}" for place in wild), sep=", ")

assert math.isclose(wild[1], 6 - 0.1 * math.sinh(6))
assert not math.isfinite(wild[3])

# %%
# The first slope is 202, so the first step lands on the other side, where it is far
# steeper. The third step is too large for float64. A hook is a function: the gradient comes in,
# and what it returns goes on in its place. If it cuts every gradient to between −1 and 1,
# how long can a step be?

calm = walk(steps=80, hook=lambda gradient: gradient.clamp(-1, 1))
print(f"after one step {calm[1]}, after 80 steps {calm[-1]:.4f}")

assert math.isclose(calm[1], 5.9)
assert abs(calm[-1]) < 0.1

# %%
# 0.1: the rate, times 1. The walk takes even steps while the valley is steep. Where the
# slope is below 1, nothing is cut, and it slows down as usual.

fig, ax = plt.subplots()
t = torch.linspace(-15.5, 7, 300, dtype=torch.float64)
seegrad.plot_function(torch.cosh, t, ax=ax, label=r"$\cosh x$")
looks = {"clipped": ("#d2601a", "o", calm), "as it is": ("#9563c4", "s", wild[:2])}
for name, (color, marker, places) in looks.items():
    heights = [math.cosh(place) for place in places]
    ax.plot(places, heights, ":", marker=marker, color=color, ms=3, label=name)
ax.set(yscale="log", xlabel="x")
ax.legend(loc="lower left")
plt.show()
# sphinx_gallery_alt = "A valley with steep sides, on a logarithmic scale. Dots walk from x = 6 down its right side to the bottom in even steps. A line of two squares leads from the same start to the far left side, about 3500 times higher up."
# sphinx_gallery_caption = "From one start: clipped, it walks down; as it is, one step ends far up on the left."

assert round(math.cosh(wild[1]) / math.cosh(6), -2) == 3500

# %%
# The hook sits on a leaf, between the graph and ``.grad``. So the step needs no change, and
# neither does the optimiser. ``register_hook`` gives a handle; its ``remove()`` ends it.

x = torch.tensor(6.0, dtype=torch.float64, requires_grad=True)
handle = x.register_hook(lambda gradient: gradient.clamp(-1, 1))
torch.cosh(x).backward()
clipped, x.grad = x.grad, None
handle.remove()
torch.cosh(x).backward()
print(f"with the hook {clipped.item()}, without {x.grad.item():.1f}")

assert clipped == 1
assert math.isclose(x.grad, math.sinh(6))

# %%
# Clipping each number turns the gradient: (30, 40) becomes (1, 1). To keep the direction,
# shrink all by one factor. ``torch.nn.utils.clip_grad_norm_`` does it after ``backward()``.

p = torch.zeros(2, dtype=torch.float64, requires_grad=True)
(p @ torch.tensor([30.0, 40.0], dtype=torch.float64)).backward()
length = torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
print(f"it was {length.item():.0f} long, and is now {p.grad.tolist()}")

assert length == 50
assert torch.allclose(p.grad, torch.tensor([0.6, 0.8]).double(), rtol=1e-6)

# %%
# **On your own.** A batch comes in two halves, with one ``backward()`` each. The hook clips
# at 1. The halves' slopes are 3 and −2. What stands in ``.grad``, and what should?
#
# **Solution.** The hook runs twice: 1 and −1, together 0. The whole batch has the slope 1.
# Clip after the second half, with ``clip_grad_norm_``.

x = torch.tensor(0.0, requires_grad=True)
x.register_hook(lambda gradient: gradient.clamp(-1, 1))
(3 * x).backward()
(-2 * x).backward()
(whole,) = torch.autograd.grad(3 * x - 2 * x, x)
print(x.grad.item(), whole.item())

assert (x.grad, whole) == (0, 1)

# %%
# **Next.** :doc:`The mistakes </gallery/traps/index>` are made on purpose, one after the
# other.
