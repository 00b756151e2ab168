"""Diagnosis: whether there is a derivative here, and whether autograd has it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.diagnosis.words import RANKS, SMOOTH, WORDS
from seegrad.engine import reverse
from seegrad.engine.evaluation import value_and_gradient

Array = np.ndarray[Any, Any]

KINDS = np.array(list(WORDS))
ROWS = 24  # distances at which each side is looked at
SAFETY = 16  # how many times the rounding seen in f counts as rounding


class NotDifferentiableWarning(UserWarning):
    """The function has no derivative at a point, or autograd hasn't got it."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Whether a function has a derivative at points, and whether autograd has it.

    Index it as an array of the points' shape to get the diagnosis of some of the
    points: ``found[3]``. Made by `diagnose`, which tells the kinds apart.
    """

    x: Tensor
    """The points: in their own shape, or one row a variable, (variables,) + shape."""
    kind: np.ndarray[Any, np.dtype[np.str_]] | np.str_
    """What was found at each point: strings in the points' shape, or one string."""
    left: Tensor
    """The slope just left of each point, in the shape of x; ±inf where the curve gets
    vertical or jumps, nan where it isn't defined."""
    right: Tensor
    """The slope just right of each point, in the shape of x."""
    autograd: Tensor
    """The slope that autograd answered, in the shape of x; nan where it had none."""
    numerical: Tensor
    """The slope by differences, the mean of both sides, in the shape of x; nan where
    a side has none."""

    @property
    def message(self) -> str:
        """What is true here, what PyTorch answered and what to write instead.

        At most three sentences. With several points they are about the most serious
        one, how many there are of its kind, and where the first is.
        """
        return _message(self)

    def __getitem__(self, index: Any) -> Diagnosis:
        """The diagnosis of some of the points, or of one."""
        kind = np.asarray(self.kind)
        places = np.arange(kind.size).reshape(kind.shape)[index]
        chosen = torch.from_numpy(np.array(places)).to(self.x.device)
        lead = self.x.shape[: self.x.ndim - kind.ndim]
        fields = (self.x, self.left, self.right, self.autograd, self.numerical)
        with state.no_graph():
            parts = (t.reshape(*lead, kind.size)[..., chosen] for t in fields)
            x, left, right, autograd, numerical = parts
        return Diagnosis(x, kind[index], left, right, autograd, numerical)


