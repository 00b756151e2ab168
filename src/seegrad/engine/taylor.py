"""Jet: a function's Taylor coefficients, computed along with its value.

Differentiating a gradient again and again makes a graph that grows with each pass. A
jet carries the first coefficients of a Taylor series through the same operations
instead, by one recurrence an operation. A result counts only where autograd, at the
same points, recorded the same operations and gives the same value and slope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seegrad.checks.functions import Function

# Row k of a series holds the coefficients of h to the power k, one a point. An operand
# without a slope is a number, or an array of one number or truth value a point.
Series: TypeAlias = NDArray[Any]
Operand: TypeAlias = Any
Rule: TypeAlias = Callable[..., Series]

HIGHEST_ORDER = 170  # 171! is no float64
PIECE = 32_768  # points at a time: their coefficients stay in the processor's cache


def taylor_derivative(
    f: Function, x: Tensor, y: Tensor, slope: Tensor, order: int
) -> Tensor | None:
    """The derivative of that order, or None where jets can't give it for certain.

    y is f(x) as autograd recorded it for the leaf x, and slope its gradient.
    """
    if order > HIGHEST_ORDER:
        return None
    operations, factorial = _operations(y), float(math.factorial(order))
    points, values, slopes = (t.detach().reshape(-1) for t in (x, y, slope))
    result = np.empty(len(points))
    for start in range(0, len(points), PIECE):
        piece = slice(start, start + PIECE)
        jet = _call(f, points[piece].requires_grad_(), order)
        if not isinstance(jet, Jet) or _operations(jet.value) != operations:
            return None
        with np.errstate(all="ignore"):  # rounding, to zero and infinity too
            if not _agrees(jet, values[piece], slopes[piece]):
                return None
            result[piece] = jet.series[order] * factorial + 0.0  # -0.0 becomes 0.0
    return torch.from_numpy(result).reshape(x.shape).to(x.dtype).to(x.device)


def _call(f: Function, leaf: Tensor, order: int) -> object:
    """What f makes of a jet at the points, or None where it fails.

    A coefficient too small or too large for its format may spoil the result without a
    trace, so NumPy raises for it. The second format has more room, on most systems.
    """
    for kind in (np.float64, np.longdouble):
        series = np.zeros((order + 1, leaf.numel()), kind)
        series[0], series[1] = _numbers(leaf), 1
        try:
            with np.errstate(all="raise"):
                return f(_jet(leaf, series))
        except FloatingPointError:
            continue
        except Exception:  # f's own errors were shown when it was called with tensors
            return None
    return None


def _agrees(jet: Jet, value: Tensor, slope: Tensor) -> bool:
    """Whether autograd has the same value and, up to rounding, the same slope."""
    if jet.value.dtype != value.dtype or not torch.equal(jet.value.detach(), value):
        return False
    eps, slopes = torch.finfo(value.dtype).eps, _numbers(slope)
    if not _has_slope(jet.series) or not np.isfinite(slopes).all():
        return False
    sizes = np.abs(slopes)
    allowed = eps**0.5 * sizes + 64 * eps * sizes.max(initial=0)
    return bool((np.abs(jet.series[1] - slopes) <= allowed).all())  # never nan or inf


def _operations(y: Tensor) -> list[tuple[str, list[tuple[int, int]]]]:
    """The operations that autograd recorded, and which of them each one starts from.

    A custom Function that hands a jet through, or code that branches on the type of
    its argument, may give the right value and slope at some points by chance. Then
    the operations differ.
    """
    numbers: dict[Any, int] = {None: 0}
    nodes: list[Any] = [y.grad_fn] if y.grad_fn else []
    for node in nodes:
        for source, _ in node.next_functions:
            if source not in numbers:
                numbers[source] = len(numbers)
                nodes.append(source)
    return [(n.name(), [(numbers[s], i) for s, i in n.next_functions]) for n in nodes]


class UnknownOperation(NotImplementedError):  # noqa: N818, a jet's answer, no fault
    """A jet was asked for what it has no rule for."""


class Jet(Tensor):
    """A value, and the Taylor coefficients of u + u₁·h + u₂·h² + … behind it.

    It is a tensor so that code which asks for one goes on as for any other. PyTorch
    hands each operation on it to `__torch_function__`. The value is computed by that
    operation, in its own dtype; the other coefficients follow the recurrences of
    Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM, 2008, section 13.2.
    """

    value: Tensor
    series: Series

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute ``torch.sin(jet)`` and the like, and refuse what has no rule."""
        plain = [a.value if isinstance(a, Jet) else a for a in args]
        if function in ATTRIBUTES:
            return function(*plain)
        name = function.__name__
        known = name in RULES or name in COMPARISONS
        if not known or kwargs or not torch.is_grad_enabled():
            raise UnknownOperation(f"a jet has no rule for this use of {function}")
        operands = [_operand(a) for a in args]
        value = function(*plain)
        start = _numbers(value)
        if name in COMPARISONS or not any(map(_has_slope, operands)):
            return _jet(value, start)
        series = RULES[name](start, *operands)
        series[0] = start
        return _jet(value, series)


