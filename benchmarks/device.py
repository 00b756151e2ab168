"""The same on a CUDA device, against the formulas in torch on that device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from curves import by_hand, cubic
from fields import sine, sine_by_hand
from rounds import SMOKE, Row, medians, size

import seegrad

MANY, SIDE = size(10_000_000, smoke=100), size(3162, smoke=10)


def rows() -> Iterator[Row]:
    """All figures of this file, or none where there is no such device."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not SMOKE:
        print("There is no CUDA device here, so nothing is measured on one.\n")
        return
    x = torch.linspace(-4, 4, MANY, dtype=torch.float64, device=device)
    away = float(seegrad.derivative(cubic, x).device != x.device)
    yield Row("results that left the device", away, "", most=0)
    times = medians(
        {
            "by hand": partial(_wait, by_hand, x),
            "seegrad": partial(_wait, partial(seegrad.derivative, cubic), x),
        }
    )
    ratio = times["seegrad"] / times["by hand"]
    yield Row("derivative at 10⁷ points, against the formula", ratio, "×")
    axis = torch.linspace(-2, 2, SIDE, dtype=torch.float64, device=device)
    x1, x0 = (grid.contiguous() for grid in torch.meshgrid(axis, axis, indexing="ij"))
    times = medians(
        {
            "by hand": partial(_wait, sine_by_hand, x0, x1),
            "seegrad": partial(_wait, partial(seegrad.gradient, sine), x0, x1),
        }
    )
    ratio = times["seegrad"] / times["by hand"]
    yield Row("gradient at 10⁷ points, against the formula", ratio, "×")


def _wait(work: Callable[..., Any], *arguments: Any) -> None:
    work(*arguments)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
