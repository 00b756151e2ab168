"""What the values and slopes around points prove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from seegrad.checks.functions import Function
from seegrad.diagnosis.sampling import (
    NEAREST,
    RATIO,
    SAFETY,
    Array,
    Probe,
    Samples,
    caller,
    generators,
    numbers,
    sample,
    widest,
)
from seegrad.diagnosis.words import RANKS

SMOOTH, UNCLEAR = RANKS["smooth"], RANKS["unclear"]
PIECE = 1024  # so many points are looked at closely at a time
BELOW = 6  # so many smaller distances must agree with an estimate
GRAIN = 1e-5  # numbers inside f may be too coarse to follow a shorter step
SURE = 1 / 16  # more doubt than this part of the slopes decides nothing
NEARLY = 2.0**-10  # the same for a look from near, which may hold rounding alone


@dataclass(frozen=True)
class Points:
    """What the caller's f and autograd gave at n points, and how to ask for more."""

    caller: Probe
    """f in the caller's dtypes."""
    probe: Probe
    """f in float64, where it takes that."""
    at: Array
    """The points, of shape (variables, n)."""
    here: Array
    """The values of f there, of shape (n,)."""
    own: Array
    """What autograd answered, of shape (variables, n)."""

    def __getitem__(self, index: Array) -> Points:
        """Some of the points."""
        at, here, own = self.at[:, index], self.here[index], self.own[:, index]
        return Points(self.caller, self.probe, at, here, own)


def verdicts(
    f: Function, xs: Sequence[Tensor], y: Tensor, own: Array
) -> tuple[Array, Array]:
    """The rank of each point's kind (n,), and its slopes (3, variables, n).

    The slopes are those on the left, those on the right and those by differences. `y`
    and `own`, of shape (variables, n), are what f and autograd gave at the points.
    """
    at = np.array([numbers(x) for x in xs])
    points = Points(caller(f, xs, y), widest(f, xs, y), at, numbers(y), own)
    before = generators()
    with np.errstate(all="ignore"):
        smooth, differences = at_first_sight(points)
        draws = generators() != before
        ranks = np.full(at.shape[1], SMOOTH)
        sides = np.array([own, own, differences])
        doubtful = np.flatnonzero(~smooth)
        for start in range(0, len(doubtful), PIECE):
            piece = doubtful[start : start + PIECE]
            ranks[piece], sides[:, :, piece] = look_closely(points[piece])
        few = np.arange(at.shape[1])[:PIECE] if draws else doubtful[:PIECE]
        if len(few) and points.caller.is_random(at[:, few]):
            ranks[:] = RANKS["random"]
    return ranks, sides


def _directions(variables: int) -> Array:
    """A row for each axis, and for two diagonals where there are any."""
    diagonals = [np.ones(variables), (-1.0) ** np.arange(variables)]
    return np.vstack([np.eye(variables), *diagonals[: 2 * (variables > 1)]])


# ---------------------------------------------------------------- at first sight


def at_first_sight(points: Points) -> tuple[Array, Array]:
    """Where chords and autograd agree at first sight, and the slopes by differences.

    On a step from x to x + h, the chord of a smooth f has the mean slope of its ends,
    but for h²·f‴/12. Two steps to both sides along each direction must show that. No
    allowance is made for rounding. A constant proves nothing: a longer step may.
    """
    probe, at = points.probe, points.at
    again, given = probe.ask(at)
    eps = points.caller.eps
    smooth = np.abs(again - points.here) <= 64 * eps * np.abs(again)
    smooth &= (np.abs(given - points.own) <= 64 * eps * np.abs(given)).all(0)
    differences, flat = np.full(at.shape, np.nan), np.ones(at.shape[1], bool)
    scales = np.where(np.isfinite(at), np.abs(at), 1).clip(1)
    for k, direction in enumerate(_directions(len(at))):
        rises, steps = [], []
        for move in np.array([1, -1, 1 / 8, -1 / 8]) * probe.eps ** (1 / 3):
            there = probe.held(at + direction[:, None] * scales * move)
            value, slopes = probe.ask(there)
            step, rise = there - at, value - again
            off = rise - (step * (slopes + given)).sum(0) / 2
            size = (np.abs(step) * np.maximum(np.abs(slopes), np.abs(given))).sum(0)
            smooth &= np.abs(off) <= probe.eps**0.45 * size
            flat &= rise == 0
            rises.append(rise)
            steps.append(step.sum(0))
        if k < len(at):
            differences[k] = (rises[0] - rises[1]) / (steps[0] - steps[1])
    return smooth & ~flat, differences


# ---------------------------------------------------------------- looking closely


