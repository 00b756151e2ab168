"""derivative and gradient: true values, laws, and which functions are refused."""

import dataclasses
import functools
import math

import numpy as np
import pytest
import torch
from functions import CASES
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    assert_chain_rule,
    assert_directional_derivative,
    assert_even_odd,
    assert_homogeneous,
    assert_inverse_rule,
    assert_leibniz_rule,
    assert_linear,
    assert_mixed_partials_agree,
    assert_product_rule,
    assert_quotient_rule,
    assert_same,
    assert_slopes_add_up,
    unseen,
)
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import seegrad


def float64(*values):
    return torch.tensor(values, dtype=torch.float64)


ABC = float64(1.0, 2.0, 3.0)

# ---------------------------------------------------------------- true values


def test_at_least_sixty_elementary_functions():
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=str)
def test_slope_by_hand(case):
    found = seegrad.derivative(case.f, case.points)
    assert_same(found, case.slopes_by_hand(), rtol=10**-case.digits, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_slope_by_hand_is_the_slope(case):
    # The witness is checked too: mpmath's differences, in 50 digits.
    assert_same(case.slopes_by_hand(), case.true_values(order=1), rtol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_slope_at_random_points(case):
    draw = np.random.default_rng(len(case.name))
    x = draw.uniform(min(case.points), max(case.points), 6)
    elsewhere = dataclasses.replace(case, points=tuple(x))
    truth = elsewhere.true_values(order=1)
    assert_same(elsewhere.slopes_by_hand(), truth, rtol=1e-14)
    size = max(truth.abs().max().item(), 1.0)
    found = seegrad.derivative(case.f, x)
    assert_same(found, truth, rtol=0.0, atol=10 * 10**-case.digits * size)


class WithOurSlope(torch.autograd.Function):
    """A derivative of f that goes backwards by our next one."""

    @staticmethod
    def forward(ctx, x, f, order):
        ctx.save_for_backward(x)
        ctx.f, ctx.order = f, order
        return seegrad.derivative(f, x, order=order) if order else f(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * WithOurSlope.apply(x, ctx.f, ctx.order + 1), None, None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pytorchs_gradcheck_agrees(case):
    x = float64(*case.points).requires_grad_()
    with torch.random.fork_rng():  # the checks draw directions
        assert gradcheck(lambda x: WithOurSlope.apply(x, case.f, 0), x)
        assert gradgradcheck(lambda x: WithOurSlope.apply(x, case.f, 0), x)


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_higher_orders(case, order):
    found = seegrad.derivative(case.f, case.points, order=order)
    truth = case.true_values(order)
    # Terms as large as the largest value cancel, so rounding is relative to it.
    size = truth.abs().max().item()
    assert_same(found, truth, rtol=0.0, atol=100 * 10**-case.digits * max(size, 1.0))


@pytest.mark.parametrize("order", [2, 3, 6])
@pytest.mark.parametrize(
    "f",
    [lambda x: x, lambda x: -x, lambda x: 3 * x + 1, lambda x: x / 4, torch.abs],
    ids=["x", "-x", "3x + 1", "x/4", "abs"],
)
def test_straight_lines_do_not_bend(f, order):
    assert torch.equal(seegrad.derivative(f, ABC, order=order), torch.zeros(3).double())


@pytest.mark.parametrize("order", [1, 2, 5])
def test_constant_that_keeps_its_argument(order):
    found = seegrad.derivative(lambda x: 3 + 0 * x, ABC, order=order)
    assert torch.equal(found, torch.zeros(3).double())


def cubic(x):
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def test_the_article_with_two_frameworks():
    assert cubic(0.5) == 9.75
    assert seegrad.derivative(cubic, 0.5) == 10.5


def test_the_derivative_curve():
    x = torch.arange(-4, 4, 0.001, dtype=torch.float64)
    found = seegrad.derivative(cubic, x)
    assert_same(found, 6 * x**2 + 8 * x + 5, atol=1e-13)


def test_partial_derivatives_of_a_ripple():
    g0, g1 = seegrad.gradient(lambda x, y: torch.sin(x**2 + y**2), 1, 1)
    assert g0 == g1
    assert_same(g0, float64(-0.832294).squeeze(), rtol=0, atol=5e-7)
    assert_same(g0, float64(2 * math.cos(2)).squeeze())


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def goldstein_price(x, y):
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * a) * (30 + (2 * x - 3 * y) ** 2 * b)


@pytest.mark.parametrize(
    ("f", "point", "value", "slopes"),
    [
        (lambda x, y: x**2 + y**2, (1, 2), 5, (2, 4)),
        (rosenbrock, (0, 2), 401, (-2, 400)),
        (goldstein_price, (1, 1), 1876, (-5376, 8064)),
    ],
    ids=["bowl", "Rosenbrock", "Goldstein-Price"],
)
def test_known_gradients(f, point, value, slopes):
    assert f(*point) == value
    assert seegrad.gradient(f, *point) == slopes


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (torch.abs, 0.0),
        (torch.relu, 0.0),
        (lambda x: torch.where(x > 0, x, 0.0), 0.0),
        (lambda x: x * (x > 0), 0.0),
        (lambda x: torch.maximum(x, torch.zeros_like(x)), 0.5),
        (lambda x: torch.stack([x, 0 * x.detach()]).amax(dim=0), 0.5),
        (lambda x: (x + x.abs()) / 2, 0.5),
        (lambda x: functional.softplus(x, beta=100), 0.5),
        (lambda x: torch.where(x >= 0, x, 0.0), 1.0),
        (lambda x: torch.stack([x, 0 * x.detach()]).max(dim=0).values, 1.0),
        (torch.sqrt, math.inf),
        (lambda x: torch.sqrt(x**2), math.nan),
    ],
    ids=[
        "abs",
        "relu",
        "where>",
        "x*(x>0)",
        "maximum",
        "amax",
        "(x+|x|)/2",
        "softplus",
        "where>=",
        "max(dim)",
        "sqrt",
        "sqrt(x²)",
    ],
)
def test_what_autograd_says_at_a_corner(f, slope):
    for x in (0.0, [0.0], [-1.0, 0.0, 1.0]):
        found = seegrad.derivative(f, x).flatten()
        assert_same(found[len(found) // 2], float64(slope).squeeze())


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (torch.log, -1.0),
        (lambda x: torch.where(x > 0, torch.sqrt(x), 0.0), math.nan),
        (
            lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), 0.0),
            0.0,
        ),
    ],
    ids=["log", "where", "where twice"],
)
def test_what_autograd_says_outside_the_domain(f, slope):
    assert_same(seegrad.derivative(f, [-1.0]), float64(slope))


