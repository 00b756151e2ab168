"""GradientGraph: the autograd graph with the gradients that ran through it.

PyTorch records a computation as nodes that know how to pass a gradient on. Here the
nodes are walked once, in the order in which a backward pass runs them, grouped where
they repeat, and run once with a hook on each. What is left is plain data.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from heapq import heapify, heappop, heappush, heappushpop
from math import prod
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakSet

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from seegrad.checks import arguments, state
from seegrad.graphs.rules import LEAF, RULE_OF

# Freeing a chain of more than about 40,000 nodes that Python has seen overflows the C
# stack and kills the process. One graph may take half of that, all that live together
# no more than SAFE.
DEEPEST = 21_000
SAFE = 38_000
SHALLOW = 300  # never refused, never noted
WHOLE = 1_000  # gradients of up to so many elements are kept as they are
FEW = 6  # so many elements of a larger one are kept
TERMS = 256  # so many small gradients are added up at once
HELD = 2**18  # large gradients are held until they have more elements together
COLLECT = ("CatBackward0", "StackBackward0")  # their operands are all alike
REPEATS = 3  # from so many on, equal nodes are folded into one
LEAF_END = torch._C._functions.AccumulateGrad  # type: ignore[attr-defined]

FREED = (
    "The graph was freed by an earlier backward(), so no gradient was run. Call that "
    "one with retain_graph=True to keep the graph."
)

Shape = tuple[int, ...]
Row = tuple[Any, ...]
Slot = tuple[int, int]  # a node of the walk, and one of its outputs


@dataclass(frozen=True, eq=False)
class Summary:
    """A gradient too large to keep: its shape and a few numbers."""

    shape: Shape
    """The gradient's shape."""
    min: float
    """Its smallest element; of a complex one, the smallest size."""
    max: float
    """Its largest element; of a complex one, the largest size."""
    norm: float
    """The square root of the sum of its squares."""
    few: Tensor
    """Its first elements, one-dimensional."""


Gradient = Tensor | Summary | tuple[Tensor | Summary | None, ...] | None


@dataclass(frozen=True, eq=False)
class Node:
    """A result, an operation or a leaf of a `GradientGraph`."""

    id: int
    """Its place in the order in which a backward pass runs; results come first."""
    kind: str
    """"result", "operation" or "leaf"."""
    label: str
    """The reader's name for it, or else PyTorch's name of the operation."""
    operation: str
    """PyTorch's name of the operation; empty for results and leaves."""
    shape: Shape
    """The shape of the tensor it stands for, the first one's if there are several."""
    gradient: Gradient
    """What arrives, added up; one entry an output where there are several."""
    rule: str
    """What it does to the gradient, in words; empty if the operation isn't known."""
    count: int
    """How many equal nodes are folded into it."""


@dataclass(frozen=True, eq=False)
class Edge:
    """A way that the gradient runs, from one node of a `GradientGraph` to the next."""

    source: int
    """The id of the node it comes from."""
    target: int
    """The id of the node it goes to."""
    output: int | None
    """Which output of the target it belongs to; None where several are folded."""
    operand: int | None
    """Which operand of the source the target is; None where several are folded."""
    gradient: Tensor | Summary | None
    """What runs along it, added up where several are folded."""
    count: int
    """How many equal edges are folded into it."""


@dataclass(frozen=True, eq=False)
class GradientGraph:
    """An autograd graph as plain nodes and edges. Made by `gradient_graph`.

    It shows itself in a notebook, and ``print`` writes it as a tree.
    """

    node_rows: list[Row]
    """The fields of each `Node`, in order; for graphs too large for objects."""
    edge_rows: list[Row]
    """The fields of each `Edge`, in order."""
    message: str
    """Why there are no gradients; empty if there are."""

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in the order in which a backward pass runs them."""
        return tuple(Node(*row) for row in self.node_rows)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges, in the gradient's direction and order."""
        return tuple(Edge(*row) for row in self.edge_rows)

    def dot(self, *, direction: str = "backward") -> str:
        """The graph in Graphviz's language; "forward" turns the arrows."""
        collecting = gc.isenabled()
        gc.disable()  # text is no garbage, and a new graph's many rows needn't be yet
        try:
            from seegrad.graphs import svg as draw

            return draw.dot(self, direction=direction)
        finally:
            if collecting:
                gc.enable()

    def svg(self, *, direction: str = "backward") -> str:
        """The graph as an SVG picture with a description in words."""
        from seegrad.graphs import svg as draw

        return draw.svg(self, direction=direction)

    def save(self, path: str | Path, *, direction: str = "backward") -> None:
        """Write the graph to a file that ends in .svg, .png, .pdf or .dot."""
        from seegrad.graphs import svg as draw

        draw.save(self, path, direction=direction)

    def _repr_html_(self) -> str:
        from seegrad.graphs import svg as draw

        return draw.html(self)

    def __str__(self) -> str:
        """The graph as an indented tree."""
        from seegrad.graphs import svg as draw

        return draw.tree(self)


