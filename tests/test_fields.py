"""gradient_field and descend: how a grid is laid, and where a walk leads."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    assert_descent_lowers,
    assert_field_of_sum,
    assert_same,
    assert_swapped_variables_transpose,
)

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


# ---------------------------------------------------------------- descent


def test_down_a_bowl():
    path = seegrad.descend(bowl, [-3, 4], learning_rate=0.1, steps=100)
    start = torch.tensor([-3.0, 4.0], dtype=torch.float64)
    assert_same(path.points[0], start)
    assert_same(path.points[20], start * 0.8**20)
    end = torch.tensor([-6.11e-10, 8.15e-10], dtype=torch.float64)
    assert_same(path.points[100], end, rtol=1e-3)
    assert_same(path.values, path.points.square().sum(1))


def test_a_step_is_the_rate_times_the_gradient():
    def rosenbrock(x, y):
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    path = seegrad.descend(rosenbrock, [0.0, 2.0], learning_rate=1e-3, steps=1)
    expected = torch.tensor([[0.0, 2.0], [0.002, 1.6]], dtype=torch.float64)
    assert_same(path.points, expected)
    assert path.values[0] == 401


@pytest.mark.parametrize("rate", [0.9, 1.0])
def test_too_long_steps_overshoot(rate):
    # Each step multiplies by 1 − 2·rate.
    path = seegrad.descend(bowl, [1.0, 0.0], learning_rate=rate, steps=4)
    powers = torch.tensor([(1 - 2 * rate) ** k for k in range(5)], dtype=torch.float64)
    assert_same(path.points[:, 0], powers)


@pytest.mark.parametrize("variables", [1, 2, 3, 5])
def test_any_number_of_variables(variables):
    def f(*xs):
        return sum(k * x**2 for k, x in enumerate(xs, 1))

    start = [1.0] * variables
    path = seegrad.descend(f, start, learning_rate=0.01, steps=7)
    rates = torch.tensor([1 - 0.02 * k for k in range(1, variables + 1)]).double()
    assert_same(path.points[-1], rates**7, rtol=1e-6)
    assert path.points.shape == (8, variables)
    assert path.values.shape == (8,)


def test_no_step_stays():
    path = seegrad.descend(bowl, [1.0, 2.0], learning_rate=0.1, steps=0)
    assert path.points.tolist() == [[1.0, 2.0]]
    assert path.values.tolist() == [5.0]


def test_an_ignored_variable_stays():
    path = seegrad.descend(lambda a, b: a**2, [1.0, 2.0], learning_rate=0.1, steps=3)
    assert path.points[:, 1].tolist() == [2.0] * 4


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=2), st.floats(0.001, 0.1))
def test_small_steps_lead_down(start, rate):
    def valley(a, b):
        return (a**2 + b**2) / 2 + torch.cos(a) + b

    assert_descent_lowers(valley, start, rate, 20)


@pytest.mark.parametrize("rate", [1e200, 1.5])
def test_a_walk_that_leaves_the_numbers_is_refused(rate):
    with pytest.raises(ValueError, match=r"learning_rate must be small.*by step \d"):
        seegrad.descend(lambda x: x**4, [2.0], learning_rate=rate, steps=2000)


def test_a_walk_that_starts_outside_the_domain_is_refused():
    with pytest.raises(ValueError, match="f is nan by step 0"):
        seegrad.descend(torch.log, [-1.0], learning_rate=0.1, steps=2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"start": 8.0}, ValueError, r"start must be one-dimensional.*\(\)"),
        ({"start": []}, ValueError, "start must have at least one point"),
        ({"start": [math.nan]}, ValueError, "start must be finite.*nan"),
        ({"start": [1.0, math.inf]}, ValueError, "start must be finite.*1 is inf"),
        ({"steps": -1}, ValueError, "steps must be a whole number from 0.*-1"),
        ({"steps": 2.0}, TypeError, "steps must be a whole number.*float"),
        ({"steps": True}, TypeError, "steps must be a whole number"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be a finite number"),
        ({"learning_rate": -1}, ValueError, "learning_rate must be a finite number"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be .*nan"),
        ({"learning_rate": 10**400}, ValueError, "learning_rate must be a finite"),
        ({"learning_rate": "1"}, TypeError, "learning_rate must be a number above 0"),
        ({"learning_rate": None}, TypeError, "learning_rate must be .*None"),
        ({"f": lambda x, y, z: x}, TypeError, "f must take 2 arguments"),
        ({"f": lambda x, y: 3.0}, TypeError, "f must return a tensor of shape ()"),
        ({"f": lambda x, y: x[None]}, ValueError, r"returned shape \(1,\)"),
        ({"f": lambda x, y: x.detach()}, ValueError, "no path of the autograd graph"),
        ({"f": 1}, TypeError, "f must be a function"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_walk_is_refused(options, error, message):
    options = {
        "f": bowl,
        "start": [1.0, 2.0],
        "learning_rate": 0.1,
        "steps": 2,
    } | options
    with pytest.raises(error, match=message):
        seegrad.descend(options.pop("f"), options.pop("start"), **options)
