"""What PyTorch knows of a node and tells only by names that are not public.

Each function says what it gives, and what happens where a PyTorch has the name no more.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cache
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction

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
    return ((),) if outputs is None else tuple([tuple(o.shape) for o in outputs])


def saved(node: Any, name: str) -> Any:
    """A value that the node saved for its backward pass; None if it has none.

    These attributes are documented, for each operation only by its source. Without
    one, a rule is told in general words, or not at all.
    """
    try:
        return getattr(node, f"_saved_{name}", None)
    except RuntimeError:  # freed, or changed in place
        return None


def saved_tensors(node: Any) -> Iterator[Tensor]:
    """The tensors that the node saved, where nothing has to run to get them.

    Without ``unpack_hook``, new in torch 2.13, nobody knows what would have to run, so
    there are none.
    """
    for name, kept in _kept(node):
        if all(getattr(one, "unpack_hook", node) is None for one in kept):
            tensors = saved(node, name)
            several = tensors if isinstance(tensors, (tuple, list)) else [tensors]
            yield from [tensor for tensor in several if isinstance(tensor, Tensor)]


def recomputes(node: Any) -> bool:
    """Whether a checkpoint would run the forward pass again for the node.

    Without ``unpack_hook``, and where a checkpoint's hook has another name, it isn't
    noticed: the forward pass runs again, as in ``backward()``.
    """
    hooks = [
        getattr(one, "unpack_hook", None) for _, kept in _kept(node) for one in kept
    ]
    names = [getattr(hook, "__qualname__", "") for hook in hooks]
    return any(name.startswith("_checkpoint_hook") for name in names)


def _kept(node: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What the node keeps its tensors in, by their names; nothing once it is freed."""
    custom = isinstance(node, BackwardCFunction)
    for name in ("tensors",) if custom else _names(node.__class__):
        try:
            kept = getattr(node, f"_raw_saved_{name}")
        except RuntimeError:
            return
        yield name, tuple(kept) if isinstance(kept, (tuple, list)) else (kept,)


@cache
def _names(kind: Hashable) -> list[str]:
    prefix = "_raw_saved_"
    return [name.removeprefix(prefix) for name in dir(kind) if name.startswith(prefix)]
