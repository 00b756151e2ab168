"""diagnose: every kind, no false alarm, no planted fault missed, and the messages."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import assert_same
from torch.nn import functional

import seegrad
from seegrad.diagnosis.words import WORDS

W = torch.where
INF, NAN = math.inf, math.nan


def float64(*values):
    return torch.tensor(values, dtype=torch.float64)


def zero(x):
    return torch.zeros_like(x)


def naive_tanh(x):
    return (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())


# ---------------------------------------------------------------- the kinds

# f, point, left, right, what autograd says; each worked out by hand.
CASES = {
    "smooth": [
        (torch.sin, 0.0, 1, 1, 1),
        (lambda x: x * x.abs(), 0.0, 0, 0, 0),
        (lambda x: x.abs() ** 3, 0.0, 0, 0, 0),
        (lambda x: x.abs() ** 1.5, 0.0, 0, 0, 0),
        (lambda x: x**4, 0.0, 0, 0, 0),
        (lambda x: 5 + 0 * x, 1.0, 0, 0, 0),
        (lambda x: torch.tanh(1000 * x), 0.0, 1000, 1000, 1000),
        (lambda x: x.cosh().log(), 0.0, 0, 0, 0),
        (lambda x: (1 + x) - 1, 0.0, 1, 1, 1),
        (lambda x: x.floor(), 0.5, 0, 0, 0),
    ],
    "corner": [
        (torch.abs, 0.0, -1, 1, 0),
        (torch.relu, 0.0, 0, 1, 0),
        (lambda x: x.clamp(-1, 1), 1.0, 1, 0, 1),
        (lambda x: functional.leaky_relu(x, 0.25), 0.0, 0.25, 1, 0.25),
        (lambda x: torch.maximum(3 * x, x), 0.0, 1, 3, 2),
        (lambda x: torch.sqrt(x**2), 0.0, -1, 1, NAN),
        (lambda x: (x - 1).abs() + x**2, 1.0, 1, 3, 2),
        (lambda x: W(x > 2, 3 * x, x**2 + 2), 2.0, 4, 3, 4),
    ],
    "tie": [
        (lambda x: torch.maximum(x, zero(x)), 0.0, 0, 1, 0.5),
        (lambda x: torch.minimum(x, zero(x)), 0.0, 1, 0, 0.5),
        (lambda x: torch.stack([x, zero(x)]).amax(0), 0.0, 0, 1, 0.5),
        (lambda x: torch.maximum(4 * x - 4, zero(x)), 1.0, 0, 4, 2),
    ],
    "wrong slope": [
        (lambda x: x.relu() - (-x).relu(), 0.0, 1, 1, 0),
        (lambda x: x.relu() * 2 - x.abs(), 0.0, 1, 1, 0),
        (lambda x: x.clamp(max=1) + x.clamp(min=1), 1.0, 1, 1, 2),
    ],
    "edge of the domain": [
        (torch.sqrt, 0.0, NAN, INF, INF),
        (lambda x: x**1.5, 0.0, NAN, 0, 0),
        (lambda x: torch.sqrt(1 - x), 1.0, -INF, NAN, -INF),
        (lambda x: torch.sqrt(-(x**2)), 0.0, NAN, NAN, NAN),
    ],
    "cut graph": [
        (lambda x: x * x.detach(), 2.0, 4, 4, 2),
        (lambda x: x * x.item(), 2.0, 4, 4, 2),
        (lambda x: x**2 + x.data, 3.0, 7, 7, 6),
        (lambda x: x + (x.round() - x).detach(), 1.25, 0, 0, 1),
    ],
    "wrong slope, nan": [
        (lambda x: W(x > 0, x.sqrt(), 0.0), -1.0, 0, 0, NAN),
        (lambda x: torch.exp(-1 / x**2), 0.0, 0, 0, NAN),
    ],
    "cusp": [
        (lambda x: x.abs().sqrt(), 0.0, -INF, INF, NAN),
        (lambda x: x.relu().sqrt(), 0.0, 0, INF, 0),
    ],
    "vertical tangent": [
        (lambda x: x.sign() * x.abs() ** (1 / 3), 0.0, INF, INF, NAN),
    ],
    "jump": [
        (lambda x: x.floor() + x, 1.0, INF, 1, 1),
        (lambda x: W(x > 0, x + 1, x), 0.0, 1, INF, 1),
        (lambda x: W(x == 2, 5.0, x), 2.0, INF, -INF, 0),
    ],
    "overflow": [
        (torch.exp, 1000.0, NAN, NAN, INF),
        (naive_tanh, 1000.0, NAN, NAN, NAN),
        (lambda x: 1 / (1 + torch.exp(-x)), -800.0, 0, NAN, NAN),
    ],
    "outside the domain": [
        (torch.log, -1.0, NAN, NAN, -1),
        (torch.log, 0.0, NAN, NAN, INF),
        (torch.reciprocal, 0.0, NAN, NAN, -INF),
        (torch.asin, 2.0, NAN, NAN, NAN),
        (torch.tanh, INF, NAN, NAN, 0),
    ],
    "not connected": [
        (lambda x: x.detach() ** 2, 2.0, 4, 4, NAN),
        (torch.ones_like, 2.0, 0, 0, NAN),
    ],
}
CASES["wrong slope"] += CASES.pop("wrong slope, nan")
ROWS = [
    pytest.param(kind, *row, id=f"{kind} {k}")
    for kind, rows in CASES.items()
    for k, row in enumerate(rows)
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("kind", "f", "x", "left", "right", "said"), ROWS)
def test_the_kinds(kind, f, x, left, right, said, dtype):
    found = seegrad.diagnose(f, torch.tensor(x, dtype=dtype))
    assert found.kind == kind
    assert isinstance(found.kind, str)
    tol = torch.finfo(dtype).eps ** 0.4
    assert_same(found.autograd, torch.tensor(said, dtype=dtype), rtol=tol)
    rtol = 1e-6 if dtype == torch.float64 else 0.05
    for got, wanted in ((found.left, left), (found.right, right)):
        if wanted == 0:  # such a limit has no size of its own
            assert got.abs() < 100 * rtol
        else:
            assert_same(got, torch.tensor(wanted, dtype=dtype), rtol=rtol, atol=0)


def test_every_kind_is_tried():
    others = {"random", "not elementwise"}
    others |= {"unclear", "no backward pass", "nonlinear backward"}
    assert {*CASES} | others == {*WORDS}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(
    ("kind", "f", "x"),
    [(k, *row[:2]) for k in ("corner", "jump", "cusp", "tie") for row in CASES[k]],
)
def test_the_kind_does_not_depend_on_the_scale(kind, f, x, scale, dtype):
    found = seegrad.diagnose(lambda x: scale * f(x), torch.tensor(x, dtype=dtype))
    assert found.kind == kind


@pytest.mark.parametrize("x", [2.0, [2.0], [0.0, 1.0, 2.0]])
@pytest.mark.parametrize(
    "f", [lambda x: x + torch.rand_like(x), lambda x: torch.dropout(x + 1, 0.5, True)]
)
def test_random(f, x):
    assert (np.asarray(seegrad.diagnose(f, x).kind) == "random").all()


@pytest.mark.parametrize(
    "f", [lambda x: x * x.sum(), lambda x: x.softmax(0), lambda x: x.flip(0)]
)
def test_mixed_points(f):
    found = seegrad.diagnose(f, [1.0, 2.0, 3.0])
    assert found.kind.tolist() == ["not elementwise"] * 3
    assert found.left.isnan().all()


def test_what_raises_is_refused():
    with pytest.raises(ValueError, match="if, and/or"):
        seegrad.diagnose(lambda x: x if x > 0 else -x, [1.0, 2.0])
    with pytest.raises(TypeError, match="returned None"):
        seegrad.diagnose(lambda x: None, 1.0)
    with pytest.raises(TypeError, match="f must be a function"):
        seegrad.diagnose(3.0, 1.0)
    with pytest.raises(TypeError, match="at least one variable"):
        seegrad.diagnose(torch.sin)


def test_an_error_beyond_the_domain_is_an_edge():
    def f(x):
        if (x < 0).any():
            raise ValueError("below 0")
        return x**2

    assert seegrad.diagnose(f, 0.0).kind == "edge of the domain"
    assert seegrad.diagnose(f, 0.01).kind == "smooth"


# ---------------------------------------------------------------- many points


@pytest.mark.parametrize("kind", [k for k in CASES if k != "not connected"])
def test_many_points_as_one_by_one(kind):
    f, x = CASES[kind][0][:2]
    xs = float64(x - 1, x, x + 0.25, x + 2).reshape(2, 2)
    together = seegrad.diagnose(f, xs)
    assert together.kind.shape == together.left.shape == (2, 2)
    for place in np.ndindex(2, 2):
        alone, one = seegrad.diagnose(f, xs[place]), together[place]
        assert isinstance(one.kind, str)
        assert one.kind == alone.kind == together.kind[place]
        assert one.message == alone.message
        for name in ("x", "left", "right", "autograd", "numerical"):
            assert_same(getattr(one, name), getattr(alone, name), rtol=1e-6, atol=1e-6)


def test_a_part_of_many():
    found = seegrad.diagnose(torch.abs, [-1.0, 0.0, 1.0, 0.0])
    assert found[1:3].kind.tolist() == ["corner", "smooth"]
    assert found[found.kind == "corner"].x.tolist() == [0, 0]
    assert found[-1].right == 1
    with pytest.raises(IndexError):
        found[4]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (1, 3)], ids=str)
def test_the_shape_of_the_points(shape):
    found = seegrad.diagnose(torch.sin, torch.ones(shape))
    fields = (found.x, found.left, found.right, found.autograd, found.numerical)
    assert {field.shape for field in fields} == {torch.Size(shape)}
    assert np.shape(found.kind) == shape
    assert isinstance(found.message, str)


def test_many_points_cost_some_tens_of_evaluations():
    calls = []

    def f(x):
        calls.append(x.numel())
        return x.abs()

    x = torch.linspace(-1, 1, 8001, dtype=torch.float64)
    x[4000] = 0
    found = seegrad.diagnose(f, x)
    assert np.flatnonzero(found.kind != "smooth").tolist() == [4000]
    assert len(calls) < 80


# ---------------------------------------------------------------- several variables


@pytest.mark.parametrize(
    ("f", "at", "kind"),
    [
        (lambda a, b: a * b, (1.0, 2.0), "smooth"),
        (torch.maximum, (3.0, 3.0), "tie"),
        (lambda a, b: (a - b).abs(), (1.0, 1.0), "corner"),
        (lambda a, b: torch.stack([a, b]).norm(dim=0), (0.0, 0.0), "corner"),
        (lambda a, b: torch.minimum(a.abs(), b.abs()), (0.0, 0.0), "corner"),
        (lambda a, b: a * b.detach(), (2.0, 3.0), "cut graph"),
        (lambda a, b: b**2, (2.0, 3.0), "smooth"),
        (lambda a, b: a + b.sqrt(), (1.0, 0.0), "edge of the domain"),
        (lambda a, b: torch.log(a * b), (1.0, -1.0), "outside the domain"),
        (lambda a, b: W(a + b > 0, 1.0, 0.0) + a, (1.0, -1.0), "jump"),
    ],
)
def test_several_variables(f, at, kind):
    found = seegrad.diagnose(f, *at)
    assert found.kind == kind
    assert found.left.shape == found.autograd.shape == (2,)


def test_a_row_a_variable():
    found = seegrad.diagnose(lambda a, b: a.abs() + b**2, [0.0, 1.0, 2.0], 3.0)
    assert found.kind.tolist() == ["corner", "smooth", "smooth"]
    assert_same(found.left[0], float64(-1, 1, 1), rtol=1e-8)
    assert_same(found.right[1], float64(6, 6, 6), rtol=1e-8)
    assert found[0].x.tolist() == [0, 3]
    assert "x0 = 0, x1 = 3" in found.message
    assert "-1 on the left and 1 on the right along x0" in found.message


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(("kind", "f", "x", "left", "right", "said"), ROWS)
def test_a_message_is_three_plain_sentences_at_most(kind, f, x, left, right, said):
    message = seegrad.diagnose(f, x).message
    assert 1 <= len(re.findall(r"\.(?= [A-Z]|$)", message)) <= 3
    assert f"x = {x:g}" in message
    assert "{" not in message
    assert message.isascii()


def test_messages_name_the_numbers():
    message = seegrad.diagnose(torch.abs, 0.0).message
    assert "-1 on the left and 1 on the right" in message
    assert "PyTorch answered 0" in message
    message = seegrad.diagnose(lambda x: x * x.detach(), 2.0).message
    assert "the slope 4" in message
    assert "PyTorch answered 2" in message
    assert ".detach()" in message
    trap = seegrad.diagnose(lambda x: W(x > 0, x.sqrt(), 0.0), -1.0).message
    assert "second torch.where" in trap


def test_the_message_is_about_the_most_serious_points():
    f, x = lambda x: W(x > 4, x + 1, x).abs(), [[0.0, 4.0], [1.0, 4.0]]
    message = seegrad.diagnose(f, x).message
    assert message.startswith("Of 4 points: 2 jump, 1 corner, 1 smooth. ")
    assert "At index 0, 1 with x = 4 f jumps" in message


def test_a_smooth_curve_gets_a_sentence_about_itself():
    message = seegrad.diagnose(lambda x: 3 - x, np.linspace(-1, 1, 10001)).message
    assert "10001" in message
    assert "the derivative -1" not in message


# ---------------------------------------------------------------- what can't be told


def noisy(x):
    return (1 - torch.cos(x)) / x**2


def test_autograds_wrong_slope_beside_cancellation_is_not_called_right():
    found = seegrad.diagnose(noisy, 1e-6)  # the slope is -x/12, autograd says -89
    assert found.kind in ("unclear", "wrong slope", "cut graph")
    assert "right" not in found.message.split(". ")[1]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_a_corner_in_a_short_dtype_is_seen(dtype):
    found = seegrad.diagnose(torch.abs, torch.tensor(0.0, dtype=dtype))
    assert found.kind == "corner"
    assert (found.left.item(), found.right.item()) == (-1, 1)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: torch.floor(x + 1),
        lambda x: (torch.exp(x) - 1).abs(),
        lambda x: (torch.cos(x) + x - 1).abs(),
        lambda x: torch.where(x + 1 > 1, 2 * x, x),
    ],
    ids=["floor(x + 1)", "|exp x - 1|", "|cos x + x - 1|", "where(x + 1 > 1)"],
)
def test_a_fault_behind_an_offset_is_not_called_smooth(f):
    assert seegrad.diagnose(f, 0.0).kind in ("jump", "corner")
    assert seegrad.diagnose(lambda a, b: f(a) + b, 0.0, 1.0).kind in ("jump", "corner")


def test_a_curve_sharper_than_float32_is_no_corner():
    x = torch.tensor(0.0, dtype=torch.float32)
    assert seegrad.diagnose(lambda x: torch.sqrt(x**2 + 1e-18), x).kind != "corner"


def test_the_where_trap_is_explained_as_one():
    found = seegrad.diagnose(lambda x: W(x >= 0, x.sin(), (-x).sqrt()), 0.3)
    assert found.kind == "wrong slope"
    assert "torch.where" in found.message
    assert "detach" not in found.message
    assert abs(found.left.item() - math.cos(0.3)) < 1e-6


def test_one_points_domain_leaves_its_neighbours_alone():
    one = torch.tensor(1.0).double()
    f = torch.distributions.Exponential(one, validate_args=True).log_prob
    kinds = seegrad.diagnose(f, [0.0, 1.0, 2.0]).kind.tolist()
    assert kinds[1:] == ["smooth", "smooth"]
    assert kinds == [str(seegrad.diagnose(f, x).kind) for x in (0.0, 1.0, 2.0)]


@pytest.mark.parametrize("f", [lambda x: W(x < 0, INF, x), torch.special.entr])
def test_no_number_outside_of_a_domain_is_no_overflow(f):
    assert seegrad.diagnose(f, 0.0).kind == "edge of the domain"


def test_a_step_without_a_backward_pass_is_a_jump():
    half = torch.tensor(0.5, dtype=torch.float64)
    assert seegrad.diagnose(lambda x: torch.heaviside(x, half), 0.0).kind == "jump"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_backward_pass_that_is_not_linear_is_called_so_at_one_point_too(dtype):
    def clamped(x):
        y = x**2
        y.register_hook(lambda g: g.clamp(-0.25, 0.25))
        return y

    for x in (torch.tensor(3.0, dtype=dtype), torch.tensor([3.0, 1.0], dtype=dtype)):
        assert set(np.ravel(seegrad.diagnose(clamped, x).kind)) == {
            "nonlinear backward"
        }


# ---------------------------------------------------------------- no false alarm

STEEP = {
    "tanh(1000x)": (lambda x: torch.tanh(1000 * x), [0.0, 1e-9, 1e-3, -2e-3, 1.0]),
    "sin(1000x)": (lambda x: torch.sin(1000 * x), [0.0, 1e-9, 0.1, 3.0, 100.0]),
    "|x|³": (lambda x: x.abs() ** 3, [0.0, 1e-9, -1e-3, 1.0, 1e6]),
    "x^1.5": (lambda x: x**1.5, [1e-9, 1e-3, 1.0, 1e6]),
    "sqrt": (torch.sqrt, [1e-13, 1e-9, 1e-3, 1.0, 1e6]),
    "exp(-1/x²)": (lambda x: torch.exp(-1 / x**2), [0.02, 0.1, -0.5, 3.0, 1e6]),
    "x|x|": (lambda x: x * x.abs(), [0.0, 1e-9, -1e-9, 1.0, -1e6]),
    "log cosh": (lambda x: x.cosh().log(), [0.0, 1e-9, 1e-3, 1.0, 50.0]),
    "x^200": (lambda x: x**200, [0.0, 0.5, 1.0]),
    "x^20 - x^19": (lambda x: x**20 - x**19, [0.0, 0.5, 1.0, 1.5]),
    "1e6 + sin": (lambda x: 1e6 + torch.sin(x), [0.0, 1.0, 5.0]),
    "sin": (torch.sin, [0.0, 1e-9, 1.0, 1e6, -1e6]),
    "gelu": (functional.gelu, [-9.0, -6.4, -1.0, 0.0, 3.0]),
    "softplus": (functional.softplus, [-30.0, -1.0, 0.0, 19.0, 30.0]),
    "sigmoid": (torch.sigmoid, [-50.0, -1.0, 0.0, 1.0, 40.0]),
    "1/x": (torch.reciprocal, [1e-9, -1e-3, 1.0, 1e6]),
    "sin(1/x)": (lambda x: torch.sin(1 / x), [1e-3, 0.01, 0.1, 1.0]),
    "cos(9860 + x)": (lambda x: torch.cos(9860 + x**2), [0.0, 1e-9, 1e-6, 1.0]),
    "sin x / x": (torch.sinc, [0.0, 1e-9, 0.3, 1.0]),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", STEEP)
def test_steep_but_smooth(name, dtype):
    f, x = STEEP[name]
    if dtype == torch.float32 and name == "softplus":
        x = x[:3]  # torch's softplus is x itself from 20 on: a jump of 2e-9
    found = [seegrad.diagnose(f, torch.tensor(t, dtype=dtype)) for t in x]
    kinds = [d.kind for d in found]
    if name == "gelu":  # 1 + erf(x) has six digits at -6.4
        assert kinds.pop(1) in ("smooth", "unclear")
    assert kinds == ["smooth"] * len(kinds)


UNARY = [
    torch.sin,
    torch.cos,
    torch.tanh,
    torch.sigmoid,
    torch.atan,
    torch.asinh,
    torch.erf,
    functional.gelu,
    functional.silu,
    lambda x: torch.exp(torch.tanh(x)),
    lambda x: torch.exp(-(x**2)),
    lambda x: torch.log1p(x**2),
    lambda x: torch.sqrt(1 + x**2),
    lambda x: 1 / (1 + x**2),
    lambda x: x**2,
    lambda x: x**3,
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (1 + b**2),
]
leaf = st.builds(lambda a, b: lambda x: a * x + b, st.floats(-8, 8), st.floats(-2, 2))
smooth = st.recursive(
    leaf,
    lambda part: st.one_of(
        st.builds(lambda u, g: lambda x: u(g(x)), st.sampled_from(UNARY), part),
        st.builds(
            lambda op, g, h: lambda x: op(g(x), h(x)),
            st.sampled_from(BINARY),
            part,
            part,
        ),
        st.builds(
            lambda c, o, g: lambda x: 10**c * g(x) + o,
            st.floats(-3, 3),
            st.floats(-1e3, 1e3),
            part,
        ),
    ),
    max_leaves=5,
)
PLACES = float64(0, 1e-9, -1e-9, 1e-6, -1e-3, 0.5, -1, 1, 2, -3, 100, 1e6, -1e6)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(smooth, st.integers(0, 2**32))
def test_no_false_alarm_on_ten_thousand_smooth_points(f, seed):
    generator = torch.Generator().manual_seed(seed)
    some = 2 * torch.randn(12, generator=generator, dtype=torch.float64)
    x = torch.cat([PLACES, some])  # 25 of them, 400 times
    found = seegrad.diagnose(f, x)
    finite = found.autograd.isfinite().numpy()
    calm = np.isin(found.kind[finite], ("smooth", "unclear"))
    assert calm.all(), found[finite].message


# ---------------------------------------------------------------- warnings


@pytest.mark.parametrize(
    ("f", "x", "slope", "sides"),
    [
        (torch.abs, 0.0, 0, (-1, 1)),
        (torch.relu, 0.0, 0, (0, 1)),
        (lambda x: torch.maximum(x, zero(x)), 0.0, 0.5, (0, 1)),
        (lambda x: x**1.5, 0.0, 0, (NAN, 0)),
        (lambda x: x * x.detach(), 2.0, 2, (2, 2)),
        (lambda x: x.relu() - (-x).relu(), 0.0, 0, (0, 0)),
    ],
)
def test_a_tangent_where_there_is_none_warns(f, x, slope, sides):
    with pytest.warns(seegrad.NotDifferentiableWarning) as caught:
        line = seegrad.tangent_line(f, x)
    assert str(caught[0].message) == seegrad.diagnose(f, x).message
    assert caught[0].filename == __file__
    assert line.slope == slope
    assert_same(torch.stack([line.left, line.right]), float64(*sides), atol=1e-4)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (torch.floor, 1.0),
        (lambda x: x + torch.rand_like(x), 1.0),
        (lambda x: x.sign() * x.abs() ** 0.5, 0.0),
    ],
)
def test_no_tangent_where_no_line_can_be(f, x):
    with pytest.raises(ValueError, match=r"^f must have"):
        seegrad.tangent_line(f, x)


def test_a_plane_at_a_corner_warns():
    with pytest.warns(seegrad.NotDifferentiableWarning, match="two pieces of f tie"):
        plane = seegrad.tangent_plane(torch.maximum, 3.0, 3.0)
    assert plane.slopes.tolist() == [0.5, 0.5]
    assert_same(plane.left, float64(0, 0), atol=1e-9)
    assert_same(plane.right, float64(1, 1), rtol=1e-9)


@pytest.mark.parametrize("check", [None, 1, "yes", 0.0, torch.tensor(True)])
def test_check_is_true_or_false(check):
    X = [-1.0, 0.0, 1.0]
    for call in (
        lambda: seegrad.derivative(torch.abs, X, check=check),
        lambda: seegrad.gradient(torch.maximum, X, X, check=check),
        lambda: seegrad.gradient_field(torch.maximum, X, X, check=check),
    ):
        with pytest.raises(TypeError, match="check must be True or False"):
            call()


def test_derivatives_do_not_diagnose():
    for check in (True, False):
        assert seegrad.derivative(torch.abs, 0.0, check=check) == 0
        assert seegrad.derivative(torch.abs, [-1.0, 0.0], check=check)[1] == 0


# ---------------------------------------------------------------- the caller's state


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_nothing_of_the_callers_changes(mode, state):
    x = torch.zeros(2, requires_grad=True)
    with mode():
        before = state()
        found = seegrad.diagnose(lambda x: x.abs() + 0 * torch.rand(()), x)
        assert found.kind.tolist() == ["corner"] * 2
        assert not found.left.is_inference()
        assert state() == before
    assert x.grad is None
    assert not found.autograd.requires_grad


def test_the_message_of_a_cut_graph_names_both_slopes():
    message = seegrad.diagnose(lambda x: x * x.detach(), 2.0).message
    assert message.startswith("At x = 2 ")
    assert {"4", "2"} <= set(re.findall(r"\d+", message))
    assert "tangent plane" not in message


def test_without_a_tangent_plane_the_message_says_so():
    def crease(x0, x1):
        return torch.minimum(x0.abs(), x1.abs())

    found = seegrad.diagnose(crease, 0.0, 0.0)
    assert found.kind == "corner"
    assert "no tangent plane" in found.message


def test_another_tensors_graph_is_no_connection():
    weight = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    found = seegrad.diagnose(lambda x: weight * (x > 0), [0.0, 1.0])
    assert found.kind.tolist() == ["not connected", "not connected"]
    assert weight.grad is None
