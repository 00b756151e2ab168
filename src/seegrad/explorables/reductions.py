"""One point among others that can be moved, and the gradient that reaches each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from seegrad.checks import arguments, state
from seegrad.checks.functions import Function
from seegrad.explorables import columns, frames, stops
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import DOT, LINE, Frame
from seegrad.explorables.markup import Choice, Figure, Slider
from seegrad.plots import FUNCTION, SLOPE
from seegrad.reductions import reduce_gradient

How = Callable[[Tensor], Tensor]
HOW: dict[str, How] = {
    "sum": torch.sum,
    "mean": torch.mean,
    "amax": torch.amax,
    "max(dim=0)": lambda y: y.max(dim=0).values,
}
WORDS = "At x = {x} the slope is {slope}. After {how} its gradient is {gradient}."
SAME = (
    "At x = {x} the slope is {slope}. After {how} its gradient is {gradient}: the "
    "slope itself."
)
ON_THE_CURVE = 121
OTHER = f'r="5" stroke="{FUNCTION["color"]}" stroke-width="2.5"'
GRADIENT = f'stroke="{SLOPE["color"]}" stroke-width="5" stroke-linecap="butt"'


@state.not_compiled
def explore_reduction(
    f: Function,
    x: object,
    *,
    others: object,
    how: Mapping[str, How] | None = None,
    start: float | None = None,
) -> Explorable:
    """Let a reader choose a reduction and move a point, and see each gradient.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise.
    x : tensor, array or list of shape (n,)
        The stops: where the point can be moved.
    others : tensor, array or list of shape (m,)
        The points that stay. The moved one comes first among all that are reduced.
    how : dict of str to callable, optional
        The reductions to choose from, by name; each takes y = f(x) and returns a tensor
        of shape (). By default sum, mean, amax and max(dim=0).
    start : float, optional
        The figure begins at the stop nearest to it; by default at the middle one.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `x`, of shape (n,), `slope`, f′ at x, and
        `gradient` of shape (reductions, n, 1 + m), with the moved point first.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f or a reduction does not return a
        tensor.
    ValueError
        If there are fewer than 2 or more than 2500 stops, no reduction, or one of the
        faults that `reduce_gradient` refuses.

    See Also
    --------
    reduce_gradient : The gradient for one set of points.

    Notes
    -----
    Orange bars show each point's gradient, on the scale of the curve's heights.

    Examples
    --------
    At a tie ``amax`` shares the gradient, and ``max(dim=0)`` gives it to the first:

    >>> import seegrad
    >>> seen = seegrad.explore_reduction(lambda x: x, [0, 1, 2], others=[1.0])
    >>> seen.numbers["gradient"][2:, 1]
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]], dtype=torch.float64)
    """
    arguments.function(f)
    x = stops.axis(x, "x")
    others = arguments.axis(others, "others", x.device)
    arguments.finite(others, "others")
    ways = _ways(how)
    stops.few(len(ways) * len(x), "x and how")
    first = stops.nearest(x, start)
    with state.no_graph():
        others = others.to(x)
        together = [torch.cat([place.reshape(1), others]) for place in x]
    found = [[reduce_gradient(f, p, way) for p in together] for way in ways.values()]
    alone = reduce_gradient(f, x, torch.sum)
    with state.no_graph():
        gradient = torch.stack([r.gradient for row in found for r in row])
        gradient = gradient.reshape(len(ways), len(x), -1)
        heights = torch.stack([r.y.detach() for r in found[0]])
        low = min(x[0].item(), others.min().item())
        high = max(x[-1].item(), others.max().item())
        across = frames.evenly(low, high, ON_THE_CURVE, x)
    curve = reduce_gradient(f, across, torch.sum).y.detach()
    with state.no_graph():
        return _figure(
            tuple(ways),
            x,
            others,
            heights,
            alone.gradient,
            gradient,
            across,
            curve,
            first,
        )


def _ways(how: object) -> Mapping[str, How]:
    ways = HOW if how is None else how
    if not isinstance(ways, Mapping) or not all(
        isinstance(name, str) and callable(way) for name, way in ways.items()
    ):
        raise TypeError(
            "how must map names to functions that reduce a tensor, but it is "
            f'{arguments.describe(how)}. Pass for example {{"sum": torch.sum}}.'
        )
    if not ways:
        raise ValueError(
            "how must hold at least one reduction, but it is empty. Pass for example "
            '{"sum": torch.sum}, or leave it out.'
        )
    return ways


def _figure(
    ways: tuple[str, ...],
    x: Tensor,
    others: Tensor,
    heights: Tensor,
    slope: Tensor,
    gradient: Tensor,
    across: Tensor,
    curve: Tensor,
    start: int,
) -> Explorable:
    count = len(ways)
    own, many = gradient[:, :, 0].flatten(), slope.repeat(count)
    both = columns.measured(torch.cat([own, many]))
    words = {
        "x": columns.places(x.repeat(count)),
        "how": columns.texts(name for name in ways for _ in x),
        "gradient": columns.Column(both.texts[: len(own)], both.digits),
        "slope": columns.Column(both.texts[len(own) :], both.digits),
    }
    frame = _frame(across, curve, gradient)
    place = columns.fixed(frame.across(x).repeat(count), 1)
    controls = (
        Choice("Reduction:", ways, 0, words["how"]),
        Slider("Place of the point, x", len(x), start, words["x"], (0, place)),
    )
    figure = Figure("reduction", controls)
    drawing = _drawn(figure, frame, place, others, heights.repeat(count, 1), gradient)
    said = zip(words["gradient"].texts, words["slope"].texts, strict=True)
    return figure.finished(
        "Points on a curve, each with the gradient that reaches it",
        frame.axes("x", "y") + frame.inside(frame.curve(across, curve) + drawing),
        [SAME if one == other else WORDS for one, other in said],
        words,
        {"x": x, "slope": slope, "gradient": gradient},
        key={
            "curve": frames.sample(LINE),
            "point that moves": frames.spot(DOT),
            "others": frames.spot(OTHER),
            "gradient that arrives": frames.sample(GRADIENT),
        },
        table={
            "reduction": words["how"],
            "x": words["x"],
            "gradient": words["gradient"],
        },
        what="gradients",
    )


def _frame(across: Tensor, curve: Tensor, gradient: Tensor) -> Frame:
    """Room for the curve, and for the gradients, which begin at 0."""
    zero = curve.new_zeros(1)
    return frames.frame_of(across, torch.cat([curve, gradient.flatten(), zero]))


def _drawn(
    figure: Figure,
    frame: Frame,
    place: columns.Column,
    others: Tensor,
    heights: Tensor,
    gradient: Tensor,
) -> str:
    zero = f"{frame.down(frames.number(0.0)).item():.1f}"
    parts = [f'<path d="M0 {zero}H{frame.width}" stroke="currentColor"/>']
    ends = columns.fixed(frame.down(gradient[:, :, 0].flatten()), 1)
    for k, at in enumerate(frame.across(others).tolist(), start=1):
        y = frame.down(heights[0, k]).item()
        tip = columns.fixed(frame.down(gradient[:, :, k].flatten()), 1)
        still = f'{GRADIENT} x1="{at:.1f}" x2="{at:.1f}" y1="{zero}"'
        parts.append(figure.moving("line", f"bar{k}", still, y2=tip))
        parts.append(f'<circle {OTHER} cx="{at:.1f}" cy="{y:.1f}"/>')
    own = f'{GRADIENT} y1="{zero}"'
    parts.append(figure.moving("line", "own", own, x1=place, x2=place, y2=ends))
    down = columns.fixed(frame.down(heights[:, 0]), 1)
    parts.append(figure.moving("circle", "point", DOT, cx=place, cy=down))
    return "".join(parts)
