"""Every argument check of the library, and every message.

A message says which argument, what was needed, what was found and what to do.
``TypeError`` stands for the wrong kind of thing, ``ValueError`` for a wrong value.
"""

from __future__ import annotations

import inspect
import math
import numbers
import operator
import reprlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Function = Callable[..., Tensor]

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INTEGERS = (
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
)

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


def describe(value: object) -> str:
    """The value in a few words: kind, and shape and dtype where it has them."""
    if isinstance(value, Tensor) and value.is_nested:
        return "a nested tensor"
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {value.dtype}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if value is None:
        return "None"
    return f"{reprlib.repr(value)}, of type {type(value).__name__}"


# ---------------------------------------------------------------- state


class undisturbed:  # noqa: N801, it is used as a function; @contextmanager is slower
    """Record gradients here whatever the caller's mode, and give all state back."""

    def __init__(self, device: torch.device) -> None:
        self.cuda = device if device.type == "cuda" else None

    def __enter__(self) -> None:
        self.state = torch.default_generator.get_state()
        if self.cuda:
            self.cuda_state = torch.cuda.get_rng_state(self.cuda)
        # Entering PyTorch's modes takes longer than asking for them.
        usual = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        self.modes = () if usual else (torch.inference_mode(False), torch.enable_grad())
        for mode in self.modes:
            mode.__enter__()

    def __exit__(self, *error: object) -> None:
        for mode in reversed(self.modes):
            mode.__exit__(None, None, None)
        torch.default_generator.set_state(self.state)
        if self.cuda:
            torch.cuda.set_rng_state(self.cuda_state, self.cuda)


class unrecorded:  # noqa: N801, as above
    """Compute plain tensors: no graph, and no inference tensors either."""

    def __enter__(self) -> None:
        plain = torch.no_grad()
        inferring = torch.is_inference_mode_enabled()
        self.modes = (torch.inference_mode(False), plain) if inferring else (plain,)
        for mode in self.modes:
            mode.__enter__()

    def __exit__(self, *error: object) -> None:
        for mode in reversed(self.modes):
            mode.__exit__(None, None, None)


# ---------------------------------------------------------------- points


def points(
    value: object,
    name: str,
    device: torch.device | None = None,
    *,
    fresh: bool = True,
) -> Tensor:
    """A floating tensor of the value, without graph or gradient.

    Tensors and arrays keep a floating dtype; numbers, lists and integers become
    float64. Only what is not a tensor is put on `device`. A tensor that isn't `fresh`
    may be the caller's memory, and f must not get hold of it.
    """
    if torch.is_inference_mode_enabled():
        with torch.inference_mode(False):
            return points(value, name, device, fresh=fresh)
    if isinstance(value, Tensor):
        return _from_tensor(value, name, fresh)
    return torch.from_numpy(_float_array(value, name)).to(device)


def _from_tensor(value: Tensor, name: str, fresh: bool) -> Tensor:
    if value.is_nested or value.layout is not torch.strided or value.is_quantized:
        raise TypeError(
            f"{name} must be a dense tensor, but it is {describe(value)} with layout "
            f"{value.layout}. Pass {name}.to_dense(), {name}.to_padded_tensor(0) for a "
            f"nested one, or {name}.dequantize() for a quantized one."
        )
    if value.device.type == "meta":
        raise ValueError(
            f"{name} must hold values, but it is {describe(value)} on the meta device, "
            "which keeps shapes only. Make it on 'cpu' or an accelerator."
        )
    if value.dtype in FLOATS:
        x = value.detach()
        return x.clone(memory_format=torch.contiguous_format) if fresh else x
    if value.dtype in INTEGERS:
        return value.to(torch.float64)
    raise _not_real(value, name)


def _float_array(value: object, name: str) -> np.ndarray[Any, Any]:
    if np.ma.is_masked(value):
        raise TypeError(
            f"{name} must hold a value at every point, but it is a masked array. Pass "
            f"{name}.compressed() or {name}.filled(...)."
        )
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.generic)):
        return _of_real_numbers(value, name)
    if _holds_bool(value):
        raise _not_real(value, name, " with a bool in it")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{name} must be a number, a tensor, an array or a list of numbers in "
            f"equal rows, but it is {describe(value)}. Give each row the same length "
            "and put plain numbers in it."
        ) from error
    if array.dtype == object and all(
        isinstance(entry, numbers.Real) for entry in array.flat
    ):
        return _of_real_numbers(array, name)
    if array.dtype.kind not in "iuf":
        kind = f" of dtype {array.dtype}" if array.shape else ""
        raise _not_real(value, name, kind)
    if not hasattr(value, "__array__") or array.dtype.kind in "iu":
        return array.astype(np.float64, order="C")
    if array.dtype.itemsize > 8:
        raise TypeError(
            f"{name} must be of a dtype PyTorch has (float16, float32 or float64), but "
            f"it is {describe(value)}. Pass {name}.astype(float)."
        )
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C")


