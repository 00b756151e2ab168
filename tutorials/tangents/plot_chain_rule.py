# sphinx_gallery_keywords = "backpropagation, composed functions, 連鎖律, 合成関数"
"""
Watch the chain rule at work
============================

0.78x² + sin x is built from small pieces. ``backward()`` finds its slope piece by
piece. Which number runs along which way?
"""

# %%
# Compute the curve at −0.75 in steps, and give each step a name.

import math

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor(-0.75, dtype=torch.float64, requires_grad=True)
square = x**2
scaled = 0.78 * square
wave = torch.sin(x)
y = scaled + wave

# %%
# The gradient starts at y with 1 and runs down to x. In each box stands the value that
# was computed there. Before you step on with →, guess: what arrives at the square?

names = {"x": x, "square": square, "scaled": scaled, "wave": wave, "y": y}
graph = seegrad.gradient_graph(y, names=names)
graph.ask("square")

# %%
# 0.78. The addition copies the 1 to both of its terms. On one way the 1 is multiplied by
# 0.78, the slope of the scaling, and then by 2x = −1.5, the slope of the square. On the
# other way it is multiplied by cos x, the slope of the sine. That is the chain rule:
# multiply along a way, and add where two ways meet.

leaf = graph.nodes[-1]
arrived = {node.label: node.gradient.item() for node in graph.nodes}
assert arrived["scaled"] == arrived["wave"] == 1
assert arrived["square"] == 0.78

ways = [edge.gradient.item() for edge in graph.edges if edge.target == leaf.id]
print(f"ways to x: {ways[0]:.4f} and {ways[1]:.4f}, together {arrived['x']:.4f}")

# %%
# Check all of it by hand. The two ways are 1.56x and cos x.

assert sorted(ways) == sorted([0.78 * (2 * -0.75), math.cos(-0.75)])
assert arrived["x"] == sum(ways)
assert math.isclose(arrived["x"], 1.56 * -0.75 + math.cos(-0.75), rel_tol=1e-15)

# %%
# Why multiply? Here are the two pieces of the first way. Near −0.75, x² changes −1.5
# times as much as x. And 0.78·s changes 0.78 times as much as s. Which slope do both
# have together?

step = torch.tensor([-0.35, 0.35], dtype=torch.float64)
pieces = [
    ("$s = x^2$", torch.square, -0.75),
    ("$0.78 s$", lambda s: 0.78 * s, 0.5625),
    ("$0.78 x^2$", lambda x: 0.78 * x**2, -0.75),
]
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4))
for ax, (name, f, at), variable in zip(axes, pieces, "xsx", strict=True):
    tangent = seegrad.tangent_line(f, at)
    seegrad.plot_function(f, at + torch.linspace(-1, 1, 100), ax=ax)
    ax.plot(at + step, tangent(at + step), "o-", color="#d2601a", lw=3)
    title = f"{name}: slope {tangent.slope.item():.4g}"
    ax.set(title=title, xlabel=f"${variable}$", ylabel="")
plt.show()
# sphinx_gallery_alt = "Three panels with a thick piece of tangent each. x² at −0.75 falls with slope −1.5. The line 0.78 s rises with slope 0.78. 0.78 x² at −0.75 falls with slope −1.17, less steeply than x²."
# sphinx_gallery_caption = "The third slope is the product of the first two."

slopes = [seegrad.derivative(f, at).item() for _, f, at in pieces]
assert slopes[:2] == [-1.5, 0.78]
assert math.isclose(slopes[0] * slopes[1], slopes[2], rel_tol=1e-15)
assert math.isclose(slopes[2], -1.17, rel_tol=1e-15)

# %%
# Do the rules change with x? Move the input, and watch the numbers on the arrows.

inputs = torch.arange(-20, 21, dtype=torch.float64) / 10
moved = seegrad.explore_graph(lambda x: 0.78 * x**2 + torch.sin(x), inputs, start=-0.8)
meets_zero = moved.numbers["gradient"].sign().diff().nonzero().flatten()
assert inputs[meets_zero].tolist() == [-0.6]
moved

# %%
# The rules stay, and so do 1 and 0.78 on the arrows. Only the two last numbers there, and
# the values in the boxes, follow x. Between −0.6 and −0.5 the two cancel: there the curve
# is at its lowest.

# %%
# **On your own.** What happens to the graph of sin(x)² + cos(x)²? It is always 1, so
# what should arrive at x?
#
# **Solution.** 0: two gradients of opposite sign arrive and cancel. Autograd does not know
# that the sum is constant. It computes both and adds them.

constant = torch.sin(x) ** 2 + torch.cos(x) ** 2
graph = seegrad.gradient_graph(constant, names={"x": x})
print(graph)

assert abs(graph.nodes[-1].gradient) < 1e-15

# %%
# **Next.** :doc:`/gallery/tangents/plot_clear_and_copy` shows what goes wrong when a gradient
# is taken twice. :doc:`/backward` tells how autograd keeps its graph,
# :doc:`/gradient_argument` what the 1 at the start stands for, and :doc:`/tape` what becomes
# of a loop.
