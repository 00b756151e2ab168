# sphinx_gallery_keywords = "batch normalisation, BatchNorm, per-sample gradients, Jacobian"
"""
Mix the points of a batch
=========================

``y.sum().backward()`` is said to give the slope at each point. Scale your batch first,
and it says that a rising line is flat.
"""

# %%
# Bring a batch to mean 0 and spread 1, as many networks do. Over evenly spaced points
# this is a straight line that rises.

import torch
from matplotlib import pyplot as plt

import seegrad


def standardise(x):
    return (x - x.mean()) / x.std()


x = torch.linspace(0, 4, 9, dtype=torch.float64, requires_grad=True)
y = standardise(x)
y.sum().backward()
print("values   ", [round(v, 2) for v in y.tolist()])
print("gradients", [round(g, 12) + 0 for g in x.grad.tolist()])

assert (y.diff() > 0.3).all()
assert x.grad.abs().max() < 1e-12

# %%
# The values rise at every step, and every gradient is zero, up to rounding. In the
# figure, each short line has the slope that came back to its point.

at, values = x.detach(), y.detach()
ax = seegrad.plot_function(standardise, at, label="standardised")
for k, gradient in enumerate(x.grad.tolist()):
    rise = 0.2 * gradient
    ends = [values[k] - rise, values[k] + rise]
    ax.plot([at[k] - 0.2, at[k] + 0.2], ends, "-", color="#9563c4", linewidth=3)
ax.plot(at, values, "o", color="#9563c4", label="gradient of the sum")
ax.legend()
plt.show()
# sphinx_gallery_alt = "A straight line rises through nine dots. Each dot carries a short line that lies flat: the gradient of the sum is zero at all of them."
# sphinx_gallery_caption = "The values rise from point to point, and yet each short line lies flat."

# %%
# The sum asks how the *total* moves. If one point grows a little, its own value goes up,
# and the mean takes as much from all the others. The total of a standardised batch is 0, always.
#
# Zeros are easy to notice. Here is one that isn't: x · sum(x) at 1, 2, 3.


def times_sum(x):
    return x * x.sum()


x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
times_sum(x).sum().backward()
jacobian = torch.func.jacrev(times_sum)(x.detach())
print("the sum says   ", x.grad.tolist())
print("each by its own", jacobian.diagonal().tolist())

assert x.grad.tolist() == [12, 12, 12]
assert jacobian.diagonal().tolist() == [7, 8, 9]
assert torch.equal(jacobian.sum(0), x.grad)

# %%
# The sum adds up what each point does to all three values. Only when a value depends on
# its own point alone, when f is *elementwise*, is that the slope.
#
# seegrad's functions check this. They compute a point alone, and compare.

with seegrad.expect_error(ValueError, "elementwise"):
    seegrad.derivative(times_sum, [1.0, 2.0, 3.0])

# %%
# The fix depends on your question. For each value's own slope take the Jacobian's
# diagonal. For training, take the gradient of the loss that you mean; there it is right
# that the points are mixed.
#
# **On your own.** What does the sum say for softmax, and for cumsum? Think of the totals.
#
# **Solution.** A softmax always adds up to 1, so 0. The first point of a cumsum is in
# all three totals, the last in one: 3, 2, 1.

for f in (lambda x: x.softmax(0), lambda x: x.cumsum(0)):
    x.grad = None
    f(x).sum().backward()
    print([round(g, 12) + 0 for g in x.grad.tolist()])

assert x.grad.tolist() == [3, 2, 1]

# %%
# **Next.** :doc:`/look_up` has the answers in order: messages, a gradient that is None,
# corners, words. :doc:`/why_sum` draws the Jacobians of the last three.
