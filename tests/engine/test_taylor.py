"""Jets: Taylor coefficients carried through operations, and when they count."""

import dataclasses
import math

import mpmath
import numpy as np
import pytest
import torch
from functions import CASES
from torch.testing import assert_close
from torch.utils.checkpoint import checkpoint

from seegrad.engine import taylor
from seegrad.engine.taylor import Jet, UnknownOperation, taylor_derivative

ORDERS = [2, 3, 5, 8]
X = torch.tensor([0.2, 0.35, 0.61, 0.8], dtype=torch.float64)
C = torch.tensor(2.0, dtype=torch.float64)
HALF = mpmath.mpf(1) / 2


def by_taylor(f, x, order):
    """What jets say, or None."""
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    (slope,) = torch.autograd.grad(y.sum(), leaf)
    return taylor_derivative(f, leaf, y, slope, order)


def nested(f, x, order):
    """The derivative as autograd gives it, one pass upon the other."""
    x = x.clone().requires_grad_()
    y = f(x)
    for _ in range(order):
        if not y.requires_grad:
            return torch.zeros_like(x)
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y.detach()


def by_mpmath(f, x, order):
    """The derivative in 60 digits, rounded to float64."""
    with mpmath.workdps(60):
        series = [mpmath.taylor(f, mpmath.mpf(v), order) for v in x.tolist()]
        found = [float(c[order] * mpmath.factorial(order)) for c in series]
    return torch.tensor(found, dtype=torch.float64)


def assert_near(found, truth, rtol):
    """Equal up to rounding, which is relative to the largest value."""
    scale = max(1.0, truth.abs().max().item())
    assert_close(found, truth, rtol=0, atol=rtol * scale)


# ---------------------------------------------------------------- rules

