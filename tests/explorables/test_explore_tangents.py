"""A point on a curve: every number, place and sentence against PyTorch's own."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read, prose

import seegrad

X = (torch.arange(401, dtype=torch.float64) - 250) / 100


def f(x):
    return 0.78 * x**2 + torch.sin(x)


def asked(f, x):
    """PyTorch's own answers, one point after the other."""
    values, slopes = [], []
    for value in x.tolist():
        leaf = torch.tensor(value, dtype=torch.float64, requires_grad=True)
        y = f(leaf)
        (slope,) = torch.autograd.grad(y, leaf)
        values.append(y.item())
        slopes.append(slope.item())
    return values, slopes


def check(explorable, f, x):
    """Each stop says what PyTorch says, and the tangent is drawn where it lies."""
    read = Read(explorable)
    values, slopes = asked(f, x)
    points = [read.at("point", k) for k in range(len(x))]
    for k, (value, slope) in enumerate(zip(values, slopes, strict=True)):
        sentence = read.sentence(k)
        assert sentence == explorable.sentences[k]
        at, height, said = re.findall(r"−?\d+(?:\.\d+)?", sentence)
        digits = len(height.partition(".")[2]), len(said.partition(".")[2])
        assert at == prose(x[k].item(), len(at.partition(".")[2]))
        assert (height, said) == (prose(value, digits[0]), prose(slope, digits[1]))
        rises = "rises" if slope > 0 else "falls"
        flat = float(said.replace("−", "-")) == 0
        assert ("lies flat" if flat else rises) in sentence
        for side in ("left", "right"):
            line = read.at(side, k)
            assert (line["x1"], line["y1"]) == (points[k]["cx"], points[k]["cy"])
    return read, points


def test_the_curve_of_the_first_tutorial():
    explorable = seegrad.explore_tangent(f, X, start=-0.75)
    read, points = check(explorable, f, X)
    assert explorable.sentences[175] in read.texts
    assert "−0.2429" in explorable.sentences[175]
    assert "−0.4383" in explorable.sentences[175]
    # Across, 4 units of x; down, as many units of y as the curve has.
    wide = points[-1]["cx"] - points[0]["cx"]
    y = explorable.numbers["y"]
    deep = (points[0]["cy"] - points[175]["cy"]) / (y[0] - y[175]).item()
    for k, slope in enumerate(explorable.numbers["slope"].tolist()):
        for side, end in (("left", 46), ("right", 352)):
            x = (end - points[k]["cx"]) / (wide / 4)
            assert read.at(side, k)["y2"] == pytest.approx(
                points[k]["cy"] + deep * slope * x, abs=0.35
            )


@settings(max_examples=12)
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=4).filter(lambda c: any(c[1:])),
    st.sampled_from([torch.sin, torch.exp, torch.tanh, torch.atan]),
    st.integers(2, 12),
)
def test_any_smooth_function(coefficients, outer, count):
    def g(x):
        return sum(c * x**k for k, c in enumerate(coefficients)) + outer(x)

    x = torch.linspace(-1.2, 1.5, count, dtype=torch.float64)
    check(seegrad.explore_tangent(g, x), g, x)


def test_the_markup_is_that_of_the_first_stop():
    read = Read(seegrad.explore_tangent(f, X, start=-0.75))
    for name in read.data["parts"]:
        part = read.part(name)
        moved = read.moved(name, 175)
        assert {key: part[key] for key in moved} == moved
    (slider,) = [a for tag, a in read.tags if tag == "input"]
    assert slider["value"] == "175"
    assert slider["max"] == "400"
    assert "disabled" in slider
    assert slider["aria-valuetext"] == read.sentence(175)
    assert not [a for _, a in read.tags if "id" in a]


def test_other_tangents_in_the_place_of_the_curve():
    explorable = seegrad.explore_tangent(torch.log, torch.arange(-2.0, 9), tangents=5)
    paths = re.findall(
        r'<path d="([^"]*)" stroke="(#\w+)" stroke-width=".8"', explorable.figure
    )
    (falling, blue), (rising, orange) = paths
    assert (blue, orange) == ("#2f7fc4", "#d2601a")
    pieces = re.findall(r"M(\S+) (\S+)l(\S+) (\S+?)(?=M|$)", rising)
    assert falling == ""
    assert len(pieces) == 3  # of five, two lie where log has no height
    for x, y, wide, deep in [map(float, piece) for piece in pieces]:
        assert wide**2 + deep**2 == pytest.approx(100**2, rel=1e-2)
        middle = x + wide / 2
        stop = round((middle - 55) / 28.8)  # eleven stops on 288 pixels
        point = Read(explorable).at("point", stop)
        assert (middle, y + deep / 2) == pytest.approx(
            (point["cx"], point["cy"]), abs=0.2
        )


