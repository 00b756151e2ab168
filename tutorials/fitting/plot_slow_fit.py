# sphinx_gallery_keywords = "learning rate, loss explodes, converge, diverge, condition number, eigenvalues, 学習率"
"""
See why a fit is slow
=====================

Fitting a cubic to the sine took thousands of steps. Is gradient descent slow, or did we
ask the question badly?
"""

# %%
# The same 2000 points again. A larger learning rate means larger steps. Why not take
# 8e-6 instead of 1e-6?

import math

import torch
from matplotlib import pyplot as plt

import seegrad

x = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float64)
y = torch.sin(x)
with seegrad.expect_error(ValueError, "enough for the loss to fall"):
    seegrad.fit_polynomial(x, y, learning_rate=8e-6)

# %%
# The loss grew. To see why, take the simplest bowl, ½kx². Its slope is kx, so a step
# takes rate·k·x away from x: it multiplies x by 1 − rate·k. Here k is 1, and x starts
# at 1. Where is x after five steps with a rate of 0.5, of 1.5, and of 2.5?

for rate in (0.5, 1.5, 2.5):
    walk = seegrad.descend(lambda x: x**2 / 2, [1.0], learning_rate=rate, steps=5)
    print(f"rate {rate}: x = {walk.points[-1].item():.4f}")
    assert abs(walk.points[-1] - (1 - rate) ** 5) < 1e-12

# %%
# Above 2/k each step jumps over the bottom and lands farther away on the other side. The
# loss of our fit is a bowl over four coefficients, and it has four k, each along an axis
# of its own. They are the eigenvalues of its matrix of second derivatives, the
# **Hessian**. Here that is 2VᵀV, and the columns of V are 1, x, x², x³.

V = torch.stack([x**0, x, x**2, x**3], dim=1)
bends = torch.linalg.eigvalsh(2 * V.T @ V)
print([round(k, 1) for k in bends.tolist()])
assert [round(bends[k].item(), 1) for k in (0, -1)] == [1727.5, 562121.9]
assert round((bends[-1] / bends[0]).item()) == 325

# %%
# The largest k sets the limit for all, 2/562121.9 = 3.56e-6. At 8e-6 a step multiplies
# the error along that axis by 1 − 4.5 = −3.5: it explodes. At 1e-6 it is safe, but along
# the axis of the smallest k the error shrinks by 0.17 percent a step: that is slow.

assert f"{2 / bends[-1].item():.4e}" == "3.5579e-06"
assert round(1 - 8e-6 * bends[-1].item(), 1) == -3.5
assert f"{1e-6 * bends[0].item():.2%}" == "0.17%"

# %%
# Move the rate up to that limit, and beyond it. Is the fastest rate far from the worst?

rates = [10 ** (k / 35 - 7) for k in range(54)] + [3.5e-6, 3.5578e-6, 3.558e-6, 3.7e-6]
fits = seegrad.explore_fit(torch.sin, x, learning_rates=rates, start=1e-7)
ends = fits.numbers["losses"][:, 1]
assert ends[-4] < 8.82 and 100 < ends[-3] < ends[-2] < 300 and ends[-1] > 1e100
fits

# %%
# It is its neighbour. At 3.5e-6 the fit is as good as it gets, a rate 2 percent higher
# spoils it, and at 3.7e-6 the loss grows without limit.
# So the trouble is the bowl's shape: its largest k is 325 times its smallest. The shape
# comes from the columns. They differ in size, and x and x³ look much alike. Legendre's
# polynomials make the same cubics, but each is unlike all the others. Each basis gets the
# best rate for its own bowl, and the same start, zero. Is Legendre's bowl rounder?

t = x / math.pi
legendre = torch.stack([t**0, t, (3 * t**2 - 1) / 2, (5 * t**3 - 3 * t) / 2], dim=1)
bases = {"powers": V, "Legendre": legendre}


def descend(basis, steps):
    bends = torch.linalg.eigvalsh(2 * basis.T @ basis)
    rate = 2 / (bends[0] + bends[-1])
    c, losses = torch.zeros(4, dtype=torch.float64), []
    for _ in range(steps + 1):
        losses.append(((basis @ c - y) ** 2).sum().item())
        c = c - rate * 2 * basis.T @ (basis @ c - y)
    return bends[-1] / bends[0], torch.tensor(losses)


best, excess = ((V @ seegrad.least_squares(x, y) - y) ** 2).sum().item(), {}
for name, basis in bases.items():
    ratio, losses = descend(basis, 3000)
    excess[name] = losses / best - 1
    needed = int(torch.nonzero(excess[name] < 1e-6)[0])
    print(f"{name:20} k {ratio:5.1f} : 1, {needed:4d} steps")
    assert needed in (1395, 31)

# %%
# Drawn: how far each loss lies above the best one, step by step.

fig, ax = plt.subplots()
for name, above in excess.items():
    ax.loglog(range(1, 3002), above.clamp(min=1e-10), label=name)
ax.set(xlabel="step + 1", ylabel="loss / best − 1", ylim=(1e-9, 1e6))
ax.legend(loc="upper right")
plt.show()
# sphinx_gallery_alt = "Loss above the best over steps, both logarithmic. With powers the curve needs more than a thousand steps to reach one millionth, with Legendre polynomials about thirty."
# sphinx_gallery_caption = "The rounder the bowl, the fewer steps it takes to come within a millionth."

# %%
# The same cubic, the same method. In a round bowl the gradient points straight at the
# bottom. That is one reason why networks normalise what they feed to their layers.
#
# **On your own.** Make the columns exactly orthogonal with ``torch.linalg.qr``. How
# many steps now?
#
# **Solution.** One. All four k are equal, and the best rate jumps to the bottom.

assert abs(descend(torch.linalg.qr(V)[0], 1)[1][-1] / best - 1) < 1e-12

# %%
# **Next.** :doc:`/gallery/fitting/plot_hessian_step` shows the same limit with two numbers,
# in a picture. :doc:`/higher_orders` tells more of second derivatives.
