"""Pictures of finished results, one function a result type; nothing is differentiated.

matplotlib loads when the first picture is drawn. Every function draws on `ax`, or on
axes of its own in seegrad's style, and returns the axes. It passes ``**kwargs`` on to
what it draws most of, and never calls ``show``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from seegrad.canvases import canvas
from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.descents import Descent
from seegrad.fields import GradientField
from seegrad.polynomials import PolynomialFit
from seegrad.reductions import Reduction
from seegrad.tangents import TangentLine, TangentPlane

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from mpl_toolkits.mplot3d import Axes3D

# Each keeps 3:1 contrast on white and on dark; style and marker are a second cue.
FUNCTION: dict[str, Any] = {"color": "#2f7fc4", "linestyle": "-", "linewidth": 2.0}
SLOPE: dict[str, Any] = {"color": "#d2601a", "linestyle": "--", "linewidth": 2.0}
POINT: dict[str, Any] = {
    "color": "#9563c4",
    "marker": "o",
    "markersize": 7.0,
    "linestyle": "none",
}
WALK: dict[str, Any] = {
    "color": "#9563c4",
    "marker": ".",
    "linestyle": "-",
    "linewidth": 1.2,
}
MUTED = "#757575"

Array = np.ndarray[Any, Any]
AnyAxes = TypeVar("AnyAxes")


@state.not_compiled
def plot_function(
    f: Function, *xs: object, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw a function of one variable as a curve, or of two as a surface.

    Parameters
    ----------
    f : callable
        A function of one or two tensors, computed elementwise.
    *xs : tensor, array or list of shape (n,)
        The points of the curve; or two axes of a grid, for a surface.
    ax : matplotlib.axes.Axes, optional
        Where to draw; three-dimensional for a surface.
    **kwargs : Line2D or Poly3DCollection properties, optional
        Passed on to ``Axes.plot``, or to ``Axes3D.plot_surface``: color, label,
        linewidth and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If there are more than two variables, one isn't one-dimensional or is empty,
        or f returns another shape or raises.

    Examples
    --------
    >>> import seegrad
    >>> ax = seegrad.plot_function(lambda x: x**2, [-1.0, 0.0, 1.0])
    >>> ax.lines[0].get_ydata()
    array([1., 0., 1.])
    """
    arguments.function(f)
    if len(xs) not in (1, 2):
        raise ValueError(
            f"xs must be one or two variables, but {len(xs)} were given. "
            "Fix the others, for example with lambda x0, x1: f(x0, x1, 0.0 * x0)."
        )
    names = ["x"] if len(xs) == 1 else ["x0", "x1"]
    points = [arguments.axis(x, name) for x, name in zip(xs, names, strict=True)]
    points = [x[torch.from_numpy(_in_order(_numpy(x))).to(x.device)] for x in points]
    kwargs = {"label": "$f$"} | kwargs
    if len(points) == 1:
        return _curve(points[0], _values(f, points), ax, FUNCTION, kwargs)
    grid = arguments.variables((points[0], points[1][:, None]))
    x0, x1, height = map(_numpy, (*grid, _values(f, grid)))
    style = _surface({"color": FUNCTION["color"], "alpha": 0.5}, kwargs)
    with canvas(ax, three_d=True) as ax3:
        ax3.plot_surface(x0, x1, height, **style)
        surface: Axes = _name_axes(ax3, "$x_0$", "$x_1$", "$y$")
    return surface


