"""Diagnosis: whether there is a derivative here, and whether autograd has it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seegrad import _check
from seegrad._check import Function
from seegrad.gradient import pull_back, value_and_gradient

Array = np.ndarray[Any, Any]

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
        with _check.unrecorded():
            x, left, right, autograd, numerical = (
                field.reshape(*lead, kind.size)[..., chosen]
                for field in (
                    self.x,
                    self.left,
                    self.right,
                    self.autograd,
                    self.numerical,
                )
            )
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
        For each point its `kind`, the one-sided slopes `left` and `right`, what
        `autograd` answered and what differences say (`numerical`), and one `message`.

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
    millionth in float64, and a thousandth in float32.

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
    _check.function(f)
    points = _check.variables(xs, ["x"] if len(xs) == 1 else None)
    with _check.undisturbed(points[0].device):
        return examine(f, points)


def warn(found: Diagnosis, stacklevel: int) -> None:
    """Warn where there is no derivative, or autograd hasn't got it."""
    if (np.asarray(found.kind) != "smooth").any():
        warnings.warn(
            found.message, NotDifferentiableWarning, stacklevel=stacklevel + 1
        )


# ---------------------------------------------------------------- all points


class _Look(NamedTuple):
    """What was seen at n points along one direction: kinds and slopes of shape (n,)."""

    kind: Array
    left: Array
    right: Array
    numerical: Array


def examine(
    f: Function,
    xs: Sequence[Tensor],
    known: tuple[Tensor, Sequence[Tensor]] | None = None,
) -> Diagnosis:
    """The diagnosis at checked points of one shape, inside `_check.undisturbed`.

    `known` is what `value_and_gradient` gave for them, if the caller has it.
    """
    xs = [x.detach() for x in xs]
    shape, none = tuple(xs[0].shape), np.full(xs[0].numel(), np.nan)
    connected = True
    try:
        y, gradients = known or value_and_gradient(f, [x.clone() for x in xs])
        here, own = _numbers(y), [_numbers(g) for g in gradients]
    except _check.NotConnectedError:
        y, own = _check.call(f, [x.clone() for x in xs]), [none] * len(xs)
        here, connected = _numbers(y), False
    except (_check.MixedPointsError, _check.RandomError) as error:
        random = isinstance(error, _check.RandomError)
        random |= bool(_random(f, xs).any())
        kind = np.full(none.shape, "random" if random else "mixes points", "<U18")
        looks = [_Look(kind, none, none, none)] * len(xs)
        return _diagnosis(xs, kind, looks, [none] * len(xs))
    info = max((torch.finfo(t.dtype) for t in (*xs, y)), key=lambda info: info.eps)
    with np.errstate(all="ignore"):
        smooth, central = _plainly_smooth(f, xs, here, own, info.eps)
        kind = np.full(none.shape, "smooth", "<U18")
        looks = [
            _Look(kind, slope.copy(), slope.copy(), by_differences)
            for slope, by_differences in zip(own, central, strict=True)
        ]
        doubtful = np.flatnonzero(~smooth)
        if len(doubtful):
            flat = (-1,) + (1,) * (len(shape) - 1) if shape else ()
            chosen = torch.from_numpy(doubtful).to(xs[0].device)
            few = [x.flatten()[chosen].reshape(flat) for x in xs]
            slopes = [slope[doubtful] for slope in own]
            found = _look_closely(f, few, here[doubtful], slopes, info)
            kind[doubtful] = found[0].kind
            for look, closer in zip(looks, found, strict=True):
                for field, value in zip(look[1:], closer[1:], strict=True):
                    field[doubtful] = value
    if not connected:
        kind[kind != "random"] = "not connected"
    return _diagnosis(xs, kind, looks, own)


