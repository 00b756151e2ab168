"""Asking a function for values and slopes, in one dtype or another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seegrad.checks import functions
from seegrad.checks.functions import Function
from seegrad.checks.state import RandomStates
from seegrad.engine import reverse

Array = np.ndarray[Any, Any]


def numbers(t: Tensor) -> Array:
    """The numbers of a tensor in a flat array of float64."""
    flat: Array = t.detach().flatten().to("cpu", torch.float64).numpy()
    return flat


@dataclass(frozen=True)
class Probe:
    """A function that is asked at arrays of numbers."""

    f: Function
    like: Sequence[Tensor]
    """The caller's points: f gets tensors of so many dimensions, on their device."""
    dtypes: Sequence[torch.dtype]
    """What f gets, one a variable."""
    eps: float
    """The spacing at 1 of the numbers that f computes with."""

    @property
    def tiny(self) -> float:
        """The smallest number that all dtypes hold in full."""
        return max(torch.finfo(dtype).smallest_normal for dtype in self.dtypes)

    def tensors(self, at: Array) -> list[Tensor]:
        """Points (variables, n) as f takes them."""
        ndim, n = self.like[0].ndim, at.shape[1]
        shape = (n,) + (1,) * (ndim - 1) if ndim or n != 1 else ()
        rows = torch.from_numpy(at).to(self.like[0].device)
        return [
            row.to(dtype, copy=True).reshape(shape)
            for row, dtype in zip(rows, self.dtypes, strict=True)
        ]

    def held(self, at: Array) -> Array:
        """The points (variables, n) as the dtypes hold them."""
        return np.array([numbers(t) for t in self.tensors(at)])

    def ask(self, at: Array) -> tuple[Array, Array]:
        """Values (n,) and slopes (variables, n), nan at each point where f raises."""
        try:
            return self._ask(at)
        except (TypeError, ValueError):
            if at.shape[1] == 1:
                return np.full(1, np.nan), np.full(at.shape, np.nan)
        half = at.shape[1] // 2
        value, slopes = zip(self.ask(at[:, :half]), self.ask(at[:, half:]), strict=True)
        return np.concatenate(value), np.hstack(slopes)

    def ask_rows(self, rows: Array) -> tuple[Array, Array]:
        """Values (rows, n) and slopes (variables, rows, n) at rows of n points each.

        f is called with all of them, unless that changes what it gives for the first.
        """
        one = self.ask(rows[:, 0])
        value, slopes = self.ask(rows.reshape(len(rows), -1))
        value, slopes = value.reshape(rows.shape[1:]), slopes.reshape(rows.shape)
        for alone, among in zip(one, (value[0], slopes[:, 0]), strict=True):
            if not np.allclose(alone, among, 64 * self.eps, 0, equal_nan=True):
                each = [self.ask(row) for row in np.moveaxis(rows, 1, 0)]
                value, slopes = map(np.array, zip(*each, strict=True))
                return value, np.moveaxis(slopes, 0, 1)
        return value, slopes

    def _ask(self, at: Array) -> tuple[Array, Array]:
        leaves = [x.requires_grad_() for x in self.tensors(at)]
        y = functions.call(self.f, leaves)
        nothing = np.full(at.shape, np.nan)
        if not y.requires_grad:
            return numbers(y), nothing
        try:
            gradients = reverse.vjp(y, leaves)
        except ValueError:  # an operation without a backward pass
            return numbers(y), nothing
        if all(g is None for g in gradients):
            return numbers(y), nothing
        return numbers(y), _filled(gradients, leaves)

    def is_linear(self, at: Array) -> Array:
        """Whether the gradient scales with the weight, at each point (n,).

        Numbers may underflow or overflow, so it must fail for small and large weights.
        """
        leaves = [x.requires_grad_() for x in self.tensors(at)]
        y = functions.call(self.f, leaves)
        functions.depends(y, "x")

        def slopes(weight: float) -> Array:
            weights = torch.full_like(y, weight)
            gradients = reverse.vjp(y, leaves, weights, retain_graph=True)
            return _filled(gradients, leaves) / weight

        one = slopes(1)
        turned, small, large = (
            (np.abs(slopes(w) - one) <= self.eps**0.5 * np.abs(one)).all(0)
            for w in (-1, 2.0**-10, 2.0**10)
        )
        linear: Array = turned & (small | large)
        return linear

    def narrow(self) -> Probe | None:
        """The same asked in float32, or None where f doesn't take and give that."""
        small = Probe(self.f, self.like, [torch.float32] * len(self.dtypes), 2.0**-23)
        points = [torch.ones_like(x, dtype=torch.float32) for x in self.like]
        return small if _gives(self.f, points, torch.float32) else None

    def works(self, at: Array) -> Array:
        """Where f and autograd give finite numbers, at points (variables, n)."""
        works: Array = np.isfinite(np.vstack(self.ask(at))).all(0)
        return works

    def overflows(self, at: Array) -> Array:
        """Where f fails because its numbers grow too large, not for want of a value.

        A domain ends at the same place in each dtype; where numbers overflow depends
        on the dtype. So on paths away from each point the place is looked for from
        which on f works, and float32 is tried a little farther.
        """
        narrow, lost = self.narrow(), np.zeros(at.shape[1], bool)
        if narrow is None or not lost.size:
            return lost
        held = narrow.held(at)
        for axis in np.vstack([np.eye(len(at)), -np.eye(len(at))])[:, :, None]:
            lost |= self._overflows_on(partial(_along, held, axis), narrow)
        for sign in (1.0, -1.0):  # x doubled or halved, up to 2^1024 times
            lost |= self._overflows_on(partial(_scaled, at, sign), narrow)
        return lost & ~self.works(held)

    def _overflows_on(self, path: Callable[[Array], Array], narrow: Probe) -> Array:
        """Whether f in float32 fails where f starts to work, on paths from n points."""
        places = np.arange(-10.0, 11) + 0.1
        tries = np.array([self.works(path(s)) for s in places])
        first = tries.argmax(0)  # 0 where it works at once, or never
        bad, good = places[first - 1], places[first]
        for _ in range(20):
            middle = (bad + good) / 2
            works = self.works(path(middle))
            bad, good = np.where(works, [bad, middle], [middle, good])
        beyond = path(good + 0.02)
        size = np.abs(beyond)
        fits = ((size == 0) | ((size > 2.0**-120) & (size < 2.0**120))).all(0)
        here = np.where(fits, narrow.held(beyond), beyond)
        fails: Array = (first > 0) & self.works(here) & ~(fits & narrow.works(here))
        return fails

    def is_random(self, at: Array) -> bool:
        """Whether f gives another value the next time, here or a little beside.

        Where it draws numbers, it gets many points, for few draws may show.
        """
        beside = self.held(at + np.maximum(np.abs(at), 1) / 8)
        places = np.hstack([at, beside])
        states = RandomStates(self.like[0].device, self.f, self.like)
        first, _ = self.ask(places)
        if states.drew():
            places = np.tile(places, 1 + 1000 // places.shape[1])
            first, _ = self.ask(places)
        looks = (self.ask(places)[0] for _ in range(4))
        return not all(np.array_equal(first, look, equal_nan=True) for look in looks)


def _along(at: Array, axis: Array, power: Array) -> Array:
    """Points that went 2^power along an axis."""
    there: Array = at + axis * 2.0**power
    return there


def _scaled(at: Array, sign: float, power: Array) -> Array:
    """Points that were doubled, or halved, 2^power times."""
    there: Array = at * 2.0 ** (sign * 2.0**power)
    return there


def _filled(gradients: Sequence[Tensor | None], leaves: Sequence[Tensor]) -> Array:
    """Gradients as an array (variables, n), zero for a variable that f ignores."""
    return np.array(
        [
            np.zeros(x.numel()) if g is None else numbers(g)
            for g, x in zip(gradients, leaves, strict=True)
        ]
    )


def widest(f: Function, xs: Sequence[Tensor], y: Tensor) -> Probe:
    """F asked in float64 where it takes and gives that, else in its own dtypes.

    The steps that tell a corner from a curve are finer than a short dtype can hold.
    `y` is what f gave in its own dtypes.
    """
    if _gives(f, [x.to(torch.float64, copy=True) for x in xs], torch.float64):
        return Probe(f, xs, [torch.float64] * len(xs), 2.0**-52)
    return caller(f, xs, y)


def caller(f: Function, xs: Sequence[Tensor], y: Tensor) -> Probe:
    """F asked in the dtypes of the points, where it gave y."""
    eps = max(torch.finfo(t.dtype).eps for t in (*xs, y))
    return Probe(f, xs, [x.dtype for x in xs], eps)


def _gives(f: Function, xs: Sequence[Tensor], dtype: torch.dtype) -> bool:
    try:
        return functions.call(f, xs).dtype == dtype
    except (TypeError, ValueError):
        return False
