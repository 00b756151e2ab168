"""Whether f is elementwise: read off its graph, or verified point by point.

The nodes that autograd recorded between f's result and the points tell most functions
at a glance: sums, products, sines and their like work element by element. Hooks, which
no node shows, are noticed as f asks for them. What else can't be read off the nodes,
such as a mean that was detached, is seen where a few points stand alone. Any other f is
verified: by its values, and by reverse passes that leave out half of the values at a
time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine.reverse import vjp

# Autograd's names of operations that compute each value from its own point, without
# "Backward" and its number. Reshaping keeps the order of the points, and where nothing
# shrinks, nothing can have been repeated.
NAMES = """
    Abs Acos Acosh Add Addcdiv Addcmul Alias Asin Asinh Atan Atan2 Atanh Ceil Celu Clamp
    ClampMax ClampMin Clone Copysign Cos Cosh Deg2Rad Digamma Div Elu Erf Erfc Erfinv
    Exp Exp2 Expand Expm1 Floor Fmax Fmin Fmod Frac Gelu Hardshrink Hardsigmoid
    Hardswish Hardtanh Hypot I0 LeakyRelu Lerp Lgamma Log Log10 Log1P Log2 LogSigmoid
    Logaddexp Logaddexp2 Logit MaskedFill Maximum Minimum Mish Mul NanToNum Neg
    Polygamma Pow Rad2Deg Reciprocal Relu Remainder ReshapeAlias Round Rsqrt Rsub Sgn
    Sigmoid Sign Silu Sin Sinc Sinh Softplus Softshrink SpecialEntr SpecialErfcx
    SpecialI0E SpecialI1 SpecialI1E SpecialLogNdtr SpecialNdtri SpecialXlog1Py
    Sqrt Squeeze Sub Tan Tanh Threshold ToCopy Trunc UnsafeView Unsqueeze
    View Where Xlogy
"""
ELEMENTWISE = frozenset(NAMES.split())
# A class of the reader's own has no number at the end of its name.
OPERATION = re.compile(r"(\w+)Backward\d+")
HOOKS = (Tensor.register_hook, Tensor.grad_fn.__get__)  # type: ignore[union-attr]
ACCUMULATE = "torch::autograd::AccumulateGrad"


def is_certain(
    f: Function,
    xs: Sequence[Tensor],
    y: Tensor,
    slopes: Sequence[Tensor],
    hooks: Hooks,
) -> bool:
    """Whether f is elementwise by its graph, without hooks, and by points alone."""
    return not hooks.used and is_recorded(y) and agrees_alone(f, xs, y, slopes)


def is_recorded(y: Tensor) -> bool:
    """Whether all that autograd recorded of y works element by element."""
    todo: list[Any] = [y.grad_fn]
    seen: set[Any] = {None}
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if not _is_elementwise(node.name()):
            return False
        todo += [successor for successor, _ in node.next_functions]
    return True


@cache
def _is_elementwise(name: str) -> bool:
    operation = OPERATION.fullmatch(name)
    return name == ACCUMULATE or bool(operation and operation[1] in ELEMENTWISE)


def agrees_alone(
    f: Function, xs: Sequence[Tensor], y: Tensor, slopes: Sequence[Tensor]
) -> bool:
    """Whether f a small step from three points, alone, is as y and the slopes say.

    It is y + slope · step, up to rounding and what f bends. Where f has a corner, or
    bends more, False is no verdict yet. The points are those of the least and of the
    greatest x, and one between: what is true of all points, or of any, is seldom true
    of each alone. No step leads over the edge of the points, which may be that of f's
    domain.
    """
    eps = max(torch.finfo(t.dtype).eps for t in (*xs, y))
    places, greatest = _telling_places(xs[0], eps**0.5)
    heights = y.flatten()[places].tolist()
    pairs = [
        (x.flatten()[places].tolist(), slope.flatten()[places].tolist())
        for x, slope in zip(xs, slopes, strict=True)
    ]
    for k, place in enumerate(places):
        sign = -1 if place == greatest else 1
        rise, error = 0.0, 64 * eps * abs(heights[k])
        alone = []
        for x, (starts, slope) in zip(xs, pairs, strict=True):
            end = starts[k] + sign * eps**0.5 * max(abs(starts[k]), 1.0)
            point = x.new_full((1,) * x.ndim, end)
            change = slope[k] * (point.item() - starts[k])
            rise += change
            error += 0.01 * abs(change)
            alone.append(point.requires_grad_())
        try:
            value = functions.call(f, alone).item()
        except (TypeError, ValueError):
            return False
        if not abs(value - heights[k] - rise) <= error:  # nan neither
            return False
    return True


def agrees_together(f: Function, xs: Sequence[Tensor], y: Tensor) -> bool:
    """Whether f of some points, together, is as y, which was taken in pieces, says.

    f may choose by the points that it gets: so some of every piece come together here.
    """
    try:
        together = functions.call(f, [leaf.requires_grad_() for leaf in xs]).detach()
    except (TypeError, ValueError):
        return False
    eps = torch.finfo(y.dtype).eps
    return torch.allclose(together, y, rtol=eps**0.5, atol=64 * eps, equal_nan=True)


class Hooks(TorchFunctionMode):
    """Notes whether f asks for hooks, which may mix gradients and leave no trace."""

    used = False

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call the function, and take a note."""
        self.used |= function in HOOKS
        return function(*args, **(kwargs or {}))


