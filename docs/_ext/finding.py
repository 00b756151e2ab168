"""The search: all that pages say, in one file that a reader's browser looks through.

Sphinx's own index notes which page holds a word, but neither how often nor where, so it
can't tell the page on a subject from one that mentions it; it knows no misspelt word,
and cuts Japanese when it writes the index but not when somebody asks (its issues 5318
and 13395). Here MiniSearch (docs/_static/minisearch.js, 7.2.0 as npm has it) does
all of it in the browser, by one rule for both.

A page declares further words that it should be found by: ``keywords`` among its meta
fields, or ``# sphinx_gallery_keywords = "…"`` in a script.
"""

import json
import re
from pathlib import Path

from catalogs import mark as _
from catalogs import translator
from docutils import nodes
from finished import when_finished
from listings import in_reading_order
from sphinx.addnodes import pending_xref
from sphinx.util import docname_join

FILE = "_static/pages.js"
SPHINXS = ("searchindex.js", "_static/searchtools.js", "_static/english-stemmer.js")
SPHINXS += ("_static/base-stemmer.js",)  # language_data.js holds both once more
KINDS = {
    "gallery": (_("Gallery"), 1),
    "api": (_("API"), 0.4),
    "project": (_("Project"), 0.4),
}
CHAPTER = (_("Chapter"), 1.2)
LISTS = ("index", "teaching")  # pages that name others, with their words
LIST = 0.5  # what such a page weighs
KEYWORDS = re.compile(r'^# sphinx_gallery_keywords = "(.+)"$', re.MULTILINE)
DRAWN = re.compile(r"<(svg|script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)
UNREAD = (nodes.section, nodes.title, nodes.comment, nodes.math_block)
REPEATED = {"no-search", "take-home"}


def write(app):
    """Write all pages into one file, in reading order, in the place of Sphinx's."""
    env = app.env
    hidden = {name for name in env.found_docs if "nosearch" in env.metadata[name]}
    names = sorted(env.found_docs - hidden - {"404"}, key=in_reading_order(env))
    pages = [page(app, name) for name in names]
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, FILE).write_text(f"const PAGES={text};\n", encoding="utf-8")
    for file in SPHINXS:
        Path(app.outdir, file).unlink()


def page(app, name):
    """What the search knows of a page; of the project's pages no more than headings."""
    doctree = app.env.get_doctree(name)
    kind, weight = KINDS.get(name.partition("/")[0], CHAPTER)
    return {
        "url": app.builder.get_target_uri(name),
        "title": app.env.titles[name].astext(),
        "kind": translator(app.config.language)(kind),
        "weight": weight * LIST if name.endswith(LISTS) else weight,
        "keywords": keywords(app.env, name, doctree),
        "sections": [
            [
                section["ids"][0],
                section.next_node(nodes.title).astext(),
                "" if kind == "Project" else " ".join(words(app.env, name, section)),
            ]
            for section in doctree.findall(nodes.section)
        ],
    }


def keywords(env, name, doctree):
    """The words that a page, or its script, declares."""
    metas = [m for m in doctree.findall(nodes.meta) if m.get("name") == "keywords"]
    script = Path(env.doc2path(name)).with_suffix(".py")
    found = KEYWORDS.findall(script.read_text("utf-8")) if script.exists() else []
    return ", ".join([*(m["content"] for m in metas), *found])


def words(env, name, node):
    """The words in a section, but not those of the sections in it."""
    for child in node.children:
        if isinstance(child, nodes.raw):
            yield from DRAWN.sub(" ", child.astext()).split()
        elif isinstance(child, UNREAD) or is_repeated(child):
            continue
        elif isinstance(child, nodes.TextElement):
            yield from text(env, name, child).split()
        else:
            yield from words(env, name, child)


def is_repeated(node):
    """Whether all pages have it, or it tells of the figure beside it."""
    if not isinstance(node, nodes.Element):
        return False
    return REPEATED & {*node["classes"]} or node.get("mime_type") == "text/plain"


def text(env, name, node):
    """A text with the titles of the pages that it links."""
    if isinstance(node, pending_xref) and node["reftype"] == "doc":
        title = env.titles.get(docname_join(name, node["reftarget"]), node)
        return (node if node["refexplicit"] else title).astext()
    if isinstance(node, nodes.Text):
        return node.astext()
    return node.child_text_separator.join(text(env, name, c) for c in node.children)


def setup(app):
    app.add_css_file("finding.css")
    app.add_js_file("finding.js", defer="defer")
    when_finished(app, write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
