"""Refuse a picture without words.

A picture's alternative text is what it says to a reader who does not see it. Somebody
writes it; a missing one, or a file's name in its place, is a warning, and so a failure
of the build. The gallery's thumbnails have none: their title stands beside them.
"""

import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.util import logging

JAPANESE = re.compile("[ぁ-ヿ一-鿿].{8,}")  # words without spaces
logger = logging.getLogger(__name__)


def check(app, doctree):
    for picture in doctree.findall(nodes.image):
        words = (picture.get("alt") or "").strip()
        name = PurePosixPath(picture["uri"])
        if name.stem.endswith("_thumb") and not words:
            continue
        enough = len(words.split()) > 1 or bool(JAPANESE.search(words))
        if not enough or words in {name.name, name.stem}:
            logger.warning(
                "the picture %s needs an alternative text that says what is to be "
                "seen in it, but it has %r",
                name.name,
                words,
                location=picture,
                type="alt_text",
            )


def setup(app):
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
