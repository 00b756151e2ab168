"""Derivatives of order two and more: Taylor arithmetic, or nested passes."""

import math

import pytest
import torch
from laws import assert_same, unseen
from torch import nn

from seegrad.engine.higher_orders import higher_derivative
from seegrad.engine.taylor import Jet


def float64(*values):
    return torch.tensor(values, dtype=torch.float64)


ABC = float64(1.0, 2.0, 3.0)


def called_with(f, order):
    """The types that f gets."""
    types = set()

    def listening(x):
        types.add(type(x))
        return f(x)

    higher_derivative(listening, ABC, order, True)
    return types


# ---------------------------------------------------------------- by which means


def test_order_two_nests():
    assert called_with(torch.exp, 2) == {torch.Tensor}


@pytest.mark.parametrize("order", [3, 4, 8])
def test_from_order_three_jets_come_first(order):
    assert called_with(torch.exp, order) == {torch.Tensor, Jet}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("way", [lambda f: f, unseen], ids=["seen", "unseen"])
def test_either_way_gives_the_same(way, order, check):
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)
    assert_same(higher_derivative(way(torch.exp), x, order, check), x.exp())


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0)])
@pytest.mark.parametrize("way", [lambda f: f, unseen], ids=["seen", "unseen"])
def test_the_result_is_a_new_tensor_without_a_graph(way, shape, order):
    x = torch.full(shape, 2.0, dtype=torch.float64)
    found = higher_derivative(way(lambda x: x**3), x, order, True)
    assert_same(found, torch.full(shape, {2: 12.0, 3: 6.0}[order]).double())
    assert not found.requires_grad
    assert found.is_leaf
    assert found.is_contiguous()
    assert not x.requires_grad


class Doubled(torch.autograd.Function):
    """Returns its argument, and doubles the gradient."""

    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad


class Flipped(Doubled):
    """Returns its argument, and hands the gradient to other points."""

    @staticmethod
    def backward(ctx, grad):
        return grad.flip(0)


def test_a_custom_backward_counts_at_every_order():
    # With g(x) = x and "g′ = 2": (g³)′ = 6g², then 24g, then 48.
    def f(x):
        return Doubled.apply(x) ** 3

    for order, truth in {2: 24 * ABC, 3: 0 * ABC + 48, 4: 0 * ABC}.items():
        assert_same(higher_derivative(f, ABC, order, True), truth)


@pytest.mark.parametrize("order", [2, 3])
def test_a_custom_backward_that_mixes_points_is_refused(order):
    with pytest.raises(ValueError, match="f must be elementwise"):
        higher_derivative(lambda x: Flipped.apply(x) ** 3, ABC, order, True)


@pytest.mark.parametrize("order", [2, 3])
def test_code_that_branches_on_the_type_is_taken_as_for_tensors(order):
    def softmax_of_tensors(x):
        if isinstance(x, torch.Tensor) and x.ndim:
            return torch.softmax(x, 0)
        return torch.sigmoid(x)

    def sine_of_tensors(x):
        return torch.sin(x) if type(x) is torch.Tensor else x

    with pytest.raises(ValueError, match="f must be elementwise"):
        higher_derivative(softmax_of_tensors, ABC, order, True)
    found = higher_derivative(sine_of_tensors, float64(0.0), order, True)
    assert found.item() == {2: 0.0, 3: -1.0}[order]


@pytest.mark.parametrize("order", [2, 3])
def test_mixing_that_starts_at_a_higher_order_is_refused(order):
    # At zeros the Jacobian of x * x.sum() is zero; its second derivatives are not.
    zeros = torch.zeros(3, dtype=torch.float64)
    with pytest.raises(ValueError, match="f must be elementwise"):
        higher_derivative(lambda x: x * x.sum(), zeros, order, True)
    with pytest.raises(ValueError, match="f must be elementwise"):
        higher_derivative(lambda x: x**2 * x.sum(), zeros, 3, True)


@pytest.mark.parametrize("order", [2, 3])
def test_a_constant_in_the_graph_is_refused(order):
    with pytest.raises(ValueError, match="no path of the autograd graph"):
        higher_derivative(lambda x: x.detach() ** 2, ABC, order, True)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_rounding_of_a_network_is_not_taken_for_mixing(seed, order):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU()
        net = nn.Sequential(*layers, nn.Linear(32, 1))
    x = torch.linspace(-3, 3, 200)

    def f(x):
        return net(x.reshape(-1, 1)).reshape(x.shape)

    found = higher_derivative(f, x, order, True)
    net.double()
    assert_same(
        found.double(),
        higher_derivative(f, x.double(), order, True),
        rtol=0,
        atol=1e-4,
    )


