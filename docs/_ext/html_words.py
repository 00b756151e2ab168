"""Words in HTML that code made: tables, figures, sphinx-gallery's thumbnails.

Sphinx takes raw HTML as it is, and code runs once for all languages. Here the texts
between its tags, and the labels in them, are messages like any other; numbers in them
are fields, ``{0}`` and so on. A thumbnail says what its page says, and a figure that
moves, or a graph, has sentences of its own: see figure_words.py.
"""

import re
from functools import cache
from html import escape, unescape

import catalogs
from docutils import nodes
from figure_words import FIGURE, Speaker
from sphinx.transforms import SphinxTransform
from translated import need

# The letters in a drawing stay: it is as the code drew it.
PIECE = re.compile(r"(<(script|style|text|math|code|pre)\b.*?</\2>|<[^>]*>)", re.DOTALL)
NAMED = re.compile(
    r'(?<=\s)((?:title|aria-label|placeholder|data-kind|alt)=")([^"]+)(?=")'
)
NUMBER = re.compile(r"(?<![\w.])[−-]?\d+(?:,\d{3})*(?:\.\d+)*(?:e-?\d+)?")
FIELD = re.compile(r"\{(\d+)\}")
THUMBNAIL = re.compile(r'(tooltip=")([^"]*)(?=")|(thumbnail-title">)([^<]*)(?=<)')
MARKS = re.compile(
    r":[\w:]+:`([^`<]*?)(?:\s*<[^>]*>)?`|``(.+?)``|\*\*(.+?)\*\*|\*(.+?)\*|`([^`]+)`"
)


class Translate(SphinxTransform):
    """Note the messages in a page's raw HTML, and put their translations there."""

    default_priority = 16

    def apply(self):  # noqa: D102
        for raw in list(self.document.findall(nodes.raw)):
            inline = isinstance(raw.parent, nodes.TextElement)
            if raw.get("format") == "html" and not inline:
                html = self.translated(raw, raw.astext())
                raw.children = [nodes.Text(html)]
                raw.rawsource = html

    def translated(self, raw, html):
        """The HTML with its words in the page's language."""
        language, page = self.config.language, self.env.docname
        translate = catalogs.translator(language)

        def say(words):
            """The translation of some words, without regard to their numbers."""
            words = " ".join(unescape(words).split())
            numbers = NUMBER.findall(words)
            count = iter(range(len(numbers)))
            message = NUMBER.sub(lambda _: f"{{{next(count)}}}", words)
            if not catalogs.has_words(message):
                return words
            need(self.env, page, raw, message)
            return FIELD.sub(lambda m: numbers[int(m[1])], translate(message))

        def shown(found):
            start, words = (part for part in found.groups() if part is not None)
            known = plain_messages(language)
            if unescape(words) not in known:
                need(self.env, page, raw, unescape(words))
            return start + escape(known.get(unescape(words), words))

        if FIGURE.search(html):
            if language == catalogs.SOURCE:
                return html
            return Speaker(translate, lambda w: need(self.env, page, raw, w)).figure(
                html
            )
        if THUMBNAIL.search(html):
            return html if language == catalogs.SOURCE else THUMBNAIL.sub(shown, html)
        parts = PIECE.split(html)
        del parts[2::3]  # the names of tags
        for k, part in enumerate(parts):
            if k % 2:
                parts[k] = NAMED.sub(lambda m: m[1] + escape(say(m[2])), part)
            elif part.strip():
                before = part[: len(part) - len(part.lstrip())]
                after = part[len(part.rstrip()) :]
                parts[k] = before + escape(say(part), quote=False) + after
        return html if language == catalogs.SOURCE else "".join(parts)


@cache
def plain_messages(language):
    """All messages with their translations, both without markup."""
    known = catalogs.messages(language)
    return {plain(message): plain(words) for message, words in known.items()}


def plain(message):
    return MARKS.sub(lambda m: next(filter(None, m.groups()), ""), message)


def setup(app):
    app.add_transform(Translate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