def _diagnosis(
    xs: Sequence[Tensor], kind: Array, looks: Sequence[_Look], own: Sequence[Array]
) -> Diagnosis:
    dtype, device, shape = xs[0].dtype, xs[0].device, xs[0].shape
    for x in xs:
        dtype = torch.promote_types(dtype, x.dtype)

    def rows(values: Sequence[Array]) -> Tensor:
        """One variable's own slopes, or a row for each of several."""
        lead = () if len(xs) == 1 else (len(xs),)
        table = np.stack(values) + 0.0  # no negative zero
        return torch.from_numpy(table).to(device, dtype).reshape(lead + shape)

    return Diagnosis(
        x=rows([_numbers(x) for x in xs]),
        kind=kind.reshape(shape)[()],
        left=rows([look.left for look in looks]),
        right=rows([look.right for look in looks]),
        autograd=rows(own),
        numerical=rows([look.numerical for look in looks]),
    )


def _numbers(t: Tensor) -> Array:
    flat: Array = t.detach().flatten().to("cpu", torch.float64).numpy()
    return flat


def _axes(variables: int) -> list[list[float]]:
    return np.eye(variables).tolist()


def _diagonals(variables: int) -> list[list[float]]:
    alternating = [(-1.0) ** k for k in range(variables)]
    return [[1.0] * variables, alternating] if variables > 1 else []


def _answers(f: Function, at: Sequence[Tensor]) -> tuple[Array, list[Array]]:
    """Values and slopes of f, flat, with nan where f or autograd fails."""
    given = [x.clone().requires_grad_() for x in at]
    none = np.full(at[0].numel(), np.nan)
    value = none
    try:
        y = _check.call(f, given)
        value = _numbers(y)
        _check.depends(y, "x")
        slopes = pull_back(y, given)
    except (TypeError, ValueError):
        return value, [none] * len(at)
    if all(slope is None for slope in slopes):
        return value, [none] * len(at)
    return value, [0 * none if s is None else _numbers(s) for s in slopes]


# ---------------------------------------------------------------- at first sight


def _plainly_smooth(
    f: Function, xs: Sequence[Tensor], here: Array, own: Sequence[Array], eps: float
) -> tuple[Array, list[Array]]:
    """Where chords and autograd agree at first sight, and the slopes by differences.

    One call of f tries the points again, and two steps on both sides of them along
    each direction. No allowance is made for rounding.
    """
    count, variables = len(here), len(xs)
    moves = [np.zeros(variables)]
    for direction in _axes(variables) + _diagonals(variables):
        moves += [r * np.array(direction) for r in (1, -1, 0.125, -0.125)]
    stacked, steps = [], []
    for x, along in zip(xs, np.transpose(moves), strict=True):
        at = x.flatten()
        h = at.abs().where(at != 0, 1.0) * eps ** (1 / 3)
        factors = torch.tensor(along.tolist(), dtype=x.dtype, device=x.device)
        there = torch.addcmul(at, factors[:, None], h)
        stacked.append(there.reshape((-1,) + (1,) * (x.ndim - 1)))
        steps.append(_numbers(there).reshape(len(moves), count) - _numbers(at))
    values, slopes = _answers(f, stacked)
    step, values = np.stack(steps, 1), values.reshape(len(moves), count)
    slope = np.stack([s.reshape(len(moves), count) for s in slopes], 1)
    given = np.stack(own)
    rise = values - here
    off = rise - (step * (slope + given)).sum(1) / 2
    size = (np.abs(step) * np.maximum(np.abs(slope), np.abs(given))).sum(1)
    smooth = (np.abs(off[1:]) <= eps**0.45 * size[1:]).all(0)
    again = np.abs(off[0]) <= 64 * eps * np.abs(here)
    again &= (np.abs(slope[0] - given) <= 64 * eps * np.abs(given)).all(0)
    central = []
    for k in range(variables):
        far, near = (
            (rise[row] - rise[row + 1]) / (step[row, k] - step[row + 1, k])
            for row in (4 * k + 1, 4 * k + 3)
        )
        central.append((64 * near - far) / 63)
    return smooth & again, central


# ---------------------------------------------------------------- looking closely