# Each rule by its name: what is run, and mpmath's word for it.
RULES = {
    "__and__": (
        lambda x: torch.where((x > 0.3) & (x < 0.7), x**3, x.sin()),
        lambda x: x**3 if 0.3 < x < 0.7 else mpmath.sin(x),
    ),
    "__eq__": (
        lambda x: torch.where(x == 0.35, x**3, x.sin()),
        lambda x: x**3 if abs(x - 0.35) < 0.01 else mpmath.sin(x),
    ),
    "__invert__": (
        lambda x: torch.where(~(x > 0.5), x**3, x.sin()),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x),
    ),
    "__ne__": (
        lambda x: torch.where(x.__ne__(0.35), x.sin(), x**3),
        lambda x: x**3 if abs(x - 0.35) < 0.01 else mpmath.sin(x),
    ),
    "__or__": (
        lambda x: torch.where((x < 0.3) | (x > 0.7), x**3, x.sin()),
        lambda x: mpmath.sin(x) if 0.3 < x < 0.7 else x**3,
    ),
    "__rdiv__": (lambda x: 3 / x, lambda x: 3 / x),
    "__rpow__": (lambda x: 2**x, lambda x: 2**x),
    "__rsub__": (lambda x: 2 - x.sin(), lambda x: 2 - mpmath.sin(x)),
    "abs": (lambda x: abs(x - 0.5) ** 3, lambda x: abs(x - HALF) ** 3),
    "absolute": (
        lambda x: torch.absolute(x - 0.5) ** 3,
        lambda x: abs(x - HALF) ** 3,
    ),
    "acos": (torch.acos, mpmath.acos),
    "acosh": (lambda x: torch.acosh(x + 1), lambda x: mpmath.acosh(x + 1)),
    "add": (lambda x: 2 + x.sin() + x, lambda x: 2 + mpmath.sin(x) + x),
    "arccos": (torch.arccos, mpmath.acos),
    "arccosh": (lambda x: torch.arccosh(x + 1), lambda x: mpmath.acosh(x + 1)),
    "arcsin": (torch.arcsin, mpmath.asin),
    "arcsinh": (torch.arcsinh, mpmath.asinh),
    "arctan": (torch.arctan, mpmath.atan),
    "arctanh": (torch.arctanh, mpmath.atanh),
    "asin": (torch.asin, mpmath.asin),
    "asinh": (torch.asinh, mpmath.asinh),
    "atan": (torch.atan, mpmath.atan),
    "atanh": (torch.atanh, mpmath.atanh),
    "cos": (torch.cos, mpmath.cos),
    "cosh": (torch.cosh, mpmath.cosh),
    "div": (
        lambda x: (x**2 + 1) / (x + 3) / 7,
        lambda x: (x**2 + 1) / (x + 3) / 7,
    ),
    "divide": (lambda x: torch.divide(x, x + 3), lambda x: x / (x + 3)),
    "eq": (
        lambda x: torch.where(torch.eq(x, 0.35), x**3, x.sin()),
        lambda x: x**3 if abs(x - 0.35) < 0.01 else mpmath.sin(x),
    ),
    "erf": (torch.erf, mpmath.erf),
    "exp": (torch.exp, mpmath.exp),
    "exp2": (torch.exp2, lambda x: 2**x),
    "expm1": (torch.expm1, mpmath.expm1),
    "ge": (
        lambda x: torch.where(x >= 0.5, x.sin(), x**3),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x),
    ),
    "gt": (
        lambda x: (x - 0.5) ** 3 * (x > 0.5),
        lambda x: max(x - HALF, 0) ** 3,
    ),
    "le": (
        lambda x: torch.where(x <= 0.5, x**3, x.sin()),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x),
    ),
    "log": (torch.log, mpmath.log),
    "log10": (torch.log10, mpmath.log10),
    "log1p": (torch.log1p, mpmath.log1p),
    "log2": (torch.log2, lambda x: mpmath.log(x, 2)),
    "logical_and": (
        lambda x: torch.where(torch.logical_and(x > 0.3, x < 0.7), x**3, x.sin()),
        lambda x: x**3 if 0.3 < x < 0.7 else mpmath.sin(x),
    ),
    "logical_not": (
        lambda x: torch.where(torch.logical_not(x > 0.5), x**3, x.sin()),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x),
    ),
    "logical_or": (
        lambda x: torch.where(torch.logical_or(x < 0.3, x > 0.7), x**3, x.sin()),
        lambda x: mpmath.sin(x) if 0.3 < x < 0.7 else x**3,
    ),
    "lt": (
        lambda x: torch.where(x < 0.5, x**3, x.sin()),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x),
    ),
    "mul": (lambda x: 3 * x * x.sin(), lambda x: 3 * x * mpmath.sin(x)),
    "multiply": (lambda x: torch.multiply(x, x.sin()), lambda x: x * mpmath.sin(x)),
    "ne": (
        lambda x: torch.where(torch.ne(x, 0.35), x.sin(), x**3),
        lambda x: x**3 if abs(x - 0.35) < 0.01 else mpmath.sin(x),
    ),
    "neg": (lambda x: -x.sin(), lambda x: -mpmath.sin(x)),
    "negative": (lambda x: torch.negative(x.sin()), lambda x: -mpmath.sin(x)),
    "positive": (lambda x: +x.sin(), mpmath.sin),
    "pow": (lambda x: x**7 + x**1.5, lambda x: x**7 + x ** mpmath.mpf(1.5)),
    "reciprocal": (torch.reciprocal, lambda x: 1 / x),
    "relu": (lambda x: torch.relu(x - 0.5) ** 3, lambda x: max(x - HALF, 0) ** 3),
    "rsqrt": (torch.rsqrt, lambda x: 1 / mpmath.sqrt(x)),
    "rsub": (lambda x: torch.rsub(x.sin(), 2), lambda x: 2 - mpmath.sin(x)),
    "sigmoid": (torch.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "sin": (torch.sin, mpmath.sin),
    "sinh": (torch.sinh, mpmath.sinh),
    "sqrt": (torch.sqrt, mpmath.sqrt),
    "square": (lambda x: torch.square(x.sin()), lambda x: mpmath.sin(x) ** 2),
    "sub": (lambda x: x.sin() - x.cos() - 2, lambda x: mpmath.sin(x) - mpmath.cos(x)),
    "subtract": (
        lambda x: torch.subtract(x.sin(), x**2),
        lambda x: mpmath.sin(x) - x**2,
    ),
    "tan": (torch.tan, mpmath.tan),
    "tanh": (torch.tanh, mpmath.tanh),
    "true_divide": (lambda x: torch.true_divide(x, x + 3), lambda x: x / (x + 3)),
    "where": (
        lambda x: torch.where(x < 0.5, x**3, torch.where(x < 0.7, x.sin(), 0.0)),
        lambda x: x**3 if x < 0.5 else mpmath.sin(x) if x < 0.7 else mpmath.mpf(0),
    ),
}
CHAINS = {
    "x": (lambda x: x, lambda x: x),
    "x⁰": (lambda x: x.sin() + x**0, lambda x: mpmath.sin(x) + 1),
    "x¹": (lambda x: x**1 * x.sin(), lambda x: x * mpmath.sin(x)),
    "x⁻³": (lambda x: x**-3, lambda x: x**-3),
    "x^x": (lambda x: x**x, lambda x: x**x),
    "x / 3": (lambda x: x.sin() / 3, lambda x: mpmath.sin(x) / 3),
    "a step's heights": (
        lambda x: torch.where(x > 0.5, 1.0, 0.25) * x**3 - torch.where(x > 1, 1, 2),
        lambda x: (1 if x > 0.5 else 0.25) * x**3,
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


def test_each_rule_has_its_row():
    assert set(RULES) == set(taylor.RULES) | taylor.COMPARISONS


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", RULES | CHAINS)
def test_each_rule_agrees_with_mpmath(name, order):
    f, peer = (RULES | CHAINS)[name]
    assert_near(by_taylor(f, X, order), by_mpmath(peer, X, order), 1e-12)


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("name", RULES | CHAINS)
def test_each_rule_agrees_with_nested_passes(name, order):
    f, _ = (RULES | CHAINS)[name]
    assert_near(by_taylor(f, X, order), nested(f, X, order), 1e-12)


def test_coefficients_by_hand():
    # (1 + h)³ = 1 + 3h + 3h² + h³
    one = torch.ones(1, dtype=torch.float64, requires_grad=True)
    jet = taylor._call(lambda x: x**3, one, 3)
    assert jet.series.tolist() == [[1], [3], [3], [1]]


@pytest.mark.parametrize("order", [4, 5, 9])
@pytest.mark.parametrize("f", [lambda x: 2 * x**3 + x, lambda x: -(x**3)])
def test_above_its_degree_a_polynomial_has_slope_zero(f, order):
    found = by_taylor(f, X, order)
    assert found.tolist() == [0.0] * 4
    assert not found.signbit().any()


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,), (2, 0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_stay(shape, dtype):
    found = by_taylor(lambda x: x**3 + x.exp(), torch.ones(shape, dtype=dtype), 3)
    assert_close(found, torch.full(shape, 6 + math.e, dtype=dtype))


def test_at_zero_powers_are_exact():
    zero = torch.zeros(1, dtype=torch.float64)
    assert by_taylor(lambda x: x**2, zero, 2).item() == 2
    assert by_taylor(lambda x: x**5, zero, 5).item() == 120


# ---------------------------------------------------------------- every known function

UNKNOWN = {
    "angle",
    "bessel i0",
    "bessel i1",
    "digamma",
    "entropy",
    "erfc",
    "erfinv",
    "gamma",
    "gelu",
    "hypotenuse",
    "lgamma",
    "log of exponentials",
    "log of the normal distribution",
    "logit",
    "mish",
    "normal distribution",
    "scaled erfc",
    "silu",
    "sinc",
    "softplus",
    "softsign",
    "x log x",
}
KNOWN = [case for case in CASES if case.name not in UNKNOWN]


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("case", KNOWN, ids=str)
def test_known_functions_agree_with_mpmath(case, order):
    x = torch.tensor(case.points, dtype=torch.float64)
    # 1/tan near its zero loses three digits at order 8, by nested passes too.
    assert_near(by_taylor(case.f, x, order), case.true_values(order), 3e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("order", [3, 5, 8])
@pytest.mark.parametrize("case", KNOWN, ids=str)
def test_known_functions_in_shorter_floats(case, order, dtype):
    x = torch.tensor(case.points).to(dtype)
    case = dataclasses.replace(case, points=tuple(x.tolist()))
    truth = case.true_values(order)
    if truth.abs().max() > torch.finfo(dtype).max:
        truth = truth.to(dtype)
        assert torch.equal(by_taylor(case.f, x, order).isinf(), truth.isinf())
    else:
        eps = torch.finfo(dtype).eps
        assert_near(by_taylor(case.f, x, order).double(), truth, 20 * eps)


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_other_functions_are_left_to_nesting(name):
    (case,) = (case for case in CASES if case.name == name)
    x = torch.tensor(case.points, dtype=torch.float64)
    assert by_taylor(case.f, x, 3) is None


# ---------------------------------------------------------------- constants


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
        lambda x: x.sin() * np.float64(2),
        lambda x: np.float32(2) * x.sin(),
        lambda x: x.sin() * np.int64(2),
        lambda x: True * x.sin(),
        lambda x: torch.as_tensor(x) ** 2,
        lambda x: torch.tensor(2, dtype=x.dtype, device=x.device) * x.sin(),
        lambda x: checkpoint(torch.square, x, use_reentrant=False),
    ],
)
def test_one_number_is_a_constant(f):
    found = by_taylor(f, X, 3)
    assert_close(found, nested(f, X, 3), rtol=1e-13, atol=1e-13)


def test_a_constant_that_requires_a_gradient_gets_none():
    weight = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    found = by_taylor(lambda x: weight * x**2, X, 2)
    assert found.tolist() == [6.0] * 4
    assert not found.requires_grad
    assert weight.grad is None


# ---------------------------------------------------------------- what jets don't know


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.cumsum(0),
        lambda x: x * x.sum(),
        lambda x: x * x.detach(),
        lambda x: x * x.max(),
        lambda x: torch.where(x > 0, x, x.mean()),
        lambda x: x * X,
        lambda x: x[0] * x,
        lambda x: torch.stack([x, x])[0],
        lambda x: x.clamp(0.3, 0.5),
        lambda x: x.add(1).add_(1),
        lambda x: torch.add(x, x, alpha=2),
        lambda x: x.where(x > 0.5, 0.0),
        lambda x: torch.where(torch.tensor(True), x, 2 * x),
        lambda x: torch.where(X > 0.5, x, 2 * x),
        lambda x: x.double() ** 2,
        lambda x: x**2 / len(x),
        lambda x: x**2 / x.numel(),
        lambda x: x**2 / x.shape[0],
        lambda x: x**2 if x.ndim else x,
        lambda x: x**2 if x.sum() > 0 else x,
        lambda x: x**2 if x[0] > 0 else x,
        lambda x: x * float(x.detach()[0]),
        lambda x: x * torch.from_numpy(np.exp(x.detach().numpy())),
        lambda x: x * torch.tensor([2.0, 3.0, 4.0, 5.0]),
        lambda x: torch.view_as_real(torch.complex(x, x))[:, 0],
        torch.special.expit,
    ],
)
def test_what_jets_do_not_know_is_left_to_nesting(f):
    assert by_taylor(f, X, 3) is None


