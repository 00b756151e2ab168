"""A translation says what the original says: the same code, links, numbers and names.

``python docs/_ext/wording.py [CATALOG …]`` lists what differs, and what is written as
Japanese is not. Markup is where a translation breaks without a word: next to a letter,
Japanese too, reST takes ``**`` and backquotes for plain signs, and so does Markdown
``**`` beside a bracket. So both texts are parsed, and what comes out is compared.
"""

import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import catalogs
import figure_words
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

JAPANESE = r"[ぁ-ヿ㐀-鿿々]"
MARKED = (
    nodes.strong,
    nodes.emphasis,
    nodes.literal,
    nodes.reference,
    nodes.problematic,
)
ROLES = [
    "any",
    "attr",
    "class",
    "doc",
    "download",
    "exc",
    "func",
    "meth",
    "mod",
    "obj",
    "py:obj",
    "ref",
    "term",
]
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NUMERAL = re.compile(
    r"\b(?:an?|one|once|two|twice|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|sixteen|seventeen|twenty|thirty|forty|fifty|sixty|hundreds?|thousands?|millions?|billion|half"
    r"|halves|thirds?|quarter|first|second|fourth|fifth|tenth|\w+th|double[sd]?|triple|both|neither"
    r"|alone|single|zero|percent)\b",
    re.IGNORECASE,
)
SIGN = re.compile("[²³⁴ⁿᵏ₀₁₂₃ₖₙᵢ′∂√∞½¼π∑≠✗×±≤≥≈✓©]")
NAME = re.compile(
    r"\b(?:[A-Za-z]*[a-z][A-Z]\w*|[A-Z]{2,}\w*|NaN|nan|Colab|Python|seegrad|uv"
    r"|autograd|Jacobian(?!s))\b"
)
TRANSLATED = {"Jacobian", "FIRST", "API"}
CODE = "•"  # stands for it among words
FIELD = re.compile(r"\{\w*\}(?!`)")
FAULTS = {
    rf"{JAPANESE}[,.?!;](?:\s|$)": "ASCII punctuation after Japanese: use 、。？！",
    r'(?<!=)"(?![^<]*>)': "straight quotes: use 「」",
    r"[“”‘’]": "English quotes: use 「」",
    r"[０-９Ａ-Ｚａ-ｚ]": "full-width letters or digits",
    rf"{JAPANESE}[A-Za-z0-9]|[A-Za-z0-9]{JAPANESE}": "no space beside letters",
    r"[、。]\s*[、。]": "two marks in a row",
}


def role(name, raw, text, line, inliner, options=None, content=None):
    """Stands for every role of Sphinx: its text, and where it leads."""
    place = re.search(r"<([^>]*)>$", text)
    words = text[: place.start()].strip() if place else text
    leads = f"{name} {place[1] if place else text}"
    return [nodes.reference(raw, words, refuri=leads)], []


for name in ROLES:
    roles.register_local_role(name, role)


def is_rest(name, message):
    """Whether a catalog's message is reST; else it is Markdown."""
    if name in (catalogs.SHARED, catalogs.SITE):
        return bool(re.search(r"``|:[\w:]+:`|`__", message))
    return name.startswith(("gallery/", "api/"))


def parsed(message, rest):
    """What is marked in a message, as (kind, place), and all else as one text."""
    return parsed_rest(message) if rest else parsed_markdown(message)


@cache
def parsed_rest(message):
    quiet = {"report_level": 5, "halt_level": 5, "default_role": None}
    tree = publish_doctree(
        message, settings_overrides=quiet | {"file_insertion_enabled": False}
    )
    found, words = [], []
    for node in tree.findall():
        if isinstance(node, nodes.reference):
            found.append(("link", node.get("refuri") or node.astext()))
        elif isinstance(node, nodes.literal | nodes.title_reference):
            found.append(("code", node.astext()))
        elif isinstance(node, MARKED):
            found.append((type(node).__name__, ""))
        if isinstance(node, nodes.Text):
            words.append(CODE if is_code(node.parent) else node.astext())
    return found, " ".join(words)


def is_code(node):
    bare = isinstance(node, nodes.reference) and not re.search(r"<", node.rawsource)
    return bare or isinstance(
        node, nodes.literal | nodes.title_reference | nodes.system_message
    )


@cache
def markdown():
    return MarkdownIt().use(dollarmath_plugin).use(myst_role_plugin)


