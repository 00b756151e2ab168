"""A graph with its input: every edge's number against the rules by hand."""

import math
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read

import seegrad
from seegrad.explorables.columns import written


def f(x):
    return torch.sin(x**2)


@settings(max_examples=5)
@given(st.lists(st.integers(-30, 30), min_size=2, max_size=4, unique=True))
def test_each_number_is_said_and_drawn(tenths):
    x = sorted(v / 10 for v in tenths)
    explorable = seegrad.explore_graph(f, x)
    read = Read(explorable)
    for k, v in enumerate(x):
        outer = math.cos(v**2)
        edges = explorable.numbers["edges"][k].tolist()
        assert edges == pytest.approx([1, outer, outer * 2 * v], rel=1e-12, abs=1e-15)
        drawn = [read.moved(f"g{edge}", k)["text"] for edge in range(3)]
        assert drawn == [written(v) for v in edges]
        assert read.sentence(k) == explorable.sentences[k]
        said = (
            f"1, and {written(explorable.numbers['gradient'][k].item())} arrives at x."
        )
        assert said in read.sentence(k)
        assert explorable.numbers["y"][k].item() == pytest.approx(math.sin(v**2))


def test_the_gradients_of_two_paths_add_up():
    explorable = seegrad.explore_graph(lambda x: x * x + torch.exp(x), [0.0, 1.0])
    assert explorable.numbers["gradient"].tolist() == pytest.approx([1, 2 + math.e])


def test_the_picture_is_that_of_the_first_stop():
    explorable = seegrad.explore_graph(f, [1.0, 1.5, 2.0], start=1.4)
    read = Read(explorable)
    assert read.moved("g2", 1)["text"] in read.texts
    assert "PowBackward0: × 2·x" in read.texts  # and no gradient, which moves
    assert "-1.885" not in explorable.figure
    assert not [a for _, a in read.tags if "id" in a]


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x**2 if x > 0 else -x, [-1, 1], "record the same graph at every"),
        (lambda x: x.detach(), [0, 1], "no path of the autograd graph"),
        (f, torch.arange(101.0), "at most 100 stops.* gives 101"),
    ],
)
def test_what_is_refused(f, x, message):
    with pytest.raises(ValueError, match=message):
        seegrad.explore_graph(f, x)


class Broken(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        raise RuntimeError("no way back")


def test_a_graph_that_cannot_run_is_refused():
    with pytest.raises(ValueError, match="can run backwards, but at x = 0 it can't"):
        seegrad.explore_graph(Broken.apply, [0, 1])


class Stopped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x + y

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def test_an_edge_that_passes_nothing_on():
    explorable = seegrad.explore_graph(lambda x: Stopped.apply(x, 2 * x), [0.0, 1.0])
    edges = explorable.numbers["edges"]
    assert edges.isnan().any()
    assert explorable.numbers["gradient"].tolist() == [1, 1]
    edge = int(edges[0].isnan().nonzero()[0])
    read = Read(explorable)
    assert f"g{edge}" not in read.data["parts"]
    assert "x" in read.texts  # the next box has its own name


def test_the_values_in_the_boxes_follow():
    x = [-1.5, 0.5, 2.0]
    read = Read(seegrad.explore_graph(f, x, start=0.5))
    parts = read.data["parts"]
    assert len([part for part in parts if part[0] == "v"]) == 4
    for k, v in enumerate(x):
        values = {read.moved(part, k)["text"] for part in parts if part[0] == "v"}
        assert values == {f"= {written(n)}" for n in (v, v**2, math.sin(v**2))}
    shown = [text for text in read.texts if text.startswith("= ")]
    assert shown == ["= 0.2474", "= 0.2474", "= 0.25", "= 0.5"]


def several(x):
    a, b = torch.stack([x, 2 * x]).unbind()
    return a * b


def two_outputs(x):
    a, b = torch.frexp(x)[0], x
    return torch.atleast_1d(a * b)[0]


@pytest.mark.parametrize(
    ("f", "what"), [(several, "several numbers"), (two_outputs, "1,")]
)
def test_arrays_are_left_to_gradient_graph(f, what):
    with pytest.raises(ValueError, match="must compute single numbers") as caught:
        seegrad.explore_graph(f, [1.0, 2.0])
    assert what in str(caught.value)
    assert "seegrad.gradient_graph" in str(caught.value)


def test_its_text_has_the_colour_of_the_page():
    figure = seegrad.explore_graph(lambda x: x**2, [1.0, 2.0]).figure
    texts = re.findall(r"<text [^>]*>", figure)
    assert len(texts) > 4
    assert all('fill="currentColor"' in text for text in texts)
