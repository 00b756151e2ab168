"""reduce_gradient: what sum, loop, mean, max and others hand back to each point."""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    assert_chain_rule_of_reduction,
    assert_same,
    assert_shift_passes_through,
)
from refusals import Refusal, assert_teaches

import seegrad

ARTICLE = torch.arange(-2, 2.1, 0.25, dtype=torch.float64)


def float64(*values):
    return torch.tensor(values, dtype=torch.float64)


def parabola(x):
    return 2 * x**2 + 2


def article(how):
    return seegrad.reduce_gradient(parabola, ARTICLE, how)


def only(*places):
    """Zero at the 17 points but for these."""
    gradient = torch.zeros(17, dtype=torch.float64)
    for place, value in places:
        gradient[place] = value
    return gradient


def backward_nodes(z):
    """How many nodes of each kind the graph behind z has."""
    seen, left = set(), [z.grad_fn]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            left += [parent for parent, _ in node.next_functions]
    return Counter(node.name().removesuffix("0") for node in seen)


# ---------------------------------------------------------------- the article


def test_the_sum_passes_the_slope_on():
    r = article("sum")
    assert len(r.x) == 17
    assert_same(r.gradient, 4 * ARTICLE)
    assert r.dz_dy.tolist() == [1.0] * 17
    assert r.z.item() == pytest.approx((2 * ARTICLE**2 + 2).sum().item())


def test_the_mean_passes_on_a_seventeenth():
    r = article("mean")
    assert_same(r.gradient, 4 * ARTICLE / 17)
    assert r.gradient[0].item() == pytest.approx(-0.470588, abs=5e-7)
    assert r.gradient[-1].item() == pytest.approx(0.470588, abs=5e-7)


def test_the_loop_is_the_sum_to_the_last_bit():
    assert torch.equal(article("loop").gradient, article("sum").gradient)


def test_the_loop_has_another_graph():
    assert backward_nodes(article("sum").z).total() == 5
    nodes = backward_nodes(article("loop").z)
    assert nodes.total() == 22
    assert nodes["AddBackward"] == 18
    assert nodes["UnbindBackward"] == 1


@pytest.mark.parametrize(
    "how", ["max", torch.amax, lambda y: y.max(), lambda y: y.amax()]
)
def test_a_shared_maximum_is_shared(how):
    assert_same(article(how).gradient, only((0, -4.0), (-1, 4.0)))


def test_max_over_a_dimension_finds_the_first():
    r = article(lambda y: y.max(dim=0).values)
    assert_same(r.gradient, only((0, -8.0)))


def test_the_median_is_shared_too():
    gradient = article(torch.median).gradient
    touched = gradient.nonzero().flatten().tolist()
    assert_same(gradient[touched], float64(-2.0, 2.0))


# ---------------------------------------------------------------- ties


@pytest.mark.parametrize(
    ("how", "weights"),
    [
        ("max", [0.5, 0.5, 0.0]),
        (torch.amax, [0.5, 0.5, 0.0]),
        (torch.median, [0.5, 0.5, 0.0]),
        (lambda y: torch.linalg.vector_norm(y, math.inf), [0.5, 0.5, 0.0]),
        (lambda y: y.max(dim=0).values, [1.0, 0.0, 0.0]),
        (lambda y: y.sort(descending=True, stable=True).values[0], [1.0, 0.0, 0.0]),
        (lambda y: y.topk(1).values[0], [1.0, 0.0, 0.0]),
        (lambda y: y.cummax(dim=0).values[-1], [0.0, 1.0, 0.0]),
        ("sum", [1.0, 1.0, 1.0]),
        ("mean", [1 / 3, 1 / 3, 1 / 3]),
        (lambda y: y.prod(), [3.0, 3.0, 9.0]),
        (lambda y: y.cumsum(0).sum(), [3.0, 2.0, 1.0]),
        (lambda y: y.softmax(0).sum(), [0.0, 0.0, 0.0]),
    ],
    ids=["max", "amax", "median", "inf-norm", "max(dim)", "sort", "topk", "cummax"]
    + ["sum", "mean", "prod", "cumsum", "softmax"],
)
def test_what_a_reduction_hands_to_each_value(how, weights):
    r = seegrad.reduce_gradient(lambda x: 2 * x, [1.5, 1.5, 0.5], how)
    assert_same(r.dz_dy, float64(*weights), atol=1e-15)
    assert_same(r.gradient, 2 * float64(*weights), atol=1e-15)


# ---------------------------------------------------------------- laws

values = st.lists(st.floats(-2, 2), min_size=1, max_size=6).map(lambda x: float64(*x))
hows = st.sampled_from(
    ["sum", "loop", "mean", "max", torch.prod, torch.linalg.vector_norm]
    + [lambda y: torch.logsumexp(y, 0), lambda y: (y**3).sum() / y.exp().sum()]
)


@given(values, hows)
def test_the_chain_rule(x, how):
    assert_chain_rule_of_reduction(lambda x: torch.exp(x) + x, x, how)


@given(values, st.sampled_from(["mean", "max", torch.median]))
def test_averages_hand_out_one_in_all(x, how):
    assert_shift_passes_through(torch.sin, x, how)


