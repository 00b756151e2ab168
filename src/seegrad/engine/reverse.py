"""One reverse pass through autograd's graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seegrad.checks import functions


def vjp(
    y: Tensor,
    xs: Sequence[Tensor],
    weights: Tensor | None = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> tuple[Tensor | None, ...]:
    """The vector–Jacobian product: the gradient of (weights · y).sum() by each x.

    None stands for a variable that y does not depend on. Weights default to ones. The
    result is summed before it is differentiated, because ``torch.autograd.grad`` loads
    SymPy, half a second, where a result has more than one number.
    """
    with torch.enable_grad():  # f may have turned recording off
        total = y.sum() if weights is None else (weights * y).sum()
    try:
        return torch.autograd.grad(
            total,
            xs,
            retain_graph=retain_graph or create_graph,
            create_graph=create_graph,
            allow_unused=True,
        )
    except Exception as error:  # f's own backward passes run here
        raise ValueError(
            "f must be built of operations that autograd can run backwards, but its "
            f"backward pass raised {functions.raised(error, 'f')}"
        ) from error


def slope(
    y: Tensor, x: Tensor, *, retain_graph: bool = False, create_graph: bool = False
) -> Tensor:
    """The gradient of y.sum() by x, zero where y is constant, as the slope of 3x is."""
    if not y.requires_grad:
        return torch.zeros_like(x)
    (gradient,) = vjp(y, (x,), retain_graph=retain_graph, create_graph=create_graph)
    return torch.zeros_like(x) if gradient is None else gradient
