"""What the values and slopes around points prove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from seegrad.checks.functions import Function
from seegrad.checks.state import RandomStates
from seegrad.diagnosis.probes import Array, Probe, caller, numbers, widest
from seegrad.diagnosis.sampling import NEAREST, RATIO, Samples, sample
from seegrad.diagnosis.sides import DIGITS, SURE, is_constant, measure
from seegrad.diagnosis.words import RANKS

SMOOTH, UNCLEAR = RANKS["smooth"], RANKS["unclear"]
FAINT = [RANKS[kind] for kind in ("cut graph", "wrong slope", "corner", "tie")]
PIECE = 1024  # so many points are looked at closely at a time
GRAIN = 1e-5  # numbers inside f may be too coarse to follow a shorter step
SMALL = 1e-4  # of a smaller x, slopes may change within the distances seen from afar
ALIVE = 16  # so many eps are a distance that numbers near 1 can follow
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
    states = RandomStates(xs[0].device, f, xs)
    with np.errstate(all="ignore"):
        smooth, differences = at_first_sight(points)
        draws = states.drew()
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
            smooth &= np.abs(off) <= probe.eps**DIGITS * size
            flat &= rise == 0
            rises.append(rise)
            steps.append(step.sum(0))
        if k < len(at):
            differences[k] = (rises[0] - rises[1]) / (steps[0] - steps[1])
    small = ((at != 0) & (np.abs(at) < SMALL)).any(0)
    return smooth & ~flat & ~small, differences


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
    kinds = np.where(axes == SMOOTH, aslant.min(0, initial=SMOOTH), axes)
    cut = np.flatnonzero(kinds == RANKS["cut graph"])
    if len(cut):
        linear = points.caller.is_linear(points.at[:, cut])
        kinds[cut[~linear]] = RANKS["nonlinear backward"]
    return kinds, np.array([sides for _, sides in looks[:variables]]).swapaxes(0, 1)


def _look(points: Points, direction: Array) -> tuple[Array, Array]:
    """What is wrong along one direction, and the slopes left, right and by chords.

    f may hold numbers near 1. What it does over distances that these can't tell apart
    is rounding, so the look from afar keeps well above them.
    """
    size = np.where(np.isfinite(points.at), np.abs(points.at), 1)
    afar = sample(points.probe, points.at, direction, size.clip(1))
    ranks, sides = _with_dead_rows(points, afar)
    moved = size[direction != 0]
    contested = (ranks != SMOOTH) & (moved < 1).any(0)
    small = ((moved > 0) & (moved < SMALL)).any(0)
    few = np.flatnonzero((contested | small) & np.isfinite(points.here))
    if len(few):
        ranks[few], sides[..., few] = _from_near(
            points[few], afar[few], ranks[few], sides[..., few]
        )
    return ranks, sides


def _from_near(
    points: Points, afar: Samples, ranks: Array, sides: Array
) -> tuple[Array, Array]:
    """The verdict where x is small, by a look in the scale of x as well.

    Where it differs from that of afar, either f changes within such distances, or
    numbers near 1 have lost what f does there. f in float32 can tell.
    """
    eps, size = points.probe.eps, np.abs(points.at)
    scales = np.where(size == 0, _scale_at_zero(afar), size).clip(1e-290, 1)
    near = sample(points.probe, points.at, afar.direction, scales)
    closer, slopes = judge(points, near, NEARLY)
    moved = afar.direction != 0
    zero = (size[moved] == 0).any(0)
    still = (near.dead() == near.rows).all(0)
    constant = still & (near.slope == 0).all((0, 1))
    closer[constant] = SMOOTH
    # Values that stay while autograd says they move may have lost all their digits.
    closer[still & ~constant] = UNCLEAR
    move = np.abs(near.given * near.step).max((0, 1))
    stuck = still & (move > near.rounding(eps, np.abs(near.here)))

    real, killed = _in_float32(points, afar, slice(-8, None), near)
    tiny = (size[moved] < eps).any(0) | (closer == SMOOTH)
    bends = tiny & _tells_apart(points, afar.direction)
    real |= bends
    same, _ = _in_float32(points, near, slice(0, 4), near)
    least = np.abs(near.step[:, 3]).min(0) * scales[moved].min(0)
    real |= same & ~zero & (least > ALIVE * eps)
    # At 0 there is no scale, and a constant so near may be rounding alone.
    closer[constant & zero] = UNCLEAR

    known, other = closer != UNCLEAR, closer != ranks
    wins = real & known & (other | ~zero)
    doubt = known & other & ~real & ~killed & ((closer == SMOOTH) | ~zero)
    doubt |= stuck & (ranks == SMOOTH)
    # From afar such an f looks like a fault, whatever it is.
    doubt |= bends & ~known & (ranks != SMOOTH)
    ranks = np.where(doubt, UNCLEAR, np.where(wins, closer, ranks))
    return ranks, np.where(wins, slopes, sides)


def _scale_at_zero(seen: Samples) -> Array:
    """The distance at which f may turn to its slope at 0, or reach its value at 0."""
    rise, here = np.abs(seen.value[:, -1] - seen.here), np.abs(seen.here)
    turns = np.array(
        [rise / np.abs(seen.given), here / rise * np.abs(seen.step[:, -1])]
    )
    turns[~(turns > 0)] = np.inf
    nearest: Array = np.fmin.reduce(turns, axis=(0, 1)) * 8
    return np.where(nearest < seen.eps, nearest, seen.eps**NEAREST)


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
    moves = (seen.slope[:, -3:, some] != 0).any((0, 1))
    smooth = differ & (alive == SMOOTH) & moves
    ranks[some[smooth]], sides[..., some[smooth]] = SMOOTH, slopes[..., smooth]
    nearest = np.nanmin(np.abs(seen.step), axis=(0, 1))[some]
    short = differ & ~smooth & (nearest * RATIO ** dead[:, some].max(0) < GRAIN)
    ranks[some[short]] = UNCLEAR
    return ranks, sides


def _in_float32(
    points: Points, seen: Samples, rows: slice, near: Samples
) -> tuple[Array, Array]:
    """Whether f in float32 does the same in these rows, or surely something else.

    What rounding does changes with the dtype; what f does doesn't.
    """
    narrow = points.caller.narrow()
    if narrow is None or seen.eps >= narrow.eps:
        nothing = np.zeros(len(seen.here), bool)
        return nothing, nothing
    step, value, slope = (t[:, rows] for t in (seen.step, seen.value, seen.slope))
    again = sample(narrow, points.at, seen.direction, seen.scales, step)
    rounding = 64 * narrow.eps * np.abs(value)
    zero = (points.at[seen.direction != 0] == 0).any(0)
    alike = np.where(zero, 2.0**-10, 1 / 8)  # at 0 nothing else tells
    other = _differ(again.value, value, np.abs(value - seen.here) * alike + rounding)
    far = np.abs(slope) * alike + rounding / np.abs(step)
    other |= _differ(again.slope, slope, far)
    # Where rounding has killed a part of f, f goes on as it does near the point.
    unit = seen.unit / near.unit
    chord = ((near.value - near.here) / near.step * unit)[:, -1:]
    gone = ~_differ(
        again.value, seen.here + chord * step, np.abs(chord * step) / 8 + rounding
    )
    slope = (near.slope * unit)[:, -1:]
    gone &= ~_differ(again.slope, slope + 0 * step, np.abs(slope) / 8)
    rise = np.abs(value - seen.here)
    shown = (rise > 2 * rounding) | ((rise == 0) & (again.value == again.here))
    same = ~other.any((0, 1)) & shown.any((0, 1))
    return np.asarray(same), np.asarray((other & gone).any((0, 1)))


def _differ(a: Array, b: Array, tolerance: Array) -> Array:
    """Whether numbers differ by more, or one of them only is finite."""
    finite = np.isfinite(a)
    differ: Array = finite != np.isfinite(b)
    differ |= finite & ~(np.abs(a - b) <= tolerance)
    return differ


def _tells_apart(points: Points, direction: Array) -> Array:
    """Whether f bends within distances that numbers near 1 can't tell apart.

    Then it is made of smaller numbers, or of large multiples of x, and a look from near
    is right. At x = 0 this proves nothing, as abs(x) bends at any distance.
    """
    moves = np.array([1, 1 / 8, 1 / 64])[:, None] * points.probe.eps / 4
    scales = np.ones_like(points.at)
    seen = sample(points.probe, points.at, direction, scales, np.array([-moves, moves]))
    first = np.where(np.isfinite(seen.given), seen.given, seen.slope[0, -1])
    bends = ~(np.abs(seen.slope - first) <= np.abs(first) * 2.0**-10)
    bends = (bends & np.isfinite(first)) | ~np.isfinite(seen.value)
    return np.asarray(bends.any((0, 1)) & (points.at[direction != 0] != 0).all(0))


# ---------------------------------------------------------------- one direction


def judge(points: Points, seen: Samples, share: float = SURE) -> tuple[Array, Array]:
    """What the samples prove, and the slopes left, right and by chords, (3, n)."""
    sides = measure(seen, share)
    given, own = seen.given, seen.along(points.own)
    lost = ~np.isfinite([points.here, own]).all(0)
    left, right = sides.slope
    infinite = np.isinf(sides.slope)
    size = np.fmax(np.abs(left), np.abs(right))
    hidden = sides.hidden.max(0)
    rtol = seen.eps**DIGITS

    bent = np.abs(right - left) > 4 * sides.error.sum(0) + rtol * size + hidden
    flat = np.fmin(np.abs(left), np.abs(right)) <= 4 * rtol * size
    shared = flat & (np.abs(given - (left + right) / 2) <= 8 * rtol * size)

    best = np.where(sides.error[0] < sides.error[1], left, right)
    doubt = 4 * sides.error.min(0) + hidden
    off = np.abs(given - best)
    wrong = ~(off <= rtol * size + doubt + seen.tiny)  # nan is wrong
    scattered = (sides.unsettled > off / 4).any(0)
    eps, tiny = points.caller.eps, points.caller.tiny
    far = np.abs(points.at[seen.direction != 0][0]).clip(1)
    loose = eps**DIGITS * size + doubt + (tiny + seen.atol(eps) / far) * seen.unit
    rounded = ~(np.abs(own - best) <= loose)

    too_large = lost & np.isfinite(seen.here) & np.isfinite(given)
    if lost.any():
        too_large |= lost & points.probe.overflows(points.at)
    ranks = np.full(len(own), SMOOTH)
    for kind, where in (  # each goes over those before it
        ("unclear", rounded),
        ("wrong slope", wrong),
        ("cut graph", wrong & sides.cut.any(0) & np.isfinite(given)),
        ("unclear", wrong & scattered),
        ("corner", bent),
        ("tie", bent & shared),
        ("unclear", ~(sides.sure | infinite).all(0)),
        ("smooth", ~lost & (share == SURE) & is_constant(seen)),
        ("cusp", infinite.any(0)),
        ("vertical tangent", infinite.all(0) & (left == right)),
        ("jump", sides.jumps.any(0)),
        ("edge of the domain", ~sides.defined.all(0)),
        ("outside the domain", ~np.isfinite([points.here, *points.at]).all(0)),
        ("overflow", too_large),
    ):
        ranks[where] = RANKS[kind]
    faint = np.flatnonzero(sides.faint.any(0) & np.isin(ranks, FAINT))
    if len(faint):
        rows = slice(2, 8)
        real, _ = _in_float32(points[faint], seen[faint], rows, seen[faint])
        real &= (seen.value[:, rows, faint] != seen.here[faint]).any((0, 1))
        ranks[faint[~real]] = UNCLEAR
    left, right = np.where(ranks == SMOOTH, own, sides.slope)
    return ranks, np.array([left, right, sides.chords.mean(0)]) / seen.unit