def _look_closely(
    f: Function,
    xs: Sequence[Tensor],
    here: Array,
    own: Sequence[Array],
    info: torch.finfo,
) -> list[_Look]:
    """A look along each axis, with one verdict on all of them and the diagonals."""
    looks = [_look(f, xs, here, own, d, info) for d in _axes(len(xs))]
    kind = looks[0].kind
    for look in looks[1:]:
        kind = np.where(_rank(look.kind) < _rank(kind), look.kind, kind)
    for direction in _diagonals(len(xs)):
        aslant = _look(f, xs, here, own, direction, info).kind
        # Where a derivative exists, the axes decide the slope in every direction.
        aslant[np.isin(aslant, ("cut graph", "wrong slope", "tie"))] = "corner"
        kind = np.where(kind == "smooth", aslant, kind)
    kind[_random(f, xs)] = "random"
    return [look._replace(kind=kind) for look in looks]


def _rank(kind: Array) -> Array:
    order = np.array(list(WORDS))
    rank: Array = (kind[:, None] == order).argmax(1)
    return rank


def _random(f: Function, xs: Sequence[Tensor]) -> Array:
    """Where f gives another value the next time, here or a little way off."""
    beside = [x + (0.125 * x.abs()).clamp(min=0.125) for x in xs]
    found = np.zeros(xs[0].numel(), bool)
    for at in (xs, beside):
        answers = np.array([_answers(f, at)[0] for _ in range(5)])
        found |= np.ptp(np.nan_to_num(answers), axis=0) != 0
    return found


