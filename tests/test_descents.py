"""descend: where gradient descent leads, and what is refused."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_descent_lowers, assert_same
from refusals import Refusal, assert_teaches

import seegrad


def bowl(x0, x1):
    return x0**2 + x1**2


def test_down_a_bowl():
    path = seegrad.descend(bowl, [-3, 4], learning_rate=0.1, steps=100)
    start = torch.tensor([-3.0, 4.0], dtype=torch.float64)
    assert_same(path.points[0], start)
    assert_same(path.points[20], start * 0.8**20)
    end = torch.tensor([-6.11e-10, 8.15e-10], dtype=torch.float64)
    assert_same(path.points[100], end, rtol=1e-3)
    assert_same(path.values, path.points.square().sum(1))


def test_a_step_is_the_rate_times_the_gradient():
    def rosenbrock(x, y):
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    path = seegrad.descend(rosenbrock, [0.0, 2.0], learning_rate=1e-3, steps=1)
    expected = torch.tensor([[0.0, 2.0], [0.002, 1.6]], dtype=torch.float64)
    assert_same(path.points, expected)
    assert path.values[0] == 401


@pytest.mark.parametrize("rate", [0.9, 1.0])
def test_too_long_steps_overshoot(rate):
    # Each step multiplies by 1 − 2·rate.
    path = seegrad.descend(bowl, [1.0, 0.0], learning_rate=rate, steps=4)
    powers = torch.tensor([(1 - 2 * rate) ** k for k in range(5)], dtype=torch.float64)
    assert_same(path.points[:, 0], powers)


@pytest.mark.parametrize("variables", [1, 2, 3, 5])
def test_any_number_of_variables(variables):
    def f(*xs):
        return sum(k * x**2 for k, x in enumerate(xs, 1))

    start = [1.0] * variables
    path = seegrad.descend(f, start, learning_rate=0.01, steps=7)
    rates = torch.tensor([1 - 0.02 * k for k in range(1, variables + 1)]).double()
    assert_same(path.points[-1], rates**7, rtol=1e-6)
    assert path.points.shape == (8, variables)
    assert path.values.shape == (8,)


def test_no_step_stays():
    path = seegrad.descend(bowl, [1.0, 2.0], learning_rate=0.1, steps=0)
    assert path.points.tolist() == [[1.0, 2.0]]
    assert path.values.tolist() == [5.0]


def test_an_ignored_variable_stays():
    path = seegrad.descend(lambda a, b: a**2, [1.0, 2.0], learning_rate=0.1, steps=3)
    assert path.points[:, 1].tolist() == [2.0] * 4


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=2), st.floats(0.001, 0.1))
def test_small_steps_lead_down(start, rate):
    def valley(a, b):
        return (a**2 + b**2) / 2 + torch.cos(a) + b

    assert_descent_lowers(valley, start, rate, 20)


@pytest.mark.parametrize("rate", [1e200, 1.5])
def test_a_walk_that_leaves_the_numbers_is_refused(rate):
    with pytest.raises(ValueError, match=r"learning_rate must be small.*by step \d"):
        seegrad.descend(lambda x: x**4, [2.0], learning_rate=rate, steps=2000)


def test_a_walk_that_starts_outside_the_domain_is_refused():
    with pytest.raises(ValueError, match="start must be a point where f is finite"):
        seegrad.descend(torch.log, [-1.0], learning_rate=0.1, steps=2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"start": 8.0}, ValueError, r"start must be one-dimensional.*\(\)"),
        ({"start": []}, ValueError, "start must have at least one point"),
        ({"start": [math.nan]}, ValueError, "start must be finite.*nan"),
        ({"start": [1.0, math.inf]}, ValueError, "start must be finite.*1 is inf"),
        ({"steps": -1}, ValueError, "steps must be a whole number from 0.*-1"),
        ({"steps": 2.0}, TypeError, "steps must be a whole number.*float"),
        ({"steps": True}, TypeError, "steps must be a whole number"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be a finite number"),
        ({"learning_rate": -1}, ValueError, "learning_rate must be a finite number"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be .*nan"),
        ({"learning_rate": 10**400}, ValueError, "learning_rate must be a finite"),
        ({"learning_rate": "1"}, TypeError, "learning_rate must be a number above 0"),
        ({"learning_rate": None}, TypeError, "learning_rate must be .*None"),
        ({"f": lambda x, y, z: x}, TypeError, "f must take 2 arguments"),
        ({"f": lambda x, y: 3.0}, TypeError, "f must return a tensor of shape ()"),
        ({"f": lambda x, y: x[None]}, ValueError, r"returned shape \(1,\)"),
        ({"f": lambda x, y: x.detach()}, ValueError, "no path of the autograd graph"),
        ({"f": 1}, TypeError, "f must be a function"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_walk_is_refused(options, error, message):
    options = {
        "f": bowl,
        "start": [1.0, 2.0],
        "learning_rate": 0.1,
        "steps": 2,
    } | options
    with pytest.raises(error, match=message):
        seegrad.descend(options.pop("f"), options.pop("start"), **options)


# ---------------------------------------------------------------- errors

FROM_0 = "be a whole number from 0"
ABOVE_0 = "be a number above 0"
FINITE = "be a finite number above 0"
FLAT = r"be one-dimensional, of shape \(n,\)"
FLATTEN = r"flatten\(\)"


def walk(f=bowl, start=(1.0, 2.0), **options):
    options = {"learning_rate": 0.1, "steps": 2} | options
    return lambda: seegrad.descend(f, list(start), **options)


REFUSED = {
    "steps -1": (walk(steps=-1), ValueError, "steps", FROM_0, "-1", "steps=1"),
    "steps 2.0": (walk(steps=2.0), TypeError, "steps", FROM_0, "2.0, of ty", "an int"),
    "steps True": (walk(steps=True), TypeError, "steps", FROM_0, "True", "an int"),
    "rate 0": (
        walk(learning_rate=0),
        ValueError,
        "learning_rate",
        FINITE,
        "0",
        "0.001",
    ),
    "rate None": (
        walk(learning_rate=None),
        TypeError,
        "learning_rate",
        ABOVE_0,
        "None",
        "Pass a float",
    ),
    "start 0-d": (
        lambda: seegrad.descend(torch.sin, 1.0, learning_rate=1, steps=1),
        ValueError,
        "start",
        FLAT,
        r"shape \(\)",
        FLATTEN,
    ),
    "start nan": (
        walk(start=[1.0, math.nan]),
        ValueError,
        "start",
        "be finite",
        "1 is n",
        "R",
    ),
    "walk away": (
        walk(lambda x, y: x**4 + y, learning_rate=1e200),
        ValueError,
        "learning_rate",
        "be small enough for f and the points to stay finite",
        r"with 1e\+200 f is inf by step \d",
        "a tenth of it",
    ),
    "start outside of the domain": (
        walk(lambda x, y: torch.log(x) + y, (-1.0, 2.0)),
        ValueError,
        "start",
        "be a point where f is finite",
        "f is nan there",
        "Choose another start",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_teaches(name):
    assert_teaches(Refusal(name, *REFUSED[name]))
