"""Surfaces from above: the higher, the stronger the colour."""

from __future__ import annotations

import torch
from torch import Tensor

from seegrad.explorables.frames import Frame, evenly, number, plain
from seegrad.plots import FUNCTION

ROWS, ACROSS = 28, 72  # cells of whole pixels, between which no seam shows
LEVELS = 8


SAMPLE = (  # for the key below a picture
    f'<g fill="{FUNCTION["color"]}"><path fill-opacity=".2" d="M1 4h28v10h-28z"/>'
    '<path fill-opacity=".6" d="M15 4h14v10h-14z"/></g>'
)


def grid(frame: Frame) -> tuple[Tensor, Tensor]:
    """Where to ask for the heights: the middles of rows of small cells."""
    (left, bottom), (right, top) = frame.low, frame.high
    half = (right - left) / ACROSS / 2, (top - bottom) / ROWS / 2
    x = evenly(left + half[0], right - half[0], ACROSS, number(0.0))
    return x, evenly(bottom + half[1], top - half[1], ROWS, number(0.0))


def shade(frame: Frame, heights: Tensor) -> str:
    """One pale layer for each level, over all that is higher."""
    heights = plain(heights)
    known = heights[heights.isfinite()]
    if not len(known):
        return ""
    levels = [torch.quantile(known, k / LEVELS) for k in range(LEVELS)]
    layers = "".join(f'<path d="{_runs(frame, heights > v)}"/>' for v in levels)
    return f'<g fill="{FUNCTION["color"]}" fill-opacity=".1">{layers}</g>\n'


def _runs(frame: Frame, inside: Tensor) -> str:
    """The runs of cells inside, row by row, as rectangles of a path."""
    corners = (frame.low, frame.high)
    left, right = (frame.across(number(end[0])).item() for end in corners)
    floor, top = (frame.down(number(end[1])).item() for end in corners)
    wide, tall = (right - left) / ACROSS, (floor - top) / ROWS
    runs = []
    for row, cells in enumerate(inside.int()):
        edge = cells.new_zeros(1)
        steps = torch.diff(cells, prepend=edge, append=edge)
        ends = ((steps == side).nonzero().flatten().tolist() for side in (1, -1))
        for first, last in zip(*ends, strict=True):
            x, y = left + first * wide, floor - (row + 1) * tall
            width = (last - first) * wide
            runs.append(f"M{x:g} {y:g}h{width:g}v{tall:g}h-{width:g}")
    return "".join(runs)
