"""The site's words in another language: where they are kept, and how they are found.

A catalog (``locales/ja/LC_MESSAGES/<page>.po``) holds a page's messages: paragraphs,
titles, captions, alternative texts. What several pages say stands once, in
``shared.po``; what our extensions, templates and scripts say, in ``site.po``; and what
Sphinx and its theme say without a translation of their own, in ``theme.po``. All of
them are one dictionary here, for a message has one translation.
"""

import re
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

DOCS = Path(__file__).parents[1]
LOCALES = DOCS / "locales"
SOURCE = "en"
SHARED, SITE, THEME = "shared", "site", "theme"
HEADER = """\
msgid ""
msgstr ""
"Language: {}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"""
# What is the same in every language: roles without words, code, addresses, formulas.
SAME = re.compile(
    r":py:obj:.*|:[\w:]+:`[^`<]*`|\{[\w:]+\}`[^`<]*`|``.+?``|`[^`<]+`(?!_)"
    r"|:[\w:]+:(?=`)|\{[\w:]+\}(?=`)"  # of a link with words the role, and the place
    r"|<[^<>]*>|https?://[^\s)>]+|\$[^$]+\$|\\\w+"
    r"|© the seegrad developers, BSD 3-Clause"
)
WORD = re.compile("[A-Za-z]{2,}")
NAMES = """PyTorch TensorFlow JAX NumPy SVG PNG seegrad None nan inf µs ms
    log sin cos max min abs amax clip relu round sinc xlogy"""


def folder(language):
    return LOCALES / language / "LC_MESSAGES"


def has_words(message):
    """Whether anything in a message is to be translated."""
    return bool({*WORD.findall(SAME.sub(" ", message))} - {*NAMES.split()})


@cache
def messages(language):
    """All messages that have a translation, with it."""
    known = ((m, words) for m, words, guessed in entries(language) if not guessed)
    return {message: words for message, words in known if words}


def entries(language):
    """All messages with a translation, or none, and whether it is only a guess."""
    for file in files(language):
        yield from ((m.id, m.string, m.fuzzy) for m in read(file) if m.id)


def files(language):
    return sorted(folder(language).rglob("*.po"))


def read(file):
    with file.open(encoding="utf-8") as lines:
        return read_po(lines, abort_invalid=True)


def write(language, name, entries):
    """Write a catalog of (message, translation, whether it is a guess), if changed."""
    catalog = Catalog()
    for message, translation, guessed in entries:
        added = catalog.add(message, translation)
        added.flags = {"fuzzy"} if guessed else set()  # braces are roles, no format
    file = folder(language) / f"{name}.po"
    lines = BytesIO()
    write_po(lines, catalog, width=0, omit_header=True)
    text = HEADER.format(language).encode() + b"\n" + lines.getvalue().lstrip()
    if not file.exists() or file.read_bytes() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)


def mark(words):
    """The words themselves, which belong into ``site.po``; called as ``_``."""
    return words


def translator(language, *, strict=False):
    """A function from a message to its translation, else to itself, or to an error."""
    if language == SOURCE:
        return str
    known = messages(language)
    return known.__getitem__ if strict else lambda words: known.get(words, words)
