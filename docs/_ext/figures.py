"""The gallery's figures: crisp, alike from build to build, and put into words.

sphinx-gallery takes a figure's title for its alternative text, knows no captions, saves
PNG, and resets matplotlib before each script, in workers that never read conf.py. Here
each figure becomes an SVG in seegrad's style, and the script says what is to be seen in
it and what to look at, in two comments that the page leaves out:
``# sphinx_gallery_alt = "A curve …"`` and ``# sphinx_gallery_caption = "The slope …"``.

Its thumbnail is the whole figure, words and all, at a third of the size. Here each
figure is drawn once more for that size, without words.
"""

import gc
import random
import re
import shutil
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot
from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import matplotlib_scraper

WORDS = r'^# sphinx_gallery_{} = "(.+)"$'
ALT, CAPTION = (
    re.compile(WORDS.format(name), re.MULTILINE) for name in ("alt", "caption")
)
SAVED = re.compile(r"image-sg:: (.+)")
UNDATED = {"format": "svg", "metadata": {"Date": None}}
SMALL = (2.4, 1.6)  # inches
FIGURE = """
.. figure:: {path}
   :alt: {alt}

   {caption}
"""

# Before each script sphinx-gallery looks through all objects for rubbish. Those made by
# importing torch stay anyway, and are most of them.
gc.freeze()


def scrape(block, block_vars, gallery_conf):
    """Save the block's figure, if it has one, with the words written for it."""
    alts, captions = ALT.findall(block.content), CAPTION.findall(block.content)
    figures = pyplot.get_fignums()
    if len(figures) > 1 or not len(alts) == len(captions) == len(figures):
        raise ExtensionError(
            f"{block_vars['src_file']}, line {block.lineno}: a block draws at most one "
            f"figure, with one sphinx_gallery_alt comment that describes it and one "
            f"sphinx_gallery_caption comment, but this one has {len(figures)} figures, "
            f"{len(alts)} descriptions and {len(captions)} captions."
        )
    figure = pyplot.figure(figures[0]) if figures else None
    if figures and not is_whole(figure):
        raise ExtensionError(
            f"{block_vars['src_file']}, line {block.lineno}: something in this figure "
            "reaches over its edge and is cut off there. Look at its legend first."
        )
    saved = matplotlib_scraper(block, block_vars, gallery_conf, **UNDATED)
    if not figures:
        return saved
    [name] = SAVED.findall(saved)
    path = Path(gallery_conf["src_dir"], name[1:])
    # Beside an SVG of the same name sphinx-gallery would take it for the thumbnail.
    png = path.with_name(f"{path.stem}_white.png")
    figure.savefig(png, dpi=200, transparent=False, facecolor="white")
    save_small(figure, path)
    return FIGURE.format(path=name, alt=alts[0], caption=captions[0])


def is_whole(figure):
    """Whether all that is drawn lies inside, give or take a hundredth of an inch."""
    figure.draw_without_rendering()  # lays it out
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    spare = (drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1)
    return min(spare) > -0.01


def reset(gallery_conf, script):
    """Give every script the same style, seeds and number of threads."""
    pyplot.close("all")
    pyplot.rcdefaults()
    pyplot.style.use("seegrad.seegrad")
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)


def save_small(figure, path):
    """Draw the figure without words in a thumbnail's size, beside the figure itself.

    Of many panels in a row there is room for one. Arrows and surfaces become pixels:
    thousands of shapes of a pixel each would weigh ten times as much.
    """
    width, height = figure.get_size_inches()
    first, *others = figure.axes
    if width > 2 * height:
        for panel in others:
            panel.remove()
        first.set_subplotspec(figure.add_gridspec(1, 1)[0])
    figure.set_size_inches(SMALL)
    for ax in figure.axes:
        ax.set_axis_off()
        ax.set_title("")
        for words in [*ax.texts, *filter(None, [ax.get_legend()])]:
            words.remove()
        for shapes in ax.collections:
            shapes.set_rasterized(True)
    figure.savefig(small(path), dpi=144, **UNDATED)


def small(path):
    return path.with_name(f"{path.stem}_small.svg")


def use_small(app):
    """Put the small drawing in the place of each thumbnail that is a whole figure."""
    for thumbnail in Path(app.srcdir, "gallery").glob("*/images/thumb/*_thumb.svg"):
        name = thumbnail.stem.removesuffix("_thumb")
        for figure in thumbnail.parents[1].glob(f"{name}_[0-9][0-9][0-9].svg"):
            if figure.read_bytes() == thumbnail.read_bytes():
                shutil.copyfile(small(figure), thumbnail)


def setup(app):
    app.connect("builder-inited", use_small, priority=900)  # after sphinx-gallery
    return {"parallel_read_safe": True, "parallel_write_safe": True}
