"""Learning rates: each path against one worked out by hand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read

import seegrad
from seegrad.explorables.columns import written


def bowl(x0, x1):
    return x0**2 / 2 + 5 * x1**2


@settings(max_examples=8)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=5, unique=True))
def test_each_descent_is_said_and_drawn(hundredths):
    rates = sorted(v / 200 for v in hundredths)
    explorable = seegrad.explore_learning_rate(
        bowl, [-2.0, 1.0], learning_rates=rates, steps=10
    )
    read = Read(explorable)
    for k, rate in enumerate(rates):
        x0, x1 = -2 * (1 - rate) ** 10, (1 - 10 * rate) ** 10
        after = x0**2 / 2 + 5 * x1**2
        assert read.sentence(k) == explorable.sentences[k]
        points = explorable.numbers["points"][k, -1]
        assert points.tolist() == pytest.approx([x0, x1], rel=1e-9, abs=1e-12)
        assert explorable.numbers["values"][k, -1].item() == pytest.approx(after)
        way = "down to" if after < 7 else "up to"
        said = written(explorable.numbers["values"][k, -1].item())
        assert f"from the height 7 {way} {said}" in read.sentence(k)
        path = read.moved("path", k)["d"]
        assert path.count("M") == 1
        assert path == read.moved("path", k)["d"]


def test_a_rate_that_leaves_all_numbers():
    explorable = seegrad.explore_learning_rate(
        bowl, [-2.0, 1.0], learning_rates=[0.1, 100.0], steps=200
    )
    assert "beyond all numbers" in explorable.sentences[1]
    assert Read(explorable).moved("end", 1)["display"] == "none"


def test_where_no_rate_is_small_enough_something_is_drawn_all_the_same():
    explorable = seegrad.explore_learning_rate(
        bowl, [-2.0, 1.0], learning_rates=[3.0, 4.0], steps=3
    )
    assert all("too large" in sentence for sentence in explorable.sentences)


def test_the_edge_is_at_two_over_the_steepest():
    rates = [0.19, 0.2, 0.21]
    explorable = seegrad.explore_learning_rate(
        bowl, [0.0, 1.0], learning_rates=rates, steps=5, start=0.2
    )
    last = explorable.numbers["values"][:, -1]
    assert last[0] < 5
    assert last[1].item() == pytest.approx(5)
    assert last[2] > 5


@pytest.mark.parametrize(
    ("point", "options", "message"),
    [
        ([1.0], {}, "point must be a pair"),
        ([1.0, torch.nan], {}, "point must be finite"),
        ([1.0, 2.0], {"learning_rates": [0.0, 1.0]}, "learning_rates must be above"),
        ([1.0, 2.0], {"steps": 2000}, "learning_rates times steps must give at most"),
    ],
)
def test_what_is_refused(point, options, message):
    options = {"learning_rates": [0.1, 0.2], "steps": 3} | options
    with pytest.raises(ValueError, match=message):
        seegrad.explore_learning_rate(bowl, point, **options)


def test_a_start_without_height_is_refused():
    with pytest.raises(ValueError, match="where f is finite, but f is nan"):
        seegrad.explore_learning_rate(
            lambda x0, x1: x0.log() + x1, [-1.0, 1.0], learning_rates=[0.1, 0.2]
        )
