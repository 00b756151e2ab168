"""A GradientGraph as DOT, as SVG and as a text tree.

The layout is Graphviz's, from the library that pygraphviz carries. Colours are CSS
variables with mid tones as their defaults, so that one picture is right on light and
dark pages; shapes and line styles say the same without colour.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from torch import Tensor

from seegrad.checks import arguments
from seegrad.graphs.gradient_graph import Edge, GradientGraph, Node

DIRECTIONS = ("backward", "forward")
FORMATS = (".svg", ".png", ".pdf", ".dot")
SHAPES = {"result": "box", "operation": "box", "leaf": "ellipse"}
STYLES = {"result": "bold", "operation": "rounded", "leaf": "solid"}
COLORS = {
    "result": "#9563c4",
    "operation": "#2f7fc4",
    "leaf": "#1f9168",
    "edge": "#d2601a",
    "text": "#808080",
}
TEXT = f'fontname="Helvetica" fontcolor="{COLORS["text"]}"'
HEAD = (
    "digraph seegrad {",
    # Without these limits the layout of a long chain takes minutes; looking at few
    # edges at a time makes it both faster and tighter.
    'graph [bgcolor="transparent" nslimit=1.5 nslimit1=1 searchsize=5]',
    f"node [{TEXT} fontsize=11]",
    f'edge [{TEXT} fontsize=10 color="{COLORS["edge"]}"]',
)
CROWDED = 60  # above so many edges their labels get no room of their own
LONGEST = 60  # so many letters of a name fit
SHOWN = 4  # so many numbers of a gradient fit into a picture


# ---------------------------------------------------------------- DOT


def dot(graph: GradientGraph, *, direction: str = "backward") -> str:
    """The graph in Graphviz's language, the same text for the same program."""
    forward = arguments.choice(direction, "direction", DIRECTIONS) == "forward"
    look = _usual_look if graph.message else _look
    names = [f"n{number}" for number in range(len(graph.node_rows))]
    lines = [
        f"{name} [{look(row[1:])}]"
        for name, row in zip(names, graph.node_rows, strict=True)
    ]
    # Room for labels makes the layout of hundreds of edges take many seconds.
    attribute = "label" if len(graph.edge_rows) <= CROWDED else "xlabel"
    for row in graph.edge_rows:
        source, target, _, _, gradient, count = row
        if forward:
            source, target = target, source
        line = f"{names[source]} -> {names[target]}"
        if gradient is not None or count > 1:
            line += f" [{attribute}={_quote(' ' + _edge_text(Edge(*row)))}]"
        lines.append(line)
    return "\n".join([*HEAD, *lines, "}", ""])


def _look(fields: tuple[Any, ...]) -> str:
    node = Node(0, *fields)
    label = _quote("\n".join(_node_lines(node)))
    # Graphviz reads a tooltip's backslashes twice.
    tooltip = _quote(_node_sentence(node).replace("\\", "\\\\"))
    return (
        f"shape={SHAPES[node.kind]} style={STYLES[node.kind]} "
        f'color="{COLORS[node.kind]}" label={label} tooltip={tooltip}'
    )


_usual_look = lru_cache(maxsize=1_000)(_look)  # without gradients most look alike


def _node_lines(node: Node) -> list[str]:
    name = _shown(node.label) + (f" × {node.count}" if node.count > 1 else "")
    lines = [name]
    if node.operation and node.operation != node.label:
        lines.append(node.operation)
    if node.shape:
        lines.append(_shape(node.shape))
    return lines


def _shown(name: str) -> str:
    """A name on one line, and cut where it would not fit."""
    line = "".join(c if c.isprintable() else " " for c in name).strip() or "unnamed"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _edge_text(edge: Edge) -> str:
    times = f" ({edge.count} edges)" if edge.count > 1 else ""
    return number(edge.gradient) + times if edge.gradient is not None else times.strip()


def _quote(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\")
    escaped = escaped.replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# ---------------------------------------------------------------- words


def number(gradient: Any) -> str:
    """A gradient in a few characters: its numbers, or the ends of them."""
    if gradient is None:
        return "none"
    if isinstance(gradient, tuple):
        return _some([number(part) for part in gradient])
    if not isinstance(gradient, Tensor):
        return f"{gradient.min:.4g} … {gradient.max:.4g}"
    values = gradient.flatten().tolist()
    if not values:
        return "empty"
    if gradient.is_complex():
        return f"{values[0]:.4g}" + (" …" if len(values) > 1 else "")
    texts = [f"{value + 0.0:.4g}" for value in values]  # + 0.0 turns −0 into 0
    return texts[0] if gradient.ndim == 0 else _some(texts)


def _some(texts: list[str]) -> str:
    if len(set(texts)) == 1:
        return f"all {texts[0]}"
    if len(texts) > SHOWN:
        texts = [*texts[:2], "…", texts[-1]]
    return f"[{', '.join(texts)}]"


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) if len(shape) != 1 else f"{shape[0]} numbers"


def _node_sentence(node: Node) -> str:
    words = _node_lines(node)[0]
    if node.gradient is not None:
        words += f", gradient {number(node.gradient)}"
    return f"{words}: {node.rule}" if node.rule else words


def description(graph: GradientGraph) -> str:
    """The graph read out in the order of the backward pass."""
    sentences = [graph.message] if graph.message else []
    return " ".join(sentences + [step["text"] for step in steps_of(graph)])


