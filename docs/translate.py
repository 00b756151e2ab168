"""Bring the catalogs up to date with the pages, and list what lacks a translation.

``python docs/translate.py [LANGUAGE] [option of sphinx-build …]``: Sphinx reads all
pages, runs no code that it has a result of, and what it found goes into the catalogs.
A message that changed gets the old translation, marked ``fuzzy``: mend it, and take the
mark away.
"""

import sys
from difflib import get_close_matches
from pathlib import Path

from babel.messages.extract import extract as babel_extract
from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.append(str(HERE / "_ext"))

import catalogs  # noqa: E402, both are beside the site's other extensions
import figure_words  # noqa: E402

MARKED = {
    "_ext/*.py": "python",
    "_templates/**/*.html": "jinja2.ext:babel_extract",
    "_static/*.js": "javascript",
}
REPEATED = "gallery/figures"  # a page made of what other pages say


def extract():
    """All messages, by the catalog that they belong into."""
    made = HERE / "_build" / "gettext"
    app = Sphinx(HERE, HERE, made, made / "doctrees", "gettext", freshenv=True)
    app.build()
    homes = {}
    pages = app.env.seegrad_messages
    repeated = pages.pop(REPEATED)
    for page, found in sorted(pages.items()):
        for message in found:
            homes[message] = catalogs.SHARED if message in homes else page
    for message in repeated:
        homes.setdefault(message, REPEATED)
    for message in figure_words.messages():
        homes[message] = figure_words.CATALOG
    for message in own_words():
        homes.setdefault(message, catalogs.SITE)
    by_home = {}
    for message, home in homes.items():
        by_home.setdefault(home, []).append(message)
    return by_home


def own_words():
    """What our extensions, templates and scripts mark by ``_("…")``."""
    for pattern, method in MARKED.items():
        for file in sorted(HERE.glob(pattern)):
            with file.open("rb") as lines:
                options = {"encoding": "utf-8"}
                for _, found, *_ in babel_extract(
                    method, lines, {"_": None}, options=options
                ):
                    yield found


def update(language, found):
    """Write each catalog anew, with what was translated before."""
    entries = catalogs.entries(language)
    before = {m: (words, guessed) for m, words, guessed in entries if words}
    unused = [m for m in before if not any(m in part for part in found.values())]
    for file in catalogs.files(language):
        name = file.relative_to(catalogs.folder(language)).with_suffix("").as_posix()
        if name not in found and name != catalogs.THEME:
            file.unlink()
    for name, part in found.items():
        catalogs.write(language, name, [entry(m, before, unused) for m in part])


def entry(message, before, unused):
    if message in before:
        return message, *before[message]
    close = get_close_matches(message, unused, 1, 0.7)
    return message, before[close[0]][0] if close else "", bool(close)


def tell(language):
    """List what lacks, and say how many that are."""
    total = lacking = 0
    for file in catalogs.files(language):
        entries = [m for m in catalogs.read(file) if m.id]
        open_ones = [m for m in entries if not m.string or m.fuzzy]
        total, lacking = total + len(entries), lacking + len(open_ones)
        if open_ones:
            print(f"{len(open_ones):4} of {len(entries):3}  {file.relative_to(HERE)}")
    print(f"{language}: {lacking} of {total} messages lack a translation.")


if __name__ == "__main__":
    language = sys.argv[1] if len(sys.argv) > 1 else "ja"
    update(language, extract())
    catalogs.messages.cache_clear()
    tell(language)