def diagnose(f: Function, *xs: object) -> Diagnosis:
    """Say whether a function has a derivative at points, and whether autograd has it.

    Parameters
    ----------
    f : callable
        A function of one tensor a variable that returns a tensor of their shape,
        computed elementwise.
    *xs : tensor, array, list or number
        The points, one argument a variable; their shapes broadcast to one another.

    Returns
    -------
    Diagnosis
        For each point its kind, the one-sided slopes left and right, what autograd
        answered and what differences say, and one message.

    Raises
    ------
    TypeError
        If f or a point is of the wrong kind, or f does not return a tensor.
    ValueError
        If the shapes do not broadcast, or f returns another shape or raises.

    See Also
    --------
    derivative : What autograd says, and with ``check=True`` a warning of the rest.
    tangent_line : Warns with the same message.
    numerical_derivative : What differences say.

    Notes
    -----
    The kinds, and what is true of f where each is found:

    ==================== ============================================================
    smooth               the derivative exists, and autograd has it
    corner               the slopes left and right are finite and differ; with several
                         variables also where the slopes along the axes don't give
                         those along a diagonal
    tie                  a corner where one of the slopes is 0 and autograd answers
                         half of the other: it shares the gradient between pieces
                         that are equal, as maximum(x, 0) at 0
    cusp                 the slope is infinite on one side, or on both with opposite
                         signs
    vertical tangent     the slope is infinite on both sides, with one sign
    jump                 f is not continuous
    edge of the domain   f has a value here, but none on one side or on both
    outside the domain   f has no finite value
    overflow             a value or a gradient is too large for the dtype
    cut graph            the derivative exists, but autograd is wrong here and nearby:
                         part of f is detached
    wrong slope          the derivative exists, but autograd has nan, or is wrong at
                         this point alone: relu(x) − relu(−x) at 0
    not connected        no path of the graph leads from the result to the points
    random               f gives two answers for one point
    mixes points         a value depends on other points
    ==================== ============================================================

    Only values of f and slopes of autograd decide. On a step from x to x + h, the
    chord of a smooth f has the mean slope of its ends, but for h²·f‴/12 [1]_. Where
    two steps of different length show that on both sides, down to rounding, f is
    smooth. This takes one call of f for all points. The others are looked at from 24
    distances on each side. There a fault is something that stays as the distance
    shrinks: a gap between the values is a jump, between autograd's slopes on the two
    sides a corner, and between the chords and autograd's slopes a cut graph. It counts
    where it is several times its own change and the rounding, which is measured by
    third differences. So a corner is seen where the slopes differ by more than about a
    millionth in float64, and a thousandth in float32. Parts of f are taken to round as
    1 does: slopes that differ by less than about 1e-12 in float64, or 1e-3 in float32,
    count as equal.

    A shared gradient can be told from a corner only where one piece is flat: abs(x) and
    maximum(x, −x) are one function, with one answer 0, and both are called a corner.

    With several variables f is looked at along each axis and along two diagonals.

    References
    ----------
    .. [1] The error of the trapezoidal rule: J. Stoer and R. Bulirsch, Introduction to
       Numerical Analysis, 3rd ed., Springer, 2002, section 3.1.

    Examples
    --------
    At 0, abs(x) has a corner between the slopes −1 and 1, and PyTorch says 0:

    >>> import seegrad
    >>> found = seegrad.diagnose(abs, 0.0)
    >>> found.kind == "corner"
    True
    >>> found.left.item(), found.right.item(), found.autograd.item()
    (-1.0, 1.0, 0.0)

    The derivative of x² at 2 is 4, and detach() hides half of it:

    >>> seegrad.diagnose(lambda x: x * x.detach(), [2.0]).kind.tolist()
    ['cut graph']
    """
    arguments.function(f)
    points = arguments.variables(xs, ["x"] if len(xs) == 1 else None)
    with state.preserve_state(points[0].device, f, *points):
        return examine(f, points)


def is_smooth(found: Diagnosis) -> bool:
    """Whether there is a derivative at every point, and autograd has it."""
    return bool(np.all(found.kind == "smooth"))


def warn(found: Diagnosis, stacklevel: int) -> bool:
    """Warn where there is no derivative, or autograd hasn't got it; whether it did."""
    if is_smooth(found):
        return False
    warnings.warn(found.message, NotDifferentiableWarning, stacklevel=stacklevel + 1)
    return True


def warn_up_to(order: int, f: Function, xs: Sequence[Tensor], stacklevel: int) -> None:
    """Warn of f or, where it is smooth, of the first lower derivative that isn't."""
    for _ in range(order):
        if warn(examine(f, xs), stacklevel + 1):
            return
        f = _slope(f)


