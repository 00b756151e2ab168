"""The tensors that the nodes of a graph stand for, where they can still be had."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from seegrad.graphs.folding import Fold
from seegrad.graphs.model import Gradient, Stored, Summary, stored
from seegrad.graphs.walk import Walk


def values(walk: Walk, fold: Fold, known: Iterable[Tensor]) -> list[Gradient]:
    """The value of each node; None of those that stand for several steps.

    Nothing is computed again. Known are results and leaves, and what is given: named
    tensors, and what operations saved for their backward pass, their own result or
    another operation's.
    """
    tensors: dict[int, dict[int, Tensor]] = {}  # by steps and outputs
    for step, tensor in [*enumerate(walk.results), *walk.numbered_leaves]:
        tensors[step] = {0: tensor}
    for tensor in [*known, *walk.results]:
        if tensor.grad_fn in walk.numbers:
            step = walk.numbers[tensor.grad_fn]
            tensors.setdefault(step, {})[tensor.output_nr] = tensor
    copies: dict[int, Tensor | Summary] = {}  # an operation's may be a result, too
    kept: list[Gradient] = []
    for step, count in zip(fold.steps, fold.step_counts, strict=True):
        outputs: list[Stored] = [None] * len(walk.steps[step].shapes)
        of_step = tensors.get(step, {}) if count == 1 else {}
        for output, tensor in of_step.items():
            if id(tensor) not in copies:
                copies[id(tensor)] = stored(tensor.detach())
            outputs[output] = copies[id(tensor)]
        several = tuple(outputs) if of_step else None
        kept.append(outputs[0] if len(outputs) == 1 else several)
    return kept
