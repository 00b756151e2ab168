# sphinx_gallery_keywords = "gradient descent, SGD, optimizer, learning rate, minimum, 勾配降下法, 学習率"
"""
Walk downhill by gradient descent
=================================

If every arrow of a gradient field points downhill, following the arrows must lead to
the bottom. How fast, and does it always?
"""

# %%
# Start at (−3, 4) on the bowl x₀² + x₁², and go a tenth of the gradient against it,
# again and again. Where are you after 20 steps?

import torch
from matplotlib import pyplot as plt

import seegrad


def bowl(x0, x1):
    return x0**2 + x1**2


walk = seegrad.descend(bowl, [-3.0, 4.0], learning_rate=0.1, steps=20)
print(walk.points[[0, 1, 20]].tolist())

# %%
# The gradient is (2x₀, 2x₁), so a step takes away a fifth of each coordinate. After k
# steps 0.8ᵏ of the start is left: it gets close, and never quite there.

left = 0.8 ** torch.arange(21, dtype=torch.float64)
start = torch.tensor([-3.0, 4.0], dtype=torch.float64)
assert torch.allclose(walk.points, left[:, None] * start, rtol=1e-14)

# %%
# Written out, the whole of gradient descent is one line in a loop.

point = start
for _ in range(20):
    slopes = torch.stack(seegrad.gradient(bowl, *point))
    point = point - 0.1 * slopes

assert torch.equal(point, walk.points[-1])

# %%
# The walk crosses the contour lines at right angles. On a round bowl that is the
# shortest way.

axis = torch.linspace(-4.5, 4.5, 19, dtype=torch.float64)
ax = seegrad.plot_gradient_field(seegrad.gradient_field(bowl, axis, axis))
seegrad.plot_descent(walk, ax=ax)
plt.show()
# sphinx_gallery_alt = "Round contour lines and arrows towards the middle. From a square at (−3, 4) a chain of dots runs straight to the middle, with ever shorter steps, and ends in a star."
# sphinx_gallery_caption = "A step is a tenth of the gradient, so steps shorten where the bowl flattens."

# %%
# Now a valley with a bend, Rosenbrock's function. Its lowest point is (1, 1). At
# (0, 2) the gradient is (−2, 400). Will the walk go to the goal, or to the valley?


def valley(x0, x1):
    return (1 - x0) ** 2 + 100 * (x1 - x0**2) ** 2


assert [g.item() for g in seegrad.gradient(valley, 0.0, 2.0)] == [-2, 400]

walk = seegrad.descend(valley, [0.0, 2.0], learning_rate=0.001, steps=5000)
print("after 100:", walk.points[100].tolist())
print("at the end:", walk.points[-1].tolist())

# %%
# To the valley. The gradient sees only what is steep here, and that is the valley's
# wall. Along its floor there is hardly a slope, so it creeps.

axes = [torch.linspace(low, high, 600) for low, high in ((-0.6, 1.6), (-0.4, 2.2))]
height = valley(*torch.meshgrid(*axes, indexing="xy"))
fig, ax = plt.subplots(figsize=(7.5, 5.5))
levels = [0.3, 1, 3, 10, 30, 100, 300]
ax.contour(*axes, height, levels=levels, colors="#808080", linewidths=0.8)
seegrad.plot_descent(walk, ax=ax)
ax.plot(1, 1, "+", color="#d2601a", markersize=14, label="lowest point")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
# sphinx_gallery_alt = "Contour lines of a narrow valley that bends like a parabola. The walk drops from a square at (0, 2) straight to the valley floor, and from there creeps along the bend and ends in a star near the plus sign at (1, 1)."
# sphinx_gallery_caption = "A few steps lead down the wall; all the others go along the floor."

distance = torch.dist(walk.points[-1], torch.ones(2, dtype=torch.float64)).item()
assert 0.01 < distance < 0.3
assert (walk.values.diff() <= 0).all()

# %%
# A rate that is good for one direction may be too large for another. This bowl is ten
# times as steep across as along. At which rate does the walk leave it?


def stretched(x0, x1):
    return x0**2 / 2 + 5 * x1**2


rates = torch.arange(1, 43, dtype=torch.float64) / 200
walks = seegrad.explore_learning_rate(stretched, [-2.0, 1.0], learning_rates=rates)
ends = walks.numbers["values"][:, -1]
assert rates[ends.argmin()] < 0.19 and (ends[-2:] > 7).all()
walks

# %%
# Above 0.2, which is 2 over the steepest bend, 10. Shortly before, the walk is fastest:
# the steep direction sets the limit, and the flat one wants to be near it.

# %%
# **On your own.** What if the step is too large? Try rates of 0.9, 1.0 and 1.1 on the
# bowl.
#
# **Solution.** A step multiplies each coordinate by 1 − 2·rate. At 0.9 it overshoots
# and still shrinks, at 1.0 it jumps between two points for ever, at 1.1 it grows.

for rate in (0.9, 1.0, 1.1):
    walk = seegrad.descend(bowl, [-3.0, 4.0], learning_rate=rate, steps=10)
    grown = (walk.values[-1] / walk.values[0]).item()
    print(f"rate {rate}: after 10 steps the height is {grown:.3g} of the first")
    assert abs(grown - (1 - 2 * rate) ** 20) < 1e-9

# %%
# **Next.** :doc:`The fits </gallery/fitting/index>` go downhill to fit a curve.