def look_closely(points: Points) -> tuple[Array, Array]:
    """The verdict of all directions, and what was seen along the axes: (3, vars, n)."""
    variables = len(points.at)
    looks = [_look(points, d) for d in _directions(variables)]
    ranks = np.array([rank for rank, _ in looks])
    axes, aslant = ranks[:variables].min(0), ranks[variables:]
    # Where a derivative exists, the axes decide the slope in every direction.
    decided = [RANKS[kind] for kind in ("cut graph", "wrong slope", "tie")]
    aslant[np.isin(aslant, decided)] = RANKS["corner"]
    found = np.where(axes == SMOOTH, aslant.min(0, initial=SMOOTH), axes)
    cut = np.flatnonzero(found == RANKS["cut graph"])
    if len(cut):
        crooked = ~points.caller.is_linear(points.at[:, cut])
        found[cut[crooked]] = RANKS["nonlinear backward"]
    return found, np.array([sides for _, sides in looks[:variables]]).swapaxes(0, 1)


def _look(points: Points, direction: Array) -> tuple[Array, Array]:
    """What is wrong along one direction, and the slopes left, right and by chords.

    f may hold numbers near 1. What it does over distances that these can't tell apart
    is rounding, so the look from afar keeps well above them. Where a look from near, in
    the scale of a small x, shows something else, f in float32 says which one is right.
    """
    size = np.where(np.isfinite(points.at), np.abs(points.at), 1)
    afar = sample(points.probe, points.at, direction, size.clip(1))
    ranks, sides = _with_dead_rows(points, afar)
    moved = np.flatnonzero(direction)
    small = (size[moved] < 1).any(0) & np.isfinite(points.here)
    few = np.flatnonzero((ranks != SMOOTH) & small)
    if len(few):
        scales = np.where(size == 0, points.probe.eps**NEAREST, size)[:, few]
        scales = scales.clip(1e-290, 1)
        near = sample(points.probe, points.at[:, few], direction, scales)
        closer, slopes = judge(points[few], near, NEARLY)
        real, killed = _in_float32(points[few], afar, few)
        # At 0 there is no scale, and a constant so near may be rounding alone.
        still = (size[moved] == 0).any(0)[few] & (near.dead() == near.rows).any(0)
        closer[still] = UNCLEAR
        wins = real & (closer != UNCLEAR)
        ranks[few[wins]], sides[..., few[wins]] = closer[wins], slopes[..., wins]
        ranks[few[~real & ~killed & (closer == SMOOTH)]] = UNCLEAR
    return ranks, sides


def _with_dead_rows(points: Points, seen: Samples) -> tuple[Array, Array]:
    """The verdict, where f may be constant nearby or only rounded to a constant."""
    ranks, sides = judge(points, seen)
    dead = seen.dead()
    dead[dead == seen.rows] = 0  # constant as far as can be seen
    some = np.flatnonzero((dead > 2).any(0))
    if not len(some):
        return ranks, sides
    alive, slopes = judge(points[some], seen[some].without(dead[:, some]))
    differ = alive != ranks[some]
    smooth = differ & (alive == SMOOTH) & (seen.given[some] != 0)
    ranks[some[smooth]], sides[..., some[smooth]] = SMOOTH, slopes[..., smooth]
    nearest = np.nanmin(np.abs(seen.step), axis=(0, 1))[some]
    short = differ & ~smooth & (nearest * RATIO ** dead[:, some].max(0) < GRAIN)
    ranks[some[short]] = UNCLEAR
    return ranks, sides


def _in_float32(points: Points, seen: Samples, few: Array) -> tuple[Array, Array]:
    """Whether f in float32 does the same at the smallest distances, or surely not.

    What rounding does changes with the dtype; what f does doesn't.
    """
    nothing = np.zeros(len(few), bool)
    narrow = points.caller.narrow()
    if narrow is None or points.probe.eps > 1e-15:
        return nothing, nothing
    rows = slice(-8, None)
    step = seen.step[:, rows][..., few]
    value, slope = seen.value[:, rows][..., few], seen.slope[:, rows][..., few]
    again = sample(narrow, points.at, seen.direction, seen.scales[:, few], step)
    rise = np.abs(value - seen.here[few])
    off = np.abs(again.value - value) > rise / 8 + 64 * narrow.eps * np.abs(value)
    off |= np.abs(again.slope - slope) > np.abs(slope) / 8
    off |= np.isfinite(again.value) != np.isfinite(value)
    off |= np.isfinite(again.slope) != np.isfinite(slope)
    lost = np.isfinite(value) & ~np.isfinite(again.value)
    return ~off.any((0, 1)), (off.any((0, 1)) & ~lost.any((0, 1)))


# ---------------------------------------------------------------- one direction


