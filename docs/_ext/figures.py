"""The gallery's figures: crisp, alike from build to build, and described in words.

sphinx-gallery takes a figure's title for its alternative text, saves PNG, and resets
matplotlib before each script, in workers that never read conf.py. Here each figure
becomes an SVG in seegrad's style, and the script says what is to be seen in it, in a
comment that the page leaves out: ``# sphinx_gallery_alt = "A curve …"``.
"""

import random
import re

import numpy as np
import torch
from matplotlib import pyplot
from sphinx.errors import ExtensionError
from sphinx_gallery.scrapers import matplotlib_scraper

ALT = re.compile(r'^# sphinx_gallery_alt = "(.+)"$', re.MULTILINE)


def scrape(block, block_vars, gallery_conf):
    """Save the block's figure, if it has one, with the text written for it."""
    texts = ALT.findall(block.content)
    figures = pyplot.get_fignums()
    if len(figures) > 1 or len(texts) != len(figures):
        raise ExtensionError(
            f"{block_vars['src_file']}, line {block.lineno}: a block draws at most one "
            f"figure and describes it in one sphinx_gallery_alt comment, but this one "
            f"has {len(figures)} figures and {len(texts)} descriptions."
        )
    undated = {"format": "svg", "metadata": {"Date": None}}
    rst = matplotlib_scraper(block, block_vars, gallery_conf, **undated)
    if texts:
        rst = re.sub(r":alt: .*", lambda _: f":alt: {texts[0]}", rst)
    return rst


def reset(gallery_conf, script):
    """Give every script the same style, seeds and number of threads."""
    pyplot.close("all")
    pyplot.rcdefaults()
    pyplot.style.use("seegrad.seegrad")
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)
