# sphinx_gallery_keywords = "tangent, slope at a point, secant, 接線, 傾き, 微分係数"
"""
Draw a tangent line
===================

How do you draw the line that just touches a curve? You need one number that school
taught you to work out by hand, and that PyTorch finds for you: the slope.
"""

# %%
# Here is a curve, and a point on it where x is −0.75. The line that touches the curve
# there is fixed by the point and by its slope. ``float64`` keeps sixteen digits in place
# of the usual seven. (:ref:`Eight words of PyTorch <eight-words>` has all such words.)

import math

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 0.78 * x**2 + torch.sin(x)


x0 = torch.tensor(-0.75, dtype=torch.float64, requires_grad=True)
y0 = f(x0)

# %%
# Before you read on, guess: is the curve rising or falling at −0.75?
#
# ``backward()`` walks back from y₀ to x₀ and leaves the slope in ``x0.grad``.

y0.backward()
slope = x0.grad.item()
print(f"height {y0.item():.4f}, slope {slope:.4f}")

# %%
# It is negative, so the curve falls. By hand: the slope of 0.78x² is 1.56x, and the
# slope of sin x is cos x. Both ways agree to the last digit.

by_hand = 1.56 * -0.75 + math.cos(-0.75)
assert math.isclose(slope, by_hand, rel_tol=1e-15)
assert slope < 0

# %%
# The line through (x₀, y₀) with slope a is y = a(x − x₀) + y₀. It meets the vertical
# axis at b = y₀ − a·x₀. ``tangent_line`` does all of the above in one call.

tangent = seegrad.tangent_line(f, -0.75)
print(f"y = {tangent.slope:.4f} x + ({tangent.intercept:.4f})")

assert tangent.slope == slope
assert math.isclose(tangent.intercept, y0.item() - slope * -0.75, rel_tol=1e-15)

# %%
# Drawn, the line touches the curve at one point and leaves it on both sides.

x = torch.linspace(-2.5, 1.5, 200, dtype=torch.float64)
ax = seegrad.plot_function(f, x)
seegrad.plot_tangent_line(tangent, ax=ax, width=2.5)
ax.legend()
plt.show()
# sphinx_gallery_alt = "A U-shaped curve. At x = −0.75 a dashed line touches it from below and falls gently to the right."
# sphinx_gallery_caption = "At the point of contact, the line falls as fast as the curve."

# %%
# Will the line cross the curve if it touches elsewhere? Move the point and see.

stops = torch.arange(-250, 151, dtype=torch.float64) / 100
moved = seegrad.explore_tangent(f, stops, start=-0.75)
assert (moved.numbers["slope"].diff() > 0).all()
moved

# %%
# It never does. From left to right the slope only grows, so on both sides the curve bends
# up and away from the line.
#
# Why is that number the slope? Draw a line through two points of the curve, a secant,
# and move the second point towards the first. Will its slope settle?

steps = torch.tensor([1.5, 0.75, 0.25, 0.01], dtype=torch.float64)
secants = (f(-0.75 + steps) - y0.detach()) / steps
errors = secants - slope
for step, secant, error in zip(steps, secants, errors, strict=True):
    print(f"{step:5.2f} apart: slope {secant:7.4f}, off by {error:.4f}")

assert (errors.diff() < 0).all()

# %%
# Each slope is closer than the one before. Their limit is the derivative, and that is
# what autograd computes, without taking the limit. How near must the second point be?
# Move it, and watch the two numbers.

nearer = seegrad.explore_secant(f, -0.75)
off = nearer.numbers["secant"] - nearer.numbers["slope"]
assert 0.9 < off[20] / nearer.numbers["h"][20] / (off[0] / nearer.numbers["h"][0]) < 1.1
nearer

# %%
# As near as the digits you want: half the distance leaves half of the error, and no
# distance leaves none.
#
# **On your own.** Where is the tangent of this curve flat? The slope is zero there, so
# look for the point where ``derivative`` changes its sign.
#
# **Solution.** The slope is negative at −1 and positive at 0. Halve that interval fifty
# times, and keep the half in which the sign changes.

low, high = -1.0, 0.0
for _ in range(50):
    middle = (low + high) / 2
    falling = seegrad.derivative(f, middle) < 0
    low, high = (middle, high) if falling else (low, middle)
print(f"flat at x = {middle:.6f}")

assert abs(1.56 * middle + math.cos(middle)) < 1e-14

# %%
# **Next.** :doc:`/gallery/tangents/plot_three_lines` tells how a slope comes about, and
# :doc:`/gallery/tangents/plot_chain_rule` follows this very curve, piece by piece.
