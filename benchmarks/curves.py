"""The derivative of a curve, at one point and at thousands; tangents to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from rounds import Row, medians, size
from torch import Tensor

import seegrad

TANGENTS = size(10_000, smoke=100)


def rows() -> Iterator[Row]:
    """All figures of this file."""
    yield from _curve()
    yield from _points()


def cubic(x: Any) -> Any:
    """2x³ + 4x² + 5x + 6."""
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def by_hand(x: Tensor) -> Tensor:
    """Its derivative."""
    return 6 * x**2 + 8 * x + 5


def bare(x: Tensor) -> Tensor | None:
    """Its derivative by PyTorch, as shortly as can be."""
    x = x.clone().requires_grad_()
    y: Tensor = cubic(x)
    y.backward(torch.ones_like(y))
    return x.grad


def _curve() -> Iterator[Row]:
    x = torch.arange(-4, 4, 0.001, dtype=torch.float64)
    times = medians(
        {
            "bare": partial(bare, x),
            "seegrad": partial(seegrad.derivative, cubic, x),
            "unchecked": partial(seegrad.derivative, cubic, x, check=False),
            "vmap": partial(torch.func.vmap(torch.func.grad(cubic)), x),
        }
    )
    what = f"derivative at {len(x)} points"
    ratio = times["seegrad"] / times["bare"]
    yield Row(f"{what}, against a bare backward", ratio, "×", most=2)
    ratio = times["unchecked"] / times["bare"]
    yield Row(f"{what}, check=False, against a bare backward", ratio, "×", most=1.5)
    ratio = times["seegrad"] / times["vmap"]
    yield Row(f"{what}, against vmap(grad)", ratio, "×")


def _points() -> Iterator[Row]:
    def one() -> Tensor:
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        return torch.autograd.grad(cubic(x), x)[0]

    times = medians(
        {
            "bare": one,
            "seegrad": partial(seegrad.derivative, cubic, 0.5),
            "tangent": partial(seegrad.tangent_line, cubic, 0.5),
        }
    )
    ratio = times["seegrad"] / times["bare"]
    yield Row("derivative at a number, against bare autograd", ratio, "×")
    yield Row("tangent_line at a number", times["tangent"] * 1e3, "ms")
    x = torch.linspace(-4, 4, TANGENTS, dtype=torch.float64)
    times = medians({"tangents": partial(seegrad.tangent_line, cubic, x)}, seconds=1)
    yield Row("10,000 tangents in one call", times["tangents"] * 1e3, "ms")
