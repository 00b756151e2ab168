"""Stops: the points that a figure can be moved to, and the one where it begins."""

from __future__ import annotations

import torch
from torch import Tensor

from seegrad.checks import arguments, state

MOST = 2500  # stops in a figure: about 8 KB that a page has to load


def axis(x: object, name: str, most: int = MOST) -> Tensor:
    """Two or more different points from left to right, as the stops of a slider."""
    points = arguments.axis(x, name)
    arguments.finite(points, name)
    with state.no_graph():
        points = points.sort().values
    if len(points) < 2 or not (points.diff() > 0).all():
        raise ValueError(
            f"{name} must have at least two points, all different, but it has "
            f"{len(points)}, of which {len(set(points.tolist()))} differ. Pass for "
            "example torch.linspace(-2, 2, 81)."
        )
    few(len(points), name, most)
    return points


def above_zero(x: object, name: str) -> Tensor:
    """The same where each stop must be above zero."""
    points = axis(x, name)
    if points[0] <= 0:
        raise ValueError(
            f"{name} must be above zero, but its least is {points[0].item():g}. Pass "
            "for example [0.01, 0.1, 1.0]."
        )
    return points


def spread(low: float, high: float, count: int) -> list[float]:
    """Numbers of two digits, about evenly spread by their ratios."""
    ratio = (high / low) ** (1 / (count - 1))
    return sorted({float(f"{low * ratio**k:.2g}") for k in range(count)})


def few(count: int, name: str, most: int = MOST) -> None:
    """Refuse a figure whose numbers are too many for a page to load."""
    if count > most:
        raise ValueError(
            f"{name} must give at most {most} stops, as each travels with its numbers "
            f"to the reader, but it gives {count}. Choose fewer points, for example "
            "torch.linspace(-2, 2, 81)."
        )


def nearest(x: Tensor, start: object, name: str = "start") -> int:
    """The stop where a figure begins: that nearest to `start`, or the middle one."""
    if start is None:
        return len(x) // 2
    return int(torch.argmin((x - point(start, name, x.device)).abs()))


def point(value: object, name: str, device: torch.device | None = None) -> Tensor:
    """One finite number, as a tensor of shape ()."""
    one = arguments.points(value, name, device)
    if one.numel() != 1 or not one.isfinite().all():
        raise ValueError(
            f"{name} must be one finite number, but it is "
            f"{arguments.describe(value)}. Pass for example 0.5."
        )
    with state.no_graph():
        return one.reshape(())
