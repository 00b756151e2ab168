"""The result: short to see, whole to copy, and a page of its own."""

import copy
import dataclasses
import pickle
import re

import pytest
import torch
from reading import Read

import seegrad
from seegrad.plots import POINT

X = [-1.0, 0.5, 2.0]


def wave(x):
    return x * torch.sin(x)


def bowl(x0, x1):
    return x0**2 + 5 * x1**2


EACH = {
    "tangent": lambda: seegrad.explore_tangent(wave, X),
    "tangents": lambda: seegrad.explore_tangent(wave, X, tangents=3),
    "secant": lambda: seegrad.explore_secant(wave, 0.5, h=[0.1, 1.0]),
    "reduction": lambda: seegrad.explore_reduction(wave, X, others=[0.0]),
    "step": lambda: seegrad.explore_step_size(wave, 0.5),
    "rate": lambda: seegrad.explore_learning_rate(
        bowl, [-2.0, 1.0], learning_rates=[0.05, 0.1, 1000.0], steps=150
    ),
    "fit": lambda: seegrad.explore_fit(
        wave, X, learning_rates=[1e-3, 1e-2, 1e3], steps=9
    ),
    "graph": lambda: seegrad.explore_graph(wave, X),
    "gradient": lambda: seegrad.explore_gradient(bowl, X, X),
    "taylor": lambda: seegrad.explore_taylor(wave, 0.5, X, orders=3),
}
KEY = re.compile(r"<svg [^>]*>(<(?!desc).*?)</svg> ([^<]*)</span>")
COLOUR = re.compile(r"#[0-9a-f]{6}|currentColor|transparent")


@pytest.fixture
def explorable():
    return seegrad.explore_tangent(lambda x: x**2, [0.0, 1.0, 2.0])


def test_it_is_short_to_see(explorable):
    seen = "Explorable(tangent, 3 stops: x, y, slope, left, right)"
    assert repr(explorable) == seen


def test_it_is_frozen_and_can_be_copied(explorable):
    with pytest.raises(dataclasses.FrozenInstanceError):
        explorable.name = "other"
    pickled = pickle.loads(pickle.dumps(explorable))
    for other in (copy.copy(explorable), copy.deepcopy(explorable), pickled):
        assert other.figure == explorable.figure
        assert torch.equal(other.numbers["slope"], explorable.numbers["slope"])


def test_two_are_alike(explorable):
    again = seegrad.explore_tangent(lambda x: x**2, [0.0, 1.0, 2.0])
    assert again._repr_html_() == explorable._repr_html_()


def test_it_makes_a_page(explorable, tmp_path):
    path = tmp_path / "tangent.html"
    explorable.save(path, title="x² < 4 & more")
    page = path.read_text(encoding="utf-8")
    assert "<title>x² &lt; 4 &amp; more</title>" in page
    assert explorable._repr_html_() in page
    assert "//" not in page.replace("// ", "")  # no address of another host


def test_a_page_ends_in_html(explorable, tmp_path):
    with pytest.raises(
        ValueError, match=r"path must end in \.html, but it is 'a\.png'"
    ):
        explorable.save("a.png")


@pytest.mark.parametrize("name", [name for name in EACH if name != "graph"])
def test_a_key_tells_lines_apart_by_more_than_their_colour(name):
    figure = EACH[name]().figure
    samples = KEY.findall(figure[figure.index('class="seegrad-key"') :])
    assert len(samples) > 1
    assert len({COLOUR.sub("", sample) for sample, _ in samples}) == len(samples)
    assert len({label for _, label in samples}) == len(samples)
    drawing = figure[: figure.index('class="seegrad-key"')]
    for dashes in re.findall(r'stroke-dasharray="[^"]*"', "".join(dict(samples))):
        assert dashes in drawing


def test_a_graph_needs_no_key():
    assert "seegrad-key" not in EACH["graph"]().figure


@pytest.mark.parametrize("name", EACH)
def test_a_filled_point_can_be_moved_and_a_hollow_one_cannot(name):
    read = Read(EACH[name]())
    dots = [a for tag, a in read.tags if tag == "circle" and "class" in a]
    for dot in dots:
        filled = dot.get("fill") == POINT["color"]
        assert filled == (dot["class"] == "point")
    still = [a for tag, a in read.tags if tag == "circle" and a.get("class") is None]
    assert all("fill" not in dot or dot["cx"] == "15" for dot in still)  # in the key
    assert bool(read.data["drag"]) == any(dot["class"] == "point" for dot in dots)


@pytest.mark.parametrize("name", EACH)
def test_each_sentence_has_room(name):
    explorable = EACH[name]()
    room = re.findall(r"visibility:hidden\">(.*?)</span>", explorable.figure)
    assert len(room) == len(set(room))
    for sentence in explorable.sentences:
        # One has as many words, each at least as long; its numbers don't break.
        words = re.sub(" × ", "\u00a0×\u00a0", sentence).split(" ")
        assert any(
            len(words) == len(most.split(" "))
            and all(
                len(a) <= len(b) for a, b in zip(words, most.split(" "), strict=True)
            )
            for most in room
        ), sentence


def test_a_link_to_an_option_is_its_place():
    figure = EACH["reduction"]().figure
    assert re.findall(r'<option value="(\d)"', figure) == ["0", "1", "2", "3"]
