"""GradientField: the gradient of a function of two variables over a grid."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.differences import numerical_gradient
from seegrad.engine.evaluation import value_and_gradient
from seegrad.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class GradientField(Result):
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


@state.not_compiled
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
        Whether to check that f is elementwise. Central differences check it always.

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
        If an axis isn't one-dimensional or is empty, method isn't known, or f isn't
        elementwise, returns another shape, depends on neither variable, or raises.

    See Also
    --------
    gradient : The same at any points.
    diagnose : Whether there is a gradient, and whether autograd has it.
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
    grid = arguments.variables((x0, x1[:, None]), copy=False)
    with functions.calling(f, grid, check):
        if method == "autograd":
            values, (g0, g1) = value_and_gradient(f, grid, "x0 and x1", check)
        else:
            g0, g1 = numerical_gradient(f, *grid)
            values = functions.call(f, [x.clone() for x in grid]).detach().clone()
    return GradientField(x0=x0, x1=x1, values=values, g0=g0, g1=g1)
