"""Central differences: an independent check without autograd."""

from __future__ import annotations

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine import elementwise


@state.not_compiled
def numerical_derivative(f: Function, x: object, *, h: float | None = None) -> Tensor:
    """Differentiate a function of one variable by central differences.

    Parameters
    ----------
    f : callable
        A function of one tensor that returns a tensor of the same shape, computed
        elementwise.
    x : tensor, array, list or number
        The points, of any shape; converted as in `derivative`.
    h : float, optional
        The step, in units of x. By default chosen for each point from its dtype and
        size, see Notes.

    Returns
    -------
    torch.Tensor
        (f(x + h) − f(x − h)) / 2h at each point, in the shape, dtype and device of x;
        nan where x isn't finite.

    Raises
    ------
    TypeError
        If f, x or h is of the wrong kind, or f does not return a tensor.
    ValueError
        If h isn't above zero, or too small or too large for x + h and x − h in x's
        dtype, or f isn't elementwise, returns another shape, or raises.

    See Also
    --------
    derivative : The same by autograd, without a step to choose.

    Notes
    -----
    The formula is wrong by about h²·f‴/6, and rounding adds about ε·f/h. The sum is
    smallest near h = ε^(1/3)·x with ε the spacing of the dtype at 1 [1]_. The default
    is that step, with the size of x taken as at least 1, rounded to a power of two.

    x + h and x − h are rounded, too: in float32, 1000 + 1e-4 is 1000.000122. So the
    difference is divided by the step taken, (x + h) − (x − h), and not by 2h.

    References
    ----------
    .. [1] W. H. Press et al., Numerical Recipes, 3rd ed., Cambridge University Press,
       2007, section 5.7.

    Examples
    --------
    Central differences are exact for x², up to rounding:

    >>> import seegrad
    >>> seegrad.numerical_derivative(lambda x: x**2, [1.0, 2.0], h=0.5)
    tensor([2., 4.], dtype=torch.float64)

    For x³ at 1 they give 3 + h²:

    >>> seegrad.numerical_derivative(lambda x: x**3, 1.0, h=0.5)
    tensor(3.2500, dtype=torch.float64)
    """
    arguments.function(f)
    x = arguments.points(x, "x")
    return _differences(f, (x,), h)[0]


@state.not_compiled
def numerical_gradient(
    f: Function, *xs: object, h: float | None = None
) -> tuple[Tensor, ...]:
    """Differentiate a function of several variables by central differences.

    Parameters
    ----------
    f : callable
        A function of one tensor a variable, computed elementwise.
    *xs : tensor, array, list or number
        The points, one argument a variable; they broadcast to one shape.
    h : float, optional
        The step, in the units of the variable. By default chosen as in
        `numerical_derivative`.

    Returns
    -------
    tuple of torch.Tensor
        One partial derivative a variable, in the broadcast shape.

    Raises
    ------
    TypeError
        If f, a variable or h is of the wrong kind, or f does not return a tensor.
    ValueError
        If the shapes do not broadcast, h isn't above zero, or too small or too large
        for a variable's dtype, or f isn't elementwise, returns another shape, or
        raises.

    See Also
    --------
    gradient : The same by autograd.
    numerical_derivative : The formula, its source and its error.

    Examples
    --------
    The gradient of x0² + x1² at (3, 4) is (6, 8):

    >>> import seegrad
    >>> seegrad.numerical_gradient(lambda x0, x1: x0**2 + x1**2, 3, 4, h=0.5)
    (tensor(6., dtype=torch.float64), tensor(8., dtype=torch.float64))
    """
    arguments.function(f)
    return _differences(f, arguments.variables(xs), h)


def _differences(
    f: Function, xs: tuple[Tensor, ...], h: float | None
) -> tuple[Tensor, ...]:
    step = None if h is None else arguments.positive(h, "h")
    with functions.calling(f, xs), torch.no_grad():
        sides = [_sides(x, step) for x in xs]
        _verify(f, xs)
        return tuple(_difference(f, xs, k, *pair) for k, pair in enumerate(sides))


def _verify(f: Function, xs: tuple[Tensor, ...]) -> None:
    """Refuse an f that isn't elementwise, told by its graph where it has one."""
    leaves = [x.clone().requires_grad_() for x in xs]
    try:
        with torch.enable_grad():
            y = functions.call(f, leaves)
    except (TypeError, ValueError):  # NumPy inside of f can't read what records
        y = xs[0]
    functions.unchanged(leaves, xs)
    if y.requires_grad and y.numel() > 1 and elementwise.is_recorded(y):
        functions.same_alone(f, xs, y)
    else:
        elementwise.verify(f, xs)


def _difference(
    f: Function, xs: tuple[Tensor, ...], k: int, above: Tensor, below: Tensor
) -> Tensor:
    """The slope along variable k, from the values at `above` and `below`."""
    high, low = (
        functions.call(f, [*_copies(xs[:k]), side.clone(), *_copies(xs[k + 1 :])])
        for side in (above, below)
    )
    taken = above - below
    taken = taken.masked_fill(taken.isinf(), torch.nan)
    return ((high - low) / taken).to(xs[k].dtype)


def _copies(xs: tuple[Tensor, ...]) -> list[Tensor]:
    return [x.clone() for x in xs]


def _sides(x: Tensor, step: float | None) -> tuple[Tensor, Tensor]:
    """The points above and below x, rounded; a given step that is lost is refused."""
    if step is None:
        best = _step(x)
        return x + best, x - best
    h = min(step, torch.finfo(x.dtype).max)
    above, below = x + h, x - h
    for fault, what, size in (
        ((above == x) | (below == x), "rounds to x", "larger"),
        ((above - below).isinf(), "overflows", "smaller"),
    ):
        bad = x[fault & x.isfinite()]
        if len(bad):
            raise ValueError(
                f"h must be a step that {x.dtype} can take from every point, but with "
                f"h = {step:g} x + h or x - h {what} at x = {bad[0].item():g}. Choose "
                f"a {size} h, pass float64 points, or leave h out."
            )
    return above, below


def _step(x: Tensor) -> Tensor:
    """ε^(1/3)·max(|x|, 1), rounded down to a power of two."""
    best = torch.finfo(x.dtype).eps ** (1 / 3) * x.abs().clamp(min=1.0)
    return torch.ldexp(torch.ones_like(x), torch.frexp(best).exponent - 1)
