"""Pictures of finished results, one function a result type; nothing is differentiated.

matplotlib loads when the first picture is drawn. Every function draws on `ax`, or on
axes of its own in seegrad's style, and returns the axes. It never calls ``show``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor

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
MUTED = "#808080"

AnyAxes = TypeVar("AnyAxes")


def plot_function(
    f: Function, *xs: object, ax: Axes | None = None, label: str = "$f$"
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
    label : str, optional
        The name in the legend.

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
    if len(points) == 1:
        return _curve(points[0], _values(f, points), ax, {**FUNCTION, "label": label})
    grid = arguments.variables((points[0], points[1][:, None]))
    surface: Axes = _surface(grid, _values(f, grid), ax, label)
    return surface


def plot_derivative(
    x: object, slope: object, *, ax: Axes | None = None, label: str = "$f\\,'$"
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
    label : str, optional
        The name in the legend.

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
    return _curve(x, slope, ax, {**SLOPE, "label": label})


def plot_tangent_line(
    tangent: TangentLine, *, ax: Axes | None = None, width: float = 2.0
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
        The length of the segment along x, in units of x.

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
    half = arguments.positive(width, "width") / 2
    ax = _flat_axes(ax)
    parts = (tangent.x0, tangent.y0, tangent.left, tangent.right)
    for number, (x0, y0, left, right) in enumerate(
        zip(*map(_flat, parts), strict=True)
    ):
        x, y = [x0 - half, x0, x0 + half], [y0 - left * half, y0, y0 + right * half]
        straight = slice(None, None, 2 if left == right else 1)
        label = "tangent" if number == 0 else None
        ax.plot(x[straight], y[straight], **SLOPE, label=label)
        ax.plot([x0], [y0], **POINT)
    return _name_axes(ax, "$x$", "$y$")


def plot_tangent_plane(
    plane: TangentPlane, *, ax: Axes3D | None = None, width: float = 2.0
) -> Axes3D:
    """Draw a tangent plane as a square patch centred on the point where it touches.

    At a corner the patch folds there: each side has the slopes of its own side.

    Parameters
    ----------
    plane : TangentPlane
        The plane, or planes: one patch each.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        Where to draw.
    width : float, optional
        The side of the patch, in units of x0 and x1.

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
    half = arguments.positive(width, "width") / 2
    ax3 = _deep_axes(ax)
    side = np.array([-half, 0.0, half])
    a, b = np.meshgrid(side, side)
    left, right = plane.left.reshape(2, -1), plane.right.reshape(2, -1)
    parts = (plane.x0, plane.x1, plane.y0, *left, *right)
    for x0, x1, y0, l0, l1, r0, r1 in zip(*map(_flat, parts), strict=True):
        height = y0 + np.where(a < 0, l0, r0) * a + np.where(b < 0, l1, r1) * b
        ax3.plot_surface(x0 + a, x1 + b, height, color=SLOPE["color"], alpha=0.55)
        ax3.plot([x0], [x1], [y0], **POINT, zorder=10)
    return _name_axes(ax3, "$x_0$", "$x_1$", "$y$")