def gradient_graph(
    root: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
    *,
    names: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None,
    fold: bool = True,
    gradients: bool = True,
) -> GradientGraph:
    """See the graph that autograd recorded, and the gradient on every edge of it.

    Parameters
    ----------
    root : tensor, or list, tuple or dict of tensors
        The results to walk back from. Where a result isn't a scalar, the gradient
        starts as ones, as for its sum.
    names : dict of str to tensor, or pairs, optional
        Names for leaves and for tensors on the way, such as ``{"x": x, "y": y}`` or
        ``model.named_parameters()``.
    fold : bool, optional
        Whether three or more equal nodes, such as the additions of a loop, become one.
    gradients : bool, optional
        Whether to run the gradient through the graph; otherwise only the structure.

    Returns
    -------
    GradientGraph
        `nodes`, `edges` and `message`. If the graph was freed or holds a checkpoint,
        there are no gradients, and `message` says so.

    Raises
    ------
    TypeError
        If root or a named thing isn't a tensor, or a name isn't a string.
    ValueError
        If there is no root, a root does not require a gradient, or the graph is deeper
        than can be walked safely.

    Notes
    -----
    A node of autograd takes the gradient of a result by the operation's output and
    returns one by each of its inputs [1]_. The gradients on the edges into a node add
    up to the node's own. The graph stays usable, and every ``.grad`` as it was; only
    where ``retain_grad`` was called before ``gc.freeze`` it grows, since frozen objects
    can't be found. Hooks that you registered on tensors run once more. Before torch
    2.13 a checkpoint made with ``use_reentrant=False`` can't be told from other
    operations, and its forward pass is computed again.

    References
    ----------
    .. [1] A. Paszke et al., PyTorch: An Imperative Style, High-Performance Deep
       Learning Library, NeurIPS, 2019.

    Examples
    --------
    In z = x·x the gradient comes to x twice, once for each factor:

    >>> import torch, seegrad
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> graph = seegrad.gradient_graph(x * x, names={"x": x})
    >>> print(graph)
    result  1
    MulBackward0  1  (× the other factor)
    x  6
    >>> [edge.gradient.item() for edge in graph.edges]
    [1.0, 3.0, 3.0]
    """
    roots = _roots(root)
    named = _names(names)
    collecting = gc.isenabled()
    gc.disable()  # all that is made here stays: to look for garbage would be in vain
    try:
        retaining = _retaining() if gradients else []  # while there are few objects
        walk = _walk(roots, named)
        drawn = _folded(walk) if fold else _unfolded(walk)
        message = _why_not(walk) if gradients else "The gradient was not asked for."
        if not message:
            with _gradients_kept(retaining, walk):
                found = _run(list(roots.values()), walk, _Record(walk, drawn))
            if isinstance(found, GradientGraph):
                return found
            message = found
        return GradientGraph(drawn.nodes, drawn.edges, message)
    finally:
        if collecting:
            gc.enable()


# ---------------------------------------------------------------- arguments


def _roots(root: object) -> dict[str, Tensor]:
    if isinstance(root, Tensor):
        roots: dict[str, Any] = {"result": root}
    elif isinstance(root, Mapping):
        roots = {str(name): tensor for name, tensor in root.items()}
    elif isinstance(root, (list, tuple)):
        roots = {f"result {k}": tensor for k, tensor in enumerate(root)}
    else:
        roots = {"result": root}
    if not roots:
        raise ValueError(
            "root must hold at least one tensor, but it is empty. Pass the results to "
            "walk back from."
        )
    for tensor in roots.values():
        if not isinstance(tensor, Tensor) or tensor.is_nested:
            raise TypeError(
                "root must be a tensor, or a list, tuple or dict of tensors, but it "
                f"holds {arguments.describe(tensor)}. Pass what backward() is called "
                "on."
            )
        if not tensor.requires_grad:
            raise ValueError(
                "root must have a graph to walk, but it is "
                f"{arguments.describe(tensor)} that does not require a gradient. "
                "Make its inputs with requires_grad=True, outside no_grad()."
            )
    return roots


