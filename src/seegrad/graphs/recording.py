"""One backward pass through a walk, and the gradients that run there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import get_gradient_edge
from torch.overrides import TorchFunctionMode

from seegrad.graphs import internals
from seegrad.graphs.folding import NOWHERE, Fold
from seegrad.graphs.model import Gradient, Stored, stored
from seegrad.graphs.walk import Walk, leaves_below

FREED = (
    "The graph was freed by an earlier backward(), so no gradient was run. Call that "
    "one with retain_graph=True to keep the graph."
)
CHECKPOINT = (
    "The graph holds a checkpoint. Its gradient would compute the forward pass again, "
    "so none was run."
)
FROZEN = "No leaf requires a gradient any more, so none was run."
PASSES = (Tensor.backward, torch.autograd.backward)

# Hooks sit on the graph's own nodes: two passes at once would record each other.
_one_at_a_time = threading.RLock()


class Record:
    """The gradients that arrive at each node and run along each edge of a fold."""

    def __init__(self, walk: Walk, fold: Fold) -> None:
        self.walk = walk
        self.fold = fold
        self.arrived: list[list[Stored | Total]] = [
            [Total() if len(group) > 1 else None for _ in walk.steps[group[0]].shapes]
            for group in fold.groups
        ]
        self.ran: list[Stored | Total] = [
            Total() if len(links) > 1 else None for links in fold.edges
        ]
        # What runs inside of a folded node isn't recorded.
        self.entered = [step.kind == "result" for step in walk.steps]
        self.onward: list[list[tuple[int, int]]] = [[] for _ in walk.steps]
        for link, way in zip(walk.links, fold.ways, strict=True):
            if way != NOWHERE:
                self.entered[link.target] = True
                self.onward[link.source].append((link.operand, way))
        self.taking = False  # also after an error of our own

    def hooks(self) -> Iterator[tuple[Any, Callable[..., None]]]:
        """Autograd's nodes with something to record, and what records it."""
        for number, step in enumerate(self.walk.steps):
            records = self.entered[number] or self.onward[number]
            if records and step.kind == "operation":
                yield self.walk.things[number], partial(self.take, number)

    def take(
        self,
        number: int,
        inputs: Sequence[Tensor | None],
        outputs: Sequence[Tensor | None],
    ) -> None:
        """Keep what arrived at a step's outputs, and what it sent to its operands."""
        self.taking = True
        if self.entered[number]:
            arrived = self.arrived[self.fold.places[number]]
            for output, gradient in enumerate(outputs):
                _keep(arrived, output, gradient)
        for operand, way in self.onward[number]:
            _keep(self.ran, way, inputs[operand])
        self.taking = False

    def of_nodes(self) -> list[Gradient]:
        """What arrived at each node, one entry an output where there are several."""
        found = [tuple(map(_added_up, cells)) for cells in self.arrived]
        return [cells[0] if len(cells) == 1 else cells for cells in found]

    def of_edges(self) -> list[Stored]:
        """What ran along each edge."""
        return list(map(_added_up, self.ran))


class Total:
    """Gradients that add up."""

    def __init__(self) -> None:
        self.sum: Tensor | None = None
        self.dtype = torch.get_default_dtype()

    def add(self, gradient: Tensor) -> None:
        """Add one more, in a dtype that can hold the sum of many."""
        self.dtype = gradient.dtype
        term = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
        if self.sum is None:
            self.sum = term.clone()
        elif self.sum.layout is torch.strided:
            self.sum = self.sum + term
        else:  # sparse + dense can't be computed, dense + sparse can
            self.sum = term + self.sum


def _keep(cells: list[Stored | Total], place: int, gradient: Tensor | None) -> None:
    cell = cells[place]
    if gradient is None:
        return
    if isinstance(cell, Total):
        cell.add(gradient)
    else:
        cells[place] = stored(gradient)


def _added_up(cell: Stored | Total) -> Stored:
    if isinstance(cell, Total):
        return None if cell.sum is None else stored(cell.sum.to(cell.dtype))
    return cell


# ---------------------------------------------------------------- the pass