@pytest.mark.parametrize(
    "answer", [lambda x: torch.ones(4), lambda x: None, lambda x: x > 0]
)
def test_an_answer_that_is_no_jet_is_left_to_nesting(answer):
    f = torch.sin
    leaf = X.clone().requires_grad_()
    y = f(leaf)
    assert taylor_derivative(answer, leaf, y, leaf.cos(), 3) is None


def test_the_refusal_has_a_class_of_its_own():
    jet = taylor._jet(X, np.ones((3, 4)))
    with pytest.raises(UnknownOperation, match=r"no rule for this use of .*cumsum"):
        jet.cumsum(0)
    with pytest.raises(UnknownOperation, match=r"no rule for an operand like .*Tensor"):
        jet * X
    with pytest.raises(UnknownOperation, match=r"where\(\) as its method"):
        jet.where(jet > 0.5, 0.0)


def test_an_interrupt_goes_through():
    def interrupted(x):
        if isinstance(x, Jet):
            raise KeyboardInterrupt
        return x**3

    with pytest.raises(KeyboardInterrupt):
        by_taylor(interrupted, X, 3)


def test_a_jet_tells_dtype_and_device():
    told = []

    def f(x):
        told.append((x.dtype, x.device))
        return x**3

    by_taylor(f, X, 3)
    assert told == [(torch.float64, X.device)] * 2


