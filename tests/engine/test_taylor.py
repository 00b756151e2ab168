"""Jets: Taylor coefficients carried through operations."""

import math

import mpmath
import pytest
import torch
from torch.testing import assert_close

from seegrad.engine.taylor import Jet, taylor_derivative

ORDERS = [2, 3, 5, 8]
X = torch.tensor([0.2, 0.35, 0.61, 0.8], dtype=torch.float64)

# Each rule by itself: what is run, and mpmath's word for it.
RULES = {
    "x + 2": (lambda x: x + 2, lambda x: x + 2),
    "2 - x": (lambda x: 2 - x, lambda x: 2 - x),
    "-x": (lambda x: -x, lambda x: -x),
    "+x": (lambda x: +x, lambda x: x),
    "3x": (lambda x: 3 * x, lambda x: 3 * x),
    "x / 3": (lambda x: x / 3, lambda x: x / 3),
    "3 / x": (lambda x: 3 / x, lambda x: 3 / x),
    "x²": (lambda x: x**2, lambda x: x**2),
    "square": (torch.square, lambda x: x**2),
    "x⁷": (lambda x: x**7, lambda x: x**7),
    "x⁻³": (lambda x: x**-3, lambda x: x**-3),
    "x^2.5": (lambda x: x**2.5, lambda x: x ** mpmath.mpf(2.5)),
    "x^½": (lambda x: x**0.5, mpmath.sqrt),
    "x^x": (lambda x: x**x, lambda x: x**x),
    "2^x": (lambda x: 2**x, lambda x: 2**x),
    "(x² + 1) / (x + 3)": (
        lambda x: (x**2 + 1) / (x + 3),
        lambda x: (x**2 + 1) / (x + 3),
    ),
    "abs": (lambda x: abs(x - 0.5), lambda x: abs(x - 0.5)),
    "acos": (torch.acos, mpmath.acos),
    "acosh": (lambda x: torch.acosh(x + 1), lambda x: mpmath.acosh(x + 1)),
    "asin": (torch.asin, mpmath.asin),
    "asinh": (torch.asinh, mpmath.asinh),
    "atan": (torch.atan, mpmath.atan),
    "atanh": (torch.atanh, mpmath.atanh),
    "cos": (torch.cos, mpmath.cos),
    "cosh": (torch.cosh, mpmath.cosh),
    "erf": (torch.erf, mpmath.erf),
    "exp": (torch.exp, mpmath.exp),
    "expm1": (torch.expm1, mpmath.expm1),
    "log": (torch.log, mpmath.log),
    "log1p": (torch.log1p, mpmath.log1p),
    "reciprocal": (torch.reciprocal, lambda x: 1 / x),
    "relu": (lambda x: torch.relu(x - 0.5) ** 3, lambda x: max(x - 0.5, 0) ** 3),
    "rsqrt": (torch.rsqrt, lambda x: 1 / mpmath.sqrt(x)),
    "sigmoid": (torch.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "sin": (torch.sin, mpmath.sin),
    "sinh": (torch.sinh, mpmath.sinh),
    "sqrt": (torch.sqrt, mpmath.sqrt),
    "tan": (torch.tan, mpmath.tan),
    "tanh": (torch.tanh, mpmath.tanh),
    "where": (
        lambda x: torch.where(x < 0.5, x**3, x.sin()),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x),
    ),
    "exp(sin x)": (
        lambda x: torch.exp(torch.sin(x)),
        lambda x: mpmath.exp(mpmath.sin(x)),
    ),
    "tanh(x sin x) log(1 + x²)": (
        lambda x: (x * x.sin()).tanh() * (1 + x**2).log(),
        lambda x: mpmath.tanh(x * mpmath.sin(x)) * mpmath.log(1 + x**2),
    ),
}


