"""Reduction: the gradient of a scalar that sum, mean, max or others made of f(x)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine.evaluation import value_and_gradient
from seegrad.engine.reverse import vjp
from seegrad.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class Reduction(Result):
    """The gradient of a scalar z = reduction(f(x)). Made by `reduce_gradient`.

    A graph can't be copied. ``copy.copy``, ``copy.deepcopy`` and ``pickle`` keep the
    numbers and drop the graph; ``z.backward()`` of a copy raises an error that says so.
    """

    x: Tensor
    """The points: the leaf that z's graph begins at."""
    y: Tensor
    """f(x), in the shape of x, still part of z's graph."""
    z: Tensor
    """The reduction of y, of shape (), with its graph: ``z.backward()`` works."""
    dz_dy: Tensor
    """∂z/∂y, what the reduction hands to each value, in the shape of y."""
    gradient: Tensor
    """∂z/∂x = ∂z/∂y · f′(x), in the shape of x."""

    def __reduce__(self) -> tuple[Callable[..., Reduction], tuple[Tensor, ...]]:
        """How to make a copy: from the numbers alone."""
        parts = (getattr(self, field.name) for field in fields(self))
        return _without_graph, tuple(part.detach() for part in parts)


def _without_graph(
    x: Tensor, y: Tensor, z: Tensor, dz_dy: Tensor, gradient: Tensor
) -> Reduction:
    with state.preserve_state(z.device):
        z = z.clone().requires_grad_()
        z.register_hook(_no_graph)  # type: ignore[no-untyped-call]
    return Reduction(x=x, y=y, z=z, dz_dy=dz_dy, gradient=gradient)


def _no_graph(gradient: Tensor) -> None:
    raise RuntimeError(
        "z must have its graph to be differentiated, but this Reduction was copied or "
        "unpickled, which drops the graph. Call reduce_gradient again."
    )


def _loop(y: Tensor) -> Tensor:
    z = torch.zeros((), dtype=y.dtype, device=y.device)
    for value in y.flatten():
        z = z + value
    return z


HOW: dict[str, Callable[[Tensor], Tensor]] = {
    "sum": torch.sum,
    "loop": _loop,
    "mean": torch.mean,
    "max": torch.max,
}


@state.not_compiled
def reduce_gradient(
    f: Function, x: object, how: str | Callable[[Tensor], Tensor]
) -> Reduction:
    """Reduce f(x) to a scalar and see which gradient reaches each point.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise.
    x : tensor, array, list or number
        The points, of any shape, at least one.
    how : {"sum", "loop", "mean", "max"} or callable
        The reduction. "loop" adds the values one by one in Python. A callable takes
        the tensor y = f(x) and returns a tensor of shape ().

    Returns
    -------
    Reduction
        `x`, `y`, `z`, `dz_dy` and `gradient`. `z` keeps its graph.

    Raises
    ------
    TypeError
        If f, x or how is of the wrong kind, or f or how does not return a tensor.
    ValueError
        If x is empty, how isn't known, its result isn't a scalar or does not depend on
        y, or f isn't elementwise, returns another shape, does not depend on x, or
        raises.

    See Also
    --------
    derivative : f′ alone.
    plot_reduction : Draw it.

    Notes
    -----
    The chain rule for one point k, as f is elementwise [1]_:

    ∂z/∂x[k] = ∂z/∂y[k] · f′(x[k])

    The sum has ∂z/∂y = 1, the mean of n values 1/n, and the maximum 1 at its place and
    0 elsewhere; ``torch.max`` of a whole tensor shares the 1 among equal maxima.

    References
    ----------
    .. [1] A. Griewank and A. Walther, Evaluating Derivatives, 2nd ed., SIAM, 2008,
       chapter 3.

    Examples
    --------
    x² has slope 2x. A sum passes it on; the mean of 4 values passes on a quarter:

    >>> import seegrad
    >>> x = [0.0, 1.0, 2.0, 4.0]
    >>> seegrad.reduce_gradient(lambda x: x**2, x, "sum").gradient
    tensor([0., 2., 4., 8.], dtype=torch.float64)
    >>> seegrad.reduce_gradient(lambda x: x**2, x, "mean").gradient
    tensor([0.0000, 0.5000, 1.0000, 2.0000], dtype=torch.float64)
    >>> seegrad.reduce_gradient(lambda x: x**2, x, "max").gradient
    tensor([0., 0., 0., 8.], dtype=torch.float64)
    """
    arguments.function(f)
    if not callable(how):
        how = HOW[arguments.choice(how, "how", tuple(HOW))]
    x = arguments.points(x, "x")
    if not x.numel():
        raise ValueError(
            f"x must have at least one point, but it has shape {tuple(x.shape)}. "
            "Pass for example torch.linspace(-2, 2, 17)."
        )
    with functions.calling(f, (x,)):
        value_and_gradient(f, (x,), "x")  # refuses an f that is not elementwise
        y = functions.call(f, (x.requires_grad_(),))
        z = _reduce(how, y)
        try:
            dz_dy, dz_dx = vjp(z, (y, x), retain_graph=True)
        except ValueError as error:
            cause = error.__cause__ or error
            raise _failed(y, cause) from cause
        if dz_dy is None or dz_dx is None:
            raise _does_not_use_y()
        return Reduction(x=x, y=y, z=z, dz_dy=_own(dz_dy), gradient=_own(dz_dx))


def _reduce(how: Callable[[Tensor], Tensor], y: Tensor) -> Tensor:
    before = y.detach().clone()
    try:
        z = how(y)
    except Exception as error:
        raise _failed(y, error) from error
    if not torch.allclose(y.detach(), before, rtol=0, atol=0, equal_nan=True):
        raise ValueError(
            "how must leave y as it is, but it changed y in place. Write y * 2 instead "
            "of y.mul_(2)."
        )
    if not isinstance(z, Tensor):
        raise TypeError(
            f"how must return a tensor of shape (), but it returned "
            f"{arguments.describe(z)}. Use torch functions; of a pair such as "
            "y.max(dim=0) return .values."
        )
    if z.shape != ():
        raise ValueError(
            f"how must return one number, shape (), but it returned shape "
            f"{tuple(z.shape)}. Reduce over all values, for example with .sum()."
        )
    if not z.requires_grad:
        raise _does_not_use_y()
    if z.dtype not in arguments.FLOATS:
        raise TypeError(
            "how must return a floating-point number, but it returned dtype "
            f"{z.dtype}. Return its real part."
        )
    return z


def _own(gradient: Tensor) -> Tensor:
    """A copy in memory of its own: a sum's gradient is one number, shown many times."""
    return gradient.detach().clone(memory_format=torch.contiguous_format)


def _failed(y: Tensor, error: BaseException) -> ValueError:
    return ValueError(
        f"how must reduce a tensor of shape {tuple(y.shape)} to one number, by "
        "operations that autograd can run backwards, but it raised "
        f"{functions.raised(error, 'how')}"
    )


def _does_not_use_y() -> ValueError:
    return ValueError(
        "how must compute its result from y, but no path of the autograd graph leads "
        "from the result to y. Leave out .item(), .detach() and argmax."
    )
