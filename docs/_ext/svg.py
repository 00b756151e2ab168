"""Figures as short as they can be and look the same.

matplotlib writes each coordinate from the picture's corner and with six decimals, which
is a ten-thousandth of a pixel, and names each part. Here a path goes on from where it
is, in hundredths of a point, or in tenths in the gallery's small pictures; a letter is
drawn on a grid of four hundred to its size; and a name that nothing refers to goes.

Seegrad's tones are a compromise, for a notebook may be white or dark. A page is white,
and in the dark theme seegrad.css turns light and dark round; so a page's tones are
darker, that letters have a contrast of 4.5:1 and more.
"""

import re
from pathlib import Path

from finished import when_finished
from sphinx.errors import ExtensionError

BY_MATPLOTLIB = re.compile(r"<metadata>.*?Matplotlib v.*?</metadata>", re.DOTALL)
NEEDLESS = re.compile(r"<!DOCTYPE.*?>|<!--.*?-->|(?<=>)\s+(?=<)", re.DOTALL)
ID = re.compile(r' id="([^"]*)"')
REFERENCE = re.compile(r'(?:url\(|href=")#([^)"]*)')
PATH = re.compile(r' d="([^"]*)"( transform="scale\(0\.015625\)")?')  # of a letter
STEP = re.compile(r"([MLQCz])([^MLQCz]*)")
TONES = {  # in the style file or in a script, and on a page
    "#757575": "#333333",
    "#808080": "#333333",
    "#2f7fc4": "#1f6cb0",
    "#d2601a": "#b54d0c",
    "#1f9168": "#147852",
    "#9563c4": "#8250b3",
    "#b07a10": "#8c5f08",
}
TONE = re.compile("|".join(TONES))
PLACE = re.compile(r'(?<= [xy]=")-?[\d.]+|(?<=translate\()-?[\d.]+ -?[\d.]+')


def shorten(app):
    files = [*Path(app.outdir).glob("_images/*.svg")]
    pictures = {file: file.read_text(encoding="utf-8") for file in files}
    drawn = [file for file, svg in pictures.items() if BY_MATPLOTLIB.search(svg)]
    if not drawn:
        raise ExtensionError("matplotlib's pictures don't say any more that they are.")
    for file in drawn:
        digits = 1 if file.stem.endswith("_thumb") else 2
        file.write_text(shortened(pictures[file], digits), encoding="utf-8")


def shortened(svg, digits):
    """The same picture in fewer bytes."""

    def drawn(found):
        steps, letter = found.groups()
        if letter:
            return f' d="{path(steps, 1 / 16, 0)}" transform="scale(0.25)"'
        return f' d="{path(steps, 10**digits, digits)}"'

    def placed(found):
        numbers = whole(found[0], 10**digits)
        return " ".join(decimal(number, digits) for number in numbers)

    svg = NEEDLESS.sub("", BY_MATPLOTLIB.sub("", svg))
    svg = TONE.sub(lambda found: TONES[found[0]], svg)
    needed = set(REFERENCE.findall(svg))
    svg = ID.sub(lambda found: found[0] if found[1] in needed else "", svg)
    return PLACE.sub(placed, PATH.sub(drawn, svg))


def path(steps, scale, digits):
    """A path in which each step begins where the last one ended.

    The differences are those of rounded places, so that roundings don't add up.
    """
    parts, before = [], None
    here = start = (0, 0)
    for command, numbers in STEP.findall(steps):
        places = whole(numbers, scale)
        points = [*zip(places[::2], places[1::2], strict=True)]
        moves = [point[k] - here[k] for point in points for k in (0, 1)]
        letter = "" if command == before else command.lower()
        parts.append(letter + " ".join(decimal(move, digits) for move in moves))
        here = points[-1] if points else start
        start = here if command == "M" else start
        before = command
    return re.sub(r" (?=[-a-z])|(?<=[a-z]) ", "", " ".join(parts))


def whole(numbers, scale):
    """Numbers as so many whole steps of a grid."""
    return [round(float(number) * scale) for number in numbers.split()]


def decimal(number, digits):
    """Whole ones, tenths or hundredths as a number with no digit too many."""
    text = f"{number / 10**digits:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if digits else text
    return re.sub(r"^(-?)0\.", r"\1.", text)


def setup(app):
    when_finished(app, shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
