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

assert plane.y0 == 5
assert plane(3, 1) == 5 + 2 * (3 - 1) + 4 * (1 - 2)

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
# Is it the right plane? Cut the picture along x₀ at x₁ = 2. The plane becomes a line,
# and it must be the tangent of the curve that the bowl becomes.

cut = seegrad.tangent_line(lambda x: bowl(x, torch.full_like(x, 2.0)), 1)
assert cut.slope == plane.slopes[0]
assert cut(0) == plane(0, 2)

# %%
# How good is the plane away from the point? Move a distance r, and the bowl is exactly
# r² higher. Half the way, a quarter of the error.

for r in (1.0, 0.5, 0.25):
    there = torch.tensor([1 + r, 2.0], dtype=torch.float64)
    error = (bowl(*there) - plane(*there)).item()
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
# **Next.** :doc:`/gallery/fields/plot_gradient_field` draws the two slopes as one
# arrow, at every point.