def _telling_places(x: Tensor, step: float) -> tuple[list[int], int]:
    """The places of the least and the greatest x, and one between; the greatest's.

    Between is the x nearest to 0 that a step doesn't lead to, for many an f has a
    corner there; or else one a third on.
    """
    if not x.numel():
        return [], 0
    least, greatest = int(x.argmin()), int(x.argmax())
    sizes = x.abs()
    between = int(sizes.masked_fill_(sizes <= 2 * step, math.inf).argmin())
    if between in (least, greatest):
        between = x.numel() // 3
    return sorted({least, greatest, between}), greatest


def verify(f: Function, xs: Sequence[Tensor]) -> None:
    """Refuse f where it changes its points, or depends on other points."""
    recording = torch.is_grad_enabled()  # without, f may be NumPy's
    leaves = [x.detach().clone().requires_grad_(recording) for x in xs]
    y = functions.call(f, leaves)
    functions.unchanged(leaves, xs)
    if y.numel() < 2:
        return
    functions.same_alone(f, leaves, y)
    if y.requires_grad:
        verify_slopes(y, leaves)
    else:
        _verify_values(f, leaves, y)


def verify_slopes(y: Tensor, xs: Sequence[Tensor]) -> None:
    """Refuse y where some value reaches the gradient of another point.

    An elementwise y has a diagonal Jacobian: where values are left out of y.sum(), the
    gradient at their own points is 0. Left out are the places with one digit of their
    binary number alike, for any two places differ in some digit.
    """
    if y.numel() < 2 or not y.requires_grad:
        return
    gradients = _weighted(y, xs, torch.ones_like(y))
    _verify_linear(y, xs, gradients)
    for kept in _halves(y):
        for part, gradient in zip(_weighted(y, xs, kept), gradients, strict=True):
            reached = (part != 0) & ~kept & gradient.isfinite()  # 0 · inf isn't 0
            if reached.any():
                place = int(reached.flatten().nonzero()[0])
                raise functions.not_elementwise(
                    f"the gradient at point {place} of {y.numel()} contains slopes of "
                    "other points' values"
                )


def _verify_linear(y: Tensor, xs: Sequence[Tensor], gradients: list[Tensor]) -> None:
    """Refuse a backward pass that doesn't scale with the gradient that comes in.

    Numbers inside may overflow or underflow, so it counts where both twice and half
    of it tell the same.
    """
    scales = [0.0, 0.5, 2.0]
    scaled = [_weighted(y, xs, torch.full_like(y, scale)) for scale in scales]
    for once, nothing, half, twice in zip(gradients, *scaled, strict=True):
        # Numbers inside f may be of a narrow dtype, or too small for theirs.
        rtol, atol = 1 / 16, torch.finfo(once.dtype).tiny
        off = (nothing != 0) | ~(
            torch.isclose(half, once / 2, rtol=rtol, atol=atol)
            | torch.isclose(twice, once * 2, rtol=rtol, atol=atol)
        )
        off &= once.isfinite()
        if off.any():
            place = int(off.flatten().nonzero()[0])
            shown = [t.flatten()[place].item() for t in (nothing, half, once, twice)]
            raise functions.nonlinear_backward(place, shown)


def _weighted(y: Tensor, xs: Sequence[Tensor], weights: Tensor) -> list[Tensor]:
    """The gradient of the weighted sum, zero for a variable that y ignores."""
    gradients = vjp(y, xs, weights.to(y.dtype), retain_graph=True)
    pairs = zip(gradients, xs, strict=True)
    return [torch.zeros_like(x) if g is None else g.detach() for g, x in pairs]


def _verify_values(f: Function, xs: Sequence[Tensor], y: Tensor) -> None:
    """The same by values, for an f without a graph: half of the points are moved."""
    for kept in _halves(y):
        moved = [
            torch.where(kept, x, 0.75 * x + 0.0625)
            .detach()
            .requires_grad_(x.requires_grad)
            for x in xs
        ]
        beside = functions.call(f, moved)
        eps = torch.finfo(y.dtype).eps
        same = torch.isclose(beside, y, rtol=eps**0.5, atol=64 * eps, equal_nan=True)
        changed = ~same & kept
        if changed.any():
            place = int(changed.flatten().nonzero()[0])
            raise functions.not_elementwise(
                f"the value at point {place} of {y.numel()} changes when other points "
                "are moved"
            )


def _halves(y: Tensor) -> Iterator[Tensor]:
    """For each binary digit, the places that have it, and those that don't."""
    places = torch.arange(y.numel(), device=y.device).reshape(y.shape)
    for digit in range((y.numel() - 1).bit_length()):
        kept = (places >> digit) & 1 == 1
        yield kept
        yield ~kept
