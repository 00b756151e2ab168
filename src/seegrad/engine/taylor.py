"""Jet: a function's Taylor coefficients, computed along with its value.

Differentiating a gradient again and again makes a graph that grows with each pass. A
jet carries the first coefficients of a Taylor series through the same operations
instead, by one recurrence an operation. What it doesn't know it refuses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor

from seegrad.checks.functions import Function


def taylor_derivative(f: Function, x: Tensor, order: int) -> Tensor | None:
    """The derivative of that order, or None where jets can't give it.

    So it is where f does anything that a jet doesn't know, or a number isn't finite.
    """
    try:
        y = f(Jet([x, torch.ones_like(x)], order))
    except Exception:  # f's own errors come again, when it is called on tensors
        return None
    if not isinstance(y, Jet) or y.shape != x.shape or y.dtype != x.dtype:
        return None
    if len(y.series) <= order:
        return torch.zeros_like(x)
    found = y.series[order] * math.factorial(order)
    return found if found.isfinite().all() else None


class Jet:
    """The Taylor coefficients of a value: of u + u₁·h + u₂·h² + …, up to an order.

    Trailing coefficients that are zero for certain are left out. Operations follow the
    recurrences of Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM, 2008,
    section 13.2.
    """

    __array_ufunc__ = None  # NumPy's functions are no part of this

    def __init__(self, series: Sequence[Tensor], order: int) -> None:
        self.series = list(series[: order + 1])
        self.order = order

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute ``torch.sin(jet)`` as ``jet.sin()``, and refuse what isn't there."""
        name = getattr(function, "__name__", "")
        rule = RULES.get(name) or OPERATORS.get(name)
        return NotImplemented if rule is None else rule(*args, **(kwargs or {}))

    # What a function may ask about its argument.

    @property
    def shape(self) -> torch.Size:
        """The shape of the value."""
        return self.series[0].shape

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the value."""
        return self.series[0].dtype

    @property
    def device(self) -> torch.device:
        """The device of the value."""
        return self.series[0].device


# ---------------------------------------------------------------- sums and products


def _jets(*operands: object) -> list[Jet]:
    """All operands as jets; a constant is a jet of one coefficient."""
    known = next(o for o in operands if isinstance(o, Jet))
    return [o if isinstance(o, Jet) else _constant(o, known) for o in operands]


def _constant(value: object, beside: Jet) -> Jet:
    """A number beside a jet. An array might hold another number for each point."""
    if isinstance(value, Tensor) and value.ndim == 0:
        return Jet([value.detach()], beside.order)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = torch.tensor(value, dtype=beside.dtype, device=beside.device)
        return Jet([number], beside.order)
    raise NotImplementedError


def _term(a: list[Tensor], b: list[Tensor], k: int) -> Tensor:
    """The sum of aⱼ·bₖ₋ⱼ over all j that there are: one at least."""
    first, *others = range(max(0, k - len(b) + 1), min(k + 1, len(a)))
    total = a[first] * b[k - first]
    for j in others:
        total.addcmul_(a[j], b[k - j])
    return total


def _add(a: object, b: object) -> Jet:
    a, b = _jets(a, b)
    pairs = zip_longest(a.series, b.series)
    series = [x if y is None else y if x is None else x + y for x, y in pairs]
    return Jet(series, a.order)


def _subtract(a: object, b: object) -> Jet:
    a, b = _jets(a, b)
    return _add(a, _negative(b))


def _negative(a: Jet) -> Jet:
    return Jet([-x for x in a.series], a.order)


def _multiply(a: object, b: object) -> Jet:
    """The Cauchy product."""
    a, b = _jets(a, b)
    length = min(len(a.series) + len(b.series) - 1, a.order + 1)
    return Jet([_term(a.series, b.series, k) for k in range(length)], a.order)


def _divide(a: object, b: object) -> Jet:
    """From q·b = a, that is qₖ = (aₖ − Σ bⱼ·qₖ₋ⱼ) / b₀ with j from 1."""
    a, b = _jets(a, b)
    start, *onward = b.series
    series = [a.series[0] / start]
    for k in range(1, a.order + 1 if onward else len(a.series)):
        rest = _term(onward, series, k - 1) if onward else None
        series.append(_less(a, k, rest) / start)
    return Jet(series, a.order)


def _sqrt(u: Jet) -> Jet:
    """From v·v = u, that is vₖ = (uₖ − Σ vⱼ·vₖ₋ⱼ) / 2v₀ with j from 1 to k − 1."""
    v = [u.series[0].sqrt()]
    for k in range(1, u.order + 1 if len(u.series) > 1 else 1):
        rest = _term(v[1:], v[1:], k - 2) if k > 1 else None
        v.append(_less(u, k, rest) / (2 * v[0]))
    return Jet(v, u.order)


def _less(a: Jet, k: int, rest: Tensor | None) -> Tensor:
    """aₖ − rest, where each may be zero and left out."""
    known = a.series[k] if k < len(a.series) else torch.zeros_like(a.series[0])
    return known if rest is None else known - rest


def _power(base: object, exponent: object) -> Jet:
    if isinstance(base, Jet) and isinstance(exponent, (int, float)):
        if exponent == 0.5:
            return _sqrt(base)
        if float(exponent).is_integer():
            return _whole_power(base, int(exponent))
    base, exponent = _jets(base, exponent)
    return _exp(_multiply(exponent, _log(base)))


def _whole_power(base: Jet, exponent: int) -> Jet:
    """By squaring: it is exact at zero, where the logarithm ends."""
    if exponent < 0:
        return _divide(1.0, _whole_power(base, -exponent))
    result = None
    while exponent:
        if exponent % 2:
            result = base if result is None else _multiply(result, base)
        exponent //= 2
        base = _multiply(base, base) if exponent else base
    return _constant(1.0, base) if result is None else result


# ---------------------------------------------------------------- from their slopes


def _grow(start: Tensor, u: Jet, weight: Callable[[list[Tensor], int], Tensor]) -> Jet:
    """The v that begins there and has v′ = w·u′; `weight` gives wₖ from v₀ … vₖ."""
    slope = [k * u.series[k] for k in range(1, len(u.series))]
    if not slope:
        return Jet([start], u.order)
    v: list[Tensor] = [start]
    w: list[Tensor] = []
    for k in range(u.order):
        w.append(weight(v, k))
        v.append(_term(slope, w, k) / (k + 1))
    return Jet(v, u.order)


def _integral(start: Tensor, u: Jet, w: Jet) -> Jet:
    """The same where w is known beforehand."""
    zero = torch.zeros_like(start)
    return _grow(start, u, lambda v, k: w.series[k] if k < len(w.series) else zero)


def _exp(u: Jet) -> Jet:
    return _grow(u.series[0].exp(), u, lambda v, k: v[k])


def _sin(u: Jet) -> Jet:
    return _sine_and_cosine(u, u.series[0].sin(), u.series[0].cos(), -1)


def _cos(u: Jet) -> Jet:
    return _sine_and_cosine(u, u.series[0].cos(), -u.series[0].sin(), -1)


def _sinh(u: Jet) -> Jet:
    return _sine_and_cosine(u, u.series[0].sinh(), u.series[0].cosh(), 1)


def _cosh(u: Jet) -> Jet:
    return _sine_and_cosine(u, u.series[0].cosh(), u.series[0].sinh(), 1)


def _sine_and_cosine(u: Jet, start: Tensor, slope: Tensor, sign: int) -> Jet:
    """The v with v″ = ±v by u; its slope w grows beside it."""
    inner = [k * u.series[k] for k in range(1, len(u.series))]
    w = [slope]

    def weight(v: list[Tensor], k: int) -> Tensor:
        if k:
            w.append(_term(inner, v[:k], k - 1) * (sign / k))
        return w[k]

    return _grow(start, u, weight)


def _tan(u: Jet) -> Jet:
    return _grow(u.series[0].tan(), u, lambda v, k: _term(v, v, k) + float(k == 0))


def _tanh(u: Jet) -> Jet:
    return _grow(u.series[0].tanh(), u, lambda v, k: float(k == 0) - _term(v, v, k))


def _sigmoid(u: Jet) -> Jet:
    return _grow(u.series[0].sigmoid(), u, lambda v, k: v[k] - _term(v, v, k))


def _log(u: Jet) -> Jet:
    return _integral(u.series[0].log(), u, _divide(1.0, u))


def _log1p(u: Jet) -> Jet:
    return _integral(u.series[0].log1p(), u, _divide(1.0, _add(u, 1.0)))


def _expm1(u: Jet) -> Jet:
    return _integral(u.series[0].expm1(), u, _exp(u))


def _asin(u: Jet) -> Jet:
    return _integral(u.series[0].asin(), u, _divide(1.0, _sqrt(_one_minus_square(u))))


def _acos(u: Jet) -> Jet:
    return _integral(u.series[0].acos(), u, _divide(-1.0, _sqrt(_one_minus_square(u))))


def _atan(u: Jet) -> Jet:
    return _integral(u.series[0].atan(), u, _divide(1.0, _add(_square(u), 1.0)))


def _asinh(u: Jet) -> Jet:
    root = _sqrt(_add(_square(u), 1.0))
    return _integral(u.series[0].asinh(), u, _divide(1.0, root))


def _acosh(u: Jet) -> Jet:
    root = _sqrt(_subtract(_square(u), 1.0))
    return _integral(u.series[0].acosh(), u, _divide(1.0, root))


def _atanh(u: Jet) -> Jet:
    return _integral(u.series[0].atanh(), u, _divide(1.0, _one_minus_square(u)))


def _erf(u: Jet) -> Jet:
    bell = _multiply(2 / math.sqrt(math.pi), _exp(_negative(_square(u))))
    return _integral(u.series[0].erf(), u, bell)


def _one_minus_square(u: Jet) -> Jet:
    return _subtract(1.0, _square(u))


def _square(u: Jet) -> Jet:
    return _multiply(u, u)


# ---------------------------------------------------------------- choices


def _abs(u: Jet) -> Jet:
    sign = u.series[0].sign()
    return Jet([sign * x for x in u.series], u.order)


def _relu(u: Jet) -> Jet:
    return _where(u.series[0] > 0, u, 0.0)


def _where(condition: Tensor, a: object, b: object) -> Jet:
    a, b = _jets(a, b)
    pairs = zip_longest(a.series, b.series, fillvalue=torch.zeros_like(a.series[0]))
    return Jet([torch.where(condition, x, y) for x, y in pairs], a.order)


def _compare(name: str) -> Callable[[Jet, object], Tensor]:
    """A comparison of the values: its result has no slope."""

    def compare(a: object, b: object) -> Tensor:
        a, b = _jets(a, b)
        result: Tensor = getattr(torch, name)(a.series[0], b.series[0])
        return result

    return compare


# ---------------------------------------------------------------- by their names

RULES: dict[str, Callable[..., Any]] = {
    "abs": _abs,
    "absolute": _abs,
    "acos": _acos,
    "acosh": _acosh,
    "add": _add,
    "arccos": _acos,
    "arccosh": _acosh,
    "arcsin": _asin,
    "arcsinh": _asinh,
    "arctan": _atan,
    "arctanh": _atanh,
    "asin": _asin,
    "asinh": _asinh,
    "atan": _atan,
    "atanh": _atanh,
    "cos": _cos,
    "cosh": _cosh,
    "div": _divide,
    "divide": _divide,
    "erf": _erf,
    "exp": _exp,
    "expm1": _expm1,
    "log": _log,
    "log1p": _log1p,
    "mul": _multiply,
    "multiply": _multiply,
    "neg": _negative,
    "negative": _negative,
    "pow": _power,
    "reciprocal": lambda u: _divide(1.0, u),
    "relu": _relu,
    "rsqrt": lambda u: _divide(1.0, _sqrt(u)),
    "sigmoid": _sigmoid,
    "sin": _sin,
    "sinh": _sinh,
    "sqrt": _sqrt,
    "square": _square,
    "sub": _subtract,
    "subtract": _subtract,
    "tan": _tan,
    "tanh": _tanh,
    "true_divide": _divide,
    "where": _where,
    **{name: _compare(name) for name in ("eq", "ge", "gt", "le", "lt", "ne")},
}
OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": _add,
    "__radd__": _add,
    "__sub__": _subtract,
    "__rsub__": lambda a, b: _subtract(b, a),
    "__mul__": _multiply,
    "__rmul__": _multiply,
    "__truediv__": _divide,
    "__rtruediv__": lambda a, b: _divide(b, a),
    "__pow__": _power,
    "__rpow__": lambda a, b: _power(b, a),
    "__neg__": _negative,
    "__pos__": lambda a: a,
    "__abs__": _abs,
    **{f"__{name}__": RULES[name] for name in ("eq", "ge", "gt", "le", "lt", "ne")},
}
CHANGES = ("__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__", "__bool__")


def _refuse(*_: object) -> None:
    """A change in place, or a question that a tensor answers by its values."""
    raise NotImplementedError


for _name, _rule in {**RULES, **OPERATORS, **dict.fromkeys(CHANGES, _refuse)}.items():
    if _name != "where":  # as a method it takes its arguments in another order
        setattr(Jet, _name, _rule)