def _look(
    f: Function,
    xs: Sequence[Tensor],
    here: Array,
    gradients: Sequence[Array],
    direction: Sequence[float],
    info: torch.finfo,
) -> _Look:
    """What is seen along one direction. Arrays are of shape (2 sides, ROWS, n)."""
    own = sum(a * g for a, g in zip(direction, gradients, strict=True) if a)
    at = np.stack([_numbers(x) for x in xs])
    size = np.abs(at[np.array(direction) != 0]).max(0)
    step, value, slope = _sample(f, xs, direction, _distances(size, info))
    chord = (value - here) / step
    rounding = _rounding(step, value, here, own * size, info)
    noise = rounding / np.abs(step)

    # Autograd's slope on each side, where the chords agree with it, or else theirs.
    known = np.isfinite(slope[:, -5:]).all(1)
    slope = np.where(known[:, None], slope, 0)
    beside, unsettled = slope[:, -1], np.ptp(slope[:, -5:], axis=1)
    mean = (slope + beside[:, None]) / 2
    rest = chord - mean
    missing, doubt = _what_stays(rest, noise)
    by_chords, vague = _what_stays(chord, noise)
    rtol = info.eps**0.45
    reach = np.fmax.reduce(np.abs(step), axis=(0, 1))
    least = 512 * info.eps / reach + rtol * np.maximum(
        np.abs(beside), np.abs(by_chords)
    )
    cut = np.abs(missing) > 8 * doubt + least
    # Close by, rounding in a part of f, such as 1 + erf(x), may hide that part's slope.
    agrees = np.abs(rest) + noise / SAFETY < np.abs(missing)[:, None] / 2
    cut &= ~(agrees[:, 1:] & agrees[:, :-1]).any(1)
    limit = np.where(known & ~cut, beside, by_chords)
    error = np.where(known & ~cut, unsettled, vague)

    # A gap between the values that stays is a jump; slopes that grow are infinite.
    gap = (value - here - step * mean)[:, -4:]
    jump = (
        np.abs(gap[:, -1])
        > 4 * np.ptp(gap, axis=1) + rounding[:, ROWS // 2] + 512 * info.eps
    )
    steep = slope[:, -4:]
    powers = np.diff(np.log2(np.abs(steep)), axis=1) / np.diff(
        np.log2(np.abs(step[:, -4:])), axis=1
    )
    seen = np.abs(chord[:, -4:]) > np.abs(steep) / 2
    grows = known & (powers < -0.02).all(1) & seen.all(1)
    limit = np.where(grows, np.sign(steep[:, -1]) * np.inf, limit)
    limit = np.where(jump, np.sign(gap[:, -1] * step[:, -1]) * np.inf, limit)
    defined = np.isfinite(chord[:, -2:]).any(1) & np.isfinite(here)
    left, right = limit = np.where(defined, limit, np.nan)

    size = rtol * np.fmax(np.abs(left), np.abs(right))
    hidden = np.fmin.reduce(noise, axis=1).max(0) + 512 * info.eps / reach
    infinite = np.isinf(limit).any(0)
    bent = ~infinite & (np.abs(right - left) > 4 * error.sum(0) + size + hidden)
    best = np.where(error[0] < error[1], left, right)
    wrong = ~np.isfinite(own) | (
        np.abs(own - best) > 4 * error.min(0) + 4 * size + hidden
    )
    flat = np.minimum(np.abs(left), np.abs(right)) <= 4 * size
    shared = flat & (np.abs(own - (left + right) / 2) <= 8 * size)
    kind = np.full(len(here), "smooth", "<U18")
    for name, where in (  # each goes over those before it
        ("wrong slope", wrong),
        ("cut graph", wrong & cut.any(0)),
        ("corner", bent),
        ("tie", bent & shared),
        ("cusp", infinite),
        ("vertical tangent", infinite & (left == right)),
        ("jump", jump.any(0)),
        ("edge of the domain", ~defined.all(0)),
        ("outside the domain", ~np.isfinite([here, *at]).all(0)),
    ):
        kind[where] = name
    beyond = np.isinf(value[:, -1]).any(0) & (kind == "edge of the domain")
    lost = ~np.isfinite([here, own]).all(0)
    if lost.any():
        near = np.isfinite(value[:, -1] + slope[:, -1]) & known
        beyond |= lost & ~near.any(0) & _too_large(f, xs)
    kind[beyond] = "overflow"
    left, right = np.where(kind == "smooth", own, limit)
    return _Look(kind, left, right, by_chords.mean(0))


def _distances(size: Array, info: torch.finfo) -> Array:
    """How far to go to each side, of shape (ROWS, n): powers of two, largest first.

    The smallest keeps a seventh of the digits of x. The largest is 1/8, or more where x
    is so large that rounding would spoil that, and nan stands for any above that.
    """
    digits = -np.log2(info.eps)
    own = np.floor(np.log2(np.where(np.isfinite(size) & (size > 0), size, 1)))
    least = np.where(size > 0, own - round(0.85 * digits), -round(1.25 * digits))
    least = least.clip(np.log2(info.smallest_normal) + 1)
    most = np.maximum(own - round(0.42 * digits), -3)
    wide = np.maximum(most, own.clip(3))
    octaves = np.floor((wide - least) / (ROWS - 1) + 0.6).clip(1, 5)
    least = np.where(octaves < 5, np.maximum(least, wide - octaves * (ROWS - 1)), least)
    exponents = least + octaves * np.arange(ROWS)[::-1, None]
    distances: Array = np.where(exponents <= most, 2.0**exponents, np.nan)
    return distances


def _sample(
    f: Function, xs: Sequence[Tensor], direction: Sequence[float], distances: Array
) -> tuple[Array, Array, Array]:
    """Steps, values and slopes along a direction, each of shape (2, ROWS, n)."""
    found = []
    for side in (-1, 1):
        for h in distances:
            there, steps = [], []
            for x, along in zip(xs, direction, strict=True):
                move = torch.from_numpy(side * along * h).to(x.device, x.dtype)
                there.append(x + move.reshape(x.shape))
                steps.append(along * (_numbers(there[-1]) - _numbers(x)))
            value, slopes = _answers(f, there)
            slope = sum(a * s for a, s in zip(direction, slopes, strict=True) if a)
            step = sum(steps) / np.count_nonzero(direction)
            found.append((np.where(step == 0, np.nan, step), value, slope))
    rows = np.array(found).reshape(2, ROWS, 3, -1)
    return rows[:, :, 0], rows[:, :, 1], rows[:, :, 2]


def _rounding(
    step: Array, value: Array, here: Array, own: Array, info: torch.finfo
) -> Array:
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
    third = (weights * at).sum(-1) / np.sqrt((weights**2).sum(-1))
    third = np.nan_to_num(np.abs(third), nan=0, posinf=0).max(0)
    seen = np.maximum.accumulate(third[::-1])[::-1]
    seen = np.concatenate([seen, seen[-1:].repeat(3, 0)])
    least = np.abs(here) + np.nan_to_num(np.abs(own), posinf=0) + np.abs(value)
    least = info.eps * (least + info.smallest_normal)
    rounding: Array = SAFETY * np.maximum(seen, least)
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
        wide = [x.double() for x in narrow]
        (a, b), (c, d) = _answers(f, wide), _answers(f, narrow)
        fits = np.isfinite([_numbers(x) for x in narrow]).all(0)
        found |= fits & np.isfinite([a, *b]).all(0) & ~np.isfinite([c, *d]).all(0)
    return found


# ---------------------------------------------------------------- in words

# What is true, what PyTorch answered and what to write: the most serious kind first.
ANSWER = "PyTorch answered {answer}"
WORDS = {
    "mixes points": (
        "f is not elementwise: a value depends on other points",
        "A derivative a point does not exist for it",
        "Write f without sum, mean, sort or softmax over the points, or use "
        "torch.func.jacrev for its Jacobian",
    ),
    "random": (
        "f gives another value each time it is called",
        "A derivative belongs to one fixed function",
        "Draw the random numbers once, outside f",
    ),
    "not connected": (
        "no path of the autograd graph leads from f's result to x",
        "PyTorch has no slope to answer, and differences say {numerical}",
        "Leave out .detach(), .item(), torch.tensor(...) and torch.no_grad() inside f, "
        "and use torch functions",
    ),
    "outside the domain": (
        "f has no finite value",
        ANSWER,
        "Choose a point where f is defined",
    ),
    "overflow": (
        "f's numbers are too large for the dtype",
        ANSWER,
        "Choose a smaller point, a wider dtype, or a form that stays small, such as "
        "torch.sigmoid, torch.tanh or torch.logsumexp",
    ),
    "jump": (
        "f jumps, so it has no derivative",
        ANSWER,
        "Choose a point beside it, or a smooth step such as torch.sigmoid",
    ),
    "vertical tangent": (
        "f is vertical, so it has no finite derivative",
        ANSWER,
        "Choose a point beside it",
    ),
    "cusp": (
        "f has a cusp: its slope is {left} on the left and {right} on the right",
        ANSWER,
        "Choose a point beside it, or add a small number under the root",
    ),
    "cut graph": (
        "f has the slope {slope}",
        ANSWER + ", because part of f is detached",
        "Leave out .detach(), .item(), .data, float() and torch.no_grad() inside f, or "
        "a backward pass of your own that does not match it",
    ),
    "wrong slope": (
        "f has the slope {slope}",
        ANSWER + ", because pieces of f have no slope here",
        "Write f as one smooth piece, and where torch.where leaves out a branch that "
        "is nan or inf, give that branch a harmless input with a second torch.where",
    ),
    "edge of the domain": (
        "f ends: its slope is {left} on the left and {right} on the right",
        ANSWER,
        "Choose a point inside the domain",
    ),
    "corner": (
        "f has a corner: its slope is {left} on the left and {right} on the right",
        ANSWER + ", which is a choice and no derivative",
        "Choose a point beside it, or a smooth form such as torch.sqrt(x**2 + 1e-6) "
        "for abs and softplus for relu",
    ),
    "tie": (
        "two pieces of f tie: its slope is {left} on the left and {right} on the right",
        ANSWER + ", half of the slope for each piece",
        "Choose a point beside it, or a smooth form such as torch.logaddexp for "
        "maximum",
    ),
    "smooth": ("f has the derivative {slope}", ANSWER + ", which is right"),
}


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
    numbers = {
        "left": left[k],
        "right": right[k],
        "slope": (left[k] + right[k]) / 2,
        "answer": answer[k],
        "numerical": numerical[k],
    }
    words = {name: _number(value) for name, value in numbers.items()}
    sentences = [where + truth + along, *others]
    return " ".join(f"{sentence.format(**words)}." for sentence in sentences)


def _number(value: float) -> str:
    """Four digits are plenty for a slope, and 0 has no sign."""
    return "undefined" if np.isnan(value) else f"{value + 0.0:.4g}"