def test_the_points_stay_as_they_are():
    x = X.clone()
    by_taylor(lambda x: x.exp() * x, x, 3)
    assert torch.equal(x, X)
    assert not x.requires_grad


# ---------------------------------------------------------------- held against autograd


def handed_through(factor):
    """A Function that returns its argument, and scales the gradient by its factor."""

    class HandedThrough(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * factor(*ctx.saved_tensors)

    return HandedThrough.apply


def by_type(seen, unseen):
    """Code that branches on the very type of its argument."""
    return lambda x: seen(x) if type(x) is torch.Tensor else unseen(x)


ONE = torch.ones(3, dtype=torch.float64)
ZERO = torch.zeros(3, dtype=torch.float64)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: handed_through(lambda x: 2.0)(x) ** 3, X),
        (lambda x: handed_through(lambda x: x)(x) ** 3, X),
        (lambda x: handed_through(lambda x: x)(x) ** 3, ONE),  # the same slope
        (lambda x: handed_through(lambda x: x)(x.sin()) ** 3, X),
        (by_type(torch.sin, torch.cos), X),
        (by_type(torch.sin, lambda x: x), ZERO),  # the same value and slope
        (by_type(lambda x: x, torch.sin), ZERO),
        (by_type(lambda x: x * x.sin(), lambda x: x.sin() * x), X),
        (by_type(lambda x: 1 + x**3, lambda x: 2 + x**3), X),  # another value only
        (by_type(lambda x: x**3, lambda x: x**4), ONE),  # another slope only
        (by_type(lambda x: x.sin() + x.sin(), lambda x: 2 * x.sin()), X),
        (by_type(lambda x: x.sin() + x.sin(), lambda x: (x.sin(),) * 2), X),
        (by_type(lambda x: (x.sin() + x).sin(), lambda x: (x + x.sin()).sin()), X),
        (by_type(lambda x: torch.softmax(x, 0), torch.sigmoid), ZERO),
        (by_type(lambda x: x**3, lambda x: (x > 0.5) > 2), X),
        (by_type(lambda x: x, lambda x: torch.where(x > 0, C / 2, C)), ONE),
        (lambda x: torch.add(x, x**3, alpha=2), ZERO),
        (by_type(lambda x: x.float() ** 3, lambda x: x**3), ONE),
    ],
)
def test_what_autograd_recorded_otherwise_is_left_to_nesting(f, x):
    assert by_taylor(f, x, 3) is None


