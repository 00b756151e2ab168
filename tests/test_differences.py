"""Central differences: their error, their step, and that they agree with autograd."""

import math

import numpy as np
import pytest
import torch
from functions import CASES
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_error_shrinks_with_h_squared, assert_linear, assert_same
from refusals import Refusal, assert_teaches

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
    # Values near 10 are rounded to ε·10, and divided by h.
    rounding = 10 * 2**-52 / h
    assert error(0.5, h) == pytest.approx(wrong_by, rel=1e-9, abs=2 * rounding)


def test_rounding_takes_over_below_the_best_step():
    assert 1e-11 < error(0.5, 1e-6) < 1e-9
    assert 1e-9 < error(0.5, 1e-8) < 1e-7


def test_float32_loses_the_step_sooner():
    assert error(torch.tensor(0.5), 1e-4) == pytest.approx(5e-3, rel=0.1)


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


@pytest.mark.parametrize(
    ("x", "h", "dtype"),
    [
        (1000.0, 1e-4, torch.float32),  # 1000 + 1e-4 is 1000.000122
        (3.0, 1e-15, torch.float64),
        (1.0, 0.001, torch.float16),
        (0.3, 0.01, torch.bfloat16),
        (-1e6, 0.09, torch.float32),
    ],
    ids=str,
)
def test_the_difference_is_divided_by_the_step_taken(x, h, dtype):
    x = torch.tensor(x, dtype=dtype)
    assert seegrad.numerical_derivative(lambda x: x, x, h=h) == 1
    g0, g1 = seegrad.numerical_gradient(lambda a, b: 2 * b - a, x, x, h=h)
    assert (g0.item(), g1.item()) == (-1, 2)


def test_points_without_a_slope_are_nan_and_leave_the_others_alone():
    x = [math.inf, -math.inf, math.nan, 3.0]
    for h in (None, 0.5):
        found = seegrad.numerical_derivative(torch.square, x, h=h)
        assert found[:3].isnan().all()
        assert found[3].item() == pytest.approx(6.0)


def test_a_default_step_that_overflows_is_no_slope():
    x = torch.tensor([64_000.0, 1.0, -65_504.0], dtype=torch.float16)
    found = seegrad.numerical_derivative(lambda x: torch.tanh(x / 64_000), x)
    assert found.isnan().tolist() == [True, False, True]


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


# ---------------------------------------------------------------- elementwise


def with_numpy(x):
    return torch.from_numpy(np.sin(x.numpy()))


def couples_inside(x):
    """The square, with the value of point 1 added at point 4, but for few points."""
    y = torch.square(x)
    if y.numel() > 5:
        y = y + torch.nn.functional.one_hot(torch.tensor(4), y.numel()) * y[1]
    return y


def couples_inside_numpy(x):
    y = np.square(x.numpy())
    if y.size > 5:
        y[4] += y[1]
    return torch.from_numpy(y)


def test_a_function_without_a_graph_is_differentiated():
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)
    found = seegrad.numerical_derivative(with_numpy, x)
    assert_same(found, torch.cos(x), rtol=0, atol=1e-9)


SEVEN = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
# Not at the least nor at the greatest: points there are looked at alone.
INSIDE = [2.0, 3.0, 2.5, 2.5, 2.7, 2.2, 2.6, 3.5, 1.0, 2.4]


@pytest.mark.parametrize("x", [SEVEN, INSIDE], ids=len)
@pytest.mark.parametrize(
    "call",
    [
        lambda x: seegrad.numerical_derivative(couples_inside, x),
        lambda x: seegrad.numerical_derivative(couples_inside_numpy, x),
        lambda x: seegrad.numerical_derivative(couples_inside, x, h=0.25),
        lambda x: seegrad.numerical_gradient(lambda a, b: couples_inside(a) + b, x, 1),
        lambda x: seegrad.derivative(couples_inside, x),
    ],
    ids=["graph", "NumPy", "h", "two variables", "autograd"],
)
def test_coupling_between_two_points_inside_is_refused(call, x):
    with pytest.raises(seegrad.NotElementwiseError, match="f must be elementwise"):
        call(x)


@pytest.mark.parametrize("f", [lambda x: x.mul_(3), lambda x: x.data.mul_(3) + x])
def test_a_function_that_changes_its_argument_is_refused(f):
    x = torch.tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="changes its argument in place"):
        seegrad.numerical_derivative(f, x, h=0.5)
    assert x.tolist() == [1.0, 2.0]


# ---------------------------------------------------------------- errors

ABOVE_0 = "be a number above 0"
FINITE = "be a finite number above 0"
TAKEN = "be a step that torch.float32 can take from every point"


def differ(h, x=(1.0, 2.0, 3.0)):
    return lambda: seegrad.numerical_derivative(torch.sin, x, h=h)


REFUSED = {
    "h 0": (differ(0), ValueError, "h", FINITE, "0.0", "h=0.001"),
    "h inf": (differ(math.inf), ValueError, "h", FINITE, "inf", "h=0.001"),
    "h nan": (differ(math.nan), ValueError, "h", FINITE, "nan", "h=0.001"),
    "h huge": (differ(10**400), ValueError, "h", FINITE, "inf", "h=0.001"),
    "h True": (differ(True), TypeError, "h", ABOVE_0, "True, of type bool", "a float"),
    "h str": (differ("1"), TypeError, "h", ABOVE_0, "'1', of type str", "Pass a float"),
    "h tensor": (differ(torch.tensor(0.1)), TypeError, "h", ABOVE_0, "float32", "a fl"),
    "h lost": (
        differ(1e-50, torch.ones(3)),
        ValueError,
        "h",
        TAKEN,
        r"with h = 1e-50 x \+ h or x - h rounds to x at x = 1",
        "Choose a larger h, pass float64 points",
    ),
    "h lost at one point": (
        differ(1e-4, torch.tensor([0.0, 1.0, 1e5])),
        ValueError,
        "h",
        TAKEN,
        "rounds to x at x = 100000",
        "Choose a larger h",
    ),
    "h overflows": (
        differ(1e300, torch.ones(3)),
        ValueError,
        "h",
        TAKEN,
        r"with h = 1e\+300 x \+ h or x - h overflows at x = 1",
        "Choose a smaller h",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_teaches(name):
    assert_teaches(Refusal(name, *REFUSED[name]))
