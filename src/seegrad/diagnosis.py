"""Diagnosis: whether there is a derivative here, and whether autograd has it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seegrad import _check
from seegrad._check import Function
from seegrad.gradient import pull_back, value_and_gradient

KINDS = (
    "mixes points",
    "random",
    "not connected",
    "outside the domain",
    "overflow",
    "jump",
    "vertical tangent",
    "cusp",
    "poisoned gradient",
    "cut graph",
    "edge of the domain",
    "corner",
    "tie",
    "hidden corner",
    "smooth",
)
"""What `diagnose` can find at a point, the most serious first."""

STEPS = 24  # distances at which each side is looked at
CLOSE = 12  # from here on the distances are small
NOISE = 16.0  # how many times the rounding seen in f counts as rounding


class NotDifferentiableWarning(UserWarning):
    """The function has no derivative at a point, or autograd hasn't got it."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Whether a function has a derivative at points, and whether autograd has it.

    Index it as an array of the points' shape to get the diagnosis of one point out of
    many: ``diagnosis[3]``. Made by `diagnose`, which tells the kinds apart.
    """

    x: Tensor
    """The points: in their own shape, or one row a variable, (variables,) + shape."""
    kind: np.ndarray[Any, np.dtype[np.str_]] | np.str_
    """One of `KINDS` for each point: strings in the points' shape, or one string."""
    left: Tensor
    """The slope just left of each point, in the shape of x; ±inf where the curve gets
    vertical or jumps, nan where it isn't defined."""
    right: Tensor
    """The slope just right of each point, in the shape of x."""
    autograd: Tensor
    """The slope that autograd answered, in the shape of x; nan where it had none."""
    numerical: Tensor
    """The slope from both sides together, by differences, in the shape of x; nan where
    the sides have no common mean."""

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
        chosen = torch.as_tensor(np.array(places), device=self.x.device)
        lead = self.x.shape[: self.x.ndim - kind.ndim]

        def pick(field: Tensor) -> Tensor:
            with _check.unrecorded():
                return field.reshape(*lead, kind.size)[..., chosen]

        return Diagnosis(
            x=pick(self.x),
            kind=np.asarray(kind.ravel()[places])[()],
            left=pick(self.left),
            right=pick(self.right),
            autograd=pick(self.autograd),
            numerical=pick(self.numerical),
        )


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

    Warns
    -----
    Nothing: it answers. `tangent_line`, `tangent_plane` and ``check=True`` in
    `derivative`, `gradient` and `gradient_field` warn with its message.

    See Also
    --------
    derivative : What autograd says, unasked.
    numerical_derivative : What differences say.

    Notes
    -----
    The kinds, and what is true of f where each is found:

    ==================== ============================================================
    smooth               the derivative exists, and autograd has it
    hidden corner        the derivative exists, but pieces of f have corners that
                         cancel here, and autograd is wrong at this point alone:
                         relu(x) − relu(−x) at 0
    tie                  the slopes left and right differ, one of them is 0, and
                         autograd answers half of the other: it shares the gradient
                         between the pieces that are equal, as maximum(x, 0) at 0
    corner               the slopes left and right are finite and differ; with several
                         variables also where the slopes along the axes don't give
                         those along a diagonal
    edge of the domain   f has a value here, but none on one side or on both
    cut graph            the derivative exists, but autograd is wrong here and nearby:
                         part of f is detached
    poisoned gradient    the derivative exists, but autograd answers nan or inf
    cusp                 the slope is infinite on one side, or on both with opposite
                         signs
    vertical tangent     the slope is infinite on both sides, with one sign
    jump                 f is not continuous
    overflow             a value or a gradient is too large for the dtype
    outside the domain   f has no finite value
    not connected        no path of the graph leads from the result to the points
    random               f gives two answers for one point
    mixes points         a value depends on other points
    ==================== ============================================================

    Only values of f and slopes of autograd decide, at the point and at 24 distances on
    either side, so the cost is that of about 60 derivatives, whatever the number of
    points. Where autograd's slope at the point agrees with the chords on both sides
    from some distance on, down to rounding, f is smooth. Elsewhere the chords' slopes
    are extrapolated to distance zero by Aitken's process [1]_, each with an estimate of
    its error; two numbers differ only where the errors don't explain it. The rounding
    in f is measured by third differences on one side of the point. So a corner is seen
    where its slopes differ by more than about a millionth in float64, and a thousandth
    in float32.

    A shared gradient can be told from a corner only where one piece is flat: |x| and
    maximum(x, −x) are one function, with one answer 0, and both are called a corner.

    With several variables f is looked at along each axis and along two diagonals.

    References
    ----------
    .. [1] J. Stoer and R. Bulirsch, Introduction to Numerical Analysis, 3rd ed.,
       Springer, 2002, section 5.10.

    Examples
    --------
    At 0, |x| has a corner between the slopes −1 and 1, and PyTorch says 0:

    >>> import seegrad
    >>> found = seegrad.diagnose(abs, 0.0)
    >>> found.kind == "corner"
    True
    >>> found.left.item(), found.right.item(), found.autograd.item()
    (-1.0, 1.0, 0.0)

    The derivative of x² at 2 is 4, and detach() hides half of it:

    >>> seegrad.diagnose(lambda x: x * x.detach(), [2.0]).kind
    array(['cut graph'], dtype='<U18')
    """
    _check.function(f)
    points = _check.variables(xs, ["x"] if len(xs) == 1 else None)
    with _check.undisturbed(points[0].device):
        return examine(f, points)


def warn(diagnosis: Diagnosis, stacklevel: int) -> bool:
    """Warn where there is no derivative, or autograd hasn't got it; whether it did."""
    if (np.asarray(diagnosis.kind) == "smooth").all():
        return False
    warnings.warn(
        diagnosis.message, NotDifferentiableWarning, stacklevel=stacklevel + 1
    )
    return True


