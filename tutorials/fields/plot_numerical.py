# sphinx_gallery_keywords = "finite differences, central difference, step size, numerical differentiation, 数値微分"
"""
Compare numerical differences with autograd
===========================================

You can get a slope without autograd: step a little to each side, and divide. How small
should the step be? As small as possible?
"""

# %%
# The slope of 2x³ + 4x² + 5x + 6 at 0.5 is 10.5. Central differences with a step h give
# 10.5 + 2h², so a smaller step should be a better one. Is 1e-8 better than 1e-6?

import numpy as np
import torch
from matplotlib import pyplot as plt

import seegrad


def f(x):
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def error(h, dtype):
    x = torch.tensor(0.5, dtype=dtype)
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return abs(slope.item() - 10.5)


for h in (0.1, 0.01, 1e-4, 1e-6, 1e-8):
    print(f"h = {h:<6g} error {error(h, torch.float64):.1e}")
    assert h < 1e-4 or abs(error(h, torch.float64) - 2 * h**2) < 1e-11

# %%
# It is worse. Two errors add up. The formula's own shrinks with h². But f(x + h) and
# f(x − h) are rounded, and dividing by a smaller h makes that error larger.

assert 10 * error(1e-6, torch.float64) < error(1e-8, torch.float64) < 1e-6

# %%
# Over many steps the error makes a V. float32 has only seven digits, so its V turns
# earlier and higher. Look for the best step of each.

steps = np.logspace(-12, 0, 121)
single = np.array([error(h, torch.float32) for h in steps])
double = np.array([error(h, torch.float64) for h in steps])

fig, ax = plt.subplots()
ax.loglog(steps, single + 1e-16, "--", color="#d2601a", label="float32")
ax.loglog(steps, double + 1e-16, "-", color="#2f7fc4", label="float64")
ax.loglog(steps, 2 * steps**2, ":", color="#808080", label="$2h^2$")
ax.set(xlabel="$h$", ylabel="error", ylim=(1e-13, 1e3))
ax.legend()
plt.show()
# sphinx_gallery_alt = "Two V-shaped curves on logarithmic axes. Both fall along the line 2h² from the right. The float32 curve turns up near h = 0.01, the float64 curve near 0.00001, and lower."
# sphinx_gallery_caption = "Left of each V's foot rounding rules, right of it the formula's own error."

# %%
# The step that seegrad chooses, ε^(1/3), lies at the foot of each V: 0.005 in float32,
# 0.000006 in float64. (ε is the gap between 1 and the next number.) The popular
# h = 1e-4 is bad in float32: f(0.5001) and f(0.4999) are 9.75105 and 9.74895, and their
# difference, 0.0021, keeps three or four of the seven digits. At 1e-8 the step is lost,
# and the slope is 0. ``numerical_derivative`` refuses such a step.

for dtype in (torch.float32, torch.float64):
    x = torch.linspace(-1, 1, 1001, dtype=dtype)
    off = seegrad.numerical_derivative(f, x) - (6 * x**2 + 8 * x + 5)
    print(f"{dtype}: off by at most {off.abs().max():.1e}")
    assert off.abs().max() < 50 * torch.finfo(dtype).eps ** (2 / 3)

assert [round(f(p), 5) for p in (0.5001, 0.4999)] == [9.75105, 9.74895]
assert error(1e-4, torch.float32) > 1e-3 and error(1e-8, torch.float32) == 10.5
with seegrad.expect_error(ValueError, "Choose a larger h"):
    seegrad.numerical_derivative(f, torch.tensor(0.5), h=1e-8)

# %%
# Where is the foot for eˣ at 1? Start with h = 1 and make it smaller.

foot = seegrad.explore_step_size(torch.exp, 1.0)
off = foot.numbers["float64"].abs()
assert 1e-6 < foot.numbers["h"][off.argmin()] < 1e-4
assert abs(off[0] - np.e) < 1e-12
foot

# %%
# Near h = 10⁻⁵, with an error of about 10⁻¹¹. The smallest h of all is the worst: 1 + h
# is 1, the difference is 0, and the error is the slope itself.

# %%
# Autograd has no step to choose. It applies the rules of school, and is right to the
# last digit in both.

for dtype in (torch.float32, torch.float64):
    assert seegrad.derivative(f, torch.tensor(0.5, dtype=dtype)) == 10.5

# %%
# **On your own.** ``torch.autograd.gradcheck`` compares both for you. Does it notice
# that the absolute value has no slope at 0?
#
# **Solution.** No. The steps to the left and to the right cancel, so central
# differences say 0, and so does autograd. A symmetric corner is invisible to both.

corner = torch.zeros((), dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(torch.abs, corner)

# %%
# **Next.** :doc:`/gallery/fields/plot_descent` follows the arrows down.
