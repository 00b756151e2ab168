"""What PyTorch knows of a node and tells only by names that are not public.

Each function says what it gives, and what happens where a PyTorch has the name no more.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from torch import Tensor

Shape = tuple[int, ...]


def sequence_number(node: Any) -> int:
    """When the node was recorded: of two that are ready, autograd runs the later one.

    Without it, nodes still come in a topological order, but not in autograd's.
    """
    number: int = getattr(node, "_sequence_nr", int)()
    return number


def output_shapes(node: Any) -> tuple[Shape, ...]:
    """The shapes of what the operation returned in the forward pass.

    Without it, a node has one output, of unknown shape ().
    """
    outputs = getattr(node, "_input_metadata", None)
    if outputs is None:
        return ((),)
    if len(outputs) == 1:
        return (tuple(outputs[0].shape),)
    return tuple([tuple(output.shape) for output in outputs])


def saved(node: Any, name: str) -> Any:
    """A value that the node saved for its backward pass; None if it has none.

    These attributes are documented, for each operation only by its source. Without
    one, a rule is told in general words, or not at all.
    """
    try:
        return getattr(node, f"_saved_{name}", None)
    except RuntimeError:  # freed, or changed in place
        return None


class Saved(NamedTuple):
    """What nodes saved for their backward pass."""

    tensors: list[Tensor]  # those where nothing has to run to get them
    recomputes: bool  # whether a checkpoint would run the forward pass again


def saved_tensors(nodes: Iterable[Any]) -> Saved:
    """What the nodes saved.

    Without ``unpack_hook``, new in torch 2.13, nobody knows what would have to run, so
    there are no tensors; and a checkpoint, whose hook has a name of its own, isn't
    noticed: the forward pass runs again, as in ``backward()``.
    """
    tensors: list[Tensor] = []
    recomputes = False
    for node in nodes:
        for name in _names(node.__class__):
            try:
                kept = getattr(node, f"_raw_saved_{name}")
            except RuntimeError:  # freed
                break
            several = kept if isinstance(kept, (tuple, list)) else (kept,)
            hooks = [getattr(one, "unpack_hook", "unknown") for one in several]
            if any(hooks):
                made_by = [getattr(hook, "__qualname__", "") for hook in hooks]
                recomputes |= any(k.startswith("_checkpoint_hook") for k in made_by)
                continue
            value = saved(node, name)
            value = value if isinstance(value, (tuple, list)) else (value,)
            tensors += [tensor for tensor in value if isinstance(tensor, Tensor)]
    return Saved(tensors, recomputes)


@lru_cache(maxsize=1_000)  # readers' Functions may come and go
def _names(kind: Hashable) -> list[str]:
    prefix = "_raw_saved_"
    return [name.removeprefix(prefix) for name in dir(kind) if name.startswith(prefix)]