def tree(graph: GradientGraph) -> str:
    """The graph as lines of text; a branch is indented, a chain goes straight down."""
    onward: dict[int, list[int]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.target not in onward[edge.source]:
            onward[edge.source].append(edge.target)
    lines = [graph.message] if graph.message else []
    seen: set[int] = set()
    todo = [(node.id, 0) for node in reversed(graph.nodes) if node.kind == "result"]
    while todo:
        place, indent = todo.pop()
        lines.append("  " * indent + _tree_line(graph.nodes[place], place in seen))
        if place in seen:
            continue
        seen.add(place)
        # The next to run goes on at this level, below what branches off.
        following = sorted(onward[place])
        todo += [(target, indent) for target in following[:1]]
        todo += [(target, indent + 1) for target in following[1:]]
    return "\n".join(lines)


def _tree_line(node: Node, again: bool) -> str:
    line = _node_lines(node)[0]
    if again:
        return f"{line}  (above)"
    if node.gradient is not None:
        line += f"  {number(node.gradient)}"
    if node.kind == "operation" and node.rule:
        line += f"  ({node.rule})"
    return line


# ---------------------------------------------------------------- pictures


def svg(graph: GradientGraph, *, direction: str = "backward") -> str:
    """The graph as an SVG picture that fits its page and can be read aloud."""
    drawn = _layout(dot(graph, direction=direction), "svg").decode()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<title>.*?</title>\n?", "", drawn)  # "n1", shown as tooltips
    drawn = re.sub(
        r' id="(node|edge)(\d+)" class="\w+"',
        lambda found: f' class="{_classes(graph, found[1], int(found[2]) - 1)}"',
        drawn,
    )
    drawn = re.sub(r' id="\w+"', "", drawn)
    drawn = re.sub(r'<a xlink:title="([^"]*)">', r"<g><title>\1</title>", drawn)
    drawn = drawn.replace("</a>", "</g>").replace(' xml:space="preserve"', "")
    drawn = drawn.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    for name, color in COLORS.items():
        drawn = drawn.replace(f'"{color}"', f'"var(--seegrad-{name}, {color})"')
    drawn = drawn.replace("Helvetica,sans-Serif", "inherit")
    size = re.search(r'width="(\d+)pt" height="(\d+)pt"', drawn)
    width, height = size.groups() if size else ("400", "400")
    head = (
        f'<svg class="seegrad-graph" role="img" aria-label="Autograd graph" '
        f'width="{width}" height="{height}" '
        f'style="max-width: 100%; height: auto" '
    )
    drawn = re.sub(r'<svg width="\d+pt" height="\d+pt"\s*', head, drawn, count=1)
    words = escape(description(graph), quote=False)
    first = drawn.index(">") + 1
    return f"{drawn[:first]}\n<desc>{words}</desc>{drawn[first:]}"


def _classes(graph: GradientGraph, part: str, place: int) -> str:
    """Classes instead of Graphviz's ids, as a page may show many graphs."""
    if part == "edge":
        return f"edge e{place}"
    return f"node {graph.node_rows[place][1]} n{place}"


def save(
    graph: GradientGraph, path: str | Path, *, direction: str = "backward"
) -> None:
    """Write the graph to a file, in the format that its name ends in."""
    path = Path(path)
    if path.suffix not in FORMATS:
        raise ValueError(
            f"path must end in {', '.join(FORMATS)}, but it is {str(path)!r}. Choose "
            "one of these endings."
        )
    text = dot(graph, direction=direction)
    if path.suffix == ".dot":
        path.write_text(text, encoding="utf-8")
    elif path.suffix == ".svg":
        path.write_text(svg(graph, direction=direction), encoding="utf-8")
    else:
        path.write_bytes(_layout(text, path.suffix[1:]))


def html(graph: GradientGraph) -> str:
    """The picture, with its steps in words for a page that can show them."""
    steps = escape(json.dumps(steps_of(graph), ensure_ascii=False))
    return f'<div class="seegrad-steps" data-steps="{steps}">\n{svg(graph)}\n</div>'


def steps_of(graph: GradientGraph) -> list[dict[str, Any]]:
    """One step a node: which edges run, and sentences that say what happens."""
    edges: dict[int, list[int]] = {node.id: [] for node in graph.nodes}
    for place, edge in enumerate(graph.edges):
        edges[edge.source].append(place)
    return [
        {"node": node.id, "edges": edges[node.id], "text": _step(node, graph, edges)}
        for node in graph.nodes
    ]


def _step(node: Node, graph: GradientGraph, edges: dict[int, list[int]]) -> str:
    sentences = [f"{_node_sentence(node)}."]
    for place in edges[node.id]:
        edge = graph.edges[place]
        target = _shown(graph.nodes[edge.target].label)
        if edge.gradient is not None:
            sentences.append(f"{target} gets {number(edge.gradient)}.")
    return " ".join(sentences)


def _layout(text: str, form: str) -> bytes:
    try:
        import pygraphviz
    except ImportError as error:
        raise ImportError(
            "Drawing a graph needs pygraphviz, and it isn't installed: "
            'python -m pip install "seegrad[graph]".'
        ) from error
    with _without_font_warnings():
        drawn: bytes = pygraphviz.AGraph(string=text).draw(format=form, prog="dot")
    return drawn


@contextmanager
def _without_font_warnings() -> Iterator[None]:
    """Keep fontconfig quiet: the one in pygraphviz dislikes the settings of newer ones.

    It writes to the process's own stderr, below Python. What others write there
    meanwhile is passed on.
    """
    stderr = sys.stderr or io.StringIO()  # a program without a console has none
    stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            os.close(real)
            written.seek(0)
            lines = written.read().decode(errors="replace").splitlines(keepends=True)
            stderr.writelines(k for k in lines if not k.startswith("Fontconfig"))