def test_nothing_is_verified_without_the_check():
    zeros = torch.zeros(3, dtype=torch.float64)
    found = higher_derivative(lambda x: x * x.sum(), zeros, 2, False)
    # With S = x.sum(): the values add up to S², the slopes 2S to 6S.
    assert found.tolist() == [6.0] * 3


# ---------------------------------------------------------------- no confident number

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: torch.where(x == 0, 1.0, torch.sin(x) / x),
        lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
        lambda x: torch.where(x == 0, 0.0, x**1.5),
        lambda x: torch.sqrt(x**2),
        lambda x: torch.sqrt(x),
        lambda x: x * NAN,
        lambda x: x * INF,
        lambda x: torch.where(x > 0, x, x * INF),
    ],
)
def test_above_a_slope_that_is_no_number_there_is_none(f, order):
    found = higher_derivative(f, float64(0.0, 1.0), order, True)
    assert not found[0].isfinite()


def test_above_any_order_that_is_no_number_there_is_none():
    # The second derivative is 2e320, and float64 ends at 2e308.
    f = unseen(lambda x: (1e160 * x) ** 2)
    x = float64(1e-170, 2e-170)
    assert higher_derivative(f, x, 2, True).tolist() == [INF, INF]
    assert higher_derivative(f, x, 3, True).isnan().all()


@pytest.mark.parametrize(
    ("f", "order", "truth"),
    [
        (lambda x: x * INF, 2, [NAN, NAN]),
        (lambda x: x * NAN, 3, [NAN, NAN]),
        (torch.sqrt, 2, [-INF, -0.25]),
        (lambda x: x**2.5, 3, [INF, 1.875]),
        (lambda x: torch.where(x > 0, x**2, 0.0), 2, [0.0, 2.0]),
        (lambda x: torch.where(x == 0, 1.0, torch.sin(x)), 3, [0.0, -math.cos(1)]),
    ],
)
def test_what_is_known_stays_beside_what_is_not(f, order, truth):
    found = higher_derivative(f, float64(0.0, 1.0), order, True)
    assert_same(found, float64(*truth))


def test_one_point_without_an_answer_leaves_many_others_alone():
    x = torch.linspace(0, 1, 70_001, dtype=torch.float64)
    found = higher_derivative(torch.sqrt, x, 3, True)
    assert not found[0].isfinite()
    assert_same(found[1:], 3 / 8 * x[1:] ** -2.5)


# ---------------------------------------------------------------- range


@pytest.mark.parametrize(
    ("f", "point", "order", "truth"),
    [
        # (5/2)(3/2)(1/2)(−1/2)(−3/2)(−5/2) · x^(−7/2)
        (lambda x: x**2.5, 3e7, 6, -225 / 64 * 3e7**-3.5),
        (lambda x: torch.sin(1e-9 * x) * 1e30, 1.0, 5, 1e-15),
        (lambda x: torch.sin(0.01 * x + 1), 0.0, 16, math.sin(1) * 1e-32),
        (torch.exp, 0.0, 21, 1.0),
        (torch.exp, 1.0, 25, math.e),
    ],
)
@pytest.mark.parametrize("way", [lambda f: f, unseen], ids=["seen", "unseen"])
def test_small_and_large_results_in_float32(way, f, point, order, truth):
    x = torch.tensor([point, point])
    found = higher_derivative(way(f), x, order, True)
    assert found.tolist() == pytest.approx([truth, truth], rel=1e-5, abs=0)


@pytest.mark.parametrize("order", [9, 16, 171])
def test_no_order_is_too_high_for_exp(order):
    x = float64(0.0, 1.0)
    assert_same(higher_derivative(torch.exp, x, order, True), x.exp())


def test_where_no_jet_has_room_nested_passes_tell():
    def f(x):
        return torch.sin(x * 1e-300)

    found = higher_derivative(f, float64(0.5, 1.0), 17, True)
    assert found.tolist() == [0.0, 0.0]  # 1e-5100, rounded
