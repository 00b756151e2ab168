"""Frames: where numbers lie in a picture, its axes, and its curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from seegrad.explorables.columns import written
from seegrad.plots import FUNCTION, POINT, SLOPE

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 28
MARGIN = 9  # within the axes, so that a point at the end is whole
LINE = f'stroke="{FUNCTION["color"]}" stroke-width="2.2"'
DASHED = f'stroke="{SLOPE["color"]}" stroke-width="2.2" stroke-dasharray="7 4"'
DOTTED = f'stroke="{POINT["color"]}" stroke-dasharray="2 3"'
# A filled point can be moved, a hollow one can't.
DOT = f'r="7" fill="{POINT["color"]}" stroke="currentColor" stroke-width="1.5"'
FIXED = f'r="6" stroke="{POINT["color"]}" stroke-width="2.5"'
REACH = 'r="30" fill="transparent"'  # of a finger: 44 px on a narrow screen
BEYOND = 100_000.0  # nothing is drawn further away from the picture


@dataclass(frozen=True)
class Frame:
    """The ranges of both axes, and the places of their numbers in the picture."""

    low: tuple[float, float]
    high: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT

    def across(self, x: Tensor) -> Tensor:
        """How far right."""
        span = self.width - LEFT - RIGHT - 2 * MARGIN
        share = (plain(x) - self.low[0]) / (self.high[0] - self.low[0])
        return near(LEFT + MARGIN + share * span)

    def down(self, y: Tensor) -> Tensor:
        """How far down."""
        span = self.height - TOP - BOTTOM - 2 * MARGIN
        share = (plain(y) - self.low[1]) / (self.high[1] - self.low[1])
        return near(self.height - BOTTOM - MARGIN - share * span)

    @property
    def down_per_across(self) -> float:
        """How far down a slope of 1 goes with each step across."""
        wide = self.width - LEFT - RIGHT - 2 * MARGIN
        deep = self.height - TOP - BOTTOM - 2 * MARGIN
        rise, run = self.high[1] - self.low[1], self.high[0] - self.low[0]
        return -(deep / rise) / (wide / run)

    @property
    def floor(self) -> int:
        """Where the axes end below."""
        return self.height - BOTTOM

    def axes(
        self, across: str, up: str, write: Callable[[float], str] = written
    ) -> str:
        """The grid with its numbers, and the names of both axes."""
        lines, marks = [], []
        for place in _ticks(self.low[0], self.high[0], 6):
            x = f"{self.across(number(place)).item():.1f}"
            lines.append(f"M{x} {TOP}V{self.floor}")
            marks.append(f'<text x="{x}" y="{self.floor + 13}">{write(place)}</text>')
        for place in _ticks(self.low[1], self.high[1], 5):
            y = self.down(number(place)).item()
            lines.append(f"M{LEFT} {y:.1f}H{self.width - RIGHT}")
            marks.append(
                f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">'
                f"{write(place)}</text>"
            )
        marks.append(
            f'<text x="{self.width - 20}" y="{self.height - 3}">{across}</text>'
        )
        marks.append(f'<text x="4" y="{TOP + 8}" text-anchor="start">{up}</text>')
        return (
            f'<path d="{"".join(lines)}" stroke="currentColor" stroke-opacity=".15"/>\n'
            f'<g fill="currentColor" text-anchor="middle">{"".join(marks)}</g>\n'
        )

    def inside(self, drawing: str) -> str:
        """A drawing that ends where the axes do."""
        width, height = self.width - LEFT - RIGHT, self.floor - TOP
        return (
            f'<svg x="{LEFT}" y="{TOP}" width="{width}" height="{height}" '
            f'viewBox="{LEFT} {TOP} {width} {height}">{drawing}</svg>\n'
        )

    def curve(self, x: Tensor, y: Tensor) -> str:
        """A function's curve."""
        return f'<path d="{self.path(x, y)}" {LINE}/>'

    def path(self, x: Tensor, y: Tensor) -> str:
        """A curve as steps in tenths, with a gap where a number isn't finite."""
        return path(self.across(x), self.down(y))


def sample(line: str) -> str:
    """A piece of a line, for the key below a picture."""
    return f'<path d="M1 9H29" {line}/>'


def spot(point: str) -> str:
    """A point, for the key below a picture."""
    return f'<circle cx="15" cy="9" {point}/>'


def path(across: Tensor, down: Tensor) -> str:
    """A path of SVG through places in the picture, from each to the next."""
    parts, here = [], None
    for x, y in zip(across.tolist(), down.tolist(), strict=True):
        if not (math.isfinite(x) and math.isfinite(y)):
            here = None
            continue
        place = round(10 * x), round(10 * y)
        if here is None:
            parts.append(f"M{_tenths(place[0])} {_tenths(place[1])}l0 0")
        else:
            step = f"{_tenths(place[0] - here[0])} {_tenths(place[1] - here[1])}"
            parts.append(f" {step}".replace(" -", "-"))
        here = place
    return "".join(parts)


def frame_of(x: Tensor, y: Tensor, room: float = 0.0) -> Frame:
    """The frame for a curve: of all finite x, and of what most y have.

    `room` is left above and below, as a share of the height.
    """
    low, high = _most(y)
    room *= high - low
    return Frame((x.min().item(), low - room), (x.max().item(), high + room))


def _most(y: Tensor) -> tuple[float, float]:
    """The range of a curve, cut near a pole, and never of no width."""
    heights = plain(y).flatten()
    heights = heights[heights.isfinite()]
    if not len(heights):
        return -1.0, 1.0
    first, last = (torch.quantile(heights, part).item() for part in (0.1, 0.9))
    low = max(heights.min().item(), first - 3 * (last - first))
    high = min(heights.max().item(), last + 3 * (last - first))
    if low < high:
        return low, high
    half = abs(heights[0].item()) / 2 or 1.0
    return heights[0].item() - half, heights[0].item() + half


def plain(values: Tensor) -> Tensor:
    """The numbers as a drawing needs them: in float64, on the CPU."""
    return values.detach().double().cpu()


def number(value: float) -> Tensor:
    """One such number."""
    return torch.tensor(value, dtype=torch.float64, device="cpu")


def evenly(low: float, high: float, count: int, like: Tensor) -> Tensor:
    """Points at equal distances, whatever the default dtype and device."""
    points = torch.linspace(low, high, count, dtype=torch.float64, device="cpu")
    return points.to(like)


def near(place: Tensor) -> Tensor:
    """A place in the picture, or one so far away that it makes no difference."""
    return torch.where(place.isfinite(), place.clamp(-BEYOND, BEYOND), torch.nan)


def _tenths(tenths: int) -> str:
    text = f"{tenths / 10:.1f}".removesuffix(".0")
    return text.replace("0.", ".") if text.startswith(("0.", "-0.")) else text


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two, at most so many."""
    raw = (high - low) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]
