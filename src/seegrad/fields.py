"""GradientField and Path: gradients over a grid, and a walk down along them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.diagnosis import verdict as diagnosis
from seegrad.differences import numerical_gradient
from seegrad.engine.evaluation import value_and_gradient


@dataclass(frozen=True, eq=False)
class GradientField:
    """A function of two variables and its gradient over a grid.

    Row j and column i of the arrays belong to the point (x0[i], x1[j]), as
    ``numpy.meshgrid`` lays it and ``quiver`` and ``contour`` expect it. Made by
    `gradient_field`.
    """

    x0: Tensor
    """The grid's columns: the first variable, of shape (m,)."""
    x1: Tensor
    """The grid's rows: the second variable, of shape (n,)."""
    values: Tensor
    """f at each point, of shape (n, m)."""
    g0: Tensor
    """∂f/∂x0 at each point, of shape (n, m)."""
    g1: Tensor
    """∂f/∂x1 at each point, of shape (n, m)."""


@dataclass(frozen=True, eq=False)
class Path:
    """The points that gradient descent went through. Made by `descend`."""

    points: Tensor
    """The start and the point after each step, of shape (steps + 1, variables)."""
    values: Tensor
    """f at each of these points, of shape (steps + 1,)."""


def gradient_field(
    f: Function,
    x0: object,
    x1: object,
    *,
    method: str = "autograd",
    check: bool = True,
) -> GradientField:
    """Take the gradient of a function of two variables at every point of a grid.

    Parameters
    ----------
    f : callable
        A function of two tensors, computed elementwise.
    x0 : tensor, array or list of shape (m,)
        The first variable: the grid's columns.
    x1 : tensor, array or list of shape (n,)
        The second variable: the grid's rows.
    method : {"autograd", "numerical"}, optional
        Reverse-mode differentiation, or central differences.
    check : bool, optional
        None, True or False, as in `derivative`. With True either method warns of a
        graph that is cut; central differences are always checked at least as with None.

    Returns
    -------
    GradientField
        `x0`, `x1`, and `values`, `g0`, `g1` of shape (n, m).

    Raises
    ------
    TypeError
        If f, an axis, method or check is of the wrong kind, or f does not return a
        tensor.
    ValueError
        If an axis isn't one-dimensional or is empty, method isn't known, or f mixes
        points, returns another shape, depends on neither variable, or raises.

    Warns
    -----
    NotDifferentiableWarning
        With ``check=True``, where `diagnose` finds anything but a smooth f.

    See Also
    --------
    gradient : The same at any points.
    plot_gradient_field : Draw it.

    Notes
    -----
    One argument a variable leaves no room for the classic mistake with arrays of
    points, where rows and columns trade places. See `gradient` for the method.

    Examples
    --------
    x0·x1 has the gradient (x1, x0):

    >>> import seegrad
    >>> field = seegrad.gradient_field(lambda x0, x1: x0 * x1, [0, 1, 2], [5, 7])
    >>> field.g0
    tensor([[5., 5., 5.],
            [7., 7., 7.]], dtype=torch.float64)
    >>> field.g1
    tensor([[0., 1., 2.],
            [0., 1., 2.]], dtype=torch.float64)
    """
    arguments.function(f)
    method = arguments.choice(method, "method", ("autograd", "numerical"))
    check = arguments.flag(check, "check")
    device = next((x.device for x in (x0, x1) if isinstance(x, Tensor)), None)
    x0, x1 = arguments.axis(x0, "x0", device), arguments.axis(x1, "x1", device)
    arguments.one_device({"x0": x0, "x1": x1})
    grid = arguments.variables((x0, x1[:, None]), fresh=False)
    known = None
    with state.preserve_state(grid[0].device):
        if method == "numerical":
            g0, g1 = numerical_gradient(f, *grid)
            values = functions.call(f, [x.clone() for x in grid]).detach().clone()
        else:
            known = value_and_gradient(f, grid, "x0 and x1", check)
            values, (g0, g1) = known
        if check:
            diagnosis.warn(diagnosis.examine(f, grid, known), stacklevel=2)
    return GradientField(x0=x0, x1=x1, values=values, g0=g0, g1=g1)


def descend(f: Function, start: object, *, learning_rate: float, steps: int) -> Path:
    """Walk downhill: gradient descent on a function of one or more variables.

    Parameters
    ----------
    f : callable
        A function of one tensor a variable, ``f(x0, x1, ...)``.
    start : tensor, array or list of shape (variables,)
        Where to begin, one number a variable.
    learning_rate : float
        How far to go for a slope of one; above zero.
    steps : int
        How many steps to take; from 0.

    Returns
    -------
    Path
        `points` of shape (steps + 1, variables) and `values` of shape (steps + 1,).

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If start isn't one-dimensional, finite and of at least one number,
        learning_rate isn't above zero, steps is negative, the walk leaves the finite
        numbers, or f returns another shape, depends on no variable, or raises.

    See Also
    --------
    gradient_field : The slopes it walks on.
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
    >>> path = seegrad.descend(lambda x: x**2, [8.0], learning_rate=0.25, steps=3)
    >>> path.points.flatten()
    tensor([8., 4., 2., 1.], dtype=torch.float64)
    >>> path.values
    tensor([64., 16.,  4.,  1.], dtype=torch.float64)
    """
    arguments.function(f)
    learning_rate = arguments.positive(learning_rate, "learning_rate")
    steps = arguments.whole_number(steps, "steps", least=0)
    start = arguments.axis(start, "start")
    arguments.finite(start, "start")
    with state.preserve_state(start.device):
        return _walk(f, start, learning_rate, steps)


def _walk(
    f: Callable[..., Tensor], start: Tensor, learning_rate: float, steps: int
) -> Path:
    point = start
    points, values = [], []
    for step in range(steps + 1):
        value, slopes = value_and_gradient(f, list(point))
        if not (value.isfinite() and point.isfinite().all()):
            raise ValueError(
                "learning_rate must be small enough for the walk to stay finite, but "
                f"with {learning_rate:g} f is {value.item():g} by step {step}. "
                "Try a tenth of it, or another start."
            )
        points.append(point)
        values.append(value)
        point = point - learning_rate * torch.stack(slopes).to(point.dtype)
    return Path(points=torch.stack(points), values=torch.stack(values))
