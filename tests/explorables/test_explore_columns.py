"""Columns: what travels is what was shown, at every stop."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from reading import unpacked

from seegrad.explorables import columns

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)


@given(NUMBERS, st.integers(0, 6))
def test_numbers_travel_without_a_second_rounding(values, digits):
    column = columns.fixed(torch.tensor(values, dtype=torch.float64), digits)
    shown = [f"{value:.{digits}f}" for value in values]
    shown = [text.removeprefix("-") if float(text) == 0 else text for text in shown]
    assert unpacked(column.packed()) == shown == list(column.texts)


@given(st.lists(st.sampled_from(["a", "b", "−1"]), min_size=1))
def test_texts_travel_as_they_are(texts):
    packed = columns.texts(texts).packed()
    assert unpacked(packed) == texts
    assert len(packed["texts"]) == len(set(texts))


def test_a_number_that_is_not_finite_leaves_the_one_before():
    values = torch.tensor([torch.nan, 1.0, torch.inf, 2.0])
    assert columns.fixed(values, 1).texts == ("0.0", "1.0", "1.0", "2.0")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.0, 4.0], ("0.0000", "4.0000")),
        ([0.0, 0.0], ("0.0000", "0.0000")),
        ([0.5, 250.0], ("0.50", "250.00")),
        ([12345678.0, 1.0], ("12345678", "1")),
        ([1e12, -1.0], ("1 × 10¹²", "−1")),
        ([1e-6, 0.0], ("1 × 10⁻⁶", "0")),
        ([torch.nan, torch.inf], ("0.0000", "0.0000")),
    ],
)
def test_numbers_have_five_digits_or_a_power_of_ten(values, texts):
    assert columns.measured(torch.tensor(values, dtype=torch.float64)).texts == texts


@pytest.mark.parametrize(
    ("x", "texts"),
    [
        ([-1.0, 0.0, 1.0], ("-1", "0", "1")),
        ([0.25, 0.5, 0.75], ("0.25", "0.50", "0.75")),
        ([0.1, 0.2, 0.3], ("0.1", "0.2", "0.3")),
        ([0.0, 1 / 3, 2 / 3], ("0.000", "0.333", "0.667")),
        ([5.0], ("5",)),
    ],
)
def test_points_have_no_more_digits_than_tell_them(x, texts):
    assert columns.places(torch.tensor(x, dtype=torch.float64)).texts == texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "not a number"),
        (float("inf"), "infinity"),
        (float("-inf"), "−infinity"),
        (-0.5, "−0.5"),
        (6.8e-6, "6.8 × 10⁻⁶"),
        (-1.5e20, "−1.5 × 10²⁰"),
    ],
)
def test_a_number_in_words(value, text):
    assert columns.written(value) == text


def test_prose_has_a_minus_sign():
    values = torch.tensor([-1.5, 2.0], dtype=torch.float64)
    assert columns.fixed(values, 1).words(0) == "−1.5"
    assert columns.texts(["a-b"]).words(0) == "a-b"


def test_what_is_hidden():
    assert columns.shown([True, False]).texts == ("inline", "none")
