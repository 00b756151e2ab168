# sphinx_gallery_keywords = "training step, loss, 損失"
"""
Look into one step of a fit
===========================

Gradient descent is one line in a loop. What happens inside a single turn of it? Here is
the whole graph of one step, with the number on every edge.
"""

# %%
# Five points of the sine, and a straight line a + bx that starts at zero. The loss adds
# up the squared errors.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.linspace(-1, 1, 5, dtype=torch.float64)
y = torch.sin(x)

a = torch.zeros((), dtype=torch.float64, requires_grad=True)
b = torch.zeros((), dtype=torch.float64, requires_grad=True)
guess = a + b * x
error = guess - y
loss = (error**2).sum()

# %%
# The gradient runs from the loss back to the two coefficients. On its way it passes the
# errors. Which of the two coefficients will get nothing?

names = {"a": a, "b": b, "guess": guess, "error": error, "loss": loss}
graph = seegrad.gradient_graph(loss, names=names)
graph

# %%
# sin(−x) = −sin x, so the errors on the left and on the right cancel for a. For b they
# are multiplied by x first, and then they add up. By hand: ∂L/∂a = Σ 2·error, and
# ∂L/∂b = Σ 2·error·x.

slopes = {node.label: node.gradient for node in graph.nodes}
print(f"a gets {slopes['a'].item():.4f}, b gets {slopes['b'].item():.4f}")

off = (guess - y).detach()
assert abs(slopes["a"]) < 1e-15
assert torch.isclose(slopes["b"], (2 * off * x).sum(), rtol=1e-14)

# %%
# The step: go against the slope, by the slope times the learning rate.

rate = 0.1
stepped = b.detach() - rate * slopes["b"]
print(f"b goes from 0 to {stepped.item():.4f}")

# %%
# Was it a good step? Here is the loss for every b. The tangent at b = 0 is all that the
# step knew. It promised a loss of 0.01. The true one is 0.47, as the curve bends away.


def loss_of(b):
    return ((b[..., None] * x - y) ** 2).sum(-1)


fit = seegrad.fit_polynomial(x, y, degree=1, learning_rate=rate, steps=1, start=[0, 0])
assert torch.isclose(fit.coefficients[1], stepped, rtol=1e-14)

line = seegrad.tangent_line(loss_of, 0)
ax = seegrad.plot_function(loss_of, torch.linspace(-0.3, 1.8, 100), label="$L(b)$")
seegrad.plot_tangent_line(line, ax=ax, width=1.2)
ax.plot([0, stepped.item()], fit.losses, "s:", color="#1f9168", label="one step")
ax.set(xlabel="$b$", ylabel="$L$", ylim=(-0.6, 3))
ax.legend()
plt.show()
# sphinx_gallery_alt = "A parabola, the loss over b. A dashed tangent falls steeply at b = 0. A dotted line with two squares leads from that point to a lower one on the parabola, at b = 0.43."
# sphinx_gallery_caption = "Dashed, all that the step knew; dotted, the step, half way to the bottom."

assert fit.losses[1] < fit.losses[0]
assert round(line(stepped).item(), 2) == 0.01
assert round(fit.losses[1].item(), 2) == 0.47
assert round(stepped.item(), 2) == 0.43

# %%
# **On your own.** Which learning rate would land at the bottom at once?
#
# **Solution.** The loss bends by Σ 2x² = 5 everywhere, so 1/5 reaches the bottom of
# this parabola, where the slope is zero.

at_once = -0.2 * slopes["b"]
print(f"b = {at_once.item():.4f}, slope {seegrad.derivative(loss_of, at_once):.1e}")

assert (2 * x**2).sum() == 5
assert seegrad.derivative(loss_of, at_once).abs() < 1e-15

# %%
# **Next.** :doc:`/gallery/fitting/plot_training_step` takes such a step with a layer and an
# optimiser, and :doc:`/gallery/fitting/plot_sine_cubic` takes two thousand of them.
