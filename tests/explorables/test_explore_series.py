"""Taylor polynomials: coefficients and reach against closed forms."""

import math

import pytest
import torch
from reading import Read

import seegrad
from seegrad.explorables.columns import written

X = torch.arange(-60, 61, dtype=torch.float64) / 10


def by_hand(order, x):
    terms = (x**k / math.factorial(k) for k in range(order + 1))
    return sum(terms)


def test_each_polynomial_holds_as_far_as_is_said():
    explorable = seegrad.explore_taylor(torch.exp, 0.0, X, orders=9, tolerance=0.05)
    read = Read(explorable)
    for order in range(10):
        held = [abs(by_hand(order, v) - math.exp(v)) <= 0.05 for v in X.tolist()]
        low = high = 60
        while low > 0 and held[low - 1]:
            low -= 1
        while high < 120 and held[high + 1]:
            high += 1
        sentence = read.sentence(order)
        assert sentence == explorable.sentences[order]
        ends = [written(X[k].item()) for k in (low, high)]
        if low == high:
            assert sentence.endswith("at x = 0 alone.")
        else:
            assert sentence.endswith(f"x = {ends[0]} to {ends[1]}.")
        bar = read.at("holds", order)
        assert bar["x2"] - bar["x1"] == pytest.approx(
            (high - low) * 288 / 120, abs=0.11
        )
        assert read.moved("polynomial", order)["d"].startswith("M55 ")
    factorials = [1 / math.factorial(k) for k in range(10)]
    found = explorable.numbers["coefficients"].tolist()
    assert found == pytest.approx(factorials, rel=1e-12)


def test_a_polynomial_is_its_own():
    explorable = seegrad.explore_taylor(lambda x: x**2, 1.0, [0, 1, 2], orders=2)
    assert explorable.sentences[2].endswith("of the whole curve, from x = 0 to 2.")
    assert explorable.numbers["coefficients"].tolist() == [1, 2, 1]
    assert explorable.numbers["polynomials"][1].tolist() == [-1, 1, 3]


def test_a_centre_beside_the_points():
    explorable = seegrad.explore_taylor(torch.exp, 0.5, [0, 3, 6], orders=1)
    assert explorable.sentences[0].endswith("at x = 0.5 alone.")


@pytest.mark.parametrize(
    ("f", "x0", "message"),
    [
        (torch.exp, 9.0, "x0 must lie within x, from -6 to 6, but it is 9"),
        (torch.sqrt, 0.0, "at 0 that of order 1 is inf"),
    ],
)
def test_what_is_refused(f, x0, message):
    with pytest.raises(ValueError, match=message):
        seegrad.explore_taylor(f, x0, X)


def test_a_table_too_large_is_refused():
    with pytest.raises(ValueError, match="x and orders must give at most 2500"):
        seegrad.explore_taylor(torch.exp, 0.0, torch.linspace(-1, 1, 500))