@cache
def parsed_markdown(message):
    found, words = [], []
    for block in markdown().parse(message):
        for token in block.children or ():
            if token.type == "myst_role":
                place = re.search(r"<([^>]*)>$", token.content)
                found.append(("link", place[1] if place else token.content))
                words.append(token.content[: place.start()] if place else CODE)
            elif token.type in ("code_inline", "math_inline", "html_inline"):
                found.append((token.type, token.content))
                words.append("" if token.type == "html_inline" else CODE)
            elif token.type == "link_open":
                found.append(("link", token.attrs["href"]))
            elif token.type in ("strong_open", "em_open"):
                found.append((token.type, ""))
            elif token.type in ("text", "softbreak"):
                words.append(token.content or " ")
    return found, " ".join(words)


def is_list_of_words(message):
    """Whether these are the words that a page is found by."""
    return message.count(", ") >= 2 and not re.search(
        r"[.!?:]", message.replace(".", "", 1)[-2:]
    )


def faults(name, message, translation, fuzzy=False):
    """What is wrong with a translation, in words."""
    if not translation:
        return ["not translated"]
    if fuzzy:
        return ["marked fuzzy: mend it, and take the mark away"]
    if message.startswith("\\") or "\n" in message:
        bare = [
            re.sub(r"\\text\{[^}]*\}", "", words) for words in (message, translation)
        ]
        return [] if bare[0] == bare[1] else ["the formula differs"]
    found = []
    if name == figure_words.CATALOG:  # no markup
        fields = (Counter(FIELD.findall(words)) for words in (message, translation))
        return differences("fields", *fields)
    rest = is_rest(name, message)
    (marks, said), (marks_there, said_there) = (
        parsed(w, rest) for w in (message, translation)
    )
    found += differences("markup", counted(marks), counted(marks_there))
    fields = (Counter(FIELD.findall(words)) for words in (message, translation))
    found += differences("fields", *fields)
    if re.search(r"\*\*|`|\{(?:doc|term|ref|func)\}", said_there):
        found.append("left-over markup: a space beside it may be missing")
    numbers, numbers_there = ({*NUMBER.findall(w)} for w in (said, said_there))
    if lost := numbers - numbers_there:
        found.append(f"numbers lost: {shown(lost)}")
    new = numbers_there - numbers - {"1"}
    if new and not NUMERAL.search(said):
        found.append(f"numbers added: {shown(new)}")
    signs, signs_there = ({*SIGN.findall(w)} for w in (said, said_there))
    if signs != signs_there:
        found.append(f"signs differ: {shown(signs ^ signs_there)}")
    names = {*NAME.findall(said)} - TRANSLATED
    if lost := {n for n in names if n not in translation}:
        found.append(f"names lost: {shown(lost)}")
    if is_list_of_words(message):
        return [] if translation.startswith(message) else found
    bare = re.sub(r"`+[^`]*`+", lambda m: " " * len(m[0]), said_there)
    for pattern, why in FAULTS.items():
        if hit := re.search(pattern, bare):
            found.append(f"{why}: {bare[max(0, hit.start() - 8) : hit.end() + 8]!r}")
    return found


def counted(marks):
    """Places as often as they are; code may be named again, in place of "it"."""
    codes = ("code", "code_inline", "math_inline")
    return Counter(m for m in marks if m[0] not in codes) + Counter(
        {m for m in marks if m[0] in codes}
    )


def differences(what, there, here):
    found = []
    if lost := there - here:
        found.append(f"{what} lost: {shown(lost)}")
    if new := here - there:
        found.append(f"{what} added: {shown(new)}")
    return found


def shown(items):
    return ", ".join(
        sorted(" ".join(i).strip() if isinstance(i, tuple) else i for i in items)
    )


def check(file):
    """All faults of a catalog, as (message, fault)."""
    name = file.resolve().with_suffix("").as_posix().partition("/LC_MESSAGES/")[2]
    for entry in catalogs.read(file):
        if entry.id:
            for fault in faults(name, entry.id, entry.string, entry.fuzzy):
                yield entry.id, fault


def main(files, language="ja"):
    """List all faults of catalogs, of those that are begun, and count them."""
    count = 0
    for file in map(Path, files or catalogs.files(language)):
        for message, fault in check(file):
            count += 1
            if files or fault != "not translated":
                print(f"{file}: {fault}\n    {message[:100]}")
    print(f"{count} faults")
    return bool(count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
