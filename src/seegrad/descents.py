"""Descent: the points that gradient descent goes through."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seegrad.checks import arguments, state
from seegrad.checks.functions import Function
from seegrad.engine.evaluation import value_and_gradient
from seegrad.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class Descent(Result):
    """The points that gradient descent went through. Made by `descend`."""

    points: Tensor
    """The start and the point after each step, of shape (steps + 1, variables)."""
    values: Tensor
    """f at each of these points, of shape (steps + 1,)."""


@state.not_compiled
def descend(f: Function, start: object, *, learning_rate: float, steps: int) -> Descent:
    """Go downhill: gradient descent on a function of one or more variables.

    Parameters
    ----------
    f : callable
        A function of one tensor a variable, ``f(x0, x1, ...)``.
    start : tensor, array or list of shape (variables,)
        Where to begin, one number a variable.
    learning_rate : float
        The factor between the gradient and a step; above zero.
    steps : int
        How many steps to take; from 0.

    Returns
    -------
    Descent
        `points` of shape (steps + 1, variables) and `values` of shape (steps + 1,).

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If start isn't one-dimensional, finite and of at least one number, f isn't
        finite there, learning_rate isn't above zero, steps is negative, a later value
        or point isn't finite, or f returns another shape, depends on no variable, or
        raises.

    See Also
    --------
    gradient_field : The gradient over a grid.
    plot_descent : Draw it.

    Notes
    -----
    Each step is x ← x − learning_rate · ∇f(x), Cauchy's method of 1847 [1]_.

    References
    ----------
    .. [1] J. Nocedal and S. Wright, Numerical Optimization, 2nd ed., Springer, 2006,
       section 2.2.

    Examples
    --------
    On x² a rate of 0.25 halves x at each step:

    >>> import seegrad
    >>> descent = seegrad.descend(lambda x: x**2, [8.0], learning_rate=0.25, steps=3)
    >>> descent.points.flatten()
    tensor([8., 4., 2., 1.], dtype=torch.float64)
    >>> descent.values
    tensor([64., 16.,  4.,  1.], dtype=torch.float64)
    """
    arguments.function(f)
    learning_rate = arguments.positive(learning_rate, "learning_rate")
    steps = arguments.whole_number(steps, "steps", least=0)
    start = arguments.axis(start, "start")
    arguments.finite(start, "start")
    with state.preserve_state(start.device, f, *start):
        return _descend(f, start, learning_rate, steps)


def _descend(f: Function, start: Tensor, learning_rate: float, steps: int) -> Descent:
    point = start
    points, values = [], []
    for step in range(steps + 1):
        value, slopes = value_and_gradient(f, list(point))
        if not (value.isfinite() and point.isfinite().all()):
            raise _left_the_numbers(step, learning_rate, value.item())
        points.append(point)
        values.append(value)
        point = point - learning_rate * torch.stack(slopes).to(point.dtype)
    return Descent(points=torch.stack(points), values=torch.stack(values))


def _left_the_numbers(step: int, learning_rate: float, value: float) -> ValueError:
    if step == 0:
        return ValueError(
            f"start must be a point where f is finite, but f is {value:g} there. "
            "Choose another start."
        )
    return ValueError(
        "learning_rate must be small enough for f and the points to stay finite, but "
        f"with {learning_rate:g} f is {value:g} by step {step}. Try a tenth of it, or "
        "another start."
    )