def test_a_question_for_a_tensor_is_answered_as_for_a_tensor():
    def f(x):
        return torch.sin(x) if isinstance(x, torch.Tensor) else x

    assert by_taylor(f, ZERO, 3).tolist() == [-1.0] * 3


def test_shared_steps_are_no_copies():
    def twice(x):
        y = x.sin()
        return y * y

    assert_close(by_taylor(twice, X, 3), by_mpmath(lambda x: mpmath.sin(x) ** 2, X, 3))
    assert by_taylor(by_type(twice, lambda x: x.sin() * x.sin()), X, 3) is None


def test_operations_are_joined_alike():
    def one(x):
        y = x.sin()
        z = y.sin()
        return (y * z) * y

    def other(x):
        y = x.sin()
        z = y.sin()
        return (y * z) * z

    assert by_taylor(one, ZERO, 5) is not None
    assert by_taylor(by_type(one, other), ZERO, 5) is None


def test_a_slope_that_autograd_has_no_room_for_is_left_to_nesting():
    # 300 · 300 is more than half precision holds.
    x = torch.tensor([0.5, 0.25], dtype=torch.float16)
    assert by_taylor(lambda x: x * 300 * 300, x, 3) is None
    assert (
        by_taylor(by_type(lambda x: x * 1e308, lambda x: x * -1e308), ZERO, 3) is None
    )


def test_what_is_computed_without_a_graph_is_left_to_nesting():
    def half_seen(x):
        with torch.no_grad():
            factor = x**2
        return x * factor

    assert by_taylor(half_seen, ZERO, 3) is None  # the slopes agree at zero
    assert by_taylor(half_seen, X, 3) is None