def examine(f: Function, xs: Sequence[Tensor]) -> Diagnosis:
    """The diagnosis at checked points of one shape, inside `_check.undisturbed`."""
    found = _at_the_points(f, xs)
    if isinstance(found, str):
        return _the_same_everywhere(found, xs)
    y, slopes = found
    axes = [[float(i == k) for i in range(len(xs))] for k in range(len(xs))]
    looks = [_look(f, xs, y, slopes, direction) for direction in axes]
    kind = _worst([look.kind for look in looks])
    for direction in _diagonals(len(xs)):
        aslant = _look(f, xs, y, slopes, direction).kind
        # Where a derivative exists, the axes decide the slope in every direction.
        aslant[np.isin(aslant, ("cut graph", "hidden corner", "tie"))] = "corner"
        kind = np.where(kind == "smooth", aslant, kind)
    if isinstance(slopes, str):
        kind[:] = slopes
    kind[_changes_its_answer(f, xs, y)] = "random"

    def field(name: str) -> Tensor:
        rows = [
            getattr(k, name).reshape(x.shape) for k, x in zip(looks, xs, strict=True)
        ]
        return _rows(rows, xs)

    return Diagnosis(
        x=_rows([x.detach() for x in xs], xs),
        kind=kind.reshape(xs[0].shape)[()],
        left=field("left"),
        right=field("right"),
        autograd=field("slope"),
        numerical=field("numerical"),
    )


def _rows(rows: Sequence[Tensor], xs: Sequence[Tensor]) -> Tensor:
    """One variable's own tensor, or a row for each of several, in the widest dtype."""
    dtype = xs[0].dtype
    for x in xs:
        dtype = torch.promote_types(dtype, x.dtype)
    rows = [row.to(dtype) for row in rows]
    return rows[0].clone() if len(rows) == 1 else torch.stack(rows)


def _diagonals(variables: int) -> list[list[float]]:
    if variables == 1:
        return []
    return [[1.0] * variables, [(-1.0) ** k for k in range(variables)]]


