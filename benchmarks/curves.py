"""The derivative of a curve: many points, very many, one, and tangents."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import autograd
import autograd.numpy
import jax
import jax.numpy
import tensorflow as tf
import torch
from memory import peak
from rounds import Row, medians
from torch import Tensor

import seegrad

MANY = 10_000_000


def rows() -> Iterator[Row]:
    """All figures of this file."""
    yield from _curve()
    yield from _frameworks()
    yield from _pieces()
    yield from _points()


def cubic(x: Any) -> Any:
    """2x³ + 4x² + 5x + 6."""
    return 2 * x**3 + 4 * x**2 + 5 * x + 6


def by_hand(x: Tensor) -> Tensor:
    """Its derivative."""
    return 6 * x**2 + 8 * x + 5


def bare(x: Tensor) -> Tensor | None:
    """Its derivative by PyTorch, as shortly as can be."""
    x = x.clone().requires_grad_()
    y: Tensor = cubic(x)
    y.backward(torch.ones_like(y))
    return x.grad


def in_pieces(x: Tensor) -> Tensor:
    """The same, a piece at a time: nothing that asks autograd can be much faster."""
    found = torch.empty_like(x)
    size = 32_768 * torch.get_num_threads()
    for start in range(0, len(x), size):
        found[start : start + size] = bare(x[start : start + size])
    return found


def _curve() -> Iterator[Row]:
    x = torch.arange(-4, 4, 0.001, dtype=torch.float64)
    times = medians(
        {
            "bare": partial(bare, x),
            "seegrad": partial(seegrad.derivative, cubic, x),
            "unchecked": partial(seegrad.derivative, cubic, x, check=False),
            "vmap": partial(torch.func.vmap(torch.func.grad(cubic)), x),
        }
    )
    what = f"derivative at {len(x)} points"
    ratio = times["seegrad"] / times["bare"]
    yield Row(f"{what}, against a bare backward", ratio, "×", most=1.5)
    ratio = times["unchecked"] / times["bare"]
    yield Row(f"{what}, check=False, against a bare backward", ratio, "×", most=1.2)
    ratio = times["vmap"] / times["seegrad"]
    yield Row(f"{what}, faster than vmap(grad)", ratio, "×", least=2.3)


def _frameworks() -> Iterator[Row]:
    """Peers that are no part of PyTorch, each by its own way without a loop."""
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
    for name, least, theirs in (
        ("HIPS autograd", 4, partial(autograd.elementwise_grad(cubic), x.numpy())),
        ("TensorFlow", 1, tensorflow),
        ("JAX", 1, lambda: slope(points).block_until_ready()),
        ("JAX, compiled", None, lambda: compiled(points).block_until_ready()),
    ):
        times = medians({"seegrad": ours, "bare": partial(bare, x), "theirs": theirs})
        ratio = times["theirs"] / times["seegrad"]
        what = f"derivative at {len(x)} points, faster than {name}"
        yield Row(what, ratio, "×", least=least)
        ratio = times["theirs"] / times["bare"]
        yield Row(f"a bare backward there, faster than {name}", ratio, "×")


def _pieces() -> Iterator[Row]:
    x = torch.linspace(-4, 4, MANY, dtype=torch.float64)
    times = medians(
        {
            "by hand": partial(by_hand, x),
            "bare": partial(bare, x),
            "in pieces": partial(in_pieces, x),
            "seegrad": partial(seegrad.derivative, cubic, x),
        }
    )
    what = f"derivative at {MANY} points"
    ratio = times["in pieces"] / times["by hand"]
    yield Row(
        f"a bare backward in pieces at {MANY} points, against the formula", ratio, "×"
    )
    ratio = times["seegrad"] / times["by hand"]
    yield Row(f"{what}, against the formula in torch", ratio, "×", most=0.7)
    ratio = times["bare"] / times["seegrad"]
    yield Row(f"{what}, faster than a bare backward", ratio, "×", least=5)
    call = "seegrad.derivative(curves.cubic, x)"
    make = f"x = torch.linspace(-4, 4, {MANY}, dtype=torch.float64)"
    arrays = peak(make, "x = torch.ones(100_000); " + call, call) / x.nbytes
    yield Row(f"{what}, peak memory", arrays, "arrays", most=1.2)


def _points() -> Iterator[Row]:
    def one() -> Tensor:
        x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        return torch.autograd.grad(cubic(x), x)[0]

    times = medians(
        {
            "bare": one,
            "seegrad": partial(seegrad.derivative, cubic, 0.5),
            "tangent": partial(seegrad.tangent_line, cubic, 0.5),
        }
    )
    ratio = times["seegrad"] / times["bare"]
    yield Row("derivative at a number, against bare autograd", ratio, "×", most=1.5)
    ratio = times["tangent"] / times["seegrad"]
    yield Row("tangent_line with its diagnosis, against derivative", ratio, "×", most=6)
    x = torch.linspace(-4, 4, 10_000, dtype=torch.float64)
    times = medians({"tangents": partial(seegrad.tangent_line, cubic, x)}, seconds=1)
    yield Row("10,000 tangents in one call", times["tangents"] * 1e3, "ms")
