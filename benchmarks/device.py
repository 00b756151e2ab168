"""The same on a CUDA device, against the formulas in torch on that device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from curves import by_hand, cubic
from fields import sine, sine_by_hand
from rounds import Row, medians

import seegrad


def rows() -> Iterator[Row]:
    """All figures of this file, or none where there is no such device."""
    if not torch.cuda.is_available():
        print("There is no CUDA device here, so nothing is measured on one.\n")
        return
    x = torch.linspace(-4, 4, 10_000_000, dtype=torch.float64, device="cuda")
    slope = seegrad.derivative(cubic, x)
    away = float(slope.device != x.device)
    yield Row("results that left the device", away, "", most=0)
    times = medians(
        {
            "by hand": partial(_wait, by_hand, x),
            "seegrad": partial(_wait, partial(seegrad.derivative, cubic), x),
        }
    )
    ratio = times["seegrad"] / times["by hand"]
    yield Row("derivative at 10⁷ points, against the formula", ratio, "×")
    axis = torch.linspace(-2, 2, 3162, dtype=torch.float64, device="cuda")
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
    torch.cuda.synchronize()
