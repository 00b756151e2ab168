"""GradientGraph: the autograd graph with the gradients that ran through it.

PyTorch records a computation as nodes that know how to pass a gradient on. Here the
nodes are walked once, in the order in which a backward pass runs them, grouped where
they repeat, and run once with a hook on each. What is left is plain data.
"""

from __future__ import annotations

import gc
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakSet

import torch
from torch import Tensor

from seegrad import _check
from seegrad._rules import LEAF, rule_of

# Freeing a chain of more than about 40,000 nodes that Python has seen overflows the C
# stack and kills the process. One graph may take half of that, all that live together
# no more than SAFE.
DEEPEST = 21_000
SAFE = 38_000
SHALLOW = 300  # never refused, never noted
WHOLE = 1_000  # gradients of up to so many elements are kept as they are
FEW = 6  # so many elements of a larger one are kept
COLLECT = ("CatBackward0", "StackBackward0")  # their operands are all alike
REPEATS = 3  # from so many on, equal nodes are folded into one

FREED = (
    "The graph was freed by an earlier backward(), so no gradient was run. Call that "
    "one with retain_graph=True to keep the graph."
)

Shape = tuple[int, ...]
Row = tuple[Any, ...]


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
        from seegrad import draw

        return draw.dot(self, direction=direction)

    def svg(self, *, direction: str = "backward") -> str:
        """The graph as an SVG picture with a description in words."""
        from seegrad import draw

        return draw.svg(self, direction=direction)

    def save(self, path: str | Path, *, direction: str = "backward") -> None:
        """Write the graph to a file that ends in .svg, .png, .pdf or .dot."""
        from seegrad import draw

        draw.save(self, path, direction=direction)

    def _repr_html_(self) -> str:
        from seegrad import draw

        return draw.html(self)

    def __str__(self) -> str:
        """The graph as an indented tree."""
        from seegrad import draw

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
    up to the node's own. The graph stays usable, and every ``.grad`` as it was. Hooks
    that you registered on tensors run once more.

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
    device = next(iter(roots.values())).device
    with _check.undisturbed(device), _collection_paused():
        walk = _walk(roots, named)
        groups = _fold(walk) if fold else list(range(len(walk.kinds)))
        message = _why_not(walk) if gradients else "The gradient was not asked for."
        record = _Record(walk, groups)
        if not message:
            message = _run(list(roots.values()), walk, record)
        return record.graph(message)


# ---------------------------------------------------------------- arguments


def _roots(root: object) -> dict[str, Tensor]:
    if isinstance(root, Mapping):
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
                f"holds {_check.describe(tensor)}. Pass what backward() is called on."
            )
        if not tensor.requires_grad:
            raise ValueError(
                "root must have a graph to walk, but it is "
                f"{_check.describe(tensor)} that does not require a gradient. Make its "
                "inputs with requires_grad=True, and compute it outside no_grad()."
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
                f"{_check.describe(tensor)} for {_check.describe(name)}. Pass for "
                'example names={"x": x}.'
            )
        if tensor.grad_fn is None:
            found[_Leaf(tensor)] = name
        else:
            found[tensor.grad_fn, tensor.output_nr] = name
    return found