def _slope(f: Function) -> Function:
    """What autograd says the derivative of f is, as a function."""

    def slope(x: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x if x.requires_grad else x.clone().requires_grad_()
            lower = reverse.slope(f(x), x, retain_graph=True, create_graph=True)
            return lower + 0 * x  # a constant slope has left the graph

    return slope


# ---------------------------------------------------------------- all points


def examine(
    f: Function,
    xs: Sequence[Tensor],
    known: tuple[Tensor, Sequence[Tensor]] | None = None,
) -> Diagnosis:
    """The diagnosis at checked points of one shape, inside `state.preserve_state`.

    `known` is what `value_and_gradient` gave for them, if the caller has it.
    """
    xs = [x.detach() for x in xs]
    nothing = np.full((len(xs), xs[0].numel()), np.nan)
    try:
        y, gradients = known or value_and_gradient(f, [x.clone() for x in xs])
        own = np.array([_numbers(g) for g in gradients])
    except functions.NotConnectedError:
        y, own = functions.call(f, [x.clone() for x in xs]), nothing
    except (functions.NotElementwiseError, functions.RandomFunctionError) as error:
        once = isinstance(error, functions.RandomFunctionError) or _random(f, xs)
        rank = RANKS["random" if once else "mixes points"]
        return _diagnosis(
            xs, np.full(len(nothing[0]), rank), nothing, np.array([nothing] * 3)
        )
    here = _numbers(y)
    info = max((torch.finfo(t.dtype) for t in (*xs, y)), key=lambda info: info.eps)
    with np.errstate(all="ignore"):
        smooth, numerical = _at_first_sight(f, xs, here, own, info.eps)
        ranks, sides = np.full(len(here), SMOOTH), np.array([own, own, numerical])
        doubtful = np.flatnonzero(~smooth)
        if len(doubtful):
            chosen = torch.from_numpy(doubtful).to(xs[0].device)
            few = [_flat(x.flatten()[chosen], x) for x in xs]
            ranks[doubtful], sides[:, :, doubtful] = _look_closely(
                f, few, here[doubtful], own[:, doubtful], info
            )
    if (ranks == RANKS["random"]).any():
        ranks[:] = RANKS["random"]
    if own is nothing:
        ranks = np.minimum(ranks, RANKS["not connected"])
    return _diagnosis(xs, ranks, own, sides)


def _diagnosis(
    xs: Sequence[Tensor], ranks: Array, own: Array, sides: Array
) -> Diagnosis:
    shape, dtype = tuple(xs[0].shape), xs[0].dtype
    for x in xs:
        dtype = torch.promote_types(dtype, x.dtype)
    points = np.array([_numbers(x) for x in xs])
    fields = torch.from_numpy(np.array([points, *sides, own]) + 0.0)  # no −0
    fields = fields.to(xs[0].device, dtype)
    fields = fields.reshape(5, *(() if len(xs) == 1 else (len(xs),)), *shape)
    kind = KINDS[ranks].reshape(shape)[()]
    x, left, right, numerical, autograd = fields.unbind()
    return Diagnosis(x, kind, left, right, autograd, numerical)


def _numbers(t: Tensor) -> Array:
    flat: Array = t.detach().flatten().to("cpu", torch.float64).numpy()
    return flat


def _flat(points: Tensor, like: Tensor) -> Tensor:
    """One point a row, with as many dimensions as f has met, or one alone as it was."""
    lead = (-1,) if like.ndim or points.numel() > 1 else ()
    return points.reshape(lead + (1,) * (like.ndim - 1))


def _answers(f: Function, at: Sequence[Tensor]) -> tuple[Array, Array]:
    """Values (n,) and slopes (variables, n) of f, with nan where one fails."""
    given = [x.clone().requires_grad_() for x in at]
    nothing = np.full((1 + len(at), at[0].numel()), np.nan)
    value, slopes = nothing[0], nothing[1:]
    try:
        y = functions.call(f, given)
        value = _numbers(y)
        functions.depends(y, "x")
        found = reverse.vjp(y, given)
    except (TypeError, ValueError):
        return value, slopes
    if any(g is not None for g in found):
        zero = np.zeros_like(value)
        slopes = np.array([zero if g is None else _numbers(g) for g in found])
    return value, slopes


def _directions(variables: int) -> Array:
    """A row for each axis, and for two diagonals where there are any."""
    diagonals = [np.ones(variables), (-1.0) ** np.arange(variables)]
    return np.vstack([np.eye(variables), *diagonals[: 2 * (variables > 1)]])


# ---------------------------------------------------------------- at first sight


def _at_first_sight(
    f: Function, xs: Sequence[Tensor], here: Array, own: Array, eps: float
) -> tuple[Array, Array]:
    """Where chords and autograd agree at first sight, and the slopes by differences.

    One call of f tries the points again, and two steps on both sides of them along
    each direction. No allowance is made for rounding.
    """
    moves = _moves(len(xs))
    shape = (len(moves), len(here))
    there, steps = [], []
    for x, along in zip(xs, moves.T, strict=True):
        at = x.flatten()
        h = torch.from_numpy(along[:, None]).to(x.device, x.dtype) * eps ** (1 / 3)
        there.append(torch.addcmul(at, h, at.abs().where(at != 0, 1.0)))
        steps.append(_numbers(there[-1]).reshape(shape) - _numbers(at))
    value, slope = _answers(f, [_flat(t, x) for t, x in zip(there, xs, strict=True)])
    step, rise, slope = (
        np.array(steps),
        value.reshape(shape) - here,
        slope.reshape(len(xs), *shape),
    )
    given = own[:, None]
    off = rise - (step * (slope + given)).sum(0) / 2
    size = (np.abs(step) * np.maximum(np.abs(slope), np.abs(given))).sum(0)
    smooth = (np.abs(off[1:]) <= eps**0.45 * size[1:]).all(0)
    smooth &= np.abs(rise[0]) <= 64 * eps * np.abs(here)
    smooth &= (np.abs(slope[:, 0] - own) <= 64 * eps * np.abs(own)).all(0)
    ahead, back = (np.s_[k : 4 * len(xs) : 4] for k in (1, 2))
    run = step.sum(0)
    return smooth, (rise[ahead] - rise[back]) / (run[ahead] - run[back])


@cache
def _moves(variables: int) -> Array:
    """None, and along each direction two steps forward and back, a row for each."""
    steps = np.array([[1], [-1], [0.125], [-0.125]])
    return np.vstack([np.zeros(variables), np.kron(_directions(variables), steps)])


# ---------------------------------------------------------------- looking closely


def _look_closely(
    f: Function, xs: Sequence[Tensor], here: Array, own: Array, info: torch.finfo
) -> tuple[Array, Array]:
    """The verdict of all directions, and what was seen along the axes: (3, vars, n)."""
    looks = [_look(f, xs, here, own, d, info) for d in _directions(len(xs))]
    ranks = np.array([rank for rank, _ in looks])
    axes, aslant = ranks[: len(xs)].min(0), ranks[len(xs) :]
    # Where a derivative exists, the axes decide the slope in every direction.
    decided = [RANKS[kind] for kind in ("cut graph", "wrong slope", "tie")]
    aslant[np.isin(aslant, decided)] = RANKS["corner"]
    found = np.where(axes == SMOOTH, aslant.min(0, initial=SMOOTH), axes)
    if _random(f, xs):
        found[:] = RANKS["random"]
    return found, np.array([sides for _, sides in looks[: len(xs)]]).swapaxes(0, 1)


def _random(f: Function, xs: Sequence[Tensor]) -> bool:
    """Whether f gives another value the next time, here or a little way off."""
    beside = [x + (0.125 * x.abs()).clamp(min=0.125) for x in xs]
    first, *others = (
        np.hstack([_answers(f, at)[0] for at in (xs, beside)]) for _ in range(5)
    )
    return not all(np.array_equal(first, again, equal_nan=True) for again in others)


def _look(
    f: Function,
    xs: Sequence[Tensor],
    here: Array,
    gradients: Array,
    direction: Array,
    info: torch.finfo,
) -> tuple[Array, Array]:
    """What is wrong along one direction, and the slopes left, right and by chords.

    Arrays are of shape (2 sides, ROWS, n), with the distances from large to small.
    """
    moved = np.flatnonzero(direction)
    own = direction[moved] @ gradients[moved]
    at = np.array([_numbers(x) for x in xs])
    size = np.abs(at[moved]).max(0)
    step, value, slope = _sample(f, xs, direction, _distances(size, info))
    rounding = _rounding(step, value, np.abs(here) + size * np.abs(own), info)
    chord, noise = (value - here) / step, rounding / np.abs(step)
    rtol, trifle = info.eps**0.45, 512 * info.eps  # what parts of f round to
    reach = np.fmax.reduce(np.abs(step), axis=(0, 1))

    # Autograd's slope on each side, or the chords' where they don't agree with it.
    known = np.isfinite(slope[:, -5:].sum(1))
    slope = np.where(known[:, None], slope, 0)
    beside, unsettled = slope[:, -1], np.ptp(slope[:, -5:], axis=1)
    by_chords, vague = _what_stays(chord, noise)
    mean = (slope + beside[:, None]) / 2
    rest = chord - mean
    missing, doubt = _what_stays(rest, noise)
    size = np.maximum(np.abs(beside), np.abs(by_chords))
    cut = np.abs(missing) > 8 * doubt + rtol * size + 2 * trifle / reach
    # Close by, rounding in a part of f, such as 1 + erf(x), may hide that part's slope.
    agrees = np.abs(rest) + noise / SAFETY < np.abs(missing)[:, None] / 2
    cut &= ~(agrees[:, 1:] & agrees[:, :-1]).any(1)
    limit = np.where(known & ~cut, beside, by_chords)
    error = np.where(known & ~cut, unsettled, vague)

    # A gap between the values that stays is a jump; slopes that grow are infinite.
    gap = (value - here - step * mean)[:, -4:]
    least = 4 * np.ptp(gap, axis=1) + rounding[:, ROWS // 2] + trifle
    jump = np.abs(gap[:, -1]) > least
    growth, closer = (
        np.diff(np.log2(np.abs(t[:, -6:])), axis=1) for t in (slope, step)
    )
    power = growth / closer  # of the distance, as the slopes follow it
    grows = (power.max(1) < -0.02) & (power.max(1) < power.min(1) / 2)
    grows &= (np.abs(chord) > np.abs(slope) / 2)[:, -5:].all(1)
    limit = np.where(grows, np.sign(beside) * np.inf, limit)
    limit = np.where(jump, np.sign(gap[:, -1] * step[:, -1]) * np.inf, limit)
    defined = np.isfinite(chord[:, -2:]).any(1) & np.isfinite(here)
    left, right = limit = np.where(defined, limit, np.nan)

    size = rtol * np.fmax(np.abs(left), np.abs(right))
    hidden = np.fmin.reduce(noise, axis=1).max(0) + trifle / reach
    infinite = np.isinf(limit).any(0)
    bent = ~infinite & (np.abs(right - left) > 4 * error.sum(0) + size + hidden)
    best = np.where(error[0] < error[1], left, right)
    lost = ~np.isfinite([here, own]).all(0)
    wrong = lost | (np.abs(own - best) > 4 * error.min(0) + 4 * size + hidden)
    flat = np.minimum(np.abs(left), np.abs(right)) <= 4 * size
    shared = flat & (np.abs(own - (left + right) / 2) <= 8 * size)
    edge = ~defined.all(0)
    beyond = edge & np.isinf(value[:, -1]).any(0)
    if lost.any():
        beyond |= lost & ~(known & np.isfinite(value[:, -1])).any(0) & _too_large(f, xs)
    ranks = np.full(len(here), SMOOTH)
    for kind, where in (  # each goes over those before it
        ("wrong slope", wrong),
        ("cut graph", wrong & cut.any(0)),
        ("corner", bent),
        ("tie", bent & shared),
        ("cusp", infinite),
        ("vertical tangent", infinite & (left == right)),
        ("jump", jump.any(0)),
        ("edge of the domain", edge),
        ("outside the domain", ~np.isfinite([here, *at]).all(0)),
        ("overflow", beyond),
    ):
        ranks[where] = RANKS[kind]
    left, right = np.where(ranks == SMOOTH, own, limit)
    return ranks, np.array([left, right, by_chords.mean(0)])


def _distances(size: Array, info: torch.finfo) -> Array:
    """How far to go to each side, of shape (ROWS, n), from large to small.

    The smallest keeps a seventh of the digits of x. The largest is 1/8, or more where x
    is so large that rounding would spoil that.
    """
    digits = -np.log2(info.eps)
    own = np.log2(np.where(np.isfinite(size) & (size > 0), size, 1))
    least = np.where(size > 0, own - 0.85 * digits, -1.25 * digits)
    least = least.clip(np.log2(info.smallest_normal) + 1)
    most = np.maximum(own - 0.42 * digits, -3)
    distances: Array = 2.0 ** np.linspace(most, least, ROWS)
    return distances


def _sample(
    f: Function, xs: Sequence[Tensor], direction: Array, distances: Array
) -> tuple[Array, Array, Array]:
    """Steps, values and slopes along a direction, each of shape (2, ROWS, n)."""
    moved, found = np.flatnonzero(direction), []
    at = np.array([_numbers(x) for x in xs])
    for move in (*-distances, *distances):
        there = [
            x + torch.from_numpy(a * move).to(x.device, x.dtype).reshape(x.shape)
            for x, a in zip(xs, direction, strict=True)
        ]
        went = direction @ (np.array([_numbers(t) for t in there]) - at) / len(moved)
        value, slopes = _answers(f, there)
        slope = direction[moved] @ slopes[moved]
        found.append((np.where(went == 0, np.nan, went), value, slope))
    rows = np.array(found).reshape(2, ROWS, 3, -1)
    return rows[:, :, 0], rows[:, :, 1], rows[:, :, 2]


def _rounding(step: Array, value: Array, own: Array, info: torch.finfo) -> Array:
    """How far rounding may put a difference of values off, of shape (2, ROWS, n).

    It is what rounding x and f's value amounts to, or what third differences over four
    distances show from here on. They belong to one side, so that neither a corner nor
    a jump at the point, nor a graph that is cut, leaves a trace in them.
    """
    at, near = (
        np.lib.stride_tricks.sliding_window_view(t, 4, axis=1) for t in (value, step)
    )
    near = near / near[..., :1]
    apart = near[..., :, None] - near[..., None, :] + np.eye(4)
    weights = 1 / apart.prod(-1)
    third = np.abs((weights * at).sum(-1)) / np.sqrt((weights**2).sum(-1))
    third = np.nan_to_num(third, nan=0, posinf=0).max(0)
    third = np.concatenate([third, third[-1:].repeat(3, 0)])
    seen = np.maximum.accumulate(third[::-1])[::-1]
    least = np.nan_to_num(own, posinf=0) + np.abs(value) + info.smallest_normal
    rounding: Array = SAFETY * np.maximum(seen, info.eps * least)
    return rounding


def _what_stays(rows: Array, noise: Array) -> tuple[Array, Array]:
    """What the rows come closest to settling at, and the doubt about it; (2, n)."""
    change = np.abs(np.diff(rows, axis=1))
    doubt = np.maximum(change[:, 1:], change[:, :-1]) + noise[:, 1:-1]
    doubt = np.where(np.isfinite(doubt), doubt, np.inf)
    best = doubt.argmin(1)[:, None]
    value = np.take_along_axis(rows, best + 1, 1)
    doubt = np.take_along_axis(doubt, best, 1)
    # No smaller distance may speak against it.
    off = np.abs(rows - value) > np.abs(value) / 2 + 2 * doubt + noise
    against = (off & (np.arange(ROWS)[:, None] > best)).any(1)
    return value[:, 0], np.where(against, np.inf, doubt[:, 0])


def _too_large(f: Function, xs: Sequence[Tensor]) -> Array:
    """Where f fails because its numbers are too large, and not for want of a value.

    The domain of a function is the same in each dtype; where it overflows is not. So f
    is tried in float64 and in float32, here and on the way to zero.
    """
    found = np.zeros(xs[0].numel(), bool)
    for halvings in range(40):
        narrow = [(x.double() * 0.5**halvings).float() for x in xs]
        tries = narrow, [x.double() for x in narrow]
        fails, works = (np.isfinite(np.vstack(_answers(f, at))).all(0) for at in tries)
        found |= works & ~fails & np.isfinite([_numbers(x) for x in narrow]).all(0)
    return found


# ---------------------------------------------------------------- in words


def _message(found: Diagnosis) -> str:
    """Truth, answer and remedy about the first of the most serious points."""
    kinds = np.atleast_1d(found.kind)
    if not kinds.size:
        return "There are no points."
    kind = next(name for name in WORDS if (kinds == name).any())
    places = np.argwhere(kinds == kind)
    one = found[tuple(places[0])] if np.ndim(found.kind) else found
    rows = torch.stack([one.left, one.right, one.autograd, one.numerical, one.x])
    left, right, answer, numerical, at = rows.reshape(5, -1).tolist()
    names = ["x"] if len(at) == 1 else [f"x{k}" for k in range(len(at))]
    point = ", ".join(f"{name} = {x:.6g}" for name, x in zip(names, at, strict=True))
    where = f"At {point} "
    if kinds.size > 1:
        index = ", ".join(map(str, places[0]))
        where = f"At {len(places)} of {kinds.size} points, the first at index {index} "
        where += f"with {point}, "
    truth, *others = WORDS[kind]
    if kind == "corner" and left == right:
        truth = (
            "f has no tangent plane: the slopes along the axes don't give the others"
        )
    # Several variables: the one along which the slopes differ most.
    spread = np.ptp([left, right, answer], axis=0)
    k = int(np.argmax(np.nan_to_num(spread, nan=np.inf)))
    along = f" along {names[k]}" if len(at) > 1 and "{" in truth else ""
    words = {
        "left": _number(left[k]),
        "right": _number(right[k]),
        "slope": _number((left[k] + right[k]) / 2),
        "answer": f"{answer[k]:.4g}",
        "numerical": _number(numerical[k]),
    }
    sentences = [where + truth + along, *others]
    return " ".join(f"{sentence.format(**words)}." for sentence in sentences)


def _number(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.4g}"
