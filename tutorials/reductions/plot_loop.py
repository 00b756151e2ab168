"""
Reduce with a loop
==================

Adding in a Python loop gives the same total as ``sum()``, up to rounding. The graph that
autograd records looks quite different. Will the gradient differ, too?
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
# In plain PyTorch, that is:

x.requires_grad_()
z = torch.zeros((), dtype=torch.float64)
for value in f(x):
    z = z + value
z.backward()

assert torch.equal(x.grad, slope)

# %%
# ``reduce_gradient`` runs the same loop, and keeps what happened on the way. One addition
# a value. How many operations will autograd have recorded?

result = seegrad.reduce_gradient(f, x, "loop")
names = {"x": result.x, "y": result.y, "z": result.z}
unfolded = seegrad.gradient_graph(result.z, names=names, fold=False)
operations = [node.operation for node in unfolded.nodes if node.operation]
print(len(operations), "operations,", operations.count("AddBackward0"), "additions")

assert len(operations) == 21
assert operations.count("AddBackward0") == 18

# %%
# Eighteen additions: one for the + 2 in f, and 17 in the loop. With all 21 operations
# and the leaf x the graph has 22 nodes, where ``sum()`` needs five. Folded, the loop is one box.

graph = seegrad.gradient_graph(result.z, names=names)
graph

# %%
# An addition copies its gradient to both terms. So the 1 that enters at the last
# addition reaches the one before it, and so on to the first, and each hands a 1 to its
# y on the way. Every y gets 1, as from the sum. (The folded box stands for 17 additions.
# From each an edge with 1 on it leads to its y: 17 edges, together 17.)

assert (result.dz_dy == 1).all()

# %%
# Each 1 is a copy, and copying rounds nothing. The gradients are equal bit for bit.

by_sum = seegrad.reduce_gradient(f, x, "sum")
assert torch.equal(result.gradient, by_sum.gradient)
assert torch.equal(result.gradient, slope)

# %%
# Drawn, the loop looks just like the sum.

ax = seegrad.plot_reduction(result)
ax.legend()
plt.show()
# sphinx_gallery_alt = "A parabola of 17 dots, and a straight dashed line that rises from −8 on the left to 8 on the right, the same as for the sum."
# sphinx_gallery_caption = "The line 4x again: the loop, too, hands a 1 to every y."

# %%
# **On your own.** Is z itself equal bit for bit, too? Try float32, and values that are
# not round numbers.
#
# **Solution.** Often not. The two add in different orders, and each order rounds in its
# own way. The gradient never adds, so it can't tell.

rough = torch.linspace(0, 1, 1001, dtype=torch.float32)
loop = seegrad.reduce_gradient(torch.exp, rough, "loop")
total = seegrad.reduce_gradient(torch.exp, rough, "sum")
print(f"loop {loop.z.item():.4f}, sum {total.z.item():.4f}")

assert loop.z != total.z
assert torch.equal(loop.gradient, total.gradient)

# %%
# **Next.** :doc:`/gallery/reductions/plot_mean` divides by the number of values.
