"""A point among others: each reduction's gradient against PyTorch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read, prose

import seegrad

HOW = {
    "sum": torch.sum,
    "mean": torch.mean,
    "amax": torch.amax,
    "max(dim=0)": lambda y: y.max(dim=0).values,
}


def f(x):
    return 2 * x**2 + 2


def asked(way, points):
    leaf = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(way(f(leaf)), leaf)
    return gradient.tolist()


@settings(max_examples=8)
@given(
    st.lists(st.integers(-8, 8), min_size=2, max_size=5, unique=True),
    st.lists(st.integers(-8, 8), min_size=1, max_size=3),
)
def test_each_gradient_is_said_and_drawn(stops, others):
    stops, others = sorted(v / 4 for v in stops), [v / 4 for v in others]
    explorable = seegrad.explore_reduction(f, stops, others=others)
    read = Read(explorable)
    bars, k = [], 0
    for name, way in HOW.items():
        for x in stops:
            gradient = asked(way, [x, *others])
            digits = len(
                read.sentence(k).rpartition(".")[0].rpartition(".")[2].split(":")[0]
            )
            own = prose(gradient[0], digits)
            assert f"After {name} its gradient is {own}" in read.sentence(k)
            assert read.sentence(k) == explorable.sentences[k]
            assert ("slope itself" in read.sentence(k)) == (own == prose(4 * x, digits))
            parts = ["own", *(f"bar{n + 1}" for n in range(len(others)))]
            ends = [read.at(part, k)["y2"] for part in parts]
            bars += zip(ends, gradient, strict=True)
            k += 1
    assert k == len(explorable.sentences)
    # One scale for all: places are linear in the gradients.
    (low, a), (high, b) = (
        min(bars, key=lambda bar: bar[1]),
        max(bars, key=lambda bar: bar[1]),
    )
    for place, gradient in bars:
        if b > a:
            share = (gradient - a) / (b - a)
            assert place == pytest.approx(low + share * (high - low), abs=0.11)


def test_at_a_tie_each_answers_in_its_own_way():
    explorable = seegrad.explore_reduction(lambda x: x, [1.0, 2.0], others=[2.0])
    gradient = explorable.numbers["gradient"]
    assert gradient[:, 1].tolist() == [[1, 1], [0.5, 0.5], [0.5, 0.5], [1, 0]]
    assert Read(explorable).data["drag"][0][:2] == [1, 0]


def test_reductions_can_be_chosen():
    how = {"<prod>": torch.prod}
    explorable = seegrad.explore_reduction(
        lambda x: x, [1.0, 2.0], others=[3.0], how=how, start=1
    )
    assert explorable.sentences[1].startswith(
        "At x = 2 the slope is 1.0000. After <prod>"
    )
    assert '<option value="0" selected>&lt;prod&gt;</option>' in explorable.figure
    assert explorable.numbers["gradient"].tolist() == [[[3, 1], [3, 2]]]


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({}, ValueError, "at least one reduction"),
        ("sum", TypeError, "how must map names"),
        ({"sum": 1}, TypeError, "how must map names"),
        ({1: torch.sum}, TypeError, "how must map names"),
    ],
)
def test_what_is_refused(how, error, message):
    with pytest.raises(error, match=message):
        seegrad.explore_reduction(f, [0.0, 1.0], others=[1.0], how=how)


def test_a_table_too_large_is_refused_with_its_size():
    with pytest.raises(ValueError, match=r"x and how must .* gives 4000"):
        seegrad.explore_reduction(f, torch.arange(1000.0), others=[1.0])
