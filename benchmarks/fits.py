"""The cubic fitted to a sine: solved for, and walked to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import torch
from rounds import Row, medians
from torch import Tensor

import seegrad

STEPS = 2000


def rows() -> Iterator[Row]:
    """All figures of this file."""
    x = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float64)
    y = torch.sin(x)
    times = medians(
        {
            "NumPy": partial(_numpy, x.numpy(), y.numpy()),
            "seegrad": partial(seegrad.least_squares, x, y),
        }
    )
    ratio = times["seegrad"] / times["NumPy"]
    yield Row("least_squares, against NumPy's Polynomial.fit", ratio, "×", most=2.0)
    exact = _exact(x, y)
    found = seegrad.least_squares(x, y)
    error = float((found - exact).abs().max() / exact.abs().max())
    yield Row("least_squares, relative error", error, "", most=1e-14)
    start = torch.tensor([0.5, -0.5, 0.25, 0.125], dtype=torch.float64)
    times = medians(
        {
            "loop": partial(_loop, x, y, start),
            "seegrad": partial(_fit, x, y, start),
        }
    )
    ratio = times["seegrad"] / times["loop"]
    yield Row(f"{STEPS} steps of a fit, against an autograd loop", ratio, "×", most=1.0)
    apart = float((_fit(x, y, start) - _loop(x, y, start)).abs().max())
    yield Row("their ends apart", apart, "", most=1e-14)


def _numpy(x: Any, y: Any) -> Any:
    """Centred and scaled, too, and given back in powers of x."""
    return np.polynomial.Polynomial.fit(x, y, 3).convert().coef


def _exact(x: Tensor, y: Tensor) -> Tensor:
    """The solution of the normal equations in fractions, without any rounding."""
    points = [
        (Fraction(a), Fraction(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    sums = [sum(a**k for a, _ in points) for k in range(7)]
    rows = [[*sums[k : k + 4], sum(a**k * b for a, b in points)] for k in range(4)]
    for k in range(4):
        for other in range(4):
            if other != k:
                times = rows[other][k] / rows[k][k]
                pairs = zip(rows[other], rows[k], strict=True)
                rows[other] = [a - times * b for a, b in pairs]
    solution = [float(row[4] / row[k]) for k, row in enumerate(rows)]
    return torch.tensor(solution, dtype=torch.float64)


def _fit(x: Tensor, y: Tensor, start: Tensor) -> Tensor:
    fit = seegrad.fit_polynomial(x, y, learning_rate=1e-6, start=start, steps=STEPS)
    return fit.coefficients


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
