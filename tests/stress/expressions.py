"""Functions as data: trees that PyTorch and mpmath evaluate alike.

An expression is ("x", k) for variable k, a float, or (operation, operand, ...).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from mpmath import mp
from torch.nn import functional

mp.dps = 50  # as in tests/functions.py

Expression = tuple | float
LARGEST = mp.mpf(10) ** 400  # beyond the range of every dtype


class NoValueError(ValueError):
    """An expression has no real value that a dtype could hold."""


@dataclass(frozen=True)
class Operation:
    """One operation, in PyTorch and in mpmath."""

    in_torch: Callable
    exact: Callable


def _piece(choose):
    return lambda u, a, b: a if choose(u) else b


SMOOTH = {
    "sin": Operation(torch.sin, mp.sin),
    "cos": Operation(torch.cos, mp.cos),
    "tanh": Operation(torch.tanh, mp.tanh),
    "exp": Operation(torch.exp, mp.exp),
    "sinh": Operation(torch.sinh, mp.sinh),
    "cosh": Operation(torch.cosh, mp.cosh),
    "atan": Operation(torch.atan, mp.atan),
    "asinh": Operation(torch.asinh, mp.asinh),
    "erf": Operation(torch.erf, mp.erf),
    "expm1": Operation(torch.expm1, mp.expm1),
    "sigmoid": Operation(torch.sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": Operation(
        lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        lambda x: mp.log1p(mp.exp(x)),
    ),
    "silu": Operation(functional.silu, lambda x: x / (1 + mp.exp(-x))),
    "gelu": Operation(functional.gelu, lambda x: x * mp.ncdf(x)),
    "square": Operation(torch.square, lambda x: x * x),
    "cube": Operation(lambda x: x**3, lambda x: x**3),
    "bell": Operation(lambda x: torch.exp(-(x**2)), lambda x: mp.exp(-x * x)),
    "witch": Operation(lambda x: 1 / (1 + x**2), lambda x: 1 / (1 + x * x)),
    "soft_abs": Operation(lambda x: torch.sqrt(1 + x**2), lambda x: mp.sqrt(1 + x * x)),
    "log_cosh": Operation(lambda x: x.cosh().log(), lambda x: mp.log(mp.cosh(x))),
    "erfc": Operation(torch.erfc, mp.erfc),
    "sinc": Operation(torch.sinc, lambda x: mp.sincpi(x)),
    "log_sigmoid": Operation(functional.logsigmoid, lambda x: -mp.log1p(mp.exp(-x))),
    "neg": Operation(torch.neg, lambda x: -x),
}
POSITIVE = {  # smooth where the operand is above zero
    "sqrt": Operation(torch.sqrt, mp.sqrt),
    "log": Operation(torch.log, mp.log),
    "reciprocal": Operation(torch.reciprocal, lambda x: 1 / x),
    "rsqrt": Operation(torch.rsqrt, lambda x: 1 / mp.sqrt(x)),
    "power_1.5": Operation(lambda x: x**1.5, lambda x: mp.power(x, mp.mpf(1.5))),
    "power_-2": Operation(lambda x: x**-2, lambda x: 1 / (x * x)),
    "tan": Operation(torch.tan, mp.tan),
    "log1p": Operation(torch.log1p, mp.log1p),
}
PIECES = {  # smooth away from the places where two pieces meet
    "abs": Operation(torch.abs, abs),
    "relu": Operation(torch.relu, lambda x: max(x, mp.mpf(0))),
    "floor": Operation(torch.floor, mp.floor),
    "sign": Operation(torch.sign, mp.sign),
    "hardtanh": Operation(
        functional.hardtanh, lambda x: min(max(x, mp.mpf(-1)), mp.mpf(1))
    ),
    "elu": Operation(functional.elu, lambda x: x if x > 0 else mp.expm1(x)),
    "leaky_relu": Operation(
        lambda x: functional.leaky_relu(x, 0.25), lambda x: x if x > 0 else x / 4
    ),
}
BINARY = {
    "add": Operation(lambda a, b: a + b, lambda a, b: a + b),
    "sub": Operation(lambda a, b: a - b, lambda a, b: a - b),
    "mul": Operation(lambda a, b: a * b, lambda a, b: a * b),
    "div": Operation(lambda a, b: a / b, lambda a, b: a / b),
    "where": Operation(
        lambda u, a, b: torch.where(u > 0, a, b), _piece(lambda u: u > 0)
    ),
    "maximum": Operation(torch.maximum, lambda a, b: max(a, b)),
    "hypot": Operation(torch.hypot, mp.hypot),
    "atan2": Operation(torch.atan2, mp.atan2),
    "logaddexp": Operation(torch.logaddexp, lambda a, b: mp.log(mp.exp(a) + mp.exp(b))),
}
OPERATIONS = {**SMOOTH, **POSITIVE, **PIECES, **BINARY}


def in_torch(e: Expression, xs):
    """The value of an expression, as PyTorch computes it at tensors."""
    if isinstance(e, float):
        return e
    if e[0] == "x":
        return xs[e[1]]
    return OPERATIONS[e[0]].in_torch(*(in_torch(part, xs) for part in e[1:]))


def function(e: Expression):
    """The function of one tensor a variable that an expression is."""
    return lambda *xs: in_torch(e, xs)


def exact(e: Expression, xs, touch=lambda value: value):
    """The value of an expression by mpmath; `touch` may change what a node gives."""
    if isinstance(e, float):
        return mp.mpf(e)
    if e[0] == "x":
        return xs[e[1]]
    value = OPERATIONS[e[0]].exact(*(exact(part, xs, touch) for part in e[1:]))
    if not (isinstance(value, mp.mpf) and abs(value) < LARGEST):
        raise NoValueError
    return touch(value)


def nodes(e: Expression, xs):
    """The exact values of all operations, inner ones first."""
    values = []
    exact(e, xs, lambda value: values.append(value) or value)
    return values


def along(e: Expression, xs, direction, distance):
    """The exact value some distance away from a point."""
    there = [x + distance * d for x, d in zip(xs, direction, strict=True)]
    return exact(e, there)


def taylor(e: Expression, xs, direction, order, unit, digits=30):
    """The exact Taylor coefficients 0 … order along a direction.

    mpmath's steps are small beside 1, so distances are taken in a unit of x.
    """
    with mp.workdps(digits):
        terms = mp.taylor(lambda t: along(e, xs, direction, t * unit), 0, order)
        return [c / mp.mpf(unit) ** k for k, c in enumerate(terms)]


def rounding(e: Expression, xs):
    """How far the value moves, at most, when each operation is off by one part in one.

    To first order: times ε it bounds what rounding does to the value.
    """
    nudge, total = mp.mpf(2) ** -80, mp.mpf(0)
    here, count = exact(e, xs), len(nodes(e, xs))
    for chosen in range(count):
        places = iter(range(count))

        def touch(value, places=places, chosen=chosen):
            return value * (1 + nudge) if next(places) == chosen else value

        total += abs(exact(e, xs, touch) - here) / nudge
    return total


def text(e: Expression) -> str:
    """An expression as one would write it."""
    if isinstance(e, float):
        return f"{e:g}"
    if e[0] == "x":
        return f"x{e[1]}"
    return f"{e[0]}({', '.join(map(text, e[1:]))})"
