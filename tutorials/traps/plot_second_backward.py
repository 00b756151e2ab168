# sphinx_gallery_keywords = "retain_graph, graph freed, backward twice"
"""
Call backward() a second time
=============================

Run ``backward()`` twice on the same result. Sometimes it fails. Sometimes it works, and
that is worse.
"""

# %%
# Here is x² at x = 3. The first call gives the slope, 6.

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
y = x**2
y.backward()
print(x.grad)

assert x.grad == 6

# %%
# And the second?

with seegrad.expect_error(RuntimeError, "second time"):
    y.backward()

# %%
# The slope of a square is 2x, so the square had saved x for the way back. The first call
# threw it away to free memory. Now try operations that save nothing.

operations = {
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(),
    "neg": lambda x: -x,
    "x + 1": lambda x: x + 1,
}
for name, f in operations.items():
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    y = f(x)
    y.backward()
    once = x.grad.item()
    y.backward()
    print(f"{name:5} {once:4} and then {x.grad.item():4}")
    assert x.grad == 2 * once
    assert once == seegrad.derivative(f, 3.0)

# %%
# No error, and twice the slope: ``.grad`` adds up. So the error depends on what is in
# the graph, and a small change to a function may bring it or hide it.


def after_calls(f, **options):
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    y, found = f(x), []
    for _ in range(4):
        y.backward(**options)
        found.append(x.grad.item())
    return found


calls = [1, 2, 3, 4]
plus, square = (
    after_calls(lambda x: x + 1),
    after_calls(torch.square, retain_graph=True),
)
assert (plus, square) == ([1, 2, 3, 4], [6, 12, 18, 24])

fig, ax = plt.subplots()
ax.plot(calls, plus, ":o", color="#9563c4", label="$x + 1$")
ax.plot(1, 6, "--s", color="#d2601a", label="$x^2$")
ax.plot(2, 6, "x", color="#d2601a", markersize=13, mew=3, label="RuntimeError")
ax.axhline(1, color="#808080", linewidth=1)
ax.text(4, 1, "the slope of $x + 1$", ha="right", va="top")
ax.set(xlabel="calls of backward()", ylabel="x.grad", xticks=calls, ylim=(0, 7))
ax.legend(loc="upper right")
plt.show()
# sphinx_gallery_alt = "For x + 1 the gradient climbs with each call of backward, 1, 2, 3, 4, away from a grey line at the true slope 1. For x² there is one square at 6, and a cross at the second call, where it fails."
# sphinx_gallery_caption = "The graph of x + 1 runs again and adds up; that of x² runs once."

# %%
# The usual cause is a loss that was computed once, before the loop. Compute it inside,
# so that each turn has a graph of its own, and clear first.

x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
for _ in range(3):
    x.grad = None
    y = x**2
    y.backward()
    assert x.grad == 6

# %%
# ``retain_graph=True`` keeps what was saved, and the memory too. It silences the error;
# it does not stop the adding: four calls made 6, 12, 18, 24 above.
#
# **On your own.** Does x · 3 save anything? Guess whether its second call fails.
#
# **Solution.** It fails. A product saves the other factor, here the 3.

y = x * 3
y.backward()
with seegrad.expect_error(RuntimeError, "second time"):
    y.backward()

# %%
# **Next.** :doc:`/gallery/traps/plot_saved_value` overwrites what was saved.
