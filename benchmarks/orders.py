"""Higher derivatives of exp(sin x), against nested passes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from rounds import Row, medians
from torch import Tensor

import seegrad

# How many times as fast as nested passes written by hand, at least. Jets need a time
# that grows with the square of the order, nested passes one that multiplies.
GOALS = {3: None, 4: None, 5: None, 6: 4, 8: 20}


def rows() -> Iterator[Row]:
    """All figures of this file."""
    x = torch.linspace(-3, 3, 1000, dtype=torch.float64)
    for order, least in GOALS.items():
        times = medians(
            {
                "nested": partial(_nested, f, x, order),
                "seegrad": partial(seegrad.derivative, f, x, order=order),
            }
        )
        ratio = times["nested"] / times["seegrad"]
        what = f"derivative of order {order}, faster than nested passes"
        yield Row(what, ratio, "×", least=least)


def f(x: Any) -> Any:
    """exp(sin x)."""
    return torch.exp(torch.sin(x))


def _nested(f: Any, x: Tensor, order: int) -> Tensor:
    x = x.clone().requires_grad_()
    y = f(x)
    for _ in range(order):
        (y,) = torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)
    return y.detach()
