"""What a verdict stands on: planted faults, rounding, and answers that are unclear."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from functions import CASES
from laws import assert_same
from mpmath import mp
from plants import plant

import seegrad
from seegrad.diagnosis import probes, sampling, sides

W = torch.where
INF = math.inf


def kind(f, *xs):
    return seegrad.diagnose(f, *xs).kind


def float32(x):
    return torch.tensor(x, dtype=torch.float32)


# ---------------------------------------------------------------- planted faults


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_planted_faults_are_named(dtype):
    tried, missed = 400, []
    for seed in range(tried):
        planted, f, at = plant(seed, dtype)
        found = seegrad.diagnose(f, *(torch.tensor(x, dtype=dtype) for x in at))
        if found.kind != planted:
            missed.append((seed, planted, found))
    assert "smooth" not in {found.kind for _, _, found in missed}, missed
    assert len(missed) <= 0.01 * tried, missed


OFFSETS = [0.5, 1.0, 3.0, 100.0, 1000.0]


@pytest.mark.parametrize("b", [0.0, 0.5])
@pytest.mark.parametrize("a", OFFSETS)
def test_a_fault_behind_an_offset(a, b):
    assert kind(lambda x: (x + a).floor() + b * x, -(a % 1)) == "jump"
    assert kind(lambda x: ((x + a) - a).abs() + b * x, 0.0) == "corner"
    assert kind(lambda x: ((x + a).log() - math.log(a)).abs() + b * x, 0.0) == "corner"
    assert kind(lambda x, y: ((x + a) - a + y).abs() + b * x, 0.0, 0.0) == "corner"
    assert kind(lambda x, y: (x + y + a - a % 1).floor() + b * y, 0.0, 0.0) == "jump"


# Wrong by rounding inside f, and smooth: the numbers near 1 can't tell what f does.
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: (x + 1e6).floor(), 0.0),
        (lambda x: (x + 1e6).floor() - 1e6 + x, 0.0),
        (lambda x: (x.float() + 1).floor().double(), 0.0),
        (lambda x: (x - 1e-6).relu(), 0.0),
    ],
)
def test_what_larger_numbers_inside_f_may_hide_is_unclear(f, x):
    assert kind(f, x) == "unclear"


def test_a_constant_that_ends_farther_away_is_smooth():
    for place in (1e-3, 0.01, 0.1):
        assert kind(lambda x, p=place: (x - p).relu(), 0.0) == "smooth"
    assert kind(torch.relu, [-1e-3, -1e-6, -1e-9, -1e-30]).tolist() == ["smooth"] * 4
    assert kind(torch.relu, [1e-3, 1e-6, 1e-9, 1e-30]).tolist() == ["smooth"] * 4


def test_a_narrower_dtype_inside_f():
    x = torch.linspace(-1, 1, 200, dtype=torch.float64)
    kinds = Counter(kind(lambda x: x.float().sin().double(), x).tolist())
    assert set(kinds) <= {"smooth", "unclear"}
    assert kinds["smooth"] >= 190


def test_rounding_with_a_slope_of_its_own_is_a_cut():
    for step in (1.0, 0.01):
        found = seegrad.diagnose(
            lambda x, s=step: x + ((x / s).round() * s - x).detach(), 1.452
        )
        assert found.kind == "cut graph"
        assert found.left == found.right == 0
        assert found.autograd == 1


def straight(u):
    """Rounding, with the slope of what was rounded."""
    return u + (u.round() - u).detach()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("place", [1.0, 3.0, 0.7])
def test_a_cut_is_smooth_at_no_scale(place, dtype):
    for exponent in range(-40, 42):
        scale = 2.0**exponent
        at = torch.tensor(place * scale, dtype=dtype)

        def u(x, scale=scale):
            return x / scale - 0.25

        assert kind(lambda x, u=u: straight(u(x)), at) in {"cut graph", "unclear"}
        assert kind(lambda x, u=u: 1 + u(x), at) == "smooth"


# ---------------------------------------------------------------- never smooth

UNSETTLED = {
    "|x| sin 1/x": lambda x: x.abs() * torch.sin(1 / x),
    "x² sin 1/x²": lambda x: x**2 * torch.sin(1 / x**2),
    "x sin log|x|": lambda x: x * torch.sin(x.abs().log()),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", UNSETTLED)
def test_slopes_that_do_not_settle(name, dtype):
    def whole(x):
        zero = x == 0
        return W(zero, 0.0, UNSETTLED[name](W(zero, 1.0, x)))

    assert kind(whole, torch.tensor(0.0, dtype=dtype)) == "unclear"


@pytest.mark.parametrize("x", [1e-9, 1e-8, 1e-6, 1e-5, float32(1e-3), float32(1e-2)])
def test_cancellation_is_unclear(x):
    found = seegrad.diagnose(lambda x: (1 - x.cos()) / x**2, x)
    assert found.kind == "unclear"
    at = mp.mpf(found.x.item())
    slope = mp.diff(lambda t: (1 - mp.cos(t)) / t**2, at) if at > 1e-4 else -at / 12
    assert abs(found.autograd.item() - slope) > abs(slope) / 100


@pytest.mark.parametrize("x", [0.01, 0.1, 1.0])
def test_cancellation_that_leaves_digits_enough_is_smooth(x):
    found = seegrad.diagnose(lambda x: (1 - x.cos()) / x**2, x)
    slope = mp.diff(lambda t: (1 - mp.cos(t)) / t**2, mp.mpf(x))
    assert found.kind == "smooth"
    assert abs(found.autograd.item() - slope) < 1e-6 * abs(slope)


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str
)
def test_short_dtypes_are_judged_in_float64(dtype):
    at = torch.tensor([0.0, 0.3], dtype=dtype)
    found = seegrad.diagnose(torch.abs, at)
    assert found.kind.tolist() == ["corner", "smooth"]
    assert found.left.dtype == dtype
    assert found.left[0] == -1
    assert kind(torch.sin, at).tolist() == ["smooth"] * 2
    assert kind(lambda x: x * x.detach(), at).tolist() == ["smooth", "cut graph"]
    tiny = "overflow" if dtype == torch.float16 else "smooth"  # 1e-18 is 0 there
    assert kind(lambda x: torch.sqrt(x**2 + 1e-18), at).tolist() == [tiny, "smooth"]
    assert kind(lambda x: x.half().abs(), at).tolist() == ["unclear", "smooth"]


def test_a_module_keeps_its_dtype():
    with torch.no_grad(), torch.random.fork_rng():
        layer = torch.nn.Linear(1, 1)
        layer.weight.fill_(2.0)
        layer.bias.fill_(-1.0)
    at = float32([[0.5], [0.75]])
    assert kind(lambda x: layer(x).relu(), at).tolist() == [["corner"], ["smooth"]]


# ---------------------------------------------------------------- small points

SCALED = {
    "smooth": torch.tanh,
    "corner": torch.relu,
    "jump": lambda u: u.sign() + u,
    "cusp": lambda u: u.abs().sqrt() + u,
    "cut graph": lambda u: (u + 1) * (u + 1).detach(),
    "edge of the domain": lambda u: u.sqrt(),
}


@pytest.mark.parametrize("scale", [1e-30, 1e-19, 1e-9, 1e-5, 1.0, 1e5])
@pytest.mark.parametrize("name", SCALED)
def test_the_kind_does_not_depend_on_the_scale_of_x(name, scale):
    s = 2.0 ** round(math.log2(scale))  # so that x/s − 1 is 0
    assert kind(lambda x: SCALED[name](x / s - 1), s) == name
    assert kind(lambda x: SCALED["smooth"](x / s - 1) + 1, s) == "smooth"


def bell(u):
    return torch.exp(-(u**2))


def bfloat16(x):
    return torch.tensor(x, dtype=torch.bfloat16)


# Smooth, with u = x/s; in bfloat16 the numbers near 1000 hide what is left of it.
STEEP = {
    "a step far away": (lambda u: bell(u.sigmoid() ** 3 + 3) + 1000, -2.375, bfloat16),
    "nearly flat": (lambda u: bell(3 * u) / 3 + 1000, 2.49, float32),
    "a pole near": (lambda u: torch.cosh((u - 4096) ** -3), 4095.76, float),
}


@pytest.mark.parametrize("name", STEEP)
def test_what_changes_within_a_tiny_distance_is_no_fault(name):
    f, u, dtype = STEEP[name]
    scale = 2.0**-75
    assert kind(lambda x: f(x / scale), dtype(u * scale)) in {"smooth", "unclear"}


def test_a_direction_along_which_a_smooth_function_stays():
    scale = 2.0**-66

    def f(x, y):
        return torch.log(torch.cosh(torch.atan2(x / scale, y / scale))) ** 2 - 8

    x, y = 1.25 * scale, 0.128 * scale
    assert kind(f, x, y) in {"smooth", "unclear"}


@pytest.mark.parametrize("scale", [1e9, 1e12, 1e14, 1e20])
def test_steep_at_zero(scale):
    for f in (torch.tanh, torch.erf, lambda u: torch.sqrt(1 + u**2)):
        assert kind(lambda x, f=f: f(scale * x), 0.0) == "smooth"


def test_what_float32_does_not_take_is_unclear():
    one = torch.ones(1, dtype=torch.float64)
    found = seegrad.diagnose(lambda x: torch.log(x * one), [1e-13])
    assert found.kind.tolist() == ["unclear"]
    for x in (1e-20, 1e-3):
        assert kind(lambda x: torch.log(x * one), [x]).tolist() == ["smooth"]


# ---------------------------------------------------------------- outside and overflow


def test_infinity_outside_is_no_overflow():
    found = seegrad.diagnose(lambda x: W(x < 0, INF, x), [-1.0, 0.0, 1.0])
    assert found.kind.tolist() == ["outside the domain", "edge of the domain", "smooth"]
    found = seegrad.diagnose(torch.special.entr, [-1.0, 0.0, 1.0])
    assert found.kind.tolist() == ["outside the domain", "edge of the domain", "smooth"]
    for f in (torch.reciprocal, torch.log, torch.lgamma, lambda x: x**-9 + x.exp()):
        assert kind(f, 0.0) == "outside the domain"


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (torch.exp, 1000.0),
        (torch.exp, float32(100.0)),
        (lambda x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()), float32(100.0)),
        (lambda x: (1000 + x).exp(), 0.0),
        (lambda x: x**-2, 1e-200),
        (lambda x: x**3 / x**3, 1e200),
        (lambda x: (x**2).sqrt(), float32(1e-30)),
        (torch.cosh, torch.tensor(20.0, dtype=torch.float16)),
    ],
)
def test_overflow(f, x):
    assert kind(f, x) == "overflow"


def test_f_that_float32_cannot_try_is_outside():
    one = torch.ones(1, dtype=torch.float64)
    assert kind(lambda x: (one * x).exp(), [1000.0]).tolist() == ["outside the domain"]


# ---------------------------------------------------------------- each point by itself


def test_a_point_that_raises_leaves_its_neighbours_alone():
    # Whoever compiles something switches validation off for the process.
    f = torch.distributions.Exponential(1.0, validate_args=True).log_prob
    ends = ["edge of the domain", "smooth", "smooth"]
    assert kind(f, [0.0, 1.0, 2.0]).tolist() == ends
    found = seegrad.diagnose(f, [[-1.0, 0.0], [1.0, 2.0]])
    assert found.kind.tolist() == [["outside the domain", ends[0]], ends[1:]]
    assert_same(found.autograd, torch.tensor([[math.nan, -1], [-1, -1]]).double())
    with pytest.raises(ValueError, match="Expected value"):
        seegrad.diagnose(f, [-1.0, -2.0])
    for alone in (0.0, 1.0):
        assert kind(f, alone) == ends[int(alone)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_kinds_of_many_are_the_kinds_of_each(case):
    extremes = [0.0, 1e-9, -1e-3, 1e-3, -2.5, 6.0, 40.0, 1e6]
    x = torch.tensor([*case.points, *extremes], dtype=torch.float64)
    found = seegrad.diagnose(case.f, x)
    assert (found.kind[: len(case.points)] == "smooth").all()
    assert found.kind.tolist() == [kind(case.f, at) for at in x]


FAULTY = [plant(seed)[1:] for seed in range(30)]


@pytest.mark.parametrize(("f", "at"), FAULTY)
def test_a_fault_among_others(f, at):
    xs = [torch.tensor([a - 0.5, a, a + 0.25, a]).double() for a in at]
    assert kind(f, *xs).tolist() == [kind(f, *x) for x in zip(*xs, strict=True)]


def test_f_that_works_for_one_point_only():
    assert kind(lambda x: x * x.sum(), 2.0) == "smooth"
    assert kind(lambda x: x if x > 0 else -x, 0.0) == "corner"
    assert kind(lambda x: x.softmax(0) if x.ndim else x.sigmoid(), 0.5) == "smooth"
    with pytest.raises(ValueError, match="if, and/or"):
        seegrad.diagnose(lambda x: x if x > 0 else -x, [1.0, 2.0])


def test_heaviside_jumps():
    def f(x):
        return torch.heaviside(x, torch.tensor(0.5, dtype=x.dtype))

    found = seegrad.diagnose(f, [-1.0, 0.0, 1.0])
    assert found.kind.tolist() == ["no backward pass", "jump", "no backward pass"]
    assert found.autograd.isnan().all()
    assert "calling backward() on f's result names it" in found[0].message


# ---------------------------------------------------------------- backward passes


class Clamped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, weights):
        return weights.clamp(-0.1, 0.1)


class Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, weights):
        return -weights.relu()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("custom", [Clamped, Turned])
def test_a_backward_pass_that_is_not_linear(custom, dtype):
    for x in (0.3, [0.3, 0.5, 1.75]):
        at = torch.tensor(x, dtype=dtype)
        found = seegrad.diagnose(lambda x: custom.apply(x.sin()), at)
        assert np.all(found.kind == "nonlinear backward")
        assert_same(found.numerical, at.cos(), rtol=1e-6)
        assert "twice the weight" in found.message


def over_its_maximum(x):
    y = x.sin()
    if y.requires_grad:
        y.register_hook(lambda weights: weights / weights.abs().max())
    return y * 1


def test_a_backward_pass_that_is_right_by_luck_is_not_smooth():
    found = seegrad.diagnose(over_its_maximum, torch.linspace(-1, 1, 17))
    assert set(found.kind) == {"nonlinear backward"}
    assert_same(found.autograd, found.x.cos())


def test_a_clamp_that_never_takes_hold_is_smooth():
    def f(x):
        y = x**2
        y.requires_grad and y.register_hook(lambda weights: weights.clamp(-10, 10))
        return y

    assert kind(f, [1.0, 2.0]).tolist() == ["smooth"] * 2


MIXING = {
    "rolls": lambda weights: weights.roll(1),
    "flips": lambda weights: weights.flip(0),
    "shares one": lambda weights: torch.cat([weights[:1] + weights[1:2], weights[1:]]),
    "sums": lambda weights: weights.cumsum(0),
}


@pytest.mark.parametrize("n", [2, 3, 17, 100])
@pytest.mark.parametrize("name", MIXING)
def test_gradients_that_mix(name, n):
    def f(x):
        y = x.sin()
        if y.requires_grad and y.numel() > 1:
            y.register_hook(MIXING[name])
        return y

    x = torch.linspace(0.1, 1.5, n).double()
    assert (kind(f, x) == "not elementwise").all()


# ---------------------------------------------------------------- random functions


@pytest.mark.parametrize("x", [1.0, [1.0, 2.0, 3.0, 4.0]])
@pytest.mark.parametrize("p", [0.01, 0.5])
def test_dropout_is_random_every_time(x, p):
    for _ in range(20):
        assert np.all(kind(lambda x: torch.dropout(x + 1, p, True), x) == "random")


def test_numbers_drawn_in_vain():
    assert kind(lambda x: x + 0 * torch.rand(()), 1.0) == "smooth"
    assert kind(lambda x: x.abs() + 0 * np.random.rand(), 0.0) == "corner"


# ---------------------------------------------------------------- what is measured


def along(f, x, rows=slice(None)):
    """The samples of f around x, seen from afar."""
    at = np.array([[x]])
    y = f(torch.tensor(x).double())
    probe = probes.widest(f, [torch.tensor(x).double()], y)
    with np.errstate(all="ignore"):
        return sampling.sample(probe, at, np.eye(1)[0], np.maximum(abs(at), 1))


def test_distances_keep_above_rounding():
    for eps in (2.0**-52, 2.0**-23, 2.0**-10, 2.0**-7):
        left, right = sampling.distances(eps)[..., 0]
        assert (left == -right).all()
        assert right[0] == 1 / 8
        assert len(right) >= 6
        assert eps**0.75 <= right[-1] or len(right) == 6
    assert len(sampling.distances(2.0**-52)[0]) == 24


def test_noise_bounds_what_rounding_does():
    """f is (x + 1000) − 1000, which is x but for half a spacing at 1000."""
    seen = along(lambda x: (x + 1000) - 1000, 0.0)
    off = np.abs(seen.value - seen.step)
    assert (off <= 2.0**-44).all()
    near = np.abs(seen.step) < 1e-9  # farther away the noise may be more
    assert (seen.noise() >= off)[near].all()
    assert (seen.noise() <= 500 * 2.0**-44)[near].all()


def test_noise_of_an_exact_function_is_that_of_its_digits():
    seen = along(lambda x: 3 * x, 0.0)
    assert (seen.noise() <= 16 * 2.0**-52 * 6.1 * (np.abs(seen.step) + 1)).all()
    assert (seen.noise() >= 16 * 2.0**-52 * np.abs(seen.value)).all()


def test_rows_that_answer_as_the_point_does():
    seen = along(lambda x: (x - 1e-3).relu(), 0.0)
    assert seen.dead()[0, 0] == 24
    assert seen.dead()[1, 0] == (np.abs(seen.step[1]) <= 1e-3).sum()
    alive = seen.without(seen.dead())
    assert np.isnan(alive.value[0]).all()
    assert (alive.value[1, -1] > 0).all()
    assert_same(alive.value[1, -1], seen.value[1, -1 - seen.dead()[1, 0]])


@pytest.mark.parametrize(
    ("gap", "expected"), [(0.0, "smooth"), (1e-10, "smooth"), (1e-6, "corner")]
)
def test_how_small_a_corner_is_seen(gap, expected):
    """A thousandth of a percent is; what a library's approximations differ by isn't."""
    for scale in (1e-6, 1.0, 1e6):
        for at in (0.0, 0.3):
            found = seegrad.diagnose(
                lambda x, s=scale, c=at: s * (x - c + gap * (x - c).abs()), at
            )
            assert found.kind == expected


def test_the_sides_of_a_cusp_and_what_to_write():
    for sign in (1, -1):
        found = seegrad.diagnose(lambda x, s=sign: s * x.abs().sqrt(), 0.0)
        assert found.kind == "cusp"
        assert (found.left, found.right) == (-sign * INF, sign * INF)
        assert "add a small number under the root" in found.message
    found = seegrad.diagnose(lambda x: x.sign() * x.abs().sqrt(), 0.0)
    assert found.kind == "vertical tangent"
    assert found.message.endswith("Choose a point beside it.")


def test_what_stays_needs_smaller_distances_to_agree():
    """Slopes that fall to 2, as 2 + h, and then, too near, to 0."""
    h = sampling.distances(2.0**-52)[1]
    rows = np.array([2 + h, np.where(h < 1e-6, 0, 2 + h)])
    noise = np.full_like(rows, 1e-12)
    value, doubt, size = sides.what_stays(rows, noise, rows)
    assert abs(value[0, 0] - 2) <= 2 * doubt[0, 0] < 1e-6
    assert value[1, 0] == 0 or np.isinf(doubt[1, 0])
    assert 2 <= size[0, 0] < 2.2


# ---------------------------------------------------------------- how much it takes


def test_many_corners_are_looked_at_in_pieces():
    found = seegrad.diagnose(torch.relu, torch.zeros(2500))
    assert (found.kind == "corner").all()


def test_a_tangent_at_many_points_takes_few_calls():
    calls = []

    def f(x):
        calls.append(x.numel())
        return x**3

    seegrad.tangent_line(f, torch.linspace(-4, 4, 10_000).double())
    assert sum(calls) < 10 * 10_000
