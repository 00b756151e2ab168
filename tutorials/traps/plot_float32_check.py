# sphinx_gallery_keywords = "gradcheck, precision, float64"
"""
Check a gradient in float32
===========================

You check autograd by small differences. The two disagree, by more than a hundred times
what a test allows. Which of the two is wrong?
"""

# %%
# The function is 2x³ + 4x² + 5x + 6, the step 1e-4, as in many textbooks. The numbers
# are float32, PyTorch's default.

import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def differences(x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


x = torch.tensor(0.5)
exact = seegrad.derivative(f, x)
nudged = differences(x, 1e-4)
with seegrad.expect_error(AssertionError, "not close"):
    torch.testing.assert_close(nudged, exact)

# %%
# By hand: 6x² + 8x + 5 = 10.5. Autograd is right to the last digit, and the check is
# wrong.

print(f"autograd {exact:.4f}, differences {nudged:.4f}")

assert exact == 10.5
assert abs(nudged - 10.5) > 100 * (1e-5 + 1.3e-6 * 10.5)  # what assert_close allows

# %%
# float32 keeps about seven digits. f(0.5001) is 9.75105 and f(0.4999) is 9.74895. Their
# difference keeps the last three or four, and dividing by 2h makes its error large.

sides = [f"{f(torch.tensor(p).double()):.5f}" for p in (0.5001, 0.4999)]
assert sides == ["9.75105", "9.74895"]

# %%
# Here is the slope near 0.5, by differences with a step of 1e-4 and with 1e-5.

t = torch.linspace(0.49, 0.51, 200)
fig, axes = plt.subplots(1, 2, sharey=True, figsize=(7, 3.6))
for ax, h in zip(axes, (1e-4, 1e-5), strict=True):
    noisy = differences(t, h)
    ax.plot(t, noisy, ".", color="#9563c4", markersize=4, label="differences")
    seegrad.plot_derivative(t, seegrad.derivative(f, t), ax=ax, label="autograd")
    ax.set(title=f"step {h:g}", xlabel="$x$", ylabel="")
axes[0].set_ylabel("slope")
axes[0].legend()
plt.show()
# sphinx_gallery_alt = "Two panels with the same smooth dashed slope. With step 0.0001 the dots of the differences lie close around it. With 0.00001 they scatter widely above and below."
# sphinx_gallery_caption = "The same slope, checked with two steps: the smaller one scatters more."

off = [(differences(t, h) - seegrad.derivative(f, t)).abs().max() for h in (1e-4, 1e-5)]
assert off[1] > 3 * off[0]

# %%
# A smaller step makes it worse. At 1e-8 nothing is left: x + h is x.

gone = differences(x, 1e-8)
print(gone)

assert x + 1e-8 == x
assert gone == 0

# %%
# The fix: check in float64. There the same step is off by 2h² and hardly more.

wide = x.double()
assert abs(differences(wide, 1e-4) - 10.5) < 3e-8
torch.testing.assert_close(differences(wide, 1e-4), seegrad.derivative(f, wide))

# %%
# Or let seegrad choose the step. It takes a larger one for float32, and refuses one
# that is lost.

chosen = seegrad.numerical_derivative(f, x)
print(f"with a step of its own: {chosen:.4f}")

assert abs(chosen - 10.5) < abs(nudged - 10.5)

# %%
# **On your own.** ``torch.autograd.gradcheck`` does this comparison with a step of 1e-6.
# Run it in float64. Why does it warn you in float32?
#
# **Solution.** It passes in float64. In float32 its step would lose nearly all digits,
# as the figure shows.

assert torch.autograd.gradcheck(f, wide.clone().requires_grad_())
rough = differences(t, 1e-6) - seegrad.derivative(f, t)
print(f"float32, step 1e-6: off by up to {rough.abs().max():.1f}")

assert rough.abs().max() > 0.3

# %%
# **Next.** :doc:`/gallery/traps/plot_mixed_batch` asks for slopes that the sum can't give.
# :doc:`/gallery/fields/plot_numerical` looks for the best step of each.
