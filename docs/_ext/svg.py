"""Figures as short as they can be and look the same.

matplotlib writes each coordinate from the picture's corner and with six decimals, which
is a ten-thousandth of a pixel, and names each part. Here a path goes on from where it
is, in hundredths of a point, or in tenths in the gallery's small pictures; what nothing
refers to goes.
"""

import re
from pathlib import Path

from finished import when_finished

BY_MATPLOTLIB = re.compile(r"<metadata>.*?Matplotlib v.*?</metadata>", re.DOTALL)
NEEDLESS = re.compile(r"<!DOCTYPE.*?>|<!--.*?-->|(?<=>)\s+(?=<)", re.DOTALL)
ID = re.compile(r' id="([^"]*)"')
REFERENCE = re.compile(r'(?:url\(|href=")#([^)"]*)')
PATH = re.compile(r' d="([^"]*)"')
STEP = re.compile(r"([MLQCz])([^MLQCz]*)")
PLACE = re.compile(r'(?<= [xy]=")-?[\d.]+|(?<=translate\()-?[\d.]+ -?[\d.]+')


def shorten(app):
    for file in sorted(Path(app.outdir).glob("_images/*.svg")):
        svg = file.read_text(encoding="utf-8")
        if BY_MATPLOTLIB.search(svg):
            digits = 1 if file.stem.endswith("_thumb") else 2
            file.write_text(shortened(svg, digits), encoding="utf-8")


def shortened(svg, digits):
    """The same picture in fewer bytes."""
    svg = NEEDLESS.sub("", BY_MATPLOTLIB.sub("", svg))
    needed = set(REFERENCE.findall(svg))
    svg = ID.sub(lambda found: found[0] if found[1] in needed else "", svg)
    svg = PATH.sub(lambda found: f' d="{path(found[1], digits)}"', svg)

    def placed(found):
        return " ".join(decimal(n, digits) for n in whole(found[0], digits))

    return PLACE.sub(placed, svg)


def path(steps, digits):
    """A path in which each step begins where the last one ended.

    The differences are those of rounded places, so that roundings don't add up.
    """
    parts, before = [], None
    here = start = (0, 0)
    for command, numbers in STEP.findall(steps):
        places = whole(numbers, digits)
        points = [*zip(places[::2], places[1::2], strict=True)]
        moves = [point[k] - here[k] for point in points for k in (0, 1)]
        letter = "" if command == before else command.lower()
        parts.append(letter + " ".join(decimal(move, digits) for move in moves))
        here = points[-1] if points else start
        start = here if command == "M" else start
        before = command
    return re.sub(r" (?=[-a-z])|(?<=[a-z]) ", "", " ".join(parts))


def whole(numbers, digits):
    """Numbers as whole tenths or hundredths."""
    return [round(float(number) * 10**digits) for number in numbers.split()]


def decimal(number, digits):
    """Whole tenths or hundredths as a number again, with no digit too many."""
    text = f"{number / 10**digits:.{digits}f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def setup(app):
    when_finished(app, shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
