"""Calling f: what it may return, one point and one value, and what went wrong."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor

from seegrad.checks import state
from seegrad.checks.arguments import FLOATS, describe

Function = Callable[..., Tensor]
NO_MODE = nullcontext()
CALLS = 24  # a coin that falls the same way so often is no coin

# PyTorch's words for what beginners do inside f, and what to write instead.
REMEDIES = {
    "Boolean value of Tensor": "f is called with all points at once: choose between "
    "branches with torch.where instead of if, and/or, min and max.",
    "cannot be converted to Scalar": "f is called with all points at once: use torch "
    "functions instead of .item(), float() and the math module.",
    "converted to Python scalar": "f is called with all points at once: use torch "
    "functions instead of .item(), float() and the math module.",
    "Can't call numpy()": "Use torch functions inside f, such as torch.sin instead of "
    "np.sin: autograd cannot see what NumPy does.",
    "modified by an inplace operation": "f changes in place a value that the backward "
    "pass needs: write y = y + 1 instead of y += 1.",
    "in-place operation": "f changes its argument in place: write x = x + 1 instead of "
    "x += 1.",
    "same dtype": "Points keep their dtype, and numbers become float64: pass points "
    "of f's own dtype, for example torch.tensor([1.0, 2.0]) for a float32 module.",
}


class NotConnectedError(ValueError):
    """The result of f does not depend on the points."""


class RandomFunctionError(ValueError):
    """f gives two values for one point."""


class NotElementwiseError(ValueError):
    """f is not elementwise."""


class NonlinearBackwardError(ValueError):
    """f's backward pass is not linear in the gradient that comes in."""


def call(
    f: Function,
    xs: Sequence[Tensor],
    mode: AbstractContextManager[object] = NO_MODE,
) -> Tensor:
    """f(*xs) in a mode, or an error that says what f did wrong."""
    shape = xs[0].shape
    try:
        with mode:
            y = f(*xs)
    except Exception as error:
        raise _failed(f, xs, error) from error
    return _one_value_a_point(y, shape, xs[0].device)


def unchanged(xs: Sequence[Tensor], given: Sequence[Tensor]) -> None:
    """Refuse f when it has changed its argument where autograd cannot see it."""
    with torch.no_grad():
        for x, g in zip(xs, given, strict=True):
            if torch.equal(x, g) or not ((x != g) & (g == g)).any():
                continue
            raise ValueError(
                "f must leave its argument as it is, but it changes its argument in "
                "place, through .data or under no_grad(), where autograd cannot see "
                "it. Write x = x + 1 instead of x += 1."
            )


def _failed(f: Function, xs: Sequence[Tensor], error: Exception) -> Exception:
    if isinstance(error, TypeError) and not _takes(f, len(xs)):
        return TypeError(
            f"f must take {len(xs)} argument{'s' * (len(xs) > 1)}, one tensor a "
            f"variable, but Python says: {error}. Change f, or the number of points "
            "passed after it."
        )
    dtypes = " and ".join(dict.fromkeys(str(x.dtype) for x in xs))
    return ValueError(
        f"f must accept tensors of shape {tuple(xs[0].shape)} and dtype {dtypes}, but "
        f"it raised {raised(error, 'f')}"
    )


def raised(error: BaseException, what: str) -> str:
    """The kind and the first line of an error, and what to do about it."""
    text = str(error).strip()
    remedy = next(
        (mend for words, mend in REMEDIES.items() if words in text),
        f"Call {what} yourself with such tensors to see where it fails.",
    )
    first = text.splitlines()[0].rstrip(".") if text else "no message"
    return f"{type(error).__name__}: {first}. {remedy}"


def _takes(f: Function, count: int) -> bool:
    try:
        inspect.signature(getattr(f, "forward", f)).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        return True
    return True


def _one_value_a_point(y: object, shape: torch.Size, device: torch.device) -> Tensor:
    if not isinstance(y, Tensor):
        raise TypeError(
            f"f must return a tensor of shape {tuple(shape)}, one value a point, but "
            f"it returned {describe(y)}. {_instead_of(y)}"
        )
    if type(y).__torch_dispatch__ is not Tensor.__torch_dispatch__:
        raise TypeError(
            "f must return a plain tensor, but it returned a "
            f"{type(y).__name__}, a tensor with rules of its own. Return the plain "
            "tensor of its values."
        )
    if y.is_nested or y.layout is not torch.strided:
        raise TypeError(
            f"f must return a dense tensor, but it returned one of layout {y.layout}. "
            "Return y.to_dense()."
        )
    if y.shape != shape:
        raise ValueError(
            f"f must return one value a point, shape {tuple(shape)}, but it returned "
            f"shape {tuple(y.shape)}. Compute each value from its own point only, "
            "without sum, mean, indexing or reshaping; for a constant c write "
            "c + 0 * x."
        )
    if y.dtype not in FLOATS:
        raise TypeError(
            f"f must return floating-point numbers, but it returned dtype {y.dtype}. "
            "Rounded, compared and complex values have no real derivative: leave out "
            "the conversion, or return the real part."
        )
    if y.device != device:
        raise ValueError(
            f"f must return its values on {device}, where the points are, but they "
            f"are on {y.device}. Leave out .to() and .cpu() inside f."
        )
    if type(y) is not Tensor:
        y = y.as_subclass(Tensor)
    return y.resolve_neg()


def _instead_of(y: object) -> str:
    if y is None:
        return "f seems to end without return: write one."
    if isinstance(y, (tuple, list)):
        return "Return one tensor, and call once for each output."
    return (
        "Return what torch functions make of the argument: NumPy, math, .item() and "
        "float() leave the graph."
    )