def nested(f, x, order):
    """The derivative as autograd gives it, one pass upon the other."""
    x = x.clone().requires_grad_()
    y = f(x)
    for _ in range(order):
        if not y.requires_grad:
            return torch.zeros_like(x)
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y.detach()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", RULES)
def test_each_rule_agrees_with_mpmath(name, order):
    f, peer = RULES[name]
    found = taylor_derivative(f, X, order)
    with mpmath.workdps(60):
        truth = [
            float(mpmath.taylor(peer, mpmath.mpf(x), order)[order])
            * math.factorial(order)
            for x in X.tolist()
        ]
    truth = torch.tensor(truth, dtype=torch.float64)
    scale = max(1.0, truth.abs().max().item())
    assert_close(found, truth, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("name", RULES)
def test_each_rule_agrees_with_nested_passes(name, order):
    f, _ = RULES[name]
    found, expected = taylor_derivative(f, X, order), nested(f, X, order)
    scale = max(1.0, expected.abs().max().item())
    assert_close(found, expected, rtol=0, atol=1e-12 * scale)


def test_two_coefficients_by_hand():
    # (1 + h)³ = 1 + 3h + 3h² + h³
    jet = Jet([torch.tensor(1.0), torch.tensor(1.0)], 3) ** 3
    assert [c.item() for c in jet.series] == [1, 3, 3, 1]


C = torch.tensor(2.0, dtype=torch.float64)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: C + x.sin(),
        lambda x: C - x.sin(),
        lambda x: C * x.sin(),
        lambda x: C / x.cos(),
        lambda x: C**x,
        lambda x: x.sin() + C,
        lambda x: x.sin() - C,
        lambda x: x.sin() * C,
        lambda x: x.sin() / C,
        lambda x: x**C,
        lambda x: torch.where(x > C, x.sin(), C * x.cos()),
    ],
)
def test_a_tensor_of_one_number_is_a_constant(f):
    assert_close(taylor_derivative(f, X, 2), nested(f, X, 2), rtol=1e-13, atol=1e-13)


def test_a_constant_that_requires_a_gradient_gets_none():
    weight = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    found = taylor_derivative(lambda x: weight * x**2, X, 2)
    assert found.tolist() == [6.0] * 4
    assert not found.requires_grad
    assert weight.grad is None


@pytest.mark.parametrize("order", [4, 5, 9])
def test_above_its_degree_a_polynomial_has_slope_zero(order):
    assert taylor_derivative(lambda x: 2 * x**3 + x, X, order).tolist() == [0.0] * 4


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_stay(shape, dtype):
    found = taylor_derivative(
        lambda x: x**3 + x.exp(), torch.ones(shape, dtype=dtype), 2
    )
    assert found.shape == shape
    assert found.dtype == dtype


def test_at_zero_powers_are_exact():
    zero = torch.zeros(1, dtype=torch.float64)
    assert taylor_derivative(lambda x: x**2, zero, 2).item() == 2
    assert taylor_derivative(lambda x: x**5, zero, 5).item() == 120


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.cumsum(0),
        lambda x: x * x.sum(),
        lambda x: x * x.detach(),
        lambda x: x * x.max(),
        lambda x: torch.where(x > 0, x, x.mean()),
        lambda x: x * X,
        lambda x: x * X.tolist(),
        lambda x: x[0] * x,
        lambda x: torch.stack([x, x]),
        lambda x: x.clamp(0.3, 0.5),
        lambda x: torch.rand_like(x) * x,
        lambda x: torch.as_tensor(x) ** 2,
        lambda x: math.sin(x),
        lambda x: __import__("numpy").sin(x),
        lambda x: x.add_(1),
        lambda x: torch.add(x, x, alpha=2),
        lambda x: torch.div(x, 2, rounding_mode="floor"),
        lambda x: x**2 if x else x,
        lambda x: x.where(x > 0.5, 0.0),
        lambda x: True * x,
        lambda x: x.double().float(),
        lambda x: torch.ones(4),
        lambda x: X,
        lambda x: None,
        lambda: 1,
        "no function",
    ],
)
def test_what_jets_do_not_know_is_left_to_nesting(f):
    assert taylor_derivative(f, X, 2) is None


def test_a_change_in_place_is_left_to_nesting():
    def f(x):
        x += 1
        return x

    assert taylor_derivative(f, X, 2) is None


@pytest.mark.parametrize(
    "f", [torch.sqrt, torch.log, lambda x: 1 / x, lambda x: x**1.5, torch.rsqrt]
)
def test_what_is_not_finite_is_left_to_nesting(f):
    assert taylor_derivative(f, torch.tensor([0.0, 1.0]), 2) is None


def test_the_points_stay_as_they_are():
    x = X.clone()
    taylor_derivative(lambda x: x.exp() * x, x, 3)
    assert torch.equal(x, X)
    assert not x.requires_grad