def _of_real_numbers(value: object, name: str) -> np.ndarray[Any, Any]:
    """Python's own numbers of any size, as far as float64 holds them."""
    try:
        return np.array(value, dtype=np.float64)
    except OverflowError as error:
        raise ValueError(
            f"{name} must fit into float64, but it is {reprlib.repr(value)}. "
            "Choose numbers below 1.8e308 in size."
        ) from error


def _holds_bool(value: object) -> bool:
    """Whether a bool hides in a list of numbers, where NumPy would make it 0 or 1."""
    if isinstance(value, (list, tuple)):
        return any(map(_holds_bool, value))
    return isinstance(value, (bool, np.bool_))


def _not_real(value: object, name: str, detail: str = "") -> TypeError:
    return TypeError(
        f"{name} must be real numbers: a tensor, an array, a list or a number, but it "
        f"is {describe(value)}{detail}. Derivatives are taken at floating-point "
        f"numbers: convert it, for example with "
        f"torch.as_tensor({name}, dtype=torch.float64)."
    )


def variables(
    values: Sequence[object],
    names: Sequence[str] | None = None,
    *,
    fresh: bool = True,
) -> tuple[Tensor, ...]:
    """One tensor a variable, all of the broadcast shape, all on one device.

    As with `points`, those that aren't `fresh` may be the caller's memory.
    """
    names = names or [f"x{k}" for k in range(len(values))]
    if not values:
        raise TypeError(
            "f must have at least one variable to be differentiated by, but none was "
            "given. Pass the points after f: gradient(f, x0, x1)."
        )
    device = next((v.device for v in values if isinstance(v, Tensor)), None)
    tensors = [
        points(v, n, device, fresh=False) for v, n in zip(values, names, strict=True)
    ]
    one_device(dict(zip(names, tensors, strict=True)))
    try:
        shape = broadcast_shape([t.shape for t in tensors])
    except ValueError as error:
        shapes = ", ".join(
            f"{n} {tuple(t.shape)}" for n, t in zip(names, tensors, strict=True)
        )
        raise ValueError(
            f"The variables must broadcast to one shape, but they have {shapes}. "
            "Each dimension must be equal or 1, counted from the right."
        ) from error
    with unrecorded():
        wide = [t.expand(shape) for t in tensors]
        layout = torch.contiguous_format
        return tuple(t.clone(memory_format=layout) if fresh else t for t in wide)


