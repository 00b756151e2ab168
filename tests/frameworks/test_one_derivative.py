"""The numbers of the chapter, in each framework, and the three curves of its figure."""

from fractions import Fraction

import jax
import numpy as np
import pytest
import tensorflow as tf
import torch


def f(x):
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def by_torch(points):
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    y = f(x)
    y.backward(gradient=torch.ones_like(y))
    return y.detach().numpy(), x.grad.numpy()


def by_tensorflow(points):
    x = tf.constant(points, dtype=tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y.numpy(), tape.gradient(y, x).numpy()


def by_jax(points):
    with jax.enable_x64(True):
        return tuple(map(np.asarray, jax.vmap(jax.value_and_grad(f))(points)))


FRAMEWORKS = [by_torch, by_tensorflow, by_jax]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_slope_at_a_half(framework):
    y, slope = framework(np.array([0.5]))
    assert (y.item(), slope.item()) == (9.75, 10.5)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_curve_is_exact_to_a_few_ulp(framework):
    points = np.arange(-4, 4, 0.001)
    slopes = framework(points)[1]
    assert slopes.dtype == np.float64
    exact = [6 * q * q + 8 * q + 5 for q in map(Fraction, points.tolist())]
    gaps = np.spacing([float(slope) for slope in exact])
    pairs = zip(slopes.tolist(), exact, strict=True)
    errors = [float(Fraction(slope) - true) for slope, true in pairs] / gaps
    assert len(errors) == 8000
    assert abs(errors).max() < 4


def test_a_variable_a_watched_and_an_unwatched_constant():
    variable, constant = tf.Variable(0.5), tf.constant(0.5)
    with tf.GradientTape(persistent=True) as tape:
        from_variable, unwatched = f(variable), f(constant)
    with tf.GradientTape() as watching:
        watching.watch(constant)
        watched = f(constant)
    assert tape.gradient(from_variable, variable) == 10.5
    assert tape.gradient(unwatched, constant) is None
    assert watching.gradient(watched, constant) == 10.5
