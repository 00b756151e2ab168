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
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.overrides import TorchFunctionMode

from seegrad.graphs.folding import NOWHERE, Fold
from seegrad.graphs.model import Gradient, Stored, stored
from seegrad.graphs.walk import Walk, edge_of, leaves_below

FREED = (
    "The graph was freed by an earlier backward(), so no gradient was run. Call that "
    "one with retain_graph=True to keep the graph."
)
CHECKPOINT = (
    "The graph holds a checkpoint. Its gradient would compute the forward pass again, "
    "so none was run."
)
FROZEN = "No leaf requires a gradient any more, so none was run."
CHECKPOINT_NODE = "CheckpointFunctionBackward"

# Hooks sit on the graph's own nodes: two passes at once would record each other.
_one_at_a_time = threading.RLock()


Kept = tuple[Tensor | None, Stored]  # a gradient, and what is kept of it
NOTHING: Kept = (None, None)


class Record:
    """The gradients that arrive at each node and run along each edge of a fold."""

    def __init__(self, walk: Walk, fold: Fold) -> None:
        self.walk = walk
        self.fold = fold
        # One cell an output of a node, all in a row, and one an edge.
        self.arrived: list[Stored | Total] = []
        self.first: list[int] = []  # of each node's cells
        for step, count in zip(fold.steps, fold.step_counts, strict=True):
            self.first.append(len(self.arrived))
            for _ in walk.steps[step].shapes:
                self.arrived.append(Total() if count > 1 else None)
        self.ran: list[Stored | Total] = [
            Total() if count > 1 else None for count in fold.link_counts
        ]
        # What runs inside of a folded node isn't recorded.
        self.entered = [step.kind == "result" for step in walk.steps]
        self.leaving = [False] * len(walk.steps)
        sources, targets, _, _ = walk.links
        for source, target, edge in zip(sources, targets, fold.edges, strict=True):
            if edge != NOWHERE:
                self.leaving[source] = self.entered[target] = True
        # What was sent to a step last: most are handed the very same tensor.
        self.sent: dict[int, Kept] = {}
        self.taking = False  # also after an error of our own

    def hooks(self) -> Iterator[tuple[Any, Callable[..., None]]]:
        """Autograd's nodes with something to record, and what records it."""
        for step, node in self.walk.numbered_operations:
            if self.entered[step] or self.leaving[step]:
                yield node, partial(self.take, step)

    def take(
        self,
        step: int,
        inputs: Sequence[Tensor | None],
        outputs: Sequence[Tensor | None],
    ) -> None:
        """Keep what arrived at a step's outputs, and what it sent to its operands."""
        self.taking = True
        pair = self.sent.pop(step, NOTHING)
        if self.entered[step]:
            first = self.first[self.fold.places[step]]
            for cell, gradient in enumerate(outputs, first):
                pair = _keep(self.arrived, cell, gradient, pair)
        if self.leaving[step]:
            _, targets, _, operands = self.walk.links
            edges = self.fold.edges
            for link in self.walk.links_of(step):
                if edges[link] != NOWHERE:
                    gradient = inputs[operands[link]]
                    pair = _keep(self.ran, edges[link], gradient, pair)
                    self.sent[targets[link]] = pair
        self.taking = False

    def of_nodes(self) -> list[Gradient]:
        """What arrived at each node, one entry an output where there are several."""
        cells = [_added_up(cell) for cell in self.arrived]
        ends = [*self.first[1:], len(cells)]
        return [
            cells[first] if end - first == 1 else tuple(cells[first:end])
            for first, end in zip(self.first, ends, strict=True)
        ]

    def of_edges(self) -> list[Stored]:
        """What ran along each edge."""
        return [_added_up(cell) for cell in self.ran]


class Total:
    """Gradients that add up."""

    def __init__(self) -> None:
        self.sum: Tensor | None = None
        self.dtype = torch.float32

    def add(self, gradient: Tensor) -> None:
        """Add one more, in a dtype that can hold the sum of many."""
        self.dtype = gradient.dtype
        if gradient.element_size() < 4:
            gradient = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
        if self.sum is None:
            self.sum = gradient.clone()
        elif self.sum.layout is torch.strided:
            self.sum = self.sum + gradient
        else:  # sparse + dense can't be computed, dense + sparse can
            self.sum = gradient + self.sum


