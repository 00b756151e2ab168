"""What a page says of itself where it is linked: its title, its first words, a picture.

Search engines and chats read it from the page's head. They want full addresses, so the
picture and the page's address are there only where the site's address is configured.
"""

import re
from html import escape, unescape
from pathlib import Path

import picture
from catalogs import SOURCE, translator
from catalogs import mark as _
from docutils import nodes
from finished import when_finished
from matplotlib import pyplot
from sphinx.addnodes import desc_content

PICTURE = "_static/card.png"
SIZE = (12, 6.3)  # inches, at 100 dots each: what is shown without being cut
LONGEST = 200
CUT = re.compile("(.*(?:[、。]|(?= )))", re.DOTALL)  # between words, or at a mark
WORDS = _("A wave made of 150 straight tangents")


def first_words(doctree):
    """A page's first paragraph, as one line."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | desc_content):
            return " ".join(paragraph.astext().split())
    return ""


def introduce(app, pagename, templatename, context, doctree):
    words = first_words(doctree) if doctree else ""
    if len(words) > LONGEST:
        words = CUT.search(words[:LONGEST])[1] + " …"
    named = app.env.titles.get(pagename)
    tags = {
        "og:site_name": app.config.project,
        "og:type": "website",
        "og:title": named.astext() if named else unescape(context.get("title", "")),
        "og:description": words,
    }
    if app.config.html_baseurl:
        tags["og:url"] = context.get("pageurl")
        tags["og:image"] = f"{app.config.site_address}/{PICTURE}"
        tags["og:image:alt"] = translator(app.config.language)(WORDS)
    lines = [
        f'<meta property="{k}" content="{escape(v)}" />' for k, v in tags.items() if v
    ]
    size = "summary_large_image" if app.config.html_baseurl else "summary"
    lines.append(f'<meta name="twitter:card" content="{size}" />')
    if words:
        lines.append(f'<meta name="description" content="{escape(words)}" />')
    context["card"] = "".join(f"\n  {line}" for line in lines)


def draw(app):
    """Draw the home page's picture once more, on white, in the size of a card."""
    if not app.config.site_address or app.config.language != SOURCE:
        return
    figure = picture.draw()
    figure.set_size_inches(SIZE)
    file = Path(app.outdir) / PICTURE
    figure.savefig(file, dpi=100, transparent=False, facecolor="white")
    pyplot.close(figure)


def setup(app):
    app.connect("html-page-context", introduce)
    when_finished(app, draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
