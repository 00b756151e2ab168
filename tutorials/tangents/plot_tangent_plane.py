# sphinx_gallery_keywords = "two variables, partial derivative, 接平面, 偏微分"
"""
Draw a tangent plane
====================

A curve has a tangent line. What touches a surface? A plane, and it needs two slopes:
one for each way you can walk.
"""

# %%
# Stand on the bowl x₀² + x₁² at (1, 2). One step along x₀ or one step along x₁: which
# way is steeper?

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def bowl(x0, x1):
    return x0**2 + x1**2


x0 = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
x1 = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
bowl(x0, x1).backward()
print(f"along x0: {x0.grad.item()}, along x1: {x1.grad.item()}")
assert (x0.grad, x1.grad) == (2, 4)

# %%
# Along x₁. One ``backward()`` filled both, because both variables are leaves of one
# graph. The two slopes together are the gradient.
#
# The plane starts at the height of the bowl, 5, and rises with each slope:
# 5 + 2(x₀ − 1) + 4(x₁ − 2).

plane = seegrad.tangent_plane(bowl, 1, 2)
print(f"height {plane.y0.item()}, slopes {plane.slopes.tolist()}")
assert plane.y0 == 5 and plane(3, 1) == 5 + 2 * (3 - 1) + 4 * (1 - 2)

# %%
# Drawn, the plane lies below the bowl and touches it at one point.

axis = torch.linspace(-3, 3, 31, dtype=torch.float64)
ax = seegrad.plot_function(bowl, axis, axis)
seegrad.plot_tangent_plane(plane, ax=ax, width=3)
ax.view_init(elev=15, azim=160)
plt.show()
# sphinx_gallery_alt = "A blue bowl, and an orange square plane that touches its wall from outside, at the point (1, 2), and tilts steeply upwards."
# sphinx_gallery_caption = "The plane rises twice as steeply along x₁ as along x₀."

# %%
# Is it the right plane? Cut the picture through the point, once along x₀ and once along
# x₁. Each time the plane becomes a line. Is it the tangent of the curve that the bowl
# becomes?

along = torch.linspace(-3, 3, 61, dtype=torch.float64)
cuts = {
    "along $x_0$, at $x_1 = 2$": (lambda t: bowl(t, 2.0 + 0 * t), 1.0),
    "along $x_1$, at $x_0 = 1$": (lambda t: bowl(1.0 + 0 * t, t), 2.0),
}
fig, axes = plt.subplots(1, 2, sharey=True, figsize=(7.5, 3.8))
for k, (ax, (name, (curve, at))) in enumerate(zip(axes, cuts.items(), strict=True)):
    tangent = seegrad.tangent_line(curve, at)
    seegrad.plot_function(curve, along, ax=ax)
    seegrad.plot_tangent_line(tangent, ax=ax, width=2)
    slope = tangent.slope.item()
    ax.set(title=f"{name}: slope {slope:g}", xlabel=f"$x_{k}$", ylim=(-1, 14))
    assert slope == plane.slopes[k] == (2, 4)[k]
plt.show()
# sphinx_gallery_alt = "Two parabolas side by side, each with a dashed tangent. Left, the cut along x₀: at 1 the tangent has the slope 2. Right, the cut along x₁: at 2 it has the slope 4."
# sphinx_gallery_caption = "The two cuts through the point: the plane's slopes are the slopes of these lines."

# %%
# The plane rises by 2 along x₀ and by 4 along x₁. How steep is it in its steepest
# direction: 4, 6, or between? Move the point to (1, 2), and read the gradient's length.

stops = torch.arange(-10, 11, dtype=torch.float64) / 4
moved = seegrad.explore_gradient(bowl, stops, stops, start=(-1.0, 0.5))
length = torch.hypot(moved.numbers["g0"], moved.numbers["g1"])[18, 14]
assert (stops[14], stops[18]) == (1, 2) and round(length.item(), 2) == 4.47
moved

# %%
# Between: 4.47, the root of 2² + 4². The arrow points in that direction, and it always
# points straight away from the bottom.
#
# How good is the plane away from the point? Move a distance r, and the bowl is exactly
# r² higher. Half as far away means a quarter of the error.

for r in (1.0, 0.5, 0.25):
    there = torch.tensor([1 + r, 2.0], dtype=torch.float64)
    error = bowl(*there) - plane(*there)
    print(f"{r:4.2f} away: off by {error:.4f}")
    assert error == r**2

# %%
# **On your own.** Draw the plane of sin(x₀² + x₁²) at (1, 1). What are its slopes, by
# hand?
#
# **Solution.** By the chain rule each is cos(x₀² + x₁²) times 2x₀ or 2x₁. At (1, 1)
# both are 2 cos 2.


def ripple(x0, x1):
    return torch.sin(x0**2 + x1**2)


plane = seegrad.tangent_plane(ripple, 1, 1)
print(plane.slopes.tolist())
axis = torch.linspace(-2, 2, 61, dtype=torch.float64)
ax = seegrad.plot_function(ripple, axis, axis)
seegrad.plot_tangent_plane(plane, ax=ax, width=1.5)
ax.view_init(elev=40, azim=-60)
plt.show()
# sphinx_gallery_alt = "A round ripple, and a small orange plane on its slope that falls towards the rim, equally steep along both axes."
# sphinx_gallery_caption = "Both slopes are 2 cos 2, so the plane falls along the diagonal."
assert all(math.isclose(s, 2 * math.cos(2), rel_tol=1e-12) for s in plane.slopes)

# %%
# **Next.** :doc:`The reductions </gallery/reductions/index>` ask what one call gives for many
# points.
# :doc:`/gallery/fields/plot_gradient_field` draws the two slopes as one arrow, at every
# point.
