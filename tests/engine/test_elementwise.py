"""Which functions are elementwise at first sight, and which verification refuses."""

import itertools
import operator
import random

import numpy as np
import pytest
import torch
from torch import nn

import seegrad
from seegrad.checks.functions import (
    NonlinearBackwardError,
    NotElementwiseError,
    RandomFunctionError,
)
from seegrad.engine import elementwise, reverse
from seegrad.engine.elementwise import (
    ELEMENTWISE,
    Hooks,
    is_certain,
    is_recorded,
    verify,
)

WEIGHT = nn.Parameter(torch.tensor(3.0, dtype=torch.float64))
CHANCE, GENERATOR, DRAWS = random.Random(0), np.random.default_rng(0), torch.Generator()
COUNT = itertools.count(1)
X = torch.linspace(0.125, 0.875, 7, dtype=torch.float64)


def certain(f, *xs):
    """What `is_certain` says with what autograd says."""
    xs = xs or (X,)
    leaves = [x.clone().requires_grad_() for x in xs]
    with (hooks := Hooks()):
        y = f(*leaves)
    slopes = reverse.vjp(y, leaves, retain_graph=True)
    return is_certain(f, xs, y, slopes, hooks)


# ---------------------------------------------------------------- at first sight

CERTAIN = {
    "cubic": lambda x: 2 * x**3 + 4 * x**2 + 5 * x + 6,
    "power of two": lambda x: 2**x,
    "where": lambda x: torch.where(x > 0, x, 0 * x),
    "method with an option": lambda x: x.clamp(min=0),
    "function with a word": lambda x: nn.functional.gelu(x, approximate="tanh"),
    "module": nn.Sequential(nn.Tanh(), nn.Softplus()),
    "constant of one element": lambda x: x * torch.tensor([2.0]),
    "array of constants": lambda x: x * torch.tensor(2.0).expand(x.shape),
    "parameter": lambda x: WEIGHT * x,
    "NumPy number": lambda x: x * np.float32(2),
    "sum of terms": lambda x: sum(k * x**k for k in range(4)),
    "+=": lambda x: [y := 2 * x, y := y + 1][-1],
    "absolute": abs,
    "special": torch.special.expit,
    "reshaped and back": lambda x: x.reshape(-1, 1).square().reshape(x.shape),
    "the points themselves": lambda x: x,
    "converted": lambda x: torch.sin(x.to(torch.float64)),
}


@pytest.mark.parametrize("f", CERTAIN.values(), ids=CERTAIN)
def test_elementwise_functions_are_known_at_first_sight(f):
    assert certain(f)
    verify(f, (X,))


