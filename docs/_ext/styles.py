"""Leave out of the style sheets what no page can use.

The theme brings all of Bootstrap, and a page waits for it before it shows; this site
uses a quarter. A rule stays where each tag, class, id and attribute that it asks for is
on some page, or is a word of some script or begins with one that ends in a hyphen, for
a script may put it there. Keyframes and custom properties stay where something names
them.
"""

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import tinycss2
from finished import rewrite_pages, when_finished
from recall import recalled

BARE = {"skip_comments": True, "skip_whitespace": True}
GROUPS = {"container", "layer", "media", "supports"}  # rules that hold rules
CHOICES = {"has", "is", "where"}  # pseudo-classes that take any of some selectors
WORD = re.compile(r"-{0,2}[A-Za-z_][\w-]*")
DECLARED = re.compile(r"(?<=[{;])--[\w-]+(?=:)|(?<=@keyframes )[\w-]+")
USE = re.compile(r"var\(\s*--[\w-]+|animation(?:-name)?:[^;}]*")
LINK = re.compile(r'(href="[^":?]*?(_static/[^":?]+\.css))(?:\?[^"]*)?"')


class Page(HTMLParser):
    """What is on a page, as selectors name it, and the words of its scripts."""

    def __init__(self, html):
        super().__init__()
        self.selectors = set()
        self.words = set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Note an element's names."""
        self.selectors.add(tag)
        for name, value in attributes:
            self.selectors.add(f"[{name}")
            if name == "class":
                self.selectors.update(f".{part}" for part in (value or "").split())
            elif name == "id":
                self.selectors.add(f"#{value}")
            elif name == "style" or "var(" in (value or ""):  # as in fill="var(--…)"
                self.words |= words_of(value)

    def handle_data(self, data):
        """Note the words of an inline script or style."""
        if self.cdata_elem:
            self.words |= words_of(data)


def words_of(script):
    """A script's words, and what it makes of them: aria-sort of ariaSort, data-mode."""
    words = set(WORD.findall(script))
    dashed = {re.sub("([A-Z])", r"-\1", word).lower() for word in words}
    return words | dashed | {f"data-{word}" for word in dashed}


def names_in(suffix, text):
    """The selectors and the words of a page or a script, in order."""
    if suffix == ".js":
        return [], sorted(words_of(text))
    page = Page(text)
    return sorted(page.selectors), sorted(page.words)


class Names:
    """All that something is or can be called."""

    def __init__(self, selectors, words):
        self.selectors = set(selectors)
        self.words = set(words)
        self.beginnings = tuple(word for word in words if re.search("[^-]-$", word))

    def __contains__(self, name):
        word = name.lstrip(".#[")
        known = name in self.selectors or word in self.words
        return known or word.startswith(self.beginnings)


def shorten(app):
    out, selectors, words = Path(app.outdir), set(), set()
    with recalled(app, names_in) as ask:
        for file in [*out.rglob("*.html"), *out.glob("_static/**/*.js")]:
            found = ask(file.suffix, file.read_text(encoding="utf-8"))
            selectors.update(found[0])
            words.update(found[1])
    files = {p.relative_to(out).as_posix(): p for p in out.glob("_static/**/*.css")}
    sheets = {name: files[name].read_text(encoding="utf-8") for name in sorted(files)}
    with recalled(app, without_unused) as ask:
        sheets = ask(sheets, sorted(selectors), sorted(words))
    versions = {}
    for name, css in sheets.items():
        files[name].write_text(css, encoding="utf-8")
        versions[name] = hashlib.sha256(css.encode()).hexdigest()[:8]
    rewrite_pages(
        app, lambda html: LINK.sub(lambda m: f'{m[1]}?v={versions[m[2]]}"', html)
    )


def without_unused(sheets, selectors, words):
    """The style sheets with only what can be used, of each other or on pages."""
    names, unused = Names(selectors, words), set()
    while True:
        short = {path: shortened(css, names, unused) for path, css in sheets.items()}
        everything = "".join(short.values())
        found = set(DECLARED.findall(everything)) - names.words
        found -= {word for use in USE.findall(everything) for word in WORD.findall(use)}
        if not found:
            return short
        unused |= found  # and, next, what only these named


def shortened(css, names, unused):
    """The rules of a style sheet, or of a group, that can be used."""
    parts = []
    for rule in tinycss2.parse_rule_list(css, **BARE):
        if rule.type == "qualified-rule":
            selectors = [one for one in split(rule.prelude) if may_match(one, names)]
            head = ",".join(map(text, selectors))
            body = ";".join(declarations(rule.content, unused)) if head else ""
        elif rule.type == "at-rule" and rule.content is None:
            parts.append(rule.serialize())
            continue
        elif rule.type == "at-rule":
            name, body = text(rule.prelude), text(rule.content)
            head = f"@{rule.at_keyword} {name}".strip()
            if rule.lower_at_keyword in GROUPS:
                body = shortened(rule.content, names, unused)
            elif name in unused:
                body = ""
        parts += [f"{head}{{{body}}}"] if body else []
    return "".join(parts)


def declarations(content, unused):
    """What stands between a rule's braces, but no unused custom properties."""
    for part in tinycss2.parse_blocks_contents(content, **BARE):
        if part.type != "declaration":
            yield part.serialize()
        elif part.name not in unused:
            end = "!important" if part.important else ""
            yield f"{part.name}:{text(part.value)}{end}"


def split(selectors):
    """Each selector of a list."""
    parts = [[]]
    for token in selectors:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def may_match(selector, names):
    """Whether something can have all the names that a selector asks for."""
    before = None
    for token in selector:
        name = None
        if token.type == "ident" and before != ":":
            name = f".{token.value}" if before == "." else token.lower_value
        elif token.type == "hash":
            name = f"#{token.value}"
        elif token.type == "[] block":
            name = "[" + next(part.value for part in token.content if part != " ")
        elif token.type == "function" and not may_choose(token, names):
            return False
        if name and name not in names:
            return False
        before = token.value if token.type == "literal" else None
    return True


def may_choose(function, names):
    """Whether one of the selectors in :is() or its like may match; true of others."""
    choices = split(function.arguments) if function.lower_name in CHOICES else [[]]
    return any(may_match(choice, names) for choice in choices)


def text(tokens):
    """Tokens as CSS, each space between them as short as can be."""
    for token in tokens:
        if token.type == "whitespace":
            token.value = " "
    return tinycss2.serialize(tokens).strip()


def setup(app):
    when_finished(app, shorten, priority=700)  # after what changes names, before seal
    return {"parallel_read_safe": True, "parallel_write_safe": True}
