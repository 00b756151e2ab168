# sphinx_gallery_keywords = "detach, stop gradient, wrong gradient, item"
"""
Lose a factor to detach()
=========================

The slope of x · x at 2 is 4. Write one of the two as ``x.detach()`` or ``x.item()``, and
autograd says 2. The value is right, and nothing warns you.
"""

# %%
# ``detach()`` gives the same number without its past; ``item()`` gives it to Python.

import torch
from matplotlib import pyplot as plt

import seegrad


def slope(f):
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = f(x)
    y.backward()
    assert y == 4
    return x.grad.item()


slopes = {
    "x * x": slope(lambda x: x * x),
    "x * x.detach()": slope(lambda x: x * x.detach()),
    "x * x.item()": slope(lambda x: x * x.item()),
}
print(slopes)

assert list(slopes.values()) == [4, 2, 2]

# %%
# In the whole graph two arrows end at x. In the cut one, a single arrow does: the other
# factor counts as the constant 2.

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
y = x * x.detach()
graph = seegrad.gradient_graph(y, names={"x": x, "y": y})
graph

# %%
# So autograd gave the slope of another function, 2x, which happens to have the same
# value at this point. Which of these lines touches the parabola?

assert len(graph.edges) == 2  # from y to the product, and from there to x
assert seegrad.derivative(lambda x: 2 * x, 2.0) == 2

t = torch.linspace(-0.5, 3.5, 100, dtype=torch.float64)
right = seegrad.tangent_line(torch.square, 2.0)
ax = seegrad.plot_function(torch.square, t, label="$x^2$")
seegrad.plot_tangent_line(right, ax=ax)
ax.plot(t, 2 * t, ":", color="#9563c4", label="$2x$, with x.detach()")
ax.legend()
plt.show()
# sphinx_gallery_alt = "The parabola x². A dashed tangent of slope 4 touches it at x = 2. A dotted line of slope 2 goes through the same point and crosses the parabola."
# sphinx_gallery_caption = "Both lines go through the point at x = 2, but only one touches there."

assert right.slope == 4

# %%
# How do you find such a cut? Change x a little and look: numerical differences know
# nothing of graphs. Where they disagree with autograd, something was detached, or there
# is a corner.


def cut(x):
    return x * x.detach()


by_autograd = seegrad.derivative(cut, 2.0)
by_differences = seegrad.numerical_derivative(cut, 2.0)
print(f"autograd {by_autograd:.4f}, differences {by_differences:.4f}")

assert by_autograd == 2
assert abs(by_differences - 4) < 1e-8

# %%
# ``diagnose`` does that for you, and tells a cut from a corner.

found = seegrad.diagnose(cut, 2.0)
print(found.message)

assert found.kind == "cut graph"
assert abs(found.left - 4) < 1e-6
assert abs(found.right - 4) < 1e-6

# %%
# The fix is to leave it out. It often comes in when one scales by a value of the data itself,
# as in x / x.abs().max().item(), or logs a number and goes on computing with it.
#
# Sometimes a cut is what you want: a target or a scale that counts as a constant. Then
# say so, where you cut.
#
# **On your own.** x / x.detach() is 1 wherever x isn't 0. What slope does autograd give
# at 2, and what is the true one?
#
# **Solution.** Autograd says 1/2: the x above counts, the one below is a constant. The
# true slope of a constant is 0.


def one(x):
    return x / x.detach()


print(
    seegrad.derivative(one, 2.0).item(), seegrad.numerical_derivative(one, 2.0).item()
)

assert seegrad.derivative(one, 2.0) == 0.5
assert seegrad.numerical_derivative(one, 2.0) == 0

# %%
# **Next.** :doc:`/gallery/traps/plot_where_nan` has a gradient that should have been cut.
