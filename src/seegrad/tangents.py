"""TangentLine and TangentPlane: a function replaced by its gradient at a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seegrad import diagnosis
from seegrad.checks import arguments, functions, state
from seegrad.checks.functions import Function
from seegrad.diagnosis import Diagnosis
from seegrad.engine.evaluation import value_and_gradient
from seegrad.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class TangentLine(Result):
    """The line y = slope·(x − x0) + y0 that touches a curve at (x0, y0).

    Call it with points x to get the height of the line there. Made by `tangent_line`.
    """

    x0: Tensor
    """Where the line touches, in the shape of the points given."""
    y0: Tensor
    """The function's value at x0, in the shape of x0."""
    slope: Tensor
    """The derivative at x0, in the shape of x0."""
    intercept: Tensor
    """The height of the line at x = 0, y0 − slope·x0, in the shape of x0."""
    left: Tensor
    """The slope just left of x0, in its shape: at a corner another than `slope`, and
    nan where the curve ends."""
    right: Tensor
    """The slope just right of x0, in its shape."""

    @state.not_compiled
    def __call__(self, x: object) -> Tensor:
        """The height of the line at x, in the broadcast shape of x and x0."""
        (x,) = _points_beside(("x", x, self.x0))
        with state.no_graph():
            return self.slope * (x - self.x0) + self.y0


@dataclass(frozen=True, eq=False, repr=False)
class TangentPlane(Result):
    """The plane y0 + slopes[0]·(x0 − X0) + slopes[1]·(x1 − X1) that touches a surface.

    X0 and X1 are the fields `x0` and `x1`. Call it with points x0, x1 to get the height
    of the plane there. Made by `tangent_plane`.
    """

    x0: Tensor
    """Where the plane touches, first variable, in the broadcast shape of the points."""
    x1: Tensor
    """Where the plane touches, second variable, in the shape of x0."""
    y0: Tensor
    """The function's value there, in the shape of x0."""
    slopes: Tensor
    """The two partial derivatives there, of shape (2,) + the shape of x0."""
    left: Tensor
    """The partial slopes just before the point, of the same shape: at a corner others
    than `slopes`, and nan where the surface ends."""
    right: Tensor
    """The partial slopes just after the point, of the same shape."""

    @state.not_compiled
    def __call__(self, x0: object, x1: object) -> Tensor:
        """The height of the plane at (x0, x1), in their broadcast shape."""
        x0, x1 = _points_beside(("x0", x0, self.x0), ("x1", x1, self.x1))
        with state.no_graph():
            along_x0 = self.slopes[0] * (x0 - self.x0)
            along_x1 = self.slopes[1] * (x1 - self.x1)
            return along_x0 + along_x1 + self.y0


@state.not_compiled
def tangent_line(f: Function, x0: object) -> TangentLine:
    """Find the tangent of a curve y = f(x) at x0.

    Parameters
    ----------
    f : callable
        A function of one tensor, computed elementwise.
    x0 : tensor, array, list or number
        Where the line touches; an array of any shape gives as many tangents.

    Returns
    -------
    TangentLine
        The line, with fields `x0`, `y0`, `slope`, `intercept`, `left` and `right`;
        calling it gives its height.

    Raises
    ------
    TypeError
        If f or x0 is of the wrong kind, or f does not return a tensor.
    ValueError
        If f has no finite value or slope at x0, jumps, is random, isn't elementwise,
        returns another shape, does not depend on x, or raises.

    Warns
    -----
    NotDifferentiableWarning
        If f has a finite slope but no tangent at x0, as at a corner, or if autograd's
        slope is not f's. The line then has autograd's slope.

    See Also
    --------
    diagnose : Whether there is a tangent.
    plot_tangent_line : Draw it.
    tangent_plane : The same for two variables.

    Notes
    -----
    The tangent is the first-order Taylor polynomial, f(x0) + f′(x0)·(x − x0).

    Examples
    --------
    x² touches y = 6x − 9 at 3:

    >>> import seegrad
    >>> line = seegrad.tangent_line(lambda x: x**2, 3)
    >>> line.slope, line.intercept
    (tensor(6., dtype=torch.float64), tensor(-9., dtype=torch.float64))
    >>> line(4)
    tensor(15., dtype=torch.float64)
    """
    arguments.function(f)
    x0 = arguments.points(x0, "x0")
    with functions.calling(f, (x0,)):
        y0, (slope,) = value_and_gradient(f, (x0,), "x0")
        diagnosed = diagnosis.examine(f, (x0,), (y0, (slope,)))
        _refuse("line", (x0,), y0, (slope,), diagnosed)
        left, right = _one_sided(slope, diagnosed)
        return TangentLine(
            x0=x0,
            y0=y0,
            slope=slope,
            intercept=y0 - slope * x0,
            left=left,
            right=right,
        )


