"""Central differences: their error, their step, and that they agree with autograd."""

import math

import numpy as np
import pytest
import torch
from functions import CASES
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_error_shrinks_with_h_squared, assert_linear, assert_same

import seegrad


def cubic(x):
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def error(x, h):
    return abs(seegrad.numerical_derivative(cubic, x, h=h).item() - 10.5)


# ---------------------------------------------------------------- true values


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_default_step_gives_nine_digits(case):
    found = seegrad.numerical_derivative(case.f, case.points)
    assert_same(found, case.slopes_by_hand(), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_differences_of_one_order_give_the_next(case):
    found = seegrad.numerical_derivative(
        lambda x: seegrad.derivative(case.f, x, order=2), case.points
    )
    truth = case.true_values(order=3)
    size = max(truth.abs().max().item(), 1.0)
    # The error of h² is h²/6 times the fifth derivative, which is large near a pole.
    assert_same(found, truth, rtol=0, atol=1e-6 * size)


@pytest.mark.parametrize(("h", "wrong_by"), [(0.1, 2e-2), (0.01, 2e-4), (1e-4, 2e-8)])
def test_the_error_on_a_cubic_is_two_h_squared(h, wrong_by):
    assert error(0.5, h) == pytest.approx(wrong_by, rel=2e-4)


def test_rounding_takes_over_below_the_best_step():
    assert 1e-11 < error(0.5, 1e-6) < 1e-9
    assert error(0.5, 1e-8) == pytest.approx(7e-8, rel=0.05)


def test_float32_loses_the_step_sooner():
    x = torch.tensor(0.5)
    assert error(x, 1e-4) == pytest.approx(5e-3, rel=0.1)
    assert seegrad.numerical_derivative(cubic, x, h=1e-8) == 0


def test_integers_do_not_swallow_the_step():
    # The book's function gives [25000, 35000] here.
    found = seegrad.numerical_derivative(torch.square, np.array([3, 4]), h=1e-4)
    assert_same(found, torch.tensor([6.0, 8.0], dtype=torch.float64), rtol=1e-9)
    pair = seegrad.numerical_gradient(lambda a, b: a**2 + b**2, *np.array([3, 4]))
    assert_same(torch.stack(pair), torch.tensor([6.0, 8.0], dtype=torch.float64))


@pytest.mark.parametrize("f", [torch.abs, lambda x: x.abs() + 1])
def test_a_symmetric_corner_is_invisible(f):
    assert seegrad.numerical_derivative(f, 0.0) == 0


# ---------------------------------------------------------------- the step


@pytest.mark.parametrize(
    ("dtype", "h"),
    [
        (torch.float64, 2**-18),
        (torch.float32, 2**-8),
        (torch.float16, 2**-4),
        (torch.bfloat16, 2**-3),
    ],
    ids=str,
)
def test_the_default_step_is_a_power_of_two_near_the_cube_root_of_eps(dtype, h):
    # On x³ the difference is 3x² + h², so at 0 it shows h.
    found = seegrad.numerical_derivative(lambda x: x**3, torch.zeros(1, dtype=dtype))
    assert found.item() == h**2
    assert h <= torch.finfo(dtype).eps ** (1 / 3) < 2 * h


@pytest.mark.parametrize("x", [1e8, -1e8, 1e100, -1e150])
def test_the_default_step_grows_with_x(x):
    found = seegrad.numerical_derivative(torch.square, x)
    assert found.item() == pytest.approx(2 * x, rel=1e-8)


def test_each_point_has_its_own_step():
    x = torch.tensor([1e-3, 1.0, 1e6, 1e12], dtype=torch.float64)
    assert_same(seegrad.numerical_derivative(torch.square, x), 2 * x, rtol=1e-8)


def test_each_variable_has_its_own_step():
    g0, g1 = seegrad.numerical_gradient(lambda a, b: a**2 + b**2, 1e-3, 1e6)
    # b² adds rounding of 1e12·ε to a difference over 2⁻¹⁸.
    assert g0.item() == pytest.approx(2e-3, abs=1e12 * 2**-52 * 2**18)
    assert g1.item() == pytest.approx(2e6, rel=1e-8)


def test_points_without_a_slope_are_nan_and_leave_the_others_alone():
    x = [math.inf, -math.inf, math.nan, 3.0]
    found = seegrad.numerical_derivative(torch.square, x)
    assert found[:3].isnan().all()
    assert found[3].item() == pytest.approx(6.0)


# ---------------------------------------------------------------- laws

number = st.floats(-2, 2)


@given(number, number, number)
def test_linear(a, b, x):
    x = torch.tensor(x, dtype=torch.float64)
    assert_linear(
        lambda f, x: seegrad.numerical_derivative(f, x, h=2**-10),
        torch.sin,
        torch.exp,
        a,
        b,
        x,
    )


@pytest.mark.parametrize("f", [torch.exp, torch.sin, lambda x: x**3, torch.atan])
def test_the_error_shrinks_with_h_squared(f):
    assert_error_shrinks_with_h_squared(f, torch.tensor([0.3, 1.1]).double())


@given(st.lists(number, min_size=1, max_size=4), number)
def test_gradients_agree_with_autograd(x0, x1):
    def f(a, b):
        return torch.sin(a) * torch.exp(b) + a * b**2

    pairs = zip(
        seegrad.gradient(f, x0, x1), seegrad.numerical_gradient(f, x0, x1), strict=True
    )
    for exact, found in pairs:
        assert_same(found, exact, rtol=1e-8, atol=1e-8)


# ---------------------------------------------------------------- shapes and functions


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 2)], ids=str)
def test_the_shape_of_x_is_kept(shape):
    x = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)
    assert_same(seegrad.numerical_derivative(torch.square, x, h=0.5), 2 * x)


def test_variables_broadcast():
    g0, g1 = seegrad.numerical_gradient(lambda a, b: a * b, [[1], [2]], [3, 4], h=0.5)
    assert g0.tolist() == [[3.0, 4.0], [3.0, 4.0]]
    assert g1.tolist() == [[1.0, 1.0], [2.0, 2.0]]


def test_a_constant_has_slope_zero():
    # No graph is needed here, so there is nothing to refuse.
    found = seegrad.numerical_derivative(torch.ones_like, [1.0, 2.0])
    assert found.tolist() == [0.0, 0.0]


def test_a_function_that_changes_its_argument_does_not_reach_ours():
    found = seegrad.numerical_derivative(lambda x: x.mul_(3), [1.0, 2.0], h=0.5)
    assert found.tolist() == [3.0, 3.0]
    pair = seegrad.numerical_gradient(
        lambda a, b: a.mul_(3) * b.mul_(2) ** 2, 5, 7, h=1
    )
    assert [slope.item() for slope in pair] == [588.0, 840.0]
