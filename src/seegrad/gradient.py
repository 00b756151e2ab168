"""What autograd says at points: derivative and gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from seegrad import _check
from seegrad._check import Function
from seegrad._elementwise import is_elementwise
from seegrad._engine import run_backward
from seegrad.taylor import taylor_derivative


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
    order = _check.whole_number(order, "order", least=1)
    check = _check.flag(check, "check")
    _check.function(f)
    x = _check.points(x, "x", fresh=False)
    with _check.undisturbed(x.device):
        if order == 1:
            (slope,) = slopes(f, (x,), "x", check is not False)
        else:
            slope = _higher(f, x, order, check is not False)
        if check:
            from seegrad import diagnosis  # which differentiates with this module

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
    check = _check.flag(check, "check")
    _check.function(f)
    points = _check.variables(xs, fresh=False)
    with _check.undisturbed(points[0].device):
        found = slopes(f, points, check=check is not False)
        if check:
            from seegrad import diagnosis

            diagnosis.warn_up_to(1, f, points, stacklevel=2)
    return found


def value_and_gradient(
    f: Function, xs: Sequence[Tensor], names: str = "its arguments", check: bool = True
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The values of f and one gradient a variable, at checked points of one shape.

    All are new tensors without a graph, and f can't change the points. Call it inside
    `_check.undisturbed`.
    """
    values: list[Tensor] = []
    found = slopes(f, xs, names, check, values)
    return values[0], found


# PyTorch gives each thread at least so many elements of an elementwise operation. In
# float64 they are 256 KB, so the few arrays in use at a time stay in a core's cache.
CHUNK = 32_768
# Of more bytes than these, glibc has none at hand: its DEFAULT_MMAP_THRESHOLD_MAX.
FRESH = 2**25


def slopes(
    f: Function,
    xs: Sequence[Tensor],
    names: str = "its arguments",
    check: bool = True,
    values: list[Tensor] | None = None,
) -> tuple[Tensor, ...]:
    """The gradients alone; the values too are put into the list, where there is one."""
    many = xs[0].numel() > CHUNK
    apart = (check or many) and is_elementwise(f, len(xs))
    if apart and many:
        return _in_pieces(f, xs, names, values)
    doubtful = check and not apart
    leaves, y = _call(f, xs, names, doubtful, apart)
    found = _pull_all(y, leaves, names, keep=doubtful)
    if doubtful:
        _check.same_alone(f, leaves, y)
        _refuse_mixed_gradients(y, leaves, found)
    if values is not None:
        values.append(y.detach().clone())
    alone = apart and len(xs) == 1  # else autograd may give a tensor twice, or f's own
    return tuple(found) if alone else tuple(g.clone() for g in found)


def _in_pieces(
    f: Function,
    xs: Sequence[Tensor],
    names: str,
    values: list[Tensor] | None,
) -> tuple[Tensor, ...]:
    """The same for an f that keeps the points apart, a piece of them at a time."""
    shape = xs[0].shape
    found = tuple(_room(shape, x) for x in xs)
    ones: Tensor | None = None
    for piece in _pieces(shape, _chunk(xs[0])):
        leaves, y = _call(f, [x[piece] for x in xs], names, apart=True)
        if ones is None or ones.shape != y.shape:  # the last piece may be smaller
            ones = torch.ones_like(y)
        for whole, part in zip(found, _pull_all(y, leaves, names, ones), strict=True):
            whole[piece] = part
        if values is not None:
            if not values:
                values.append(_room(shape, y))
            values[0][piece] = y.detach()
    return found


def _room(shape: Sequence[int], like: Tensor) -> Tensor:
    """An empty tensor; a large one of NumPy's memory, which is faster to fill.

    glibc gets so large an array from the system each time, and filling it page by page
    takes a fifth of a derivative. NumPy asks for pages of 2 MB instead of 4 KB.
    """
    size = math.prod(shape) * like.itemsize
    if like.device.type != "cpu" or size <= FRESH:
        return torch.empty(shape, dtype=like.dtype, device=like.device)
    return torch.from_numpy(np.empty(size, np.uint8)).view(like.dtype).reshape(shape)


def _chunk(x: Tensor) -> int:
    """How many points to take at a time: on an accelerator, all."""
    if x.device.type != "cpu":
        return x.numel()
    return CHUNK * torch.get_num_threads()


