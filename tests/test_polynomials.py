"""fit_polynomial and least_squares: the article's cubic, stable rates, refusals."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    assert_fit_invariant_under_permutation,
    assert_fit_linear_in_values,
    assert_interpolates,
    assert_residual_is_orthogonal,
    assert_same,
)

import seegrad

X = torch.linspace(-math.pi, math.pi, 2000, dtype=torch.float64)
Y = torch.sin(X)
LARGEST_STABLE_RATE = 3.5579e-6


def float64(*values):
    return torch.tensor(values, dtype=torch.float64)


def powers(x, degree):
    return torch.stack([x**k for k in range(degree + 1)], dim=1)


# ---------------------------------------------------------------- the article's cubic


def test_the_best_cubic_through_a_sine():
    c = seegrad.least_squares(X, Y)
    assert_same(c, float64(0, 0.8567408, 0, -0.0933304), rtol=0, atol=5e-8)
    error = powers(X, 3) @ c - Y
    assert error.square().sum().item() == pytest.approx(8.817165, abs=5e-7)
    assert error.abs().max().item() == pytest.approx(0.2023, abs=5e-5)


@pytest.mark.parametrize("degree", [0, 1, 3, 7, 12])
def test_least_squares_agrees_with_numpy(degree):
    expected = np.polynomial.polynomial.polyfit(X.numpy(), Y.numpy(), degree)
    found = seegrad.least_squares(X, Y, degree=degree)
    assert_same(found, torch.from_numpy(expected), rtol=1e-9, atol=1e-12)


def test_the_walk_from_zero():
    # One walk of 5000 steps holds both numbers of the article.
    fit = seegrad.fit_polynomial(X, Y, steps=5000, start=[0, 0, 0, 0])
    assert fit.losses[0].item() == pytest.approx(Y.square().sum().item())
    assert fit.losses[2000].item() == pytest.approx(9.0129, abs=5e-5)
    assert fit.losses[5000].item() == pytest.approx(8.817166, abs=5e-7)
    assert fit.losses.diff().max() < 0
    best = seegrad.least_squares(X, Y)
    assert_same(fit.coefficients, best, rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_starts_in_float32(seed):
    fit = seegrad.fit_polynomial(X.float(), Y.float(), seed=seed)
    assert fit.losses.dtype == torch.float32
    # The best cubic has 8.8172; of 20 random starts the last had 12.94 left.
    assert 8.81 < fit.losses[-1] < 13


def test_a_rate_beyond_the_stable_one_is_refused_by_name():
    with pytest.raises(ValueError, match=r"learning_rate must.*8e-06.*3\.5579e-06"):
        seegrad.fit_polynomial(X, Y, learning_rate=8e-6)


def test_the_stable_rate_is_two_over_the_largest_eigenvalue():
    eigenvalues = torch.linalg.eigvalsh(2 * powers(X, 3).T @ powers(X, 3))
    assert eigenvalues[0].item() == pytest.approx(1727.5, abs=0.05)
    assert eigenvalues[-1].item() == pytest.approx(562121.9, abs=0.05)
    assert 2 / eigenvalues[-1].item() == pytest.approx(LARGEST_STABLE_RATE, rel=2e-5)


@pytest.mark.parametrize("factor", [1.01, 1.5, 100, 1e300])
def test_every_rate_beyond_the_stable_one_is_refused(factor):
    with pytest.raises(ValueError, match=r"The largest stable rate .* is 3\.5579e-06"):
        seegrad.fit_polynomial(X, Y, learning_rate=factor * LARGEST_STABLE_RATE)


def test_a_rate_just_below_the_stable_one_is_not():
    fit = seegrad.fit_polynomial(X, Y, learning_rate=0.99 * LARGEST_STABLE_RATE)
    assert fit.losses[-1] < fit.losses[0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_rounding_at_the_bottom_is_not_taken_for_growth(degree, dtype):
    x = torch.linspace(-1, 1, 60, dtype=torch.float64)
    H = 2 * powers(x, degree).T @ powers(x, degree)
    rate = 1.9 / torch.linalg.eigvalsh(H)[-1].item()
    fit = seegrad.fit_polynomial(
        x.to(dtype), (1 + 2 * x).to(dtype), degree=degree, learning_rate=rate, steps=300
    )
    assert fit.losses.isfinite().all()
    assert fit.losses[-1] < fit.losses[0]


# ---------------------------------------------------------------- the walk

SMALL = {"degree": 2, "learning_rate": 0.01, "steps": 30, "seed": 4}
x = float64(-1.0, -0.5, 0.0, 0.5, 1.5)
y = float64(2.0, 1.0, -1.0, 0.5, 3.0)


def test_the_update_is_written_out():
    fit = seegrad.fit_polynomial(x, y, **SMALL)
    V = powers(x, 2)
    for step in range(30):
        c = fit.path[step]
        assert_same(fit.losses[step], ((V @ c - y) ** 2).sum())
        slope = 2 * V.T @ (V @ c - y)
        assert_same(fit.path[step + 1], c - 0.01 * slope)
    assert torch.equal(fit.coefficients, fit.path[-1])


def test_shapes():
    fit = seegrad.fit_polynomial(x, y, **SMALL)
    assert fit.coefficients.shape == (3,)
    assert fit.losses.shape == (31,)
    assert fit.path.shape == (31, 3)
    assert torch.equal(fit.x, x)
    assert torch.equal(fit.y, y)


def test_no_step_stays_at_the_start():
    fit = seegrad.fit_polynomial(x, y, degree=1, steps=0, start=[3, 4])
    assert fit.path.tolist() == [[3.0, 4.0]]
    assert fit.losses.shape == (1,)


def test_the_start_is_drawn_from_the_seed():
    starts = {
        tuple(seegrad.fit_polynomial(x, y, steps=0, seed=seed).coefficients.tolist())
        for seed in (0, 0, 1, 2)
    }
    assert len(starts) == 3


def test_a_fit_is_called_as_the_polynomial():
    fit = seegrad.fit_polynomial(x, y, degree=2, steps=0, start=[1, -2, 3])
    assert fit(2) == 1 - 4 + 12
    assert fit([[0.0, 1.0]]).tolist() == [[1.0, 2.0]]
    assert fit(torch.tensor([2.0])).dtype == torch.float32


def test_squares_beyond_float32_are_no_reason_to_refuse():
    x = torch.tensor([1e10, 2e10, 3e10])
    y = torch.tensor([1.0, 2.0, 3.0])
    fit = seegrad.fit_polynomial(x, y, degree=2, steps=0, start=[0, 0, 0])
    assert fit.losses.tolist() == [14.0]


def test_data_of_two_dtypes_are_fitted_in_the_wider():
    fit = seegrad.fit_polynomial(x.float(), y, steps=1, start=torch.zeros(4))
    assert fit.coefficients.dtype == fit.x.dtype == fit.losses.dtype == torch.float64


@given(st.permutations(range(5)))
def test_the_order_of_the_points_does_not_matter(order):
    assert_fit_invariant_under_permutation(x, y, list(order), **SMALL)


# ---------------------------------------------------------------- least squares

abscissas = st.lists(st.integers(-20, 20), min_size=4, max_size=10, unique=True)
ordinates = st.lists(st.floats(-10, 10), min_size=10, max_size=10)


@given(abscissas, ordinates, st.integers(0, 3))
def test_the_residual_is_orthogonal(x, y, degree):
    x = float64(*x) / 10
    assert_residual_is_orthogonal(x, float64(*y[: len(x)]), degree)


@given(abscissas, ordinates, ordinates, st.floats(-3, 3), st.integers(0, 3))
def test_the_best_fit_is_linear_in_the_values(x, y, z, a, degree):
    y, z = (float64(*v[: len(x)]) for v in (y, z))
    assert_fit_linear_in_values(float64(*x) / 10, y, z, a, 1 - a, degree)


@given(abscissas.map(lambda x: x[:6]), ordinates)
def test_as_many_points_as_coefficients(x, y):
    x = float64(*x) / 10
    assert_interpolates(x, float64(*y[: len(x)]))


@pytest.mark.parametrize("scale", [1e-60, 1e-8, 1.0, 1e8, 1e60])
def test_points_of_any_size(scale):
    x = scale * float64(1, 2, 3, 4, 5)
    found = seegrad.least_squares(x, (x / scale) ** 2, degree=2)
    sizes = float64(1, scale, scale**2)
    assert_same(found * sizes, float64(0, 0, 1), atol=1e-11)


def test_repeated_points_are_averaged():
    found = seegrad.least_squares([0, 0, 1, 1], [1, 3, 4, 6], degree=1)
    assert_same(found, float64(2, 3))


@pytest.mark.parametrize("x", [[0.0], [0.0, -0.0]], ids=str)
def test_a_constant_at_zero(x):
    assert_same(seegrad.least_squares(x, [5.0] * len(x), degree=0), float64(5))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("size", [1e80, 1e150], ids=str)
def test_powers_beyond_float64_are_refused_by_us(size):
    x = [size, 2 * size, 3 * size, 4 * size]
    with pytest.raises(ValueError, match=r"x must|learning_rate must"):
        seegrad.fit_polynomial(x, [1, 2, 3, 4], steps=3)


def test_many_points_close_together_are_different_points():
    x = torch.linspace(1, 1 + 1e-4, 30, dtype=torch.float64)
    assert len(seegrad.least_squares(x, x, degree=6)) == 7
