"""gradient_field: how a grid is laid, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    assert_field_of_sum,
    assert_same,
    assert_swapped_variables_transpose,
)
from refusals import Refusal, assert_teaches

import seegrad

AXIS = np.arange(-2, 2.5, 0.25)  # article 2: 18 × 18 points


def bowl(x0, x1):
    return x0**2 + x1**2


def saddle(x0, x1):
    return x0 * x1


def waves(x0, x1):
    return torch.sin(x0 * x1)


# ---------------------------------------------------------------- fields

BY_HAND = [
    (bowl, lambda a, b: a**2 + b**2, lambda a, b: (2 * a, 2 * b)),
    (saddle, lambda a, b: a * b, lambda a, b: (b, a)),
    (
        waves,
        lambda a, b: np.sin(a * b),
        lambda a, b: (b * np.cos(a * b), a * np.cos(a * b)),
    ),
]


@pytest.mark.parametrize(
    ("method", "digits"), [("autograd", 14), ("numerical", 8)], ids=str
)
@pytest.mark.parametrize(
    ("f", "values", "slopes"), BY_HAND, ids=["bowl", "saddle", "waves"]
)
def test_the_three_fields_of_the_article(f, values, slopes, method, digits):
    field = seegrad.gradient_field(f, AXIS, AXIS, method=method)
    a, b = np.meshgrid(AXIS, AXIS)
    assert field.values.numel() == 324
    for found, expected in zip(
        (field.values, field.g0, field.g1), (values(a, b), *slopes(a, b)), strict=True
    ):
        assert_same(found, torch.from_numpy(expected), rtol=0, atol=10**-digits)


@pytest.mark.parametrize("method", ["autograd", "numerical"])
def test_rows_belong_to_x1_and_columns_to_x0(method):
    field = seegrad.gradient_field(
        lambda a, b: a + 10 * b**2, [1, 2, 3], [5, 7], method=method
    )
    assert field.x0.tolist() == [1.0, 2.0, 3.0]
    assert field.x1.tolist() == [5.0, 7.0]
    assert field.values.tolist() == [[251.0, 252.0, 253.0], [491.0, 492.0, 493.0]]
    near = {"rtol": 0, "atol": 1e-7}
    assert_same(field.g0, torch.ones(2, 3).double(), **near)
    expected = torch.tensor([[100.0] * 3, [140.0] * 3], dtype=torch.float64)
    assert_same(field.g1, expected, **near)


def test_the_default_is_autograd():
    assert seegrad.gradient_field(bowl, [0.3], [0.1]).g0.item() == 0.6


def test_the_parts_can_be_changed_one_by_one():
    field = seegrad.gradient_field(lambda a, b: a + b, [1.0, 2.0], [3.0])
    field.g0.add_(1)
    assert field.g1.tolist() == [[1.0, 1.0]]


def test_an_ignored_variable_has_slope_zero():
    field = seegrad.gradient_field(lambda a, b: b**2, [1.0, 2.0], [3.0])
    assert field.g0.tolist() == [[0.0, 0.0]]
    assert field.g1.tolist() == [[6.0, 6.0]]


axes = st.lists(st.floats(-2, 2), min_size=1, max_size=5)
landscapes = st.sampled_from([bowl, saddle, waves, lambda a, b: torch.exp(a) * b**3])


@given(landscapes, landscapes, axes, axes)
def test_the_field_of_a_sum(f, g, x0, x1):
    assert_field_of_sum(f, g, x0, x1)


@given(landscapes, axes, axes)
def test_swapped_variables_transpose_the_field(f, x0, x1):
    assert_swapped_variables_transpose(f, x0, x1)


@pytest.mark.parametrize(
    ("x0", "x1", "message"),
    [
        (1.0, [1.0], r"x0 must be one-dimensional.*\(\)"),
        ([1.0], [[1.0]], r"x1 must be one-dimensional.*\(1, 1\)"),
        (np.meshgrid(AXIS, AXIS)[0], AXIS, r"x0 must be one-dimensional.*\(18, 18\)"),
        ([], [1.0], r"x0 must have at least one point.*\(0,\)"),
        ([1.0], [], r"x1 must have at least one point"),
    ],
    ids=["number", "column", "meshgrid", "x0 empty", "x1 empty"],
)
def test_an_axis_is_a_list_of_points(x0, x1, message):
    with pytest.raises(ValueError, match=message):
        seegrad.gradient_field(bowl, x0, x1)


@pytest.mark.parametrize(
    ("method", "error", "found"),
    [
        ("exact", ValueError, "'exact'"),
        (None, TypeError, "None"),
        (1, TypeError, "int"),
    ],
)
def test_a_method_is_one_of_two(method, error, found):
    with pytest.raises(error, match=f"method must be one of 'autograd', 'num.*{found}"):
        seegrad.gradient_field(bowl, [1.0], [1.0], method=method)


@pytest.mark.parametrize("method", ["autograd", "numerical"])
@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda a, b: a * b.sum(), ValueError, "f must be elementwise"),
        (lambda a, b: a.cumsum(1) + b, ValueError, "f must be elementwise"),
        (lambda a, b: a.mean(), ValueError, r"returned shape \(\)"),
        (lambda a, b: (a, b), TypeError, "f must return a tensor"),
        (lambda a: a, TypeError, "f must take 2 arguments"),
        ("f", TypeError, "f must be a function"),
    ],
    ids=["a * b.sum()", "cumsum", "mean", "tuple", "arguments", "not callable"],
)
def test_a_wrong_function_has_no_field(f, error, message, method):
    with pytest.raises(error, match=message):
        seegrad.gradient_field(f, [1.0, 2.0, 3.0], [4.0, 5.0], method=method)


def test_a_field_needs_a_graph():
    with pytest.raises(ValueError, match=r"no path .* to x0 and x1"):
        seegrad.gradient_field(lambda a, b: (a * b).detach(), [1.0, 2.0], [3.0])


@pytest.mark.parametrize("method", ["autograd", "numerical"])
def test_the_check_is_whether_f_is_elementwise_and_no_diagnosis(method):
    # Where a warning is an error: a corner, and a factor that is detached.
    field = seegrad.gradient_field(
        lambda a, b: a.abs() + b * b.detach(), [0.0], [2.0], method=method, check=True
    )
    assert field.g0.item() == 0
    assert field.g1.item() == pytest.approx(2.0 if method == "autograd" else 4.0)


def test_without_the_check_a_coupled_function_passes():
    field = seegrad.gradient_field(
        lambda a, b: a * b.sum(), [1.0, 2.0], [3.0, 5.0], check=False
    )
    assert field.g1.tolist() == [[3.0 * 2] * 2] * 2  # a, summed over all points


def test_central_differences_are_always_checked():
    def coupled(a, b):
        y = a * b
        if y.numel() > 1:
            y = y + (a == 2) * (b == 5) * y.flatten()[4]
        return y

    x0, x1 = [1.0, 2.0, 3.0, 4.0, 2.5], [3.0, 5.0, 4.0, 7.0]
    for options in ({"method": "numerical", "check": False}, {"method": "autograd"}):
        with pytest.raises(seegrad.NotElementwiseError):
            seegrad.gradient_field(coupled, x0, x1, **options)


# ---------------------------------------------------------------- errors

ABC = [1.0, 2.0, 3.0]
METHODS = "be one of 'autograd', 'numerical'"
CHECK = "be True or False"
FLAT = r"be one-dimensional, of shape \(n,\)"
FLATTEN = r"flatten\(\)"
POINT = "have at least one point"


def field(x0=ABC, x1=ABC, **options):
    return lambda: seegrad.gradient_field(bowl, x0, x1, **options)


REFUSED = {
    "method": (
        field(method="exact"),
        ValueError,
        "method",
        METHODS,
        "'exact'",
        "one of",
    ),
    "method None": (field(method=None), TypeError, "method", METHODS, "None", "string"),
    "axis of a grid": (field(1.0), ValueError, "x0", FLAT, r"shape \(\)", FLATTEN),
    "rows of a grid": (field(ABC, [ABC]), ValueError, "x1", FLAT, r"\(1, 3\)", FLATTEN),
    "empty grid": (field([]), ValueError, "x0", POINT, r"shape \(0,\)", "linspace"),
    "check None": (field(check=None), TypeError, "check", CHECK, "None", "check=True"),
    "check 1": (
        field(check=1, method="numerical"),
        TypeError,
        "check",
        CHECK,
        "1, of",
        "True",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_teaches(name):
    assert_teaches(Refusal(name, *REFUSED[name]))