def broadcast_shape(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The shape that all these shapes broadcast to; ValueError if there is none."""
    return np.broadcast_shapes(*shapes)  # PyTorch's loads SymPy


def one_device(tensors: dict[str, Tensor]) -> None:
    """Refuse tensors that lie on different devices."""
    if len({t.device for t in tensors.values()}) > 1:
        places = ", ".join(f"{name} on {t.device}" for name, t in tensors.items())
        raise ValueError(
            f"All points must lie on one device, but found {places}. "
            "Move them with .to(device)."
        )


def axis(
    value: object,
    name: str,
    device: torch.device | None = None,
    *,
    fresh: bool = True,
) -> Tensor:
    """A one-dimensional tensor with at least one point: the axis of a grid."""
    x = points(value, name, device, fresh=fresh)
    one_dimensional(x, name)
    if not len(x):
        raise ValueError(
            f"{name} must have at least one point, but it has shape (0,). "
            "Pass for example torch.linspace(-2, 2, 17)."
        )
    return x


def one_dimensional(x: Tensor, name: str) -> None:
    """Refuse anything but shape (n,)."""
    if x.ndim != 1:
        raise ValueError(
            f"{name} must be one-dimensional, of shape (n,), but it has shape "
            f"{tuple(x.shape)}. Pass {name}.flatten(), or a list of numbers."
        )


def finite(x: Tensor, name: str) -> None:
    """Refuse nan and inf."""
    if math.isfinite(x.sum().item()):  # they would be in the sum
        return
    bad = (~x.isfinite()).flatten().nonzero()
    if len(bad):
        place = int(bad[0])
        raise ValueError(
            f"{name} must be finite, but entry {place} is "
            f"{x.flatten()[place].item()}. Remove nan and inf first."
        )


# ---------------------------------------------------------------- options


def whole_number(
    value: object, name: str, *, least: int, most: int | None = None
) -> int:
    """An int from `least` to `most`; bool and floats are refused."""
    try:
        if isinstance(value, (bool, np.bool_, Tensor)):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(
            f"{name} must be a whole number from {least}, but it is "
            f"{describe(value)}. Pass an int, for example {name}={max(least, 1)}."
        ) from None
    if number < least:
        raise ValueError(
            f"{name} must be a whole number from {least}, but it is {number}. "
            f"Pass for example {name}={max(least, 1)}."
        )
    if most is not None and number > most:
        raise ValueError(
            f"{name} must be a whole number from {least} to {most}, but it is "
            f"{number}. Pass for example {name}={max(least, 1)}."
        )
    return number


def positive(value: object, name: str) -> float:
    """A finite number above zero."""
    if not isinstance(value, numbers.Real) or isinstance(value, (bool, np.bool_)):
        raise TypeError(
            f"{name} must be a number above 0, but it is {describe(value)}. "
            f"Pass a float, for example {name}=0.001."
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and number > 0):
        raise ValueError(
            f"{name} must be a finite number above 0, but it is {number}. "
            f"Pass for example {name}=0.001."
        )
    return number


def flag(value: object, name: str) -> bool | None:
    """True, False or None."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    raise TypeError(
        f"{name} must be True, False or None, but it is {describe(value)}. "
        f"Pass for example {name}=True."
    )


def choice(value: object, name: str, choices: Sequence[str]) -> str:
    """One of the given words."""
    if isinstance(value, str) and value in choices:
        return value
    known = ", ".join(repr(c) for c in choices)
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be one of {known}, but it is {describe(value)}. "
            "Pass a string."
        )
    raise ValueError(
        f"{name} must be one of {known}, but it is {value!r}. Choose one of them."
    )


# ---------------------------------------------------------------- functions


class NotConnectedError(ValueError):
    """The result of f does not depend on the points."""


class RandomError(ValueError):
    """f gives two values for one point."""


class MixedPointsError(ValueError):
    """f is not elementwise."""


def function(f: object) -> None:
    """Refuse what cannot be called."""
    if not callable(f):
        raise TypeError(
            f"f must be a function of tensors, but it is {describe(f)}. "
            "Pass the function itself, f and not f(x), or a lambda."
        )


def call(f: Function, xs: Sequence[Tensor]) -> Tensor:
    """f(*xs), or an error that says what f did wrong."""
    shape = xs[0].shape
    try:
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
    return y


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


# ---------------------------------------------------------------- mixed points


def same_alone(f: Function, xs: Sequence[Tensor], y: Tensor) -> None:
    """Refuse f when a point's value changes as soon as the point stands alone.

    Tried are the first point, one a third on, the last, and the extremes of each
    variable: softmax, cumsum, a mean, a sort, an ``if`` on the batch and their like
    change at least one of them.
    """
    if y.numel() < 2:
        return
    for place in _telling_places(xs):
        together = y.detach().flatten()[place].item()
        alone = _value_alone(f, xs, place)
        if not _same(together, alone, torch.finfo(y.dtype).eps):
            if not _same(alone, _value_alone(f, xs, place), 0.0):
                raise RandomError(
                    "f must give the same value each time, but at point "
                    f"{place} it gave {together:.6g} and then {alone:.6g}. Take "
                    "the randomness out of f, or draw it once, outside."
                )
            if all(_same(together, v, 0.0) for v in _among_others(f, xs, place)):
                continue  # f enlarges how a batch and one point are rounded
            raise mixes_points(
                f"at point {place} it gives {together:.6g} among the "
                f"{y.numel()} points, and {alone:.6g} for that point alone"
            )


