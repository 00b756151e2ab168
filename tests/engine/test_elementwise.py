"""A stand-in follows elementwise functions, and nothing else."""

import importlib
import math
import operator
import random
import time

import numpy as np
import pytest
import torch
from torch import nn

import seegrad
from seegrad.checks import arguments
from seegrad.engine.elementwise import (
    FUNCTIONS,
    METHODS,
    OPERATORS,
    StandIn,
    is_elementwise,
)
from seegrad.engine.evaluation import CHUNK, _chunk

module = importlib.import_module(
    "seegrad.engine.evaluation"
)  # seegrad.gradient is a function
WEIGHT = nn.Parameter(torch.tensor(3.0))
CHANCE, GENERATOR, DRAWS = random.Random(0), np.random.default_rng(0), torch.Generator()

ELEMENTWISE = {
    "cubic": lambda x: 2 * x**3 + 4 * x**2 + 5 * x + 6,
    "power of two": lambda x: 2**x,
    "where": lambda x: torch.where(x > 0, x, 0 * x),
    "method with an option": lambda x: x.clamp(min=0),
    "function with a word": lambda x: nn.functional.gelu(x, approximate="tanh"),
    "module": nn.Sequential(nn.Tanh(), nn.Softplus()),
    "0-d constant": lambda x: x * torch.tensor(2.0),
    "constant of one element": lambda x: x * torch.tensor([[2.0]]),
    "parameter": lambda x: WEIGHT * x,
    "NumPy number": lambda x: x * np.float32(2),
    "sum of terms": lambda x: sum(k * x**k for k in range(4)),
    "new name": lambda x: (x := x * 2) + x,
    "+=": lambda x: [y := 2 * x, y := y + 1][-1],
    "absolute": abs,
    "special": torch.special.expit,
    "ones_like": lambda x: x + torch.ones_like(x),
}


