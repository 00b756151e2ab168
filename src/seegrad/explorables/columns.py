"""Columns: what a figure shows at each of its stops, and how little of it travels.

Numbers travel as whole units of the last digit shown, each as its step from the one
before. So nothing is rounded twice, and a script that adds them up has every digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = 5  # of the largest number in a column
LARGEST, SMALLEST = 1e9, 1e-4  # beyond, numbers are written with a power of ten


@dataclass(frozen=True)
class Column:
    """One text a stop; with `digits`, each is a number with so many decimals."""

    texts: tuple[str, ...]
    digits: int | None = None

    def packed(self) -> dict[str, object]:
        """What travels: whole numbers, or the places of texts, as steps."""
        if self.digits is not None:
            whole = [int(text.replace(".", "")) for text in self.texts]
            return {"digits": self.digits, "steps": _steps(whole)}
        places = {text: place for place, text in enumerate(dict.fromkeys(self.texts))}
        return {
            "texts": list(places),
            "steps": _steps([places[text] for text in self.texts]),
        }

    def words(self, stop: int) -> str:
        """A stop's text as prose has it."""
        text = self.texts[stop]
        return text if self.digits is None else text.replace("-", "−")


def _steps(whole: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise([0, *whole])]


def fixed(values: Tensor, digits: int) -> Column:
    """Numbers with so many decimals; where one isn't finite, that of the stop before.

    A number that isn't finite is for a sentence of its own, and what is drawn there is
    hidden.
    """
    texts, last = [], f"{0:.{digits}f}"
    for value in values.double().flatten().tolist():
        if math.isfinite(value):
            last = f"{value:.{digits}f}"
            if float(last) == 0:
                last = last.removeprefix("-")
        texts.append(last)
    return Column(tuple(texts), digits)


def measured(values: Tensor, figures: int = DIGITS) -> Column:
    """Numbers with so many digits of the largest, or each with a power of ten."""
    sizes = values[values.isfinite()].abs().double()
    largest = sizes.max().item() if len(sizes) else 0.0
    if largest and not SMALLEST <= largest < LARGEST:
        return Column(tuple(map(written, values.double().flatten().tolist())))
    order = math.floor(math.log10(largest)) if largest else 0
    return fixed(values, max(0, figures - 1 - max(order, 0)))


def places(x: Tensor) -> Column:
    """Points with the fewest decimals that tell each exactly, or tell neighbours."""
    values = x.double().tolist()
    gaps = [abs(b - a) for a, b in pairwise(values) if a != b]
    gap = min(gaps, default=1.0)
    enough = max(0, 2 - math.floor(math.log10(gap)))
    for digits in range(enough):
        if all(abs(round(v, digits) - v) <= 1e-6 * gap for v in values):
            return fixed(x, digits)
    return fixed(x, enough)


def texts(values: Iterable[str]) -> Column:
    """Texts as they are."""
    return Column(tuple(values))


def shown(here: Iterable[bool]) -> Column:
    """Where something is drawn, as SVG's attribute ``display`` says it."""
    return Column(tuple("inline" if one else "none" for one in here))


def written(value: float, digits: int = 4) -> str:
    """A number in prose, with a power of ten where it is very small or large."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinity" if value > 0 else "−infinity"
    text = f"{value:.{digits}g}".replace("-", "−")
    number, mark, power = text.partition("e")
    if not mark:
        return text
    exponent = str(int(power.replace("−", "-"))).translate(SUPERSCRIPTS)
    return f"{number} × 10{exponent}"
