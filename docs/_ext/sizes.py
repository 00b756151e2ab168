"""Pictures that say how large they are, so that nothing moves when they arrive.

A browser that doesn't know a picture's size makes room for it only once it has loaded,
and the text that somebody is reading jumps. docutils writes a size only where the
source gives one, and sphinx-gallery gives none. All pictures of this site are SVG, and
each names its size at its beginning.
"""

import re
from functools import cache
from pathlib import Path

from finished import mend_pages, when_finished

IMAGE = re.compile(
    r'<img (?!width=)(?=[^>]*?src="[^":]*?(_(?:images|static)/[^":]+?\.svg)[?"])'
)
SIZE = re.compile(
    r'<svg [^>]*?\b(?:width="([\d.]+)(pt)?" height="([\d.]+)'
    r'|viewBox="0 0 ([\d.]+) ([\d.]+)")',
    re.DOTALL,
)

WIDE = 490  # on a phone its letters would be too small: it keeps them, and scrolls


@cache
def size(path):
    """Width and height of an SVG file, in CSS pixels."""
    found = SIZE.search(path.read_text(encoding="utf-8"))
    width, point, height, *box = found.groups()
    scale = 96 / 72 if point else 1
    pair = (width, height) if width else box
    return [round(float(number) * scale) for number in pair]


def write(app):
    out = Path(app.outdir)

    def with_size(found):
        width, height = size(out / found[1])
        wide = " data-wide" if width > WIDE else ""
        return f'<img width="{width}" height="{height}"{wide} '

    mend_pages(app, [(IMAGE, with_size)])


def setup(app):
    when_finished(app, write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
