# sphinx_gallery_keywords = "ties, equal values, amax, 同点"
"""
Reduce with max
===============

The largest of 17 values is a single number, so ``backward()`` accepts it. Which of
the 17 points will get a gradient?
"""

# %%
# Here are 17 points of y = 2x² + 2, whose slope is 4x.

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**2 + 2


x = torch.arange(-2, 2.1, 0.25, dtype=torch.float64)
slope = 4 * x

# %%
# If a y that isn't the largest grows a little, z stays. If the largest grows, z grows
# with it. But two points share the largest y here, 10, one at each end. What will plain
# PyTorch put there?

x.requires_grad_()
f(x).max().backward()
print(x.grad[[0, -1]].tolist())

assert x.grad[[0, -1]].tolist() == [-4, 4]
assert (x.grad[1:-1] == 0).all()

# %%
# Half of each slope, ∓8. ``reduce_gradient`` runs the same lines, and keeps what the
# maximum handed to each y.

result = seegrad.reduce_gradient(f, x, "max")
print("gets something:", result.dz_dy.nonzero().flatten().tolist())
print("namely:", result.dz_dy[[0, -1]].tolist())

assert result.dz_dy[[0, -1]].tolist() == [0.5, 0.5]
assert (result.dz_dy[1:-1] == 0).all()
assert torch.equal(result.gradient, x.grad)

# %%
# Both, half each. At a tie the maximum has a corner and no slope. PyTorch has to answer
# something, and treats equal values alike.

graph = seegrad.gradient_graph(
    result.z, names={"x": result.x, "y": result.y, "z": result.z}
)
graph

# %%
# By the chain rule the ends get half of their slopes, ∓8: that is −4 and 4.

assert torch.equal(result.gradient, result.dz_dy * slope)

ax = seegrad.plot_reduction(result)
ax.legend()
plt.show()
# sphinx_gallery_alt = "A parabola of 17 dots. The dashed gradient is −4 at the left end, 4 at the right end, and zero everywhere between."
# sphinx_gallery_caption = "Only the two ends share the largest y, and each gets half of its slope."

# %%
# ``y.max(dim=0)`` finds the same 10 and also says where it was. A place can't be two
# places, so it takes the first. What happens to the gradient?

first = seegrad.reduce_gradient(f, x, lambda y: y.max(dim=0).values)
print(first.gradient[[0, -1]].tolist())

assert first.z == result.z
assert first.gradient[0] == -8
assert (first.gradient[1:] == 0).all()

# %%
# It goes where the place is, whole. The box is MaxBackward0 now, in place of
# MaxBackward1: another rule.

seegrad.gradient_graph(first.z, names={"x": first.x, "y": first.y, "z": first.z})

# %%
# Does a tie matter if it lasts for one point only? Choose amax, which shares as max() does,
# or max(dim=0), and move the point over x = 1, where its y is as large as that of the
# point at −1.

places = torch.arange(-40, 41, dtype=torch.float64) / 20
tie = seegrad.explore_reduction(f, places, others=[-1.0, 0.5], start=0.95)
sums, _, shared, whole = tie.numbers["gradient"][:, :, 0]
assert torch.equal(sums, 4 * places) and places[shared != whole].tolist() == [-1, 1]
assert shared[59:62].tolist() == [0, 2, 4.2] and whole[59:62].tolist() == [0, 4, 4.2]
tie

# %%
# On each side of 1 the two agree. At 1 one says 2 and the other 4, and both are choices.
# At −1 the moved point lies on its rival: a tie again, and they differ only at these two
# places. Only the sum leaves every slope as it is.

# %%
# **On your own.** ``min`` picks one point here. And ``logsumexp`` is a softer maximum:
# everybody gets something. Guess the sum of all that ``logsumexp`` hands out.
#
# **Solution.** The smallest y is in the middle, where the slope is 0. ``logsumexp``
# hands out the softmax of y, which adds up to 1.

smallest = seegrad.reduce_gradient(f, x, torch.min)
soft = seegrad.reduce_gradient(f, x, lambda y: y.logsumexp(0))
print(smallest.dz_dy.nonzero().tolist(), round(soft.dz_dy.sum().item(), 12))

assert smallest.gradient.abs().max() == 0
assert torch.allclose(soft.dz_dy, soft.y.softmax(0), rtol=1e-12)

# %%
# **Next.** :doc:`/gallery/reductions/plot_reductions` puts all four side by side.
