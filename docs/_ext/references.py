"""Links of pages, as they read outside of the site, in notebooks and scripts.

No Sphinx resolves a role there. A link to a page becomes the page's title, with its
address where the site's is known, else with the file that lies beside. Any other role
becomes its words.
"""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath

import prose
from catalogs import SOURCE
from catalogs import mark as _
from languages import folder

NAMES = "any|attr|class|doc|exc|func|meth|mod|ref|term"
ROLE = re.compile(
    rf"(?:\{{(?P<myst>{NAMES})\}}|:(?P<rest>{NAMES}):)"
    r"`(?:(?P<words>[^`<]+?)\s*<(?P<place>[^`>]+)>|(?P<target>[^`]+))`"
)
LINK = re.compile(r"\[(?P<words>[^]]+)\]\((?P<place>(?![\w+.-]+:)[^)#]+)\)")
TITLE = {
    ".md": re.compile(r"^# (.+)$", re.MULTILINE),
    ".rst": re.compile(r"^(\S.*)\n=+$", re.MULTILINE),
}
COMMENT = re.compile(r"(?:^# (?!%%).+\n)+", re.MULTILINE)
WIDTH = 88
QUOTED, PLACED = _('"{title}"'), _('"{title}" ({address})')


@dataclass(frozen=True)
class Outside:
    """Where links of one page lead to: pages of the site, or else files beside."""

    docs: Path
    page: str  # whose links they are
    site: str  # its address, or nothing
    beside: frozenset  # the names of files, without endings
    language: str = SOURCE
    say: Callable = str  # from a message to its translation

    def in_markdown(self, text, ending=".ipynb"):
        """The text of a cell with links that a notebook can follow."""

        def linked(found):
            name, words = self.told(found)
            address = self.address(name, ending)
            return f"[{words}]({address})" if address else words

        def followed(found):
            name, _ = self.told(found)
            return linked(found) if self.source(name) else found[0]  # no page's

        return LINK.sub(followed, ROLE.sub(linked, text))

    def in_comments(self, script, ending=".py"):
        """The script with titles and addresses in its comments, wrapped anew."""

        def wrapped(found):
            plain = " ".join(line[2:] for line in found[0].splitlines())
            if not ROLE.search(plain):
                return found[0]
            lines = textwrap.wrap(
                self.in_words(plain, ending),
                WIDTH,
                initial_indent="# ",
                subsequent_indent="# ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            return "\n".join(lines) + "\n"

        return COMMENT.sub(wrapped, script)

    def in_words(self, text, ending=".py"):
        """A paragraph with titles and addresses in place of its roles."""

        def linked(found):
            name, words = self.told(found)
            address = self.address(name, ending)
            quoted = self.say(PLACED if address else QUOTED)
            return quoted.format(title=words, address=address)

        return ROLE.sub(linked, text)

    def script(self, text):
        """A script in the language, for who has no site beside it."""
        if self.language == SOURCE:
            return self.in_comments(text)
        return prose.script(text, lambda message: self.in_words(self.say(message)))

    def told(self, found):
        """The page that a role or a link leads to, if it does, and its words."""
        parts = found.groupdict()
        place = parts["place"] or parts["target"]
        role = parts.get("myst") or parts.get("rest")
        if role not in ("doc", None):
            return None, parts["words"] or place.lstrip("~!")
        name = normpath(join("/", self.page, "..", place.removesuffix(".md")))[1:]
        return name, parts["words"] or self.say(self.title(name))

    def source(self, name):
        """The file that a page is made from, if there is such a page."""
        files = (self.docs / f"{name}{ending}" for ending in TITLE)
        return next((file for file in files if file.exists()), None)

    def title(self, name):
        """The title of a page; of one that is gone, which Sphinx warns of, its name."""
        file = self.source(name)
        if file is None:
            return name
        return TITLE[file.suffix].search(file.read_text(encoding="utf-8"))[1]

    def address(self, name, ending):
        """The address of a page, or the file beside that has its contents, if any."""
        if name is None or self.source(name) is None:
            return None
        if self.site:
            return f"{self.site}/{folder(self.language)}{name}.html"
        stem = name.rpartition("/")[2]
        return f"{stem}{ending}" if stem in self.beside else None
