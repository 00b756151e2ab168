"""Figures to take: each of the gallery's as SVG and as PNG, with its words and licence.

A teacher wants a figure for a slide and may not want the code. The page is written from
the scripts themselves, in reading order; a figure that isn't there fails the build.
"""

from itertools import groupby
from operator import attrgetter
from pathlib import Path

from figures import ALT, CAPTION
from reading_order import ORDER

TUTORIALS = Path(__file__).parents[2] / "tutorials"
PAGE = "gallery/figures"
HEAD = """\
:orphan:
:nosearch:

Figures to take
===============

Every figure of the gallery, for slides and handouts: as SVG, which stays sharp at any
size, and as PNG on white. Take them, change them and pass them on, under the BSD
3-Clause licence: keep the name below each.
"""
FIGURE = """
.. figure:: {folder}/images/{name}.svg
   :alt: {alt}

   {caption}

   :doc:`{folder}/{script}` ·
   :download:`SVG <{folder}/images/{name}.svg>` ·
   :download:`PNG <{folder}/images/{name}_white.png>` ·
   © the seegrad developers, BSD 3-Clause
"""


def write(app):
    """Write the page, once the gallery's figures are there."""
    parts = [HEAD]
    scripts = [next(TUTORIALS.glob(f"*/{name}")) for name in ORDER]
    for section, group in groupby(scripts, key=attrgetter("parent")):
        title = (section / "GALLERY_HEADER.rst").read_text("utf-8").partition("\n")[0]
        parts.append(f"\n{title}\n{'-' * len(title)}\n")
        for script in group:
            parts += figures(section.name, script)
    text, file = "".join(parts), Path(app.srcdir, f"{PAGE}.rst")
    if not file.exists() or file.read_text("utf-8") != text:
        file.write_text(text, encoding="utf-8")


def figures(folder, script):
    """A script's figures, numbered as sphinx-gallery numbers them."""
    text = script.read_text(encoding="utf-8")
    words = zip(ALT.findall(text), CAPTION.findall(text), strict=True)
    for number, (alt, caption) in enumerate(words, 1):
        name = f"sphx_glr_{script.stem}_{number:03}"
        yield FIGURE.format(
            folder=folder, name=name, alt=alt, caption=caption, script=script.stem
        )


def setup(app):
    app.connect("builder-inited", write, priority=900)  # after sphinx-gallery
    return {"parallel_read_safe": True, "parallel_write_safe": True}
