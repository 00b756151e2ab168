"""Values and slopes at many points, in pieces."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.engine import elementwise
from seegrad.engine.reverse import vjp

# PyTorch gives each thread at least so many elements of an elementwise operation. In
# float64 they are 256 KB, so the few arrays in use at a time stay in a core's cache.
CHUNK = 32_768


def value_and_gradient(
    f: Function, xs: Sequence[Tensor], names: str = "its arguments", check: bool = True
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The values of f and one gradient a variable, at checked points of one shape.

    All are new tensors without a graph, and f can't change the points. Call it inside
    `state.preserve_state`.
    """
    size = _piece_size(xs[0])
    if xs[0].numel() > size:
        pieces = _in_pieces(f, xs, names, size)
        if pieces is not None:
            return pieces
    hooks = elementwise.Hooks()
    y, gradients = _evaluate(f, xs, names, hooks if check else functions.NO_MODE)
    if check and not elementwise.is_certain(f, xs, y, gradients, hooks):
        elementwise.verify(f, xs)
    return y.detach().clone(), gradients


def _in_pieces(
    f: Function, xs: Sequence[Tensor], names: str, size: int
) -> tuple[Tensor, tuple[Tensor, ...]] | None:
    """The same, some points at a time, or None where f may not be elementwise."""
    shape = xs[0].shape
    results: list[Tensor] = []
    # As numbers: small tensors here and there would leave holes between large ones.
    ends: list[list[float]] = [[] for _ in (*xs, "values")]
    for piece in _pieces(shape, size):
        part = [x[piece] for x in xs]
        hooks = elementwise.Hooks()
        try:
            y, gradients = _evaluate(f, part, names, hooks)
        except (TypeError, ValueError):  # f may work for all points only
            return None
        if hooks.used or not elementwise.is_recorded(y):
            return None
        if not results:
            if not elementwise.agrees_alone(f, part, y, gradients):
                return None
            results = [t.new_empty(shape) for t in (y, *gradients)]
        for result, values in zip(results, (y, *gradients), strict=True):
            result[piece] = values.detach()
        for numbers, t in zip(ends, (*part, y.detach()), strict=True):
            numbers += t.flatten()[[0, -1]].tolist()
    like = (*xs, results[0])
    *points, values = (
        t.new_tensor(numbers).reshape(-1, *(1,) * (t.ndim - 1))
        for t, numbers in zip(like, ends, strict=True)
    )
    if not elementwise.agrees_together(f, points, values):
        return None
    return results[0], tuple(results[1:])


def _evaluate(
    f: Function,
    xs: Sequence[Tensor],
    names: str,
    mode: AbstractContextManager[object],
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """What f gives in a mode, with its graph, and new tensors with its gradients."""
    leaves = [leaf(x) for x in xs]
    y = functions.call(f, leaves, mode)
    functions.depends(y, names)
    gradients = by_each(y, leaves, names)
    # Autograd may give one tensor twice, or one that f still holds.
    layout = torch.contiguous_format
    return y, tuple(g.clone(memory_format=layout) for g in gradients)


def leaf(x: Tensor) -> Tensor:
    """A leaf of our own at the points."""
    copy = x.detach().clone(memory_format=torch.contiguous_format)
    return copy.requires_grad_()


def by_each(
    y: Tensor,
    xs: Sequence[Tensor],
    names: str,
    *,
    create_graph: bool = False,
) -> list[Tensor]:
    """The gradient of y.sum() by each x, zero for a variable that f ignores."""
    gradients = vjp(y, xs, create_graph=create_graph)
    if all(g is None for g in gradients):
        raise functions.not_connected(names)
    pairs = zip(gradients, xs, strict=True)
    return [torch.zeros_like(x) if g is None else g for g, x in pairs]


def _piece_size(x: Tensor) -> int:
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