@pytest.mark.parametrize("piece", [0, 1, 2])
def test_every_piece_is_held_against_autograd(piece):
    x = torch.linspace(0, 1, 2 * taylor.PIECE + 5, dtype=torch.float64)
    calls = []

    def f(x):
        calls.append(type(x))
        return x**3 if len(calls) != piece + 2 else x**3 + 1

    assert by_taylor(f, x, 3) is None
    assert len(calls) == piece + 2


def test_many_points_are_taken_in_pieces():
    x = torch.linspace(-2, 2, 2 * taylor.PIECE + 5, dtype=torch.float64)
    found = by_taylor(torch.sin, x, 5)
    assert_close(found, x.cos(), rtol=0, atol=1e-14)
    grid = x[:65_536].reshape(256, 256).T
    assert_close(by_taylor(torch.sin, grid, 5), grid.cos(), rtol=0, atol=1e-14)


# ---------------------------------------------------------------- corners and domains


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "f",
    [
        torch.abs,
        torch.relu,
        lambda x: x.abs() ** 3,
        lambda x: torch.relu(x) ** 3,
        lambda x: x * x.abs(),
        lambda x: (x + x.abs()) / 2 * x**2,
        lambda x: x**3 * (x > 0),
        lambda x: x**3 * (x >= 0),
        lambda x: torch.where(x > 0, x**3, -(x**3)),
        lambda x: torch.where(x >= 0, x**3, -(x**3)),
        lambda x: torch.where(x == 0, 1.0, x.sin() / torch.where(x == 0, 1.0, x)),
        lambda x: torch.exp(-abs(x)),
    ],
)
def test_at_a_corner_jets_say_what_nested_passes_say(f, order):
    x = torch.tensor([-0.5, 0.0, 0.75], dtype=torch.float64)
    found = by_taylor(f, x, order)
    assert_close(found, nested(f, x, order), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "f",
    [
        torch.sqrt,
        torch.log,
        torch.rsqrt,
        lambda x: 1 / x,
        lambda x: x**1.5,
        lambda x: x**2.5,
        lambda x: torch.where(x == 0, 1.0, torch.sin(x) / x),
        lambda x: torch.where(x > 0, x**3.5, 0.0),  # its third slope is 0, no fourth
        lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
        lambda x: torch.relu(torch.log(x)) * 0 + x,
        lambda x: x * math.inf,
        lambda x: x * math.nan,
    ],
)
def test_a_branch_not_taken_that_is_no_number_is_left_to_nesting(f):
    x = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert by_taylor(f, x, 4) is None


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_points_that_are_no_numbers_are_left_to_nesting(odd):
    assert by_taylor(lambda x: x.sin() * x, torch.tensor([1.0, odd]), 3) is None


# ---------------------------------------------------------------- range


# Each with its derivatives by formula: mpmath's differences need a scale near one.


def sine(frequency, size):
    a, b = mpmath.mpf(frequency), mpmath.mpf(size)
    return (
        lambda x: torch.sin(frequency * x) * size,
        lambda x, n: mpmath.sin(a * x + n * mpmath.pi / 2) * a**n * b,
    )


def power(exponent):
    r = mpmath.mpf(exponent)
    return lambda x: x**exponent, lambda x, n: mpmath.ff(r, n) * x ** (r - n)


def exp_sine(frequency):
    a = mpmath.mpf(frequency)
    return (
        lambda x: torch.exp(torch.sin(frequency * x)),
        lambda x, n: a**n * mpmath.diff(lambda u: mpmath.exp(mpmath.sin(u)), a * x, n),
    )


