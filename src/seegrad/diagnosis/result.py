"""Diagnosis: whether there is a derivative here, and whether autograd has it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.diagnosis import words
from seegrad.diagnosis.probes import Array, caller, numbers
from seegrad.diagnosis.verdict import verdicts
from seegrad.diagnosis.words import RANKS
from seegrad.engine.evaluation import value_and_gradient

KINDS = np.array(list(RANKS))


class NotDifferentiableWarning(UserWarning):
    """The function has no derivative at a point, or autograd hasn't got it."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Whether a function has a derivative at points, and whether autograd has it.

    Index it as an array of the points' shape to get the diagnosis of some of the
    points: ``diagnosis[3]``. Made by `diagnose`, which tells the kinds apart.
    """

    x: Tensor
    """The points: in their own shape, or one row a variable, (variables,) + shape."""
    kind: np.ndarray[Any, np.dtype[np.str_]] | str
    """The kind of each point: an array of strings in the points' shape, or one str."""
    left: Tensor
    """The slope just left of each point, in the shape of x; ±inf where the curve gets
    vertical or jumps, nan where f isn't defined or the slope can't be told."""
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

        With several points it starts with how many there are of each kind, and goes on
        about the first point of the most serious kind.
        """
        if not np.ndim(self.kind):
            return self._about((), "At ")
        counts = self._counts()
        beginning = words.about_many(dict(counts))
        if not counts or counts == [("smooth", np.size(self.kind))]:
            return beginning
        place = tuple(np.argwhere(np.asarray(self.kind) == counts[0][0])[0].tolist())
        index = ", ".join(map(str, place))
        return f"{beginning} {self._about(place, f'At index {index} with ')}"

    def _counts(self) -> list[tuple[str, int]]:
        """How many points there are of each kind, the most serious first."""
        names, counts = np.unique(self.kind, return_counts=True)
        pairs = zip(names.tolist(), counts.tolist(), strict=True)
        return sorted(pairs, key=lambda pair: RANKS[pair[0]])

    def _about(self, place: tuple[int, ...], where: str) -> str:
        """The sentences about one point."""
        one = self[place] if place else self
        fields = (one.left, one.right, one.autograd, one.numerical, one.x)
        rows = torch.stack(fields).reshape(5, -1).tolist()
        return words.about_one(str(one.kind), rows, where)

    def __repr__(self) -> str:
        """The kind and slopes of one point, or how many points there are of each."""
        if np.ndim(self.kind):
            kinds = ", ".join(f"{count} {kind}" for kind, count in self._counts()[:4])
            more = ", ..." if len(self._counts()) > 4 else ""
            return f"Diagnosis({kinds}{more})"
        fields = ("x", "left", "right", "autograd", "numerical")
        shown = ", ".join(f"{name}={_short(getattr(self, name))}" for name in fields)
        return f"Diagnosis(kind={self.kind!r}, {shown})"

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
        some = kind[index] if np.ndim(kind[index]) else str(kind[index])
        return Diagnosis(x, some, left, right, autograd, numerical)


@state.not_compiled
def diagnose(f: Function, *xs: object) -> Diagnosis:
    r"""Say whether a function has a derivative at points, and whether autograd has it.

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
        If the shapes do not broadcast, or f returns another shape or raises at every
        point.

    See Also
    --------
    derivative : What autograd says.
    tangent_line : Warns with the same message.
    numerical_derivative : What differences say.

    Notes
    -----
    The kinds, the most serious first, and what is true of f at such a point:

    ==================== ============================================================
    not elementwise      a value depends on other points
    random               f gives two values for one point
    not connected        no path of the graph leads from the result to the points
    outside the domain   f has no finite value, or raises there and not elsewhere
    overflow             a number inside f is too large or too small for the dtype
    jump                 f is not continuous
    vertical tangent     the slope is infinite on both sides, with one sign
    cusp                 the slope is infinite on one side, or on both with opposite
                         signs
    no backward pass     autograd has no derivative of an operation in f
    nonlinear backward   autograd is wrong, or is right by luck, because a backward pass
                         does not scale with the gradient that comes in: a hook clamps
                         it, for example
    cut graph            the derivative exists, but autograd is wrong here and nearby:
                         part of f is detached
    wrong slope          the derivative exists, but autograd has nan, or is wrong at
                         this point alone: relu(x) − relu(−x) at 0
    edge of the domain   f has a value here, but none on one side or on both
    corner               the slopes left and right are finite and differ; with several
                         variables also where the slopes along the axes don't give
                         those along a diagonal
    tie                  a corner where one of the slopes is 0 and autograd answers
                         half of the other: it shares the gradient between pieces
                         that are equal, as maximum(x, 0) at 0
    unclear              what was seen proves none of the others
    smooth               the derivative exists, and autograd has it
    ==================== ============================================================

    Only values of f and slopes of autograd decide. f is asked in float64 where it takes
    and returns that, whatever the dtype of the points. On a step from x to x + h, the
    chord of a smooth f has the mean slope of its ends, but for h²·f‴/12 [1]_. Where two
    steps of different length show that on both sides, down to rounding, f is smooth.

    The other points are looked at from 24 distances on each side, from 1/8 down to
    2e-12 of the larger of 1 and \|x\|. Nearer, numbers of size 1 inside f could not
    tell them apart. What is said must stay as the distance shrinks: a gap between the
    values is a jump, between autograd's slopes on the two sides a corner, and between
    the chords and autograd's slopes a cut graph. Every slope comes with an error, from
    its own changes and from rounding, which is measured by third differences. Where
    the error is not small beside the slopes around, the kind is unclear. Corners are
    seen where the slopes differ by more than about 1e-7 of their size.

    Near 0, where x itself is small, f may be looked at once more at distances of that
    size. If that shows something else, f is asked in float32 at the same points: what
    is rounding changes with the dtype, and what is f does not.

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
    >>> diagnosis = seegrad.diagnose(abs, 0.0)
    >>> diagnosis.kind
    'corner'
    >>> diagnosis.left.item(), diagnosis.right.item(), diagnosis.autograd.item()
    (-1.0, 1.0, 0.0)

    The derivative of x² at 2 is 4, and detach() hides half of it:

    >>> seegrad.diagnose(lambda x: x * x.detach(), [2.0]).kind.tolist()
    ['cut graph']
    """
    arguments.function(f)
    points = arguments.variables(xs, ["x"] if len(xs) == 1 else None)
    with state.preserve_state(points[0].device, f, *points):
        return examine(f, points)


def is_smooth(diagnosis: Diagnosis) -> bool:
    """Whether there is a derivative at every point, and autograd has it."""
    return bool(np.all(diagnosis.kind == "smooth"))


def warn(diagnosis: Diagnosis, stacklevel: int) -> None:
    """Warn that there is no derivative, or that autograd hasn't got it."""
    warnings.warn(
        diagnosis.message, NotDifferentiableWarning, stacklevel=stacklevel + 1
    )


