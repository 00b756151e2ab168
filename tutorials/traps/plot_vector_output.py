# sphinx_gallery_keywords = "scalar outputs, not a scalar, gradient argument"
"""
Call backward() on a vector
===========================

``y.backward()`` works for one number and fails for two. Three fixes make the error go
away. Only two of them give slopes.
"""

# %%
# Here is sin x at 100 points. Its slope is cos x.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.linspace(-3, 3, 100, dtype=torch.float64, requires_grad=True)
y = torch.sin(x)
with seegrad.expect_error(RuntimeError, "scalar outputs"):
    y.backward()

# %%
# A way back needs a start: how much does each y count? A single number counts once. A
# hundred could count in any way, and PyTorch does not guess. The argument ``gradient``
# says it. Ones give the slopes, just as ``y.sum().backward()`` does.

y.backward(gradient=torch.ones_like(y))
slope = x.grad

assert torch.allclose(slope, torch.cos(x), rtol=1e-15)
assert torch.equal(slope, seegrad.derivative(torch.sin, x))

# %%
# Any other numbers run as well. What comes back for weights from 0 to 1?

x.grad = None
weights = torch.linspace(0, 1, 100, dtype=torch.float64)
torch.sin(x).backward(gradient=weights)
weighted = x.grad

assert torch.allclose(weighted, weights * torch.cos(x), rtol=1e-15)

# %%
# Each slope times its weight. That is no mistake of PyTorch's, but it isn't the slope of
# anything you can see in the curve.

at = x.detach()
ax = seegrad.plot_function(torch.sin, at, label="$\\sin x$")
seegrad.plot_derivative(at, slope, ax=ax, label="ones")
ax.plot(at, weighted, ":", color="#9563c4", label="weights")
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
plt.show()
# sphinx_gallery_alt = "A sine wave and its slope, a dashed cosine. A dotted curve is zero at the left end and meets the cosine only at the right end: the weights grow from 0 to 1."
# sphinx_gallery_caption = "Ones give the slope (dashed); other weights give something else (dotted)."

# %%
# The weights must have the shape of y, one each.

with seegrad.expect_error(RuntimeError, "Mismatch in shape"):
    torch.sin(x).backward(gradient=torch.ones(2))

# %%
# **A mistake without an error.** A function that returns two results looks like a list of slopes
# to come. x² and x³ have the slopes 4 and 12 at 2. What does autograd return?

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
both = torch.autograd.grad((x**2, x**3), x)
print(both)

assert len(both) == 1
assert both[0] == 4 + 12

# %%
# Their sum. It adds over all results, without being asked. seegrad refuses.

with seegrad.expect_error(TypeError, "f must return a tensor"):
    seegrad.derivative(lambda x: (x**2, x**3), 2.0)

# %%
# **On your own.** Use ``gradient`` to get the slope of sin x at the last point only.
#
# **Solution.** Let the last value count once and the others not at all.

x = torch.linspace(-3, 3, 100, dtype=torch.float64, requires_grad=True)
last = torch.zeros_like(x)
last[-1] = 1
torch.sin(x).backward(gradient=last)
print(x.grad[-2:])

assert x.grad[-1] == torch.cos(x[-1])
assert (x.grad[:-1] == 0).all()

# %%
# **Next.** :doc:`/gallery/traps/plot_lost_factor` loses half of a slope.
# :doc:`/gradient_argument` draws what the weights do, and
# :doc:`/gallery/traps/plot_mixed_batch` shows when ones give no slope either.