def why_not(walk: Walk) -> str:
    """Why the gradient must not run; empty if it may."""
    steps = list(zip(walk.steps, walk.things, strict=True))
    operations = [(s.operation, node) for s, node in steps if s.kind == "operation"]
    if any(
        name == "CheckpointFunctionBackward" or internals.recomputes(node)
        for name, node in operations
    ):
        return CHECKPOINT
    if not any(leaf.requires_grad for step, leaf in steps if step.kind == "leaf"):
        return FROZEN
    return ""


def run(walk: Walk, record: Record, named: Iterable[Tensor]) -> str:
    """Run the gradient once and record it; why it could not, or nothing.

    The ``.grad`` of leaves, of results and of named tensors stays.
    """
    things = list(zip(range(len(walk.steps)), walk.steps, walk.things, strict=True))
    results = [(k, thing) for k, step, thing in things if step.kind == "result"]
    leaves = [
        (k, thing)
        for k, step, thing in things
        if step.kind == "leaf" and thing.requires_grad  # it may be frozen now
    ]
    custom = any(isinstance(thing, BackwardCFunction) for thing in walk.things)
    kept = [*named, *(tensor for _, tensor in results)]
    with _one_at_a_time, _grads_kept(kept), InnerPasses() if custom else nullcontext():
        totals = [_total(tensor) for _, tensor in results]
        handles = [node.register_hook(hook) for node, hook in record.hooks()]
        try:
            # With edges in the place of tensors no mode is set aside for the pass.
            found = torch.autograd.grad(
                [get_gradient_edge(total) for total in totals],
                [get_gradient_edge(leaf) for _, leaf in leaves],
                retain_graph=True,
                allow_unused=True,
            )
        except Exception as error:  # the reader's hooks and Functions run here
            if record.taking:
                raise
            return _failed(error)
        finally:
            for handle in handles:
                handle.remove()
    for number, tensor in results:
        one = torch.ones((), dtype=tensor.dtype, device=tensor.device)
        record.take(number, [one.expand(tensor.shape)], [one.expand(tensor.shape)])
    for (number, _), gradient in zip(leaves, found, strict=True):
        record.take(number, [], [gradient])
    return ""


def _total(tensor: Tensor) -> Tensor:
    """A number whose gradient by the tensor is ones: autograd starts from those."""
    return (tensor.real if tensor.is_complex() else tensor).sum()


def _failed(error: Exception) -> str:
    text = str(error).strip()
    if (
        isinstance(error, RuntimeError)
        and "backward through the graph a second" in text
    ):
        return FREED
    first = text.splitlines()[0] if text else "no message"
    return f"The gradient could not run: {type(error).__name__}: {first}"


@contextmanager
def _grads_kept(tensors: Iterable[Tensor]) -> Iterator[None]:
    """Give back the .grad of tensors that were told to keep one: a pass adds to it."""
    kept = [(tensor, tensor.grad) for tensor in tensors if tensor.retains_grad]
    try:
        yield
    finally:
        for tensor, gradient in kept:
            tensor.grad = gradient


class InnerPasses(TorchFunctionMode):
    """Gives back the .grad of leaves that a backward inside of the pass writes.

    A custom Function may compute something again and call ``backward()`` on it, as
    reversible blocks do. No edge of the graph leads to the leaves of that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[int, tuple[Tensor, Tensor | None]] = {}

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call the function; where it is a backward pass, see to its leaves first."""
        kwargs = kwargs or {}
        if function in PASSES:
            for leaf in leaves_below(_tensors([*args, *kwargs.values()])):
                if id(leaf) not in self.kept:
                    self.kept[id(leaf)] = leaf, leaf.grad
                    leaf.grad = None  # or the pass would add to it in place
        return function(*args, **kwargs)

    def __exit__(self, *error: Any) -> None:
        """Give back what was kept."""
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        for leaf, gradient in self.kept.values():
            leaf.grad = gradient


def _tensors(things: Iterable[Any]) -> Iterator[Tensor]:
    for thing in things:
        if isinstance(thing, Tensor):
            yield thing
        elif isinstance(thing, (list, tuple)):
            yield from _tensors(thing)
