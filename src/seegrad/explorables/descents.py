"""The learning rate of a descent that can be changed, and the path that it takes."""

from __future__ import annotations

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine.evaluation import value_and_gradient
from seegrad.explorables import columns, frames, stops, surfaces
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import FIXED, Frame
from seegrad.explorables.markup import Figure, Slider
from seegrad.fields import gradient_field
from seegrad.plots import SLOPE

FALLS = (
    "With a rate of {rate}, {steps} steps lead from the height {before} down to "
    "{after}, at ({x0}, {x1})."
)
GROWS = (
    "With a rate of {rate}, {steps} steps lead from the height {before} up to {after}: "
    "this rate is too large."
)
LEAVES = (
    "With a rate of {rate} the height grows from {before} beyond all numbers before "
    "step {steps}: this rate is too large."
)
PATH = f'stroke="{SLOPE["color"]}" stroke-width="1.6" stroke-linejoin="round"'


@state.not_compiled
def explore_learning_rate(
    f: Function,
    point: object,
    *,
    learning_rates: object,
    steps: int = 30,
    start: float | None = None,
) -> Explorable:
    """Let a reader change the learning rate of a descent, and see its path.

    Parameters
    ----------
    f : callable
        A function of two tensors, computed elementwise.
    point : tensor, array or list of shape (2,)
        Where each descent begins.
    learning_rates : tensor, array or list of shape (n,)
        The stops: rates above zero. n·steps is at most 2500.
    steps : int, optional
        How many steps each descent takes; from 1.
    start : float, optional
        The figure begins at the rate nearest to it; by default at the middle one.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `learning_rates` of shape (n,), `points` of
        shape (n, steps + 1, 2) and `values` of shape (n, steps + 1). They are nan or
        infinite where a descent has left all numbers.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If point isn't a pair of finite numbers where f is finite, a rate isn't above
        zero, there are too many steps, or f is random, isn't elementwise, returns
        another shape, or raises.

    See Also
    --------
    descend : One such descent.

    Notes
    -----
    Each step is x ← x − rate·∇f(x). On a bowl whose steepest direction has the second
    derivative L, every rate above 2/L leads upwards.

    Examples
    --------
    On x0² + x1², where L = 2, a rate of 0.25 halves the distance with each step, and
    one of 1.5 doubles it:

    >>> import seegrad
    >>> seen = seegrad.explore_learning_rate(
    ...     lambda x0, x1: x0**2 + x1**2, [4, 0], learning_rates=[0.25, 1.5], steps=2
    ... )
    >>> seen.numbers["points"][:, :, 0]
    tensor([[ 4.,  2.,  1.],
            [ 4., -8., 16.]], dtype=torch.float64)
    """
    arguments.function(f)
    begin = arguments.axis(point, "point")
    arguments.finite(begin, "point")
    if len(begin) != 2:
        raise ValueError(
            f"point must be a pair, one number a variable, but it has {len(begin)}. "
            "Pass for example [-2.0, 1.0]."
        )
    steps = arguments.whole_number(steps, "steps", least=1)
    rates = stops.above_zero(learning_rates, "learning_rates")
    with state.no_graph():
        rates = rates.to(begin)
    stops.few(len(rates) * steps, "learning_rates times steps")
    first = stops.nearest(rates, start)
    points, values = _descents(f, begin, rates, steps)
    if not values[0, 0].isfinite():
        raise ValueError(
            f"point must be where f is finite, but f is {values[0, 0].item():g} there. "
            "Choose another point."
        )
    with state.no_graph():
        frame = _frame(points, values)
    between = (v.to(begin) for v in surfaces.grid(frame))
    ground = surfaces.shade(frame, gradient_field(f, *between).values)
    with state.no_graph():
        return _figure(rates, points, values, frame, ground, first)


def _descents(
    f: Function, begin: Tensor, rates: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    """All descents at once: f is elementwise."""
    with state.no_graph():
        at = [v.repeat(len(rates)) for v in begin]
    points, values = [], []
    with functions.calling(f, tuple(at)):
        for step in range(steps + 1):
            value, gradient = value_and_gradient(f, at, "x0 and x1", check=step == 0)
            points.append(torch.stack(at, dim=1))
            values.append(value)
            at = [x - rates * g for x, g in zip(at, gradient, strict=True)]
        return torch.stack(points, dim=1), torch.stack(values, dim=1)


def _frame(points: Tensor, values: Tensor) -> Frame:
    """Room for all descents that don't rise above where they begin."""
    calm = (values <= values[:, :1]).all(1)
    seen = points[calm].flatten(0, 1) if calm.any() else points[:, :2].flatten(0, 1)
    seen = frames.plain(seen[seen.isfinite().all(1)])
    low, high = seen.min(0).values, seen.max(0).values
    room = 0.1 * (high - low).max().clamp(min=1e-6)
    left, below = (low - room).tolist()
    right, above = (high + room).tolist()
    return Frame((left, below), (right, above))


def _figure(
    rates: Tensor,
    points: Tensor,
    values: Tensor,
    frame: Frame,
    ground: str,
    start: int,
) -> Explorable:
    last, steps = points[:, -1], values.shape[1] - 1
    before, after = values[:, 0].tolist(), values[:, -1].tolist()
    words = {
        "rate": columns.places(rates),
        "steps": columns.texts([str(steps)] * len(rates)),
        "before": columns.texts(columns.written(v) for v in before),
        "after": columns.texts(columns.written(v) for v in after),
        "x0": columns.texts(columns.written(v, 3) for v in last[:, 0].tolist()),
        "x1": columns.texts(columns.written(v, 3) for v in last[:, 1].tolist()),
    }
    finite = values.isfinite().all(1)
    figure = Figure("rate", [Slider("Learning rate", len(rates), start, words["rate"])])
    across, down = frame.across(points[..., 0]), frame.down(points[..., 1])
    paths = columns.texts(map(frames.path, across, down))
    path = figure.moving("path", "path", PATH, d=paths)
    end = figure.moving(
        "circle",
        "end",
        FIXED,
        cx=columns.fixed(across[:, -1], 1),
        cy=columns.fixed(down[:, -1], 1),
        display=columns.shown(finite.tolist()),
    )
    return figure.finished(
        "A surface from above, stronger where higher, and the path of a descent",
        frame.axes("x0", "x1") + frame.inside(ground + path + end),
        [
            LEAVES if not known else FALLS if b < a else GROWS
            for known, a, b in zip(finite.tolist(), before, after, strict=True)
        ],
        words,
        {"learning_rates": rates, "points": points, "values": values},
        key={
            "path": frames.sample(PATH),
            "its end": frames.spot(FIXED),
            "higher ground": surfaces.SAMPLE,
        },
        table={"rate": words["rate"], "height at the end": words["after"]},
        what="descents",
    )
