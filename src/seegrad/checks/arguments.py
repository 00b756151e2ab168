"""What callers pass: points, variables, axes, numbers and choices.

A message says which argument, what was needed, what came instead and what to do.
``TypeError`` stands for the wrong kind of thing, ``ValueError`` for a wrong value.
"""

from __future__ import annotations

import math
import numbers
import operator
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from seegrad.checks.state import no_graph

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


def describe(value: object) -> str:
    """The value in a few words: kind, and shape and dtype where it has them."""
    if isinstance(value, Tensor):
        return _describe_tensor(value)
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if value is None:
        return "None"
    return f"{reprlib.repr(value)}, of type {type(value).__name__}"


def _describe_tensor(value: Tensor) -> str:
    if is_lazy(value):
        return "a lazy parameter, which has no shape and no values yet"
    if value.is_nested:
        return "a nested tensor"
    kind = f" and type {type(value).__name__}" if _computes_itself(value) else ""
    return f"a tensor of shape {tuple(value.shape)} and dtype {value.dtype}{kind}"


def _computes_itself(value: Tensor) -> bool:
    """Whether the tensor's class computes by rules of its own, as MaskedTensor does."""
    return type(value).__torch_dispatch__ is not Tensor.__torch_dispatch__


# ---------------------------------------------------------------- points


def points(
    value: object,
    name: str,
    device: torch.device | None = None,
    *,
    copy: bool = True,
) -> Tensor:
    """A floating tensor of the value, without graph or gradient.

    Tensors and arrays keep a floating dtype; numbers, lists and integers become
    float64. Only what is not a tensor is put on `device`. Without `copy` it may be the
    caller's memory, and f must not get hold of it.
    """
    with torch.inference_mode(False):
        _among_plain_tensors(name)
        if isinstance(value, Tensor):
            return _from_tensor(value, name, copy)
        return torch.from_numpy(_float_array(value, name)).to(device)


def _among_plain_tensors(name: str) -> None:
    """Refuse a call from within ``torch.func``, where no graph can be recorded."""
    try:
        plain = not _computes_itself(torch.empty(0, device="cpu").requires_grad_())
    except RuntimeError:  # what PyTorch raises inside of vmap, grad, jvp ...
        plain = False
    if not plain:
        raise ValueError(
            f"{name} must be given where PyTorch computes with plain tensors, but this "
            "call is made inside of torch.func (vmap, grad, jvp) or a FakeTensorMode. "
            "Call seegrad first and pass on what it returns; inside, use "
            "torch.func.grad."
        )


def _from_tensor(value: Tensor, name: str, copy: bool) -> Tensor:
    if is_lazy(value):
        raise ValueError(
            f"{name} must hold values, but it is {describe(value)}. Call its module "
            "with data first, which makes them."
        )
    if value.is_nested or value.layout is not torch.strided or value.is_quantized:
        raise TypeError(
            f"{name} must be a dense tensor, but it is {describe(value)} with layout "
            f"{value.layout}. Pass {name}.to_dense(), {name}.to_padded_tensor(0) for a "
            f"nested one, or {name}.dequantize() for a quantized one."
        )
    if _computes_itself(value):
        raise TypeError(
            f"{name} must be a plain tensor, but it is {describe(value)}, which "
            "computes by rules of its own. Pass its values as a plain tensor or an "
            f"array, for example {name}.to_tensor(0) of a MaskedTensor."
        )
    if value.device.type == "meta":
        raise ValueError(
            f"{name} must hold values, but it is {describe(value)} on the meta device, "
            "which keeps shapes only. Make it on 'cpu' or an accelerator."
        )
    if value.dtype in FLOATS:
        x = value.detach().as_subclass(Tensor).resolve_neg()
        return x.clone(memory_format=torch.contiguous_format) if copy else x
    if value.dtype in INTEGERS:
        return value.as_subclass(Tensor).to(torch.float64)
    raise _not_real(value, name)


def _float_array(value: object, name: str) -> np.ndarray[Any, Any]:
    if np.ma.is_masked(value):
        raise TypeError(
            f"{name} must hold a value at every point, but it is a masked array. Pass "
            f"{name}.compressed() or {name}.filled(...)."
        )
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.generic)):
        return _of_real_numbers(value, name)
    value = _without_tensors(value, name)
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


def _without_tensors(value: object, name: str) -> object:
    """Numbers in place of the tensors of a list, which may require a gradient."""
    if isinstance(value, (list, tuple)):
        return [_without_tensors(v, f"{name}[{k}]") for k, v in enumerate(value)]
    return (
        _from_tensor(value, name, False).tolist()
        if isinstance(value, Tensor)
        else value
    )


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
    copy: bool = True,
) -> tuple[Tensor, ...]:
    """One tensor a variable, all of the broadcast shape, all on one device.

    As with `points`, without `copy` they may be the caller's memory.
    """
    names = names or [f"x{k}" for k in range(len(values))]
    if not values:
        raise TypeError(
            "f must have at least one variable to be differentiated by, but none was "
            "given. Pass the points after f: gradient(f, x0, x1)."
        )
    device = next((v.device for v in values if isinstance(v, Tensor)), None)
    tensors = [
        points(v, n, device, copy=False) for v, n in zip(values, names, strict=True)
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
    with no_graph():
        wide = [t.expand(shape) for t in tensors]
        layout = torch.contiguous_format
        return tuple(t.clone(memory_format=layout) if copy else t for t in wide)


def broadcast_shape(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The shape that all these shapes broadcast to; ValueError if there is none."""
    return np.broadcast_shapes(*shapes)  # PyTorch's loads SymPy


def one_device(tensors: dict[str, Tensor]) -> None:
    """Refuse tensors that lie on different devices."""
    if len({t.device for t in tensors.values()}) > 1:
        places = ", ".join(f"{name} on {t.device}" for name, t in tensors.items())
        raise ValueError(
            f"All points must lie on one device, but there is {places}. "
            "Move them with .to(device)."
        )


def axis(value: object, name: str, device: torch.device | None = None) -> Tensor:
    """A one-dimensional tensor with at least one point: the axis of a grid."""
    x = points(value, name, device)
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


def flag(value: object, name: str) -> bool:
    """True or False."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise TypeError(
        f"{name} must be True or False, but it is {describe(value)}. "
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


def function(f: object) -> None:
    """Refuse what cannot be called."""
    if not callable(f):
        raise TypeError(
            f"f must be a function of tensors, but it is {describe(f)}. "
            "Pass the function itself, f and not f(x), or a lambda."
        )


# ---------------------------------------------------------------- tensors


def any_tensor(value: object, name: str, remedy: str) -> Tensor:
    """The very tensor that was given, or TypeError."""
    if isinstance(value, Tensor):
        return value
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