LOG = torch.log, lambda x, n: -mpmath.factorial(n - 1) / (-x) ** n
EXP = torch.exp, lambda x, n: mpmath.exp(x)
BELL = (
    lambda x: torch.exp(-(x**2)),
    lambda x, n: (-1) ** n * mpmath.hermite(n, x) * mpmath.exp(-(x**2)),
)
FAR = [
    (*power(2.5), 3e7, torch.float32, [3, 5, 6]),
    (*power(2.5), 1e13, torch.float32, [3, 5]),
    (*power(-1.5), 1e-4, torch.float32, [3, 6]),
    (*power(1.5), 1e41, torch.float64, [3, 8, 9]),
    (*power(1.5), 1e100, torch.float64, [3, 4]),
    (*power(0.5), 1e-30, torch.float64, [3, 9]),
    (*power(7.0), 1e30, torch.float64, [3, 7]),
    (*power(2.5), 1e13, torch.float64, [20, 25]),
    (*sine(1e-9, 1e30), 1.0, torch.float32, [3, 4, 5, 6]),
    (*sine(1e-30, 1e30), 1.0, torch.float64, [3, 8, 11]),
    (*sine(1e-60, 1e300), 1.0, torch.float64, [3, 5, 6]),
    (*sine(1e-70, 1e300), 1.0, torch.float64, [5, 7]),
    (*sine(1e30, 1e-200), 1e-30, torch.float64, [3, 12]),
    (*sine(0.01, 1.0), 90.0, torch.float32, [16, 18]),
    (*exp_sine(1e-13), 1e13, torch.float64, [3, 20]),
    (*exp_sine(1e9), 1e-9, torch.float64, [3, 12, 25]),
    (*LOG, 1e30, torch.float64, [3, 9]),
    (*LOG, 1e-30, torch.float64, [3, 9]),
    (*EXP, -700.0, torch.float64, [3, 25]),
    (*BELL, 26.0, torch.float64, [3, 10]),
    (*BELL, -9.0, torch.float32, [3, 10]),
]


@pytest.mark.parametrize(
    ("f", "peer", "point", "dtype", "order"),
    [(*row[:4], order) for row in FAR for order in row[4]],
)
def test_far_from_one_a_result_is_right(f, peer, point, dtype, order):
    x = torch.tensor([point], dtype=dtype)
    found = by_taylor(f, x, order)
    with mpmath.workdps(200):
        truth = float(peer(mpmath.mpf(x.item()), order))
    assert abs(truth) > torch.finfo(dtype).tiny
    assert found.item() == pytest.approx(truth, rel=64 * torch.finfo(dtype).eps, abs=0)


@pytest.mark.parametrize("order", [9, 20, 21, 25, 100, 170])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_every_derivative_of_exp_is_exp(dtype, order):
    x = torch.tensor([0.0, 1.0], dtype=dtype)
    truth = torch.tensor([1.0, math.e], dtype=dtype)
    eps = torch.finfo(dtype).eps
    assert_close(by_taylor(torch.exp, x, order), truth, rtol=4 * eps, atol=0)


def test_above_the_highest_order_nesting_is_left():
    assert by_taylor(torch.exp, X, taylor.HIGHEST_ORDER + 1) is None


def test_a_result_is_rounded_as_any_number():
    # 3¹² is 531,441, more than half precision holds; 3⁹ is 19,683.
    zero = torch.zeros(1, dtype=torch.float16)
    assert by_taylor(lambda x: torch.exp(3 * x), zero, 9).item() == 19_680
    assert by_taylor(lambda x: torch.exp(3 * x), zero, 12).item() == math.inf
    # (3/2)(1/2)(−1/2)… · 1e41^(−8.5) is 2e-347, and float64 ends at 5e-324.
    far = torch.tensor([1e41], dtype=torch.float64)
    assert by_taylor(lambda x: x**1.5, far, 10).item() == 0.0


def test_what_no_format_has_room_for_is_left_to_nesting():
    def f(x):
        return torch.exp(torch.sin(x * 1e-300)) * 1e300

    assert by_taylor(f, torch.ones(1, dtype=torch.float64), 20) is None


def test_floating_point_errors_are_seen_in_every_format():
    # What the choice of format stands on, with each length a vector unit may split.
    for kind in (np.float64, np.longdouble):
        tiny, huge = np.finfo(kind).tiny, np.finfo(kind).max
        for length in range(1, 20):
            small = np.ones(length, kind)
            small[length // 2] = tiny
            with np.errstate(all="raise"):
                with pytest.raises(FloatingPointError, match="underflow"):
                    small * (kind(1) / 3)
                with pytest.raises(FloatingPointError, match="overflow"):
                    (huge * small[::-1] if length > 1 else np.full(1, huge)) * 3
                small * 0
                small * 0.5
