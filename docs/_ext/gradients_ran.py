"""Refuse a graph whose gradients are missing by accident.

A graph that an earlier ``backward()`` freed draws like any other, without a number on
it, and nobody notices. Such a figure is a warning, and so a failure of the build,
unless the page asked for the structure alone, by ``gradients=False``.
"""

import re
from html import unescape

from catalogs import translator
from docutils import nodes
from sphinx.util import logging

from seegrad.graphs.gradient_graph import NOT_ASKED

logger = logging.getLogger(__name__)
WHY = re.compile(r'<p class="seegrad-why">(.*?)</p>', re.DOTALL)


def check(app, doctree):
    for figure in doctree.findall(nodes.raw):
        for why in map(unescape, WHY.findall(figure.astext())):
            if why != translator(app.config.language)(NOT_ASKED):
                logger.warning(
                    "a graph has no gradients: %s Draw it before backward(), or ask "
                    "for its structure only, by gradients=False",
                    why,
                    location=figure,
                    type="gradients_ran",
                )


def setup(app):
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
