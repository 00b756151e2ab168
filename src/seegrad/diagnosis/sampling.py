"""Values and slopes of f at points beside some point, along one direction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seegrad.diagnosis.probes import Array, Probe

NEAREST = 0.75  # the smallest distance is eps to this power: rounding is finer still
RATIO = 2**1.5  # of neighbouring distances; powers of 2 might all meet one phase
ATOL = 256  # so many eps are what rounding makes of numbers near 1
SAFETY = 16  # how many times the rounding seen in f counts as rounding


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
        return self.rounding(eps, np.fmax(np.abs(self.here), self.unit))

    @staticmethod
    def rounding(eps: float, sizes: Array) -> Array:
        """What rounding makes of numbers of such sizes, or of numbers near 1."""
        rounding: Array = min(ATOL * eps, 2.0**-10) * sizes.clip(1)
        return rounding

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
