"""Let the reader guess first.

Where the words right above a cell end in a question mark, what the cell prints answers
them. It is folded, so that nobody reads the answer before the guess. Figures stay open:
they are what such a question is asked about. Scripts and notebooks need no markup for
it. A site without a single question has lost the rule, and fails the build.
"""

from catalogs import mark as _
from catalogs import translator
from docutils import nodes
from sphinx.errors import ExtensionError

GUESS = _("Guess first. Then open the answer.")
PRINTED = ("sphx-glr-script-out", "cell_output")  # the gallery's and the chapters'


class guess(nodes.General, nodes.Element):  # noqa: D101, N801
    pass


def fold(app, doctree):
    for words in list(doctree.findall(asks)):
        for printed in list(answers(words)):
            folded = guess("", printed.deepcopy())
            printed.replace_self(folded)


def asks(node):
    """Whether a paragraph asks, in whatever language it is."""
    if not isinstance(node, nodes.paragraph):
        return False
    return node.get("said", node.astext()).rstrip().endswith("?")


def answers(words):
    """What the cells right below a paragraph print, up to the next words."""
    place = words.parent.index(words) + 1
    for below in words.parent[place:]:
        if isinstance(below, (nodes.paragraph, nodes.section)):
            return
        for block in below.findall(nodes.literal_block):
            classes = {*block["classes"], *block.parent.get("classes", ())}
            if classes.intersection(PRINTED):
                yield block


def check(app, env):
    asked = [env.get_doctree(name) for name in env.all_docs]
    if not any(True for doctree in asked for _ in doctree.findall(guess)):
        raise ExtensionError("predictions: no page asks before it prints")


def visit_guess(self, node):
    words = translator(self.config.language)(GUESS)
    self.body.append(f'<details class="guess"><summary>{words}</summary>\n')


def depart_guess(self, node):
    self.body.append("</details>\n")


def setup(app):
    app.add_node(guess, html=(visit_guess, depart_guess))
    app.connect("doctree-read", fold)
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