@state.not_compiled
def tangent_plane(f: Function, x0: object, x1: object) -> TangentPlane:
    """Find the tangent plane of a surface y = f(x0, x1).

    Parameters
    ----------
    f : callable
        A function of two tensors, computed elementwise.
    x0, x1 : tensor, array, list or number
        Where the plane touches; arrays broadcast and give as many planes.

    Returns
    -------
    TangentPlane
        The plane, with fields `x0`, `x1`, `y0`, `slopes`, `left` and `right`; calling
        it gives its height.

    Raises
    ------
    TypeError
        If f or a point is of the wrong kind, or f does not return a tensor.
    ValueError
        If f has no finite value or slope there, jumps, is random, isn't elementwise,
        returns another shape, depends on neither variable, or raises.

    Warns
    -----
    NotDifferentiableWarning
        If f has finite slopes but no tangent plane there, as at a corner, or if
        autograd's slopes are not f's. The plane then has autograd's slopes.

    See Also
    --------
    diagnose : Whether there is a tangent plane.
    plot_tangent_plane : Draw it.

    Notes
    -----
    The plane is the first-order Taylor polynomial in two variables.

    Examples
    --------
    x0² + x1² at (1, 2) has the plane 5 + 2(x0 − 1) + 4(x1 − 2):

    >>> import seegrad
    >>> plane = seegrad.tangent_plane(lambda x0, x1: x0**2 + x1**2, 1, 2)
    >>> plane.y0, plane.slopes
    (tensor(5., dtype=torch.float64), tensor([2., 4.], dtype=torch.float64))
    >>> plane(2, 2)
    tensor(7., dtype=torch.float64)
    """
    arguments.function(f)
    points = arguments.variables((x0, x1))
    with functions.calling(f, points):
        y0, slopes = value_and_gradient(f, points, "x0 and x1")
        diagnosed = diagnosis.examine(f, points, (y0, slopes))
        _refuse("plane", points, y0, slopes, diagnosed)
        dtype = torch.promote_types(slopes[0].dtype, slopes[1].dtype)
        both = torch.stack([s.to(dtype) for s in slopes])
        left, right = _one_sided(both, diagnosed)
        return TangentPlane(
            x0=points[0], x1=points[1], y0=y0, slopes=both, left=left, right=right
        )


NO_TANGENT = ("not elementwise", "random", "jump", "vertical tangent", "cusp")


def _one_sided(slopes: Tensor, diagnosed: Diagnosis) -> tuple[Tensor, Tensor]:
    """The slopes left and right, which are the slopes themselves but at a corner."""
    if diagnosis.is_smooth(diagnosed):
        return slopes.clone(), slopes.clone()
    bent = np.isin(diagnosed.kind, ("corner", "tie", "edge of the domain"))
    here = torch.as_tensor(np.array(bent), device=slopes.device)
    return (
        torch.where(here, diagnosed.left, slopes),
        torch.where(here, diagnosed.right, slopes),
    )


def _refuse(
    shape: str,
    at: tuple[Tensor, ...],
    y0: Tensor,
    slopes: tuple[Tensor, ...],
    diagnosed: Diagnosis,
) -> None:
    """Refuse points without a finite tangent, and warn of those without any."""
    finite = y0.isfinite()
    for slope in slopes:
        finite = finite & slope.isfinite()
    if finite.all():
        if diagnosis.is_smooth(diagnosed):
            return
        without = np.isin(diagnosed.kind, NO_TANGENT)
        if without.any():
            why = diagnosed if np.ndim(diagnosed.kind) == 0 else diagnosed[without]
            raise ValueError(
                f"f must have a tangent {shape} at each point, but it has not. "
                f"{why.message}"
            )
        diagnosis.warn(diagnosed, stacklevel=4)  # to the caller of tangent_line
        return
    place = int((~finite).flatten().nonzero()[0])
    where = ", ".join(f"{x.flatten()[place].item():g}" for x in at)
    said = ", ".join(f"{s.flatten()[place].item():g}" for s in slopes)
    why = diagnosed[np.unravel_index(place, y0.shape)] if y0.ndim else diagnosed
    raise ValueError(
        f"f must have a finite value and slope where the {shape} touches, but at "
        f"({where}) its value is {y0.flatten()[place].item():g} and its slope {said}. "
        f"{why.message}"
    )


def _points_beside(*given: tuple[str, object, Tensor]) -> list[Tensor]:
    """The points to evaluate at, checked to fit beside the points of contact."""
    tensors = [arguments.points(x, name, at.device) for name, x, at in given]
    shapes = [x.shape for x in tensors] + [at.shape for _, _, at in given]
    try:
        arguments.broadcast_shape(shapes)
    except ValueError as error:
        shown = " and ".join(str(tuple(x.shape)) for x in tensors)
        raise ValueError(
            f"The points must broadcast with the points of contact, of shape "
            f"{tuple(given[0][2].shape)}, but they have shape {shown}. "
            "Add a dimension, for example x[:, None]."
        ) from error
    return tensors
