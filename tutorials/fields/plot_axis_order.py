# sphinx_gallery_keywords = "numerical_gradient, Deep Learning from Scratch, batch, axis, ゼロから作る"
"""
Find the axis-order mistake
===========================

A gradient function that takes rows of points gets columns instead. Nothing complains.
Can the wrong call still give the right picture?
"""

# %%
# Here is a gradient by central differences, as some textbooks write it. It takes one
# point a row, and varies each entry of the row in turn.

import numpy as np
from matplotlib import pyplot as plt

import seegrad


def numerical_gradient(f, points, h=1e-4):
    gradient = np.zeros_like(points)
    for row, point in enumerate(points):
        for k in range(point.size):
            step = np.zeros_like(point)
            step[k] = h
            gradient[row, k] = (f(point + step) - f(point - step)) / (2 * h)
    return gradient


def bowl(point):
    return np.sum(point**2)


def saddle(point):
    return point[0] * point[1]


# %%
# The grid has 324 points. Stacking its two coordinates gives an array of shape
# (2, 324), and that is what gets passed, though one point a row would be (324, 2).
#
# Both calls below make that mistake. No error appears. Which results will be right?

axis = np.arange(-2, 2.5, 0.25)
x0, x1 = np.meshgrid(axis, axis)
wrong_way = np.array([x0.ravel(), x1.ravel()])
bowl_wrong_way = numerical_gradient(bowl, wrong_way)
saddle_wrong_way = numerical_gradient(saddle, wrong_way)

bowl_is_right = np.allclose(bowl_wrong_way, 2 * wrong_way, atol=1e-6)
saddle_is_right = np.allclose(saddle_wrong_way, wrong_way[::-1], atol=1e-6)
print(f"bowl right: {bowl_is_right}, saddle right: {saddle_is_right}")

assert wrong_way.shape == (2, 324)
assert (bowl_is_right, saddle_is_right) == (True, False)

# %%
# The bowl is right by luck. Each "point" is now a row of 324 numbers, and the bowl adds
# up their squares. The derivative by one of them is twice that number. It depends on no
# other number, so it does not matter which row it stands in. The saddle is wrong: it
# multiplies the first two entries of the row, and ignores the other 322.

assert np.count_nonzero(saddle_wrong_way[:, 2:]) == 0

# %%
# Here are the three side by side. In the left picture nobody would see the mistake.

saddle_right_way = numerical_gradient(saddle, wrong_way.T).T
pictures = {
    "bowl, (2, 324)": bowl_wrong_way,
    "saddle, (2, 324)": saddle_wrong_way,
    "saddle, (324, 2)": saddle_right_way,
}
fig, axes = plt.subplots(1, 3, figsize=(10.5, 4), sharey=True)
for ax, (name, (g0, g1)) in zip(axes, pictures.items(), strict=True):
    ax.quiver(*wrong_way, -g0, -g1, color="#2f7fc4", angles="xy", scale=40)
    ax.set(title=name, aspect="equal", xlabel="$x_0$")
axes[0].set_ylabel("$x_1$")
plt.show()
# sphinx_gallery_alt = "Three panels. Left, the bowl called the wrong way: all arrows point to the middle, as they should. Centre, the saddle called the wrong way: two arrows in the lower left corner, and dots everywhere else. Right, the saddle called the right way: arrows come in along one diagonal and leave along the other."
# sphinx_gallery_caption = "The same wrong call left and centre: only the saddle gives it away."

assert np.allclose(saddle_right_way, wrong_way[::-1], atol=1e-6)

# %%
# How can you find it? Ask for one point alone, and compare. A point's gradient can't
# depend on which other points are asked about.

alone = numerical_gradient(saddle, np.array([[1.0, 2.0]]))[0]
place = wrong_way.T.tolist().index([1, 2])
print("alone:", alone.round(6), "together:", saddle_wrong_way[:, place])

assert np.allclose(alone, [2, 1])
assert not np.allclose(saddle_wrong_way[:, place], alone)

# %%
# seegrad takes one argument for each variable, so that there is no row to mistake for a
# column. And each call computes some of the points alone, too, and compares.

g0, g1 = seegrad.numerical_gradient(lambda x0, x1: x0 * x1, x0, x1, h=1e-4)
assert np.allclose(g0, x1)
assert np.allclose(g1, x0)

try:
    seegrad.derivative(lambda row: row[0] * row, axis)
except ValueError as error:
    message = str(error)
print(message)

# %%
# **On your own.** Which other landscapes would be right by luck?
#
# **Solution.** Those that add up terms of one variable each, by the same rule for all:
# the sum of cubes, of sines, of anything. Each partial derivative depends on its own
# variable only.

sines = numerical_gradient(lambda point: np.sin(point).sum(), wrong_way)
assert np.allclose(sines, np.cos(wrong_way), atol=1e-6)

# %%
# **Next.** :doc:`/gallery/fields/plot_numerical` asks how good central differences are
# when they are called the right way.
