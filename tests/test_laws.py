"""Laws between the library's parts: lines, planes, fields, walks and reductions."""

import torch
from functions import CASES
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_same, assert_tangent_touches

import seegrad

number = st.floats(-2, 2)
axis = st.lists(number, min_size=1, max_size=4)
surface = st.sampled_from(
    [
        lambda a, b: a**2 + a * b + 2 * b**2,
        lambda a, b: torch.sin(a) * torch.exp(b),
        lambda a, b: torch.atan(a - b) + a * b**2,
    ]
)
EVERYWHERE = [case.f for case in CASES if min(case.points) < -1]


@given(st.sampled_from(EVERYWHERE), st.floats(0.1, 2))
def test_a_line_touches_anywhere(f, x0):
    assert_tangent_touches(f, torch.tensor([x0], dtype=torch.float64))


@given(surface, axis, axis)
def test_a_field_is_made_of_planes(f, x0, x1):
    field = seegrad.gradient_field(f, x0, x1)
    rows = torch.tensor(x1, dtype=torch.float64)[:, None]
    planes = seegrad.tangent_plane(f, x0, rows)
    assert_same(field.values, planes.y0)
    assert_same(torch.stack([field.g0, field.g1]), planes.slopes)


@given(surface, axis, axis)
def test_both_methods_give_one_field(f, x0, x1):
    exact = seegrad.gradient_field(f, x0, x1)
    found = seegrad.gradient_field(f, x0, x1, method="numerical")
    assert_same(found.g0, exact.g0, rtol=1e-7, atol=1e-7)
    assert_same(found.g1, exact.g1, rtol=1e-7, atol=1e-7)


@given(surface, number, number, st.floats(1e-3, 1e-2))
def test_a_walk_goes_down_the_tangent_plane(f, x0, x1, rate):
    # The plane promises rate · |∇f|² for a step; a small step keeps most of it.
    path = seegrad.descend(f, [x0, x1], learning_rate=rate, steps=1)
    plane = seegrad.tangent_plane(f, x0, x1)
    promised = rate * (plane.slopes**2).sum()
    assert_same(plane.y0 - plane(*path.points[1]), promised, atol=1e-10)
    fallen = path.values[0] - path.values[1]
    assert fallen >= promised / 2 - 1e-12


@given(st.sampled_from(EVERYWHERE), axis.map(lambda x: [abs(v) + 0.1 for v in x]))
def test_a_sum_hands_back_the_derivative(f, x):
    reduction = seegrad.reduce_gradient(f, x, "sum")
    assert torch.equal(reduction.gradient, seegrad.derivative(f, x))


def test_the_order_of_two_dtypes_does_not_matter():
    short = torch.tensor([1.0, 2.0])
    for points in ((short, short.double()), (short.double(), short)):
        plane = seegrad.tangent_plane(lambda a, b: a * b, *points)
        assert plane.slopes.dtype == plane.y0.dtype == torch.float64
