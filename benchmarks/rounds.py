"""Time things side by side: rounds that alternate, medians, ratios.

Machines are noisy, and noise comes in spells. Where each round times every contestant
once, a slow spell slows them all, and the ratio of their medians holds. As in Python's
timeit, nothing is timed while garbage is collected: when that happens, and how long it
takes, depends on all else that the process holds.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

SMOKE = "--smoke" in sys.argv  # whether all of it is only to be seen to run


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, and what it should be."""

    what: str
    measured: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is within what was wanted."""
        above = self.least is None or self.measured >= self.least
        return above and (self.most is None or self.measured <= self.most)

    @property
    def wanted(self) -> str:
        """What was wanted, in words."""
        if self.least is not None:
            return f"at least {self.least:g}"
        return f"at most {self.most:g}" if self.most is not None else "–"


def size(count: int, *, smoke: int) -> int:
    """So many of something, and fewer where all of it is only to be seen to run."""
    return smoke if SMOKE else count


def medians(
    contestants: Mapping[Any, Callable[..., Any]],
    *,
    prepare: Callable[[], Any] | None = None,
    seconds: float = 2.0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[Any, float]:
    """The median time of each contestant in seconds, over rounds that alternate.

    Each is called once more before it is timed: whoever ran before it has filled the
    processor's caches with things of its own. What `prepare` gives, anew for each call
    and not timed, is handed to it.
    """
    times: dict[Any, list[float]] = {name: [] for name in contestants}
    end = clock() + (0 if SMOKE else seconds)
    rounds, calls = (1, 1) if SMOKE else (5, 2)
    while clock() < end or len(next(iter(times.values()))) < rounds:
        for name, contestant in contestants.items():
            for _ in range(calls):
                given = () if prepare is None else (prepare(),)
                gc.disable()
                start = clock()
                contestant(*given)
                taken = clock() - start
                gc.enable()
            times[name].append(taken)
    return {name: median(taken) for name, taken in times.items()}


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| what | measured | wanted | |", "|---|---|---|---|"]
    for row in rows:
        mark = "yes" if row.holds else "**no**"
        lines.append(
            f"| {row.what} | {row.measured:.3g} {row.unit} | {row.wanted} | {mark} |"
        )
    return "\n".join(lines)
