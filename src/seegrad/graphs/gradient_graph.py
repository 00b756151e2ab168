"""GradientGraph: the autograd graph with the gradients that ran through it.

PyTorch records a computation as nodes that know how to pass a gradient on. Here the
nodes are walked in the order in which a backward pass runs them, folded where they
repeat, and run once with a hook on each. What is left is plain data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from seegrad.checks import arguments, state
from seegrad.graphs import internals
from seegrad.graphs.dot import dot
from seegrad.graphs.folding import Fold, folded, unfolded
from seegrad.graphs.model import LONGEST_REPR, Edge, Gradient, Node, Stored, cut
from seegrad.graphs.recording import Record, run, why_not
from seegrad.graphs.svg import html, layout, svg
from seegrad.graphs.tree import tree
from seegrad.graphs.values import values
from seegrad.graphs.walk import Walk, walk

LABELS_SHOWN = 10
FORMATS = (".svg", ".png", ".pdf", ".dot")
NOT_ASKED = "The gradient was not asked for."


@dataclass(frozen=True, eq=False, repr=False)
class GradientGraph:
    """An autograd graph as plain nodes and edges. Made by `gradient_graph`.

    It shows itself in a notebook, and ``print`` writes it as a tree.
    """

    nodes: tuple[Node, ...]
    """The nodes, in the order in which a backward pass runs them."""
    edges: tuple[Edge, ...]
    """The edges, in the gradient's direction and order."""
    message: str = ""
    """Why there are no gradients; empty if there are."""
    asked: int | None = None
    """The id of the node that a page asks about, see `ask`; mostly none."""

    def ask(self, label: str) -> GradientGraph:
        """The same graph, asking a reader what arrives at the node of that label.

        On a page that shows its steps it opens before anything is sent there.
        """
        found = [node.id for node in self.nodes if node.label == label]
        if not found:
            labels = ", ".join(repr(node.label) for node in self.nodes[:LABELS_SHOWN])
            raise ValueError(
                f"label must be that of a node, but it is {label!r}. Choose one of "
                f"{labels}."
            )
        return replace(self, asked=found[-1])

    def dot(self, *, direction: str = "backward") -> str:
        """The graph in Graphviz's language; "forward" turns the arrows."""
        return dot(self, direction=direction)

    def svg(self, *, direction: str = "backward") -> str:
        """The graph as an SVG picture with a description in words."""
        return svg(self, self.dot(direction=direction))

    def save(self, path: str | Path, *, direction: str = "backward") -> None:
        """Write the graph to a file that ends in .svg, .png, .pdf or .dot."""
        path = Path(path)
        if path.suffix not in FORMATS:
            raise ValueError(
                f"path must end in {', '.join(FORMATS)}, but it is {str(path)!r}. "
                "Choose one of these endings."
            )
        text = self.dot(direction=direction)
        if path.suffix == ".dot":
            path.write_text(text, encoding="utf-8")
        elif path.suffix == ".svg":
            path.write_text(svg(self, text), encoding="utf-8")
        else:
            path.write_bytes(layout(text, path.suffix[1:]))

    def _repr_html_(self) -> str:
        return html(self, self.dot(), self.asked)

    def __str__(self) -> str:
        """The graph as an indented tree."""
        return tree(self)

    def __repr__(self) -> str:
        words = f"GradientGraph({len(self.nodes)} nodes, {len(self.edges)} edges"
        return cut(f"{words}{self.message and ': '}{self.message}", LONGEST_REPR) + ")"


