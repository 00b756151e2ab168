"""The tensors that the nodes of a graph stand for, where they can still be had."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from seegrad.graphs import internals
from seegrad.graphs.folding import Fold
from seegrad.graphs.model import Gradient, stored
from seegrad.graphs.walk import Walk


def values(walk: Walk, fold: Fold, named: Iterable[Tensor]) -> list[Gradient]:
    """The value of each node; None of those that stand for several steps.

    Nothing is computed again. Known are results, leaves, named tensors, and what an
    operation saved for its backward pass: its own result, or another operation's.
    """
    known = list(named)
    found: dict[tuple[int, int], Tensor] = {}
    for number, (step, thing) in enumerate(zip(walk.steps, walk.things, strict=True)):
        if step.kind == "operation":
            known += internals.saved_tensors(thing)
        else:
            found[number, 0] = thing
            known.append(thing)
    for tensor in known:
        if tensor.grad_fn in walk.numbers:
            found[walk.numbers[tensor.grad_fn], tensor.output_nr] = tensor
    return [
        _value(
            [found.get((group[0], k)) for k in range(len(walk.steps[group[0]].shapes))]
        )
        if len(group) == 1
        else None
        for group in fold.groups
    ]


def _value(outputs: list[Tensor | None]) -> Gradient:
    kept = [None if output is None else stored(output.detach()) for output in outputs]
    if len(kept) == 1:
        return kept[0]
    return tuple(kept) if any(one is not None for one in kept) else None