class Mean(torch.autograd.Function):
    """Elementwise forward, and a backward that mixes the points."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        return g.sum().expand_as(g)


class Same(torch.autograd.Function):
    """The points themselves, and a backward of its own."""

    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, g):
        return g.flip(0)


def hooked(x):
    y = x**2
    x.register_hook(lambda g: g.flip(0))
    return y


def hooked_inside(x):
    y = x**2
    y.register_hook(lambda g: g * torch.arange(1.0, 1 + len(g)).flip(0))
    return torch.sin(y)


MIXED = {
    "cumsum": lambda x: x.cumsum(0),
    "softmax": lambda x: torch.softmax(x, 0),
    "softmax by type": lambda x: (
        torch.softmax(x, 0) if isinstance(x, torch.Tensor) and x.ndim else x.sigmoid()
    ),
    "mean": lambda x: x * x.mean(),
    "detached mean": lambda x: x * x.mean().detach(),
    "flip": lambda x: torch.flip(x, (0,)),
    "two inner points": lambda x: x[[0, 1, 2, 5, 4, 3, 6]],
    "if on the batch": lambda x: x if (x > 0.8).any() else -x,
    "number of points": lambda x: x / x.shape[0],
    "if on the number of points": lambda x: x if len(x) > 5 else 2 * x,
    "Function": Mean.apply,
    "Function that hands its input on": lambda x: Same.apply(x**2),
    "hook": hooked,
    "transposed": lambda x: x.reshape(1, 7).T.flip(0).reshape(7),
}


@pytest.mark.parametrize("f", MIXED.values(), ids=MIXED)
def test_what_is_not_elementwise_is_refused(f):
    assert not certain(f)
    with pytest.raises(NotElementwiseError, match="f must be elementwise"):
        verify(f, (X,))
    with pytest.raises(NotElementwiseError, match="f must be elementwise"):
        seegrad.derivative(f, X)


DOUBTFUL = {
    "stack": lambda x: torch.stack([x, x**2]).sum(0),
    "mask": lambda x: torch.zeros_like(x).masked_scatter(x > 0.5, x[x > 0.5] ** 2),
    "linear": lambda x: (x[:, None] @ torch.ones(1, 1).double())[:, 0],
    "narrower inside": lambda x: torch.sin(x.float()).double(),
    "narrow range inside": lambda x: (x.half() / 32768 * 32768).double(),
    "corner at the first point": lambda x: (x - 0.125).abs(),
    "bends": lambda x: torch.sin(1e9 * x),
    "part of the points only": lambda x: torch.where(x < 0.2, x.detach(), x),
    "denormal gradients": lambda x: 1e-310 * torch.stack([x]).sum(0),
    "a branch that is nan": lambda x: torch.where(x > 0.5, (x - 0.5).sqrt(), 0 * x),
    "gradient clipping that is not reached": lambda x: (
        (y := x**2).register_hook(lambda g: g.clamp(-1.5, 1.5)),
        y,
    )[1],
}


@pytest.mark.parametrize("f", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_not_known_at_first_sight_is_verified(f):
    assert not certain(f) or f is DOUBTFUL["gradient clipping that is not reached"]
    verify(f, (X,))


def test_wide_weights_would_overflow_here():
    x = torch.linspace(0.1, 3, 200, dtype=torch.float64)
    slope = seegrad.derivative(lambda x: torch.sin(x.float()).double(), x)
    torch.testing.assert_close(slope, x.cos(), rtol=1e-6, atol=1e-6)
    single = x.float()
    for there, back in ((1e-30, 1e30), (1e30, 1e-30)):
        slope = seegrad.derivative(lambda x: x * there * back, single)  # noqa: B023
        torch.testing.assert_close(slope, torch.ones_like(single))


def test_several_variables():
    assert certain(lambda a, b: torch.sin(a * b), X, 2 * X)
    assert certain(lambda a, b: b * 2 + 0 * a, X, X)
    with pytest.raises(NotElementwiseError):
        verify(lambda a, b: a + b.mean(), (X, X))


def test_one_point_has_nothing_to_mix_with():
    one = X[:1]
    assert certain(lambda x: x * x.sum(), one) is False
    verify(lambda x: x * x.sum(), (one,))


# ---------------------------------------------------------------- the known operations


def called(name):
    """A way to call the operation that autograd calls by that name."""
    places = (torch, nn.functional, torch.special, torch.Tensor)
    calls = [
        getattr(place, attribute)
        for place in places
        for attribute in dir(place)
        if attribute.replace("_", "").lower() == name.removeprefix("Special").lower()
        and not attribute.endswith("_")
    ]
    chosen = {
        "Alias": [torch.ops.aten.alias],
        "Expand": [lambda t: t.expand(t.shape)],
        "MaskedFill": [lambda t: t.masked_fill(t > 0.5, 2.0)],
        "Polygamma": [lambda t: torch.polygamma(1, t)],
        "Rsub": [lambda t: 2 - t],
        "ReshapeAlias": [
            lambda t: torch.ops.aten._reshape_alias(t, t.shape, t.stride())
        ],
        "Squeeze": [lambda t: t.unsqueeze(0).squeeze(0)],
        "ToCopy": [lambda t: t.to(torch.float32)],
        "UnsafeView": [lambda t: torch.ops.aten._unsafe_view(t, t.shape)],
        "Unsqueeze": [lambda t: t.unsqueeze(-1)],
        "View": [lambda t: t.view(t.shape)],
        "Where": [lambda t: torch.where(t > 0.5, t, -t)],
        "Threshold": [lambda t: nn.functional.threshold(t, 0.25, 0.5)],
        "Addcdiv": [lambda t: torch.addcdiv(t, t, t)],
        "Addcmul": [lambda t: torch.addcmul(t, t, t)],
    }
    calls = chosen.get(name, calls)
    ways = [
        call
        for f in calls
        for call in (
            lambda t, f=f: f(t),
            lambda t, f=f: f(t, t),
            lambda t, f=f: f(t, 2.0),
            lambda t, f=f: f(t, 0.25, 0.5),
            lambda t, f=f: f(t, t, 0.5),
            lambda t, f=f: f(t, t + 1),
        )
    ]
    for call in ways:
        try:
            y = call(X.clone().requires_grad_())
        except (TypeError, RuntimeError, IndexError, AttributeError):
            continue
        if isinstance(y, torch.Tensor) and y.requires_grad:
            recorded = y.grad_fn.name()
            if recorded.rstrip("0123456789") == f"{name}Backward":
                return call
    raise AssertionError(f"{name} could not be called")


@pytest.mark.parametrize("name", sorted(ELEMENTWISE))
def test_every_name_on_the_list_is_elementwise(name):
    f = called(name)
    leaf = X.clone().requires_grad_()
    y = f(leaf)
    assert is_recorded(y)
    alone = torch.cat([f(X[k : k + 1]) for k in range(len(X))])
    torch.testing.assert_close(y.detach(), alone, equal_nan=True)
    (gradient,) = torch.autograd.grad(y.sum(), leaf)
    for k in range(len(X)):
        one = X[k : k + 1].clone().requires_grad_()
        (slope,) = torch.autograd.grad(f(one).sum(), one)
        torch.testing.assert_close(slope[0], gradient[k], equal_nan=True)


def test_a_function_of_the_readers_is_not_taken_for_pytorchs():
    class SinBackward0(Mean):
        pass

    assert not is_recorded(SinBackward0.apply(X.clone().requires_grad_()))


# ---------------------------------------------------------------- what else is wrong


def clamped(x):
    y = x**2
    y.register_hook(lambda g: g.clamp(-0.25, 0.25))
    return y


def by_sign(x):
    y = torch.stack([x**2]).sum(0)
    y.register_hook(torch.sign)
    return y


def never_nothing(x):
    y = torch.stack([x**2]).sum(0)
    y.register_hook(lambda g: g + 1)
    return y


@pytest.mark.parametrize("f", [clamped, by_sign, never_nothing])
def test_a_backward_pass_that_is_not_linear_is_called_so(f):
    with pytest.raises(NonlinearBackwardError, match="linear in the gradient that com"):
        verify(f, (X,))


RANDOM = {
    "PyTorch's generator": lambda x: x * torch.rand((), generator=DRAWS),
    "Python's": lambda x: x * CHANCE.random(),
    "NumPy's": lambda x: x * GENERATOR.random(),
    "none that anybody knows": lambda x: x * next(COUNT),
}


@pytest.mark.parametrize("f", RANDOM.values(), ids=RANDOM)
def test_a_random_function_is_called_random(f):
    with pytest.raises(RandomFunctionError, match="the randomness out of f"):
        seegrad.derivative(f, X)


def test_values_alone_tell_where_there_is_no_graph():
    swapped = [0, 1, 2, 5, 4, 3, 6]
    verify(lambda x: x.detach() ** 2, (X,))
    with pytest.raises(NotElementwiseError, match="the value at point 3 of 7 changes"):
        verify(lambda x: x.detach()[swapped] if len(x) == 7 else x, (X,))


@pytest.mark.parametrize("count", [2, 3, 8, 9])
def test_any_two_points_are_told_apart(count):
    y = torch.zeros(count)
    halves = list(elementwise._halves(y))
    for one in range(count):
        for other in range(count):
            told = [bool(h[one] and not h[other]) for h in halves]
            assert any(told) == (one != other)


def test_a_step_that_f_does_not_take_is_no_verdict():
    def ends(x):
        if ((x > 0.5) & (x < 0.875)).any():
            raise ValueError("between")
        return x**2

    edges = torch.tensor([0.875, 0.5], dtype=torch.float64)
    assert not certain(ends, edges)
    assert seegrad.derivative(ends, edges).tolist() == [1.75, 1.0]


def test_points_are_not_changed():
    x = torch.tensor([-1.0, 2.0], dtype=torch.float64)
    for change in (
        lambda x: nn.functional.relu(x, inplace=True),
        lambda x: operator.iadd(x, 1),
    ):
        with pytest.raises(ValueError, match="in place"):
            seegrad.derivative(change, x)
    assert x.tolist() == [-1, 2]
    assert not x.requires_grad


@pytest.mark.parametrize("seed", range(20))
def test_dropout_is_random_and_not_mixing(seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        for x in (X[:1], X[:4], X):
            with pytest.raises(RandomFunctionError, match="the randomness out of f"):
                seegrad.derivative(nn.Dropout(0.5), x)
        assert torch.equal(torch.get_rng_state(), before)


def test_numbers_that_are_drawn_and_not_used_do_no_harm():
    slope = seegrad.derivative(lambda x: x**2 + 0 * torch.rand(()), X)
    assert torch.equal(slope, 2 * X)