def _names(names: object) -> dict[object, str]:
    """The reader's names, by leaf or by node and output."""
    try:
        pairs = dict(names or {})  # type: ignore[call-overload]
    except (TypeError, ValueError, RuntimeError):
        pairs = {None: names}
    found: dict[object, str] = {}
    for name, tensor in pairs.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise TypeError(
                "names must map strings to tensors, but it holds "
                f"{arguments.describe(tensor)} for {arguments.describe(name)}. Pass "
                'for example names={"x": x}.'
            )
        found[_key(tensor)] = name
    return found


def _key(tensor: Tensor) -> object:
    """What a name belongs to: a leaf, or an output of an operation."""
    if tensor.grad_fn is None:
        return _Leaf(tensor)
    return tensor.grad_fn, tensor.output_nr


class _Leaf:
    """A leaf as a key: tensors compare by value, this compares by identity."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __hash__(self) -> int:
        return id(self.tensor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Leaf) and other.tensor is self.tensor


# ---------------------------------------------------------------- the walk


@dataclass
class _Walk:
    """The graph as it was recorded, in the order of a backward pass.

    Rows, for graphs of many thousand nodes: an object a node would take longer to make
    than all the rest.
    """

    nodes: list[Row]  # the fields of a `Node`, still without gradient
    edges: list[Row]  # the fields of an `Edge`, still without gradient
    several: dict[int, list[Any]]  # the outputs of a node that hasn't just one
    functions: list[Any]  # autograd's node; the tensor of a result or leaf
    numbers: dict[Any, int]  # of autograd's nodes

    @cached_property
    def shapes(self) -> dict[int, list[Shape]]:
        """The shapes of a node's outputs where it hasn't just one."""
        return {
            node: [tuple(output.shape) for output in outputs]
            for node, outputs in self.several.items()
        }


def _walk(roots: dict[str, Tensor], names: dict[Any, str]) -> _Walk:
    """Number the nodes as autograd's engine runs them: results, operations, leaves."""
    starts = [_start(tensor) for tensor in roots.values()]
    functions, onward, ends = _reach(starts)
    variables = [end.variable for end in ends]
    nodes: list[Row] = [
        (number, "result", name, "", tuple(tensor.shape), None, "", 1)
        for number, (name, tensor) in enumerate(roots.items())
    ]
    several: dict[int, list[Any]] = {}
    for number, function in enumerate(functions, start=len(nodes)):
        outputs = function._input_metadata
        if len(outputs) != 1:
            several[number] = outputs
        shape = tuple(outputs[0].shape) if outputs else ()
        name = function.name()
        rule = RULE_OF[name]
        if not isinstance(rule, str):
            rule = rule(function)
        nodes.append((number, "operation", name, name, shape, None, rule, 1))
    for number, tensor in enumerate(variables, start=len(nodes)):
        nodes.append((number, "leaf", "leaf", "", tuple(tensor.shape), None, LEAF, 1))
    places = range(len(roots), len(nodes))
    numbers = dict(zip([*functions, *ends], places, strict=True))
    if names:
        labels = _labels(roots, functions, variables, names)
        for number, label in enumerate(labels):
            if label is not None:
                row = nodes[number]
                nodes[number] = (*row[:2], label, *row[3:])
    edges = [
        (source, numbers[function], output, operand, None, 1)
        for source, following in enumerate(onward)
        for operand, (function, output) in enumerate(following)
        if function is not None
    ]
    things = [*roots.values(), *functions, *variables]
    return _Walk(nodes, edges, several, things, numbers)


def _start(tensor: Tensor) -> tuple[Any, int]:
    """Autograd's node that a gradient of the tensor enters, and by which output."""
    function = tensor.grad_fn
    if function is not None:
        return function, tensor.output_nr
    with state.preserve_state(tensor.device):
        edge = torch.autograd.graph.get_gradient_edge(tensor)
    return edge.node, edge.output_nr


