"""The derivative of a curve, against peers that are no part of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import autograd
import jax
import tensorflow as tf
import torch
from curves import cubic
from rounds import Row, medians

import seegrad


def rows() -> Iterator[Row]:
    """All figures of this file: each peer by its own way without a loop."""
    x = torch.arange(-4, 4, 0.001, dtype=torch.float64)
    jax.config.update("jax_enable_x64", True)
    slope = jax.grad(lambda x: cubic(x).sum())
    compiled = jax.jit(slope)
    points, variable = jax.numpy.asarray(x.numpy()), tf.Variable(x.numpy())

    def tensorflow() -> None:
        with tf.GradientTape() as tape:
            y = cubic(variable)
        tape.gradient(y, variable)

    ours = partial(seegrad.derivative, cubic, x)
    # One at a time: their idle threads would be in the way of the others.
    for name, theirs in (
        ("HIPS autograd", partial(autograd.elementwise_grad(cubic), x.numpy())),
        ("TensorFlow", tensorflow),
        ("JAX", lambda: slope(points).block_until_ready()),
        ("JAX, compiled", lambda: compiled(points).block_until_ready()),
    ):
        times = medians({"seegrad": ours, "theirs": theirs})
        ratio = times["seegrad"] / times["theirs"]
        yield Row(f"derivative at {len(x)} points, against {name}", ratio, "×")