@given(values)
def test_the_loop_is_the_sum(x):
    loop = seegrad.reduce_gradient(torch.sin, x, "loop")
    assert torch.equal(loop.gradient, torch.cos(x))


# ---------------------------------------------------------------- the result


@pytest.mark.parametrize("how", ["sum", "loop", "mean", "max"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)], ids=str)
def test_shapes(how, shape):
    r = seegrad.reduce_gradient(torch.sin, torch.ones(shape), how)
    assert r.z.shape == ()
    assert {t.shape for t in (r.x, r.y, r.dz_dy, r.gradient)} == {torch.Size(shape)}


def test_the_graph_is_kept():
    r = seegrad.reduce_gradient(torch.square, [1.0, 3.0], "sum")
    assert r.x.grad is None
    r.z.backward(retain_graph=True)
    assert r.x.grad.tolist() == [2.0, 6.0]
    (again,) = torch.autograd.grad(r.z, r.y)
    assert again.tolist() == [1.0, 1.0]


def test_a_function_that_returns_its_argument():
    r = seegrad.reduce_gradient(lambda x: x, [1.0, 3.0], "sum")
    assert r.gradient.tolist() == r.dz_dy.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("f", [torch.square, lambda x: x], ids=["x²", "x"])
def test_gradients_can_be_changed_one_by_one(f):
    r = seegrad.reduce_gradient(f, [0.5, 0.5], "sum")
    r.dz_dy[0] = 7.0
    assert r.dz_dy.tolist() == [7.0, 1.0]
    assert r.gradient.tolist() == [1.0, 1.0]


# ---------------------------------------------------------------- errors

ABC = [1.0, 2.0, 3.0]
POINT = "have at least one point"
HOWS = "be one of 'sum', 'loop', 'mean', 'max'"
FROM_Y = "compute its result from y"
TO_ONE = "reduce a tensor of shape .* to one number"
WEIGHT = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)


class BackwardFails(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        raise KeyError("no slope")


def reduce(how, x=ABC):
    return lambda: seegrad.reduce_gradient(parabola, x, how)


REFUSED = {
    "how": (reduce("min"), ValueError, "how", HOWS, "'min'", "one of them"),
    "how None": (reduce(None), TypeError, "how", HOWS, "None", "Pass a string"),
    "how, shape": (
        reduce(lambda y: y),
        ValueError,
        "how",
        r"return one number, shape \(\)",
        r"returned shape \(3,\)",
        r"\.sum\(\)",
    ),
    "how, pair": (
        reduce(lambda y: y.max(dim=0)),
        TypeError,
        "how",
        r"return a tensor of shape \(\)",
        "of type max",
        r"\.values",
    ),
    "how, None back": (
        reduce(lambda y: None),
        TypeError,
        "how",
        r"return a tensor of shape \(\)",
        "returned None",
        "Use torch functions",
    ),
    "how, item": (
        reduce(lambda y: y.max().item()),
        TypeError,
        "how",
        r"return a tensor of shape \(\)",
        "of type float",
        "Use torch functions",
    ),
    "how, detached": (
        reduce(lambda y: y.sum().detach()),
        ValueError,
        "how",
        FROM_Y,
        "no path of the autograd graph",
        r"\.detach\(\)",
    ),
    "how, argmax": (
        reduce(lambda y: y.argmax()),
        ValueError,
        "how",
        FROM_Y,
        "no path of the autograd graph",
        "argmax",
    ),
    "how, another tensor": (
        reduce(lambda y: WEIGHT * 2),
        ValueError,
        "how",
        FROM_Y,
        "no path of the autograd graph",
        r"\.detach\(\)",
    ),
    "how, complex": (
        reduce(lambda y: torch.complex(y.sum(), y.sum())),
        TypeError,
        "how",
        "return a floating-point number",
        "complex128",
        "real part",
    ),
    "how raises": (
        reduce(lambda y: y @ torch.ones(7).double()),
        ValueError,
        "how",
        TO_ONE,
        "RuntimeError",
        "Call how yourself",
    ),
    "how, two arguments": (
        reduce(lambda y, z: y.sum()),
        ValueError,
        "how",
        TO_ONE,
        "TypeError: .*missing 1 required",
        "Call how yourself",
    ),
    "how, in place": (
        reduce(lambda y: y.mul_(2).sum()),
        ValueError,
        "how",
        "leave y as it is",
        "changed y in place",
        r"y \* 2 instead of y\.mul_",
    ),
    "how, backward fails": (
        reduce(lambda y: BackwardFails.apply(y.sum())),
        ValueError,
        "how",
        TO_ONE,
        "no slope",
        "Call how yourself",
    ),
    "nothing to reduce": (
        reduce("sum", []),
        ValueError,
        "x",
        POINT,
        r"shape \(0,\)",
        "linspace",
    ),
    "how, .data": (
        reduce(lambda y: y.data.mul_(2).sum() + y.sum()),
        ValueError,
        "how",
        "leave y as it is",
        "changed y in place",
        r"y \* 2 instead of y\.mul_",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_teaches(name):
    assert_teaches(Refusal(name, *REFUSED[name]))