# What f may ask about its argument. With the shape its values might depend on the
# number of points.
ATTRIBUTES = (Tensor.dtype.__get__, Tensor.device.__get__)  # type: ignore[attr-defined]


def _jet(value: Tensor, series: Series) -> Jet:
    jet = value.detach().as_subclass(Jet)
    jet.value, jet.series = value, series
    return jet


def _operand(value: object) -> Operand:
    """A jet's series, or a number. An array might hold another for each point."""
    if isinstance(value, Jet):
        return value.series
    if isinstance(value, Tensor) and value.ndim == 0:
        value = value.detach().item()
    if isinstance(value, Real):
        return float(value)
    raise UnknownOperation(f"a jet has no rule for an operand like {type(value)}")


def _numbers(t: Tensor) -> Series:
    """The same as an array, in float64 unless they are truth values."""
    t = t.cpu()  # first, for some devices have no float64
    array: Series = (t if t.dtype == torch.bool else t.double()).numpy(force=True)
    return array


# ---------------------------------------------------------------- sums and products
# A rule gets the value and the operands of an operation, one series at least, and gives
# a new array of the rows from 1 on. Its row 0 doesn't count: there goes the value.


def _term(a: Series, b: Series, k: int) -> Series:
    """The sum of aⱼ·bₖ₋ⱼ over j from 0 to k, where a may end before."""
    products: Series = a[: k + 1] * b[k::-1][: len(a)]
    return np.asarray(products.sum(axis=0))


def _has_slope(operand: Operand) -> bool:
    return np.ndim(operand) == 2


def _product(a: Operand, b: Operand) -> Series:
    """The Cauchy product."""
    if _has_slope(a) and _has_slope(b):
        return np.stack([_term(a, b, k) for k in range(len(a))])
    return np.asarray(a * b)


def _sum(*operands: Operand) -> Series:
    """What has no slope adds nothing from row 1 on."""
    return np.asarray(sum(o for o in operands if _has_slope(o)))


def _quotient(value: Series, a: Operand, b: Operand) -> Series:
    """From q·b = a, that is qₖ = (aₖ − Σ bⱼ·qₖ₋ⱼ) / b₀ with j from 1."""
    if not _has_slope(b):
        return np.asarray(a / b)
    q = np.empty_like(b)
    q[0] = value
    for k in range(1, len(q)):
        rest = _term(b[1:], q, k - 1)
        q[k] = ((a[k] if _has_slope(a) else 0.0) - rest) / b[0]
    return np.asarray(q)


def _power(value: Series, base: Operand, exponent: Operand) -> Series:
    if not _has_slope(base):
        return _exp(value, exponent * np.log(base))
    if _has_slope(exponent):
        return _exp(value, _product(exponent, _log(np.log(base[0]), base)))
    if isinstance(exponent, float) and exponent.is_integer() and exponent >= 0:
        return _whole_power(base, int(exponent))
    return _real_power(value, base, exponent)


def _whole_power(u: Series, exponent: int) -> Series:
    """By squaring: it is exact at zero, where `_real_power` divides by it."""
    factors = [np.zeros_like(u)] * (exponent == 0)
    while exponent:
        if exponent % 2:
            factors.append(+u)
        exponent //= 2
        u = _product(u, u) if exponent else u
    result: Series = reduce(_product, factors)
    return result


def _real_power(value: Series, u: Series, exponent: float) -> Series:
    """From u·v′ = r·v·u′, that is k·u₀·vₖ = Σ (r·j − (k − j))·uⱼ·vₖ₋ⱼ with j from 1."""
    v = np.empty_like(u)
    v[0] = value
    for k in range(1, len(v)):
        j = np.arange(1, k + 1)[:, np.newaxis]
        factors = (exponent + 1) * j - k
        v[k] = (factors * u[1 : k + 1] * v[k - 1 :: -1]).sum(axis=0) / (k * u[0])
    return v


# ---------------------------------------------------------------- from their slopes


def _slope(u: Series) -> Series:
    """The series of u′, where row k is (k + 1)·uₖ₊₁, without zeros at its end."""
    rows: Series = np.arange(1, len(u))[:, np.newaxis] * u[1:]
    while len(rows) > 1 and not rows[-1].any():
        rows = rows[:-1]
    return rows


def _grow(value: Series, u: Series, weight: Callable[[Series, int], Series]) -> Series:
    """The v that begins there and has v′ = w·u′; `weight` gives wₖ from v₀ … vₖ."""
    v, w, slope = np.empty_like(u), np.empty_like(u), _slope(u)
    v[0] = value
    for k in range(len(u) - 1):
        w[k] = weight(v, k)
        v[k + 1] = _term(slope, w, k) / (k + 1)
    return v


def _exp(value: Series, u: Series) -> Series:
    return _grow(value, u, lambda v, k: v[k])


def _tan(value: Series, u: Series) -> Series:
    return _grow(value, u, lambda v, k: _term(v, v, k) + (k == 0))


def _tanh(value: Series, u: Series) -> Series:
    return _grow(value, u, lambda v, k: (k == 0) - _term(v, v, k))


