# sphinx_gallery_keywords = "training loop, optimizer.step, SGD, 学習"
"""
Take one training step by hand
==============================

Four lines train every network: clear, compute the loss, ``backward()``, ``step()``. What
does each of them change? Here is a network of two numbers, so that you can check all of it.
"""

# %%
# A ``Linear`` of one input guesses w · x + b. Start it at w = 0.5 and b = 0. The data say
# y = 2x.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)
y = 2 * x
layer = torch.nn.Linear(1, 1, dtype=torch.float64)
with torch.no_grad():
    layer.weight.fill_(0.5)
    layer.bias.fill_(0)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.05)


def show(line):
    grads = [p.grad if p.grad is None else round(p.grad.item(), 9) for p in (w, b)]
    print(f"{line:12} w {w.item():.2f}, b {b.item():.2f}, .grad {grads}")


w, b = layer.weight, layer.bias
show("at first")

# %%
# The guesses are 0.5, 1 and 1.5. The errors are −1.5, −3 and −4.5, and the mean of their
# squares is 10.5.

optimizer.zero_grad()
loss = ((layer(x) - y) ** 2).mean()
show("loss")

assert loss == (1.5**2 + 3**2 + 4.5**2) / 3 == 10.5

# %%
# Nothing has changed yet, but now there is a graph. Follow it down to the weight and the
# bias. What will each get? By hand: 2/3 · Σ error · x, and 2/3 · Σ error.

graph = seegrad.gradient_graph(loss, names={"loss": loss, "w": w, "b": b})
graph

# %%

loss.backward()
show("backward()")

assert w.grad == 2 / 3 * (-1.5 * 1 - 3 * 2 - 4.5 * 3) == -14
assert b.grad == 2 / 3 * (-1.5 - 3 - 4.5) == -6

# %%
# Two gradients, and w and b as before: ``backward()`` moves nothing. The step does, against
# the gradient: w − 0.05 · (−14), and b − 0.05 · (−6). Which numbers are these?

before = layer(x).detach()
optimizer.step()
after = layer(x).detach()
show("step()")

assert torch.allclose(w, torch.tensor(0.5 + 0.05 * 14, dtype=w.dtype), rtol=1e-15)
assert torch.allclose(b, torch.tensor(0.05 * 6, dtype=b.dtype), rtol=1e-15)

# %%
# 1.2 and 0.3. The gradients are still there, and belong to a place where the layer no
# longer is. So the next turn clears them first.

fig, ax = plt.subplots()
ax.plot(x, y, "o", color="#808080", label="data")
ax.plot(x, before, ":", color="#9563c4", label="before")
ax.plot(x, after, "-", color="#2f7fc4", label="after")
ax.vlines(x + 0.01, after, y, color="#2f7fc4", linewidth=1)
ax.vlines(x - 0.01, before, y, color="#9563c4", linewidth=1, linestyles=":")
ax.set(xlabel="x", ylabel="y")
ax.legend()
plt.show()
# sphinx_gallery_alt = "Three points on a rising line. The dotted line of the first guess runs far below them. The solid line after one step is much closer. Thin vertical lines show the errors, which are less than half as long after the step."
# sphinx_gallery_caption = "One step turns the line and lifts it; the errors shrink."

loss_after = ((after - y) ** 2).mean().item()
print(f"loss {loss.item():.4f}, and after the step {loss_after:.4f}")

assert abs(loss_after - (0.5**2 + 1.3**2 + 2.1**2) / 3) < 1e-14

# %%
# **On your own.** Take the second step without an optimiser.
#
# **Solution.** Clear, compute, ``backward()``, and step under ``no_grad()``. It lands where
# the optimiser lands.

twin = torch.nn.Linear(1, 1, dtype=torch.float64)
twin.load_state_dict(layer.state_dict())
optimizer = torch.optim.SGD(twin.parameters(), lr=0.05)
((twin(x) - y) ** 2).mean().backward()
optimizer.step()

w.grad = b.grad = None
((layer(x) - y) ** 2).mean().backward()
with torch.no_grad():
    w -= 0.05 * w.grad
    b -= 0.05 * b.grad
show("second step")

assert torch.equal(w, twin.weight)
assert torch.equal(b, twin.bias)

# %%
# **Next.** :doc:`/gallery/fitting/plot_sine_cubic` takes two thousand steps.
# :doc:`/gallery/fitting/plot_hessian_step` tells how long a step may be, and
# :doc:`/gallery/fitting/plot_optimisers` what other optimisers do.