def _keep(
    cells: list[Stored | Total], place: int, gradient: Tensor | None, pair: Kept
) -> Kept:
    """Put a gradient into its cell; where it is the last one, what was kept of that."""
    if gradient is None:
        return pair
    cell = cells[place]
    if isinstance(cell, Total):
        cell.add(gradient)
        return pair
    if gradient is not pair[0]:
        pair = gradient, stored(gradient)
    cells[place] = pair[1]
    return pair


def _added_up(cell: Stored | Total) -> Stored:
    if isinstance(cell, Total):
        return None if cell.sum is None else stored(cell.sum.to(cell.dtype))
    return cell


# ---------------------------------------------------------------- the pass


def why_not(walk: Walk, recomputes: bool) -> str:
    """Why the gradient must not run; empty if it may."""
    if recomputes or any(s.operation == CHECKPOINT_NODE for s in walk.steps):
        return CHECKPOINT
    if not _live_leaves(walk):
        return FROZEN
    return ""


def _live_leaves(walk: Walk) -> dict[int, GradientEdge]:
    """The steps of leaves that still require a gradient, and where that comes in."""
    return {
        step: GradientEdge(end, 0)
        for step, end in walk.numbered_ends
        if end.variable.requires_grad
    }


def run(walk: Walk, record: Record, named: Iterable[Tensor]) -> str:
    """Run the gradient once and record it; why it could not, or nothing.

    The ``.grad`` of leaves, of results and of named tensors stays.
    """
    leaves = _live_leaves(walk)
    custom = any(isinstance(node, BackwardCFunction) for node in walk.operations)
    inside = _inner_passes_undone() if custom else nullcontext()
    with _one_at_a_time, _grads_kept([*named, *walk.results]), inside:
        totals = [_total(result) for result in walk.results]
        handles = [node.register_hook(hook) for node, hook in record.hooks()]
        try:
            # With tensors in the place of edges the mode would be set aside.
            gradients = torch.autograd.grad(
                [edge_of(total) for total in totals],
                [*leaves.values()],
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
    for number, result in enumerate(walk.results):
        one = torch.ones((), dtype=result.dtype, device=result.device)
        start = [one.expand(result.shape)]
        record.take(number, start, start)
    for number, gradient in zip(leaves, gradients, strict=True):
        record.take(number, [], [gradient])
    return ""


def _total(tensor: Tensor) -> Tensor:
    """A number whose gradient by the tensor is ones: autograd starts from those."""
    if tensor.ndim == 0 and not tensor.is_complex():
        return tensor
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
    """Keeps the .grad of leaves that a backward inside of the pass writes.

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
        kwargs = dict(kwargs or {})
        if function is Tensor.backward:  # would call the other one, with this set aside
            function = torch.autograd.backward
            kwargs["grad_tensors"] = kwargs.pop("gradient", None)
        if function is not torch.autograd.backward:
            return function(*args, **kwargs)
        given = args[0] if kwargs.get("inputs") is None else kwargs["inputs"]
        roots = [given] if isinstance(given, Tensor) else list(given)
        for leaf in leaves_below([root for root in roots if isinstance(root, Tensor)]):
            if id(leaf) not in self.kept:
                self.kept[id(leaf)] = leaf, leaf.grad
                leaf.grad = None  # or the pass would add to it in place
        if given is not args[0]:
            return function(*args, **kwargs)
        edges = [get_gradient_edge(k) if isinstance(k, Tensor) else k for k in roots]
        with self:
            return function(edges, **kwargs)


@contextmanager
def _inner_passes_undone() -> Iterator[None]:
    passes = InnerPasses()
    try:
        with passes:
            yield
    finally:
        for leaf, gradient in passes.kept.values():
            leaf.grad = gradient