def _pieces(shape: Sequence[int], size: int) -> Iterator[tuple[slice, ...]]:
    """Slices that cut an array of that shape into pieces of at most so many points."""
    row = math.prod(shape[1:])
    step = max(1, size // row)
    for start in range(0, shape[0], step):
        rows = slice(start, start + step)
        for inner in _pieces(shape[1:], size) if row > size else [()]:
            yield rows, *inner


def _call(
    f: Function,
    xs: Sequence[Tensor],
    names: str,
    doubtful: bool = False,
    apart: bool = False,
) -> tuple[list[Tensor], Tensor]:
    """Leaves of our own at the points, and what f makes of them."""
    leaves = [_leaf(x, apart) for x in xs]
    y = _check.call(f, leaves)
    if doubtful:
        _check.unchanged(leaves, xs)
    _check.depends(y, names)
    return leaves, y


def _leaf(x: Tensor, apart: bool) -> Tensor:
    """A leaf at the points: a copy, unless f goes through with a stand-in.

    What writes into a tensor a stand-in doesn't know, or autograd refuses for a leaf.
    """
    if apart and x.is_contiguous() and not x.is_inference():
        return x.detach().requires_grad_()
    return x.clone(memory_format=torch.contiguous_format).requires_grad_()


def _pull_all(
    y: Tensor,
    xs: Sequence[Tensor],
    names: str,
    weights: Tensor | None = None,
    *,
    keep: bool = False,
    create_graph: bool = False,
) -> list[Tensor]:
    """The gradient of y.sum() by each x, zero for a variable that f ignores."""
    gradients = pull_back(y, xs, weights, keep=keep, create_graph=create_graph)
    found = [g for g in gradients if g is not None]
    if not found:
        raise _check.not_connected(names)
    if len(found) < len(xs):
        pairs = zip(gradients, xs, strict=True)
        return [torch.zeros_like(x) if g is None else g for g, x in pairs]
    return found


def _higher(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """A derivative of order two or more."""
    found = _by_taylor(f, x, order) if is_elementwise(f, 1) else None
    return _by_nesting(f, x, order, check) if found is None else found


def _by_taylor(f: Function, x: Tensor, order: int) -> Tensor | None:
    """A higher derivative by Taylor arithmetic, or None where that doesn't know f."""
    if x.numel() <= CHUNK:
        return taylor_derivative(f, x, order)
    found = _room(x.shape, x)
    for piece in _pieces(x.shape, _chunk(x)):
        part = taylor_derivative(f, x[piece], order)
        if part is None:
            return None
        found[piece] = part
    return found


def _by_nesting(f: Function, x: Tensor, order: int, check: bool) -> Tensor:
    """A higher derivative, by differentiating the gradient again and again."""
    (leaf,), y = _call(f, (x,), "x", check)
    if check:
        _check.same_alone(f, (leaf,), y)
    (slope,) = _pull_all(y, [leaf], "x", create_graph=True)
    if check:
        _refuse_mixed_gradients(y, (leaf,), (slope,))
    for step in range(2, order + 1):
        lower = slope
        slope = slope_by(leaf, lower, keep=True, create_graph=step < order)
        if check:
            _refuse_mixed_gradients(lower, (leaf,), (slope,))
    return slope.detach().clone()


def pull_back(
    y: Tensor,
    xs: Sequence[Tensor],
    weights: Tensor | None = None,
    *,
    keep: bool = False,
    create_graph: bool = False,
) -> tuple[Tensor | None, ...]:
    """Run the graph of y backwards: the gradient of (weights · y).sum() by each x.

    None stands for a variable that y does not depend on. Weights default to ones;
    `keep` leaves the graph usable.
    """
    weights = torch.ones_like(y) if weights is None else weights
    try:
        return run_backward((y,), (weights,), xs, keep=keep, create_graph=create_graph)
    except Exception as error:
        raise ValueError(
            "f must be built of operations that autograd can run backwards, but its "
            f"backward pass raised {_check.raised(error, 'f')}"
        ) from error


def slope_by(
    x: Tensor, y: Tensor, *, keep: bool = False, create_graph: bool = False
) -> Tensor:
    """The gradient of y.sum() by x, zero where y is constant, as the slope of 3x is."""
    if not y.requires_grad:
        return torch.zeros_like(x)
    (slope,) = pull_back(y, (x,), keep=keep, create_graph=create_graph)
    return torch.zeros_like(x) if slope is None else slope


def _refuse_mixed_gradients(
    y: Tensor, xs: Sequence[Tensor], gradients: Sequence[Tensor]
) -> None:
    """Refuse f when a weight put on one value reaches the gradient of another point.

    For an elementwise f the Jacobian is diagonal, so weighting value k scales gradient
    k and no other. Powers of two scale without rounding.
    """
    if y.numel() < 2 or not y.requires_grad:
        return
    for weights in _weights(y):
        for w, g in zip(pull_back(y, xs, weights, keep=True), gradients, strict=True):
            if w is None:
                continue
            expected = g.detach() * weights.to(g.dtype)
            if torch.equal(w, expected):
                continue
            rtol, atol = torch.finfo(g.dtype).eps ** 0.5, torch.finfo(g.dtype).tiny
            same = torch.isclose(w, expected, rtol=rtol, atol=atol, equal_nan=True)
            if not same.all():
                place = int((~same).flatten().nonzero()[0])
                raise _check.mixes_points(
                    f"the gradient at point {place} of {y.numel()} contains slopes of "
                    "other points' values"
                )


def _weights(y: Tensor) -> Iterator[Tensor]:
    """Powers of two for each value: in at least one set, any two values differ.

    They are the digits of the value's place, in a base that the dtype has room for.
    """
    base = {torch.float64: 256, torch.float16: 4}.get(y.dtype, 32)
    powers = torch.tensor([2.0**k for k in range(base)], dtype=y.dtype, device=y.device)
    block = 1
    while block < y.numel():
        steps = powers[: -(-y.numel() // block)].repeat_interleave(block)
        times = -(-y.numel() // len(steps))
        yield steps.repeat(times)[: y.numel()].reshape(y.shape)
        block *= base
