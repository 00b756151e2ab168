"""Mend the few things that the parts we build on write wrongly.

What they write is no valid HTML in places, has parts that a screen reader cannot name,
and brings an icon font of which we need a dozen signs. Each mend is a pattern and what
stands in its place; one that no page needs any more fails the build.
"""

import re
from pathlib import Path

from catalogs import mark as _
from catalogs import translator
from finished import mend_pages, when_finished
from sphinx.errors import ExtensionError

# The sign on "Collapse Sidebar", for which the theme takes thirteen hundred characters.
SIDEBAR = (
    "M3 .5h10A2.5 2.5 0 0 1 15.5 3v10a2.5 2.5 0 0 1-2.5 2.5H3A2.5 2.5 0 0 1 .5 13V3"
    "A2.5 2.5 0 0 1 3 .5zm0 1.67a.83.83 0 0 0-.83.83v10c0 .46.37.83.83.83h7.5V2.17z"
    "m3.55 3.6a.83.83 0 0 1 1.18 1.18L6.68 8l1.05 1.05a.83.83 0 0 1-1.18 1.18"
    "L4.91 8.59a.83.83 0 0 1 0-1.18z"
)


CONTENTS, PAGES = _("Contents"), _("Pages of {title}")
TOGGLE = _("Toggle hidden content")


def without_blocks(found):
    return found[0].replace("<div ", "<span ").replace("</div>", "</span>")


MENDS = [
    (re.compile(pattern, re.DOTALL), mended)
    for pattern, mended in [
        # sphinx-gallery: "tooltip" is no attribute of HTML.
        (r'(<div class="sphx-glr-thumbcontainer" )tooltip=', r"\1data-intro="),
        # sphinx-gallery: its list of tags, which only a mouse can use, and is empty.
        (r"<div id='sg-tag-list' class='sphx-glr-tag-list'></div>\n*", ""),
        (r'\s*<script src="[^"]*_static/sg-tags\.js[^"]*"></script>', ""),
        # pydata-sphinx-theme: comments for who writes templates, on every page.
        (r"<!--.*?-->\n?", ""),
        # pydata-sphinx-theme: without a script its theme is "auto", without colours.
        (r'(<html [^>]*data-theme=)"auto"', r'\1"light"'),
        # sphinx-gallery: thumbnails far below load at once.
        (r'(<img )(?=[^>]*_thumb\.svg")', r'\1loading="lazy" '),
        # pydata-sphinx-theme: "autocorrect" is no attribute of HTML for a search.
        (r'\s*autocorrect="off"', ""),
        # Sphinx and sphinx-design: a page, and its figures, wait for these scripts.
        (r'<script (?=[^>]*src="[^"]*_static/'
         r'(?:documentation_options|doctools|sphinx_highlight|design-tabs)\.js)',
         r'\g<0>defer="defer" '),
        # pydata-sphinx-theme: what its own search and its choice of versions ask for.
        (r"\s*<script>DOCUMENTATION_OPTIONS\.\w+ = [^<]*</script>", ""),
        # docutils: a role that DPUB-ARIA 1.1 took back (w3c/dpub-aria, 22).
        (r'role="doc-biblioentry"', 'role="listitem"'),
        # docutils: a table of contents within a page has no name.
        (r'<nav class="contents local"', rf'\g<0> aria-label="{CONTENTS}"'),
        # pydata-sphinx-theme: what opens a part of its sidebar has no name.
        (r"(<a [^>]*>)([^<]*)(</a><details[^>]*><summary)>",
         rf'\1\2\3 aria-label="{PAGES}">'),
        # myst-nb: paragraphs in a summary, where HTML has no place for them.
        (r"(<summary[^>]*>\n)<p( class=.*?)</p>\n<p( class=.*?)</p>",
         r"\1<span\2</span>\n<span\3</span>"),
        # myst-nb: words that it has in English only.
        (r'(<summary aria-label=)"Toggle hidden content"', rf'\1"{TOGGLE}"'),
        # Sphinx's viewcode: blocks in preformatted text, where HTML has none.
        (r"<pre>(?:(?!</pre>).)*viewcode-block.*?</pre>", without_blocks),
        # pydata-sphinx-theme: thirteen hundred characters for one sign, on every page.
        (r'(<svg class="pst-icon".*?<path fill="currentColor") d="[^"]*"',
         rf'\1 fill-rule="evenodd" d="{SIDEBAR}"'),
    ]
]  # fmt: skip


def in_language(mended, words):
    """What stands in a pattern's place, with our own words in the page's language."""
    if isinstance(mended, str):
        for mark, said in words.items():
            mended = mended.replace(f'"{mark}"', f'"{said}"')
    return mended


UNUSED = [
    "scripts/fontawesome.js*",
    "scripts/*.map",
    "styles/*.map",
    "vendor/fontawesome/webfonts/*",
    "webpack-macros.html",
    "sg-tags.js",
]


def mend(app):
    say = translator(app.config.language)
    words = {mark: say(mark) for mark in (CONTENTS, TOGGLE)}
    words |= {PAGES: say(PAGES).replace("{title}", r"\2")}
    mend_pages(
        app, [(pattern, in_language(mended, words)) for pattern, mended in MENDS]
    )
    for pattern in UNUSED:
        files = [*Path(app.outdir).glob(f"_static/{pattern}")]
        if not files:
            raise ExtensionError(f"No file is left out any more: {pattern}")
        for unused in files:
            unused.unlink()


def setup(app):
    when_finished(app, mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
