"""Higher derivatives of exp(sin x): nested passes, Taylor arithmetic, a recursion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from rounds import Row, medians
from torch import Tensor

import seegrad

# How many times as fast as nested passes written by hand, at least. Jets need a time
# that grows with the square of the order, nested passes one that multiplies.
GOALS = {3: 0.5, 4: 1, 5: 2, 6: 4, 8: 20}
ORDER = 8


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
    times = medians(
        {
            "recursion": partial(_recursion, x, ORDER),
            "seegrad": partial(seegrad.derivative, f, x, order=ORDER),
        }
    )
    ratio = times["seegrad"] / times["recursion"]
    what = f"derivative of order {ORDER}, against a hand-written recursion"
    yield Row(what, ratio, "×", most=3)
    exact, found = _recursion(x, ORDER), seegrad.derivative(f, x, order=ORDER)
    error = float(((found - exact).abs() / exact.abs().max()).max())
    yield Row(f"order {ORDER}, apart from the recursion", error, "", most=1e-12)


def f(x: Any) -> Any:
    """exp(sin x)."""
    return torch.exp(torch.sin(x))


def _nested(f: Any, x: Tensor, order: int) -> Tensor:
    x = x.clone().requires_grad_()
    y = f(x)
    for _ in range(order):
        (y,) = torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)
    return y.detach()


def _recursion(x: Tensor, order: int) -> Tensor:
    """The coefficients of sine, cosine and their exponential, written out."""
    s, c = [x.sin()], [x.cos()]
    for k in range(1, order + 1):
        s.append(c[k - 1] / k)
        c.append(-s[k - 1] / k)
    e = [s[0].exp()]
    for k in range(1, order + 1):
        total = 1 * s[1] * e[k - 1]
        for j in range(2, k + 1):
            total = total + j * s[j] * e[k - j]
        e.append(total / k)
    return e[order] * math.factorial(order)