def examine(
    f: Function,
    xs: Sequence[Tensor],
    known: tuple[Tensor, Sequence[Tensor]] | None = None,
) -> Diagnosis:
    """The diagnosis at checked points of one shape, inside `state.preserve_state`.

    `known` is what `value_and_gradient` gave for them, if the caller has it.
    """
    xs = [x.detach() for x in xs]
    ranks, sides, own = _examined(f, xs, known)
    return _diagnosis(xs, ranks, own, sides)


def _examined(
    f: Function,
    xs: Sequence[Tensor],
    known: tuple[Tensor, Sequence[Tensor]] | None = None,
) -> tuple[Array, Array, Array]:
    """The ranks (n,), the slopes (3, variables, n) and autograd's (variables, n)."""
    nothing = np.full((len(xs), xs[0].numel()), np.nan)
    connected = True
    try:
        y, gradients = known or value_and_gradient(f, [x.clone() for x in xs])
    except functions.NotConnectedError:
        y, connected = functions.call(f, [x.clone() for x in xs]), False
    except functions.RandomFunctionError:
        return _all("random", nothing)
    except functions.NotElementwiseError:
        return _mixed(f, xs, nothing)
    except functions.NonlinearBackwardError:
        return _nonlinear(f, xs)
    except ValueError as error:
        return _one_by_one(f, xs, error)
    if not connected:
        ranks, sides = verdicts(f, xs, y, nothing)
        return np.minimum(ranks, RANKS["not connected"]), sides, nothing
    own = np.array([numbers(g) for g in gradients])
    return *verdicts(f, xs, y, own), own


