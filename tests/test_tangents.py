"""tangent_line and tangent_plane: where they touch, what they hold and refuse."""

import math

import pytest
import torch
from functions import CASES
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_plane_contains_its_lines, assert_same, assert_tangent_touches
from refusals import Refusal, assert_teaches

import seegrad


def article(x):
    return 0.78 * x**2 + torch.sin(x)


def bowl(x0, x1):
    return x0**2 + x1**2


def float64(*values):
    return torch.tensor(values, dtype=torch.float64)


# ---------------------------------------------------------------- lines


def test_the_article_of_the_tangent_line():
    line = seegrad.tangent_line(article, -0.75)
    slope = 1.56 * -0.75 + math.cos(-0.75)
    height = 0.78 * 0.75**2 + math.sin(-0.75)
    assert line.x0 == -0.75
    assert line.y0.item() == pytest.approx(height, rel=1e-15)
    assert line.slope.item() == pytest.approx(slope, rel=1e-15)
    assert line.intercept.item() == pytest.approx(height + 0.75 * slope, rel=1e-15)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_line_has_the_value_and_the_slope(case):
    line = seegrad.tangent_line(case.f, case.points)
    assert line.x0.tolist() == list(case.points)
    assert_same(line.y0, case.true_values(), rtol=10**-case.digits)
    assert_same(line.slope, case.slopes_by_hand(), rtol=10**-case.digits)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_line_touches(case):
    assert_tangent_touches(case.f, float64(*case.points))


def test_a_line_is_called_with_any_point():
    line = seegrad.tangent_line(torch.square, 3.0)  # y = 6x − 9
    assert line(4) == 15
    assert line([0.0, 1.0]).tolist() == [-9.0, -3.0]
    assert line(0) == line.intercept


def test_many_lines_at_once():
    lines = seegrad.tangent_line(torch.square, [1.0, 2.0])
    assert lines.intercept.tolist() == [-1.0, -4.0]
    assert lines([[0.0], [3.0]]).tolist() == [[-1.0, -4.0], [5.0, 8.0]]


def test_a_straight_line_is_its_own_tangent():
    line = seegrad.tangent_line(lambda x: 3 * x + 1, [-2.0, 5.0])
    assert line([7.0]).tolist() == [22.0, 22.0]


@pytest.mark.parametrize("shape", [(), (0,), (2, 2)], ids=str)
def test_the_fields_have_the_shape_of_the_points(shape):
    line = seegrad.tangent_line(torch.sin, torch.ones(shape))
    fields = (line.x0, line.y0, line.slope, line.intercept)
    assert {field.shape for field in fields} == {torch.Size(shape)}


def test_points_must_fit_beside_the_points_of_contact():
    lines = seegrad.tangent_line(torch.square, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"shape \(2,\).*shape \(3,\).*x\[:, None\]"):
        lines([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("f", "x0", "place"),
    [
        (torch.sqrt, [1.0, 0.0], r"at \(0\) its value is 0 and its slope inf"),
        (torch.log, -1.0, r"at \(-1\) its value is nan and its slope -1"),
        (torch.reciprocal, 0.0, r"at \(0\) its value is inf"),
        (torch.sin, math.inf, r"at \(inf\) its value is nan"),
        (lambda x: torch.sqrt(x**2), 0.0, r"its value is 0 and its slope nan"),
    ],
    ids=["sqrt", "log", "1/x", "sin at inf", "sqrt of x²"],
)
def test_no_line_without_a_finite_slope(f, x0, place):
    with pytest.raises(ValueError, match=place):
        seegrad.tangent_line(f, x0)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: x * x.sum(), ValueError, "f must be elementwise"),
        (lambda x: x.detach(), ValueError, "no path .* to x0"),
        (lambda x: x.sum(), ValueError, r"returned shape \(\)"),
        (lambda x: None, TypeError, "returned None"),
        (lambda x, y: x, TypeError, "f must take 1 argument"),
        (2.0, TypeError, "f must be a function"),
    ],
    ids=["mixes points", "detached", "shape", "None", "arguments", "not callable"],
)
def test_a_wrong_function_has_no_line(f, error, message):
    with pytest.raises(error, match=message):
        seegrad.tangent_line(f, [1.0, 2.0])


# ---------------------------------------------------------------- planes

number = st.floats(-2, 2)


