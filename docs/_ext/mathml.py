"""Mathematics as MathML, made at build time, and a font to draw it with.

Sphinx's own renderers need a script from another host or a megabyte of fonts. Every
current browser draws MathML by itself, screen readers read it, and docutils can write
it. Two things are missing then. A prime is typed as a straight quote, and docutils
leaves it one. And without a font made for formulas a sum is smaller than a fraction,
and what stands below it collides: so pages with formulas load one. A character that it
lacks is a warning, and so a failure of the build.
"""

import re

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from math_font import CHARACTERS, FILE
from sphinx.util import logging

JAPANESE = re.compile("[ぁ-ヿ一-鿿]")  # comes from the reader's own fonts
logger = logging.getLogger(__name__)


def visit_math(self, node):
    self.body.append(mathml(node, node.astext()))
    raise SkipNode


def visit_displaymath(self, node):
    tex = node.astext()
    if r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    formula = mathml(node, tex, as_block=True)
    formula = formula.replace("<mtable", '<mtable displaystyle="true"')
    self.body.append(f"{self.starttag(node, 'div', CLASS='math')}{formula}</div>\n")
    raise SkipNode


def mathml(node, tex, **options):
    formula = tex2mathml(tex, **options).replace("\n", "").replace("'", "′")
    if missing := set(JAPANESE.sub("", formula)) - CHARACTERS:
        logger.warning(
            "the formulas' font has no %s: add it in math_font.py",
            " ".join(sorted(missing)),
            location=node,
            type="mathml",
        )
    return formula


def load_font(app, pagename, templatename, context, doctree):
    """Let a page with formulas ask for the font at once: nothing moves later."""
    if "<math" in context.get("body", ""):
        address = context["pathto"](f"_static/fonts/{FILE.name}", resource=True)
        context["metatags"] += (
            f'\n<link rel="preload" href="{address}" as="font" type="font/woff2" '
            "crossorigin />"
        )


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    app.connect("html-page-context", load_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
