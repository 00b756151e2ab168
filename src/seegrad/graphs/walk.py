"""From results to steps and links: the graph as autograd recorded it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from seegrad.graphs import internals, rules
from seegrad.graphs.model import Shape

ACCUMULATE = "torch::autograd::AccumulateGrad"  # autograd's node of a leaf
SPAN = 10  # steps from one that holds what follows it to the next


class Step(NamedTuple):
    """A result, an operation or a leaf; one object serves all that are alike."""

    kind: str
    label: str
    operation: str
    shapes: tuple[Shape, ...]  # of its outputs
    rule: str


class Links(NamedTuple):
    """What leads from one step to another: lists, as an object a link takes time."""

    sources: list[int]  # in order
    targets: list[int]
    outputs: list[int]  # of the targets
    operands: list[int]  # of the sources


class Walk(NamedTuple):
    """The graph in the order of a backward pass: results, operations, leaves."""

    steps: list[Step]
    links: Links
    firsts: list[int]  # of each step that isn't a leaf, the first link; and the end
    results: list[Tensor]
    operations: list[Any]  # autograd's nodes
    ends: list[Any]  # autograd's nodes of the leaves
    numbers: dict[Any, int]  # the steps of autograd's nodes, of those of leaves, too

    def links_of(self, step: int) -> range:
        """The links that lead on from a step."""
        return range(self.firsts[step], self.firsts[step + 1])

    @property
    def numbered_operations(self) -> list[tuple[int, Any]]:
        """Autograd's nodes with the numbers of their steps."""
        return list(enumerate(self.operations, len(self.results)))

    @property
    def numbered_ends(self) -> list[tuple[int, Any]]:
        """Autograd's nodes of the leaves with the numbers of their steps."""
        return list(enumerate(self.ends, len(self.steps) - len(self.ends)))

    @property
    def numbered_leaves(self) -> list[tuple[int, Tensor]]:
        """The leaves with the numbers of their steps."""
        return [(step, end.variable) for step, end in self.numbered_ends]


def walk(roots: dict[str, Tensor], names: Sequence[tuple[str, Tensor]]) -> Walk:
    """Number the steps as autograd's engine runs them, and call them by their names."""
    results = [*roots.values()]
    explored = _Exploration(results)
    shapes = [tuple(end.variable.shape) for end in explored.ends]
    steps = [
        *[Step("result", k, "", (tuple(t.shape),), "") for k, t in roots.items()],
        *_operations(explored.operations),
        *[Step("leaf", "leaf", "", (shape,), rules.LEAF) for shape in shapes],
    ]
    nodes = [*explored.operations, *explored.ends]
    numbers = {node: step for step, node in enumerate(nodes, len(results))}
    targets = [numbers[node] for node in explored.nodes]
    links = Links(explored.sources, targets, explored.outputs, explored.operands)
    walked = Walk(
        steps=steps,
        links=links,
        firsts=explored.firsts,
        results=results,
        operations=explored.operations,
        ends=explored.ends,
        numbers=numbers,
    )
    if names:
        for step, label in _labels(walked, names).items():
            steps[step] = steps[step]._replace(label=label)
    return walked


def _operations(nodes: list[Any]) -> Iterator[Step]:
    known: dict[Step, Step] = {}
    for node in nodes:
        name = node.name()
        shapes = internals.output_shapes(node)
        step = Step("operation", name, name, shapes, rules.rule_of(name, node))
        yield known.setdefault(step, step)


def leaves_below(tensors: Iterable[Tensor]) -> list[Tensor]:
    """The leaves that a backward pass from the tensors would reach."""
    roots = [tensor for tensor in tensors if tensor.requires_grad]
    return [end.variable for end in _Exploration(roots).ends]


class _Exploration:
    """Autograd's nodes in the order of a backward pass, and what leads where.

    Autograd numbers operations as they are recorded, and runs the latest that is ready.
    An operation is recorded after its operands, so by the time it is taken from the
    heap everything that hands it a gradient has been taken. Only what several threads
    recorded has no one sequence: there an edge may lead back.
    """

    def __init__(self, roots: Sequence[Tensor]) -> None:
        self.operations: list[Any] = []
        self.ends: list[Any] = []
        self.firsts: list[int] = []  # for each step, and at the end, the next link
        self.sources: list[int] = []
        self.nodes: list[Any] = []  # that the links lead to
        self.outputs: list[int] = []
        self.operands: list[int] = []
        # PyTorch frees a graph that Python has seen by a call for each node inside of
        # the call for the one before: at about 40,000 nodes in a row the stack
        # overflows and the process dies. What a dict holds Python frees in turns
        # instead. So on every path each tenth node holds what follows it in its
        # ``metadata``, too.
        self.since: dict[Any, int] = {}  # steps, at most, from the last one that does
        self.heap: list[tuple[int, int, Any]] = []
        for root in roots:
            self._follow([edge_of(root)[:2]], 1)
        while self.heap:
            node = heappop(self.heap)[2]
            edges = node.next_functions
            distance = self.since[node] + 1
            if distance > SPAN:
                node.metadata["seegrad"] = edges
                distance = 1
            self.operations.append(node)
            self._follow(edges, distance)
        self.firsts.append(len(self.sources))

    def _follow(self, edges: Sequence[tuple[Any, int]], distance: int) -> None:
        """Note where the next step leads to."""
        source = len(self.firsts)
        self.firsts.append(len(self.sources))
        for operand, (node, output) in enumerate(edges):
            if node is None:
                continue
            self.sources.append(source)
            self.nodes.append(node)
            self.outputs.append(output)
            self.operands.append(operand)
            if node in self.since:
                self.since[node] = max(self.since[node], distance)
                continue
            self.since[node] = distance
            if node.name() == ACCUMULATE:
                self.ends.append(node)
            else:
                rank = -internals.sequence_number(node)
                heappush(self.heap, (rank, len(self.since), node))


def edge_of(tensor: Tensor) -> GradientEdge:
    """Where a gradient of the tensor enters the graph, while the tensor is alive."""
    if tensor.grad_fn is None:
        with torch.inference_mode(False):  # there a leaf has no edge
            return get_gradient_edge(tensor)
    return GradientEdge(tensor.grad_fn, tensor.output_nr)


def _labels(walk: Walk, names: Sequence[tuple[str, Tensor]]) -> dict[int, str]:
    """The reader's names where there are any; what a result is called it alone is."""
    places: dict[object, list[int]] = {}
    for step, tensor in [*enumerate(walk.results), *walk.numbered_leaves]:
        places.setdefault(_slot(tensor), []).append(step)
    labels: dict[int, list[tuple[int, str]]] = {}
    for name, tensor in names:
        known = tensor.grad_fn in walk.numbers
        inside = [walk.numbers[tensor.grad_fn]] if known else []
        for step in places.get(_slot(tensor), inside):
            labels.setdefault(step, []).append((tensor.output_nr, name))
    if not labels:
        raise ValueError(
            "names must name at least one tensor of the graph, but it names none: "
            f"{names[0][0]!r} is not in it. Pass the very tensors that the result was "
            "computed from, for example model.named_parameters(); state_dict() holds "
            "detached copies."
        )
    return {
        step: ", ".join(name for _, name in sorted(pairs, key=itemgetter(0)))
        for step, pairs in labels.items()
    }


def _slot(tensor: Tensor) -> object:
    """What a name belongs to: an output of an operation, or a leaf."""
    if tensor.grad_fn is None:
        return id(tensor)
    return tensor.grad_fn, tensor.output_nr