def plot_gradient_field(
    field: GradientField, *, ax: Axes | None = None, levels: int = 12
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

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on, with both variables at one scale.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If levels is below 1.

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
    ax = _flat_axes(ax)
    x0, x1, values, g0, g1 = map(
        _numpy, (field.x0, field.x1, field.values, field.g0, field.g1)
    )
    heights = np.unique(values[np.isfinite(values)])
    if min(values.shape) > 1 and len(heights) > 1:
        # Between the extremes, and never at 0: a grid draws a saddle's own level badly.
        lines = np.linspace(heights[0], heights[-1], levels + 2)[1:-1]
        lines = lines + 1e-3 * (lines[0] - heights[0])
        ax.contour(x0, x1, values, lines, colors=MUTED, linewidths=0.8, alpha=0.7)
    lengths = np.nan_to_num(np.hypot(g0, g1), posinf=0.0)
    flat = not lengths.any()  # quiver can't choose a scale where no arrow is drawn
    style = {"color": FUNCTION["color"], "width": 0.004, "scale": 1.0 if flat else None}
    ax.quiver(x0, x1, -g0, -g1, angles="xy", **style)
    ax.set_aspect("equal")
    return _name_axes(ax, "$x_0$", "$x_1$")


def plot_descent(path: Descent, *, ax: Axes | None = None) -> Axes:
    """Draw the way that gradient descent took.

    Parameters
    ----------
    path : Path
        The walk. With two variables it is drawn in their plane, for use over
        `plot_gradient_field`; with one, as points (x, f(x)), for use over
        `plot_function`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If the path has more than two variables.

    Examples
    --------
    >>> import seegrad
    >>> path = seegrad.descend(lambda x: x**2, [8.0], learning_rate=0.25, steps=2)
    >>> seegrad.plot_descent(path).lines[0].get_xydata()
    array([[ 8., 64.],
           [ 4., 16.],
           [ 2.,  4.]])
    """
    arguments.result(path, Descent, "path", "descend")
    points = _numpy(path.points)
    if points.shape[1] > 2:
        raise ValueError(
            f"path must have one or two variables to be drawn, but it has "
            f"{points.shape[1]}. Plot its values over the steps instead."
        )
    ax = _flat_axes(ax)
    one = points.shape[1] == 1
    x, y = points[:, 0], _numpy(path.values) if one else points[:, 1]
    dots = {} if len(x) <= 200 else {"marker": ""}  # dots that touch are a thick line
    ax.plot(x, y, **{**WALK, **dots}, label="descent")
    ax.plot(x[:1], y[:1], **{**POINT, "marker": "s"}, label="start")
    ax.plot(x[-1:], y[-1:], **{**POINT, "marker": "*", "markersize": 11}, label="end")
    return _name_axes(ax, "$x$" if one else "$x_0$", "$y$" if one else "$x_1$")


def plot_reduction(reduction: Reduction, *, ax: Axes | None = None) -> Axes:
    """Draw the values y = f(x), and the gradient ∂z/∂x that came back to each point.

    Parameters
    ----------
    reduction : Reduction
        The reduction.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

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
    ax = _flat_axes(ax)
    x, y, gradient = map(_flat, (reduction.x, reduction.y, reduction.gradient))
    ax.plot(x, y, **FUNCTION, marker="o", markersize=4, label="$y$")
    slope = r"$\partial z / \partial x$"
    ax.plot(x, gradient, **SLOPE, marker="s", markersize=4, label=slope)
    return _name_axes(ax, "$x$")


def plot_fit(fit: PolynomialFit, *, ax: Axes | None = None) -> Axes:
    """Draw the points a polynomial was fitted to, and the polynomial.

    Parameters
    ----------
    fit : PolynomialFit
        The fit.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

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
    ax = _flat_axes(ax)
    x = fit.x.sort().values
    curve = torch.linspace(float(x[0]), float(x[-1]), 400, dtype=torch.float64)
    data = "o" if len(x) <= 100 else "."
    style = {**FUNCTION, "linestyle": "none", "marker": data, "markersize": 4.0}
    ax.plot(_numpy(fit.x), _numpy(fit.y), **style, label="$y$")
    ax.plot(_numpy(curve), _numpy(fit(curve.to(x.device))), **SLOPE, label=r"$\hat{y}$")
    return _name_axes(ax, "$x$", "$y$")


def plot_losses(fit: PolynomialFit, *, ax: Axes | None = None) -> Axes:
    """Draw the loss at each step of a fit, on a logarithmic scale.

    Parameters
    ----------
    fit : PolynomialFit
        The fit.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

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
    ax = _flat_axes(ax)
    losses = _numpy(fit.losses)
    ax.plot(np.arange(len(losses)), losses, **FUNCTION, label="$L$")
    if losses.max() > 0:
        ax.set_yscale("log")
    return _name_axes(ax, "step", "$L$")


# ---------------------------------------------------------------- pieces


def _flat_axes(ax: Axes | None) -> Axes:
    flat: Axes = _new_axes() if ax is None else arguments.axes(ax, three_d=False)
    return flat


def _deep_axes(ax: Axes | Axes3D | None) -> Axes3D:
    return _new_axes("3d") if ax is None else arguments.axes(ax, three_d=True)


def _new_axes(projection: str | None = None) -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "Drawing needs matplotlib, and it isn't installed: "
            'python -m pip install "seegrad[plot]".'
        ) from error
    with pyplot.style.context("seegrad.seegrad"):
        return pyplot.figure().add_subplot(projection=projection)


def _name_axes(ax: AnyAxes, *names: str) -> AnyAxes:
    """Name the axes that nobody has named yet."""
    for axis, name in zip("xyz", names, strict=False):
        if not getattr(ax, f"get_{axis}label")():
            getattr(ax, f"set_{axis}label")(name)
    return ax


def _curve(x: Tensor, y: Tensor, ax: Axes | None, style: dict[str, Any]) -> Axes:
    ax = _flat_axes(ax)
    ax.plot(_numpy(x), _numpy(y), **style)
    return _name_axes(ax, "$x$", "$y$")


def _surface(
    grid: tuple[Tensor, ...], y: Tensor, ax: Axes | None, label: str
) -> Axes3D:
    ax3 = _deep_axes(ax)
    x0, x1, height = map(_numpy, (*grid, y))
    ax3.plot_surface(x0, x1, height, color=FUNCTION["color"], alpha=0.5, label=label)
    return _name_axes(ax3, "$x_0$", "$x_1$", "$y$")


def _values(f: Function, points: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    with state.preserve_state(points[0].device), torch.no_grad():
        return functions.call(f, [x.clone() for x in points])


def _numpy(x: Tensor) -> np.ndarray[Any, Any]:
    return x.detach().double().cpu().numpy()


def _flat(x: Tensor) -> np.ndarray[Any, Any]:
    return _numpy(x).ravel()
