"""A point on a surface: each gradient against PyTorch's own, and where it points."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read, prose

import seegrad

AXIS = st.lists(st.integers(-6, 6), min_size=2, max_size=4, unique=True)


def f(x0, x1):
    return x0**2 / 2 + torch.sin(x0) * torch.cos(x1) + x1**2 / 3


@settings(max_examples=6)
@given(AXIS, AXIS)
def test_each_gradient_is_said_and_drawn(a, b):
    x0, x1 = sorted(v / 2 for v in a), sorted(v / 2 for v in b)
    explorable = seegrad.explore_gradient(f, x0, x1)
    read = Read(explorable)
    k = 0
    for v in x1:
        for u in x0:
            leaves = [
                torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in (u, v)
            ]
            y = f(*leaves)
            g0, g1 = (g.item() for g in torch.autograd.grad(y, leaves))
            sentence = read.sentence(k)
            assert sentence == explorable.sentences[k]
            assert f"({prose(g0, 2)}, {prose(g1, 2)})" in sentence
            assert f"the height is {prose(y.item(), 2)}." in sentence
            shaft, point = read.at("shaft", k), read.at("point", k)
            assert (shaft["x1"], shaft["y1"]) == (point["cx"], point["cy"])
            across, up = shaft["x2"] - shaft["x1"], shaft["y1"] - shaft["y2"]
            length = math.hypot(across, up)
            if length > 5:
                turned = math.atan2(up, across) - math.atan2(g1, g0)
                assert math.cos(turned) > 0.999
                head = read.moved("head", k)["transform"]
                degrees = float(head.removeprefix("rotate(").removesuffix(")"))
                assert math.cos(math.radians(degrees) + math.atan2(g1, g0)) > 0.99
            k += 1
    assert k == len(explorable.sentences)


def test_flat_ground_and_no_ground():
    flat = seegrad.explore_gradient(lambda a, b: 0 * a * b, [0, 1], [0, 1])
    assert flat.sentences[0].endswith("The gradient is (0.00, 0.00): flat ground.")
    assert Read(flat).moved("arrow", 0)["display"] == "none"
    none = seegrad.explore_gradient(lambda a, b: a.sqrt() + b, [0, 1], [0, 1])
    assert none.sentences[0] == "At (0, 0) there is no finite gradient."
    nowhere = seegrad.explore_gradient(lambda a, b: (-1 - a - b).log(), [0, 1], [0, 1])
    assert "fill-opacity" not in nowhere.figure.split("</svg>")[0]


def test_a_start_can_be_chosen():
    explorable = seegrad.explore_gradient(f, [0, 1, 2], [0, 1, 2], start=(0.1, 1.9))
    assert "At (0, 2) the height" in Read(explorable).texts[1]


@pytest.mark.parametrize(
    ("x0", "start", "message"),
    [
        ([0, 1], [0.5], "start must be a pair"),
        (torch.arange(1251), None, "x0 and x1 must give at most 2500 .* gives 2502"),
    ],
)
def test_what_is_refused(x0, start, message):
    with pytest.raises(ValueError, match=message):
        seegrad.explore_gradient(f, x0, [0, 1], start=start)


def test_the_ground_is_darker_where_it_is_higher():
    figure = seegrad.explore_gradient(lambda a, b: a + 0 * b, [0, 1], [0, 1]).figure
    layers = figure.split('fill-opacity=".1">')[1].split("</g>")[0].split("<path")[1:]
    widths = [
        sum(float(p.split("v")[0]) for p in layer.split("h")[1::2]) for layer in layers
    ]
    assert widths == sorted(widths, reverse=True)
    assert len(widths) == 8


def test_ground_that_only_rounds_to_flat_is_not_called_flat():
    hill = seegrad.explore_gradient(
        lambda a, b: torch.exp(-(a**2) - b**2), [-3, 0, 1], [-3, 0]
    )
    gentle = 6 * math.exp(-18)
    said = f"{gentle:.2e}".replace("e-08", " × 10⁻⁸")
    length = f"{math.sqrt(2) * gentle:.2e}".replace("e-07", " × 10⁻⁷")
    length = length.replace("e-08", " × 10⁻⁸")
    assert hill.sentences[0].endswith(
        f"The gradient ({said}, {said}) points uphill, and is {length} long."
    )
    assert Read(hill).sentence(0) == hill.sentences[0]
    assert [k for k, s in enumerate(hill.sentences) if "flat" in s] == [4]
