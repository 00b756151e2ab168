"""A script's or a notebook's prose in another language; its code stays as it is.

A page is translated by messages: paragraphs of a script's comments, or of a chapter.
Here the same messages are put in their place in the source itself. All that is no prose
is copied, byte by byte, so that code can't change and no translation is written twice.
"""

import ast
import re
import unicodedata
from functools import cache

from catalogs import has_words
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin

WORDS = re.compile(r'^(# sphinx_gallery_(?:alt|caption) = )"(.+)"$')
RULE = re.compile(r"([=~-])\1*$")
BREAK = re.compile(r"(\n(?:[ \t]*\n)+|^\n|\n$)")
WIDTH = 88
# What stays on one line: markup, letters in a row, and one mark of any other kind.
TOKEN = re.compile(
    r"\*\*.+?\*\*|``.+?``|:\w+:`.+?`|`.+?`__|[!-~′-ⁿ₀-ₜ]+|\s+|.", re.DOTALL
)
NO_START = "、。，．・：；？！々ー）」』】)]},.:;?!ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
NO_END = "（「『【([{"


def script(text, say, width=WIDTH):
    """A script with its prose as ``say`` has each paragraph."""
    lines = text.split("\n")
    head = ast.parse(text).body[0]  # every script begins with its docstring
    first, last = head.lineno - 1, head.end_lineno
    title = "\n".join(lines[first:last]).removeprefix('"""').removesuffix('"""')
    done = [*lines[:first], f'"""{paragraphs(title, say, width)}"""']
    in_prose = False
    block = []
    for line in [*lines[last:], None]:
        if in_prose and line is not None and line.startswith("#"):
            block.append(line[2:])
            continue
        if block:
            words = paragraphs("\n".join(block), say, width and width - 2)
            done += [f"# {part}".rstrip() for part in words.split("\n")]
            block = []
        if line is None:
            break
        in_prose = line.startswith("# %%")
        found = WORDS.match(line)
        done.append(f'{found[1]}"{say(found[2])}"' if found else line)
    return "\n".join(done)


def paragraphs(text, say, width):
    """Paragraphs and titles in reST; directives stay as they are."""
    parts = BREAK.split(text)
    parts[::2] = (paragraph(part, say, width) for part in parts[::2])
    return "".join(parts)


def paragraph(text, say, width):
    if not text.strip() or text[0].isspace() or text.startswith(".. "):
        return text
    lines = text.split("\n")
    if len(lines) == 2 and RULE.match(lines[1]):
        words = said(lines[0], say)
        return f"{words}\n{lines[1][0] * columns(words)}"
    words = said(" ".join(lines), say)
    return filled(words, width) if width else words


def said(message, say):
    return say(message) if has_words(message) else message


def columns(text):
    """How wide a text is where each Japanese character is as wide as two letters."""
    return sum(1 + (unicodedata.east_asian_width(c) in "FW") for c in text)


def filled(text, width):
    """Lines of at most so many columns, broken where Japanese may be broken."""
    lines, line = [], ""
    for part in TOKEN.findall(text):
        tight = part[0] in NO_START or (line and line[-1] in NO_END)
        if columns(line + part) > width and not tight and not part.isspace():
            lines.append(line.rstrip())
            line = ""
        line += part if line or not part.isspace() else ""
    return "\n".join([*lines, line.rstrip()])


def markdown(text, say):
    """Markdown with its prose as ``say`` has each paragraph, cell, item or title."""
    lines = text.split("\n")
    for token in reversed(parser().parse(text)):
        if token.type != "inline":
            continue
        message = " ".join(token.content.split("\n")).strip()
        if not has_words(message):
            continue
        first, last = token.map[0], max(token.map[1], token.map[0] + 1)
        block = "\n".join(lines[first:last])
        pattern = r"\n[ \t>]*".join(map(re.escape, token.content.split("\n")))
        *_, place = re.finditer(pattern, block)
        words = block[: place.start()] + say(message) + block[place.end() :]
        lines[first:last] = words.split("\n")
    return "\n".join(lines)


@cache
def parser():
    parser = MarkdownIt().enable("table").use(deflist_plugin).use(dollarmath_plugin)
    return parser.use(myst_block_plugin)  # which knows places of links
