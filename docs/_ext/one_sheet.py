"""One style sheet in the place of the fourteen that the site's parts bring.

A page shows, and its figures move, only once all its sheets have come: on a slow line,
each costs a way to the host and back, and the theme's brings all of Bootstrap and two
thousand icons. So a rule for a class that is no word of any page or script is left out.
"""

import hashlib
import re
from pathlib import Path

from finished import mend_pages, when_finished
from sphinx.errors import ExtensionError

SHEET = r'<link [^>]*?href="([^"?]*_static/)([^"?]*\.css)[^>]*>\s*'
SHEETS = re.compile(f"(?:{SHEET})+")
IMPORT = '@import "../basic.css";'
FONT = re.compile(r"@font-face\{[^}]*fontawesome[^}]*\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{}@;]*)\{[^{}]*\}")
INSIDE = re.compile(r"\([^()]*\)")  # as of :not(…), which asks for nothing
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
WORD = re.compile(r"[\w-]+")
ONE = "seegrad.css"


def names_of(html):
    """A page's sheets, in their order."""
    return [name for _, name in re.findall(SHEET, html)]


def joined(folder, names):
    """The text of them all."""
    css = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    css = css.replace(IMPORT, (folder / "basic.css").read_text(encoding="utf-8"))
    css, count = FONT.subn("", COMMENT.sub("", css))
    if not count:
        raise ExtensionError("No sheet has the font that is left out.")
    if "@import" in css or "url(.." in css:
        raise ExtensionError("A sheet asks for another file, where it no longer is.")
    return css


def used(css, texts):
    """The rules that can find something where these are the pages and the scripts."""
    words = {word for text in texts for word in WORD.findall(text)}
    beginnings = tuple(w for w in words if len(w) > 2 and w.endswith("-"))

    def known(selector):
        names = CLASS.findall(selector)
        return all(name in words or name.startswith(beginnings) for name in names)

    def kept(rule):
        selectors = rule[1]
        while INSIDE.search(selectors):
            selectors = INSIDE.sub("", selectors)
        asked = selectors.split(",")
        return rule[0] if "\\" in selectors or any(map(known, asked)) else ""

    short = RULE.sub(kept, css)
    if short == css:
        raise ExtensionError("Each rule is for something: leave out nothing, then.")
    return short


def join(app):
    out = Path(app.outdir)
    folder = out / "_static"
    names = names_of((out / "index.html").read_text(encoding="utf-8"))
    texts = [f.read_text(encoding="utf-8") for f in out.rglob("*.html")]
    texts += [f.read_text(encoding="utf-8") for f in folder.rglob("*.js")]
    css = used(joined(folder, names), texts)
    version = hashlib.sha256(css.encode()).hexdigest()[:8]

    def one(found):
        if names_of(found[0]) != names:
            raise ExtensionError(f"A page has other sheets: {names_of(found[0])}")
        return f'<link href="{found[1]}{ONE}?v={version}" rel="stylesheet" />\n'

    mend_pages(app, [(SHEETS, one)])
    for name in {*names, "basic.css"}:
        (folder / name).unlink()
    (folder / ONE).write_text(css, encoding="utf-8")


def setup(app):
    when_finished(app, join, priority=600)  # after the theme has written pygments.css
    return {"parallel_read_safe": True, "parallel_write_safe": True}