def test_what_autograd_says_at_a_tie_and_at_the_tip_of_a_cone():
    assert seegrad.gradient(torch.maximum, 3.0, 3.0) == (0.5, 0.5)
    slopes = seegrad.gradient(lambda *xs: torch.stack(xs).norm(dim=0), 0.0, 0.0)
    assert slopes == (0.0, 0.0)


def test_a_factor_cut_off_counts_as_constant():
    # The truth is 4; autograd was told to overlook one factor.
    assert seegrad.derivative(lambda x: x * x.detach(), 2.0) == 2.0


# ---------------------------------------------------------------- laws

number = st.floats(-2, 2)
points = st.lists(number, min_size=1, max_size=6).map(lambda x: float64(*x))
smooth = st.sampled_from(
    [torch.sin, torch.tanh, torch.exp, lambda x: x**3 - x, lambda x: 1 / (2 + x**2)]
)
never_zero = st.sampled_from([torch.exp, torch.cosh, lambda x: 2 + torch.sin(x)])


@given(smooth, smooth, number, number, points)
def test_linear(f, g, a, b, x):
    assert_linear(seegrad.derivative, f, g, a, b, x)


@given(smooth, smooth, points)
def test_product_rule(f, g, x):
    assert_product_rule(f, g, x)


@given(smooth, never_zero, points)
def test_quotient_rule(f, g, x):
    assert_quotient_rule(f, g, x)


@given(smooth, smooth, points)
def test_chain_rule(f, g, x):
    assert_chain_rule(f, g, x)


@given(smooth, points)
def test_leibniz_rule(f, x):
    assert_leibniz_rule(f, x)


