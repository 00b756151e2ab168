"""A second point that comes nearer: every slope against one worked out by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read, prose

import seegrad


def f(x):
    return 0.78 * x**2 + torch.sin(x)


def by_hand(x):
    return 0.78 * x**2 + math.sin(x)


@settings(max_examples=12)
@given(st.lists(st.floats(0.001, 2), min_size=2, max_size=6, unique=True))
def test_each_slope_is_said(distances):
    explorable = seegrad.explore_secant(f, -0.75, h=distances)
    read = Read(explorable)
    answer = 1.56 * -0.75 + math.cos(-0.75)
    for k, h in enumerate(sorted(distances)):
        slope = (by_hand(-0.75 + h) - by_hand(-0.75)) / h
        sentence = read.sentence(k)
        assert sentence == explorable.sentences[k]
        assert f"the slope {prose(slope, 4)}, which is" in sentence
        if "what PyTorch answers" in sentence:
            assert prose(slope, 4) == prose(answer, 4)
        else:
            assert f"more than the {prose(answer, 4)} that PyTorch" in sentence


def test_the_lines_lie_where_they_should():
    read = Read(seegrad.explore_secant(lambda x: 2 - x, 0.0, h=[0.5, 1.0]))
    for k in (0, 1):
        line, point = read.at("secant", k), read.at("point", k)
        share = (point["cx"] - 46) / (352 - 46)
        height = line["y1"] + share * (line["y2"] - line["y1"])
        assert point["cy"] == pytest.approx(height, abs=0.2)
    assert "−1.0000, which is what PyTorch answers" in read.sentence(0)


def test_a_secant_may_rise_less_than_the_tangent():
    explorable = seegrad.explore_secant(lambda x: -(x**2), 0.0, h=[0.5, 1.0])
    assert "1 less than the 0.0000 that PyTorch answers" in explorable.sentences[1]


def test_the_distances_have_a_default():
    h = seegrad.explore_secant(f, -0.75).numbers["h"]
    assert (h[0], h[-1]) == (0.001, 1.5)
    assert len(h) == 61


def test_a_start_can_be_chosen():
    explorable = seegrad.explore_secant(f, 0.0, h=[0.1, 0.2, 0.3], start=0.19)
    assert "The points lie 0.2 apart" in Read(explorable).texts[1]


@pytest.mark.parametrize(
    ("f", "x0", "h", "message"),
    [
        (f, 0.0, [0.0, 1.0], "h must be above zero, but its least is 0"),
        (torch.log, 0.0, [0.5, 1.0], "its value is -inf, its slope inf, and 0 of"),
        (lambda x: (1 - x).log(), 0.0, [0.5, 1.0, 2.0], "and 2 of the values beside"),
    ],
)
def test_what_is_refused(f, x0, h, message):
    with pytest.raises(ValueError, match=message):
        seegrad.explore_secant(f, x0, h=h)
