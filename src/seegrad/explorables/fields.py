"""A point on a surface that can be moved, and the gradient that it has there."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seegrad.checks import arguments, state
from seegrad.checks.functions import Function
from seegrad.explorables import columns, frames, stops, surfaces
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import DOT, REACH, Frame
from seegrad.explorables.markup import Figure, Slider
from seegrad.fields import GradientField, gradient_field
from seegrad.plots import SLOPE

LONGEST = 70  # an arrow, in the picture
UPHILL = (
    "At ({x0}, {x1}) the height is {y}. The gradient ({g0}, {g1}) points uphill, and "
    "is {length} long."
)
GENTLE = (
    "At ({x0}, {x1}) the height is {y}. The gradient ({gentle0}, {gentle1}) points "
    "uphill, and is {gentle} long."
)
FLAT = "At ({x0}, {x1}) the height is {y}. The gradient is ({g0}, {g1}): flat ground."
NONE = "At ({x0}, {x1}) there is no finite gradient."
ARROW = f'stroke="{SLOPE["color"]}" stroke-width="3"'
HEAD = f'fill="{SLOPE["color"]}" d="M4 0L-8 6V-6z"'
TURN = 5  # degrees, of an arrow's head


@state.not_compiled
def explore_gradient(
    f: Function, x0: object, x1: object, *, start: object = None
) -> Explorable:
    """Let a reader move a point over a surface, and see its gradient turn.

    Parameters
    ----------
    f : callable
        A function of two tensors, computed elementwise.
    x0 : tensor, array or list of shape (m,)
        The stops across.
    x1 : tensor, array or list of shape (n,)
        The stops from below to above; m·n is at most 2500.
    start : pair of float, optional
        The figure begins at the stop nearest to it; by default at the middle one.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `x0` of shape (m,), `x1` of shape (n,), and `y`,
        `g0` and `g1` of shape (n, m), as `gradient_field` lays them.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If an axis has fewer than 2 or equal points, there are more than 2500 stops,
        start isn't a pair, or f is random, isn't elementwise, returns another shape,
        depends on neither variable, or raises.

    See Also
    --------
    gradient_field : The same at all points at once.

    Notes
    -----
    The stronger the colour, the higher. The arrow's length is that of the gradient, and
    the longest has a fifth of the picture's width.

    Examples
    --------
    The gradient of x0² + x1² is (2·x0, 2·x1):

    >>> import seegrad
    >>> seen = seegrad.explore_gradient(lambda x0, x1: x0**2 + x1**2, [0, 1], [0, 2])
    >>> print(seen.sentences[3][30:])
    The gradient (2.00, 4.00) points uphill, and is 4.47 long.
    """
    arguments.function(f)
    x0, x1 = stops.axis(x0, "x0"), stops.axis(x1, "x1")
    arguments.one_device({"x0": x0, "x1": x1})
    stops.few(len(x0) * len(x1), "x0 and x1")
    first = [len(x0) // 2, len(x1) // 2]
    if start is not None:
        place = arguments.axis(start, "start", x0.device)
        if len(place) != 2:
            raise ValueError(
                "start must be a pair, one number a variable, but it has "
                f"{len(place)}. Pass for example (0.5, 1.0)."
            )
        first = [stops.nearest(x0, place[0]), stops.nearest(x1, place[1])]
    field = gradient_field(f, x0, x1)
    low, high = ((x0[k].item(), x1[k].item()) for k in (0, -1))
    frame = Frame(low, high)
    between = (v.to(x0) for v in surfaces.grid(frame))
    ground = surfaces.shade(frame, gradient_field(f, *between).values)
    with state.no_graph():
        return _figure(field, frame, ground, first)


def _figure(
    field: GradientField, frame: Frame, ground: str, start: list[int]
) -> Explorable:
    wide, high = len(field.x0), len(field.x1)
    x0, x1 = field.x0.repeat(high), field.x1.repeat_interleave(wide)
    parts = (field.values, field.g0, field.g1)
    y, g0, g1 = (frames.plain(v).flatten() for v in parts)
    length = torch.hypot(g0, g1)
    slopes = columns.measured(torch.cat([g0, g1, length]), 3)
    texts = [slopes.texts[k * len(y) : (k + 1) * len(y)] for k in range(3)]
    words = {
        "x0": columns.places(x0),
        "x1": columns.places(x1),
        "y": columns.measured(y, 3),
        "g0": columns.Column(texts[0], slopes.digits),
        "g1": columns.Column(texts[1], slopes.digits),
        "length": columns.Column(texts[2], slopes.digits),
    }
    sizes = zip(length.tolist(), texts[2], strict=True)
    templates = [_template(size, text) for size, text in sizes]
    for name, part in (("gentle0", g0), ("gentle1", g1), ("gentle", length)):
        words[name] = columns.texts(
            columns.written(v, 3) if template == GENTLE else ""
            for v, template in zip(part.tolist(), templates, strict=True)
        )
    across = columns.fixed(frame.across(x0), 1)
    down = columns.fixed(frame.down(x1), 1)
    controls = (
        Slider("x1, up", high, start[1], words["x1"], (1, down)),
        Slider("x0, across", wide, start[0], words["x0"], (0, across)),
    )
    figure = Figure("gradient", controls)
    drawing = _arrow(figure, frame, across, down, (x0, x1), (g0, g1))
    point = figure.moving("circle", "point", DOT, cx=across, cy=down)
    reach = figure.moving("circle", "reach", REACH, cx=across, cy=down)
    numbers = {"x0": field.x0, "x1": field.x1, "y": field.values}
    return figure.finished(
        "A surface from above, stronger where higher, and the gradient at a point",
        frame.axes("x0", "x1") + frame.inside(ground + drawing + point + reach),
        templates,
        words,
        numbers | {"g0": field.g0, "g1": field.g1},
        key={"gradient": frames.sample(ARROW), "higher ground": surfaces.SAMPLE},
        table={"x0": words["x0"], "x1": words["x1"], "height": words["y"]}
        | {"∂y/∂x0": words["g0"], "∂y/∂x1": words["g1"]},
        what="gradients",
    )


def _template(length: float, text: str) -> str:
    """A stop's sentence: flat only where the gradient is zero, not where it rounds."""
    if not math.isfinite(length):
        return NONE
    if length == 0:
        return FLAT
    return UPHILL if text.strip("0.") else GENTLE


def _arrow(
    figure: Figure,
    frame: Frame,
    across: columns.Column,
    down: columns.Column,
    at: tuple[Tensor, Tensor],
    gradient: tuple[Tensor, Tensor],
) -> str:
    """The gradient as an arrow in the picture, whose axes may have other scales."""
    right, below = gradient[0], gradient[1] * -1
    lengths = torch.hypot(right, below)
    known = lengths.isfinite() & (lengths > 0)
    longest = lengths[known].max().item() if known.any() else 1.0
    tips = [
        place + LONGEST * part / longest
        for place, part in ((frame.across(at[0]), right), (frame.down(at[1]), below))
    ]
    x, y = (columns.fixed(tip, 1) for tip in tips)
    turns = torch.rad2deg(torch.atan2(below, right)).nan_to_num() / TURN
    turned = columns.texts(f"rotate({TURN * round(turn)})" for turn in turns.tolist())
    shaft = figure.moving("line", "shaft", ARROW, x1=across, y1=down, x2=x, y2=y)
    head = figure.moving("path", "head", HEAD, transform=turned)
    tip = figure.moving("svg", "tip", 'overflow="visible"', head, x=x, y=y)
    here = columns.shown(known.tolist())
    return figure.moving("g", "arrow", inside=shaft + tip, display=here)
