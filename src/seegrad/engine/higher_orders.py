"""Derivatives of order two and more."""

from __future__ import annotations

from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine import evaluation, reverse
from seegrad.engine.elementwise import is_elementwise, refuse_mixed_gradients
from seegrad.engine.taylor import taylor_derivative


def higher_derivative(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """A derivative of order two or more at checked points.

    Call it inside `state.preserve_state`.
    """
    found = _by_taylor(f, x, order) if is_elementwise(f, 1) else None
    return _by_nesting(f, x, order, check) if found is None else found


def _by_taylor(f: Function, x: Tensor, order: int) -> Tensor | None:
    """A higher derivative by Taylor arithmetic, or None where that doesn't know f."""
    if x.numel() <= evaluation.CHUNK:
        return taylor_derivative(f, x, order)
    found = evaluation._room(x.shape, x)
    for piece in evaluation._pieces(x.shape, evaluation._chunk(x)):
        part = taylor_derivative(f, x[piece], order)
        if part is None:
            return None
        found[piece] = part
    return found


def _by_nesting(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """A higher derivative, by differentiating the gradient again and again."""
    (leaf,), y = evaluation._call(f, (x,), "x", check)
    if check:
        functions.same_alone(f, (leaf,), y)
    (slope,) = evaluation._pull_all(y, [leaf], "x", create_graph=True)
    if check:
        refuse_mixed_gradients(y, (leaf,), (slope,))
    for step in range(2, order + 1):
        lower = slope
        slope = reverse.slope(lower, leaf, retain_graph=True, create_graph=step < order)
        if check:
            refuse_mixed_gradients(lower, (leaf,), (slope,))
    return slope.detach().clone()