class Mean(torch.autograd.Function):
    """Elementwise forward, and a backward that mixes the points."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        return g.sum().expand_as(g)


def without_gradient(x):
    with torch.no_grad():
        return 2 * x


def hooked(x):
    x.register_hook(lambda g: g.flip(0))
    return 2 * x


OTHERS = {
    "cumsum": lambda x: x.cumsum(0),
    "softmax": lambda x: torch.softmax(x, 0),
    "mean": lambda x: x * x.mean(),
    "flip": lambda x: torch.flip(x, (0,)),
    "index": lambda x: x[::-1],
    "if": lambda x: x if x > 0 else -x,
    "not": lambda x: x * (not x),
    "and": lambda x: x and 2 * x,
    "max of two": lambda x: max(x, 2 * x),
    "sorted": lambda x: sorted([x, 2 * x])[0],
    "in": lambda x: x * (x in [1, 2]),
    "matrix product": lambda x: x @ x,
    "array": lambda x: x * torch.arange(5),
    "linear": nn.Linear(1, 1),
    "dropout": lambda x: nn.functional.dropout(x),
    "Python's random": lambda x: x * CHANCE.random(),
    "NumPy's random": lambda x: x * GENERATOR.random(),
    "PyTorch's random": lambda x: x * torch.rand((), generator=DRAWS),
    "clock": lambda x: x * time.perf_counter_ns(),
    "math": lambda x: math.sin(x),
    "float": lambda x: float(x) * x,
    "np.sin": lambda x: np.sin(x),
    "np.sin of an array": lambda x: np.sin(np.asarray(x)),
    "shape": lambda x: x / x.shape[0],
    "len": lambda x: x / len(x),
    "text": lambda x: x * len(f"{x}"),
    "data": lambda x: x * x.data,
    "Function": Mean.apply,
    "no_grad": without_gradient,
    "hook": hooked,
    "not a tensor": lambda x: 3.0,
    "raises": lambda x: 1 / 0,
    "two arguments": lambda x0, x1: x0,
    "out": lambda x: torch.sin(x, out=torch.zeros(5)),
}


@pytest.mark.parametrize("f", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_elementwise_functions_are_known(f):
    assert is_elementwise(f, 1)


@pytest.mark.parametrize("f", OTHERS.values(), ids=OTHERS)
def test_anything_else_is_not(f):
    assert not is_elementwise(f, 1)


def test_several_variables():
    assert is_elementwise(lambda x0, x1: torch.sin(x0 * x1), 2)
    assert is_elementwise(lambda x0, x1: x1 * 2, 2)
    assert not is_elementwise(lambda x0, x1: x0 + x1.mean(), 2)


def called(name):
    """A way to call the function or operator of that name, and its values."""
    x = torch.linspace(0.125, 0.875, 7, dtype=torch.float64)
    names = (name, name.removeprefix("special_"), name.replace("_", "", 1))
    found = (
        getattr(place, n, None)
        for place in (torch, nn.functional, torch.special)
        for n in names
    )
    function = next((f for f in found if f), None)
    if name in OPERATORS:
        function = lambda t, *others: getattr(t, name)(*others)  # noqa: E731
    for wrap in (
        lambda t: function(t),
        lambda t: function(t, t),
        lambda t: function(t, 2.0),
        lambda t: function(2, t),
        lambda t: function(t, 1),
        lambda t: function(t, 0.25, 0.5),
        lambda t: function(t, t, t),
        lambda t: function(t > 0.5, t, -t),
        lambda t: function(t > 0.5, t > 0.25),
        lambda t: function(t > 0.5),
    ):
        try:
            y = wrap(x)
        except (TypeError, RuntimeError):
            continue
        if isinstance(y, torch.Tensor):
            return wrap, x, y
    raise AssertionError(f"{name} could not be called")


@pytest.mark.parametrize("name", [*FUNCTIONS, *OPERATORS])
def test_every_name_on_the_list_is_elementwise(name):
    f, x, y = called(name)
    assert is_elementwise(f, 1)
    alone = torch.cat([f(x[k : k + 1]) for k in range(len(x))])
    torch.testing.assert_close(y, alone, equal_nan=True)


def test_a_stand_in_leaves_no_trace_of_itself():
    seen = []
    assert is_elementwise(lambda x: [seen.append(1), x * 2][1], 1)
    assert len(seen) == 2
    assert not hasattr(StandIn([]), "shape")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "shape", [(70_001,), (7, 10_001), (2, 3, 66_000), (140_000, 1), (1, 66_001, 2)]
)
def test_pieces_give_what_the_whole_gives(shape, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        sizes, x = [], torch.linspace(-3, 3, math.prod(shape)).reshape(shape)

        def f(x):
            if isinstance(x, torch.Tensor):
                sizes.append(x.numel())
            return torch.exp(torch.sin(x))

        slope = seegrad.derivative(f, x)
        second = seegrad.derivative(f, x, order=2)
    finally:
        torch.set_num_threads(before)
    assert sum(sizes) == x.numel()
    assert len(sizes) > 1
    assert max(sizes) <= 32_768 * threads
    leaf = x.clone().requires_grad_()
    (whole,) = torch.autograd.grad(torch.exp(torch.sin(leaf)).sum(), leaf)
    torch.testing.assert_close(slope, whole, rtol=1e-6, atol=1e-6)
    curvature = (x.cos() ** 2 - x.sin()) * torch.exp(x.sin())
    torch.testing.assert_close(second, curvature, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", arguments.FLOATS)
def test_results_in_numpys_memory_are_the_same(monkeypatch, dtype):
    x = torch.linspace(-3, 3, 70_001).to(dtype)
    wide = x[:, None]
    usual = seegrad.derivative(torch.exp, x), seegrad.gradient(torch.mul, wide, wide)
    monkeypatch.setattr(module, "FRESH", 1_000)
    slope, slopes = (
        seegrad.derivative(torch.exp, x),
        seegrad.gradient(torch.mul, wide, wide),
    )
    for before, after in zip((usual[0], *usual[1]), (slope, *slopes), strict=True):
        assert (after.dtype, after.shape) == (dtype, before.shape)
        assert torch.equal(after, before)
        assert after.add_(1).is_contiguous()  # it can be written to, as any tensor


def test_a_stand_ins_f_gets_the_points_themselves_but_cannot_change_them():
    x = torch.tensor([-1.0, 2.0], dtype=torch.float64)
    places = []

    def f(x):
        if isinstance(x, torch.Tensor):
            places.append(x.data_ptr())
        return x**2

    assert seegrad.derivative(f, x).tolist() == [-2, 4]
    assert places == [x.data_ptr()]
    for change in (
        lambda x: nn.functional.relu(x, inplace=True),
        lambda x: nn.functional.leaky_relu(+x, inplace=True),
        lambda x: operator.iadd(x, 1),
    ):
        with pytest.raises(ValueError, match="in place"):
            seegrad.derivative(change, x)
    assert x.tolist() == [-1, 2]
    assert not x.requires_grad


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


def test_points_made_in_inference_mode_are_copied():
    with torch.inference_mode():
        x = torch.tensor([1.0, 2.0])
    assert seegrad.derivative(torch.square, x).tolist() == [2, 4]


def test_a_large_field_never_makes_its_grid():
    sizes = []

    def f(x0, x1):
        if isinstance(x0, torch.Tensor):
            sizes.append(x0.numel())
        return x0 * x1

    x0, x1 = torch.linspace(-1, 1, 501), torch.linspace(-1, 1, 400)
    field = seegrad.gradient_field(f, x0, x1)
    assert max(sizes) <= 32_768 * torch.get_num_threads()
    assert torch.equal(field.g0, x1[:, None].expand(400, 501))
    assert torch.equal(field.g1, x0.expand(400, 501))
    assert torch.equal(field.values, x0 * x1[:, None])


def test_mixed_points_are_found_beyond_a_piece():
    x = torch.linspace(-1, 1, 100_000)
    with pytest.raises(ValueError, match="elementwise"):
        seegrad.derivative(lambda x: x * x.mean(), x)
    unchecked = seegrad.derivative(lambda x: x * (x + 1).mean(), x, check=False)
    torch.testing.assert_close(unchecked, torch.full_like(x, 1.0) + x.mean())


def test_without_checks_the_sum_over_the_points_is_what_comes():
    x = torch.tensor([1.0, 2.0, 3.0])
    assert seegrad.derivative(lambda x: x.cumsum(0), x, check=False).tolist() == [
        3.0,
        2.0,
        1.0,
    ]
    (slope,) = seegrad.gradient(lambda x: x.cumsum(0), x, check=False)
    assert slope.tolist() == [3.0, 2.0, 1.0]


def test_an_operation_on_constants_alone_is_not_followed():
    with pytest.raises(NotImplementedError):
        METHODS["sin"](2.0)


def test_an_accelerator_takes_all_points_at_once():
    assert _chunk(torch.empty(10 * CHUNK, device="meta")) == 10 * CHUNK
    assert _chunk(torch.empty(10 * CHUNK)) == CHUNK * torch.get_num_threads()
