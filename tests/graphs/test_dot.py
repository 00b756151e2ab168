"""A graph in Graphviz's language."""

import os
import subprocess
import sys
import textwrap

import pytest
import torch
from graph_cases import (
    DIRECTION,
    HOSTILE,
    article_graph,
    graph_named,
    loop,
    parsed,
    texts,
)

# ---------------------------------------------------------------- DOT


def test_dot_is_the_same_every_time(graph, request):
    make = request.node.callspec.params["graph"]
    first = graph.dot()
    assert graph.dot() == first
    assert {make().dot() for _ in range(3)} == {first}


def test_dot_is_the_same_in_every_process():
    code = """
        import torch, seegrad
        from torch import nn

        junk = [object() for _ in range(int(JUNK))]  # moves everything in memory
        x = torch.linspace(0.5, 1.5, 6, requires_grad=True)
        weights = [torch.ones((), requires_grad=True) for _ in range(8)]
        y = sum(w * v.sin() for w, v in zip(weights, [*x, *x.exp()]))
        roots = {"y": y, "z": (x @ x).cos(), "first": x[0]}
        graph = seegrad.gradient_graph(roots, names={"x": x, "w": weights[3]})
        print(graph.dot(), graph)
    """

    def run(seed):
        found = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code).replace("JUNK", seed)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            timeout=120,
            check=True,
        )
        return found.stdout

    first, *others = map(run, ["0", "1", "12345"])
    assert first.startswith(b"digraph")
    assert others == [first, first]


@DIRECTION
def test_dot_has_every_node_and_edge(graph, direction):
    import pygraphviz

    read = pygraphviz.AGraph(string=graph.dot(direction=direction))
    assert sorted(read.nodes()) == sorted(f"n{node.id}" for node in graph.nodes)
    ends = [(f"n{e.source}", f"n{e.target}") for e in graph.edges]
    if direction == "forward":
        ends = [(target, source) for source, target in ends]
    assert sorted(read.edges()) == sorted(ends)


def test_dot_says_the_gradients():
    lines = article_graph(torch.sum).dot().splitlines()
    (edge,) = [line for line in lines if line.startswith("n1 -> n2 ")]
    assert "all 1" in edge
    (edge,) = [line for line in lines if line.startswith("n4 -> n5 ")]
    assert "-8, -7, …, 8" in edge


@pytest.mark.parametrize("method", ["dot", "svg"])
def test_forward_turns_the_arrows_only(method):
    graph = article_graph(loop)
    back, ahead = (getattr(graph, method)(direction=d) for d in ("backward", "forward"))
    assert back != ahead
    assert getattr(graph, method)() == back
    if method == "svg":
        assert sorted(texts(parsed(back))) == sorted(texts(parsed(ahead)))
        assert texts(parsed(back), "desc") == texts(parsed(ahead), "desc")


@pytest.mark.parametrize("direction", ["up", None, 1, "Backward"])
def test_other_directions_are_refused(direction, tmp_path):
    graph = article_graph(torch.sum)
    for draws in (
        graph.dot,
        graph.svg,
        lambda **k: graph.save(tmp_path / "a.dot", **k),
    ):
        with pytest.raises((TypeError, ValueError), match=r"direction.*forward"):
            draws(direction=direction)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_says_names_as_they_are(name, tmp_path, capfd):
    import pygraphviz

    graph = graph_named(name)
    graph.save(tmp_path / "graph.dot")
    read = pygraphviz.AGraph(str(tmp_path / "graph.dot"))
    assert len(read.nodes()) == 4
    assert len(read.edges()) == 3
    graph.save(tmp_path / "graph.png")
    assert capfd.readouterr() == ("", "")
