# sphinx_gallery_keywords = "product rule, 積の微分"
"""
See the product rule as two strips
==================================

u · v is the area of a rectangle. Make u a little longer and v a little higher. By how much
does the area grow?
"""

# %%
# Take 3 by 2. Then let u grow by 0.4, and v by 0.3.

import torch
from matplotlib import pyplot as plt

import seegrad

u, v, du, dv = 3.0, 2.0, 0.4, 0.3
upright, flat, corner = v * du, u * dv, du * dv
print(f"strips {upright:.2f} and {flat:.2f}, corner {corner:.2f}")

# %%
# Two strips are new, and a corner. Which sides do the strips have?

fig, ax = plt.subplots(figsize=(5.4, 4))
parts = {
    "v · du": (u, 0, du, v, "#d2601a"),
    "u · dv": (0, v, u, dv, "#9563c4"),
    "": (u, v, du, dv, "#808080"),
    "u · v": (0, 0, u, v, "#2f7fc4"),
}
for words, (left, low, width, height, color) in parts.items():
    box = plt.Rectangle((left, low), width, height, fc=f"{color}40", ec=color, lw=1.5)
    ax.add_patch(box)
    turn = 90 if width < height else 0
    middle = (left + width / 2, low + height / 2)
    ax.text(*middle, words, ha="center", va="center", rotation=turn, color=color)
ax.text(u + du + 0.05, v + dv / 2, "du · dv", va="center", color="#808080")
ax.set(xlim=(-0.1, 4.1), ylim=(-0.1, 2.6), xticks=[0, u, u + du], yticks=[0, v, v + dv])
ax.set(xlabel="u", ylabel="v", aspect="equal")
ax.grid(visible=False)
plt.show()
# sphinx_gallery_alt = "A rectangle, 3 wide and 2 high. On its right side stands a narrow strip as high as the rectangle, marked v · du. Along its top lies a flat strip as wide as the rectangle, marked u · dv. A tiny corner between them is marked du · dv."
# sphinx_gallery_caption = "The new area: a strip v high, a strip u wide, and a small corner."

assert abs((u + du) * (v + dv) - u * v - (upright + flat + corner)) < 1e-15

# %%
# The strip beside is v high, so it gives v for each bit of du. The strip above gives u for
# each bit of dv. What about the corner? Make both steps smaller.

for shrink in (1, 0.1, 0.01):
    strips = shrink * (upright + flat)
    small = shrink**2 * corner
    print(f"strips {strips:.4f}, corner {small:.6f}, its share {small / strips:.4f}")

assert small / strips < 0.001

# %%
# When the steps are 10 times smaller, the strips are, too, and the corner is 100 times
# smaller: it does not count. So the slope of u · v by u is v, and by v it is u. Which number runs to which leaf?

a = torch.tensor(u, dtype=torch.float64, requires_grad=True)
b = torch.tensor(v, dtype=torch.float64, requires_grad=True)
graph = seegrad.gradient_graph(a * b, names={"u": a, "v": b})
graph

# %%
# Each gets the other one: the rule of the product is "times the other factor".

arrived = {node.label: node.gradient.item() for node in graph.nodes}
assert (arrived["u"], arrived["v"]) == (2, 3)

# %%
# Now let both sides hang on one x: a square, x · x. Both strips grow with it, so x gets
# x from each: together 2x. At x = 3 two arrows come to x.

x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
graph = seegrad.gradient_graph(x * x, names={"x": x})
print(graph)

arrows = [e.gradient.item() for e in graph.edges if e.target == graph.nodes[-1].id]
assert arrows == [3, 3]
assert graph.nodes[-1].gradient == 6

# %%
# **On your own.** One side is x², the other is sin x. How fast does the area grow with x,
# at x = 1?
#
# **Solution.** Each strip is the other side, times how fast its own side grows:
# sin x · 2x + x² · cos x.

one = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
(found,) = torch.autograd.grad(one**2 * one.sin(), one)
print(f"{found.item():.4f}")

by_hand = torch.sin(one.detach()) * 2 + torch.cos(one.detach())
assert torch.isclose(found, by_hand, rtol=1e-15)

# %%
# **Next.** :doc:`/gallery/tangents/plot_chain_rule` follows both ways of a sum, and
# :doc:`/backward` tells how autograd keeps its graph.
