# sphinx_gallery_keywords = "gradient vectors, quiver, arrows, 勾配"
"""
Draw a gradient field
=====================

At every point of a landscape water knows which way to run. Can autograd tell it for 324
points at once?
"""

# %%
# Three landscapes over the same plane: a bowl, a saddle, and waves. Where is each one
# flat?

import torch
from matplotlib import pyplot as plt

import seegrad

landscapes = {
    "$x_0^2 + x_1^2$": lambda x0, x1: x0**2 + x1**2,
    "$x_0 x_1$": lambda x0, x1: x0 * x1,
    r"$\sin(x_0 x_1)$": lambda x0, x1: torch.sin(x0 * x1),
}

# %%
# A grid of 18 by 18 points. The gradient at a point holds the slope along each axis. It
# points uphill, so its negative points downhill.

axis = torch.arange(-2, 2.5, 0.25, dtype=torch.float64)
fields = {name: seegrad.gradient_field(f, axis, axis) for name, f in landscapes.items()}
assert all(field.values.numel() == 324 for field in fields.values())

# %%
# The lines join points of equal height. The arrows are the negative gradients, written
# −∇f, and the longer they are the steeper it is.

fig, axes = plt.subplots(1, 3, figsize=(10.5, 3.8), sharey=True)
for ax, (name, field) in zip(axes, fields.items(), strict=True):
    seegrad.plot_gradient_field(field, ax=ax)
    ax.set_title(name)
plt.show()
# sphinx_gallery_alt = "Three fields of arrows over contour lines. In the bowl all arrows point to the middle. In the saddle they come in along one diagonal and leave along the other. In the waves they run from curved crests into curved valleys."
# sphinx_gallery_caption = "Look where the arrows shrink: there the landscape is flat."

# %%
# The bowl is flat at its bottom, the saddle in its middle, and the waves along their
# crests and valleys, and at one point in the middle. No arrow runs along a contour line: downhill is always straight across.
#
# By hand, the three gradients are (2x₀, 2x₁), (x₁, x₀), and (x₁, x₀) times
# cos(x₀x₁). A row of the arrays belongs to one x₁, a column to one x₀.

x0, x1 = torch.meshgrid(axis, axis, indexing="xy")
wave = torch.cos(x0 * x1)
by_hand = [(2 * x0, 2 * x1), (x1, x0), (x1 * wave, x0 * wave)]
for field, (g0, g1) in zip(fields.values(), by_hand, strict=True):
    assert torch.allclose(field.g0, g0, rtol=0, atol=2e-15)
    assert torch.allclose(field.g1, g1, rtol=0, atol=2e-15)
    assert field.g0[8, 8] == field.g1[8, 8] == 0

# %%
# Is the gradient longest at the top? Move the point over a hill and see.

stops = torch.arange(-10, 11, dtype=torch.float64) / 5
hill = seegrad.explore_gradient(
    lambda x0, x1: torch.exp(-(x0**2) - x1**2), stops, stops, start=(1.0, -0.6)
)
length = torch.hypot(hill.numbers["g0"], hill.numbers["g1"])
assert length[10, 10] == 0 and length.max() > 0.85
hill

# %%
# At the top it is zero: there no way leads up. It points at the top from everywhere, and
# is longest on the slopes.

# %%
# How does one ``backward()`` serve 324 points? The two grids are two leaves. Each value
# depends on its own point only, so the sum of all values hands each point its own
# gradient.

x0.requires_grad_()
x1.requires_grad_()
torch.sin(x0 * x1).sum().backward()

waves = fields[r"$\sin(x_0 x_1)$"]
assert torch.equal(x0.grad, waves.g0)
assert torch.equal(x1.grad, waves.g1)

# %%
# **On your own.** Take the field of the hill exp(−x₀² − x₁²). How far from the top is it
# steepest?
#
# **Solution.** On a ring. The slope at distance r from the top is 2r·exp(−r²), largest
# where r is √½, about 0.71.

fine = torch.linspace(-2, 2, 81, dtype=torch.float64)
hill = seegrad.gradient_field(lambda x0, x1: torch.exp(-(x0**2) - x1**2), fine, fine)
steepness = torch.hypot(hill.g0, hill.g1)
row, column = divmod(int(steepness.argmax()), 81)
distance = torch.hypot(fine[row], fine[column]).item()
print(f"steepest {distance:.2f} from the top")

assert abs(distance - 0.5**0.5) < 0.02

# %%
# **Next.** :doc:`/gallery/fields/plot_axis_order` shows a field that looks right and is
# wrong.
