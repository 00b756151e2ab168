"""The step of a difference that can be changed, and the error that it makes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine.evaluation import value_and_gradient
from seegrad.explorables import columns, frames, stops
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import DASHED, DOT, LINE, Frame
from seegrad.explorables.markup import Figure, Slider
from seegrad.plots import SLOPE

WORDS = (
    "With h = {h} the difference is off by {float64} in float64, and by {float32} in "
    "float32."
)
BEST = (
    "With h = {h} the difference is off by {float64} in float64, less than with any "
    "other h here, and by {float32} in float32."
)
OTHER = f'r="5" stroke="{SLOPE["color"]}" stroke-width="2.5"'


@state.not_compiled
def explore_step_size(
    f: Function, x0: object, *, h: object = None, start: float | None = None
) -> Explorable:
    """Let a reader change the step of a difference, and see that smaller isn't better.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise, in float64 and in float32.
    x0 : float
        The point.
    h : tensor, array or list of shape (n,), optional
        The stops: steps above zero. By default 97 from 1e-16 to 1.
    start : float, optional
        The figure begins at the step nearest to it in ratio; by default at the largest.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `h`, and `float64` and `float32`, the errors of
        the differences in each dtype, as float64 of shape (n,).

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If x0 isn't one finite number where f has a slope, h isn't above zero or has
        fewer than 2 or more than 2500 different steps, or f is random, isn't
        elementwise, returns another shape, or raises.

    See Also
    --------
    numerical_derivative : Differences whose step is chosen.

    Notes
    -----
    The difference is (f(x0 + h) − f(x0 − h)) / 2h, and its error what it has more or
    less than autograd's slope in float64. Large steps are wrong by h²·f‴/6, small ones
    by rounding, about ε·f/h. Where x0 + h rounds to x0 the difference is 0.

    Examples
    --------
    For x³ the difference is off by h²:

    >>> import seegrad
    >>> seen = seegrad.explore_step_size(lambda x: x**3, 1.0, h=[0.5, 1.0])
    >>> seen.numbers["float64"]
    tensor([0.2500, 1.0000], dtype=torch.float64)
    """
    arguments.function(f)
    x0 = stops.point(x0, "x0")
    sixths = [10.0 ** (-k / 6) for k in range(97)]
    h = stops.above_zero(sixths if h is None else h, "h")
    with state.no_graph():
        x0, h = x0.double(), h.double().to(x0.device)
    first = len(h) - 1
    if start is not None:
        start = arguments.positive(start, "start")
        first = stops.nearest(h.log(), math.log(start))
    with functions.calling(f, (x0,)):
        _, (slope,) = value_and_gradient(f, (x0,), "x0")
        if not slope.isfinite():
            raise ValueError(
                f"f must have a finite slope at x0, but at {x0.item():g} it is "
                f"{slope.item():g}. Choose another x0."
            )
        long = _errors(f, x0, h, slope, torch.float64)
        short = _errors(f, x0, h, slope, torch.float32)
    with state.no_graph():
        return _figure(h, long, short, first)


def _errors(
    f: Function, x0: Tensor, h: Tensor, slope: Tensor, dtype: torch.dtype
) -> Tensor:
    x, step = x0.to(dtype), h.to(dtype)
    with torch.no_grad():
        above, below = (functions.call(f, (x + side * step,)) for side in (1, -1))
        return ((above - below) / (2 * step)).double() - slope


def _figure(h: Tensor, long: Tensor, short: Tensor, start: int) -> Explorable:
    words = {
        "h": columns.texts(columns.written(v, 2) for v in h.tolist()),
        "float64": columns.texts(columns.written(v, 2) for v in long.abs().tolist()),
        "float32": columns.texts(columns.written(v, 2) for v in short.abs().tolist()),
    }
    sizes = torch.stack([long, short]).abs().log10()
    known = sizes[sizes.isfinite()]
    low, high = (known.min().item(), known.max().item()) if len(known) else (-1.0, 0.0)
    x = h.log10()
    frame = Frame((x[0].item(), low - 0.5), (x[-1].item(), high + 0.5))
    across = columns.fixed(frame.across(x), 1)
    link = columns.texts(f"{v:.2g}" for v in h.tolist())
    slider = Slider("Step of the difference, h", len(h), start, link, (0, across))
    figure = Figure("step", [slider])
    curves, points = [], []
    for size, line, part, dot in (
        (sizes[1], DASHED, "other", OTHER),
        (sizes[0], LINE, "point", DOT),
    ):
        curves.append(f'<path d="{frame.path(x, size)}" {line}/>')
        down = columns.fixed(frame.down(size), 1)
        here = columns.shown(size.isfinite().tolist())
        points.append(
            figure.moving("circle", part, dot, cx=across, cy=down, display=here)
        )
    best = long.abs().nan_to_num(torch.inf).argmin().item()
    return figure.finished(
        "The error of a difference, over its step, in float64 and, dashed, in float32",
        frame.axes("h", "error", _power) + frame.inside("".join([*curves, *points])),
        [BEST if k == best else WORDS for k in range(len(h))],
        words,
        {"h": h, "float64": long, "float32": short},
        key={"float64": frames.sample(LINE), "float32": frames.sample(DASHED)},
        table=words,
        what="pairs of errors",
    )


def _power(exponent: float) -> str:
    """The power of ten, or nothing between two."""
    whole = round(exponent)
    if whole != exponent:
        return ""
    return f"10{str(whole).translate(columns.SUPERSCRIPTS)}"
