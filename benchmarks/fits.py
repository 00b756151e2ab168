"""The cubic fitted to a sine: solved for, and walked to."""

from __future__ import annotations

import math
from collections.abc import Iterator
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
    start = torch.tensor([0.5, -0.5, 0.25, 0.125], dtype=torch.float64)
    times = medians(
        {
            "loop": partial(_loop, x, y, start),
            "seegrad": partial(_fit, x, y, start),
        }
    )
    ratio = times["seegrad"] / times["loop"]
    yield Row(f"{STEPS} steps of a fit, against an autograd loop", ratio, "×", most=1.0)


def _numpy(x: Any, y: Any) -> Any:
    """Centred and scaled, too, and given back in powers of x."""
    return np.polynomial.Polynomial.fit(x, y, 3).convert().coef


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
