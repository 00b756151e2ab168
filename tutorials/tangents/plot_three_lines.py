# sphinx_gallery_keywords = "composite function, 合成関数"
"""
Follow a small step through sin(x²)
===================================

Move x a little. Then x² moves, and so sin(x²) moves. By how much? Three number lines show
the chain rule.
"""

# %%
# At x = 1.5 the square t is 2.25, and y = sin 2.25. Slope means: how many times as far?

import math

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
t = x**2
y = torch.sin(t)
print(f"x {x.item()}, t {t.item()}, y {y.item():.4f}")

# %%
# The slope of a square is 2x, so t moves 3 times as far as x. The slope of the sine is
# the cosine, so y moves cos 2.25 times as far as t. And how far does y move when x moves
# by 0.1? Which way?

dx = 0.1
dt = 3 * dx
dy = math.cos(2.25) * dt

lines = {
    "$x$": (1.5, dx, "$dx = 0.1$"),
    "$t = x^2$": (2.25, dt, r"$dt = 3 \cdot dx = 0.3$"),
    r"$y = \sin t$": (
        math.sin(2.25),
        dy,
        r"$dy = \cos 2.25 \cdot 3 \cdot dx = -0.188$",
    ),
}
fig, ax = plt.subplots(figsize=(6.4, 3.6))
for row, (name, (place, step, words)) in enumerate(lines.items()):
    ax.plot([-0.42, 0.42], [-row, -row], "-", color="#808080", linewidth=1)
    ax.plot(0, -row, "o", color="#2f7fc4")
    ends = {"xy": (step, -row), "xytext": (0, -row)}
    ax.annotate(
        "", **ends, arrowprops={"arrowstyle": "->", "color": "#d2601a", "lw": 3}
    )
    ax.text(0, -row - 0.14, f"{place:.4g}", ha="center", va="top", color="#2f7fc4")
    ax.text(
        step / 2, -row + 0.12, words, ha="center", va="bottom", color="#d2601a", size=14
    )
    ax.text(-0.6, -row, name, ha="center", va="center", size=14)
ax.set(xlim=(-0.75, 0.5), ylim=(-2.5, 0.5))
ax.set_axis_off()
plt.show()
# sphinx_gallery_alt = "Three number lines below each other, each with a dot and an arrow. At x = 1.5 a short arrow goes right. At t = 2.25 an arrow three times as long goes right. At y = 0.7781 an arrow goes left, about two thirds as long as the one above it."
# sphinx_gallery_caption = "All three lines have one scale: the step grows three times, then shrinks and turns round."

# %%
# Back by 0.188: cos 2.25 is −0.628, and the minus turns the step round. So slopes
# multiply along the way. Divide by dx, and the slope of sin(x²) is left: cos 2.25 · 3.

slope = math.cos(2.25) * 3
print(f"cos 2.25 · 3 = {slope:.4f}")

assert round(dy, 3) == -0.188
assert math.isclose(dy / dx, slope)
assert math.isclose(seegrad.numerical_derivative(lambda x: (x**2).sin(), 1.5), slope)

# %%
# The arrows promise what a *small* step does. Here is what y really did, for each step.

for step in (0.1, 0.01, 0.001):
    moved = math.sin((1.5 + step) ** 2) - math.sin(2.25)
    print(f"dx {step:5}: y moved by {moved:9.6f}, {moved / step:.3f} times as far")

assert abs(moved / step - slope) < 0.01

# %%
# ``backward()`` multiplies the same two slopes, from the other end. It starts with 1 at
# y. What will stand on the arrow to t, and on the arrow to x?

graph = seegrad.gradient_graph(y, names={"x": x, "t": t, "y": y})
graph

# %%
# cos 2.25 first, then times 3. A product is the same in either order.

arrived = {node.label: node.gradient.item() for node in graph.nodes}
assert arrived["y"] == 1
assert math.isclose(arrived["t"], math.cos(2.25))
assert math.isclose(arrived["x"], slope)

# %%
# **On your own.** Put one more line in between: y = sin(2t), with t = x². Which factor is
# new, and which one changes?
#
# **Solution.** The 2 is new, and the cosine is taken at 4.5: cos 4.5 · 2 · 3.

(found,) = torch.autograd.grad(torch.sin(2 * x**2), x)
print(f"{found.item():.4f}")

assert math.isclose(found, math.cos(4.5) * 2 * 3)

# %%
# **Next.** :doc:`/gallery/tangents/plot_product_strips` shows where a product's slope
# comes from, and :doc:`/gallery/tangents/plot_chain_rule` has two ways to x.
