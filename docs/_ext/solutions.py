"""Fold the solutions of exercises.

A reader should try first. A paragraph that begins with **Solution.** is folded, with
all that follows it (code, output, figures), up to a paragraph that begins with
**Next.** or to the end of its section. Scripts and notebooks need no markup for it and
read as plain prose.
"""

from catalogs import mark as _
from catalogs import translator
from docutils import nodes


class details(nodes.General, nodes.Element):  # noqa: D101, N801
    pass


def opening(node):
    """What a paragraph begins with; MyST puts an empty text in front of bold words."""
    if not isinstance(node, nodes.paragraph):
        return None
    return next((child for child in node if child.astext()), None)


def begins_with(node, word):
    """Whether it does, in whatever language it is."""
    first = opening(node)
    if not isinstance(first, nodes.strong):
        return False
    return node.get("said", f"**{first.astext()}**").startswith(f"**{word}**")


def fold(app, doctree):
    for start in list(doctree.findall(lambda n: begins_with(n, "Solution."))):
        parent = start.parent
        first = last = parent.index(start)
        while last < len(parent) and not begins_with(parent[last], "Next."):
            last += 1
        folded = details("", *parent[first:last])
        start.remove(opening(start))
        parent[first:last] = [folded]


def visit_details(self, node):
    words = translator(self.config.language)(_("Solution"))
    self.body.append(f'<details class="solution"><summary>{words}</summary>\n')


def depart_details(self, node):
    self.body.append("</details>\n")


def setup(app):
    app.add_node(details, html=(visit_details, depart_details))
    app.connect("doctree-read", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
