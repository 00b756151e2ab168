"""An autograd graph whose input can be changed: the same rules, other numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.explorables import columns, stops
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.markup import Figure, Slider
from seegrad.graphs.gradient_graph import GradientGraph, gradient_graph

WORDS = (
    "At x = {x} the result is {y}. The gradient starts there as 1, and {gradient} "
    "arrives at x."
)
VIEW = re.compile(r'viewBox="\S+ \S+ (\S+) (\S+)"')
# The one text of an edge, and that of a node's value; some have none.
TEXT = r'((?:(?!class="(?:node|edge)).)*?)<text ([^>]*)>'
EDGE = re.compile(rf'(class="edge e)(\d+){TEXT}[^<]*</text>', re.DOTALL)
NODE = re.compile(rf'(class="node \w+ n)(\d+){TEXT}= [^<]*</text>', re.DOTALL)
MOST = 100  # stops: at each, a graph is recorded and run


@state.not_compiled
def explore_graph(f: Function, x: object, *, start: float | None = None) -> Explorable:
    """Let a reader change the input of a graph, and see the gradients on its edges.

    Parameters
    ----------
    f : callable
        A function of one number, given and returned as a tensor of shape ().
    x : tensor, array or list of shape (n,)
        The stops: 2 to 100 different inputs.
    start : float, optional
        The figure begins at the stop nearest to it; by default at the middle one.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `x` and `y` of shape (n,), `gradient`, what
        arrives at x, and `edges`, what runs through each edge, of shape (n, edges).

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If x has fewer than 2 or more than 100 points, or equal ones, f does not depend
        on x, returns another shape, or raises, its graph can't run, or isn't the same
        at all stops.
    ImportError
        If pygraphviz isn't installed.

    See Also
    --------
    gradient_graph : The graph at one input.

    Examples
    --------
    Through x² the gradient is multiplied by 2x:

    >>> import seegrad
    >>> seen = seegrad.explore_graph(lambda x: x**2, [1.0, 2.0])
    >>> seen.numbers["edges"]
    tensor([[1., 2.],
            [1., 4.]], dtype=torch.float64)
    """
    arguments.function(f)
    x = stops.axis(x, "x", most=MOST)
    first = stops.nearest(x, start)
    graphs, values = [], []
    with functions.calling(f, (x[0],)):
        for place in x:
            leaf = place.clone().requires_grad_()
            y = functions.call(f, (leaf,))
            functions.depends(y, "x")
            graphs.append(gradient_graph(y, names={"x": leaf}))
            values.append(y.detach())
            _same(graphs[0], graphs[-1], place)
        _single(graphs[0])
    with state.no_graph():
        return _figure(x, torch.stack(values), graphs, first)


def _same(first: GradientGraph, graph: GradientGraph, place: Tensor) -> None:
    """Refuse a graph without gradients, or of another shape than the first."""
    if graph.message:
        raise ValueError(
            "f must have a graph that can run backwards, but at "
            f"x = {place.item():g} it can't. {graph.message}"
        )
    shapes = [
        [[node.label for node in g.nodes], [(e.source, e.target) for e in g.edges]]
        for g in (first, graph)
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "f must record the same graph at every stop, but at "
            f"x = {place.item():g} it differs from that at the first. Choose an x on "
            "one side of f's if, or write torch.where."
        )


def _single(graph: GradientGraph) -> None:
    """Refuse a graph of arrays: an arrow of the figure has room for one number."""
    for node in graph.nodes:
        if node.shape or isinstance(node.gradient, tuple):
            what = (
                f"a tensor of shape {node.shape}" if node.shape else "several numbers"
            )
            raise ValueError(
                f"f must compute single numbers, but {node.label} makes {what}. Draw "
                "its graph with seegrad.gradient_graph, which shows arrays, too."
            )


def _figure(
    x: Tensor, y: Tensor, graphs: Sequence[GradientGraph], start: int
) -> Explorable:
    edges = torch.stack(
        [torch.stack([_number(edge.gradient, x) for edge in g.edges]) for g in graphs]
    )
    leaf = next(k for k, node in enumerate(graphs[0].nodes) if node.label == "x")
    gradient = torch.stack([_number(g.nodes[leaf].gradient, x) for g in graphs])
    words = {
        "x": columns.places(x),
        "y": columns.texts(columns.written(v) for v in y.tolist()),
        "gradient": columns.texts(columns.written(v) for v in gradient.tolist()),
    }
    figure = Figure("graph", [Slider("Input, x", len(x), start, words["x"])])
    svg = graphs[start].svg()

    def gradients(found: re.Match[str]) -> str:
        passed = (g.edges[int(found[2])].gradient for g in graphs)
        return moved(found, "g", (_written(v, x) for v in passed))

    def values(found: re.Match[str]) -> str:
        kept = [g.nodes[int(found[2])].value for g in graphs]
        return moved(found, "v", (f"= {_written(v, x)}" for v in kept))

    def moved(found: re.Match[str], letter: str, texts: Iterable[str]) -> str:
        part, still = f"{letter}{found[2]}", found[4]
        text = figure.moving("text", part, still, text=columns.texts(texts))
        return found[1] + found[2] + found[3] + text

    drawing = EDGE.sub(gradients, svg[svg.index("<g ") : svg.rindex("</svg>")])
    drawing = NODE.sub(values, drawing)
    drawing = re.sub(r"(<title>[^<]*?), gradient [^:<]*", r"\1", drawing)
    drawing = re.sub(r"var\(--seegrad-text, [^)]*\)", "currentColor", drawing)
    width, height = (round(float(side)) for side in VIEW.findall(svg)[0])
    return figure.finished(
        "An autograd graph, with the gradient on each edge",
        drawing,
        [WORDS] * len(x),
        words,
        {"x": x, "y": y, "gradient": gradient, "edges": edges},
        key={},
        table={"x": words["x"], "result": words["y"], "gradient": words["gradient"]},
        what="backward passes",
        view=(width, height),
    )


def _written(value: object, like: Tensor) -> str:
    """A gradient or a value as the picture has it."""
    return "none" if value is None else columns.written(_number(value, like).item())


def _number(gradient: object, like: Tensor) -> Tensor:
    """An edge's gradient; none where the operation passes nothing on."""
    if isinstance(gradient, Tensor):
        return gradient.to(like).reshape(())
    return torch.full((), torch.nan).to(like)
