"""The two sides of a point: slopes, jumps and ends, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seegrad.diagnosis.probes import Array
from seegrad.diagnosis.sampling import SAFETY, Samples

BELOW = 6  # so many smaller distances must agree with an estimate
DIGITS = 0.45  # slopes count as equal that differ by eps to this power
SURE = 1 / 16  # more doubt than this part of the slopes decides nothing


@dataclass(frozen=True)
class Sides:
    """What the samples say about each side of n points, in arrays of shape (2, n)."""

    defined: Array
    """Whether f has values there."""
    slope: Array
    """The slope: ±inf where f jumps or grows vertical, nan where it can't be told."""
    error: Array
    """How far the slope may be off."""
    sure: Array
    """Whether that is little beside the slopes around."""
    cut: Array
    """Whether the values have another slope than autograd says nearby."""
    faint: Array
    """Whether what is missing moves f by less than rounding moves numbers near 1."""
    jumps: Array
    """Whether the values beside the point stay away from its own."""
    unsettled: Array
    """How much autograd's slopes nearby change, nan where it has none."""
    chords: Array
    """The slope by values alone."""
    hidden: Array
    """The slope that rounding of f's values alone can hide."""


def measure(seen: Samples, share: float) -> Sides:
    """What the samples say; more doubt than a share of the slopes decides nothing."""
    step, here = seen.step, seen.here
    rise = seen.value - here
    chord, noise = rise / step, seen.noise() / np.abs(step)
    digits = SAFETY * seen.eps * (np.abs(seen.value) + np.abs(here) + seen.tiny)
    hidden = np.fmin.reduce(4 * digits / np.abs(step), axis=1)
    chords, vague, scale = what_stays(chord, noise, chord)

    # A smooth f has chords of autograd's mean slope. What stays beside it is missing.
    known = np.isfinite(seen.slope[:, -5:].sum(1))
    slope = np.where(known[:, None], seen.slope, 0)
    beside, unsettled = slope[:, -1], np.ptp(slope[:, -5:], axis=1)
    mean = (slope + beside[:, None]) / 2
    sizes = np.fmax(np.abs(chord), np.abs(slope))
    missing, doubt, size = what_stays(chord - mean, noise, sizes)
    little = 8 * doubt + seen.eps**DIGITS * size + unsettled + hidden
    # Close by, rounding in a part of f, such as 1 + erf(x), may hide that part's slope.
    off = np.abs(chord - mean)
    near: Array = np.asarray(off + noise < np.abs(missing)[:, None] / 2)
    agrees = np.asarray((near[:, 1:] & near[:, :-1]).any(1))
    stays = np.where(np.abs(off - np.abs(missing)[:, None]) < off / 2, off, 0)
    effect = np.fmax.reduce(stays * np.abs(step), axis=1)
    missed = np.abs(missing) > little
    faint = missed & (effect <= seen.atol(seen.eps))
    cut = ~known | (missed & ~(faint & agrees))
    limit, error = np.where(cut, [chords, vague], [beside, unsettled + doubt])
    size = np.fmax.reduce(np.where(cut, np.fmax(scale, size), size))
    size = np.fmax(size, seen.parts)
    sure = 8 * error <= SURE * size
    sure &= 8 * np.where(cut, vague, doubt) <= share * size
    sure |= (share == SURE) & (error <= hidden)
    sure &= ~(missed & agrees & ~faint)

    # A gap between the values that stays is a jump; chords that grow are infinite.
    gap = (rise - step * mean)[:, -4:]
    rounding = (noise * np.abs(step))[:, -18:].max(1)
    jumps = np.abs(gap[:, -1]) > 16 * np.ptp(gap, axis=1) + rounding
    growth, closer = (
        np.diff(np.log2(np.abs(t[:, -6:])), axis=1) for t in (chord, step)
    )
    power = growth / closer  # of the distance, as the chords follow it
    grows = (power.max(1) < -0.02) & (power.max(1) < power.min(1) / 2)
    grows &= (np.abs(rise) > 4 * digits)[:, -6:].all(1)
    limit = np.where(grows, np.sign(chord[:, -1]) * np.inf, limit)
    limit = np.where(jumps, np.sign(gap[:, -1] * step[:, -1]) * np.inf, limit)
    defined = np.isfinite(chord[:, -2:]).any(1) & np.isfinite(here)
    # A side that can't be told, and doesn't speak against autograd, gets its slope.
    agreed = np.where(np.abs(limit - seen.given) <= 4 * error, seen.given, np.nan)
    limit = np.where(sure | np.isinf(limit), limit, agreed)
    limit = np.where(defined, limit, np.nan)
    unsettled = np.where(known, unsettled, np.nan)
    return Sides(
        defined, limit, error, sure, cut, faint, jumps, unsettled, chords, hidden
    )


def is_constant(seen: Samples) -> Array:
    """Where f changes by less than rounding changes numbers near 1, and mostly not.

    A small f may change by as little and still hold every digit of it.
    """
    rise = np.abs(seen.value - seen.here)
    still = (rise <= seen.noise()).mean((0, 1)) > 0.5
    far = np.fmax.reduce(np.abs(seen.step), axis=(0, 1))
    most = np.fmax(rise, np.abs(seen.slope) * far).max((0, 1))
    still &= most <= seen.atol(seen.eps)
    # Autograd must agree, and its word has no rounding of numbers near x.
    told = np.abs(seen.given) * far <= seen.rounding(seen.eps, np.abs(seen.here))
    constant: Array = still & told
    return constant


def what_stays(rows: Array, noise: Array, sizes: Array) -> tuple[Array, Array, Array]:
    """Where rows come closest to settling, the doubt about it, and sizes there; (2, n).

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
    near = np.where((later <= 0) & (later >= -8), np.abs(sizes), np.nan)
    size = np.fmax.reduce(near, axis=1)
    return value[:, 0], np.where(against, np.inf, doubt[:, 0]), size
