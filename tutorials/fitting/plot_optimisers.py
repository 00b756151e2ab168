# sphinx_gallery_keywords = "adam vs sgd, momentum, optimizer, 最適化"
"""
Walk one bowl with three optimisers
===================================

SGD, momentum and Adam get the same gradients. What does each do with them? Write the three
rules by hand, and compare them with PyTorch's.
"""

# %%
# The bowl is narrow: (x₀² + 10 · x₁²) / 2. Its gradient is (x₀, 10 · x₁).

import torch
from matplotlib import pyplot as plt

start = torch.tensor([-8.0, 2.0], dtype=torch.float64)
steepness = torch.tensor([1.0, 10.0], dtype=torch.float64)


def bowl(x):
    return (steepness * x**2).sum() / 2


def walk(make_optimizer, steps=40):
    x = start.clone().requires_grad_()
    optimizer = make_optimizer([x])
    points = [x.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        bowl(x).backward()
        optimizer.step()
        points.append(x.detach().clone())
    return torch.stack(points)


walks = {
    "SGD": walk(lambda xs: torch.optim.SGD(xs, lr=0.18)),
    "momentum": walk(lambda xs: torch.optim.SGD(xs, lr=0.03, momentum=0.8)),
    "Adam": walk(lambda xs: torch.optim.Adam(xs, lr=0.6)),
}

# %%
# The gradient at the start is (−8, 20). Its large part, 20, points across the valley, its
# small part along it. Guess the first step of each. Which one does not care that 20 is more than 8?

for name, points in walks.items():
    print(f"{name:9} first step {[round(s, 6) for s in (points[1] - start).tolist()]}")

assert torch.allclose(walks["SGD"][1] - start, torch.tensor([1.44, -3.6]).double())
assert torch.allclose(walks["momentum"][1] - start, torch.tensor([0.24, -0.6]).double())
assert torch.allclose(walks["Adam"][1] - start, torch.tensor([0.6, -0.6]).double())

# %%
# Adam. It divides each gradient by its own recent size, so its first step is the learning
# rate in every direction.

x0, x1 = torch.meshgrid(
    torch.linspace(-9, 3, 80), torch.linspace(-2.5, 2.5, 80), indexing="xy"
)
looks = {"SGD": ":s", "momentum": "--^", "Adam": "-o"}
fig, ax = plt.subplots()
ax.contour(x0, x1, (x0**2 + 10 * x1**2) / 2, levels=8, colors="#808080", linewidths=0.8)
for name, points in walks.items():
    ax.plot(*points.T, looks[name], markersize=4, linewidth=1.5, label=name)
ax.set(xlabel="$x_0$", ylabel="$x_1$")
ax.legend(loc="upper left", bbox_to_anchor=(0, 1.13), ncols=3)
plt.show()
# sphinx_gallery_alt = "Contour lines of a wide, flat bowl, and three walks from its upper left to the middle. The dotted one swings up and down at every step. The dashed one curves down and swings slowly. The solid one starts diagonally and runs past the middle."
# sphinx_gallery_caption = "Three ways down: SGD zigzags, momentum swings, Adam takes even steps and overshoots."

# %%
# Here are the rules. Momentum adds up old gradients, each time 0.8 of them. Adam keeps a
# mean of the gradients and one of their squares, and corrects both, because they start at 0.


def by_hand(rule, steps=40):
    x, kept, points = start, {}, [start]
    for k in range(1, steps + 1):
        x = x - rule(steepness * x, kept, k)
        points.append(x)
    return torch.stack(points)


def momentum(gradient, kept, k):
    kept["sum"] = 0.8 * kept.get("sum", 0) + gradient
    return 0.03 * kept["sum"]


def adam(gradient, kept, k):
    kept["mean"] = 0.9 * kept.get("mean", 0) + 0.1 * gradient
    kept["square"] = 0.999 * kept.get("square", 0) + 0.001 * gradient**2
    mean, square = kept["mean"] / (1 - 0.9**k), kept["square"] / (1 - 0.999**k)
    return 0.6 * mean / (square.sqrt() + 1e-8)


rules = {"SGD": lambda gradient, kept, k: 0.18 * gradient}
rules |= {"momentum": momentum, "Adam": adam}
for name, rule in rules.items():
    assert torch.allclose(by_hand(rule), walks[name], rtol=1e-12, atol=1e-12)
    print(f"{name:9} is {walks[name][-1].norm():.4f} away after 40 steps")

# %%
# No optimiser changes a gradient. They change what is done with it.
#
# **On your own.** Multiply the bowl by 100. Whose walk stays the same?
#
# **Solution.** Adam's: it divides by the 100 what it multiplies by it. (The 1e-8 hardly
# counts.) SGD with this rate would explode.

hundred = by_hand(lambda gradient, kept, k: adam(100 * gradient, kept, k))
far = by_hand(lambda gradient, kept, k: 18 * gradient, steps=3)[-1]
print(f"Adam ends at the same place, SGD is {far.norm():.0e} away after 3 steps")

assert torch.allclose(hundred, walks["Adam"], atol=1e-7)
assert far.norm() > 1000

# %%
# **Next.** :doc:`/gallery/fitting/plot_clip_gradient` keeps one wild gradient from doing
# harm.
