"""Names in code lead to what they name, and show its signature.

sphinx-gallery links the names in its scripts. This does the same for full names in all
other code, in chapters and in docstrings, by the same two sources: our own API pages,
and the inventories kept in docs/_inventories, so that no build asks another host. They
leave out torch.Tensor itself, or each variable would be a link.
"""

import inspect
import re
from functools import cache
from html import escape
from operator import attrgetter

import torch
from finished import when_finished
from sphinx.errors import ExtensionError
from sphinx.ext.intersphinx import InventoryAdapter

import seegrad

ROOTS = {"seegrad": seegrad, "torch": torch}
ROOT = r'<span class="n[a-z]?">(?:seegrad|torch)</span>'
PART = r'<span class="o">\.</span><span class="n[a-z]?">\w+</span>'
DOTTED = re.compile(rf'(?<!">){ROOT}(?:{PART})+')  # and not a link already
LINK = re.compile(r'(<a class="sphx-glr-backref-module[^>]*? title=")([\w.]+)"')
TAG = re.compile(r"<[^>]+>")


def link(app, pagename, templatename, context, doctree):
    """Link the names in a page's code, and tell their signatures."""
    if doctree is None or "body" not in context:
        return

    def linked(found):
        spans = found[0].split('<span class="o">.</span>')
        for length in range(len(spans), 1, -1):
            name = ".".join(TAG.sub("", span) for span in spans[:length])
            if (address := where(app, pagename, name)) is not None:
                title = escape(signature(name))
                start = f'<a class="seegrad-name" href="{address}" title="{title}">'
                parts = [f"{start}{joined(spans[:length])}</a>", *spans[length:]]
                return joined(parts)
        return found[0]

    def joined(spans):
        return '<span class="o">.</span>'.join(spans)

    def titled(found):
        return f'{found[1]}{escape(signature(found[2]))}"'

    body, theirs = LINK.subn(titled, context["body"])
    context["body"], ours = DOTTED.subn(linked, body)
    app.seegrad_named.update({LINK} if theirs else (), {DOTTED} if ours else ())


def where(app, pagename, name):
    """The address of what a full name names, from this page."""
    own = app.env.domains["py"].objects.get(name)
    if own is not None:
        page = app.builder.get_relative_uri(pagename, own.docname)
        return f"{page}#{own.node_id}"
    for kind, items in InventoryAdapter(app.env).main_inventory.items():
        if kind.startswith("py:") and name in items:
            return items[name].uri
    return None


@cache
def signature(name):
    """How to call it, without types; its name where that cannot be told."""
    root, _, path = name.partition(".")
    try:
        named = attrgetter(path)(ROOTS[root])
    except (AttributeError, KeyError):
        return name
    try:
        parameters = inspect.signature(named).parameters.values()
    except (TypeError, ValueError):
        # PyTorch's own functions in C++ tell it in the first line of their docstrings.
        first = (inspect.getdoc(named) or "").lstrip().partition("\n")[0]
        called = re.match(r"[\w.]+(\(.*?\))(?: ->|$)", first)
        return name + bare(called[1]) if called else name
    untyped = [p.replace(annotation=p.empty) for p in parameters if p.name != "self"]
    return f"{name}{inspect.Signature(untyped)}"


def bare(called):
    """A docstring's signature without types and escapes."""
    untyped = re.sub(r": [\w.]+(\[[^]]*\])?", "", called)
    return untyped.replace(" = ", "=").replace("\\*", "*")


def check(app):
    """Both patterns hang on the markup of others: sphinx-gallery's and Pygments'."""
    for pattern in {LINK, DOTTED} - app.seegrad_named:
        raise ExtensionError(
            f"No page has a name like this any more: {pattern.pattern}"
        )


def setup(app):
    app.seegrad_named = set()
    app.connect("html-page-context", link)
    when_finished(app, check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
