"""The gradient of a function of two variables over a grid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from memory import peak
from rounds import Row, medians
from torch import Tensor

import seegrad

SIDE = 1000


def sine(x0: Any, x1: Any) -> Any:
    """sin(x0·x1)."""
    return torch.sin(x0 * x1)


def product(x0: Any, x1: Any) -> Any:
    """x0·x1."""
    return x0 * x1


def squares(x0: Any, x1: Any) -> Any:
    """x0² + x1²."""
    return x0**2 + x1**2


def sine_by_hand(x0: Tensor, x1: Tensor) -> tuple[Tensor, Tensor]:
    cosine = torch.cos(x0 * x1)
    return x1 * cosine, x0 * cosine


BY_HAND = {
    sine: (sine_by_hand, 3.0),
    product: (lambda x0, x1: (x1.clone(), x0.clone()), 5.5),
    squares: (lambda x0, x1: (2 * x0, 2 * x1), 11.0),
}


def rows() -> Iterator[Row]:
    """All figures of this file."""
    axis = torch.linspace(-2, 2, SIDE, dtype=torch.float64)
    x1, x0 = (grid.contiguous() for grid in torch.meshgrid(axis, axis, indexing="ij"))
    for f, (by_hand, most) in BY_HAND.items():
        times = medians(
            {
                "by hand": partial(by_hand, x0, x1),
                "gradient": partial(seegrad.gradient, f, x0, x1),
            }
        )
        what = f"gradient of {f.__doc__[:-1]} at {SIDE}² points"  # type: ignore[index]
        ratio = times["gradient"] / times["by hand"]
        yield Row(f"{what}, against the formula in torch", ratio, "×", most=most)
    small = torch.linspace(-2, 2, 20, dtype=torch.float64)
    times = medians(
        {
            "loop": partial(_loop, sine, small),
            "field": partial(seegrad.gradient_field, sine, axis, axis),
        }
    )
    ratio = times["loop"] / len(small) ** 2 / (times["field"] / SIDE**2)
    yield Row("gradient_field, faster a point than a loop", ratio, "×", least=250)
    found = seegrad.gradient(sine, x0, x1)
    error = max(
        float((a - b).abs().max())
        for a, b in zip(found, sine_by_hand(x0, x1), strict=True)
    )
    yield Row("largest error of the gradient of sin(x0·x1)", error, "", most=2e-15)
    make = "x0 = torch.linspace(-2, 2, 4_000_000, dtype=torch.float64); x1 = x0.clone()"
    warm = "x0 = x1 = torch.ones(100_000); "
    call = "seegrad.gradient(fields.sine, x0, x1)"
    arrays = peak(make, warm + call, call) / 32e6
    yield Row("gradient of sin(x0·x1), peak memory", arrays, "arrays", most=2.2)
    make = "a = torch.linspace(-2, 2, 10_000, dtype=torch.float64)"
    call = "seegrad.gradient_field(fields.sine, a, a)"
    arrays = peak(make, "a = torch.ones(300); " + call, call) / 800e6
    what = "gradient_field of 10⁸ points, peak memory, values included"
    yield Row(what, arrays, "arrays", most=3.3)


def _loop(f: Any, axis: Tensor) -> None:
    """One backward a point, as the article does it."""
    for b in axis:
        for a in axis:
            x0, x1 = a.clone().requires_grad_(), b.clone().requires_grad_()
            f(x0, x1).backward()
