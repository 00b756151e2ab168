"""A graph in Graphviz's language."""

from __future__ import annotations

from functools import lru_cache

from seegrad.checks import arguments
from seegrad.graphs.model import COLORS, Edge, Graph, Node, name_of, number, sentence

DIRECTIONS = ("backward", "forward")
# Shapes and line styles say the same as colours.
SHAPES = {"result": "box", "operation": "box", "leaf": "ellipse"}
STYLES = {"result": "bold", "operation": "rounded", "leaf": "solid"}
TEXT = f'fontname="Helvetica" fontcolor="{COLORS["text"]}"'
HEAD = (
    "digraph seegrad {",
    # Without these limits the layout of a long chain takes minutes; looking at few
    # edges at a time makes it both faster and tighter.
    'graph [bgcolor="transparent" nslimit=1.5 nslimit1=1 searchsize=5]',
    f"node [{TEXT} fontsize=11]",
    f'edge [{TEXT} fontsize=11 color="{COLORS["edge"]}"]',
)
CROWDED = 60  # above so many edges their labels get no room of their own


def dot(graph: Graph, *, direction: str = "backward") -> str:
    """The graph in Graphviz's language, the same text for the same program."""
    forward = arguments.choice(direction, "direction", DIRECTIONS) == "forward"
    lines = [f"n{node.id} [{_node(node)}]" for node in graph.nodes]
    # Room for labels makes the layout of hundreds of edges take many seconds.
    attribute = "label" if len(graph.edges) <= CROWDED else "xlabel"
    for edge in graph.edges:
        ends = (edge.target, edge.source) if forward else (edge.source, edge.target)
        line = "n{} -> n{}".format(*ends)
        if edge.gradient is not None or edge.count > 1:
            line += f" [{attribute}={_quote(' ' + _edge_text(edge))}]"
        lines.append(line)
    return "\n".join([*HEAD, *lines, "}", ""])


def _node(node: Node) -> str:
    return _attributes(
        node.kind,
        name_of(node),
        node.operation if node.operation != node.label else "",
        node.shape,
        "" if node.value is None else f"= {number(node.value)}",
        sentence(node),
    )


@lru_cache(maxsize=1_000)  # most nodes of a large graph are like another
def _attributes(
    kind: str,
    name: str,
    operation: str,
    shape: tuple[int, ...],
    value: str,
    tooltip: str,
) -> str:
    lines = [name, operation, _shape(shape), value]
    label = _quote("\n".join(line for line in lines if line))
    # Graphviz reads a tooltip's backslashes twice.
    tooltip = _quote(tooltip.replace("\\", "\\\\"))
    return (
        f"shape={SHAPES[kind]} style={STYLES[kind]} "
        f'color="{COLORS[kind]}" label={label} tooltip={tooltip}'
    )


def _shape(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} numbers" if len(shape) == 1 else " × ".join(map(str, shape))


def _edge_text(edge: Edge) -> str:
    if edge.count == 1:
        return number(edge.gradient)
    together = (
        f", together {number(edge.gradient)}" if edge.gradient is not None else ""
    )
    return f"{edge.count} edges{together}"


def _quote(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\")
    escaped = escaped.replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
