"""Derivatives of order two and more."""

from __future__ import annotations

import math

from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine import elementwise, evaluation, reverse
from seegrad.engine.taylor import taylor_derivative


def higher_derivative(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """The derivative of that order, two or more, at checked points.

    Call it inside `state.preserve_state`.
    """
    leaf = evaluation.leaf(x)
    hooks = elementwise.Hooks()
    y = functions.call(f, (leaf,), hooks if check else functions.NO_MODE)
    functions.depends(y, "x")
    (slope,) = evaluation.by_each(y, (leaf,), "x", create_graph=True)
    if order > 2:
        result = taylor_derivative(f, leaf, y, slope, order)
        if result is not None:  # jets know elementwise operations only
            return result
    verifying = check and not elementwise.is_certain(f, (leaf,), y, (slope,), hooks)
    if verifying:
        elementwise.verify(f, (x,))
    return _by_nesting(leaf, slope, order, verifying)


def _by_nesting(leaf: Tensor, slope: Tensor, order: int, verifying: bool) -> Tensor:
    """Differentiate the gradient again and again."""
    lost = ~slope.isfinite()
    for step in range(2, order + 1):
        lower = slope
        slope = reverse.slope(lower, leaf, retain_graph=True, create_graph=step < order)
        if verifying:
            elementwise.verify_slopes(lower, (leaf,))
        lost |= ~slope.isfinite()
    # Above an order that is no number, autograd may give a number, as for x * inf.
    return slope.detach().masked_fill(lost & slope.isfinite(), math.nan)