class _Leaf:
    """A leaf as a key: tensors compare by value, this compares by identity."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __hash__(self) -> int:
        return id(self.tensor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Leaf) and other.tensor is self.tensor


# ---------------------------------------------------------------- the walk


class _Walk:
    """The graph as lists, one entry a node, in the order of a backward pass.

    Lists, for graphs of many thousand nodes: an object a node would take longer to make
    than all the rest.
    """

    def __init__(self) -> None:
        self.functions: list[Any] = []  # autograd's node, a leaf tensor, or a result
        self.kinds: list[str] = []
        self.labels: list[str] = []
        self.operations: list[str] = []
        self.shapes: list[tuple[Shape, ...]] = []  # one an output
        self.onward: list[tuple[tuple[Any, int], ...]] = []  # (autograd's node, output)
        self.links: list[list[tuple[int, int, int]]] = []  # (operand, target, output)

    def add(
        self, function: Any, kind: str, label: str, shape: Shape, *onward: Any
    ) -> int:
        """Add a result or a leaf."""
        self.functions.append(function)
        self.kinds.append(kind)
        self.labels.append(label)
        self.operations.append("")
        self.shapes.append((shape,))
        self.onward.append(onward)
        return len(self.kinds) - 1

    def rule(self, node: int) -> str:
        """What a node does to the gradient, in words."""
        operation = self.operations[node]
        if operation:
            return rule_of(self.functions[node], operation)
        return LEAF if self.kinds[node] == "leaf" else ""


def _walk(roots: dict[str, Tensor], names: dict[object, str]) -> _Walk:
    """Number the nodes as autograd's engine runs them: the youngest one first."""
    walk = _Walk()
    own = dict(names)
    for name, tensor in roots.items():
        start = torch.autograd.graph.get_gradient_edge(tensor)
        key = _Leaf(tensor) if tensor.is_leaf else (tensor.grad_fn, tensor.output_nr)
        own.pop(key, None)
        edge = (start.node, start.output_nr)
        walk.add(tensor, "result", names.get(key, name), tuple(tensor.shape), edge)
    place, leaves = _walk_operations(walk, own)
    for function in leaves:
        variable = function.variable
        label = names.get(_Leaf(variable), "leaf")
        place[function] = walk.add(variable, "leaf", label, tuple(variable.shape))
    for onward in walk.onward:
        links = []
        for operand, (function, output) in enumerate(onward):
            if function is not None:
                links.append((operand, place[function], output))
        walk.links.append(links)
    return walk


def _walk_operations(
    walk: _Walk, names: dict[object, str]
) -> tuple[dict[Any, int], list[Any]]:
    """Add the operations; where each is, and the leaves that were met.

    The engine gives each operation a sequence number when it is recorded, and runs the
    largest that is ready. An operation is recorded after its operands, so by the time
    it is taken from the heap everything that hands it a gradient has been taken.
    """
    place: dict[Any, int] = {}
    leaves: list[Any] = []
    depth: dict[Any, int] = {}
    heap: list[tuple[int, int, Any]] = []
    seen = _Seen([edge[0] for onward in walk.onward for edge in onward])
    met = [(edge[0], 1) for onward in walk.onward for edge in onward]
    while True:
        for function, level in met:
            known = depth.get(function)
            if known is None:
                if type(function).__name__ == "AccumulateGrad":
                    leaves.append(function)
                else:
                    entry = (-function._sequence_nr(), len(depth), function)
                    heapq.heappush(heap, entry)
                depth[function] = level
            elif known < level:
                depth[function] = level
        if not heap:
            seen.finish(walk.functions[-1])
            return place, leaves
        function = heapq.heappop(heap)[2]
        level = depth[function] + 1
        seen.reach(function, level)
        operation = label = function.name()
        shapes = tuple([tuple(made.shape) for made in function._input_metadata])
        if names:
            keys = [(function, output) for output in range(len(shapes))]
            label = ", ".join([names[k] for k in keys if k in names]) or operation
        onward = function.next_functions
        place[function] = len(walk.kinds)
        walk.functions.append(function)
        walk.kinds.append("operation")
        walk.labels.append(label)
        walk.operations.append(operation)
        walk.shapes.append(shapes)
        walk.onward.append(onward)
        met = [(target, level) for target, _ in onward if target is not None]


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

    def reach(self, node: Any, level: int) -> None:
        """Take note of a node, or refuse to look deeper."""
        if level <= self.depth:
            return
        self.depth = level
        if level > self.limit:
            node.metadata["seegrad"] = self
            self.alive.add(self)
            raise ValueError(
                f"root's graph must be less than {self.limit} operations deep, but it "
                "is deeper: freeing a graph that Python has walked so deep, alone or "
                "with others that still live, overflows the stack. Use a shorter loop, "
                "or one operation such as sum() for it."
            )

    def finish(self, node: Any) -> None:
        """Take note of the last and deepest node."""
        if self.depth > SHALLOW:
            node.metadata["seegrad"] = self
            self.alive.add(self)


# ---------------------------------------------------------------- folding


