"""What autograd says at points: derivative and gradient."""

from __future__ import annotations

from torch import Tensor

from seegrad.checks import arguments, state
from seegrad.checks.functions import Function
from seegrad.engine import evaluation
from seegrad.engine.higher_orders import higher_derivative


def derivative(
    f: Function, x: object, *, order: int = 1, check: bool | None = None
) -> Tensor:
    """Differentiate a function of one variable at every point of x.

    Parameters
    ----------
    f : callable
        A function of one tensor that returns a tensor of the same shape, computed
        elementwise: each value depends on its own point only.
    x : tensor, array, list or number
        The points, of any shape. Tensors and arrays keep their floating dtype and
        tensors their device; numbers, lists and integers become float64.
    order : int, optional
        Which derivative: 1 for f′, 2 for f″ and so on.
    check : bool, optional
        None makes cheap checks that f keeps the points apart; True also diagnoses f at
        every point, and warns where it has no derivative or autograd hasn't got it;
        False makes no check of f, and is fastest.

    Returns
    -------
    torch.Tensor
        The derivative at each point, in the shape, dtype and device of x, in units of
        f per unit of x to the power `order`.

    Raises
    ------
    TypeError
        If f, x, order or check is of the wrong kind, or f does not return a tensor.
    ValueError
        If f mixes points, returns another shape, does not depend on x, or raises.

    Warns
    -----
    NotDifferentiableWarning
        With ``check=True``, where `diagnose` finds anything but a smooth f; for higher
        orders, a smooth lower derivative.

    See Also
    --------
    diagnose : Whether there is a derivative.
    gradient : The same for several variables.
    numerical_derivative : The same by central differences.

    Notes
    -----
    One reverse pass gives all points. With y = f(x), autograd computes the product
    of a vector v with the Jacobian, vᵀJ [1]_. An elementwise f has a diagonal J with
    f′ on it, so v = (1, …, 1) gives f′ at every point.

    Where f goes through with a stand-in for its points, which knows elementwise
    operations only, nothing else needs to be checked, and many points are taken in
    pieces of 32,768 a thread, which stay in the processor's cache. Its higher orders
    are computed by Taylor arithmetic, order by order [2]_. For any other f the passes
    are nested, and values and gradients are compared to see that no points mix.

    References
    ----------
    .. [1] A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed., SIAM, 2008,
       section 3.2.
    .. [2] The same, section 13.2.

    Examples
    --------
    The derivative of x³ is 3x², and the second derivative is 6x:

    >>> import seegrad
    >>> seegrad.derivative(lambda x: x**3, [0.0, 1.0, 2.0])
    tensor([ 0.,  3., 12.], dtype=torch.float64)
    >>> seegrad.derivative(lambda x: x**3, [0.0, 1.0, 2.0], order=2)
    tensor([ 0.,  6., 12.], dtype=torch.float64)
    """
    order = arguments.whole_number(order, "order", least=1)
    check = arguments.flag(check, "check")
    arguments.function(f)
    x = arguments.points(x, "x", fresh=False)
    with state.preserve_state(x.device):
        if order == 1:
            (slope,) = evaluation.slopes(f, (x,), "x", check is not False)
        else:
            slope = higher_derivative(f, x, order, check is not False)
        if check:
            from seegrad.diagnosis import (
                verdict as diagnosis,  # which differentiates with this module
            )

            diagnosis.warn_up_to(order, f, (x,), stacklevel=2)
    return slope


def gradient(f: Function, *xs: object, check: bool | None = None) -> tuple[Tensor, ...]:
    """Differentiate a function of several variables by each of them.

    Parameters
    ----------
    f : callable
        A function of one tensor a variable, ``f(x0, x1, ...)``, that returns a tensor
        of their shape, computed elementwise.
    *xs : tensor, array, list or number
        The points, one argument a variable. Their shapes broadcast to one another.
    check : bool, optional
        None, True or False, as in `derivative`.

    Returns
    -------
    tuple of torch.Tensor
        One partial derivative a variable, each in the broadcast shape and in the dtype
        of its variable, in units of f per unit of that variable. A variable that f
        ignores has gradient zero.

    Raises
    ------
    TypeError
        If f, a variable or check is of the wrong kind, or f does not return a tensor.
    ValueError
        If the shapes do not broadcast, or f mixes points, returns another shape,
        depends on no variable, or raises.

    Warns
    -----
    NotDifferentiableWarning
        With ``check=True``, where `diagnose` finds anything but a smooth f.

    See Also
    --------
    derivative : One variable, and higher orders.
    gradient_field : The same over a grid.

    Notes
    -----
    As in `derivative`, one reverse pass with a vector of ones gives all partial
    derivatives at all points.

    Examples
    --------
    The gradient of x0² + x1² is (2·x0, 2·x1):

    >>> import seegrad
    >>> seegrad.gradient(lambda x0, x1: x0**2 + x1**2, [1.0, 2.0], 3.0)
    (tensor([2., 4.], dtype=torch.float64), tensor([6., 6.], dtype=torch.float64))
    """
    check = arguments.flag(check, "check")
    arguments.function(f)
    points = arguments.variables(xs, fresh=False)
    with state.preserve_state(points[0].device):
        found = evaluation.slopes(f, points, check=check is not False)
        if check:
            from seegrad.diagnosis import verdict as diagnosis

            diagnosis.warn_up_to(1, f, points, stacklevel=2)
    return found
