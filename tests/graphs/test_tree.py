"""A graph as lines of text."""

import pytest
import torch
from graph_cases import graph_named, leaf

from seegrad.graphs.gradient_graph import gradient_graph


def test_the_tree_has_a_line_a_node(graph):
    lines = str(graph).splitlines()
    if graph.message:
        assert lines.pop(0) == graph.message
    own = [line.strip() for line in lines if not line.endswith("(above)")]
    names = [n.label if n.count == 1 else f"{n.label} × {n.count}" for n in graph.nodes]
    assert len(own) == len(names)
    for name in names:
        (match, *_) = [line for line in own if (line + "  ").startswith(name + "  ")]
        own.remove(match)


def test_the_tree_in_words():
    x = torch.tensor([0.5, 1.5], requires_grad=True)
    y = torch.tensor([0.25, 2.0], requires_grad=True)
    graph = gradient_graph((x * y + x).sum(), names={"x": x, "y": y})
    assert str(graph).splitlines() == [
        "result  1",
        "SumBackward0  1  (copies the gradient to every element)",
        "AddBackward0  all 1  (copies the gradient to every term)",
        "  x  [1.25, 3]",
        "MulBackward0  all 1  (× the other factor)",
        "  y  [0.5, 1.5]",
        "x  (above)",
    ]


def test_the_tree_of_a_deep_graph_needs_no_recursion():
    y = leaf(2)
    for _ in range(3000):
        y = y.sin() * 2
    assert len(str(gradient_graph(y)).splitlines()) == 6002


@pytest.mark.parametrize("name", ["two\nlines", "car\rriage", "tab\t", "a\u2028b"])
def test_a_name_stays_on_its_line_of_the_tree(name):
    assert len(str(graph_named(name)).splitlines()) == 4
