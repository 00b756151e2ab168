"""Markup: a figure complete in HTML, and all that its script looks up.

The control is there from the beginning, disabled, so that nothing moves when the
script enables it. Nothing has an id: a page may hold many figures, and two builds are
alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import torch
from torch import Tensor

from seegrad.explorables.columns import Column, texts
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.frames import HEIGHT, WIDTH

BUTTON = 'type="button" disabled style="min-width:2.75rem;min-height:2.75rem"'
GRID = (
    "display:grid;grid-template-columns:2.75rem minmax(0,1fr) 2.75rem;gap:.5rem;"
    "align-items:center;max-width:28rem;margin:0 auto"
)
SAME_PLACE = "grid-area:1/1"
ROOM = f'aria-hidden="true" style="{SAME_PLACE};visibility:hidden"'
SAMPLE = 'width="30" height="18" fill="none" style="vertical-align:middle"'
ROW = "grid-column:1/-1;text-align:center"
ROWS = 9  # in the folded table


@dataclass(frozen=True)
class Slider:
    """A native slider between two buttons."""

    label: str
    stops: int
    start: int
    column: Column
    """What a link says of the stop."""
    drag: tuple[int, Column] | None = None
    """Where its stops lie in the picture: 0 for across, 1 for down, and the places."""

    def html(self, words: str) -> str:
        """The slider and its buttons, which the script enables."""
        name, words = escape(self.label), escape(words)
        return (
            f'<span aria-hidden="true" style="{ROW}">{name}</span>'
            f'<button {BUTTON} aria-label="{name}: back">←</button>'
            f'<input type="range" min="0" max="{self.stops - 1}" value="{self.start}" '
            'disabled style="width:100%;min-height:2.75rem;margin:0" '
            f'autocomplete="off" aria-label="{name}" aria-valuetext="{words}">'
            f'<button {BUTTON} aria-label="{name}: on">→</button>'
        )


@dataclass(frozen=True)
class Choice:
    """A native list to choose from."""

    label: str
    options: tuple[str, ...]
    start: int
    column: Column
    drag: None = None

    @property
    def stops(self) -> int:
        """How many options there are."""
        return len(self.options)

    def html(self, words: str) -> str:
        """The list with its label, which the script enables."""
        options = "".join(
            f'<option value="{k}"{" selected" * (k == self.start)}>'
            f"{escape(option)}</option>"
            for k, option in enumerate(self.options)
        )
        return (
            f'<label style="{ROW}">{escape(self.label)} '
            '<select disabled style="min-height:2.75rem" '
            f'autocomplete="off">{options}</select></label>'
        )


Control = Slider | Choice


class Figure:
    """A figure in the making: what is drawn, and what of it moves."""

    def __init__(self, name: str, controls: Sequence[Control]) -> None:
        self.name = name
        self.controls = controls
        self.start = 0
        for control in controls:
            self.start = self.start * control.stops + control.start
        self._columns: dict[Column, int] = {}
        self._parts: dict[str, dict[str, int]] = {}

    def column(self, column: Column) -> int:
        """The place of a column among those that travel, each once."""
        return self._columns.setdefault(column, len(self._columns))

    def moving(
        self, tag: str, part: str, still: str = "", inside: str = "", **moves: Column
    ) -> str:
        """An element whose attributes the script sets, as it is at the first stop.

        `still` are its other attributes, and `inside` is what stands between its tags,
        which moves, too, where a column is called ``text``.
        """
        self._parts[part] = {name: self.column(c) for name, c in moves.items()}
        if "text" in moves:
            inside = escape(moves.pop("text").words(self.start))
        attributes = "".join(
            f' {name}="{escape(column.texts[self.start])}"'
            for name, column in moves.items()
        )
        return f'<{tag} class="{part}" {still}{attributes}>{inside}</{tag}>'

    def finished(
        self,
        label: str,
        drawing: str,
        templates: Sequence[str],
        columns: Mapping[str, Column],
        numbers: Mapping[str, Tensor],
        *,
        key: Mapping[str, str],
        table: Mapping[str, Column],
        what: str,
        view: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> Explorable:
        """The figure, given what its picture shows and a template of words a stop.

        `key` has a sample of each kind of line, by what it is.
        """
        sentences = _filled(templates, columns)
        places = {name: self.column(column) for name, column in columns.items()}
        words = self.column(
            texts(
                re.sub(r"\{(\w+)\}", lambda m: f"{{{places[m[1]]}}}", template)
                for template in templates
            )
        )
        drag = [
            [axis, side, self.column(where)]
            for axis, control in enumerate(self.controls)
            if control.drag
            for side, where in [control.drag]
        ]
        data = {
            "key": self.name,
            "words": words,
            "names": [self.column(control.column) for control in self.controls],
            "drag": drag,
            "parts": self._parts,
            "columns": [column.packed() for column in self._columns],
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        text = escape(text, quote=False).replace("'", "&#39;")
        here = sentences[self.start]
        width, height = view
        controls = "".join(control.html(here) for control in self.controls)
        version = torch.__version__.partition("+")[0]
        html = (
            f'<figure class="seegrad-explore" style="max-width:34rem;margin:1rem auto" '
            f"data-explore='{text}'>\n"
            f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-label="{escape(label)}" '
            f'style="display:block;width:100%;max-width:{width * 3 // 2}px;height:auto;'
            'margin:0 auto" font-size="11" fill="none">'
            f"<desc>{escape(here)}</desc>\n{drawing}</svg>\n{_key(key)}"
            f'<div class="seegrad-moves" role="group" aria-label="{escape(label)}" '
            f'style="{GRID}">{controls}</div>\n'
            '<p style="display:grid;text-align:center;margin:.5rem 0 0;'
            'font-variant-numeric:tabular-nums">'
            f'<span class="seegrad-words" style="{SAME_PLACE}">{escape(here)}</span>'
            f"{_room(templates, columns)}</p>\n"
            f"<details><summary>Some of the numbers</summary>{self._table(table)}"
            '</details>\n<figcaption style="text-align:center">'
            f"{len(sentences)} {escape(what)}, each computed by PyTorch {version}; "
            "your browser only looks them up.</figcaption>\n</figure>"
        )
        return Explorable(self.name, dict(numbers), sentences, html)

    def _table(self, table: Mapping[str, Column]) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table)
        size = len(next(iter(table.values())).texts)
        some = sorted({round(k * (size - 1) / (ROWS - 1)) for k in range(ROWS)})
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{escape(c.words(k))}</td>" for c in table.values())
            + "</tr>"
            for k in some
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _key(samples: Mapping[str, str]) -> str:
    """Which line is which, for the eye: to the ear, the sentence says it all."""
    if not samples:
        return ""
    names = " ".join(
        f'<span style="white-space:nowrap;margin:0 .4rem"><svg {SAMPLE}>{sample}</svg> '
        f"{escape(name)}</span>"
        for name, sample in samples.items()
    )
    style = "text-align:center;margin:.25rem 0;font-size:.9em"
    return f'<p class="seegrad-key" aria-hidden="true" style="{style}">{names}</p>\n'


def _room(templates: Sequence[str], columns: Mapping[str, Column]) -> str:
    """Room for every sentence, at every width, so that nothing below moves.

    Each template stands there with the longest of its numbers, which don't break: so no
    sentence of it needs more lines.
    """
    rows: dict[str, list[int]] = {}
    for stop, template in enumerate(templates):
        rows.setdefault(template, []).append(stop)
    texts = (
        template.format_map(
            {
                name: max((c.words(k) for k in some), key=len).replace(" ", "\u00a0")
                for name, c in columns.items()
            }
        )
        for template, some in rows.items()
    )
    return "".join(f"<span {ROOM}>{escape(text)}</span>" for text in texts)


def _filled(templates: Sequence[str], columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Each stop's template with its numbers, as the script fills it in."""
    return tuple(
        template.format_map({name: c.words(k) for name, c in columns.items()})
        for k, template in enumerate(templates)
    )
