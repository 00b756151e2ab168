# sphinx_gallery_keywords = "polynomial regression, curve fitting, least squares, polyfit, 最小二乗法"
"""
Fit a cubic to the sine
=======================

Can you find a good polynomial by walking downhill from a random guess? And is what you
find the best there is?
"""

# %%
# Here are 2000 points of sin x over one period. The cubic a + bx + cx² + dx³ starts
# with four random coefficients. Which of the four should end near zero?

import math

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float64)
y = torch.sin(x)

# %%
# The loss adds up the squared errors. Autograd tells how it changes with each
# coefficient, and each step goes a little against that. This is all of gradient
# descent, written out.

powers = torch.stack([x**0, x, x**2, x**3], dim=1)
generator = torch.Generator().manual_seed(0)
start = torch.randn(4, generator=generator, dtype=torch.float64)

c = start.clone().requires_grad_()
for _ in range(2000):
    loss = ((powers @ c - y) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        c -= 1e-6 * c.grad
        c.grad.zero_()
print([round(value, 4) for value in c.tolist()])
# %%
# The sine is odd: sin(−x) = −sin x. So the even coefficients, the first and the third,
# should vanish. They are on their way.
#
# ``fit_polynomial`` runs the same loop and keeps what it went through.

fit = seegrad.fit_polynomial(x, y, degree=3, learning_rate=1e-6, steps=2000, seed=0)

assert torch.equal(fit.path[0], start)
assert torch.allclose(fit.coefficients, c.detach(), rtol=1e-12, atol=1e-15)

# %%
# A straight line on this picture would mean that each step takes away the same share of
# the loss. What does the bend say?

seegrad.plot_losses(fit)
plt.show()
# sphinx_gallery_alt = "The loss over 2000 steps on a logarithmic scale. It falls steeply for about fifty steps, and then ever more slowly."
# sphinx_gallery_caption = "The scale is logarithmic: equal shares of the loss are equal heights."

# %%
# Fast at first, then slow. Some directions are steep and soon done; others are nearly
# flat. Is the walk there yet? The best coefficients can be solved for.

best = seegrad.least_squares(x, y, degree=3)
print("best:", [round(value, 7) + 0 for value in best.tolist()])

error = ((powers @ best - y) ** 2).sum().item()
print(f"squared error {error:.6f}, after 2000 steps {fit.losses[-1].item():.4f}")

assert abs(best[1] - 0.8567408) < 5e-8
assert abs(best[3] + 0.0933304) < 5e-8
assert abs(error - 8.817165) < 5e-7
assert round(fit.losses[-1].item(), 2) == 12.27

# %%
# Not yet: 12.27 against 8.82. There is a third cubic, known since the time of Newton: x − x³/6, Maclaurin's series.
# Which of the three is closest to the sine? First the picture.

maclaurin = x - x**3 / 6
fig, ax = plt.subplots()
ax.plot(x, y, color="#808080", linewidth=5, alpha=0.7, label=r"$\sin x$")
ax.plot(x, fit(x), "-", label="2000 steps")
ax.plot(x, powers @ best, "--", label="least squares")
ax.plot(x, maclaurin, "-.", label="Maclaurin")
ax.set(xlabel="$x$", ylim=(-2.2, 2.2))
ax.legend()
plt.show()
# sphinx_gallery_thumbnail_number = 2
# sphinx_gallery_alt = "The sine and three cubics. The fit after 2000 steps and the least-squares cubic run along the whole sine. The Maclaurin cubic follows it closely in the middle and leaves it beyond ±2, falling far below on the right."
# sphinx_gallery_caption = "Three cubics beside the sine: compare them in the middle, and at the ends."

# %%
# It depends on where. Near zero Maclaurin wins, because it matches the sine's slopes
# there. At the ends of the period it is off by more than 2, the best cubic by 0.2.

errors = {"2000 steps": fit(x), "best": powers @ best, "Maclaurin": maclaurin}
errors = {name: cubic - y for name, cubic in errors.items()}
for name, error in errors.items():
    print(f"{name:10} off by at most {error.abs().max().item():.4f}")

assert abs(errors["best"].abs().max() - 0.2023) < 5e-5
assert errors["Maclaurin"].abs().max() > 2
near = {name: error[x.abs() < 0.5].abs().max() for name, error in errors.items()}
assert near["Maclaurin"] < min(near["best"], near["2000 steps"])

# %%
# **On your own.** Start from zeros instead. What becomes of the even coefficients?
#
# **Solution.** By symmetry their slope is zero from the first step to the last, but for
# rounding. Half of the problem is gone, and 5000 steps come close to the best.

fit = seegrad.fit_polynomial(x, y, learning_rate=1e-6, start=[0, 0, 0, 0], steps=5000)
print(f"{fit.losses[2000]:.4f} after 2000 steps, {fit.losses[-1]:.6f} after 5000")

assert fit.coefficients[[0, 2]].abs().max() < 1e-15
assert abs(fit.losses[2000] - 9.0129) < 5e-5
assert abs(fit.losses[-1] - 8.817166) < 5e-7

# %%
# **Next.** :doc:`/gallery/fitting/plot_slow_fit` asks why it takes thousands of steps,
# and gets there in one.
