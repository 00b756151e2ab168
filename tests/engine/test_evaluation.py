"""Values and slopes of many points: in pieces where f is elementwise, else together."""

import math

import pytest
import torch
from laws import assert_same
from torch import nn

import seegrad
from seegrad.engine import evaluation
from seegrad.engine.evaluation import CHUNK


def wave(x):
    return torch.exp(torch.sin(x))


def counted(f):
    """The function, and the numbers of points that it is called with."""
    sizes = []

    def g(*xs):
        sizes.append(xs[0].numel())
        return f(*xs)

    return g, sizes


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "shape", [(70_001,), (7, 10_001), (2, 3, 66_000), (140_000, 1), (1, 66_001, 2)]
)
def test_pieces_give_what_the_whole_gives(shape, threads):
    x = torch.linspace(-3, 3, math.prod(shape), dtype=torch.float64).reshape(shape)
    f, sizes = counted(wave)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        slope = seegrad.derivative(f, x)
    finally:
        torch.set_num_threads(before)
    large = [size for size in sizes if size > 100]  # not the few looked at once more
    assert sum(large) == x.numel()
    assert len(large) > 1
    assert max(large) <= CHUNK * threads
    torch.testing.assert_close(slope, x.cos() * wave(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("check", [True, False])
def test_what_depends_on_the_number_of_points_is_not_taken_in_pieces(check):
    x = torch.linspace(1, 2, 100_000, dtype=torch.float64)
    f, sizes = counted(lambda x: x**2 / len(x))
    if check:
        with pytest.raises(ValueError, match="f must be elementwise"):
            seegrad.derivative(f, x)
    else:
        slope = seegrad.derivative(f, x, check=False)
        torch.testing.assert_close(slope, 2 * x / len(x))
    assert len(x) in sizes


def test_an_f_that_knows_its_points_gets_all_of_them():
    weights = torch.linspace(1, 2, 100_000, dtype=torch.float64)
    slope = seegrad.derivative(lambda x: weights * x, weights, check=False)
    assert torch.equal(slope, weights)


def test_a_later_piece_may_still_show_that_f_is_not_elementwise():
    def f(x):
        return x.cumsum(0) if (x > 0.9).any() else x * 2

    x = torch.linspace(0, 1, 100_000, dtype=torch.float64)
    with pytest.raises(ValueError, match="f must be elementwise"):
        seegrad.derivative(f, x)


CHOOSE_BY_A_POINT = {
    "greatest": lambda x: x.sin() if x.max() > 1.5 else x.cos(),
    "least": lambda x: x.sin() if x.min() < 0.5 else x.cos(),
    "any": lambda x: x.exp() if (x < 0.5).any() else x * 1,
    "all": lambda x: x.exp() if (x < 1.5).all() else x * 1,
    "mean": lambda x: x * 1 if x.mean() > 1 else 2 * x,
    "width": lambda x: x.sin() if x.max() - x.min() > 1 else x.cos(),
}


@pytest.mark.parametrize("size", [2, 7, 40, 100_000])
@pytest.mark.parametrize("order", ["rising", "falling", "shuffled"])
@pytest.mark.parametrize("name", CHOOSE_BY_A_POINT)
def test_a_choice_by_the_other_points_is_refused(name, order, size):
    x = torch.linspace(0, 2, size, dtype=torch.float64)
    if order == "falling":
        x = x.flip(0)
    elif order == "shuffled":
        x = x[torch.randperm(size, generator=torch.Generator().manual_seed(4))]
    with pytest.raises(seegrad.NotElementwiseError, match="f must be elementwise"):
        seegrad.derivative(CHOOSE_BY_A_POINT[name], x)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [9, 40, 1000])
def test_a_choice_by_the_largest_size_is_refused(size, seed):
    x = torch.linspace(-3, 3, size, dtype=torch.float64)
    x = x[torch.randperm(size, generator=torch.Generator().manual_seed(seed))]
    with pytest.raises(seegrad.NotElementwiseError, match="f must be elementwise"):
        seegrad.derivative(lambda x: x.sin() if x.abs().max() > 0.8 else x.cos(), x)


@pytest.mark.parametrize("f", [torch.relu, torch.abs, torch.sign])
def test_a_corner_at_zero_is_no_doubt(f):
    x = torch.linspace(-2, 2, 41, dtype=torch.float64)
    g, sizes = counted(f)
    seegrad.derivative(g, x)
    assert sizes == [41, 1, 1, 1]


def test_a_piece_in_the_middle_does_not_choose_for_itself():
    x = torch.linspace(-3, 3, 300_000, dtype=torch.float64)
    slope = seegrad.derivative(
        lambda x: x.sin() if x.abs().max() > 0.5 else x.cos(), x, check=False
    )
    assert_same(slope, x.cos(), rtol=1e-15)


def test_an_f_of_pieces_that_few_points_do_not_suit():
    def many_or_one(x):
        if 1 < len(x) < 100:
            raise ValueError("too few")
        return x.sin()

    x = torch.linspace(0, 2, 100_000, dtype=torch.float64)
    assert_same(seegrad.derivative(many_or_one, x), x.cos(), rtol=1e-15)


@pytest.mark.parametrize("f", [torch.asin, torch.acos, torch.atanh])
def test_an_edge_of_the_domain_is_no_doubt(f):
    x = torch.linspace(-1, 1, 41, dtype=torch.float64)[1:-1]
    g, sizes = counted(f)
    seegrad.derivative(g, x)
    assert sizes == [39, 1, 1, 1]


def test_mixed_points_are_refused_beyond_a_piece():
    x = torch.linspace(-1, 1, 100_000)
    with pytest.raises(ValueError, match="f must be elementwise"):
        seegrad.derivative(lambda x: x * x.mean(), x)


def test_without_checks_the_gradient_of_the_sum_is_what_comes():
    x = torch.tensor([1.0, 2.0, 3.0])
    for slope in (
        seegrad.derivative(lambda x: x.cumsum(0), x, check=False),
        *seegrad.gradient(lambda x: x.cumsum(0), x, check=False),
    ):
        assert slope.tolist() == [3.0, 2.0, 1.0]


def test_a_large_field_never_makes_its_grid():
    f, sizes = counted(torch.mul)
    x0, x1 = torch.linspace(-1, 1, 501), torch.linspace(-1, 1, 400)
    field = seegrad.gradient_field(f, x0, x1)
    assert max(sizes) <= CHUNK * torch.get_num_threads()
    assert torch.equal(field.g0, x1[:, None].expand(400, 501))
    assert torch.equal(field.g1, x0.expand(400, 501))
    assert torch.equal(field.values, x0 * x1[:, None])


def test_an_accelerator_takes_all_points_at_once():
    assert evaluation._piece_size(torch.empty(9 * CHUNK, device="meta")) == 9 * CHUNK
    assert evaluation._piece_size(torch.empty(1)) == CHUNK * torch.get_num_threads()


@pytest.mark.parametrize(
    "points",
    [
        lambda x: x[::2],
        lambda x: x.reshape(2, 3).T,
        lambda x: x[:1].expand(6),
        lambda x: nn.Parameter(x),
    ],
    ids=["strided", "transposed", "expanded", "parameter"],
)
def test_a_result_lies_in_memory_of_its_own(points):
    x = points(torch.arange(6.0, dtype=torch.float64))
    slope = seegrad.derivative(lambda x: x**2 + x, x)
    assert slope.is_contiguous()
    assert slope.data_ptr() != x.data_ptr()
    assert torch.equal(slope, 2 * x.detach() + 1)
    assert x.grad is None


def test_a_gradient_that_f_holds_is_not_given_away():
    held = torch.tensor([7.0, 7.0], dtype=torch.float64)

    class Held(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 7 * x

        @staticmethod
        def backward(ctx, g):
            return held * g if (g != 1).any() else held

    slope = seegrad.derivative(Held.apply, [1.0, 2.0])
    slope.zero_()
    assert held.tolist() == [7, 7]


def test_points_made_in_inference_mode_are_copied():
    with torch.inference_mode():
        x = torch.tensor([1.0, 2.0])
    assert seegrad.derivative(torch.square, x).tolist() == [2, 4]
