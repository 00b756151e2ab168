"""The cubic fitted to a sine: solved for, and walked to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import torch
from rounds import Row, medians
from torch import Tensor

import seegrad

STEPS = 2000
# The coefficients of x and x³ for 2000 points on [−π, π], in 60 digits by mpmath.
EXACT = (0.8567408430703967, -0.09333038904122637)


def rows() -> Iterator[Row]:
    """All figures of this file."""
    x = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float64)
    y = torch.sin(x)
    times = medians(
        {
            "lstsq": partial(_lstsq, x, y),
            "seegrad": partial(seegrad.least_squares, x, y),
        }
    )
    ratio = times["seegrad"] / times["lstsq"]
    yield Row("least_squares, against torch.linalg.lstsq", ratio, "×", most=1.3)
    _, b, _, d = seegrad.least_squares(x, y).tolist()
    error = max(abs(b / EXACT[0] - 1), abs(d / EXACT[1] - 1))
    yield Row("least_squares, relative error", error, "", most=1e-14)
    start = torch.tensor([0.5, -0.5, 0.25, 0.125], dtype=torch.float64)
    times = medians(
        {
            "loop": partial(_loop, x, y, start),
            "seegrad": partial(seegrad.fit_polynomial, x, y, start=start, steps=STEPS),
        }
    )
    ratio = times["seegrad"] / times["loop"]
    yield Row(f"{STEPS} steps of a fit, against an autograd loop", ratio, "×", most=0.6)
    fit = seegrad.fit_polynomial(x, y, start=start, steps=STEPS)
    apart = float((fit.coefficients - _loop(x, y, start)).abs().max())
    yield Row("their ends apart", apart, "", most=1e-14)


def _lstsq(x: Tensor, y: Tensor) -> Tensor:
    powers = torch.stack([x**k for k in range(4)], dim=1)
    return torch.linalg.lstsq(powers, y[:, None]).solution


def _loop(x: Tensor, y: Tensor, start: Tensor) -> Tensor:
    """As the article does it: four leaves, and an update under no_grad()."""
    a, b, c, d = (number.clone().requires_grad_() for number in start)
    for _ in range(STEPS):
        loss = (a + b * x + c * x**2 + d * x**3 - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for leaf in (a, b, c, d):
                leaf -= 1e-6 * leaf.grad
                leaf.grad = None
    return torch.stack([a, b, c, d]).detach()
