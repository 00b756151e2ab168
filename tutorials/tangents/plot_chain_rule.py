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
# The gradient starts at y with 1 and runs down to x. Before you step through the graph,
# guess what arrives at the square.

names = {"x": x, "square": square, "scaled": scaled, "wave": wave, "y": y}
graph = seegrad.gradient_graph(y, names=names)
graph

# %%
# AddBackward0 is the way back through an addition. It copies the 1 to both terms. One
# way goes through the square: the 1 is multiplied by 0.78, the slope of the scaling,
# and then by 2x, the slope of the square. The other way goes through the sine, and is
# multiplied by cos x. That is the chain rule: multiply along a way, and add where ways
# meet.

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
# Slopes add as the curves do. At −0.75 the parabola falls faster than the sine rises,
# so their sum falls, a little.

points = torch.linspace(-2, 1, 200, dtype=torch.float64)
parts = {
    "$0.78 x^2$": lambda x: 0.78 * x**2,
    r"$\sin x$": torch.sin,
    "sum": lambda x: 0.78 * x**2 + torch.sin(x),
}
fig, ax = plt.subplots()
for name, part in parts.items():
    (line,) = ax.plot(points, part(points), label=name)
    tangent = seegrad.tangent_line(part, -0.75)
    ends = torch.tensor([-1.15, -0.35], dtype=torch.float64)
    ax.plot(
        ends, tangent(ends), "o-", color=line.get_color(), linewidth=3, markersize=3
    )
    print(f"{name:12} slope {tangent.slope.item():7.4f}")
ax.set(xlabel="$x$")
ax.legend()
plt.show()
# sphinx_gallery_alt = "Three curves, each with a thick piece of tangent at x = −0.75. The parabola's falls steeply, the sine's rises, and the sum's falls gently."
# sphinx_gallery_caption = "At x = −0.75, the slope of the sum is the sum of the other two slopes."

# %%
# Do the rules change with x? Move the input, and watch the numbers on the arrows.

inputs = torch.arange(-20, 21, dtype=torch.float64) / 10
moved = seegrad.explore_graph(lambda x: 0.78 * x**2 + torch.sin(x), inputs, start=-0.8)
meets_zero = moved.numbers["gradient"].sign().diff().nonzero().flatten()
assert inputs[meets_zero].tolist() == [-0.6]
moved

# %%
# The rules stay, and so do 1 and 0.78. Only the two last numbers follow x. Between −0.6
# and −0.5 they cancel: there the curve is at its lowest.

# %%
# **On your own.** What happens to the graph of sin(x)² + cos(x)²? It is always 1, so
# what should arrive at x?
#
# **Solution.** Nothing, in the end: two ways with opposite gradients. Autograd does not
# know that the sum is constant. It computes both and adds them.

constant = torch.sin(x) ** 2 + torch.cos(x) ** 2
graph = seegrad.gradient_graph(constant, names={"x": x})
print(graph)

assert abs(graph.nodes[-1].gradient) < 1e-15

# %%
# **Next.** :doc:`/backward` tells how autograd keeps its graph, and
# :doc:`/gallery/tangents/plot_clear_and_copy` what goes wrong when it runs twice.