def _telling_places(xs: Sequence[Tensor]) -> list[int]:
    places = {0, xs[0].numel() // 3, xs[0].numel() - 1}
    for x in xs:
        places |= {int(x.argmin()), int(x.argmax())}
    return sorted(places)


def _value_alone(f: Function, xs: Sequence[Tensor], place: int) -> float:
    one = (1,) * xs[0].ndim
    alone = [_as_given(x.detach().flatten()[place].reshape(one), x) for x in xs]
    try:
        return call(f, alone).item()
    except (TypeError, ValueError) as error:
        raise mixes_points(
            f"it works for {xs[0].numel()} points together and fails for point {place} "
            "alone"
        ) from error


def _among_others(f: Function, xs: Sequence[Tensor], place: int) -> Iterator[float]:
    """The point's value when all other points have moved, equal it, or are zero.

    To a mean, a maximum or any(), equal points are as one; to a sum, zeros add nothing.
    """
    here = [x.detach().flatten()[place] for x in xs]
    moved = [0.75 * x.detach() + 0.0625 for x in xs]
    equal = [h.expand(x.shape).clone() for h, x in zip(here, xs, strict=True)]
    for batch in (moved, equal, [torch.zeros_like(x) for x in moved]):
        for x, h in zip(batch, here, strict=True):
            x.view(-1)[place] = h
        given = [_as_given(x, like) for x, like in zip(batch, xs, strict=True)]
        yield call(f, given).detach().flatten()[place].item()


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


def mixes_points(finding: str) -> MixedPointsError:
    """The error for a function that isn't elementwise."""
    return MixedPointsError(
        "f must be elementwise, each value computed from its own point, but "
        f"{finding}. Such a function (softmax, cumsum, x * x.sum(), x - x.mean()) has "
        "a Jacobian instead of one derivative a point: see torch.func.jacrev. For an "
        "if on the points write torch.where."
    )


# ---------------------------------------------------------------- tensors


def any_tensor(value: object, name: str) -> Tensor:
    """The very tensor that was given, or TypeError."""
    if isinstance(value, Tensor):
        return value
    remedy = (
        f"If it is what .grad holds, pass the tensor itself, {name} and not "
        f"{name}.grad."
        if value is None
        else "Pass the tensor whose .grad you read; of a model, one of its "
        "parameters()."
    )
    raise TypeError(f"{name} must be a tensor, but it is {describe(value)}. {remedy}")


# ---------------------------------------------------------------- plots


def result(value: object, kind: type, name: str, maker: str) -> None:
    """Refuse anything but a finished result of the given type."""
    if not isinstance(value, kind):
        raise TypeError(
            f"{name} must be a {kind.__name__}, but it is {describe(value)}. "
            f"Make one with seegrad.{maker}(...)."
        )


def axes(ax: Any, *, three_d: bool) -> Any:
    """Give ax back, or refuse what cannot be drawn on."""
    from matplotlib.axes import Axes  # ax is given, so matplotlib is there

    if not isinstance(ax, Axes) or (ax.name == "3d") != three_d:
        wanted = f"{'three' if three_d else 'two'}-dimensional matplotlib Axes"
        how = "fig.add_subplot(projection='3d')" if three_d else "fig.add_subplot()"
        raise TypeError(
            f"ax must be {wanted}, but it is {describe(ax)}. Make one with {how}, or "
            "leave ax out."
        )
    return ax


def same_shape(x: Tensor, y: Tensor, names: tuple[str, str]) -> None:
    """Refuse two tensors of different shapes."""
    if x.shape != y.shape:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same shape, but they have "
            f"{tuple(x.shape)} and {tuple(y.shape)}. Pass one value for each point."
        )


# ---------------------------------------------------------------- errors to show


def error_kind(kind: object) -> None:
    """Refuse anything but a type of exception."""
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        raise TypeError(
            f"kind must be a type of exception, but it is {describe(kind)}. "
            "Pass for example RuntimeError."
        )


def text(value: object, name: str) -> None:
    """Refuse anything but a string."""
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be a string, but it is {describe(value)}. "
            f'Pass for example {name}="second time".'
        )


def did_not_fail(kind: type[Exception]) -> AssertionError:
    """The error for a block that was to fail and did not."""
    return AssertionError(
        f"The block must raise {kind.__name__}, but it ran through. Leave out "
        "expect_error, or mend what the text around it says."
    )


def wrong_message(found: str, words: str) -> AssertionError:
    """The error for a block that failed with another message."""
    return AssertionError(
        f"The block must fail with a message that says {words!r}, but it raised "
        f"{found.rstrip('.')}. Pass words that are in it, or mend the text around it."
    )