@pytest.mark.parametrize(
    ("f", "inverse"),
    [
        (torch.exp, torch.log),
        (torch.sinh, torch.asinh),
        (torch.tanh, torch.atanh),
        (torch.erf, torch.erfinv),
        (torch.sigmoid, torch.logit),
        (lambda x: (x + 3) ** 2, lambda y: torch.sqrt(y) - 3),
    ],
    ids=["exp", "sinh", "tanh", "erf", "sigmoid", "square"],
)
@given(points)
def test_inverse_rule(f, inverse, x):
    assert_inverse_rule(f, inverse, x)


@pytest.mark.parametrize(
    ("f", "even"),
    [(torch.cos, True), (torch.cosh, True), (lambda x: x**4, True)]
    + [(torch.sin, False), (torch.atan, False), (lambda x: x**5, False)],
)
@given(points)
def test_even_and_odd(f, even, x):
    assert_even_odd(f, x, even=even)


@given(smooth, number, number)
def test_slopes_add_up(f, a, b):
    assert_slopes_add_up(f, *float64(a, b))


@given(points, number)
def test_mixed_partials_agree(x0, x1):
    assert_mixed_partials_agree(lambda a, b: torch.sin(a * b) + a**3 / (3 + b), x0, x1)


@given(number, number, number, number)
def test_directional_derivative(a, b, v, w):
    def f(x, y):
        return torch.sin(x) * torch.exp(y / 2) + x * y

    assert_directional_derivative(f, *(float64(t).squeeze() for t in (a, b, v, w)))


@given(points)
def test_homogeneous_functions(x):
    assert_homogeneous(lambda x, y: x**3 + x * y**2, 3, x, 2 * x + 1)
    assert_homogeneous(torch.hypot, 1, x, x.abs() + 1)
    assert_homogeneous(torch.atan2, 0, x, x.abs() + 1)


# ---------------------------------------------------------------- several variables


def test_each_variable_gets_its_own_slope():
    slopes = seegrad.gradient(lambda a, b, c: a * b**2 + torch.sin(c), 2.0, 3.0, 0.0)
    assert slopes == (9.0, 12.0, 1.0)


def test_variables_broadcast():
    g0, g1 = seegrad.gradient(lambda a, b: a * b, [[1.0], [2.0]], [3.0, 4.0, 5.0])
    assert g0.tolist() == [[3.0, 4.0, 5.0]] * 2
    assert g1.tolist() == [[1.0] * 3, [2.0] * 3]


def test_an_ignored_variable_has_slope_zero():
    slopes = seegrad.gradient(lambda a, b, c: b**2, 1.0, [2.0, 3.0], [[4.0]])
    assert [s.tolist() for s in slopes] == [[[0.0, 0.0]], [[4.0, 6.0]], [[0.0, 0.0]]]


def test_each_slope_has_the_dtype_of_its_variable():
    slopes = seegrad.gradient(lambda a, b: a * b, torch.tensor(2.0), 3.0)
    assert [s.dtype for s in slopes] == [torch.float32, torch.float64]
    slopes = seegrad.gradient(lambda a, b: a * b, [2.0, 3.0], torch.tensor([3.0, 4.0]))
    assert [s.dtype for s in slopes] == [torch.float64, torch.float32]


def test_one_variable_makes_a_tuple_of_one():
    assert seegrad.gradient(torch.square, 3.0) == (6.0,)


def test_slopes_can_be_changed_one_by_one():
    g0, g1 = seegrad.gradient(lambda a, b: a + b, [1.0, 2.0], [3.0, 4.0])
    g0 += 1
    assert g1.tolist() == [1.0, 1.0]


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 2), (1, 1, 3), (2, 0)], ids=str)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_shape_of_x_is_kept(shape, order):
    x = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape) + 0.5
    found = seegrad.derivative(lambda x: x**3, x, order=order)
    assert_same(found, [3 * x**2, 6 * x, torch.full_like(x, 6)][order - 1])


@pytest.mark.parametrize(
    "x",
    [
        float64(*range(12)).reshape(3, 4).T,
        float64(*range(12))[::3],
        float64(2.0).expand(5),
        np.arange(6.0)[::-1],
    ],
    ids=["transposed", "strided", "expanded", "negative strides"],
)
def test_any_memory_layout(x):
    expected = 2 * torch.as_tensor(np.ascontiguousarray(x))
    assert_same(seegrad.derivative(torch.square, x), expected)


