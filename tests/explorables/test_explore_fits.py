"""Fits: each against the library's own, which refuses what diverges."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Read

import seegrad
from seegrad.explorables.columns import written

X = torch.linspace(-math.pi, math.pi, 60, dtype=torch.float64)


@settings(max_examples=8)
@given(st.lists(st.integers(1, 10), min_size=2, max_size=4, unique=True))
def test_each_fit_is_said(steps):
    rates = [v * 1e-5 for v in sorted(steps)]
    explorable = seegrad.explore_fit(torch.sin, X, learning_rates=rates, steps=7)
    read = Read(explorable)
    for k, rate in enumerate(rates):
        fit = seegrad.fit_polynomial(
            X, torch.sin(X), learning_rate=rate, steps=7, start=[0.0] * 4
        )
        found = explorable.numbers["coefficients"][k]
        assert found.tolist() == pytest.approx(fit.coefficients.tolist(), rel=1e-9)
        before, after = fit.losses[0].item(), fit.losses[-1].item()
        assert read.sentence(k) == explorable.sentences[k]
        assert (
            f"from {written(before, 5)} down to {written(after, 5)}" in read.sentence(k)
        )
        assert read.moved("polynomial", k)["d"].count("M") == 1


def test_the_best_rate_and_those_that_are_too_large():
    rates = [1e-5, 1e-4, 2e-4, 1.0]
    explorable = seegrad.explore_fit(torch.sin, X, learning_rates=rates, steps=200)
    words = explorable.sentences
    assert "less than with any other rate here" in words[1]
    assert "up to" in words[2]
    assert "beyond all numbers" in words[3]
    assert Read(explorable).moved("polynomial", 3)["d"] == ""
    with pytest.raises(ValueError, match="learning_rate must be small enough"):
        seegrad.fit_polynomial(X, torch.sin(X), learning_rate=2e-4, steps=200)


def test_a_fit_begins_where_it_is_told():
    explorable = seegrad.explore_fit(
        lambda x: 1 + 2 * x, [0, 1], learning_rates=[0.1, 0.2], degree=1, steps=1,
        coefficients=[1.0, 2.0], start=0.2,
    )  # fmt: skip
    assert explorable.numbers["losses"].tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"coefficients": [1.0]},
            "coefficients must be 4, one a power, but there are 1",
        ),
        ({"coefficients": [torch.nan] * 4}, "coefficients must be finite"),
        ({"learning_rates": torch.arange(1.0, 102.0)}, "at most 100 stops"),
    ],
)
def test_what_is_refused(options, message):
    options = {"learning_rates": [0.1, 0.2], "steps": 3} | options
    with pytest.raises(ValueError, match=message):
        seegrad.explore_fit(torch.sin, X, **options)


def test_a_function_without_values_is_refused():
    with pytest.raises(ValueError, match=r"f\(x\) must be finite"):
        seegrad.explore_fit(torch.log, [0, 1], learning_rates=[0.1, 0.2])