def _fold(walk: _Walk) -> list[int]:
    """A group for each node: first runs of one operation, then equal branches."""
    runs = _runs(walk)
    branches = _branches(walk, runs)
    members: dict[int, int] = {}
    for run in set(runs):
        members[branches[run]] = members.get(branches[run], 0) + 1
    return [branches[run] if members[branches[run]] >= REPEATS else run for run in runs]


def _runs(walk: _Walk) -> list[int]:
    """Nodes in a row of the same operation get the number of the row's first node."""
    feeders = [0] * len(walk.kinds)
    for links in walk.links:
        for _, target, _ in links:
            feeders[target] += 1

    def alike(a: int, b: int) -> bool:
        return (
            feeders[b] == 1
            and walk.labels[a] == walk.labels[b] == walk.operations[a] != ""
            and walk.operations[a] == walk.operations[b]
            and walk.shapes[a] == walk.shapes[b]
            and walk.rule(a) == walk.rule(b)
        )

    run = list(range(len(walk.kinds)))
    length = [1] * len(run)
    for node, links in enumerate(walk.links):
        if following := [t for _, t, _ in links if alike(node, t)]:
            run[following[0]] = run[node]
            length[run[node]] += 1
    return [first if length[first] >= REPEATS else k for k, first in enumerate(run)]


def _branches(walk: _Walk, runs: list[int]) -> dict[int, int]:
    """Nodes that are alike in themselves, above and below share the first's number."""
    down: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    up: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    lengths = Counter(runs)
    for node, links in enumerate(walk.links):
        run = runs[node]
        for operand, target, _ in links:
            if run != runs[target]:
                ordered = lengths[run] == 1 and walk.operations[run] not in COLLECT
                place = operand if ordered else -1
                down[run].add((place, runs[target]))
                up[runs[target]].add((place, run))
    numbers: dict[object, int] = {}

    def look(run: int, around: set[tuple[int, int]], known: dict[int, int]) -> int:
        own = run if walk.kinds[run] == "result" else None
        seen = frozenset((operand, known[other]) for operand, other in around)
        looks = (
            own,
            walk.rule(run),
            walk.kinds[run],
            walk.labels[run],
            walk.shapes[run],
            seen,
        )
        return numbers.setdefault(looks, len(numbers))

    order = _in_order({run: {t for _, t in around} for run, around in down.items()})
    below: dict[int, int] = {}
    for run in reversed(order):
        below[run] = look(run, down[run], below)
    above: dict[int, int] = {}
    for run in order:
        above[run] = look(run, up[run], above)
    first: dict[tuple[int, int], int] = {}
    return {run: first.setdefault((below[run], above[run]), run) for run in order}


def _in_order(onward: dict[int, set[int]]) -> list[int]:
    """The numbers, each after all that lead to it, the smallest that is ready first."""
    open_ends = Counter(target for around in onward.values() for target in around)
    ready = [number for number in onward if not open_ends[number]]
    heapq.heapify(ready)
    order = []
    while ready:
        number = heapq.heappop(ready)
        order.append(number)
        for target in onward[number]:
            open_ends[target] -= 1
            if not open_ends[target]:
                heapq.heappush(ready, target)
    return order


# ---------------------------------------------------------------- the pass