def judge(points: Points, seen: Samples, share: float = SURE) -> tuple[Array, Array]:
    """What the samples prove, and the slopes left, right and by chords, (3, n)."""
    own = seen.along(points.own)
    step, value, slope, here = seen.step, seen.value, seen.slope, seen.here
    noise = seen.noise()
    chord, noise = (value - here) / step, noise / np.abs(step)
    rtol = seen.eps**0.45
    lost = ~np.isfinite([here, own]).all(0)

    # Autograd's slope on each side, or the chords' where they don't agree with it.
    known = np.isfinite(slope[:, -5:].sum(1))
    slope = np.where(known[:, None], slope, 0)
    beside, unsettled = slope[:, -1], np.ptp(slope[:, -5:], axis=1)
    by_chords, vague, scale = what_stays(chord, noise, chord)
    mean = (slope + beside[:, None]) / 2
    missing, doubt, size = what_stays(
        chord - mean, noise, np.fmax(np.abs(chord), np.abs(slope))
    )
    digits = SAFETY * seen.eps * (np.abs(value) + np.abs(here))
    hidden = np.fmin.reduce(4 * digits / np.abs(step), axis=1)  # from values
    cut = ~known | (np.abs(missing) > 8 * doubt + rtol * size + unsettled + hidden)
    limit, error = np.where(cut, [by_chords, vague], [beside, unsettled + doubt])
    size = np.where(cut, np.fmax(scale, size), size).max(0)
    sure = (8 * error <= SURE * size) & (8 * np.where(cut, vague, doubt) <= share * size)
    sure |= (share == SURE) & (error <= hidden)

    # A gap between the values that stays is a jump; slopes that grow are infinite.
    gap = (value - here - step * np.where(known[:, None], mean, 0))[:, -4:]
    jump = np.abs(gap[:, -1]) > 16 * np.ptp(gap, axis=1) + (noise * np.abs(step))[:, -1]
    growth, closer = (
        np.diff(np.log2(np.abs(t[:, -6:])), axis=1) for t in (chord, step)
    )
    power = growth / closer  # of the distance, as the chords follow it
    grows = (power.max(1) < -0.02) & (power.max(1) < power.min(1) / 2)
    grows &= (np.abs(value - here) > 4 * digits)[:, -6:].all(1)
    limit = np.where(grows, np.sign(chord[:, -1]) * np.inf, limit)
    limit = np.where(jump, np.sign(gap[:, -1] * step[:, -1]) * np.inf, limit)
    defined = np.isfinite(chord[:, -2:]).any(1) & np.isfinite(here)
    infinite = np.isinf(limit) & defined
    limit = np.where(defined & (sure | infinite), limit, np.nan)
    left, right = limit
    sure = (sure | infinite).all(0)

    size = np.fmax(np.abs(left), np.abs(right))
    hidden = hidden.max(0)
    bent = np.abs(right - left) > 4 * error.sum(0) + rtol * size + hidden
    best = np.where(error[0] < error[1], left, right)
    doubt = 4 * error.min(0) + hidden
    wrong = ~(np.abs(seen.given - best) <= rtol * size + doubt)  # nan is wrong
    rounded = ~(np.abs(own - best) <= points.caller.eps**0.45 * size + doubt)
    scattered = known.all(0) & (unsettled > np.abs(seen.given - best) / 4).any(0)
    flat = np.fmin(np.abs(left), np.abs(right)) <= 4 * rtol * size
    shared = flat & (np.abs(seen.given - (left + right) / 2) <= 8 * rtol * size)
    edge = ~defined.all(0)
    too_large = lost & np.isfinite(here) & np.isfinite(seen.given)
    if lost.any():
        too_large |= lost & points.probe.overflows(points.at)
    ranks = np.full(len(here), SMOOTH)
    for kind, where in (  # each goes over those before it
        ("unclear", rounded),
        ("wrong slope", wrong),
        ("cut graph", wrong & cut.any(0) & np.isfinite(seen.given)),
        ("unclear", wrong & scattered),
        ("corner", bent),
        ("tie", bent & shared),
        ("unclear", ~sure),
        ("cusp", infinite.any(0)),
        ("vertical tangent", infinite.all(0) & (left == right)),
        ("jump", jump.any(0)),
        ("edge of the domain", edge),
        ("outside the domain", ~np.isfinite([points.here, *points.at]).all(0)),
        ("overflow", too_large),
    ):
        ranks[where] = RANKS[kind]
    left, right = np.where(ranks == SMOOTH, own, limit)
    return ranks, np.array([left, right, by_chords.mean(0)]) / seen.scales[
        seen.direction != 0
    ][0]


def what_stays(rows: Array, noise: Array, sizes: Array) -> tuple[Array, Array, Array]:
    """What rows come closest to settling at, the doubt about it, and sizes there; (2, n).

    An estimate counts only where the smaller distances agree with it, and no fewer
    than BELOW of them.
    """
    below = min(BELOW, rows.shape[1] // 4)
    change = np.abs(np.diff(rows, axis=1))
    doubt = np.maximum(change[:, 1:], change[:, :-1]) + noise[:, 1:-1]
    doubt = np.where(np.isfinite(doubt), doubt, np.inf)
    doubt = doubt[:, : rows.shape[1] - 1 - below]
    best = doubt.argmin(1)[:, None] + 1
    value = np.take_along_axis(rows, best, 1)
    doubt = np.take_along_axis(doubt, best - 1, 1)
    off = np.abs(rows - value) > 4 * doubt + noise
    later = np.arange(rows.shape[1])[:, None] - best
    against = (off & (later > 0)).any(1)
    near = np.where((later <= 0) & (later >= -4), np.abs(sizes), np.nan)
    size = np.fmax.reduce(near, axis=1)
    return value[:, 0], np.where(against, np.inf, doubt[:, 0]), size
