"""A point on a curve that can be moved, and the tangent that follows it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seegrad import diagnosis
from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.diagnosis import Diagnosis
from seegrad.engine.evaluation import value_and_gradient
from seegrad.explorables import columns, frames, stops
from seegrad.explorables.columns import Column
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import (
    DASHED,
    DOT,
    DOTTED,
    LEFT,
    LINE,
    RIGHT,
    TOP,
    Frame,
)
from seegrad.explorables.markup import Figure, Slider
from seegrad.plots import FUNCTION, SLOPE

RISES = "At x = {x} the curve is {y} high and rises: its slope is {slope}."
FALLS = "At x = {x} the curve is {y} high and falls: its slope is {slope}."
FLAT = "At x = {x} the curve is {y} high and lies flat: its slope is {slope}."
CORNER = (
    "At x = {x} the curve has a corner: its slope is {left} on the left and {right} on "
    "the right. PyTorch answers {answer}."
)
WRONG = "At x = {x} the slope is {numerical}, but PyTorch answers {answer}."
# What is said where there is no slope, or PyTorch hasn't got it, by the diagnosis.
WITHOUT = {
    "corner": CORNER,
    "tie": CORNER,
    "jump": "At x = {x} the curve jumps, so it has no slope. PyTorch answers {answer}.",
    "vertical tangent": "At x = {x} the curve is vertical, so it has no finite slope. "
    "PyTorch answers {answer}.",
    "cusp": "At x = {x} the curve has a cusp: its slope is {left} on the left and "
    "{right} on the right. PyTorch answers {answer}.",
    "edge of the domain": "At x = {x} the curve ends. PyTorch answers {answer}.",
    "outside the domain": "At x = {x} the curve has no finite height. PyTorch answers "
    "{answer}.",
    "overflow": "At x = {x} a number inside f is too large or too small. PyTorch "
    "answers {answer}.",
    "cut graph": WRONG,
    "wrong slope": WRONG,
    "unclear": "At x = {x} the values of f do not tell whether there is a slope. "
    "PyTorch answers {answer}.",
}
BENT = ("corner", "tie")
PIECE = 100  # of another tangent, in the picture


@state.not_compiled
def explore_tangent(
    f: Function, x: object, *, tangents: int = 0, start: float | None = None
) -> Explorable:
    """Let a reader move a point along a curve, and see its tangent follow.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise.
    x : tensor, array or list of shape (n,)
        The stops: where the point can be moved, 2 to 2500 different points.
    tangents : int, optional
        How many short pieces of other tangents to draw in the place of the curve, at
        most n: the curve appears where they touch.
    start : float, optional
        The figure begins at the stop nearest to it; by default at the middle one.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `x`, `y` and `slope`, and `left` and `right`,
        the slopes on both sides, which differ at a corner. Each is of shape (n,).

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If x has fewer than 2 or more than 2500 points, or equal ones, or isn't finite,
        or f is random, isn't elementwise, returns another shape, does not depend on x,
        or raises.

    See Also
    --------
    tangent_line : The tangent at a point.
    explore_secant : Why that is the slope.
    diagnose : What the sentences at corners and jumps rest on.

    Notes
    -----
    Python computes all that the figure can show; the reader's browser only looks it up.
    At a corner the tangent bends, where f has no height nothing is drawn, and the
    sentence says so.

    Examples
    --------
    The slope of x² is 2x:

    >>> import seegrad
    >>> seen = seegrad.explore_tangent(lambda x: x**2, [0, 1, 2])
    >>> seen
    Explorable(tangent, 3 stops: x, y, slope, left, right)
    >>> seen.sentences[2]
    'At x = 2 the curve is 4.0000 high and rises: its slope is 4.0000.'
    >>> seegrad.explore_tangent(abs, [-1.0, 0.0, 1.0]).sentences[1][:38]
    'At x = 0 the curve has a corner: its s'
    """
    arguments.function(f)
    x = stops.axis(x, "x")
    tangents = arguments.whole_number(tangents, "tangents", least=0, most=len(x))
    first = stops.nearest(x, start)
    with functions.calling(f, (x,)):
        y, (slope,) = value_and_gradient(f, (x,), "x")
        found = diagnosis.examine(f, (x,), (y, (slope,)))
    with state.no_graph():
        return _figure(x, y, slope, found, tangents, first)


def _figure(
    x: Tensor, y: Tensor, slope: Tensor, found: Diagnosis, tangents: int, start: int
) -> Explorable:
    bent = torch.from_numpy(np.isin(found.kind, BENT)).to(x.device)
    left = torch.where(bent, found.left, slope)
    right = torch.where(bent, found.right, slope)
    here = columns.places(x)
    words = {
        "x": here,
        "y": columns.measured(y),
        "slope": columns.measured(slope),
        **{
            name: _where(found, getattr(found, name))
            for name in ("left", "right", "numerical")
        },
        "answer": _where(found, slope),
    }
    frame = frames.frame_of(x, y, room=0.1 if tangents else 0.0)
    places = columns.fixed(frame.across(x), 1)
    slider = Slider("Point of contact, x", len(x), start, here, (0, places))
    figure = Figure("tangent", [slider])
    curve = _pieces(frame, x, y, slope, tangents) if tangents else frame.curve(x, y)
    moving = _moving(figure, frame, places, x, y, left, right)
    drawing = frame.axes("x", "y") + frame.inside(curve + moving)
    return figure.finished(
        "A curve and its tangent",
        drawing,
        _templates(found, words["slope"]),
        words,
        {"x": x, "y": y, "slope": slope, "left": left, "right": right},
        key=_key(tangents),
        table={"x": here, "height": words["y"], "slope": words["slope"]},
        what="slopes",
    )


def _key(tangents: int) -> dict[str, str]:
    """What the lines are."""
    if not tangents:
        return {"curve": frames.sample(LINE), "tangent": frames.sample(DASHED)}
    lean = 'stroke-width="2" d="M8'
    return {
        "falls": f'<path stroke="{FUNCTION["color"]}" {lean} 3l14 12"/>',
        "rises": f'<path stroke="{SLOPE["color"]}" {lean} 15l14-12"/>',
        "tangent at the point": frames.sample(DASHED),
    }


def _pieces(frame: Frame, x: Tensor, y: Tensor, slope: Tensor, count: int) -> str:
    """Short pieces of tangents, those that rise in another colour."""
    some = frames.evenly(0, len(x) - 1, count, frames.plain(x)).round().long()
    across, down = frame.across(x)[some], frame.down(y)[some]
    turn = frames.plain(slope)[some] * frame.down_per_across
    half = PIECE / 2 / (1 + turn**2).sqrt()
    rows = torch.stack(
        [across - half, down - turn * half, 2 * half, 2 * turn * half], 1
    )
    parts: dict[bool, list[str]] = {False: [], True: []}
    for left, top, wide, deep in rows[rows.isfinite().all(1)].tolist():
        parts[deep < 0].append(f"M{left:.1f} {top:.1f}l{wide:.1f} {deep:.1f}")
    colors = FUNCTION["color"], SLOPE["color"]
    return "".join(
        f'<path d="{"".join(lines)}" stroke="{color}" stroke-width=".8"/>'
        for lines, color in zip(parts.values(), colors, strict=True)
    )


def _moving(
    figure: Figure,
    frame: Frame,
    across: Column,
    x: Tensor,
    y: Tensor,
    left: Tensor,
    right: Tensor,
) -> str:
    """Both halves of the tangent, and the point."""
    down = columns.fixed(frame.down(y), 1)
    drop = figure.moving(
        "line", "drop", f'{DOTTED} y1="{TOP}" y2="{frame.floor}"', x1=across, x2=across
    )
    halves = []
    ends = (LEFT, left, "left"), (frame.width - RIGHT, right, "right")
    for end, side, part in ends:
        away = (end - frame.across(x)) * frame.down_per_across
        reached = frames.near(frame.down(y) + frames.plain(side) * away)
        halves.append(
            figure.moving(
                "line",
                part,
                f'{DASHED} x2="{end}"',
                x1=across,
                y1=down,
                y2=columns.fixed(reached, 1),
                display=columns.shown((y.isfinite() & side.isfinite()).tolist()),
            )
        )
    here = columns.shown(y.isfinite().tolist())
    point = figure.moving("circle", "point", DOT, cx=across, cy=down, display=here)
    return "".join([drop, *halves, point])


def _where(found: Diagnosis, values: Tensor) -> Column:
    """A number in words where there is something to say of it, else nothing."""
    pairs = zip(found.kind, values.tolist(), strict=True)
    return columns.texts(
        "" if kind == "smooth" else columns.written(value) for kind, value in pairs
    )


def _templates(found: Diagnosis, slope: Column) -> list[str]:
    ways = []
    for kind, text in zip(found.kind, slope.texts, strict=True):
        flat = text.strip("-0.") == ""
        smooth = FLAT if flat else FALLS if text.startswith(("-", "−")) else RISES
        ways.append(WITHOUT.get(str(kind), smooth))
    return ways
