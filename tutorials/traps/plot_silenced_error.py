# sphinx_gallery_keywords = "requires_grad, does not require grad, loss does not decrease"
"""
Silence an error, and learn nothing
===================================

``backward()`` says that a tensor does not require grad. You write
``loss.requires_grad = True``, and the error is gone. So is the learning.
"""

# %%
# A model guesses y = 3x by w · x. The loss is the mean of the squared errors. Somebody
# wrapped the guess in a new tensor.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.linspace(-1, 1, 5, dtype=torch.float64)
y = 3 * x


def cut_loss(w):
    guess = torch.tensor((w * x).tolist(), dtype=torch.float64)
    return ((guess - y) ** 2).mean()


w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
with seegrad.expect_error(RuntimeError, "element 0 of tensors does not require grad"):
    cut_loss(w).backward()

# %%
# The message means the loss, the first and only tensor that ``backward()`` starts from.
# It was computed from numbers that remember nothing, so there is no way back to w.
#
# Now do exactly what the message says. What does the graph hold?

loss = cut_loss(w)
loss.requires_grad = True
loss.backward()
graph = seegrad.gradient_graph(loss, names={"loss": loss, "w": w})
print("in the graph:", *{node.label for node in graph.nodes})
print("w.grad is", w.grad)

assert w.grad is None
assert {node.label for node in graph.nodes} == {"loss"}

# %%
# The loss alone. You have made it a leaf: a graph of one number that begins and ends
# there. No error, and nothing for w. Before you look: how does the loss change in training?


def whole_loss(w):
    return ((w * x - y) ** 2).mean()


def train(loss_of, silence):
    w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = loss_of(w)
        if silence:
            loss.requires_grad = True
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


silenced = train(cut_loss, silence=True)
fixed = train(whole_loss, silence=False)

fig, ax = plt.subplots()
ax.plot(silenced, ":", marker=".", color="#9563c4", label="silenced")
ax.plot(fixed, "-", marker=".", color="#2f7fc4", label="fixed")
ax.set(xlabel="step", ylabel="loss", ylim=(0, 5))
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
plt.show()
# sphinx_gallery_alt = "The loss over 30 steps. The dotted run stays at 4.5 from the first step to the last. The solid run starts there too and falls to nearly zero."
# sphinx_gallery_caption = "Silenced, the loss stays at 4.5 for ever; fixed, it falls at once."

# %%
# The optimiser skips what has no gradient. So w stays at 0 and the loss at 4.5, and
# nothing complains. The fixed loss is (3 − w)² / 2, and a step leaves 0.9 of the error.

assert silenced == [4.5] * 30
wanted = torch.tensor([4.5 * 0.81**k for k in range(30)], dtype=torch.float64)
assert torch.allclose(torch.tensor(fixed, dtype=torch.float64), wanted, rtol=1e-12)

# %%
# Find the cut: print ``requires_grad`` along the way. It turns False at one line, and
# that line is the one to fix. The new tensor was the fault, so leave it out.

product = w * x
guess = torch.tensor(product.tolist(), dtype=torch.float64)
for name, tensor in {"w": w, "w * x": product, "guess": guess}.items():
    print(f"{name:6} {tensor.requires_grad}")

assert (w.requires_grad, product.requires_grad, guess.requires_grad) == (1, 1, 0)

# %%
# The same cut hides in ``detach()``, ``.item()``, NumPy, ``no_grad()`` and whole numbers.
#
# **On your own.** After the silenced ``backward()`` one tensor does have a gradient.
# Which, and what is it?
#
# **Solution.** The loss. It is a leaf now, and its slope by itself is 1.

print(loss.is_leaf, loss.grad)

assert loss.is_leaf
assert loss.grad == 1

# %%
# **Next.** :doc:`/gallery/traps/plot_forgotten_zero_grad` learns, and does not arrive.
# :doc:`/errors` lists the messages of PyTorch, and :doc:`/grad_none_model` finds such faults
# in a model of three layers.
