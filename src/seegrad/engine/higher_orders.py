"""Derivatives of order two and more."""

from __future__ import annotations

from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine import elementwise, evaluation, reverse
from seegrad.engine.taylor import taylor_derivative


def higher_derivative(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """A derivative of order two or more at checked points.

    Call it inside `state.preserve_state`.
    """
    found = _by_taylor(f, x, order) if order > 2 else None
    return _by_nesting(f, x, order, check) if found is None else found


def _by_taylor(f: Function, x: Tensor, order: int) -> Tensor | None:
    """A higher derivative by Taylor arithmetic, or None where that doesn't know f."""
    return taylor_derivative(f, x, order)


def _by_nesting(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """A higher derivative, by differentiating the gradient again and again."""
    if check:
        elementwise.verify(f, (x,))
    leaf = evaluation.leaf(x)
    y = functions.call(f, (leaf,))
    functions.depends(y, "x")
    (slope,) = evaluation.by_each(y, (leaf,), "x", create_graph=True)
    for step in range(2, order + 1):
        lower = slope
        slope = reverse.slope(lower, leaf, retain_graph=True, create_graph=step < order)
        if check:
            elementwise.verify_slopes(lower, (leaf,))
    return slope.detach().clone()
