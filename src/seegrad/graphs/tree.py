"""A graph as lines of text."""

from __future__ import annotations

from seegrad.graphs.model import Graph, Node, name_of, number


def tree(graph: Graph) -> str:
    """The graph as lines of text; a branch is indented, a chain goes straight down."""
    onward: dict[int, set[int]] = {node.id: set() for node in graph.nodes}
    for edge in graph.edges:
        onward[edge.source].add(edge.target)
    lines = [graph.message] if graph.message else []
    seen: set[int] = set()
    todo = [(node.id, 0) for node in reversed(graph.nodes) if node.kind == "result"]
    while todo:
        place, indent = todo.pop()
        lines.append("  " * indent + _line(graph.nodes[place], place in seen))
        if place in seen:
            continue
        seen.add(place)
        # The next to run goes on at this level, below what branches off.
        following = sorted(onward[place])
        todo += [(target, indent) for target in following[:1]]
        todo += [(target, indent + 1) for target in following[1:]]
    return "\n".join(lines)


def _line(node: Node, again: bool) -> str:
    line = name_of(node)
    if again:
        return f"{line}  (above)"
    if node.gradient is not None:
        line += f"  {number(node.gradient)}"
    if node.kind == "operation" and node.rule:
        line += f"  ({node.rule})"
    return line