def depends(y: Tensor, names: str) -> None:
    """Refuse a result that no path of the graph connects with the points."""
    if not y.requires_grad:
        raise not_connected(names)


def not_connected(names: str) -> NotConnectedError:
    """The error for a result that does not depend on the points."""
    return NotConnectedError(
        f"f must compute its result from {names} with torch functions, but no path of "
        f"the autograd graph leads from the result to {names}. Leave out .detach(), "
        ".item(), .data, torch.tensor(...) and torch.no_grad() inside f; for a "
        "constant c write c + 0 * x."
    )


# ---------------------------------------------------------------- elementwise


@contextmanager
def calling(f: Function, xs: Sequence[Tensor], check: bool = True) -> Iterator[None]:
    """Preserve all state around calls of f, and refuse f where it turns out random."""
    with state.preserve_state(xs[0].device, f, *xs) as states:
        yield
        if check and states.drew():
            one_value(f, xs)


def one_value(f: Function, xs: Sequence[Tensor]) -> None:
    """Refuse f when it gives another value for the same points some time."""
    first, *others = (call(f, [_as_given(x, x) for x in xs]) for _ in range(CALLS))
    for again in others:
        differs = ~((first == again) | (first.isnan() & again.isnan())).flatten()
        if differs.any():
            place = int(differs.nonzero()[0])
            values = [y.detach().flatten()[place].item() for y in (first, again)]
            raise RandomFunctionError(
                f"f must give the same value each time, but at point {place} it gave "
                f"{values[0]:.6g} and then {values[1]:.6g}. Take the randomness out of "
                "f, or draw it once, outside."
            )


def same_alone(f: Function, xs: Sequence[Tensor], y: Tensor) -> None:
    """Refuse f when a point's value changes as soon as the point stands alone.

    Softmax, cumsum, a mean, a sort, an ``if`` on the batch, a division by the number of
    points and their like change it at one of the points that are tried, at least.
    """
    for place in telling_places(xs):
        together = y.detach().flatten()[place].item()
        alone = _value_alone(f, xs, place)
        if _same(together, alone, torch.finfo(y.dtype).eps):
            continue
        one_value(f, xs)
        if not abs(together - alone) <= _rounding(f, xs, place):  # nan neither
            raise not_elementwise(
                f"at point {place} it gives {together:.6g} among the "
                f"{y.numel()} points, and {alone:.6g} for that point alone"
            )


def telling_places(xs: Sequence[Tensor]) -> list[int]:
    """Some all over the points, and each variable's ends, extremes and least size."""
    last = xs[0].numel() - 1
    places = {0, last // 4, last // 3, last * 3 // 4, last}
    for x in xs:
        places |= {int(x.argmin()), int(x.argmax()), int(x.abs().argmin())}
    return sorted(places)


def _value_alone(f: Function, xs: Sequence[Tensor], place: int) -> float:
    one = (1,) * xs[0].ndim
    alone = [_as_given(x.detach().flatten()[place].reshape(one), x) for x in xs]
    try:
        return call(f, alone).item()
    except (TypeError, ValueError) as error:
        raise not_elementwise(
            f"it works for {xs[0].numel()} points together and fails for point {place} "
            "alone"
        ) from error


def _rounding(f: Function, xs: Sequence[Tensor], place: int) -> float:
    """How far f's values lie apart at numbers that are neighbours of the point.

    A batch runs vectorised code, whose last bits differ from those of one point. An f
    that cancels enlarges this, and it enlarges the spacing of numbers as much. Where
    copies of one point have many values, though, their place in the batch matters.
    """
    steps = torch.arange(-18.0, 19.0, device=xs[0].device)
    shape = (len(steps),) + (1,) * (xs[0].ndim - 1)
    values = []
    for step in (0 * steps, steps):
        beside = []
        for x in xs:
            here = x.detach().flatten()[place]
            ulps = (step * torch.finfo(x.dtype).eps).to(x.dtype)
            beside.append(_as_given((here + here * ulps).reshape(shape), x))
        try:
            values.append(call(f, beside).detach())
        except (TypeError, ValueError):  # f takes some shapes only
            return 0.0
    copies, neighbours = values
    if len(set(copies.flatten().tolist())) > 4:
        return 0.0
    return 4 * (neighbours.max() - neighbours.min()).item()


def _as_given(value: Tensor, like: Tensor) -> Tensor:
    """A copy that records, or not, as the tensor does that f was called with."""
    return value.clone().requires_grad_(like.requires_grad)


def _same(a: float, b: float, eps: float) -> bool:
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    # The batch may run vectorised code that differs from one point's in the last bits.
    return abs(a - b) <= math.sqrt(eps) * max(abs(a), abs(b)) + 64 * eps


def nonlinear_backward(
    place: int, gradients: Sequence[float]
) -> NonlinearBackwardError:
    """The error for a backward pass that doesn't scale with what comes in."""
    nothing, half, once, twice = (f"{g:.4g}" for g in gradients)
    return NonlinearBackwardError(
        "f's backward pass must be linear in the gradient that comes in, but at point "
        f"{place} 0, 0.5, 1 and 2 gave {nothing}, {half}, {once} and {twice}. A hook "
        "that clamps or a backward of f's own that takes the sign does that: leave it "
        "out of f, as what comes back is no derivative."
    )


def not_elementwise(finding: str) -> NotElementwiseError:
    """The error for a function that isn't elementwise."""
    return NotElementwiseError(
        "f must be elementwise, each value computed from its own point, but "
        f"{finding}. Such a function (softmax, cumsum, x * x.sum(), x - x.mean()) has "
        "a Jacobian instead of one derivative a point: see torch.func.jacrev. For an "
        "if on the points write torch.where."
    )