def _labels(
    roots: dict[str, Tensor],
    functions: list[Any],
    variables: list[Tensor],
    names: dict[Any, str],
) -> list[str | None]:
    """The reader's names where there are any; what a result is called it alone is."""
    keys = [_key(tensor) for tensor in roots.values()]
    made: dict[object, list[tuple[int, str]]] = {}
    for key, name in names.items():
        if isinstance(key, tuple) and key not in keys:
            made.setdefault(key[0], []).append((key[1], name))
    joined = {f: ", ".join([name for _, name in sorted(made[f])]) for f in made}
    return [
        *map(names.get, keys),
        *map(joined.get, functions),
        *[names.get(_Leaf(variable)) for variable in variables],
    ]


def _reach(starts: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """The operations in the order of a backward pass, what leads where, the ends.

    The engine gives each operation a sequence number when it is recorded, and runs the
    largest that is ready. An operation is recorded after its operands, so by the time
    it is taken from the heap everything that hands it a gradient has been taken.
    """
    functions: list[Any] = []
    onward: list[Any] = [(start,) for start in starts]
    ends: list[Any] = []
    depth: dict[Any, int] = {None: DEEPEST}  # what needs no gradient leads nowhere
    heap: list[tuple[int, int, Any]] = []
    seen = None
    deepest, limit, level = 0, SHALLOW, 1
    met = starts
    while True:
        new = None
        for function, _ in met:
            known = depth.get(function)
            if known is None:
                if type(function) is LEAF_END:
                    ends.append(function)
                else:
                    if new:
                        heappush(heap, new)
                    new = -function._sequence_nr(), len(depth), function
                depth[function] = level
            elif known < level:
                depth[function] = level
        if new:
            function = heappushpop(heap, new)[2]
        elif heap:
            function = heappop(heap)[2]
        else:
            break
        functions.append(function)
        level = depth[function] + 1
        if level > deepest:
            deepest = level
            if deepest > limit:
                seen = seen or _Seen([start for start, _ in starts])
                limit = seen.reach(function, deepest)
        met = function.next_functions
        onward.append(met)
    if seen:
        seen.finish(functions[-1], deepest)
    return functions, onward, ends


class _Seen:
    """How deep Python has looked into a graph, for as long as the graph lives.

    PyTorch keeps what Python has seen of a node until the node is freed. So it is noted
    at the roots, to know them again, and at the deepest node, which lives the longest.
    """

    alive: ClassVar[WeakSet[_Seen]] = WeakSet()

    def __init__(self, roots: list[Any]) -> None:
        self.depth: int = 0
        before = [node.metadata.get("seegrad") for node in roots]
        elsewhere = sum(seen.depth for seen in self.alive if seen not in before)
        self.limit = max(SHALLOW, min(DEEPEST, SAFE - elsewhere))
        for node in roots:
            node.metadata["seegrad"] = self

    def reach(self, node: Any, level: int) -> int:
        """The deepest level that may be looked at; refuses a node below it."""
        if level > self.limit:
            self.finish(node, level)
            raise ValueError(
                f"root's graph must be less than {self.limit} operations deep, but it "
                "is deeper: freeing a graph that Python has walked so deep, alone or "
                "with others that still live, overflows the stack. Use a shorter loop, "
                "or one operation such as sum() for it."
            )
        return self.limit

    def finish(self, node: Any, level: int) -> None:
        """Take note of the last and deepest node."""
        self.depth = level
        node.metadata["seegrad"] = self
        self.alive.add(self)


# ---------------------------------------------------------------- folding


@dataclass
class _Drawn:
    """What is to be drawn of a walk, and where its nodes and edges went."""

    nodes: list[Row]
    edges: list[Row]
    place: Sequence[int]  # of each node of the walk, the drawn one
    way: Sequence[int]  # of each edge, the drawn one; −1 inside of a folded node
    slots: list[list[Slot]]  # that each drawn edge leads to; none where none is folded


def _unfolded(walk: _Walk) -> _Drawn:
    """Each node and each edge for itself."""
    # What several threads recorded has no one sequence: there an edge may lead back.
    if [edge for edge in walk.edges if edge[0] >= edge[1]]:
        return _grouped(walk, list(range(len(walk.nodes))))
    nodes, edges = range(len(walk.nodes)), range(len(walk.edges))
    return _Drawn(walk.nodes, walk.edges, nodes, edges, [])


def _folded(walk: _Walk) -> _Drawn:
    """Nodes that repeat become one: runs of one operation, then equal branches."""
    if not _may_fold([row[3] for row in walk.nodes]):
        return _unfolded(walk)
    numbers: dict[object, int] = {}
    looks = [
        numbers.setdefault(row[2:7] if row[1] != "result" else row, len(numbers))
        for row in walk.nodes
    ]
    for node, shapes in walk.shapes.items():
        looks[node] = numbers.setdefault((looks[node], *shapes), len(numbers))
    runs = _runs(walk, looks)
    if not _may_fold([looks[run] for run in set(runs)]):
        return _grouped(walk, runs)
    branches = _branches(walk, looks, runs)
    members = Counter(branches[run] for run in set(runs))
    groups = [branches[r] if members[branches[r]] >= REPEATS else r for r in runs]
    return _grouped(walk, groups)


def _may_fold(things: list[Any]) -> bool:
    """Whether one of them may come often enough; to count each would take longer."""
    return len(things) - len(set(things)) >= REPEATS - 1


def _runs(walk: _Walk, looks: list[int]) -> list[int]:
    """Nodes in a row of the same operation get the number of the row's first node."""
    feeders = Counter(map(itemgetter(1), walk.edges))
    run = list(range(len(looks)))
    length = [1] * len(run)
    latest = -1
    for source, target in map(itemgetter(0, 1), walk.edges):
        if (
            looks[source] == looks[target]
            and source != latest
            and feeders[target] == 1
            and walk.nodes[source][2] == walk.nodes[source][3] != ""
        ):
            latest = source  # a row goes on to one node only
            run[target] = run[source]
            length[run[source]] += 1
    return [first if length[first] >= REPEATS else k for k, first in enumerate(run)]


def _branches(walk: _Walk, looks: list[int], runs: list[int]) -> dict[int, int]:
    """Nodes that are alike in themselves, above and below share the first's number."""
    down: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    up: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    lengths = Counter(runs)
    ways = {(runs[e[0]], runs[e[1]], e[3]) for e in walk.edges}
    for run, other, operand in ways:
        if run != other:
            ordered = lengths[run] == 1 and walk.nodes[run][3] not in COLLECT
            place = operand if ordered else -1
            down[run].add((place, other))
            up[other].add((place, run))
    order = _in_order({run: {t for _, t in around} for run, around in down.items()})
    numbers: dict[object, int] = {}
    below: dict[int, int] = {}
    for run in reversed(order):
        seen = frozenset([(place, below[other]) for place, other in down[run]])
        below[run] = numbers.setdefault((looks[run], seen), len(numbers))
    above: dict[int, int] = {}
    for run in order:
        seen = frozenset([(place, above[other]) for place, other in up[run]])
        above[run] = numbers.setdefault((looks[run], seen), len(numbers))
    first: dict[tuple[int, int], int] = {}
    return {run: first.setdefault((below[run], above[run]), run) for run in order}


def _in_order(onward: dict[int, set[int]]) -> list[int]:
    """The numbers, each after all that lead to it, the smallest that is ready first."""
    if all(number < min(around) for number, around in onward.items() if around):
        return sorted(onward)
    open_ends = Counter(target for around in onward.values() for target in around)
    ready = [number for number in onward if not open_ends[number]]
    heapify(ready)
    order = []
    while ready:
        number = heappop(ready)
        order.append(number)
        for target in onward[number]:
            open_ends[target] -= 1
            if not open_ends[target]:
                heappush(ready, target)
    return order


def _grouped(walk: _Walk, groups: list[int]) -> _Drawn:
    """One node a group, one edge for all that lead from one group to another alike."""
    counts = Counter(groups)
    unlike = {node for node, shapes in walk.shapes.items() if len(set(shapes)) != 1}
    slots: dict[tuple[int, int, int], list[Slot]] = {}
    keys: list[tuple[int, int, int] | None] = []
    for source, target, output, operand, _, _ in walk.edges:
        group, other = groups[source], groups[target]
        key = None
        if group != other:
            place = operand
            if counts[group] > 1 or counts[other] > 1:
                # Operands are alike here, and outputs if they have one shape.
                place = -1 - output if target in unlike else -1
            key = (group, other, place)
            slots.setdefault(key, []).append((target, output))
        keys.append(key)

    onward: dict[int, set[int]] = {group: set() for group in counts}
    for group, other, _ in slots:
        onward[group].add(other)
    order = _in_order(onward)
    ids = {group: number for number, group in enumerate(order)}
    ways = sorted(slots, key=lambda key: ids[key[0]])  # of one node, as they came
    numbers: dict[Any, int] = {key: number for number, key in enumerate(ways)}
    numbers[None] = -1
    edges = []
    for key in ways:
        outputs = {output for _, output in slots[key]}
        output = outputs.pop() if len(outputs) == 1 else None
        operand = key[2] if key[2] >= 0 else None
        count = len(slots[key])
        edges.append((ids[key[0]], ids[key[1]], output, operand, None, count))
    return _Drawn(
        nodes=[(ids[g], *walk.nodes[g][1:7], counts[g]) for g in order],
        edges=edges,
        place=[ids[group] for group in groups],
        way=[numbers[key] for key in keys],
        slots=[slots[key] for key in ways],
    )


# ---------------------------------------------------------------- the pass


class _Record:
    """The gradients that arrive at each drawn node and run along each drawn edge."""

    def __init__(self, walk: _Walk, drawn: _Drawn) -> None:
        self.drawn = drawn
        self.arrived: list[list[Any]] = [
            [None if row[7] == 1 else _Sum()] for row in drawn.nodes
        ]
        for node, outputs in walk.several.items():
            place = drawn.place[node]
            alone = drawn.nodes[place][7] == 1
            self.arrived[place] = [None if alone else _Sum() for _ in outputs]
        self.ran: list[Any] = [None if row[5] == 1 else _Sum() for row in drawn.edges]
        self.copies: dict[int, tuple[Tensor, Tensor]] = {}
        self.latest: dict[int, tuple[Tensor, Summary]] = {}
        self.summaries = _Summaries()

    def returned(self, walk: _Walk) -> dict[Slot, int]:
        """The outputs of nodes whose gradients autograd returns, and their edges.

        Each hook takes its time. What runs along many edges is had without, if it is
        small and nothing else is added to it on the way.
        """
        returned: dict[Slot, int] = {}
        many = [k for k, slots in enumerate(self.drawn.slots) if len(slots) > 1]
        feeders = Counter(map(itemgetter(1, 2), walk.edges)) if many else Counter()
        for way in many:
            slots = self.drawn.slots[way]
            node, output = slots[0]
            alone = sum([feeders[slot] for slot in slots]) == len(slots)
            shapes = walk.shapes.get(node)
            small = prod(shapes[output] if shapes else walk.nodes[node][4]) <= WHOLE
            if alone and small and walk.nodes[node][1] == "operation":
                returned.update(dict.fromkeys(slots, way))
        return returned

    def listeners(self, walk: _Walk, returned: dict[Slot, int]) -> list[Any]:
        """What takes a node's gradients, for each; None inside of a folded node."""
        entered = [row[1] == "result" for row in walk.nodes]
        for node, _ in returned:
            entered[node] = True
        had = {-1, *returned.values()}  # also what is inside of a folded node
        onward: list[list[tuple[int, int]]] = [[] for _ in walk.nodes]
        for edge, way in zip(walk.edges, self.drawn.way, strict=True):
            if way not in had:
                onward[edge[0]].append((edge[3], way))
                entered[edge[1]] = True
        return [
            partial(self._take, place, self.arrived[place] if enters else [], ways)
            if enters or ways
            else None
            for place, enters, ways in zip(
                self.drawn.place, entered, onward, strict=True
            )
        ]

    def _take(
        self,
        place: int,
        arrived: list[Any],
        ways: list[tuple[int, int]],
        inputs: Any,
        outputs: Any,
    ) -> None:
        """Add what arrived at a node from outside of its group, and what it sent on."""
        copies, latest, made = self.copies, None, None
        for output, held in enumerate(arrived):
            gradient = outputs[output]
            if gradient is None:
                continue
            if held is not None:
                held.add(gradient)
                continue
            if gradient is not latest:  # most operations hand on what they got
                latest, known = gradient, copies.get(id(gradient))
                made = known[1] if known else self._own(gradient, place)
            arrived[output] = made
        ran = self.ran
        for operand, way in ways:
            gradient = inputs[operand]
            if gradient is None:
                continue
            held = ran[way]
            if held is not None:
                held.add(gradient)
                continue
            if gradient is not latest:
                latest, known = gradient, copies.get(id(gradient))
                target = self.drawn.edges[way][1]
                made = known[1] if known else self._own(gradient, target)
            ran[way] = made
        if self.latest:
            self.latest.pop(place, None)

    def _own(self, gradient: Tensor, place: int) -> Tensor | Summary:
        """A copy of a small gradient, a summary of a large one.

        One copy serves all places that are handed the same small tensor, and one
        summary the way to a node and the node. The tensor is held beside it, so that
        autograd neither writes into it nor gives its id away; a large one only until
        the node has run or is sent another.
        """
        if gradient.numel() <= WHOLE:
            copy = _dense(gradient).clone(memory_format=torch.contiguous_format)
            self.copies[id(gradient)] = gradient, copy
            return copy
        known = self.latest.get(place)
        if known and known[0] is gradient:
            return known[1]
        summary = self.summaries.add(_dense(gradient))
        self.latest[place] = gradient, summary
        return summary

    def graph(self) -> GradientGraph:
        """All of it as plain data."""
        self.summaries.finish()
        nodes = []
        for row, arrived in zip(self.drawn.nodes, self.arrived, strict=True):
            number, kind, label, operation, shape, _, rule, count = row
            found = [total.total() for total in arrived] if count > 1 else arrived
            gradient = found[0] if len(found) == 1 else tuple(found)
            nodes.append((number, kind, label, operation, shape, gradient, rule, count))
        edges = []
        for row, ran in zip(self.drawn.edges, self.ran, strict=True):
            source, target, output, operand, _, count = row
            gradient = ran.total() if count > 1 else ran
            edges.append((source, target, output, operand, gradient, count))
        return GradientGraph(nodes, edges, "")


class _Sum:
    """Gradients that add up: many small ones at once, for a call takes its time."""

    def __init__(self) -> None:
        self.terms: list[Tensor] = []
        self.last: Tensor | None = None
        self.times = 0  # that the last one came: what is added gets the same gradient
        self.most = TERMS

    def add(self, gradient: Tensor) -> None:
        if gradient is self.last:
            self.times += 1
            return
        if self.last is None and gradient.numel() > WHOLE:
            self.most = 2  # no more large ones are held than need be
        self._close()
        self.last, self.times = gradient, 1

    def _close(self) -> None:
        """Put the last one to the terms, as often as it came."""
        if self.last is not None:
            dense = _dense(self.last)
            self.terms.append(dense * self.times if self.times > 1 else dense)
            self.last = None
        if len(self.terms) == self.most:
            self.terms = [torch.stack(self.terms).sum(0)]

    def total(self) -> Gradient:
        """Their sum, whole if it is small."""
        self._close()
        if not self.terms:
            return None
        alone = len(self.terms) == 1
        total = self.terms[0].clone() if alone else torch.stack(self.terms).sum(0)
        return total if total.numel() <= WHOLE else _summaries_of([total])[0]


def _dense(gradient: Tensor) -> Tensor:
    return gradient if gradient.layout is torch.strided else gradient.to_dense()


class _Summaries:
    """Summaries of large gradients: of several at once, for a call takes its time."""

    def __init__(self) -> None:
        self.waiting: dict[Any, list[tuple[Tensor, Summary]]] = {}
        self.held = 0

    def add(self, gradient: Tensor) -> Summary:
        """The gradient's summary, still empty."""
        summary = Summary.__new__(Summary)
        kind = gradient.shape, gradient.dtype, gradient.device
        self.waiting.setdefault(kind, []).append((gradient, summary))
        self.held += gradient.numel()
        if self.held > HELD:
            self.finish()
        return summary

    def finish(self) -> None:
        """Fill in those that are still empty."""
        # Meanwhile the thread of another device may add some.
        waiting, self.waiting, self.held = self.waiting, {}, 0
        for alike in waiting.values():
            made = _summaries_of([gradient for gradient, _ in alike])
            for (_, summary), full in zip(alike, made, strict=True):
                vars(summary).update(vars(full))


def _summaries_of(gradients: list[Tensor]) -> list[Summary]:
    """The summaries of gradients of one shape, type and device."""
    first = gradients[0]
    rows = (first[None] if len(gradients) == 1 else torch.stack(gradients)).flatten(1)
    sizes = rows.abs() if rows.is_complex() else rows
    if sizes.dtype not in (torch.float32, torch.float64):
        sizes = sizes.double()  # short floats can't do all that follows
    norms = torch.linalg.vector_norm(sizes, dim=1, dtype=torch.float64)
    numbers = sizes.amin(1).tolist(), sizes.amax(1).tolist(), norms.tolist()
    few = rows[:, :FEW].clone().unbind()
    shape = tuple(first.shape)
    return [Summary(shape, *fields) for fields in zip(*numbers, few, strict=True)]


def _why_not(walk: _Walk) -> str:
    """A checkpoint would compute its forward pass again: leave it alone, and say so."""
    for row, function in zip(walk.nodes, walk.functions, strict=True):
        saved = _saved_names(function.__class__) if row[3] else []
        if row[3] == "CheckpointFunctionBackward" or (
            saved and _recomputes(function, saved)
        ):
            return (
                "The graph holds a checkpoint. Its gradient would compute the forward "
                "pass again, so none was run."
            )
    return ""


def _recomputes(function: Any, names: list[str]) -> bool:
    for name in names:
        try:
            saved = getattr(function, name)
        except RuntimeError:  # freed
            return False
        for one in saved if type(saved) in (tuple, list) else (saved,):
            unpack = getattr(one, "unpack_hook", None)
            name = getattr(unpack, "__qualname__", "") if unpack else ""
            if name.startswith("_checkpoint_hook"):
                return True
    return False


@cache
def _saved_names(kind: Any) -> list[str]:
    return [name for name in dir(kind) if name.startswith("_raw_saved_")]


def _run(roots: list[Tensor], walk: _Walk, record: _Record) -> GradientGraph | str:
    """Run the gradient once, listening at every operation: the graph, or why not."""
    returned = record.returned(walk)
    listeners = record.listeners(walk, returned)
    leaves = [
        node
        for node, row in enumerate(walk.nodes)
        if row[1] == "leaf" and walk.functions[node].requires_grad  # may be frozen now
    ]
    asked: list[Tensor | GradientEdge] = [walk.functions[leaf] for leaf in leaves]
    if not asked:
        return "No leaf requires a gradient any more, so none was run."
    asked += [GradientEdge(walk.functions[node], output) for node, output in returned]
    with state.preserve_state(roots[0].device):
        starts = [torch.ones_like(root) for root in roots]
        hooked = zip(walk.nodes, walk.functions, listeners, strict=True)
        handles = [
            function.register_hook(listener)
            for row, function, listener in hooked
            if listener and row[3]
        ]
        try:
            totals = [root.sum() for root in roots]
            found = torch.autograd.grad(
                totals, asked, retain_graph=True, allow_unused=True
            )
        except RuntimeError as error:
            if "second time" in str(error):
                return FREED
            return f"The gradient could not run: {str(error).splitlines()[0]}"
        finally:
            for handle in handles:
                handle.remove()
    with state.no_graph():
        for listener, start in zip(listeners, starts, strict=False):
            listener((start,), (start,))
        for leaf, gradient in zip(leaves, found, strict=False):
            listeners[leaf]((), (gradient,))
        for way, gradient in zip(returned.values(), found[len(leaves) :], strict=True):
            if gradient is not None:
                record.ran[way].add(gradient)
        return record.graph()


def _retaining() -> list[Tensor]:
    """Where retain_grad() was called: from a graph no path leads to its tensors."""
    kinds = _kinds_of(Tensor)
    with torch._C.DisableTorchFunctionSubclass():  # other people's are left alone
        return [t for t in gc.get_objects() if type(t) in kinds and t.retains_grad]


def _kinds_of(kind: type) -> set[type]:
    """A class and all that inherit from it: faster to look up than isinstance."""
    return {kind}.union(*map(_kinds_of, type.__subclasses__(kind)))


@contextmanager
def _gradients_kept(retaining: list[Tensor], walk: _Walk) -> Iterator[None]:
    """Give back the .grad of what lies in the graph: every pass adds to it."""
    with torch._C.DisableTorchFunctionSubclass():
        kept = [(t, t.grad) for t in retaining if t.grad_fn in walk.numbers]
    for tensor, _ in kept:
        tensor.grad = None
    try:
        yield
    finally:
        for tensor, gradient in kept:
            tensor.grad = gradient