# ---------------------------------------------------------------- mixed points

SWAPPED = float64(1, 9, 3, 4, 5, 6, 7, 8, 2, 10)

MIXED = [
    ("softmax", lambda x: torch.softmax(x, 0), ABC),
    ("softmax, equal points", lambda x: torch.softmax(x, 0), torch.ones(3).double()),
    ("cumsum", lambda x: x.cumsum(0), ABC),
    ("cumsum at zeros", lambda x: x.cumsum(0), torch.zeros(3).double()),
    ("cumprod", lambda x: x.cumprod(0), ABC),
    ("x * x.sum()", lambda x: x * x.sum(), ABC),
    ("x * x.sum() detached", lambda x: x * x.sum().detach(), ABC),
    ("x + 0.001 x.mean()", lambda x: x + 0.001 * x.mean(), ABC),
    ("x - x.mean()", lambda x: x - x.mean(), ABC),
    ("x - x.mean() at ones", lambda x: x - x.mean(), torch.ones(3).double()),
    ("x / x.norm()", lambda x: x / x.norm(), ABC),
    ("x / x.max()", lambda x: x / x.max(), ABC),
    ("roll", lambda x: x.roll(1), ABC),
    ("flip", lambda x: x.flip(0), ABC),
    ("flip, equal points", lambda x: x.flip(0), torch.ones(3).double()),
    ("flip, tiny slopes", lambda x: 1e-12 * x.flip(0), torch.ones(3).double()),
    ("sort", lambda x: x.sort().values ** 2, float64(3.0, 1.0, 2.0)),
    ("sort of two inner points", lambda x: x.sort().values ** 2, SWAPPED),
    ("transpose", lambda x: x.T, float64(1, 2, 3, 4).reshape(2, 2)),
    ("a column's sum", lambda x: x + x.sum(0), float64(1, 2, 3, 4).reshape(2, 2)),
    ("overflow only together", lambda x: x.sum().exp() + 0 * x, float64(400.0, 400.0)),
    ("works only together", lambda x: x + 0 * x[2], ABC),
    ("if any", lambda x: x if (x > 2.5).any() else -x, ABC),
    (
        "if any, inside",
        lambda x: x**2 if (x < 0).any() else -x,
        float64(1.0, -2.0, 3.0),
    ),
    ("if all", lambda x: x**2 if (x > 1.5).all() else -x, ABC),
    ("if x.max()", lambda x: x**2 if x.max() > 2 else -x, float64(3.0, 1.0, 4.0)),
    ("if x.norm()", lambda x: x**2 if x.norm() > 1 else x, torch.linspace(-2, 2, 9)),
    ("if x.sum()", lambda x: x + 1 if x.sum() > 0.4 else x, torch.ones(4) / 8),
]


@pytest.mark.parametrize(
    ("f", "x"), [row[1:] for row in MIXED], ids=[row[0] for row in MIXED]
)
def test_a_function_that_mixes_points_is_refused(f, x):
    with pytest.raises(ValueError, match=r"f must be elementwise.*torch\.func\.jacrev"):
        seegrad.derivative(f, x)


def test_mixing_that_starts_at_the_second_order_is_refused():
    # At zeros the Jacobian of x * x.sum() is zero; its second derivatives are not.
    with pytest.raises(ValueError, match="f must be elementwise"):
        seegrad.derivative(lambda x: x * x.sum(), [0.0, 0.0, 0.0], order=2)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a * b.sum(),
        lambda a, b: a.cumsum(0) + b,
        lambda a, b: a + b.flip(0),
        lambda a, b: torch.softmax(b, 0),
    ],
    ids=["a * b.sum()", "cumsum", "flip", "softmax"],
)
def test_a_function_that_mixes_points_of_any_variable_is_refused(f):
    with pytest.raises(ValueError, match="f must be elementwise"):
        seegrad.gradient(f, [1.0, 2.0, 3.0], [4.0, 5.0, 7.0])


def test_the_diagonal_that_the_sum_trick_misses():
    # Why x * x.sum() is refused: the sum gives 12 everywhere, the truth is 7, 8, 9.
    x = ABC.clone().requires_grad_()
    (trick,) = torch.autograd.grad((x * x.sum()).sum(), x)
    jacobian = torch.func.jacrev(lambda x: x * x.sum())(ABC)
    assert trick.tolist() == [12.0, 12.0, 12.0]
    assert jacobian.diagonal().tolist() == [7.0, 8.0, 9.0]


