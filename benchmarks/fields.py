"""The gradient of a function of two variables over a grid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from memory import peak
from rounds import Row, medians, size
from torch import Tensor

import seegrad

SIDE, LARGE_SIDE = size(1000, smoke=100), size(10_000, smoke=400)


def sine(x0: Any, x1: Any) -> Any:
    """sin(x0·x1)."""
    return torch.sin(x0 * x1)


def sine_by_hand(x0: Tensor, x1: Tensor) -> tuple[Tensor, Tensor]:
    cosine = torch.cos(x0 * x1)
    return x1 * cosine, x0 * cosine


def rows() -> Iterator[Row]:
    """All figures of this file."""
    axis = torch.linspace(-2, 2, SIDE, dtype=torch.float64)
    x1, x0 = (grid.contiguous() for grid in torch.meshgrid(axis, axis, indexing="ij"))
    times = medians(
        {
            "by hand": partial(sine_by_hand, x0, x1),
            "gradient": partial(seegrad.gradient, sine, x0, x1),
        }
    )
    what = "gradient of sin(x0·x1) at 10⁶ points, against the formula in torch"
    yield Row(what, times["gradient"] / times["by hand"], "×", most=3)
    small = torch.linspace(-2, 2, 20, dtype=torch.float64)
    times = medians(
        {
            "loop": partial(_loop, sine, small),
            "field": partial(seegrad.gradient_field, sine, axis, axis),
        }
    )
    ratio = times["loop"] / len(small) ** 2 / (times["field"] / SIDE**2)
    what = "gradient_field, a point: faster than one backward a point"
    yield Row(what, ratio, "×", least=250)
    make = f"a = torch.linspace(-2, 2, {LARGE_SIDE}, dtype=torch.float64)"
    call = "seegrad.gradient_field(fields.sine, a, a)"
    arrays = peak(make, "a = torch.ones(300); " + call, call) / (8 * LARGE_SIDE**2)
    what = "gradient_field of 10⁸ points, peak memory, its three arrays included"
    yield Row(what, arrays, "arrays", most=4)


def _loop(f: Any, axis: Tensor) -> None:
    """One backward a point, as the article does it."""
    for b in axis:
        for a in axis:
            x0, x1 = a.clone().requires_grad_(), b.clone().requires_grad_()
            f(x0, x1).backward()