def _worst(kinds: Sequence[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """At each point the most serious of several kinds."""
    ranks = np.stack([[KINDS.index(kind) for kind in row] for row in kinds])
    worst: np.ndarray[Any, Any] = np.array(KINDS)[ranks.astype(int).min(axis=0)]
    return worst


# ---------------------------------------------------------------- at the points


def _at_the_points(
    f: Function, xs: Sequence[Tensor]
) -> str | tuple[Tensor, tuple[Tensor, ...] | str]:
    """Value and slopes there; or the kind that all points share, or its slopes do."""
    try:
        y, slopes = value_and_gradient(f, [x.clone() for x in xs])
        return y.detach(), tuple(slope.detach() for slope in slopes)
    except _check.MixedPointsError:
        return "mixes points"
    except _check.RandomError:
        return "random"
    except _check.NotConnectedError:
        return _check.call(f, [x.clone() for x in xs]).detach(), "not connected"


def _the_same_everywhere(kind: str, xs: Sequence[Tensor]) -> Diagnosis:
    none = [torch.full_like(x, torch.nan) for x in xs]
    return Diagnosis(
        x=_rows(list(xs), xs),
        kind=np.full(tuple(xs[0].shape), kind, np.array(KINDS).dtype)[()],
        left=_rows(none, xs),
        right=_rows(none, xs),
        autograd=_rows(none, xs),
        numerical=_rows(none, xs),
    )


def _changes_its_answer(
    f: Function, xs: Sequence[Tensor], y: Tensor
) -> np.ndarray[Any, Any]:
    """Where f gives another value the next time, here or a little way off."""
    beside = [x.detach() + (0.125 * x.detach().abs()).clamp(min=0.125) for x in xs]
    first = _tried(f, beside)[0]
    changed = torch.zeros(y.numel(), dtype=torch.bool, device=y.device)
    for _ in range(4):
        for at, before in ((xs, y.flatten().double()), (beside, first)):
            again = _tried(f, at)[0]
            changed |= (again != before) & ~(again.isnan() & before.isnan())
    return changed.cpu().numpy()


def _tried(f: Function, at: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Values and slopes of f, flat in float64, with nan where f or autograd fails."""
    given = [x.detach().clone().requires_grad_() for x in at]
    none = torch.full_like(given[0], torch.nan, dtype=torch.float64).detach().flatten()
    try:
        y = _check.call(f, given)
    except (TypeError, ValueError):
        return none, [none] * len(given)
    value = y.detach().double().flatten()
    try:
        _check.depends(y, "x")
        slopes = pull_back(y, given)
    except ValueError:
        return value, [none] * len(given)
    if all(slope is None for slope in slopes):
        return value, [none] * len(given)
    return value, [
        torch.zeros_like(none) if slope is None else slope.detach().double().flatten()
        for slope in slopes
    ]


# ---------------------------------------------------------------- along a line


@dataclass(frozen=True, eq=False)
class _Look:
    """What is seen at n points along one direction, flat: kinds and slopes of (n,)."""

    kind: np.ndarray[Any, Any]
    left: Tensor
    right: Tensor
    slope: Tensor
    numerical: Tensor


@dataclass(frozen=True, eq=False)
class _Samples:
    """f on both sides of n points: index 0 is left, and the distances get smaller.

    Everything is float64. `steps`, `values`, `slopes` and `chords` have shape
    (2, STEPS, n), `value` and `slope` (n,). Chords go through the point itself.
    """

    unit: Tensor
    """What values and slopes are counted in, of shape (n,)."""

    value: Tensor
    slope: Tensor
    steps: Tensor
    values: Tensor
    slopes: Tensor
    chords: Tensor
    noise: Tensor
    """How far rounding may turn each chord, in units of slope, if it is everywhere
    what it is at worst on the smaller distances, or in f's parts."""
    quiet: Tensor
    """The same, if it is at each distance what it is at much smaller ones."""
    parts: Tensor
    """The same, for rounding in f's parts alone."""
    unresolved: Tensor
    """Where f isn't smooth even between neighbouring numbers, of shape (n,)."""
    still: Tensor
    """Where f doesn't change at all close by, of shape (n,)."""
    rtol: float
    """Slopes that differ by less, relatively, count as equal."""


def _look(
    f: Function,
    xs: Sequence[Tensor],
    y: Tensor,
    slopes: tuple[Tensor, ...] | str,
    direction: Sequence[float],
) -> _Look:
    seen = _samples(f, xs, y, slopes, direction)
    smooth, off = _smooth(seen)
    sides, errors = _one_sided(seen)
    left, right = torch.where(smooth, seen.slope + off, sides) + 0.0  # no negative zero
    size = torch.maximum(left.abs(), right.abs())
    infinite = left.isinf() | right.isinf()
    agree = (right - left).abs() <= 3 * errors.sum(dim=0) + seen.rtol * size
    agree = torch.where(infinite, left == right, agree)
    error, better = errors.min(dim=0)
    both = torch.where(better == 0, left, right)
    both = torch.where(agree & ~smooth & ~infinite, both, (left + right) / 2)
    wrong = (seen.slope - torch.stack([left, right, both])).abs().amin(dim=0)
    few = torch.finfo(torch.float64).eps * 128 / seen.unit
    has_it = wrong <= 3 * error + 4 * seen.rtol * size
    # In its tails f is 0 or 1 but for rounding: that of 1, over a distance of 1/8.
    has_it |= (wrong <= few) & (seen.still | (wrong <= 1e-3 * size))

    inside = seen.value.isfinite()
    for x in xs:
        inside = inside & x.detach().flatten().isfinite()
    defined = _defined(seen.values)
    answered = seen.slope.isfinite()
    flat = torch.minimum(left.abs(), right.abs()) <= 4 * seen.rtol * size
    shared = flat & ((seen.slope - (left + right) / 2).abs() <= 8 * seen.rtol * size)
    too_large = torch.zeros_like(inside)
    if not (inside & answered).all() and not isinstance(slopes, str):
        too_large = _too_large(f, xs, seen)

    everywhere, here_only = _wrong_nearby(seen, wrong)
    kind = np.full(len(seen.value), "smooth", np.array(KINDS).dtype)
    rules = [  # each goes over those before it
        ("hidden corner", agree & ~has_it & here_only),
        ("cut graph", agree & ~has_it & everywhere),
        ("corner", ~agree),
        ("tie", ~agree & shared),
        ("smooth", seen.unresolved),
        ("poisoned gradient", ~answered & agree),
        ("overflow", ~answered & agree & too_large),
        ("cusp", infinite),
        ("vertical tangent", (left == right) & infinite),
        ("jump", _jumps(seen).any(dim=0)),
        ("smooth", smooth),
        ("edge of the domain", ~defined.all(dim=0)),
        ("overflow", ~defined.all(dim=0) & seen.values[:, -1].isinf().any(dim=0)),
        ("outside the domain", ~inside),
        ("overflow", ~inside & too_large),
    ]
    for name, where in rules:
        kind[where.cpu().numpy()] = name
    found = (t * seen.unit for t in (left, right, seen.slope, both))
    return _Look(kind, *found)


def _samples(
    f: Function,
    xs: Sequence[Tensor],
    y: Tensor,
    gradients: tuple[Tensor, ...] | str,
    direction: Sequence[float],
) -> _Samples:
    at = [x.detach().flatten().double() for x in xs]
    moved = [k for k, along in enumerate(direction) if along]
    size = torch.stack([at[k].abs() for k in moved]).amax(dim=0)
    eps = max(torch.finfo(t.dtype).eps for t in (*(xs[k] for k in moved), y))
    heights = torch.zeros_like(size)
    steps, values, turned = [], [], []
    for exponent, usable in _ladder(size, eps):
        h = torch.ldexp(torch.ones_like(size), exponent)
        for side in (-1.0, 1.0):
            there = [
                (x.detach() + (side * along * h).to(x.dtype).reshape(x.shape))
                for x, along in zip(xs, direction, strict=True)
            ]
            went = [
                along * (t.flatten().double() - x)
                for t, x, along in zip(there, at, direction, strict=True)
            ]
            beside, slopes = _tried(f, there)
            steps.append(sum(went[1:], went[0]) / len(moved))
            heights = torch.maximum(heights, beside.nan_to_num(0.0, 0.0, 0.0).abs())
            values.append(torch.where(usable, beside, torch.nan))
            turned.append(_along(slopes, direction))
    step, value, slope = (
        torch.stack(t).reshape(STEPS, 2, size.numel()).transpose(0, 1)
        for t in (steps, values, turned)
    )
    here = y.flatten().double()
    none = torch.full_like(here, torch.nan)
    given = [none] * len(xs) if isinstance(gradients, str) else gradients
    own = _along([g.flatten().double() for g in given], direction)
    # In units of the larger of the two nothing overflows on the way.
    large = torch.maximum(here.abs(), own.abs().nan_to_num(0.0, 0.0))
    unit = torch.where(large.isfinite() & (large > 0), large, 1.0).clamp(min=2**-500)
    unit = torch.ldexp(torch.ones_like(unit), torch.frexp(unit).exponent - 1)
    here, own, value, slope = (t / unit for t in (here, own, value, slope))
    heights = heights / unit
    finest = eps * torch.finfo(y.dtype).smallest_normal / unit  # below the normal ones
    rounding = eps * (here.abs() + size * own.abs().nan_to_num(0.0, 0.0) + value.abs())
    rounding = torch.maximum(rounding, finest)
    # What f is made of may be larger than f itself is here: 1 in log(cosh(x)) near 0.
    one = 1 / unit  # and tiny all around is a matter of scale
    parts = torch.where(heights > eps**0.75 * one, heights.clamp(min=one), heights)
    parts = eps * torch.minimum(parts, 2**10 * one)
    # And where f stands still for a while, it hides what its slope foretells.
    level = ((value == here) | value.isnan()).all(dim=1).all(dim=0)
    brief = ~level | (own.abs() < eps**0.5 * one)
    stuck = (value == here).all(dim=0) & (step[1] <= eps**0.4 * size.clamp(min=1))
    stuck &= brief
    hidden = torch.where(stuck, step[1], 0.0).amax(dim=0) * own.abs()
    parts = torch.maximum(parts, hidden.nan_to_num(0.0, 0.0))
    still = (value[:, CLOSE:] == here).all(dim=1).all(dim=0)
    seen = _rounding_seen(step, value)
    below = [min(k + 6, STEPS - 4) - CLOSE for k in range(STEPS)]
    lasting = seen.flip(0).cummax(dim=0).values.flip(0)
    calm = lasting[[max(k, 0) for k in below]]
    return _Samples(
        unit=unit,
        value=here,
        slope=own,
        steps=step,
        values=value,
        slopes=slope,
        chords=torch.where(step == 0, torch.nan, (value - here) / step),
        noise=NOISE
        * torch.maximum(torch.maximum(rounding, parts), lasting[0])
        / step.abs(),
        quiet=NOISE * torch.maximum(rounding, calm) / step.abs(),
        parts=NOISE * parts / step.abs(),
        unresolved=(seen[-1] > 2**12 * eps * heights) | _turns(value, slope, step),
        still=still,
        rtol=eps**0.45,
    )


def _along(slopes: Sequence[Tensor], direction: Sequence[float]) -> Tensor:
    """The slope in a direction, of the slopes by each variable."""
    parts = [g * along for g, along in zip(slopes, direction, strict=True) if along]
    return sum(parts[1:], parts[0])


def _ladder(size: Tensor, eps: float) -> list[tuple[Tensor, Tensor]]:
    """The distances as exponents of 2, largest first, and where each is of use.

    The smallest keeps a seventh of the digits of x. The largest is 1/8, or more where x
    is so large that rounding would spoil that; but no step is wider than 32 to 1.
    """
    digits = -int(np.log2(eps))
    size = torch.where(size.isfinite(), size, 1.0)
    own = torch.frexp(size).exponent - 1
    least = torch.where(size > 0, own - round(0.85 * digits), -round(1.25 * digits))
    least = least.clamp(min=-1021 if digits > 50 else -125 if digits == 23 else -13)
    most = (own - round(0.42 * digits)).clamp(min=-3)
    wide = torch.maximum(most, own.clamp(min=3))
    octaves = ((wide - least) / (STEPS - 1) + 0.6).floor().to(least.dtype).clamp(1, 5)
    least = torch.where(octaves < 5, least.maximum(wide - octaves * (STEPS - 1)), least)
    exponents = [least + octaves * k for k in reversed(range(STEPS))]
    return [(exponent, exponent <= most) for exponent in exponents]


def _rounding_seen(steps: Tensor, values: Tensor) -> Tensor:
    """The rounding in f, from third differences on the smallest distances.

    Each side is taken by itself, so that a corner or a jump at the point, and a graph
    that is cut, leave no trace in it. One row a window of four distances.
    """
    rows = []
    for k in range(CLOSE, STEPS - 3):
        near = steps[:, k : k + 4] / steps[:, k : k + 1]
        apart = near[:, :, None] - near[:, None] + torch.eye(4, device=near.device)[:, :, None]
        weights = 1 / apart.prod(dim=2)
        weights = weights / weights.norm(dim=1, keepdim=True)
        third = (weights * values[:, k : k + 4]).sum(dim=1).abs()
        rows.append(third.nan_to_num(0.0, 0.0, 0.0).amax(dim=0))
    return torch.stack(rows)


def _turns(values: Tensor, slopes: Tensor, steps: Tensor) -> Tensor:
    """Where autograd's slope changes between the nearest neighbours, of shape (n,)."""
    change = (slopes[:, -1] - slopes[:, -3]).abs()
    chord = (values[:, -1] - values[:, -3]) / (steps[:, -1] - steps[:, -3])
    size = torch.maximum(slopes[:, [-1, -3]].abs().amax(dim=1), chord.abs())
    return (change > 0.1 * size.amax(dim=0)).any(dim=0)


# ---------------------------------------------------------------- what it means


def _defined(values: Tensor) -> Tensor:
    """Whether f has values on each side, close to the point; shape (2, n)."""
    return values[:, -2:].isfinite().any(dim=1)


def _smooth(seen: _Samples) -> tuple[Tensor, Tensor]:
    """Where autograd's slopes, here and beside, agree with the chords; shape (n,).

    A chord's slope is the mean of the slopes at its ends, but for h²·f‴/12. Two
    distances must show it, free of rounding, and none smaller may speak against it.
    Also how far the chords are off, with that mean corrected for, of shape (2, n).
    """
    off = _off(seen)
    size = torch.maximum(seen.chords.abs(), seen.slope.abs())
    agrees = off.abs() <= seen.rtol * size + seen.noise
    close = (off.abs() <= seen.rtol * size + seen.quiet) & (size > 0)
    clear = (close & (seen.quiet <= 4 * seen.rtol * size)).all(dim=0)
    nearly = (close & (seen.quiet <= 64 * seen.rtol * size)).all(dim=0)
    from_here_on = agrees.all(dim=0).flip(0).cumprod(dim=0).flip(0).bool()
    shown = clear[:-1] & nearly[1:] & from_here_on[:-1]
    doubt = torch.where(shown, (off.abs() + seen.quiet).amax(dim=0)[:-1], torch.inf)
    best = doubt.argmin(dim=0).expand(2, 1, -1)
    return shown.any(dim=0), off.gather(1, best)[:, 0]


def _growth(seen: _Samples) -> tuple[Tensor, Tensor]:
    """The power of h that the chords follow close to the point, (2, n); and the last.

    0 for a slope, −1/2 for a square root that stands upright, −1 for a jump. nan where
    rounding leaves too little to tell.
    """
    # A finite answer of autograd's is doubted only on clear evidence.
    least = torch.maximum(seen.quiet, seen.parts)
    noise = torch.where(seen.slope.isfinite(), seen.noise, least)
    clear = (seen.chords.abs() > 4 * noise) & seen.chords.isfinite()
    count = clear.flip(1).cumsum(dim=1).flip(1)  # how many from here on are clear
    near = clear[:, 1:] & clear[:, :-1] & (count[:, :-1] <= 4)
    grown = (seen.chords[:, 1:] / seen.chords[:, :-1]).abs().log()
    powers = grown / (seen.steps[:, 1:] / seen.steps[:, :-1]).log()
    weakest = torch.where(near, powers, -torch.inf).amax(dim=1)
    strongest = torch.where(near, powers, torch.inf).amin(dim=1)
    nearest = torch.where(near & (count[:, :-1] == 2), powers, 0.0).sum(dim=1)
    lasts = (near.sum(dim=1) == 3) & (nearest < 0.6 * strongest)
    power = torch.where(lasts, weakest, torch.nan)
    last = clear & (count == 1)
    steep = _off(seen).abs() <= 0.4 * seen.chords.abs()  # for autograd, too
    power = torch.where((steep & last).any(dim=1) | steep[:, -1], torch.nan, power)
    return power, torch.where(last, seen.chords, 0.0).sum(dim=1)


def _off(seen: _Samples) -> Tensor:
    """The chords' slopes less the mean of autograd's at their ends, (2, STEPS, n)."""
    return seen.chords - (seen.slope / 2 + seen.slopes / 2)


def _jumps(seen: _Samples) -> Tensor:
    """Where f doesn't come near its value at the point, on each side; (2, n)."""
    return _growth(seen)[0] < -0.95


def _one_sided(seen: _Samples) -> tuple[Tensor, Tensor]:
    """The slopes left and right, and their errors, each of shape (2, n)."""
    chords, noise = seen.chords, seen.noise
    change = chords.diff(dim=1)
    # Aitken: what the chords tend to, if they follow s + c·h^p.
    bend = change.diff(dim=1)
    limit = chords[:, 2:] - change[:, 1:] ** 2 / torch.where(bend == 0, 1.0, bend)
    limit = torch.where(bend == 0, chords[:, 2:], limit)
    reach = (limit - chords[:, 2:]).abs()
    moved = torch.maximum(limit.diff(dim=1).abs(), 0.1 * reach[:, 1:])
    slopes = torch.cat([chords[:, 1:], limit[:, 1:]], dim=1)
    errors = torch.cat([change.abs() + noise[:, 1:], moved + 4 * noise[:, 3:]], dim=1)
    # No chord to a nearer point may speak against it.
    shrinks = (change[:, 1:] / change[:, :-1]).abs().nan_to_num(1.0).clamp(max=1.0)
    ahead = 1.5 * shrinks * reach + noise[:, 2:]
    room = torch.cat([1.5 * change.abs(), ahead[:, 1:]], dim=1)
    least = torch.maximum(seen.quiet, seen.parts) / 2
    above, below = (
        (side.nan_to_num(torch.inf, torch.inf).flip(1).cummin(dim=1).values.flip(1))
        for side in (chords + least, least - chords)
    )
    above, below = (torch.cat([t[:, 1:], t[:, 3:]], dim=1) for t in (above, below))
    fits = (slopes <= above + room) & (-slopes <= below + room)
    errors = torch.where(fits, errors, torch.inf).nan_to_num(torch.inf, torch.inf)
    best = errors.argmin(dim=1, keepdim=True)
    slope, error = slopes.gather(1, best)[:, 0], errors.gather(1, best)[:, 0]
    power, last = _growth(seen)
    upright = power < -0.02
    slope = torch.where(upright, torch.sign(last) * torch.inf, slope)
    slope = torch.where(_defined(seen.values) & seen.value.isfinite(), slope, torch.nan)
    return slope, error


def _wrong_nearby(seen: _Samples, wrong: Tensor) -> tuple[Tensor, Tensor]:
    """Where autograd is wrong beside the points as it is at them, and where right.

    Both of shape (n,). Neither is so where f turns too fast to be followed.
    """
    chord = seen.values.diff(dim=1) / seen.steps.diff(dim=1)
    middle = (seen.slopes[:, 1:] + seen.slopes[:, :-1]) / 2
    off = (chord - middle).abs().nan_to_num(torch.inf, torch.inf)
    doubt = (seen.noise[:, 1:] + chord.diff(dim=1, prepend=chord[:, :1]).abs()).amax(0)
    best = doubt.nan_to_num(torch.inf, torch.inf).argmin(dim=0)
    around = [(best + k).clamp(0, STEPS - 2).expand(2, 1, -1) for k in (-1, 0, 1)]
    found = torch.cat([off.gather(1, place)[:, 0] for place in around])
    return (found > wrong / 3).all(dim=0), (found < wrong / 3).all(dim=0)


def _too_large(f: Function, xs: Sequence[Tensor], seen: _Samples) -> Tensor:
    """Where f fails because its numbers are too large, and not for want of a value.

    The domain of a function is the same in each dtype; where it overflows is not. So f
    is tried in float64 and in float32, here and on the way to zero. At a pole f has
    values and slopes beside the point, and at an edge on one side: no overflow.
    """
    found = torch.zeros_like(seen.value, dtype=torch.bool)
    for halvings in (*range(5), 6, 8, 12, 16, 24, *range(32, 1025, 32)):
        narrow = [(x.detach().double() * 2.0**-halvings).float() for x in xs]
        if not all(x.isfinite().all() for x in narrow):
            continue
        wide = [x.double() for x in narrow]
        found |= _finite(f, wide) & ~_finite(f, narrow)
    beside = seen.values.isfinite() & seen.slopes.isfinite()
    return found & ~beside[:, -2:].any(dim=1).any(dim=0)


def _finite(f: Function, at: Sequence[Tensor]) -> Tensor:
    value, slopes = _tried(f, at)
    return torch.stack([value, *slopes]).isfinite().all(dim=0)


# ---------------------------------------------------------------- in words

TRUTH = {
    "mixes points": "f is not elementwise: a value depends on other points",
    "random": "f gives another value each time it is called",
    "not connected": "no path of the autograd graph leads from f's result to x",
    "outside the domain": "f has no finite value",
    "overflow": "f's numbers are too large for the dtype",
    "jump": "f jumps, so it has no derivative",
    "vertical tangent": "f is vertical, so it has no finite derivative",
    "cusp": "f has a cusp: its slope is {left} on the left and {right} on the right",
    "poisoned gradient": "f has the slope {numerical}",
    "cut graph": "f has the slope {numerical}",
    "edge of the domain": "f ends: its slope is {left} on the left and {right} on the "
    "right",
    "corner": "f has a corner: its slope is {left} on the left and {right} on the "
    "right",
    "tie": "two pieces of f tie: its slope is {left} on the left and {right} on the "
    "right",
    "hidden corner": "f has the slope {numerical}, though its pieces have corners",
    "smooth": "f has the derivative {numerical}",
}
ANSWER = {
    "mixes points": "A derivative a point does not exist for it",
    "random": "A derivative belongs to one fixed function",
    "not connected": "PyTorch has no slope to answer, and differences say {numerical}",
    "cut graph": "PyTorch answered {answer}, because part of f is detached",
    "tie": "PyTorch answered {answer}, half of the slope for each piece",
    "corner": "PyTorch answered {answer}, which is a choice and no derivative",
    "smooth": "PyTorch answered {answer}, which is right",
}
REMEDY = {
    "mixes points": "Write f without sum, mean, sort or softmax over the points, or "
    "use torch.func.jacrev for its Jacobian",
    "random": "Draw the random numbers once, outside f",
    "not connected": "Leave out .detach(), .item(), torch.tensor(...) and "
    "torch.no_grad() inside f, and use torch functions",
    "outside the domain": "Choose a point where f is defined",
    "overflow": "Choose a smaller point, a wider dtype, or a form that stays small, "
    "such as torch.sigmoid, torch.tanh or torch.logsumexp",
    "jump": "Choose a point beside it, or a smooth step such as torch.sigmoid",
    "vertical tangent": "Choose a point beside it",
    "cusp": "Choose a point beside it, or add a small number under the root",
    "poisoned gradient": "If torch.where leaves out a branch that is nan or inf here, "
    "put a harmless number into that branch's own input with a second torch.where",
    "cut graph": "Leave out .detach(), .item(), .data, float() and torch.no_grad() "
    "inside f, or a backward pass of your own that does not match it",
    "edge of the domain": "Choose a point inside the domain",
    "corner": "Choose a point beside it, or a smooth form such as torch.sqrt(x**2 + "
    "1e-6) for abs and softplus for relu",
    "tie": "Choose a point beside it, or a smooth form such as torch.logaddexp for "
    "maximum",
    "hidden corner": "Write f as one smooth piece, or choose a point beside it",
}


def _message(found: Diagnosis) -> str:
    """Truth, answer and remedy about the first of the most serious points."""
    kinds = np.asarray(found.kind)
    if not kinds.size:
        return "There are no points."
    kind = min(set(kinds.ravel().tolist()), key=KINDS.index)
    where = np.flatnonzero(kinds.ravel() == kind)
    place = int(where[0])

    def at(field: Tensor) -> list[float]:
        flat: list[float] = field.reshape(-1, kinds.size)[:, place].tolist()
        return flat

    several = found.x.ndim > kinds.ndim
    names = [f"x{k}" for k in range(len(at(found.x)))] if several else ["x"]
    point = ", ".join(f"{n} = {v:.6g}" for n, v in zip(names, at(found.x), strict=True))
    place_text = f"At {point} "
    if kinds.size > 1:
        here = ", ".join(map(str, np.unravel_index(place, kinds.shape)))
        place_text = (
            f"At {len(where)} of {kinds.size} points, the first at index {here} with "
            f"{point}, "
        )
    row = _most_telling(at(found.left), at(found.right), at(found.autograd))
    words = {
        "left": _number(at(found.left)[row]),
        "right": _number(at(found.right)[row]),
        "numerical": _number(at(found.numerical)[row]),
        "answer": _number(at(found.autograd)[row]),
    }
    along = f" along {names[row]}" if several else ""
    truth = TRUTH[kind]
    slanted = kind == "corner" and at(found.left)[row] == at(found.right)[row]
    if slanted:
        truth = (
            "f has no tangent plane: its slopes along the axes don't give the others"
        )
    answer = ANSWER.get(kind, "PyTorch answered {answer}")
    sentences = [place_text + truth + along * ("{" in truth), answer]
    if kind in REMEDY:
        sentences.append(REMEDY[kind])
    return " ".join(f"{sentence.format(**words)}." for sentence in sentences)


def _most_telling(
    left: Sequence[float], right: Sequence[float], answer: Sequence[float]
) -> int:
    """The variable along which left, right and autograd's answer differ most."""
    gaps = [
        np.inf if not np.isfinite([a, b, c]).all() else max(a, b, c) - min(a, b, c)
        for a, b, c in zip(left, right, answer, strict=True)
    ]
    return int(np.argmax(gaps))


def _number(value: float) -> str:
    """Four digits are plenty for a slope, and 0 has no sign."""
    return "undefined" if np.isnan(value) else f"{value + 0.0:.4g}"