# ---------------------------------------------------------------- wrong functions


def changes_data(x):
    x.data.mul_(10)
    return x**2


def changes_without_grad(x):
    with torch.no_grad():
        x.mul_(2)
    return x**2


@pytest.mark.parametrize("f", [changes_data, changes_without_grad])
def test_an_argument_changed_behind_autograd_is_refused_at_one_point(f):
    with pytest.raises(ValueError, match="in place"):
        seegrad.derivative(f, 3.0)


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
def test_a_float_from_the_math_module_is_refused_at_one_point():
    with pytest.raises(TypeError, match=r"of type float.*math"):
        seegrad.derivative(lambda x: math.sin(x), 1.0)


@pytest.mark.parametrize("x", [ABC, 1.0], ids=["three points", "one point"])
def test_a_backward_pass_that_fails_is_reported_as_ours(x):
    with pytest.raises(ValueError, match=r"^f must .*BackwardFails|^f must .*no slope"):
        seegrad.derivative(BackwardFails.apply, x)


# ---------------------------------------------------------------- right functions


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


class BackwardFails(Cube):
    @staticmethod
    def backward(ctx, grad):
        raise KeyError("no slope")


WEIGHT = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)


def fills_by_mask(x):
    y = torch.zeros_like(x)
    y[x > 1.5] = x[x > 1.5] ** 2
    return y


RIGHT = [
    ("where", lambda x: torch.where(x > 1.5, x**2, -x), [-1.0, 4.0, 6.0]),
    ("mask", fills_by_mask, [0.0, 4.0, 6.0]),
    ("abs", lambda x: (x - 2.5).abs(), [-1.0, -1.0, 1.0]),
    ("maximum", lambda x: torch.maximum(x, 5 - x**2), [-2.0, 1.0, 1.0]),
    ("clamp", lambda x: x.clamp(1.5, 2.5) ** 2, [0.0, 4.0, 0.0]),
    ("floor", lambda x: x * torch.floor(x + 0.5), [1.0, 2.0, 3.0]),
    ("closure", lambda x: WEIGHT * x**2, [4.0, 8.0, 12.0]),
    ("custom Function", Cube.apply, [3.0, 12.0, 27.0]),
    (
        "checkpoint",
        lambda x: checkpoint(torch.square, x, use_reentrant=False),
        [2.0, 4.0, 6.0],
    ),
    ("partial", functools.partial(torch.pow, exponent=2), [2.0, 4.0, 6.0]),
    ("module", torch.nn.Hardtanh(-5, 5), [1.0, 1.0, 1.0]),
    ("Horner", lambda x: (x * 2 + 1) * x, [5.0, 9.0, 13.0]),
    ("own result in place", lambda x: (x * 3).add_(x), [4.0, 4.0, 4.0]),
    (
        "reshaped and back",
        lambda x: x.reshape(1, -1).square().reshape(x.shape),
        [2.0, 4.0, 6.0],
    ),
    ("stacked powers", lambda x: torch.stack([x, x**2]).sum(0), [3.0, 5.0, 7.0]),
    ("float64 inside float32's range", lambda x: (x * 1e200) * 1e-200, [1.0] * 3),
    ("huge", lambda x: 1e300 * x, [1e300] * 3),
    ("tiny", lambda x: 1e-300 * x, [1e-300] * 3),
    ("subnormal", lambda x: 1e-310 * x, [1e-310] * 3),
    (
        "huge beside tiny",
        lambda x: torch.where(x < 2, 1e300 * x, 1e-300 * x),
        [1e300, 1e-300, 1e-300],
    ),
    ("inf", lambda x: x * torch.where(x < 2, math.inf, 2.0), [math.inf, 2.0, 2.0]),
    ("nan", lambda x: x * torch.where(x < 2, math.nan, 2.0), [math.nan, 2.0, 2.0]),
    (
        "draws, and does not use it",
        lambda x: x**2 + 0 * torch.rand(()),
        [2.0, 4.0, 6.0],
    ),
]