@state.not_compiled
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
        The results to walk back from, of any shape. Where a result isn't a scalar, the
        gradient starts as ones, as for its sum.
    names : dict of str to tensor, or pairs, optional
        Names for leaves and for tensors on the way, such as ``{"x": x, "y": y}`` or
        ``model.named_parameters()``. Names of tensors that aren't in the graph have no
        effect, but one at least must be.
    fold : bool, optional
        Whether three or more equal nodes, such as the additions of a loop, become one.
    gradients : bool, optional
        Whether to run the gradient through the graph, and to look for values; otherwise
        only the structure.

    Returns
    -------
    GradientGraph
        `nodes`, `edges` and `message`. If the graph was freed, holds a checkpoint or
        can't run, there are no gradients, and `message` says so. Gradients and values
        of more than 1000 elements are summarised.

    Raises
    ------
    TypeError
        If root or a named thing isn't a tensor, a name isn't a string, or root is of a
        kind that keeps no values: lazy, fake, on the meta device, masked, nested, or
        inside of a transform of ``torch.func``.
    ValueError
        If there is no root, a root does not require a gradient, or no name is in the
        graph.

    Notes
    -----
    A node of autograd takes the gradient of a result by the operation's output and
    returns one by each of its inputs [1]_. The gradients on the edges into a node add
    up to the node's own. The graph stays usable, and so does every ``.grad`` of leaves,
    of the roots and of the tensors in ``names``. Of another tensor that was told
    ``retain_grad()`` this can't be promised: no edge of the graph leads to it, and its
    ``.grad`` grows as in every backward pass. Hooks that you registered on tensors run
    once more. Before torch 2.13 a checkpoint made with ``use_reentrant=False`` can't be
    told from other operations, and its forward pass is computed again.

    A node's value is the tensor it stands for, as far as it can be had without running
    f again: a result, a leaf, a tensor in ``names``, or what an operation saved for its
    backward pass. Of leaves, results and names it is the value that they have now.

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
    >>> [node.value.item() for node in graph.nodes]
    [9.0, 9.0, 3.0]
    """
    roots = _roots(root)
    pairs = _pairs(names)
    named = [tensor for _, tensor in pairs]
    walked = walk(roots, pairs)
    fold_ = folded(walked) if fold else unfolded(walked)
    if not gradients:
        return _graph(walked, fold_, message=NOT_ASKED)
    with state.preserve_state(walked.results[0].device):
        saved = internals.saved_tensors(walked.operations)
        record = Record(walked, fold_)
        message = why_not(walked, saved.recomputes) or run(walked, record, named)
        kept = values(walked, fold_, [*named, *saved.tensors])
        if message:
            return _graph(walked, fold_, kept, message=message)
        arrived, ran = record.of_nodes(), record.of_edges()
    return _graph(walked, fold_, kept, arrived, ran)


def _graph(
    walk: Walk,
    fold: Fold,
    values: Iterable[Gradient] = repeat(None),
    arrived: Iterable[Gradient] = repeat(None),
    ran: Iterable[Stored] = repeat(None),
    message: str = "",
) -> GradientGraph:
    """All of it as plain data."""
    nodes = []
    of_nodes = zip(fold.steps, fold.step_counts, values, arrived, strict=False)
    for number, (step, count, value, gradient) in enumerate(of_nodes):
        kind, label, operation, shapes, rule = walk.steps[step]
        shape = shapes[0] if shapes else ()
        nodes.append(
            Node(number, kind, label, operation, shape, gradient, rule, count, value)
        )
    edges = []
    of_edges = zip(fold.links, fold.link_counts, fold.outputs, ran, strict=False)
    for link, count, output, gradient in of_edges:
        source = fold.places[walk.links.sources[link]]
        target = fold.places[walk.links.targets[link]]
        alone = nodes[source].count == nodes[target].count == 1
        operand = walk.links.operands[link] if alone else None
        edges.append(Edge(source, target, output, operand, gradient, count))
    return GradientGraph(tuple(nodes), tuple(edges), message)


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
        _check_root(tensor)
    return roots


def _check_root(tensor: object) -> None:
    if not isinstance(tensor, Tensor) or tensor.is_nested:
        raise TypeError(
            "root must be a tensor, or a list, tuple or dict of tensors, but it holds "
            f"{arguments.describe(tensor)}. Pass what backward() is called on."
        )
    if is_lazy(tensor):
        raise TypeError(
            "root must be a result, but it is a lazy parameter, still without a shape. "
            "Run its module once on an input, and pass what comes out."
        )
    if not tensor.requires_grad:
        raise ValueError(
            "root must have a graph to walk, but it is "
            f"{arguments.describe(tensor)} that does not require a gradient. Make its "
            "inputs with requires_grad=True, outside no_grad()."
        )
    if not _has_values(tensor):
        raise TypeError(
            "root must be a tensor with values, but it is "
            f"{arguments.describe(tensor)}, of type {type(tensor).__name__}, that has "
            "no memory of its own. Compute it from plain tensors: not masked or fake "
            "ones, not on the meta device, and outside of the transforms of torch.func."
        )


def _has_values(tensor: Tensor) -> bool:
    if tensor.layout is not torch.strided or tensor.numel() == 0:
        return True
    try:
        storage = tensor.untyped_storage()
        return storage.device.type != "meta" and storage.data_ptr() != 0
    except RuntimeError:  # PyTorch's word for a tensor that wraps another
        return False


def _pairs(names: Any) -> list[tuple[str, Tensor]]:
    """The reader's names, each with its tensor."""
    if names is None:
        return []
    pairs = names.items() if isinstance(names, Mapping) else names
    if isinstance(pairs, (Tensor, str)) or not isinstance(pairs, Iterable):
        raise TypeError(_wrong_names(arguments.describe(names)))
    checked = []
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(_wrong_names(arguments.describe(pair)))
        name, tensor = pair
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            what = f"{arguments.describe(tensor)} for {arguments.describe(name)}"
            raise TypeError(_wrong_names(what))
        checked.append((name, tensor))
    return checked


def _wrong_names(what: str) -> str:
    return (
        f"names must map strings to tensors, but it holds {what}. Pass for example "
        'names={"x": x}.'
    )
