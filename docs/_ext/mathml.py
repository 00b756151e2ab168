"""Mathematics as MathML, made at build time.

Sphinx's own renderers need a script from another host or a megabyte of fonts. Every
current browser draws MathML by itself, screen readers read it, and docutils can write
it, so a page with formulas costs no more than a page without.
"""

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml


def visit_math(self, node):
    self.body.append(tex2mathml(node.astext()).replace("\n", ""))
    raise SkipNode


def visit_displaymath(self, node):
    tex = node.astext()
    if r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    formula = tex2mathml(tex, as_block=True).replace("\n", "")
    formula = formula.replace("<mtable", '<mtable displaystyle="true"')
    self.body.append(f"{self.starttag(node, 'div', CLASS='math')}{formula}</div>\n")
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