class _Record:
    """The gradients that arrive at each group and run along each folded edge."""

    def __init__(self, walk: _Walk, groups: list[int]) -> None:
        self.walk = walk
        self.groups = groups
        self.counts = Counter(groups)
        self.edges: dict[tuple[int, int, int], list[int]] = {}  # the outputs
        self.keys: list[list[tuple[int, tuple[int, int, int]]]] = []  # by operand
        self.entered: set[int] = {
            k for k, kind in enumerate(walk.kinds) if kind == "result"
        }
        self.sums: dict[Any, Tensor | Summary] = {}
        counts = self.counts
        alike = [len(set(shapes)) == 1 for shapes in walk.shapes]
        for source, links in enumerate(walk.links):
            group = groups[source]
            keys = []
            for operand, target, output in links:
                if group == groups[target]:
                    continue
                folded = counts[group] > 1 or counts[groups[target]] > 1
                if folded:  # operands are alike, outputs if they have one shape
                    operand_key = -1 if alike[target] else -1 - output
                else:
                    operand_key = operand
                key = (group, groups[target], operand_key)
                keys.append((operand, key))
                self.entered.add(target)
                if key in self.edges:
                    self.edges[key].append(output)
                else:
                    self.edges[key] = [output]
            self.keys.append(keys)

    def take(self, node: int, inputs: Any, outputs: Any, own: Any) -> None:
        """Add what arrived at a node from outside of its group, and what it sent on.

        `own` makes a gradient ours; it is told whether others will be added to it.
        """
        sums, group = self.sums, self.groups[node]
        if node in self.entered:
            for output, gradient in enumerate(outputs):
                if gradient is not None:
                    key: Any = (group, output)
                    held = sums.get(key)
                    several = self.counts[group] > 1
                    sums[key] = (
                        own(gradient, several) if held is None else held + gradient
                    )
        for operand, key in self.keys[node]:
            gradient = inputs[operand]
            if gradient is not None:
                held = sums.get(key)
                several = len(self.edges[key]) > 1
                new = own(gradient, several) if held is None else held + gradient
                sums[key] = new

    def graph(self, message: str) -> GradientGraph:
        """All of it as plain data; without gradients if there is a message."""
        sums = {} if message else {key: _keep(g) for key, g in self.sums.items()}
        onward: dict[int, set[int]] = {group: set() for group in self.counts}
        for source, target, _ in self.edges:
            onward[source].add(target)
        ids = {group: k for k, group in enumerate(_in_order(onward))}
        return GradientGraph(self._nodes(ids, sums), self._edges(ids, sums), message)

    def _nodes(self, ids: dict[int, int], sums: dict[Any, Any]) -> list[Row]:
        walk, counts, rows = self.walk, self.counts, []
        for group, number in ids.items():
            shapes, kind = walk.shapes[group], walk.kinds[group]
            gradient = None
            if len(shapes) == 1:
                gradient = sums.get((group, 0))
            elif sums:
                gradient = tuple([sums.get((group, k)) for k in range(len(shapes))])
            shape = shapes[0] if shapes else ()
            label, operation = walk.labels[group], walk.operations[group]
            row = (
                number,
                kind,
                label,
                operation,
                shape,
                gradient,
                walk.rule(group),
                counts[group],
            )
            rows.append(row)
        return rows

    def _edges(self, ids: dict[int, int], sums: dict[Any, Any]) -> list[Row]:
        rows = []
        place = ids.__getitem__
        order = sorted(self.edges, key=lambda k: (place(k[0]), place(k[1]), k[2]))
        for key in order:
            outputs = self.edges[key]
            source, target, operand = key
            output = outputs[0] if len(outputs) == 1 or len(set(outputs)) == 1 else None
            at = None if operand < 0 else operand
            gradient = sums.get(key)
            rows.append((ids[source], ids[target], output, at, gradient, len(outputs)))
        return rows


def _own_large(gradient: Tensor, several: bool) -> Tensor | Summary:
    """A summary, or a copy that can be added to: folded edges share one."""
    made = _copy(gradient)
    return made if several else _keep(made)


def _copy(gradient: Tensor) -> Tensor:
    """A copy of our own, dense: a sparse one can't be drawn."""
    with torch.no_grad():
        dense = (
            gradient.to_dense() if gradient.layout is not torch.strided else gradient
        )
        return dense.clone(memory_format=torch.contiguous_format)


def _keep(gradient: Tensor | Summary) -> Tensor | Summary:
    """The gradient if it is small, else a summary of it."""
    if not isinstance(gradient, Tensor) or gradient.numel() <= WHOLE:
        return gradient
    flat = gradient.flatten()
    sizes = (flat.abs() if flat.is_complex() else flat).double()
    return Summary(
        shape=tuple(gradient.shape),
        min=float(sizes.min()),
        max=float(sizes.max()),
        norm=float(torch.linalg.vector_norm(sizes)),
        few=flat[:FEW].clone(),
    )


