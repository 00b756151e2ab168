"""One style sheet in the place of the fourteen that the site's parts bring.

A page shows, and its figures move, only once all its sheets have come: on a slow line,
each costs a way to the host and back. The theme's also names two thousand icons of a
font that the site goes without.
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
ICON = re.compile(r'\.fa-[\w-]+(?:,\.fa-[\w-]+)*\{--fa:"[^"]*"\}')
ONE = "seegrad.css"


def names_of(html):
    """A page's sheets, in their order."""
    return [name for _, name in re.findall(SHEET, html)]


def joined(folder, names):
    """The text of them all."""
    css = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    css = css.replace(IMPORT, (folder / "basic.css").read_text(encoding="utf-8"))
    for pattern in (FONT, ICON):
        css, count = pattern.subn("", css)
        if not count:
            raise ExtensionError(f"No sheet has what is left out: {pattern.pattern}")
    if "@import" in css or "url(.." in css:
        raise ExtensionError("A sheet asks for another file, where it no longer is.")
    return css


def join(app):
    out = Path(app.outdir)
    folder = out / "_static"
    names = names_of((out / "index.html").read_text(encoding="utf-8"))
    css = joined(folder, names)
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
