"""What autograd says at points: derivative and gradient."""

from __future__ import annotations

from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine import evaluation
from seegrad.engine.higher_orders import higher_derivative


@state.not_compiled
def derivative(f: Function, x: object, *, order: int = 1, check: bool = True) -> Tensor:
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
        Whether to verify that f is elementwise. False is faster, and where values
        depend on other points it gives the gradient of their sum.

    Returns
    -------
    torch.Tensor
        The derivative at each point, in the shape, dtype and device of x, in units of
        f per unit of x to the power `order`.

    Raises
    ------
    TypeError
        If f, x, order or check is of the wrong kind, or f does not return a tensor.
    NotElementwiseError, RandomFunctionError, NotConnectedError
        If values of f depend on other points, differ from call to call, or don't
        depend on x.
    ValueError
        If f returns another shape or raises.

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

    Whether f is elementwise is read off the graph that autograd recorded: every
    operation in it must be known to work element by element. A few points are then
    computed alone, to see what no graph shows, such as a mean that was detached. Such
    an f may be taken in pieces of 32,768 points a thread, which stay in the processor's
    cache. Any other f is verified by further passes, each over the sum of half of the
    values: nothing of it may reach the gradient of the other half.

    Order 2 is the gradient of the gradient. Higher orders are computed by Taylor
    arithmetic, order by order [2]_, where it knows f's operations and agrees with
    autograd's slope; else the passes are nested.

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
    x = arguments.points(x, "x", copy=False)
    with functions.calling(f, (x,), check):
        if order == 1:
            _, (slope,) = evaluation.value_and_gradient(f, (x,), "x", check)
            return slope
        return higher_derivative(f, x, order, check)


@state.not_compiled
def gradient(f: Function, *xs: object, check: bool = True) -> tuple[Tensor, ...]:
    """Differentiate a function of several variables by each of them.

    Parameters
    ----------
    f : callable
        A function of one tensor a variable, ``f(x0, x1, ...)``, that returns a tensor
        of their shape, computed elementwise.
    *xs : tensor, array, list or number
        The points, one argument a variable. Their shapes broadcast to one another.
    check : bool, optional
        Whether to verify that f is elementwise, as in `derivative`.

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
    NotElementwiseError, RandomFunctionError, NotConnectedError
        If values of f depend on other points, differ from call to call, or depend on no
        variable.
    ValueError
        If the shapes do not broadcast, or f returns another shape or raises.

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
    points = arguments.variables(xs, copy=False)
    with functions.calling(f, points, check):
        _, slopes = evaluation.value_and_gradient(f, points, check=check)
        return slopes
