"""The order of a Taylor polynomial that can be raised, and how far out it holds."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.derivatives import derivative
from seegrad.engine.evaluation import value_and_gradient
from seegrad.explorables import columns, frames, stops
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import DASHED, FIXED, LINE
from seegrad.explorables.markup import Figure, Slider
from seegrad.plots import POINT

HOLDS = (
    "The polynomial of order {order} stays within {tolerance} of the curve from "
    "x = {low} to {high}."
)
EVERYWHERE = (
    "The polynomial of order {order} stays within {tolerance} of the whole curve, from "
    "x = {low} to {high}."
)
ALONE = (
    "The polynomial of order {order} stays within {tolerance} of the curve at "
    "x = {low} alone."
)
BAR = f'stroke="{POINT["color"]}" stroke-width="5"'


@state.not_compiled
def explore_taylor(
    f: Function,
    x0: object,
    x: object,
    *,
    orders: int = 12,
    tolerance: float = 0.05,
    start: int = 1,
) -> Explorable:
    """Let a reader raise the order of a Taylor polynomial, and see how far it holds.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise.
    x0 : float
        The point around which f is expanded; it lies among x.
    x : tensor, array or list of shape (n,)
        Where the curves are drawn and compared, 2 to 2500 different points.
    orders : int, optional
        The highest order; from 1. The stops are all orders from 0 on.
    tolerance : float, optional
        How near the polynomial must be to hold, in units of f; above zero.
    start : int, optional
        The order at which the figure begins.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `x` of shape (n,), `coefficients`, f⁽ᵏ⁾(x0)/k!,
        and `low` and `high`, between which the polynomial of each order holds, all of
        shape (orders + 1,), and ``polynomials`` of shape (orders + 1, n).

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If x0 isn't a finite number within x where f has finite derivatives, a number is
        out of its range, x times orders gives more than 2500 numbers, or f is random,
        isn't elementwise, returns another shape, or raises.

    See Also
    --------
    derivative : The derivatives of higher order.
    tangent_line : The polynomial of order 1.

    Examples
    --------
    1 + x + x²/2 stays near eˣ for longer than 1 + x:

    >>> import seegrad, torch
    >>> x = torch.arange(-20, 21) / 10
    >>> seen = seegrad.explore_taylor(torch.exp, 0.0, x, orders=2)
    >>> seen.numbers["coefficients"]
    tensor([1.0000, 1.0000, 0.5000], dtype=torch.float64)
    >>> seen.sentences[2]
    'The polynomial of order 2 stays within 0.05 of the curve from x = −0.7 to 0.6.'
    """
    arguments.function(f)
    orders = arguments.whole_number(orders, "orders", least=1)
    start = arguments.whole_number(start, "start", least=0, most=orders)
    tolerance = arguments.positive(tolerance, "tolerance")
    x = stops.axis(x, "x")
    x0 = stops.point(x0, "x0", x.device)
    with state.no_graph():
        x, x0 = x.double(), x0.double()
    stops.few(len(x) * (orders + 1), "x and orders")
    if not x[0] <= x0 <= x[-1]:
        raise ValueError(
            f"x0 must lie within x, from {x[0].item():g} to {x[-1].item():g}, but it "
            f"is {x0.item():g}. Choose an x around it."
        )
    with functions.calling(f, (x,)):
        y, _ = value_and_gradient(f, (x,), "x")
        y0, _ = value_and_gradient(f, (x0,), "x0")
    terms = [y0]
    for order in range(1, orders + 1):
        found = derivative(f, x0, order=order)
        if not found.isfinite():
            raise ValueError(
                f"f must have finite derivatives at x0, but at {x0.item():g} that of "
                f"order {order} is {found.item():g}. Choose another x0, or fewer "
                "orders."
            )
        with state.no_graph():
            terms.append(found / math.factorial(order))
    with state.no_graph():
        return _figure(x0, x, y, torch.stack(terms), tolerance, start)


def _figure(
    x0: Tensor, x: Tensor, y: Tensor, terms: Tensor, tolerance: float, start: int
) -> Explorable:
    powers = (x - x0) ** torch.arange(len(terms), device=x.device)[:, None]
    polynomials = (terms[:, None] * powers).cumsum(0)
    holds = (polynomials - y).abs() <= tolerance
    low, high = _reach(x0, x, holds)
    count = len(terms)
    words = {
        "order": columns.texts(map(str, range(count))),
        "tolerance": columns.texts([columns.written(tolerance)] * count),
        "low": columns.texts(columns.written(v) for v in low.tolist()),
        "high": columns.texts(columns.written(v) for v in high.tolist()),
    }
    frame = frames.frame_of(x, y)
    slider = Slider("Order of the polynomial", count, start, words["order"])
    figure = Figure("taylor", [slider])
    band = figure.moving(
        "line",
        "holds",
        f'{BAR} y1="{frame.floor}" y2="{frame.floor}"',
        x1=columns.fixed(frame.across(low), 1),
        x2=columns.fixed(frame.across(high), 1),
    )
    curves = columns.texts(frame.path(x, p) for p in polynomials)
    polynomial = figure.moving("path", "polynomial", DASHED, d=curves)
    centre = frame.across(x0).item(), frame.down(terms[0]).item()
    point = f'<circle {FIXED} cx="{centre[0]:.1f}" cy="{centre[1]:.1f}"/>'
    return figure.finished(
        "A curve and its Taylor polynomial; below, a bar where it holds",
        frame.axes("x", "y")
        + frame.inside(frame.curve(x, y) + polynomial + point + band),
        [
            EVERYWHERE if everywhere else HOLDS if far else ALONE
            for everywhere, far in zip(holds.all(1), high > low, strict=True)
        ],
        words,
        {
            "x": x,
            "coefficients": terms,
            "low": low,
            "high": high,
            "polynomials": polynomials,
        },
        key={
            "curve": frames.sample(LINE),
            "polynomial": frames.sample(DASHED),
            "where it holds": frames.sample(BAR),
        },
        table={"order": words["order"], "from": words["low"], "to": words["high"]},
        what="polynomials, with coefficients",
    )


def _reach(x0: Tensor, x: Tensor, holds: Tensor) -> tuple[Tensor, Tensor]:
    """How far left and right of x0 each polynomial holds without a break."""
    low, high = [], []
    for row in holds:
        failed = x[~row]
        left, right = failed[failed <= x0], failed[failed >= x0]
        inside = x[row & (x <= x0) & (x > left.max() if len(left) else x <= x0)]
        low.append(inside.min() if len(inside) else x0)
        inside = x[row & (x >= x0) & (x < right.min() if len(right) else x >= x0)]
        high.append(inside.max() if len(inside) else x0)
    return torch.stack(low), torch.stack(high)
