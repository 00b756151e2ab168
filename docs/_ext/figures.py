"""The gallery's figures: crisp, alike from build to build, and put into words.

sphinx-gallery takes a figure's title for its alternative text, knows no captions, saves
PNG, and resets matplotlib before each script, in workers that never read conf.py. Here
each figure becomes an SVG in seegrad's style, and the script says what is to be seen in
it and what to look at, in two comments that the page leaves out:
``# sphinx_gallery_alt = "A curve …"`` and ``# sphinx_gallery_caption = "The slope …"``.
"""

import gc
import random
import re
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
    undated = {"format": "svg", "metadata": {"Date": None}}
    saved = matplotlib_scraper(block, block_vars, gallery_conf, **undated)
    if not figures:
        return saved
    [path] = SAVED.findall(saved)
    png = Path(gallery_conf["src_dir"], path[1:]).with_suffix(".png")
    figure.savefig(png, dpi=200, transparent=False, facecolor="white")
    return FIGURE.format(path=path, alt=alts[0], caption=captions[0])


def reset(gallery_conf, script):
    """Give every script the same style, seeds and number of threads."""
    pyplot.close("all")
    pyplot.rcdefaults()
    pyplot.style.use("seegrad.seegrad")
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)
