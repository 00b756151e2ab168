"""The step of a difference: each error against one computed with NumPy."""

import numpy as np
import pytest
import torch
from reading import Read

import seegrad
from seegrad.explorables.columns import written


def test_each_error_is_said():
    explorable = seegrad.explore_step_size(torch.exp, 1.0)
    read = Read(explorable)
    h = explorable.numbers["h"]
    assert len(h) == 97
    for k, step in enumerate(h.tolist()):
        sentence = read.sentence(k)
        assert sentence == explorable.sentences[k]
        assert sentence.startswith(f"With h = {written(step, 2)} the")
    # The derivative is e, and errors far from rounding are those of any library.
    for kind, float_, from_ in (
        ("float64", np.float64, 1e-4),
        ("float32", np.float32, 0.1),
    ):
        for k, step in enumerate(h.tolist()):
            if step < from_:
                continue
            one, by = float_(1), float_(step)
            difference = (np.exp(one + by) - np.exp(one - by)) / (2 * by)
            error = explorable.numbers[kind][k].item()
            assert error == pytest.approx(float(difference) - np.e, rel=1e-3, abs=1e-6)
            assert f"{written(abs(error), 2)} in {kind}" in read.sentence(k)


def test_smaller_is_not_better():
    explorable = seegrad.explore_step_size(torch.exp, 1.0)
    error = explorable.numbers["float64"].abs()
    best = int(error.argmin())
    assert "less than with any other h here" in explorable.sentences[best]
    assert 1e-7 < explorable.numbers["h"][best] < 1e-4
    assert error[best] < 1e-9
    assert error[0] == pytest.approx(np.e)  # the difference is 0
    assert sum("any other" in sentence for sentence in explorable.sentences) == 1


def test_an_error_of_zero_is_not_drawn():
    explorable = seegrad.explore_step_size(lambda x: 3 * x, 0.0, h=[0.5, 1.0])
    read = Read(explorable)
    assert "off by 0 in float64" in read.sentence(0)
    assert read.moved("point", 0)["display"] == "none"


def test_the_start_is_nearest_by_ratio():
    explorable = seegrad.explore_step_size(torch.exp, 0.0, h=[1e-6, 1e-3], start=1e-5)
    assert "With h = 1 × 10⁻⁶" in Read(explorable).texts[1]


def test_the_axes_have_powers_of_ten():
    figure = seegrad.explore_step_size(torch.exp, 0.0, h=[0.05, 0.1, 0.2]).figure
    assert ">10⁻¹</text>" in figure
    assert "></text>" in figure  # nothing between two powers


def test_what_is_refused():
    with pytest.raises(ValueError, match="finite slope at x0, but at 0 it is inf"):
        seegrad.explore_step_size(torch.sqrt, 0.0)
