"""A figure that was shortened is the same picture."""

import gzip
import io
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import svg
from matplotlib import pyplot
from sphinx.errors import ExtensionError

PATH = re.compile(r' d="([^"]*)"(?: transform="scale\(([\d.]+)\)")?')
STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")
NUMBER = re.compile(r"-?(?:\d*\.)?\d+")
NUMBERS = {"m": 2, "l": 2, "q": 4, "c": 6}  # that a step of a path takes
CLOSED = (math.inf, math.inf)


@pytest.fixture(scope="module")
def figure():
    """A figure with a curve, an area, markers and words."""
    x = np.linspace(-3, 3, 200)
    written = io.StringIO()
    with pyplot.style.context("seegrad.seegrad"):
        fig, ax = pyplot.subplots()
        ax.plot(x, np.sin(x), label="sine of $x_0$")
        ax.fill_between(x, np.cos(x), alpha=0.3)
        ax.scatter(x[::20], x[::20] / 3)
        ax.legend()
        fig.savefig(written, format="svg")
        pyplot.close(fig)
    return written.getvalue()


def paths(picture):
    """The places of each path, and the grid that it is drawn on if it is a letter."""
    for steps, scale in PATH.findall(picture):
        yield np.array([*places(steps)]) * float(scale or 1), float(scale or 0)


def places(steps):
    """Each place of a path, and where it is closed."""
    here = start = (0, 0)
    for command, text in STEP.findall(steps):
        if command in "Zz":
            yield CLOSED
            here = start
            continue
        numbers = [float(number) for number in NUMBER.findall(text)]
        size = NUMBERS[command.lower()]
        for k in range(0, len(numbers), size):
            x, y = here if command.islower() else (0, 0)
            step = numbers[k : k + size]
            pairs = zip(step[::2], step[1::2], strict=True)
            points = [(x + dx, y + dy) for dx, dy in pairs]
            yield from points
            here = points[-1]
        start = here if command in "Mm" else start


@pytest.mark.parametrize("digits", [1, 2])
def test_every_path_goes_through_the_same_places(figure, digits):
    before, after = [*paths(figure)], [*paths(svg.shortened(figure, digits))]
    assert len(before) == len(after) > 30
    for (one, _), (other, letter) in zip(before, after, strict=True):
        points = np.isfinite(one)
        assert (points == np.isfinite(other)).all()
        off = np.abs(one[points] - other[points])
        assert off.max() <= 0.5001 * (letter or 10**-digits)


def test_it_is_shorter_and_whole(figure):
    short = svg.shortened(figure, 2)
    before, after = (len(gzip.compress(s.encode())) for s in (figure, short))
    assert after < 0.7 * before
    named = set(re.findall(r' id="([^"]*)"', short))
    assert set(re.findall(r'(?:url\(|href=")#([^)"]*)', short)) == named
    for part in ("<g", "<path", "<rect", "<use", "style="):
        assert short.count(part) == figure.count(part)


def test_other_pictures_stay_as_they_are(tmp_path):
    (tmp_path / "_images").mkdir()
    file = tmp_path / "_images" / "own.svg"
    file.write_text('<svg><path id="a" d="M 1.23456 1"/> <!-- Ours. --></svg>')
    before = file.read_text()
    with pytest.raises(ExtensionError, match="matplotlib's pictures"):
        svg.shorten(SimpleNamespace(outdir=tmp_path))
    assert file.read_text() == before