def _mixed(
    f: Function, xs: Sequence[Tensor], nothing: Array
) -> tuple[Array, Array, Array]:
    """Points that depend on one another, or draws that look like it."""
    random = caller(f, xs, xs[0]).is_random(np.array([numbers(x) for x in xs]))
    return _all("random" if random else "not elementwise", nothing)


def _nonlinear(f: Function, xs: Sequence[Tensor]) -> tuple[Array, Array, Array]:
    """A backward pass that doesn't scale is named, right as it may be for ones."""
    y, gradients = value_and_gradient(f, [x.clone() for x in xs], check=False)
    own = np.array([numbers(g) for g in gradients])
    ranks, sides = verdicts(f, xs, y, own)
    linear = caller(f, xs, y).is_linear(np.array([numbers(x) for x in xs]))
    ranks[~linear & (ranks == RANKS["smooth"])] = RANKS["nonlinear backward"]
    return ranks, sides, own


def _all(kind: str, nothing: Array) -> tuple[Array, Array, Array]:
    ranks = np.full(nothing.shape[1], RANKS[kind])
    return ranks, np.array([nothing] * 3), nothing


def _one_by_one(
    f: Function, xs: Sequence[Tensor], error: ValueError
) -> tuple[Array, Array, Array]:
    """The same where f raises: at some of the points, or in its backward pass alone."""
    at = np.array([numbers(x) for x in xs])
    value, slopes = caller(f, xs, xs[0]).ask(at)
    works = ~np.isnan(value)
    backward = ~np.isnan(slopes).any(0)
    if not works.any() or (works & backward).all():
        raise error
    if works.all():  # heaviside, and what else has no backward pass
        y = functions.call(f, [x.clone() for x in xs])
        ranks, sides = verdicts(f, xs, y, slopes)
        return np.minimum(ranks, RANKS["no backward pass"]), sides, slopes
    ranks = np.full(len(works), RANKS["outside the domain"])
    own = np.full(at.shape, np.nan)
    sides = np.array([own] * 3)
    chosen = np.flatnonzero(works)
    index = torch.from_numpy(chosen).to(xs[0].device)
    lead = xs[0].shape[1:] and (1,) * (xs[0].ndim - 1)
    few = [x.flatten()[index].reshape(-1, *lead) for x in xs]
    ranks[chosen], sides[..., chosen], own[..., chosen] = _examined(f, few)
    return ranks, sides, own


def _diagnosis(
    xs: Sequence[Tensor], ranks: Array, own: Array, sides: Array
) -> Diagnosis:
    shape, dtype = tuple(xs[0].shape), xs[0].dtype
    for x in xs:
        dtype = torch.promote_types(dtype, x.dtype)
    points = np.array([numbers(x) for x in xs])
    fields = torch.from_numpy(np.array([points, *sides, own]) + 0.0)  # no −0
    fields = fields.to(xs[0].device, dtype)
    fields = fields.reshape(5, *(() if len(xs) == 1 else (len(xs),)), *shape)
    kind = KINDS[ranks].reshape(shape) if shape else str(KINDS[ranks[0]])
    x, left, right, numerical, autograd = fields.unbind()
    return Diagnosis(x, kind, left, right, autograd, numerical)


def _short(t: Tensor) -> str:
    """A number, or the first few of several."""
    if not t.ndim:
        return f"{t.item():.4g}"
    more = ", ..." if len(t) > 2 else ""
    return f"({', '.join(f'{v:.4g}' for v in t[:2].tolist())}{more})"
