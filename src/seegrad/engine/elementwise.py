"""Whether a function is elementwise, told by calling it without any points.

Comparing values can only make it likely that each value depends on its own point. So
a stand-in takes the place of every variable: it goes through operations that work
element by element, and fails at everything else, such as a sum, an index, an ``if`` or
a shape. What the function returns for stand-ins, it computes point by point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine.reverse import vjp


def is_elementwise(f: Function, variables: int) -> bool:
    """Whether f is surely elementwise and gives the same each time.

    False says nothing: f may be elementwise in a way that a stand-in can't follow.
    """
    try:
        return _trace(f, variables) == _trace(f, variables)
    except Exception:  # f's own errors come again, when it is called on tensors
        return False


def _trace(f: Function, variables: int) -> list[object]:
    """The operations and constants that f goes through, if it returns a stand-in."""
    trace: list[object] = []
    y: object = f(*(StandIn(trace) for _ in range(variables)))
    if not isinstance(y, StandIn):
        raise NotImplementedError
    return trace


class StandIn:
    """Any value that is computed point by point."""

    __slots__ = ("_trace",)
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None  # NumPy would call our methods on one object

    def __init__(self, trace: list[object]) -> None:
        self._trace = trace

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        """Go through ``torch.sin(x)`` as through ``x.sin()``."""
        method = METHODS.get(getattr(function, "__name__", ""))
        return method(*args, **(kwargs or {})) if method else NotImplemented


PLAIN = (int, float, str, type(None), np.number)


def _refuse(*_: object) -> None:
    """What a tensor would answer by its values."""
    raise NotImplementedError


_FUNCTIONS = """
    abs absolute acos acosh add addcdiv addcmul angle arccos arccosh arcsin arcsinh
    arctan arctan2 arctanh asin asinh atan atan2 atanh ceil celu clamp clamp_max
    clamp_min clip copysign cos cosh deg2rad digamma div divide elu eq erf erfc
    erfinv exp exp2 expm1 fix float_power floor floor_divide fmax fmin fmod frac
    full_like ge gelu greater greater_equal gt hardshrink hardsigmoid hardswish
    hardtanh heaviside hypot i0 isfinite isinf isnan le leaky_relu lerp less
    less_equal lgamma log log10 log1p log2 log_sigmoid logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor logit lt maximum minimum mish mul
    multiply mvlgamma nan_to_num ne neg negative not_equal ones_like polygamma
    positive pow rad2deg reciprocal relu relu6 remainder round rsqrt selu sgn
    sigmoid sign silu sin sinc sinh softplus softshrink softsign special_bessel_j0
    special_bessel_j1 special_bessel_y0 special_bessel_y1 special_digamma
    special_entr special_erf special_erfc special_erfcx special_erfinv special_exp2
    special_expit special_expm1 special_gammaln special_i0 special_i0e special_i1
    special_i1e special_log1p special_log_ndtr special_logit special_ndtr
    special_ndtri special_psi special_round special_sinc special_xlog1py
    special_xlogy special_zeta sqrt square sub subtract tan tanh tanhshrink
    threshold true_divide trunc where xlogy zeros_like
"""
_OPERATORS = """
    __abs__ __add__ __and__ __eq__ __floordiv__ __ge__ __gt__ __invert__ __le__
    __lt__ __mod__ __mul__ __ne__ __neg__ __or__ __pos__ __pow__ __radd__ __rand__
    __rfloordiv__ __rmod__ __rmul__ __ror__ __rpow__ __rsub__ __rtruediv__ __rxor__
    __sub__ __truediv__ __xor__
"""
FUNCTIONS, OPERATORS = _FUNCTIONS.split(), _OPERATORS.split()


def _method(name: str) -> Callable[..., StandIn]:
    """Note the operation of that name, and stand in for its result."""

    def go(*operands: object, **options: object) -> StandIn:
        if not torch.is_grad_enabled():  # in no_grad() and in a Function's forward
            raise NotImplementedError
        result: StandIn | None = None
        noted: list[object] = [name, *options]
        for operand in (*operands, *options.values()) if options else operands:
            if type(operand) is StandIn:
                result = operand
            elif isinstance(operand, PLAIN):
                noted.append(operand)
            elif isinstance(operand, Tensor) and operand.numel() == 1:
                noted.append(operand.item())
            else:  # an array may hold another number for each point
                raise NotImplementedError
        if result is None:
            raise NotImplementedError
        result._trace += noted
        return result

    return go


METHODS = {name: _method(name) for name in (*FUNCTIONS, *OPERATORS)}

for _name in (*(n for n in FUNCTIONS if hasattr(Tensor, n)), *OPERATORS):
    setattr(StandIn, _name, METHODS[_name])
for _name in ("__array__", "__bool__", "__repr__"):
    setattr(StandIn, _name, _refuse)


def refuse_mixed_gradients(
    y: Tensor, xs: Sequence[Tensor], gradients: Sequence[Tensor]
) -> None:
    """Refuse f when a weight put on one value reaches the gradient of another point.

    For an elementwise f the Jacobian is diagonal, so weighting value k scales gradient
    k and no other. Powers of two scale without rounding.
    """
    if y.numel() < 2 or not y.requires_grad:
        return
    for weights in _weights(y):
        for w, g in zip(vjp(y, xs, weights, retain_graph=True), gradients, strict=True):
            if w is None:
                continue
            expected = g.detach() * weights.to(g.dtype)
            if torch.equal(w, expected):
                continue
            rtol, atol = torch.finfo(g.dtype).eps ** 0.5, torch.finfo(g.dtype).tiny
            same = torch.isclose(w, expected, rtol=rtol, atol=atol, equal_nan=True)
            if not same.all():
                place = int((~same).flatten().nonzero()[0])
                raise functions.not_elementwise(
                    f"the gradient at point {place} of {y.numel()} contains slopes of "
                    "other points' values"
                )


def _weights(y: Tensor) -> Iterator[Tensor]:
    """Powers of two for each value: in at least one set, any two values differ.

    They are the digits of the value's place, in a base that the dtype has room for.
    """
    base = {torch.float64: 256, torch.float16: 4}.get(y.dtype, 32)
    powers = torch.tensor([2.0**k for k in range(base)], dtype=y.dtype, device=y.device)
    block = 1
    while block < y.numel():
        steps = powers[: -(-y.numel() // block)].repeat_interleave(block)
        times = -(-y.numel() // len(steps))
        yield steps.repeat(times)[: y.numel()].reshape(y.shape)
        block *= base
