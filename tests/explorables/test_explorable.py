"""The result: short to see, whole to copy, and a page of its own."""

import copy
import dataclasses
import pickle

import pytest
import torch

import seegrad


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
