"""A second point that comes nearer and nearer, and the line through both."""

from __future__ import annotations

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine.evaluation import value_and_gradient
from seegrad.explorables import columns, frames, stops
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import DASHED, DOT, FIXED, LEFT, LINE, RIGHT
from seegrad.explorables.markup import Figure, Slider

ABOVE = (
    "The points lie {h} apart. The line through both has the slope {secant}, which is "
    "{off} more than the {slope} that PyTorch answers."
)
BELOW = (
    "The points lie {h} apart. The line through both has the slope {secant}, which is "
    "{off} less than the {slope} that PyTorch answers."
)
SAME = (
    "The points lie {h} apart. The line through both has the slope {secant}, which is "
    "what PyTorch answers."
)
ON_THE_CURVE = 121  # points that the curve is drawn through
SECANT = 'stroke="#1f9168" stroke-width="2.2" stroke-dasharray="9 3 2 3"'


@state.not_compiled
def explore_secant(
    f: Function, x0: object, *, h: object = None, start: float | None = None
) -> Explorable:
    """Let a reader move a second point towards a first, and see the secant settle.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise.
    x0 : float
        The first point.
    h : tensor, array or list of shape (n,), optional
        The stops: how far right of x0 the second point lies, 2 to 2500 distances above
        zero. By default 61 from 0.001 to 1.5.
    start : float, optional
        The figure begins at the distance nearest to it; by default at the largest.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `h` and `secant`, of shape (n,), and `slope`,
        the derivative at x0, of shape ().

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If x0 isn't one finite number where f has a slope, h isn't above zero or has
        fewer than 2 or more than 2500 different distances, or f isn't finite there, is
        random, isn't elementwise, returns another shape, or raises.

    See Also
    --------
    explore_tangent : What the secant turns into.
    explore_step_size : What happens with distances that are too small.

    Notes
    -----
    The secant's slope is (f(x0 + h) − f(x0)) / h. Its limit is the derivative.

    Examples
    --------
    For x² at 1 the secant's slope is 2 + h:

    >>> import seegrad
    >>> seen = seegrad.explore_secant(lambda x: x**2, 1.0, h=[0.25, 0.5])
    >>> seen.numbers["secant"]
    tensor([2.2500, 2.5000], dtype=torch.float64)
    """
    arguments.function(f)
    x0 = stops.point(x0, "x0")
    h = stops.above_zero(stops.spread(1e-3, 1.5, 61) if h is None else h, "h")
    first = len(h) - 1 if start is None else stops.nearest(h, start)
    wide = h[-1].item()
    with state.no_graph():
        h = h.to(x0)
        x = x0 + frames.evenly(-wide / 2, wide * 1.1, ON_THE_CURVE, x0)
    with functions.calling(f, (x0,)):
        y0, (slope,) = value_and_gradient(f, (x0,), "x0")
        beside, _ = value_and_gradient(f, (x0 + h,), "x0")
        y, _ = value_and_gradient(f, (x,), "x0")
    ends = torch.cat([y0.reshape(1), slope.reshape(1), beside])
    if not ends.isfinite().all():
        raise ValueError(
            "f must have a finite slope at x0 and be finite at x0 + h, but at x0 = "
            f"{x0.item():g} its value is {y0.item():g}, its slope {slope.item():g}, "
            f"and {int((~beside.isfinite()).sum())} of the values beside it aren't "
            "finite. Choose another x0, or smaller h."
        )
    with state.no_graph():
        return _figure(x0, y0, slope, h, beside, x, y, first)


def _figure(
    x0: Tensor,
    y0: Tensor,
    slope: Tensor,
    h: Tensor,
    beside: Tensor,
    x: Tensor,
    y: Tensor,
    start: int,
) -> Explorable:
    secant = (beside - y0) / h
    # Rounded like the slopes: what is said to be the difference is theirs.
    both = columns.measured(torch.cat([secant, slope.reshape(1)]))
    slopes = columns.Column(both.texts[:-1], both.digits)
    answer = columns.Column(both.texts[-1:] * len(h), both.digits)
    off = secant - slope
    words = {
        "h": columns.texts(columns.written(v) for v in h.tolist()),
        "secant": slopes,
        "slope": answer,
        "off": columns.texts(columns.written(v, 2) for v in off.abs().tolist()),
    }
    frame = frames.frame_of(x, y)
    across = columns.fixed(frame.across(x0 + h), 1)
    down = columns.fixed(frame.down(beside), 1)
    link = columns.texts(f"{v:g}" for v in h.tolist())
    slider = Slider("Distance of the second point, h", len(h), start, link, (0, across))
    figure = Figure("secant", [slider])
    here = frame.down(y0).item(), frame.across(x0).item()
    lines = [
        frames.near(here[0] + m * (end - here[1]) * frame.down_per_across)
        for m in (frames.plain(secant), frames.plain(slope))
        for end in (LEFT, frame.width - RIGHT)
    ]
    tangent = (
        f'<line {DASHED} x1="{LEFT}" y1="{lines[2].item():.1f}" '
        f'x2="{frame.width - RIGHT}" y2="{lines[3].item():.1f}"/>'
    )
    line = figure.moving(
        "line",
        "secant",
        f'{SECANT} x1="{LEFT}" x2="{frame.width - RIGHT}"',
        y1=columns.fixed(lines[0], 1),
        y2=columns.fixed(lines[1], 1),
    )
    fixed = f'<circle {FIXED} cx="{here[1]:.1f}" cy="{here[0]:.1f}"/>'
    point = figure.moving("circle", "point", DOT, cx=across, cy=down)
    drawing = frame.inside("".join([frame.curve(x, y), tangent, line, fixed, point]))
    said = zip(slopes.texts, answer.texts, off.tolist(), strict=True)
    return figure.finished(
        "A curve, its tangent at one point, and a line through a second point",
        frame.axes("x", "y") + drawing,
        [SAME if a == b else ABOVE if o > 0 else BELOW for a, b, o in said],
        words,
        {"h": h, "secant": secant, "slope": slope},
        key={
            "curve": frames.sample(LINE),
            "tangent": frames.sample(DASHED),
            "line through both points": frames.sample(SECANT),
        },
        table={"h": words["h"], "slope of the secant": slopes, "off by": words["off"]},
        what="slopes",
    )
