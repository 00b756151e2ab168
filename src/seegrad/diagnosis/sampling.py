"""Values and slopes of a function around points, and how far rounding moves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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

NEAREST = 0.75  # the smallest distance is eps to this power: rounding is finer still
RATIO = 2**1.5  # of neighbouring distances; powers of 2 might all meet one phase
ATOL = 256  # so many eps are what rounding makes of numbers near 1
SAFETY = 16  # how many times the rounding seen in f counts as rounding


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
        narrow, found = self.narrow(), np.zeros(at.shape[1], bool)
        if narrow is None or not found.size:
            return found
        held = narrow.held(at)
        for axis in np.vstack([np.eye(len(at)), -np.eye(len(at))])[:, :, None]:
            found |= self._overflows_on(partial(_along, held, axis), narrow)
        for sign in (1.0, -1.0):  # x doubled or halved, up to 2^1024 times
            found |= self._overflows_on(partial(_scaled, at, sign), narrow)
        return found & ~self.works(held)

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


# ---------------------------------------------------------------- along a direction


@dataclass(frozen=True)
class Samples:
    """What f answered along a direction, on both sides of n points.

    Distances are in scales of the points, and slopes are per scale. The rows go from
    large distances to small.
    """

    step: Array
    """How far each row went, below 0 on the left, of shape (2, rows, n)."""
    value: Array
    """f there, of shape (2, rows, n)."""
    slope: Array
    """Autograd's slope there along the direction, of shape (2, rows, n)."""
    here: Array
    """f at the points, of shape (n,)."""
    given: Array
    """Autograd's slope at the points along the direction, of shape (n,)."""
    direction: Array
    """How far each variable goes, in its scale, of shape (variables,)."""
    scales: Array
    """The scale of each variable at each point, of shape (variables, n)."""
    eps: float
    """The spacing at 1 of the numbers that f computed with."""
    tiny: float
    """The smallest number that f's dtype holds in full."""
    parts: Array
    """The sizes of the slopes that add up to `given`, where several variables move."""

    def __getitem__(self, index: Array) -> Samples:
        """What was seen around some of the points."""
        fields = ("step", "value", "slope", "here", "given", "scales", "parts")
        return replace(
            self, **{name: getattr(self, name)[..., index] for name in fields}
        )

    @property
    def unit(self) -> Array:
        """How much of the first variable that moves is a step of 1, of shape (n,)."""
        unit: Array = self.scales[self.direction != 0][0]
        return unit

    def atol(self, eps: float) -> Array:
        """What rounding makes of numbers near 1, near x or near f, of shape (n,)."""
        size = np.fmax(np.abs(self.here), self.unit).clip(1)
        atol: Array = min(ATOL * eps, 2.0**-10) * size
        return atol

    @property
    def rows(self) -> int:
        """How many distances there are on each side."""
        return len(self.step[0])

    def along(self, slopes: Array) -> Array:
        """The slope along the direction of slopes (variables, n), per scale."""
        moved = np.flatnonzero(self.direction)
        per_step: Array = (self.direction[:, None] * self.scales * slopes)[moved]
        total: Array = per_step.sum(0)
        return total

    def noise(self) -> Array:
        """How far rounding may put each value off, of shape (2, rows, n).

        It is what rounding x and f's value amounts to, or what third differences over
        four distances show from there on to smaller distances. They belong to one
        side, so that neither a corner nor a jump at the point leaves a trace in them.
        """
        at, near = (
            np.lib.stride_tricks.sliding_window_view(t, 4, axis=1)
            for t in (self.value, self.step)
        )
        near = near / near[..., :1]
        apart = near[..., :, None] - near[..., None, :] + np.eye(4)
        weights = 1 / apart.prod(-1)
        third = np.abs((weights * at).sum(-1)) / np.sqrt((weights**2).sum(-1))
        third = np.nan_to_num(third, nan=0, posinf=0)
        for row in range(1, third.shape[1]):  # values all alike may hide rounding
            above, here = third[:, row - 1], third[:, row]
            third[:, row] = np.where(
                (here == 0) & (above <= self.atol(self.eps)), above, here
            )
        # The last few values may be alike by chance.
        last = third[:, -5:].max(1, keepdims=True).repeat(3, 1)
        third = np.concatenate([third, last], axis=1)
        seen = np.maximum.accumulate(third[:, ::-1], axis=1)[:, ::-1]
        like = 0 * self.value
        sizes = np.abs([self.value, self.here + like, self.slope, self.parts + like])
        least = self.eps * (np.nan_to_num(sizes, nan=0, posinf=0).sum(0) + self.tiny)
        noise: Array = SAFETY * np.maximum(seen, least)
        return noise

    def without(self, dead: Array) -> Samples:
        """The samples less so many of the smallest rows, of shape (2, n).

        The others move down, and nan fills the rows above.
        """
        index = np.arange(self.rows)[:, None] - dead[:, None]

        def moved(t: Array) -> Array:
            there = np.take_along_axis(t, index.clip(0), 1)
            return np.where(index < 0, np.nan, there)

        step, value, slope = map(moved, (self.step, self.value, self.slope))
        return replace(self, step=step, value=value, slope=slope)

    def dead(self) -> Array:
        """How many of the smallest rows have the very value of the points, (2, n)."""
        same = self.value[:, ::-1] == self.here
        dead: Array = np.cumprod(same, axis=1).sum(1)
        return dead


def distances(eps: float) -> Array:
    """How far to go to each side, in scales of the points: (2, rows, 1)."""
    rows = max(6, 1 + int(np.log(eps**NEAREST * 8) / -np.log(RATIO)))
    away: Array = RATIO ** -np.arange(rows, dtype=float) / 8
    return np.array([-away, away])[:, :, None]


def sample(
    probe: Probe,
    at: Array,
    direction: Array,
    scales: Array,
    moves: Array | None = None,
) -> Samples:
    """What f answers along a direction, one row a variable, at points (variables, n).

    A move of 1 goes the scale of each variable. By default they are `distances`.
    """
    if moves is None:
        moves = distances(probe.eps)
    moves = np.broadcast_to(moves, (*moves.shape[:2], at.shape[1]))
    moved = np.flatnonzero(direction)
    per_step = direction[:, None, None] * scales[:, None]
    rows = np.concatenate([0 * moves[:1, 0], *moves])
    there = probe.held((at[:, None] + per_step * rows).reshape(len(at), -1))
    there = there.reshape(len(at), *rows.shape)
    went = ((there - at[:, None]) / per_step)[moved].mean(0)
    value, slopes = probe.ask_rows(there)
    slope = (per_step * slopes)[moved].sum(0)
    step = np.where(went == 0, np.nan, went)[1:].reshape(moves.shape)
    own = np.abs(per_step[:, 0] * slopes[:, 0])[moved]
    return Samples(
        step=step,
        value=value[1:].reshape(moves.shape),
        slope=slope[1:].reshape(moves.shape),
        here=value[0],
        given=slope[0],
        direction=direction,
        scales=scales,
        parts=own.sum(0) if len(moved) > 1 else np.zeros(at.shape[1]),
        eps=probe.eps,
        tiny=probe.tiny,
    )