def _sigmoid(value: Series, u: Series) -> Series:
    return _grow(value, u, lambda v, k: v[k] - _term(v, v, k))


def _circle(value: Series, other: Series, u: Series, sign: int) -> Series:
    """The v with v′ = w·u′ and w′ = ±v·u′, as sine and cosine have, from v₀ and w₀."""
    v, w, slope = np.empty_like(u), np.empty_like(u), _slope(u)
    v[0], w[0] = value, other
    for k in range(len(u) - 1):
        v[k + 1] = _term(slope, w, k) / (k + 1)
        w[k + 1] = sign * _term(slope, v, k) / (k + 1)
    return v


def _integral(weight: Callable[[Series], Series]) -> Rule:
    """The rule of a function whose slope is that function of its argument."""

    def rule(value: Series, u: Series) -> Series:
        w = weight(u)
        return _grow(value, u, lambda v, k: w[k])

    return rule


def _plus(number: float, u: Series) -> Series:
    return np.vstack([u[0] + number, u[1:]])


def _raised(u: Series, exponent: float) -> Series:
    return _real_power(u[0] ** exponent, u, exponent)


_log = _integral(lambda u: _raised(u, -1))


def _bell(u: Series) -> Series:
    square = _product(u, u)
    return _exp(2 / math.sqrt(math.pi) * np.exp(-square[0]), -square)


# ---------------------------------------------------------------- choices


def _where(value: Series, condition: Operand, a: Operand, b: Operand) -> Series:
    """One branch, and zero times the other: where that isn't finite, nor is this."""
    if np.asarray(condition).dtype != bool:
        raise UnknownOperation("a jet has no rule for where() as its method")
    return _sum(_product(condition, a), _product(~condition, b))


# ---------------------------------------------------------------- by their names

RULES: dict[str, Rule] = {
    "abs": lambda v, u: np.sign(u[0]) * u,
    "acos": _integral(lambda u: -_raised(_plus(1, -_product(u, u)), -0.5)),
    "acosh": _integral(lambda u: _raised(_plus(-1, _product(u, u)), -0.5)),
    "add": lambda v, a, b: _sum(a, b),
    "asin": _integral(lambda u: _raised(_plus(1, -_product(u, u)), -0.5)),
    "asinh": _integral(lambda u: _raised(_plus(1, _product(u, u)), -0.5)),
    "atan": _integral(lambda u: _raised(_plus(1, _product(u, u)), -1)),
    "atanh": _integral(lambda u: _raised(_plus(1, -_product(u, u)), -1)),
    "cos": lambda v, u: _circle(v, -np.sin(u[0]), u, -1),
    "cosh": lambda v, u: _circle(v, np.sinh(u[0]), u, 1),
    "div": _quotient,
    "erf": _integral(_bell),
    "exp": _exp,
    "exp2": lambda v, u: _exp(v, u * math.log(2)),
    "expm1": lambda v, u: _exp(np.exp(u[0]), u),
    "log": _log,
    "log10": _integral(lambda u: _raised(u, -1) / math.log(10)),
    "log1p": _integral(lambda u: _raised(_plus(1, u), -1)),
    "log2": _integral(lambda u: _raised(u, -1) / math.log(2)),
    "mul": lambda v, a, b: _product(a, b),
    "neg": lambda v, u: -u,
    "positive": lambda v, u: +u,
    "pow": _power,
    "reciprocal": lambda v, u: _real_power(v, u, -1),
    "relu": lambda v, u: (u[0] > 0) * u,
    "rsqrt": lambda v, u: _real_power(v, u, -0.5),
    "sigmoid": _sigmoid,
    "sin": lambda v, u: _circle(v, np.cos(u[0]), u, -1),
    "sinh": lambda v, u: _circle(v, np.cosh(u[0]), u, 1),
    "sqrt": lambda v, u: _real_power(v, u, 0.5),
    "square": lambda v, u: _product(u, u),
    "sub": lambda v, a, b: _sum(a, np.negative(b)),
    "tan": _tan,
    "tanh": _tanh,
    "where": _where,
    "__rdiv__": lambda v, a, b: _quotient(v, b, a),
    "__rpow__": lambda v, a, b: _power(v, b, a),
    "__rsub__": lambda v, a, b: _sum(b, np.negative(a)),
}
RULES |= {
    "absolute": RULES["abs"],
    "arccos": RULES["acos"],
    "arccosh": RULES["acosh"],
    "arcsin": RULES["asin"],
    "arcsinh": RULES["asinh"],
    "arctan": RULES["atan"],
    "arctanh": RULES["atanh"],
    "divide": RULES["div"],
    "multiply": RULES["mul"],
    "negative": RULES["neg"],
    "rsub": RULES["__rsub__"],
    "subtract": RULES["sub"],
    "true_divide": RULES["div"],
}
# What has no slope.
_COMPARISONS = """
    eq ge gt le lt ne logical_and logical_not logical_or
    __and__ __eq__ __invert__ __ne__ __or__
"""
COMPARISONS = frozenset(_COMPARISONS.split())