def plot_derivative(
    x: object, slope: object, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw a derivative, as `derivative` returned it, over its points.

    Parameters
    ----------
    x : tensor, array or list of shape (n,)
        The points.
    slope : tensor, array or list of shape (n,)
        The derivative at each point.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    **kwargs : Line2D properties, optional
        Passed on to ``Axes.plot``: color, label, linewidth and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If x or slope isn't one-dimensional or is empty, or their lengths differ.

    Examples
    --------
    >>> import seegrad
    >>> x = [-1.0, 0.0, 1.0]
    >>> ax = seegrad.plot_derivative(x, seegrad.derivative(lambda x: x**2, x))
    >>> ax.lines[0].get_ydata()
    array([-2.,  0.,  2.])
    """
    x, slope = arguments.axis(x, "x"), arguments.axis(slope, "slope")
    arguments.same_shape(x, slope, ("x", "slope"))
    return _curve(x, slope, ax, SLOPE, {"label": "$f\\,'$"} | kwargs)


def plot_tangent_line(
    tangent: TangentLine,
    ax: Axes | None = None,
    *,
    width: float | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw a tangent line as a segment centred on the point where it touches.

    At a corner the segment bends there: each half has the slope of its own side.

    Parameters
    ----------
    tangent : TangentLine
        The line, or lines: one segment each.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    width : float, optional
        The length of the segment along x, in units of x. By default half of the range
        of x that was drawn on `ax` before, or 2 on empty axes.
    **kwargs : Line2D properties, optional
        Passed on to ``Axes.plot`` for the segments: color, label, linewidth and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If width isn't above zero.

    Examples
    --------
    >>> import seegrad
    >>> line = seegrad.tangent_line(lambda x: x**2, 3)
    >>> ax = seegrad.plot_tangent_line(line, width=2)
    >>> ax.lines[0].get_xydata()
    array([[ 2.,  3.],
           [ 4., 15.]])
    """
    arguments.result(tangent, TangentLine, "tangent", "tangent_line")
    if width is not None:
        width = arguments.positive(width, "width")
    style = _line({**SLOPE, "label": "tangent"}, kwargs)
    parts = (tangent.x0, tangent.y0, tangent.left, tangent.right)
    with canvas(ax) as ax:
        half = (width or _default_width(ax, ax.dataLim.intervalx)) / 2
        for x0, y0, left, right in zip(*map(_flat, parts), strict=True):
            x, y = [x0 - half, x0, x0 + half], [y0 - left * half, y0, y0 + right * half]
            straight = slice(None, None, 2 if left == right else 1)
            ax.plot(x[straight], y[straight], **style)
            ax.plot([x0], [y0], **POINT)
            style["label"] = None  # one entry in the legend
        return _name_axes(ax, "$x$", "$y$")


def plot_tangent_plane(
    plane: TangentPlane,
    ax: Axes3D | None = None,
    *,
    width: float | None = None,
    **kwargs: Any,
) -> Axes3D:
    """Draw a tangent plane as a patch centred on the point where it touches.

    At a corner the patch folds there: each side has the slopes of its own side.

    Parameters
    ----------
    plane : TangentPlane
        The plane, or planes: one patch each.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        Where to draw.
    width : float, optional
        The sides of the patch, in units of x0 and x1. By default half of the ranges of
        x0 and x1 that were drawn on `ax` before, or 2 on empty axes.
    **kwargs : Poly3DCollection properties, optional
        Passed on to ``Axes3D.plot_surface`` for the patches: color, alpha and others.

    Returns
    -------
    mpl_toolkits.mplot3d.axes3d.Axes3D
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If width isn't above zero.

    Examples
    --------
    >>> import seegrad
    >>> plane = seegrad.tangent_plane(lambda x0, x1: x0 * x1, 1, 2)
    >>> seegrad.plot_tangent_plane(plane).name
    '3d'
    """
    arguments.result(plane, TangentPlane, "plane", "tangent_plane")
    if width is not None:
        width = arguments.positive(width, "width")
    style = _surface({"color": SLOPE["color"], "alpha": 0.55}, kwargs)
    left, right = plane.left.reshape(2, -1), plane.right.reshape(2, -1)
    parts = (plane.x0, plane.x1, plane.y0, *left, *right)
    with canvas(ax, three_d=True) as ax3:
        limits = ax3.xy_dataLim.intervalx, ax3.xy_dataLim.intervaly
        sides = (width or _default_width(ax3, interval) for interval in limits)
        a, b = np.meshgrid(*(np.array([-side, 0.0, side]) / 2 for side in sides))
        for x0, x1, y0, l0, l1, r0, r1 in zip(*map(_flat, parts), strict=True):
            height = y0 + np.where(a < 0, l0, r0) * a + np.where(b < 0, l1, r1) * b
            ax3.plot_surface(x0 + a, x1 + b, height, **style)
            ax3.plot([x0], [x1], [y0], **POINT, zorder=10)
        return _name_axes(ax3, "$x_0$", "$x_1$", "$y$")


def plot_gradient_field(
    field: GradientField, ax: Axes | None = None, *, levels: int = 12, **kwargs: Any
) -> Axes:
    """Draw a gradient field: contour lines of f, and arrows of −∇f that lead downhill.

    Parameters
    ----------
    field : GradientField
        The field.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    levels : int, optional
        About how many contour lines; from 1.
    **kwargs : Quiver properties, optional
        Passed on to ``Axes.quiver`` for the arrows: color, width, scale and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. Both variables have one scale where the longer range is at
        most four times the other.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If levels is below 1.

    Notes
    -----
    One huge gradient, as beside a pole, would shrink all others to dots. So an arrow is
    at most three times as long as the 90% quantile of their lengths, with its own
    direction, and contour lines stop three times the spread of the middle 80% of the
    values away from these. Arrows without a finite length are left out.

    Examples
    --------
    >>> import seegrad
    >>> field = seegrad.gradient_field(lambda x0, x1: x0 * x1, [0.0, 1.0], [5.0, 7.0])
    >>> ax = seegrad.plot_gradient_field(field)
    >>> ax.collections[-1].U.tolist()
    [-5.0, -5.0, -7.0, -7.0]
    """
    arguments.result(field, GradientField, "field", "gradient_field")
    levels = arguments.whole_number(levels, "levels", least=1)
    columns, rows = _ascending(field.x0), _ascending(field.x1)
    x0, x1 = _numpy(field.x0)[columns], _numpy(field.x1)[rows]
    values, g0, g1 = (
        _numpy(part)[np.ix_(rows, columns)]
        for part in (field.values, field.g0, field.g1)
    )
    u, v = _arrows(g0, g1)
    longest = np.nanmax(np.hypot(u, v), initial=0.0)
    style = {"color": FUNCTION["color"], "width": 0.004, "angles": "xy"} | kwargs
    if not longest:  # quiver can't choose a scale where no arrow is drawn
        style.setdefault("scale", 1.0)
    if "scale" not in style and not 1e-6 < longest < 1e6:
        u, v = u / longest, v / longest  # or rounding would turn the arrows
    lines = _contour_levels(values, levels)
    with canvas(ax) as ax:
        if len(lines):
            ax.contour(x0, x1, values, lines, colors=MUTED, linewidths=0.8, alpha=0.7)
        ax.quiver(x0, x1, u, v, **style)
        short, long = sorted([_span(x0), _span(x1)])
        if 0 < long <= 4 * short:
            ax.set_aspect("equal")
        return _name_axes(ax, "$x_0$", "$x_1$")


def plot_descent(descent: Descent, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the points that gradient descent went through, from its start to its end.

    Parameters
    ----------
    descent : Descent
        The walk. With two variables it is drawn in their plane, for use over
        `plot_gradient_field`; with one, as points (x, f(x)), for use over
        `plot_function`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    **kwargs : Line2D properties, optional
        Passed on to ``Axes.plot`` for the line: color, label, linewidth and others.
        The marks at its start and end get its colour.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If the descent has more than two variables.

    Examples
    --------
    >>> import seegrad
    >>> descent = seegrad.descend(lambda x: x**2, [8.0], learning_rate=0.25, steps=2)
    >>> seegrad.plot_descent(descent).lines[0].get_xydata()
    array([[ 8., 64.],
           [ 4., 16.],
           [ 2.,  4.]])
    """
    arguments.result(descent, Descent, "descent", "descend")
    points = _numpy(descent.points)
    if points.shape[1] > 2:
        raise ValueError(
            f"descent must have one or two variables to be drawn, but it has "
            f"{points.shape[1]}. Plot its values over the steps instead."
        )
    one = points.shape[1] == 1
    x, y = points[:, 0], _numpy(descent.values) if one else points[:, 1]
    dots = {} if len(x) <= 200 else {"marker": ""}  # dots that touch are a thick line
    with canvas(ax) as ax:
        style = _line({**WALK, **dots, "label": "descent"}, kwargs)
        ax.plot(x, y, **style)
        mark = {**POINT, "color": style["color"]}
        ax.plot(x[:1], y[:1], **{**mark, "marker": "s", "label": "start"})
        end = {"marker": "*", "markersize": 11, "label": "end"}
        ax.plot(x[-1:], y[-1:], **{**mark, **end})
        return _name_axes(ax, "$x$" if one else "$x_0$", "$y$" if one else "$x_1$")


def plot_reduction(reduction: Reduction, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the values y = f(x), and the gradient ∂z/∂x of each point.

    Parameters
    ----------
    reduction : Reduction
        The reduction.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    **kwargs : Line2D properties, optional
        Passed on to ``Axes.plot`` for the gradient: color, label, linewidth and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import seegrad
    >>> r = seegrad.reduce_gradient(lambda x: x**2, [0.0, 1.0, 2.0], "sum")
    >>> ax = seegrad.plot_reduction(r)
    >>> ax.lines[1].get_ydata()
    array([0., 2., 4.])
    """
    arguments.result(reduction, Reduction, "reduction", "reduce_gradient")
    x, y, gradient = map(_flat, (reduction.x, reduction.y, reduction.gradient))
    order = _in_order(x)
    values = {**FUNCTION, "marker": "o", "markersize": 4.0, "label": "$y$"}
    slopes = {**SLOPE, "marker": "s", "markersize": 4.0}
    slopes["label"] = r"$\partial z / \partial x$"
    with canvas(ax) as ax:
        ax.plot(x[order], y[order], **values)
        ax.plot(x[order], gradient[order], **_line(slopes, kwargs))
        return _name_axes(ax, "$x$")


def plot_fit(fit: PolynomialFit, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the points a polynomial was fitted to, and the polynomial.

    Parameters
    ----------
    fit : PolynomialFit
        The fit.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    **kwargs : Line2D properties, optional
        Passed on to ``Axes.plot`` for the polynomial: color, label and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import seegrad
    >>> fit = seegrad.fit_polynomial(
    ...     [1, 2], [1, 2], degree=1, learning_rate=0.1, steps=0, start=[0, 1]
    ... )
    >>> ax = seegrad.plot_fit(fit)
    >>> ax.lines[0].get_ydata()
    array([1., 2.])
    """
    arguments.result(fit, PolynomialFit, "fit", "fit_polynomial")
    ends = float(fit.x.min()), float(fit.x.max())
    x = torch.linspace(*ends, 400, dtype=torch.float64, device=fit.x.device)
    marker = "o" if len(fit.x) <= 100 else "."
    style = {**FUNCTION, "linestyle": "none", "marker": marker, "markersize": 4.0}
    curve = _numpy(x), _numpy(fit(x))
    with canvas(ax) as ax:
        ax.plot(_numpy(fit.x), _numpy(fit.y), **style, label="$y$")
        ax.plot(*curve, **_line({**SLOPE, "label": r"$\hat{y}$"}, kwargs))
        return _name_axes(ax, "$x$", "$y$")


def plot_losses(fit: PolynomialFit, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the loss at each step of a fit, on a logarithmic scale.

    Parameters
    ----------
    fit : PolynomialFit
        The fit.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    **kwargs : Line2D properties, optional
        Passed on to ``Axes.plot``: color, label, linewidth and others.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import seegrad
    >>> fit = seegrad.fit_polynomial(
    ...     [1.0], [1.0], degree=0, learning_rate=0.25, steps=2, start=[0.0]
    ... )
    >>> seegrad.plot_losses(fit).lines[0].get_ydata()
    array([1.    , 0.25  , 0.0625])
    """
    arguments.result(fit, PolynomialFit, "fit", "fit_polynomial")
    losses = _numpy(fit.losses)
    with canvas(ax) as ax:
        style = _line({**FUNCTION, "label": "$L$"}, kwargs)
        ax.plot(np.arange(len(losses)), losses, **style)
        if losses.max() > 0:
            ax.set_yscale("log")
        return _name_axes(ax, "step", "$L$")


# ---------------------------------------------------------------- pieces


def _line(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A line's properties: what is given wins, also as ``lw`` over ``linewidth``."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return defaults | normalize_kwargs(given, Line2D)


def _surface(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A surface's properties: what is given wins, also many colours over one."""
    if given.keys() & {"facecolors", "cmap"}:
        defaults = {name: value for name, value in defaults.items() if name != "color"}
    return defaults | given


def _curve(
    x: Tensor,
    y: Tensor,
    ax: Axes | None,
    defaults: dict[str, Any],
    given: dict[str, Any],
) -> Axes:
    abscissas, ordinates = _numpy(x), _numpy(y)
    order = _in_order(abscissas)
    with canvas(ax) as ax:
        ax.plot(abscissas[order], ordinates[order], **_line(defaults, given))
        return _name_axes(ax, "$x$", "$y$")


def _name_axes(ax: AnyAxes, *names: str) -> AnyAxes:
    """Name the axes that nobody has named yet."""
    for axis, name in zip("xyz", names, strict=False):
        if not getattr(ax, f"get_{axis}label")():
            getattr(ax, f"set_{axis}label")(name)
    return ax


def _default_width(ax: Axes, interval: Array) -> float:
    """Half of the range that was drawn before, or 2 where nothing was."""
    span = float(interval[1] - interval[0])
    return span / 2 if ax.has_data() and 0 < span < np.inf else 2.0


def _arrows(g0: Array, g1: Array) -> tuple[Array, Array]:
    """The arrows of −∇f: none much longer than most, and nan for infinite ones."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.hypot(g0, g1)
        drawn = np.isfinite(lengths) & (lengths > 0)
        most = 3 * np.quantile(lengths[drawn], 0.9) if drawn.any() else 0.0
        share = np.minimum(most / np.where(drawn, lengths, 1.0), 1.0)
        share = np.where(np.isfinite(lengths), share, np.nan)
        return -g0 * share, -g1 * share


def _contour_levels(values: Array, count: int) -> Array:
    """Heights for contour lines, between the values that most points have."""
    heights = values[np.isfinite(values)]
    if min(values.shape) < 2 or not len(heights):
        return heights[:0]
    least, most = heights.min(), heights.max()
    with np.errstate(over="ignore"):
        first, last = np.quantile(heights, [0.1, 0.9])
        low = max(least, first - 3 * (last - first))
        high = min(most, last + 3 * (last - first))
    if not low < high:
        low, high = least, most
    # Never at the middle, as 0 often is: a grid draws a saddle's own level badly.
    part = (np.arange(1, count + 1) + 1e-3) / (count + 1)
    lines: Array = np.unique((1 - part) * low + part * high)
    between: Array = lines[(least < lines) & (lines < most)]
    return between


def _span(x: Array) -> float:
    return float(np.ptp(x)) if len(x) else 0.0


def _ascending(x: Tensor) -> Array:
    """The places of an axis' finite points, from left to right."""
    points = _numpy(x)
    order = np.argsort(points, kind="stable")
    finite: Array = order[np.isfinite(points[order])]
    return finite


def _in_order(x: Array) -> Array:
    """How to take points from left to right; as they are where they go one way.

    A nan between points is a gap in the curve, and stays where it is.
    """
    steps = np.diff(x[~np.isnan(x)])
    if (steps >= 0).all() or (steps <= 0).all():
        return np.arange(len(x))
    return np.argsort(x, kind="stable")


def _values(f: Function, points: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    with state.preserve_state(points[0].device, f, *points), torch.no_grad():
        return functions.call(f, [x.clone() for x in points])


def _numpy(x: Tensor) -> Array:
    numbers: Array = x.detach().double().cpu().numpy()
    return numbers


def _flat(x: Tensor) -> Array:
    return _numpy(x).ravel()
