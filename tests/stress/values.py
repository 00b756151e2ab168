"""Derivatives of orders 1 to 8, against mpmath and against nested autograd."""

from dataclasses import dataclass

import torch
from cases import DTYPES
from expressions import Expression, function, nodes, taylor, text
from hypothesis import assume
from hypothesis import strategies as st
from mpmath import mp
from smooth import expressions, in_range, reach, scaled, view

HIGHEST = 8
RTOL = {
    torch.float64: 1e-8,
    torch.float32: 1e-3,
    torch.float16: 0.05,
    torch.bfloat16: 0.2,
}


@dataclass(frozen=True)
class Value:
    """An expression at a point, with its exact derivative of one order."""

    group: str
    e: Expression
    x: torch.Tensor
    order: int
    exact: float
    size: float  # what a derivative of that order comes to here

    @property
    def f(self):
        return function(self.e)

    def __repr__(self):
        dtype = str(self.x.dtype).removeprefix("torch.")
        return f"order {self.order} of {text(self.e)} at {self.x.item()!r} in {dtype}"


@st.composite
def values(draw):
    """A smooth expression, and a derivative that the dtype can hold."""
    dtype = draw(st.sampled_from(["float64", "float32"]))
    order = draw(st.integers(1, HIGHEST))
    e, (x,), unit = draw(expressions(dtype, 1, depth=3))
    assume(len(nodes(e, [mp.mpf(x.item())])) <= 12 - order)  # nesting grows fast
    assume(view(e, (x,), unit) == "smooth")
    value = of_order(e, x, order, unit, f"derivative of order {order}")
    assume(value)
    return value


SIMPLE = {  # with the highest order that nesting still computes at once
    "sin": 24,
    "cos": 24,
    "exp": 24,
    "power_1.5": 24,
    "power_-2": 24,
    "sqrt": 6,
    "log": 6,
    "reciprocal": 6,
}
LARGEST = {"float64": 150, "float32": 90, "float16": 8, "bfloat16": 90}


@st.composite
def far_orders(draw):
    """A plain function of a scaled x, up to order 24, also where u_k leaves a dtype."""
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    name = draw(st.sampled_from(sorted(SIMPLE)))
    order = draw(st.integers(2, SIMPLE[name]))
    most = LARGEST[dtype]
    own, outer = draw(st.integers(-most, most)), draw(st.integers(-most, most))
    shift = draw(st.sampled_from([0.0, 0.0, 1.0]))
    at = draw(st.integers(4, 24)) / 8
    x = torch.tensor(at * 2.0**own, dtype=DTYPES[dtype])
    u = scaled(("x", 0), 2.0**-own)
    e = scaled((name, ("add", u, shift) if shift else u), 2.0**outer)
    assume(in_range(e, (x,)))
    value = of_order(e, x, order, 2.0**own, "derivative up to order 24")
    assume(value)
    return value


def of_order(e, x, order, unit, group):
    """The exact derivative; None where it is beyond what the dtype holds."""
    at = mp.mpf(x.item())
    terms = taylor(e, [at], (1,), max(order, HIGHEST) + 1, unit)
    far = min(reach(terms), 2 * abs(at) or mp.mpf(1))
    size = max(abs(c) * far**k for k, c in enumerate(terms)) / far**order
    truth, size = (mp.factorial(order) * v for v in (terms[order], size))
    info = torch.finfo(x.dtype)
    if all(info.tiny * 64 < s < info.max / 64 for s in (size, abs(truth) or size)):
        return Value(group, e, x, order, float(truth), float(size))
    return None


def nested(f, x, order):
    """A derivative by PyTorch's own lines: autograd of autograd."""
    x = x.clone().requires_grad_()
    y = f(x)
    for step in range(order):
        if not y.requires_grad:
            return torch.zeros_like(x)
        (y,) = torch.autograd.grad(
            y.sum(), x, create_graph=step < order - 1, allow_unused=True
        )
        if y is None:
            return torch.zeros_like(x)
    return y.detach()


def judge(value, derivative):
    """Right, wrong, or what was raised; nested autograd's own rounding is forgiven."""
    try:
        answer = derivative(value.f, value.x, order=value.order).item()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    by_nesting = nested(value.f, value.x, value.order).item()
    if answer == by_nesting:
        return "right"
    tolerance = RTOL[value.x.dtype] * value.size
    off = abs(by_nesting - value.exact)
    if not off <= 1000 * tolerance:  # autograd itself has lost its digits here
        return "right" if not torch.tensor(answer).isfinite() else "lost by autograd"
    return "right" if abs(answer - value.exact) <= tolerance + 16 * off else "wrong"


TRAPS = {  # of x = 0, where autograd's slope is nan and the truth isn't
    "where(x == 0, 1, sin(x)/x)": lambda x: torch.where(x == 0, 1.0, x.sin() / x),
    "where(x > 0, sqrt(x), x)": lambda x: torch.where(x > 0, x.sqrt(), x),
    "where(x == 0, 0, x**2*log(x**2))": lambda x: torch.where(
        x == 0, 0.0, x**2 * (x**2).log()
    ),
    "where(x != 0, (1 - cos(x))/x, 0)": lambda x: torch.where(
        x != 0, (1 - x.cos()) / x, 0.0
    ),
    "where(x == 0, 1, expm1(x)/x) + x**3": lambda x: (
        torch.where(x == 0, 1.0, x.expm1() / x) + x**3
    ),
    "x*sqrt(x**2)": lambda x: x * (x**2).sqrt(),
    "exp(-1/x**2)": lambda x: (-1 / x**2).exp(),
}
