"""The learning rate of a fit that can be changed, and the polynomial that it finds."""

from __future__ import annotations

import torch
from torch import Tensor

from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.engine.evaluation import value_and_gradient
from seegrad.engine.reverse import slope
from seegrad.explorables import columns, frames, stops
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import DASHED, LINE
from seegrad.explorables.markup import Figure, Slider

FALLS = (
    "With a rate of {rate}, {steps} steps bring the squared error from {before} down "
    "to {after}."
)
LEAST = (
    "With a rate of {rate}, {steps} steps bring the squared error from {before} down "
    "to {after}, less than with any other rate here."
)
GROWS = (
    "With a rate of {rate}, {steps} steps bring the squared error from {before} up to "
    "{after}: this rate is too large."
)
LEAVES = (
    "With a rate of {rate} the squared error grows from {before} beyond all numbers: "
    "this rate is too large."
)
ON_THE_CURVE = 61


@state.not_compiled
def explore_fit(
    f: Function,
    x: object,
    *,
    learning_rates: object,
    degree: int = 3,
    steps: int = 2000,
    coefficients: object = None,
    start: float | None = None,
) -> Explorable:
    """Let a reader change the learning rate of a fit, and see the polynomial it finds.

    Parameters
    ----------
    f : callable
        The function to fit, of one tensor, computed elementwise.
    x : tensor, array or list of shape (n,)
        The points at which the polynomial and f are compared.
    learning_rates : tensor, array or list of shape (m,)
        The stops: 2 to 100 rates above zero.
    degree : int, optional
        The degree of the polynomial; from 0.
    steps : int, optional
        How many steps each fit takes; from 1.
    coefficients : tensor, array or list of shape (degree + 1,), optional
        Where each fit begins, ascending; by default all zero.
    start : float, optional
        The figure begins at the rate nearest to it; by default at the middle one.

    Returns
    -------
    Explorable
        The figure. Its ``numbers`` are `learning_rates` of shape (m,), `coefficients`
        of shape (m, degree + 1), and `losses`, before and after, of shape (m, 2). They
        are nan or infinite where a fit has left all numbers.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or f does not return a tensor.
    ValueError
        If x has fewer than 2 or equal points, f isn't finite there, a rate isn't above
        zero, there are more than 100, coefficients have another shape, or f is random,
        isn't elementwise, returns another shape, or raises.

    See Also
    --------
    fit_polynomial : One such fit, which refuses a rate that is too large.
    least_squares : Where they all lead.

    Notes
    -----
    The loss is Σ(p(x) − f(x))², and each step is c ← c − rate·∇loss. Every rate above
    2/λ leads upwards, with λ the largest eigenvalue of the loss's Hessian.

    Examples
    --------
    A constant c for the one value 1: the loss (c − 1)² at two points has the slope
    4(c − 1), so a rate of 1/8 halves the error with each step.

    >>> import seegrad, torch
    >>> seen = seegrad.explore_fit(
    ...     torch.exp2, [0, 1e-9], learning_rates=[0.125, 1.0], degree=0, steps=1
    ... )
    >>> seen.numbers["coefficients"].flatten()
    tensor([0.5000, 4.0000], dtype=torch.float64)
    """
    arguments.function(f)
    degree = arguments.whole_number(degree, "degree", least=0)
    steps = arguments.whole_number(steps, "steps", least=1)
    x = stops.axis(x, "x", most=100_000)
    rates = stops.above_zero(learning_rates, "learning_rates")
    stops.few(len(rates), "learning_rates", most=100)
    given = [0.0] * (degree + 1) if coefficients is None else coefficients
    begin = arguments.axis(given, "coefficients", x.device)
    arguments.finite(begin, "coefficients")
    if len(begin) != degree + 1:
        raise ValueError(
            f"coefficients must be {degree + 1}, one a power, but there are "
            f"{len(begin)}. Pass for example torch.zeros({degree + 1})."
        )
    first = stops.nearest(rates, start)
    with functions.calling(f, (x,)):
        y, _ = value_and_gradient(f, (x,), "x")
    arguments.finite(y, "f(x)")
    with state.preserve_state(x.device):
        found, losses = _fits(x, y, rates.to(x), begin.to(x), steps)
    with state.no_graph():
        return _figure(x, y, rates.to(x), found, losses, steps, first)


def _fits(
    x: Tensor, y: Tensor, rates: Tensor, begin: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    """All fits at once: the sum of their losses has each one's gradient in its row."""
    powers = x ** torch.arange(len(begin), device=x.device)[:, None]
    at = begin.repeat(len(rates), 1)
    losses = []
    for step in range(steps + 1):
        at = at.detach().requires_grad_()
        loss = (at @ powers - y).square().sum(1)
        if step in (0, steps):
            losses.append(loss.detach())
        if step < steps:
            at = at - rates[:, None] * slope(loss, at)
    return at.detach(), torch.stack(losses, dim=1)


def _figure(
    x: Tensor,
    y: Tensor,
    rates: Tensor,
    coefficients: Tensor,
    losses: Tensor,
    steps: int,
    start: int,
) -> Explorable:
    before, after = (side.tolist() for side in losses.unbind(1))
    words = {
        "rate": columns.texts(columns.written(v, 5) for v in rates.tolist()),
        "steps": columns.texts([str(steps)] * len(rates)),
        "before": columns.texts(columns.written(v, 5) for v in before),
        "after": columns.texts(columns.written(v, 5) for v in after),
    }
    frame = frames.frame_of(x, y)
    count = min(ON_THE_CURVE, len(x))
    some = frames.evenly(0, len(x) - 1, count, frames.plain(x)).round().long()
    some = some.to(x.device)
    across = x[some]
    exponents = torch.arange(coefficients.shape[1], device=x.device)
    powers = across ** exponents[:, None]
    curves = coefficients @ powers
    finite = losses.isfinite().all(1) & curves.isfinite().all(1)
    curves = torch.where(finite[:, None], curves, torch.nan)
    link = columns.texts(f"{v:.5g}" for v in rates.tolist())
    figure = Figure("fit", [Slider("Learning rate", len(rates), start, link)])
    polynomial = figure.moving(
        "path",
        "polynomial",
        DASHED,
        d=columns.texts(frame.path(across, curve) for curve in curves),
    )
    least = losses[:, 1].nan_to_num(torch.inf).argmin().item()
    return figure.finished(
        "A curve, and the polynomial that gradient descent has found for it",
        frame.axes("x", "y") + frame.inside(frame.curve(across, y[some]) + polynomial),
        [
            LEAVES
            if not known
            else LEAST
            if k == least and b < a
            else FALLS
            if b < a
            else GROWS
            for k, (known, a, b) in enumerate(
                zip(finite.tolist(), before, after, strict=True)
            )
        ],
        words,
        {"learning_rates": rates, "coefficients": coefficients, "losses": losses},
        key={"curve": frames.sample(LINE), "polynomial": frames.sample(DASHED)},
        table={"rate": words["rate"], "squared error": words["after"]},
        what="fits",
    )