@pytest.mark.parametrize(
    ("f", "slopes"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT]
)
def test_a_right_function_is_not_refused(f, slopes):
    assert_same(seegrad.derivative(f, ABC), float64(*slopes), atol=0)


def test_a_closure_gets_no_gradient():
    seegrad.derivative(lambda x: WEIGHT * x**2, ABC)
    assert WEIGHT.grad is None


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e300, 5e-324, -0.0])
def test_an_odd_point_leaves_the_others_alone(odd, place):
    x = ABC.clone()
    x[place] = odd
    found = seegrad.derivative(lambda x: x**2 / 2, x)
    assert_same(found, x, atol=0)


@pytest.mark.parametrize(
    ("f", "low", "high"),
    [
        (lambda x: (torch.sinh(x) - x) / x**3, 1e-4, 1e-3),
        (lambda x: torch.cosh(x) - torch.sinh(x), 8, 17),
        (lambda x: (1 - torch.cos(x)) / x**2, 1e-8, 1e-7),
        (lambda x: (torch.exp(x) - 1) / x, 1e-12, 1e-10),
        (lambda x: (1 + x**2) - x**2, 1e6, 1e9),
    ],
    ids=["sinh x - x", "cosh x - sinh x", "1 - cos x", "exp x - 1", "1 + x² - x²"],
)
@pytest.mark.parametrize("way", [lambda f: f, unseen], ids=["seen", "unseen"])
def test_rounding_in_a_function_that_cancels_is_not_taken_for_mixing(f, low, high, way):
    # A batch runs vectorised code, whose last bits differ from those of one point.
    f = way(f)
    for start in torch.linspace(low, 2 * low, 50).tolist():
        x = torch.linspace(start, high, 64, dtype=torch.float64)
        assert seegrad.derivative(f, x).isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_rounding_in_low_precision_is_not_taken_for_mixing(dtype):
    x = torch.linspace(-2, 2, 65).to(dtype)

    def f(x):
        return torch.sigmoid(x * 8) + torch.exp(-(x**2)) * torch.sin(x)

    found = seegrad.derivative(unseen(f), x)
    truth = seegrad.numerical_derivative(f, x.double())
    assert found.dtype == dtype
    assert_same(found.double(), truth, rtol=0, atol=16 * torch.finfo(dtype).eps)


def test_a_steep_step_in_half_precision_is_not_taken_for_mixing():
    x = torch.tensor([-1.35e-3, -1.3e-3, -1.28e-3, -1.25e-3, -1.2e-3]).half()
    found = seegrad.derivative(unseen(lambda x: torch.sigmoid(10000 * x)), x)
    assert (found >= 0).all()


def test_a_function_of_a_tensor_from_inference_mode():
    with torch.inference_mode():
        weight = torch.tensor(2.0, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"inference_mode|[Ii]nference"):
        seegrad.derivative(lambda x: weight * x**2, ABC)


# ---------------------------------------------------------------- order


@pytest.mark.parametrize("order", [1, np.int64(1)])
def test_an_order_is_any_whole_number(order):
    assert seegrad.derivative(torch.square, 3.0, order=order) == 6.0


@pytest.mark.parametrize("check", [True, False])
def test_nested_passes_give_the_same_as_taylor_arithmetic(check):
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)
    for order in (1, 2, 3):
        found = seegrad.derivative(unseen(torch.exp), x, order=order, check=check)
        assert_same(found, x.exp())


def test_nested_passes_at_one_point_and_of_a_straight_line():
    assert seegrad.derivative(unseen(torch.exp), 0.0, order=2) == 1
    found = seegrad.derivative(unseen(lambda x: 3 * x), [1.0, 2.0], order=3)
    assert found.tolist() == [0.0, 0.0]


def test_one_endless_value_among_many_points_leaves_the_others_alone():
    x = torch.linspace(0, 1, 70_001, dtype=torch.float64)
    found = seegrad.derivative(torch.sqrt, x, order=2)
    assert not found[0].isfinite()
    assert_same(found[1:], -(x[1:] ** -1.5) / 4)


def test_a_variable_that_f_ignores_has_gradient_zero_also_unseen():
    found = seegrad.gradient(unseen(lambda a, b: a * a), [1.0, 2.0], [3.0, 4.0])
    assert [g.tolist() for g in found] == [[2.0, 4.0], [0.0, 0.0]]