def test_the_plane_of_a_bowl():
    plane = seegrad.tangent_plane(bowl, 1, 2)  # 5 + 2(x0 − 1) + 4(x1 − 2)
    assert (plane.x0, plane.x1, plane.y0) == (1, 2, 5)
    assert plane.slopes.tolist() == [2.0, 4.0]
    assert plane(1, 2) == 5
    assert plane(2, 2) == 7
    assert plane(1, 3) == 9


def test_the_plane_of_a_ripple():
    plane = seegrad.tangent_plane(lambda a, b: torch.sin(a**2 + b**2), 1, 1)
    assert_same(plane.slopes, float64(*[2 * math.cos(2)] * 2))
    assert_same(plane.slopes, float64(-0.832294, -0.832294), rtol=0, atol=5e-7)


@given(number, number)
def test_a_plane_contains_its_lines(x0, x1):
    def f(a, b):
        return torch.sin(a) * torch.exp(b) + a * b

    assert_plane_contains_its_lines(f, float64(x0), float64(x1))


def test_many_planes_at_once():
    plane = seegrad.tangent_plane(lambda a, b: a * b, [[1.0], [2.0]], [3.0, 4.0, 5.0])
    assert plane.x0.tolist() == [[1.0] * 3, [2.0] * 3]
    assert plane.x1.tolist() == [[3.0, 4.0, 5.0]] * 2
    assert plane.y0.tolist() == [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]
    assert plane.slopes.tolist() == [plane.x1.tolist(), plane.x0.tolist()]
    assert plane(plane.x0, plane.x1).tolist() == plane.y0.tolist()


def test_a_plane_is_level_along_an_ignored_variable():
    plane = seegrad.tangent_plane(lambda a, b: b**2, 1.0, 3.0)
    assert plane.slopes.tolist() == [0.0, 6.0]
    assert plane(100, 3) == 9


def test_a_plane_of_two_dtypes_has_the_wider_slopes():
    plane = seegrad.tangent_plane(bowl, torch.tensor(1.0), 2.0)
    assert plane.slopes.dtype == torch.float64
    assert plane.x0.dtype == torch.float32


def test_points_must_fit_beside_the_points_of_contact_of_planes():
    planes = seegrad.tangent_plane(bowl, [1.0, 2.0], 0.0)
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\) and \(\)"):
        planes([1.0, 2.0, 3.0], 0.0)


def test_no_plane_without_finite_slopes():
    with pytest.raises(ValueError, match=r"at \(0, 2\) its value is 0 and its slope"):
        seegrad.tangent_plane(lambda a, b: torch.sqrt(a * b), [1.0, 0.0], 2.0)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda a, b: a * b.sum(), ValueError, "f must be elementwise"),
        (lambda a, b: 0 * a.detach(), ValueError, "no path .* to x0 and x1"),
        (lambda a: a, TypeError, "f must take 2 arguments"),
        (None, TypeError, "f must be a function"),
    ],
    ids=["mixes points", "detached", "arguments", "not callable"],
)
def test_a_wrong_function_has_no_plane(f, error, message):
    with pytest.raises(error, match=message):
        seegrad.tangent_plane(f, [1.0, 2.0], [3.0, 5.0])


# ---------------------------------------------------------------- errors

SLOPE = "have a finite value and slope where the "
NO_LINE = "have a tangent line at each point"
REFUSED = {
    "beside a line": (
        lambda: seegrad.tangent_line(article, [1.0, 2.0])([1.0, 2.0, 3.0]),
        ValueError,
        "The points",
        r"broadcast with the points of contact, of shape \(2,\)",
        r"\(3,\)",
        r"x\[:, None\]",
    ),
    "line without slope": (
        lambda: seegrad.tangent_line(torch.sqrt, [1.0, 0.0]),
        ValueError,
        "f",
        f"{SLOPE}line touches",
        r"at \(0\) its value is 0 and its slope inf",
        "inside the domain",
    ),
    "plane without slope": (
        lambda: seegrad.tangent_plane(lambda a, b: torch.log(a * b), -1.0, 2.0),
        ValueError,
        "f",
        f"{SLOPE}plane touches",
        r"at \(-1, 2\) its value is nan",
        "where f is defined",
    ),
    "line at a jump": (
        lambda: seegrad.tangent_line(torch.floor, 1.0),
        ValueError,
        "f",
        NO_LINE,
        "it has not. At x = 1 f jumps",
        "Choose a point beside it",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_teaches(name):
    assert_teaches(Refusal(name, *REFUSED[name]))
