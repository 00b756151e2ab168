"""Values and slopes at many points, in pieces."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine.elementwise import is_elementwise, refuse_mixed_gradients
from seegrad.engine.reverse import vjp

# PyTorch gives each thread at least so many elements of an elementwise operation. In
# float64 they are 256 KB, so the few arrays in use at a time stay in a core's cache.
CHUNK = 32_768
# Of more bytes than these, glibc has none at hand: its DEFAULT_MMAP_THRESHOLD_MAX.
FRESH = 2**25


def value_and_gradient(
    f: Function, xs: Sequence[Tensor], names: str = "its arguments", check: bool = True
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The values of f and one gradient a variable, at checked points of one shape.

    All are new tensors without a graph, and f can't change the points. Call it inside
    `state.preserve_state`.
    """
    values: list[Tensor] = []
    found = slopes(f, xs, names, check, values)
    return values[0], found


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
        functions.same_alone(f, leaves, y)
        refuse_mixed_gradients(y, leaves, found)
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
    y = functions.call(f, leaves)
    if doubtful:
        functions.unchanged(leaves, xs)
    functions.depends(y, names)
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
    gradients = vjp(y, xs, weights, retain_graph=keep, create_graph=create_graph)
    found = [g for g in gradients if g is not None]
    if not found:
        raise functions.not_connected(names)
    if len(found) < len(xs):
        pairs = zip(gradients, xs, strict=True)
        return [torch.zeros_like(x) if g is None else g for g, x in pairs]
    return found
