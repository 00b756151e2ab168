"""Explorable: a figure that a reader moves, and the page that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from torch import Tensor

from seegrad.results import Result

SCRIPT = Path(__file__).with_name("explore.js")
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body {{ margin: 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
@media (scripting: none) {{ .seegrad-moves {{ display: none !important; }} }}
@media print {{ .seegrad-moves {{ display: none !important; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True, eq=False, repr=False)
class Explorable(Result):
    """A figure that a reader moves, with a number from PyTorch at every stop.

    A notebook and the pages of a site show it. Made by the functions `explore_tangent`,
    `explore_secant`, `explore_reduction`, `explore_step_size`, `explore_learning_rate`,
    `explore_fit`, `explore_graph`, `explore_gradient` and `explore_taylor`.
    """

    name: str
    """What the figure is about, as a link to one of its stops names it."""
    numbers: dict[str, Tensor]
    """All numbers that it can show, by name, with one row or more a stop."""
    sentences: tuple[str, ...]
    """What it says at each stop; with two controls, the last counts fastest."""
    figure: str
    """The figure at its first stop, in HTML, without the script that moves it."""

    def save(self, path: str | Path, *, title: str = "A figure to explore") -> None:
        """Write a page of its own, which needs no other file and no network."""
        path = Path(path)
        if path.suffix != ".html":
            raise ValueError(
                f"path must end in .html, but it is {str(path)!r}. Choose that ending: "
                "a browser opens the file."
            )
        body = self._repr_html_()
        path.write_text(PAGE.format(title=escape(title), body=body), encoding="utf-8")

    def _repr_html_(self) -> str:
        script = SCRIPT.read_text(encoding="utf-8")
        return f"{self.figure}\n<script>{{\n{script}}}</script>"

    def __repr__(self) -> str:
        names = ", ".join(self.numbers)
        return f"Explorable({self.name}, {len(self.sentences)} stops: {names})"
