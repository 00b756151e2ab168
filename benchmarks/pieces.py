"""The derivative of a curve at ten million points, which are taken in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from curves import bare, by_hand, cubic
from memory import peak
from rounds import Row, medians, size

import seegrad

MANY = size(10_000_000, smoke=100_000)


def rows() -> Iterator[Row]:
    """All figures of this file."""
    x = torch.linspace(-4, 4, MANY, dtype=torch.float64)
    times = medians(
        {
            "by hand": partial(by_hand, x),
            "bare": partial(bare, x),
            "seegrad": partial(seegrad.derivative, cubic, x),
        }
    )
    what = "derivative at 10⁷ points"
    ratio = times["seegrad"] / times["by hand"]
    yield Row(f"{what}, against the formula in torch", ratio, "×", most=1.4)
    ratio = times["seegrad"] / times["bare"]
    yield Row(f"{what}, against a bare backward", ratio, "×", most=1)
    call = "seegrad.derivative(curves.cubic, x)"
    make = f"x = torch.linspace(-4, 4, {MANY}, dtype=torch.float64)"
    arrays = peak(make, "x = torch.ones(100_000); " + call, call) / x.nbytes
    yield Row(f"{what}, peak memory beside the points", arrays, "arrays", most=2.1)