# ---------------------------------------------------------------- where there is none


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (abs, "a corner: its slope is −1 on the left and 1 on the right. PyTorch "
         "answers 0."),
        (lambda x: torch.maximum(x, 0 * x), "PyTorch answers 0.5."),
        (lambda x: torch.where(x < 0, x, x + 1), "the curve jumps"),
        (lambda x: x.sign() * x.abs() ** (1 / 3), "the curve is vertical"),
        (lambda x: x.abs().sqrt(), "has a cusp: its slope is −infinity on the left"),
        (lambda x: x.sqrt(), "the curve ends. PyTorch answers infinity."),
        (lambda x: 1 / x, "no finite height"),
        (lambda x: x * (x.detach() + 1), "the slope is 1, but PyTorch answers 1."),
        (lambda x: torch.relu(x) - torch.relu(-x), "the slope is 1, but PyTorch "
         "answers 0."),
    ],
)  # fmt: skip
def test_a_sentence_where_there_is_no_slope(f, words):
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    explorable = seegrad.explore_tangent(f, x)
    if "1, but PyTorch answers 1" in words:  # of x·(x + 1) half is hidden
        assert "the slope is 3, but PyTorch answers 2." in explorable.sentences[2]
        return
    assert words in explorable.sentences[1]
    assert Read(explorable).sentence(1) == explorable.sentences[1]


def test_the_tangent_bends_at_a_corner():
    explorable = seegrad.explore_tangent(abs, [-1.0, 0.0, 1.0])
    assert explorable.numbers["left"].tolist() == [-1, -1, 1]
    assert explorable.numbers["right"].tolist() == [-1, 1, 1]
    read = Read(explorable)
    at, left, right = (read.at(name, 1) for name in ("point", "left", "right"))
    assert left["y2"] < at["cy"] - 100
    assert right["y2"] < at["cy"] - 100


def test_nothing_is_drawn_where_there_is_nothing():
    explorable = seegrad.explore_tangent(torch.log, [-1.0, 0.0, 1.0, 2.0], start=-1)
    read = Read(explorable)
    assert [read.moved("point", k)["display"] for k in range(4)] == [
        *("none", "none", "inline", "inline")
    ]
    assert read.part("left")["display"] == "none"


def test_a_curve_has_a_gap_where_it_has_no_height():
    explorable = seegrad.explore_tangent(torch.sqrt, torch.arange(-10, 11) / 10)
    curve, _ = re.findall(r'<path d="([^"]*)" stroke="#2f7fc4"', explorable.figure)
    assert curve.count("M") == 1
    gap = seegrad.explore_tangent(lambda x: 1 / x, torch.arange(-10, 11) / 10)
    curve, _ = re.findall(r'<path d="([^"]*)" stroke="#2f7fc4"', gap.figure)
    assert curve.count("M") == 2


def test_a_constant_curve_can_be_seen():
    explorable = seegrad.explore_tangent(lambda x: 3 + 0 * x, [0.0, 1.0])
    assert explorable.sentences[0] == (
        "At x = 0 the curve is 3.0000 high and lies flat: its slope is 0.0000."
    )
    read = Read(explorable)
    assert read.at("left", 0)["y2"] == read.at("right", 0)["y2"] == 115
    nowhere = seegrad.explore_tangent(lambda x: (-1 - x**2).log(), [0.0, 1.0])
    assert "no finite height" in nowhere.sentences[0]
    zero = seegrad.explore_tangent(lambda x: 0 * x, [0.0, 1.0])
    assert Read(zero).at("point", 0)["cy"] == 115


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        ([1.0], {}, "x must have at least two points"),
        ([1.0, 1.0, 2.0], {}, "of which 2 differ"),
        ([1.0, torch.inf], {}, "x must be finite"),
        (torch.linspace(0, 1, 2501), {}, "at most 2500 stops.* gives 2501"),
        ([0.0, 1.0], {"start": [1.0, 2.0]}, "start must be one finite number"),
        ([0.0, 1.0], {"start": torch.nan}, "start must be one finite number"),
    ],
)
def test_what_is_refused(x, options, message):
    with pytest.raises(ValueError, match=message):
        seegrad.explore_tangent(f, x, **options)


@pytest.mark.parametrize(
    ("f", "error"),
    [
        (lambda x: x + torch.rand_like(x), seegrad.RandomFunctionError),
        (lambda x: x - x.mean(), seegrad.NotElementwiseError),
        (lambda x: x.detach(), seegrad.NotConnectedError),
    ],
)
def test_an_f_that_has_no_slope_a_point(f, error):
    with pytest.raises(error):
        seegrad.explore_tangent(f, [0.0, 1.0])


def test_points_stand_from_left_to_right_whatever_the_order():
    explorable = seegrad.explore_tangent(f, [2.0, 0.0, 1.0], start=0.9)
    assert explorable.numbers["x"].tolist() == [0, 1, 2]
    assert "At x = 1 the" in Read(explorable).texts[1]
