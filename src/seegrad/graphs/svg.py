"""A graph as an SVG picture that fits its page and can be read aloud, and its steps.

The layout is Graphviz's, from the library that pygraphviz carries. It runs in a process
of its own: it isn't safe in threads, dies of some names, and says on stderr what it
dislikes about the fonts.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seegrad.graphs.model import COLORS, Graph
from seegrad.graphs.steps import step_before, steps

DRAW = """
import sys
sys.path.insert(0, sys.argv[1])
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[2], prog="dot"))
"""


def layout(text: str, form: str) -> bytes:
    """What Graphviz makes of text in its language: "svg", "png" or "pdf"."""
    spec = find_spec("pygraphviz")
    if spec is None or spec.origin is None:
        raise ImportError(
            "Drawing a graph needs pygraphviz, and it isn't installed: "
            'python -m pip install "seegrad[graph]".'
        )
    folder = str(Path(spec.origin).parents[1])
    command = [sys.executable, "-I", "-S", "-c", DRAW, folder, form]
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, check=False
    )
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RuntimeError(
            "The graph must be such that Graphviz can lay it out, but Graphviz stopped "
            f"with code {done.returncode}: {last or 'no message'}. Save it to a file "
            "that ends in .dot, and draw it with another version of Graphviz."
        )
    return done.stdout


def svg(graph: Graph, text: str) -> str:
    """The picture of a graph, given the graph in Graphviz's language."""
    return _picture(graph, text, steps(graph))


def _picture(graph: Graph, text: str, told: list[dict[str, Any]]) -> str:
    drawn = layout(text, "svg").decode()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<title>.*?</title>\n?", "", drawn)  # "n1", shown as tooltips
    # Classes instead of Graphviz's ids, as a page may show many graphs.
    drawn = re.sub(
        r' id="(node|edge)(\d+)" class="\w+"',
        lambda match: f' class="{_classes(graph, match[1], int(match[2]) - 1)}"',
        drawn,
    )
    drawn = re.sub(r' id="\w+"', "", drawn)
    drawn = re.sub(r'<a xlink:title="([^"]*)">', r"<g><title>\1</title>", drawn)
    drawn = drawn.replace("</a>", "</g>").replace(' xml:space="preserve"', "")
    drawn = drawn.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    for name, color in COLORS.items():
        drawn = drawn.replace(f'"{color}"', f'"var(--seegrad-{name}, {color})"')
    drawn = drawn.replace("Helvetica,sans-Serif", "inherit")
    words = escape(_description(graph, told), quote=False)
    drawn = re.sub(r'<svg width="(\d+)pt" height="(\d+)pt"\s*', _head, drawn, count=1)
    first = drawn.index(">") + 1
    return f"{drawn[:first]}\n<desc>{words}</desc>{drawn[first:]}"


def _head(size: re.Match[str]) -> str:
    """In CSS pixels, and shrunk where there is no room: to letters of 11 pixels."""
    width, height = (round(int(points) * 4 / 3) for points in size.groups())
    return (
        '<svg class="seegrad-graph" role="img" aria-label="Autograd graph" '
        f'width="{width}" height="{height}" '
        f'style="max-width: max(100%, {width * 3 // 4}px); height: auto" '
    )


def _classes(graph: Graph, part: str, place: int) -> str:
    if part == "edge":
        return f"edge e{place}"
    return f"node {graph.nodes[place].kind} n{place}"


def html(graph: Graph, text: str, asked: int | None = None) -> str:
    """The picture with its steps in words, and a script that steps through them.

    It opens whole, or before anything is sent to the node that is asked about. The
    style sheet is a part of the picture: HTML has no other place for it here.
    """
    told = steps(graph)
    data = escape(json.dumps(told, ensure_ascii=False))
    start = "" if asked is None else f' data-start="{step_before(graph, asked)}"'
    style = f"</desc>\n<style>\n{_beside('steps.css')}</style>"
    picture = _picture(graph, text, told).replace("</desc>", style, 1)
    why = escape(graph.message, quote=False)
    why = f'<p class="seegrad-why">{why}</p>\n' if why else ""
    return (
        f'<div class="seegrad-steps" data-steps="{data}"{start}>\n{picture}\n{why}'
        f"<script>\n{{\n{_beside('steps.js')}}}\n</script>\n</div>"
    )


@cache
def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _description(graph: Graph, told: list[dict[str, Any]]) -> str:
    """The graph read out in the order of the backward pass."""
    sentences = [graph.message] if graph.message else []
    return " ".join(sentences + [step["text"] for step in told])
