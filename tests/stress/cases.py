"""What the strategies draw: a function, a point, and the kinds that are true of it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


@dataclass(frozen=True)
class Case:
    """A function at one point a row, with what may be said of it."""

    group: str  # the row of the table
    name: str  # the function, as one would write it
    f: Callable
    xs: tuple[torch.Tensor, ...]
    kinds: frozenset[str] = frozenset({"smooth"})

    def __repr__(self):
        points = ", ".join(map(shown, self.xs))
        dtype = str(self.xs[0].dtype).removeprefix("torch.")
        return f"{self.group}: {self.name} at {points} in {dtype}"


def shown(x):
    """Points, or only their shape where they are many."""
    return f"{x.tolist()!r}" if x.numel() < 4 else f"{tuple(x.shape)} points"


BATCH = 10  # of one seed: later examples are variations of the first ones


def drawn(strategy, count):
    """That many different examples of a strategy, the same each time."""
    cases, start = {}, 0
    while len(cases) < count:
        for case in _examples(strategy, start):
            cases.setdefault(repr(case), case)
        start += 1
        if start > count + 100:
            raise ValueError(f"only {len(cases)} different examples, not {count}")
    return list(cases.values())[:count]


def _examples(strategy, start):
    cases = []

    @seed(start)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case):
        cases.append(case)

    collect()
    return cases
