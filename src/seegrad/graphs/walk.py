"""From results to steps and links: the graph as autograd recorded it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from heapq import heapify, heappop, heappush
from operator import itemgetter
from typing import Any, NamedTuple

from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from seegrad.graphs import internals, rules
from seegrad.graphs.model import Shape

ACCUMULATE = "torch::autograd::AccumulateGrad"  # autograd's node of a leaf
SPAN = 10  # steps from one that holds what follows it to the next

Edges = Sequence[tuple[Any, int]]  # autograd's nodes, and which output of each


class Step(NamedTuple):
    """A result, an operation or a leaf."""

    kind: str
    label: str
    operation: str
    shapes: tuple[Shape, ...]  # of its outputs
    rule: str


class Link(NamedTuple):
    """What leads from one step to another."""

    source: int
    target: int
    output: int  # of the target
    operand: int  # of the source


class Walk(NamedTuple):
    """The graph in the order of a backward pass: results, operations, leaves."""

    steps: list[Step]
    links: list[Link]
    things: list[Any]  # an operation's node; a result's or a leaf's tensor
    numbers: dict[Any, int]  # the steps of autograd's nodes


def walk(roots: dict[str, Tensor], names: Sequence[tuple[str, Tensor]]) -> Walk:
    """Number the steps as autograd's engine runs them, and call them by their names."""
    starts = [get_gradient_edge(tensor)[:2] for tensor in roots.values()]
    operations, onward, ends = _explored(starts)
    leaves = [end.variable for end in ends]
    steps = [
        *[Step("result", k, "", (tuple(t.shape),), "") for k, t in roots.items()],
        *map(_operation, operations),
        *[Step("leaf", "leaf", "", (tuple(t.shape),), rules.LEAF) for t in leaves],
    ]
    numbers = {node: k for k, node in enumerate([*operations, *ends], len(roots))}
    links = [
        Link(source, numbers[node], output, operand)
        for source, edges in enumerate([*([start] for start in starts), *onward])
        for operand, (node, output) in enumerate(edges)
        if node is not None
    ]
    things = [*roots.values(), *operations, *leaves]
    for step, label in _labels(things, numbers, names).items():
        steps[step] = steps[step]._replace(label=label)
    return Walk(steps, links, things, numbers)


def leaves_below(tensors: Iterable[Tensor]) -> list[Tensor]:
    """The leaves that a backward pass from the tensors would reach."""
    starts = [get_gradient_edge(t)[:2] for t in tensors if t.requires_grad]
    return [end.variable for end in _explored(starts)[2]]


def in_order(targets: Sequence[Collection[int]], rank: Sequence[int]) -> list[int]:
    """The numbers, each after all that lead to it; of those ready the lowest rank."""
    waiting = [0] * len(targets)
    for around in targets:
        for target in around:
            waiting[target] += 1
    ready = [(rank[k], k) for k, count in enumerate(waiting) if not count]
    heapify(ready)
    order = []
    while ready:
        _, number = heappop(ready)
        order.append(number)
        for target in targets[number]:
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, (rank[target], target))
    return order


def _operation(node: Any) -> Step:
    name = node.name()
    shapes = internals.output_shapes(node)
    return Step("operation", name, name, shapes, rules.rule_of(node))


def _explored(starts: Edges) -> tuple[list[Any], list[Edges], list[Any]]:
    """The operations in the order of a backward pass, what leads where, the ends."""
    found: dict[Any, Edges] = {}
    todo = [node for node, _ in starts]
    while todo:
        node = todo.pop()
        if node is not None and node not in found and node.name() != ACCUMULATE:
            found[node] = node.next_functions
            todo += [following for following, _ in found[node]]
    nodes = list(found)
    numbers = {node: number for number, node in enumerate(nodes)}
    targets = [
        [numbers[node] for node, _ in edges if node in numbers]
        for edges in found.values()
    ]
    order = in_order(targets, [-internals.sequence_number(node) for node in nodes])
    _make_safe_to_free(nodes, targets, order)
    operations = [nodes[number] for number in order]
    onward = [found[node] for node in operations]
    met = dict.fromkeys(node for edges in (starts, *onward) for node, _ in edges)
    ends = [node for node in met if node is not None and node not in found]
    return operations, onward, ends


def _make_safe_to_free(
    nodes: list[Any], targets: list[list[int]], order: list[int]
) -> None:
    """Let a graph that Python has seen be freed without a deep recursion.

    PyTorch frees such a graph by a call for each node inside of the call for the one
    before: at about 40,000 nodes in a row the stack overflows and the process dies.
    What a dict holds Python frees in turns instead. So on every path some nodes hold
    what follows them in their ``metadata``, too.
    """
    since = [0] * len(nodes)  # steps, at most, from the last one that does
    for number in order:
        if since[number] == SPAN:
            nodes[number].metadata["seegrad"] = nodes[number].next_functions
            since[number] = 0
        for target in targets[number]:
            since[target] = max(since[target], since[number] + 1)


def _labels(
    things: list[Any],
    numbers: dict[Any, int],
    names: Sequence[tuple[str, Tensor]],
) -> dict[int, str]:
    """The reader's names where there are any; what a result is called it alone is."""
    places: dict[object, list[int]] = {}
    for step, thing in enumerate(things):
        if isinstance(thing, Tensor):
            places.setdefault(_slot(thing), []).append(step)
    found: dict[int, list[tuple[int, str]]] = {}
    for name, tensor in names:
        inside = [numbers[tensor.grad_fn]] if tensor.grad_fn in numbers else []
        for step in places.get(_slot(tensor), inside):
            found.setdefault(step, []).append((tensor.output_nr, name))
    if names and not found:
        raise ValueError(
            "names must name at least one tensor of the graph, but it names none: "
            f"{names[0][0]!r} is not in it. Pass the very tensors that the result was "
            "computed from, for example model.named_parameters(); state_dict() holds "
            "detached copies."
        )
    return {
        step: ", ".join(name for _, name in sorted(pairs, key=itemgetter(0)))
        for step, pairs in found.items()
    }


def _slot(tensor: Tensor) -> object:
    """What a name belongs to: an output of an operation, or a leaf."""
    if tensor.grad_fn is None:
        return id(tensor)
    return tensor.grad_fn, tensor.output_nr