def _why_not(walk: _Walk) -> str:
    """A checkpoint would compute its forward pass again: leave it alone, and say so."""
    for function, operation in zip(walk.functions, walk.operations, strict=True):
        if operation and _recomputes(function, operation):
            return (
                "The graph holds a checkpoint. Its gradient would compute the forward "
                "pass again, so none was run."
            )
    return ""


def _recomputes(function: Any, operation: str) -> bool:
    if operation == "CheckpointFunctionBackward":
        return True
    for name in _saved_names(type(function)):
        try:
            saved = getattr(function, name)
        except RuntimeError:  # freed
            return False
        for one in saved if isinstance(saved, (tuple, list)) else (saved,):
            unpack = getattr(one, "unpack_hook", None)
            if getattr(unpack, "__qualname__", "").startswith("_checkpoint_hook"):
                return True
    return False


_names_by_type: dict[type, list[str]] = {}


def _saved_names(kind: type) -> list[str]:
    if kind not in _names_by_type:
        _names_by_type[kind] = [n for n in dir(kind) if n.startswith("_raw_saved_")]
    return _names_by_type[kind]


def _run(roots: list[Tensor], walk: _Walk, record: _Record) -> str:
    """Run the gradient once, listening at every operation; the reason if it can't.

    What is small is held until the end, when one copy serves all the places that
    autograd handed the same tensor to. It never writes into a tensor that is held.
    """
    log: list[tuple[int, Any, Any]] = []
    handles = []

    large = [any(prod(shape) > WHOLE for shape in shapes) for shapes in walk.shapes]

    def listen(node: int) -> Any:
        if large[node] or any(large[target] for _, target, _ in walk.links[node]):
            return lambda inputs, outputs: record.take(
                node, inputs, outputs, _own_large
            )
        return lambda inputs, outputs: log.append((node, inputs, outputs))

    leaves = [
        k
        for k, kind in enumerate(walk.kinds)
        if kind == "leaf" and walk.functions[k].requires_grad  # it may be frozen since
    ]
    starts = [torch.ones_like(root) for root in roots]
    with _gradients_kept(walk):
        for node, kind in enumerate(walk.kinds):
            if kind == "operation":
                handles.append(walk.functions[node].register_hook(listen(node)))
        try:
            found = torch.autograd.grad(
                roots,
                [walk.functions[leaf] for leaf in leaves],
                starts,
                retain_graph=True,
                allow_unused=True,
            )
        except RuntimeError as error:
            if "second time" in str(error):
                return FREED
            return f"The gradient could not run: {str(error).splitlines()[0]}"
        finally:
            for handle in handles:
                handle.remove()
    log += [(k, (start,), (start,)) for k, start in enumerate(starts)]
    log += [(k, (), (gradient,)) for k, gradient in zip(leaves, found, strict=True)]
    copies: dict[int, Tensor] = {}

    def own(gradient: Tensor, several: bool) -> Tensor:
        name = id(gradient)
        made = copies.get(name)
        if made is None:
            made = copies[name] = _copy(gradient)
        return made

    for node, inputs, outputs in log:
        record.take(node, inputs, outputs, own)
    return ""


@contextmanager
def _gradients_kept(walk: _Walk) -> Iterator[None]:
    """Give back the .grad of tensors on the way, where retain_grad() was called.

    Autograd adds to them in every pass, and no path leads from a node to its tensor.
    """
    functions = {
        f for f, name in zip(walk.functions, walk.operations, strict=True) if name
    }
    kinds = _kinds_of(Tensor)
    with torch._C.DisableTorchFunctionSubclass():  # other people's are left alone
        kept = [
            (tensor, tensor.grad)
            for tensor in gc.get_objects()
            if type(tensor) in kinds
            and tensor.retains_grad
            and tensor.grad_fn in functions
        ]
    for tensor, _ in kept:
        tensor.grad = None
    try:
        yield
    finally:
        for tensor, gradient in kept:
            tensor.grad = gradient


def _kinds_of(kind: type) -> set[type]:
    """A class and all that inherit from it: faster to look up than isinstance."""
    return {kind}.union(*map(_kinds_of, type.__subclasses__(kind)))


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Keep Python's garbage collector from looking through a growing graph.

    Everything made here stays, so that each look is in vain, and there would be many.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
