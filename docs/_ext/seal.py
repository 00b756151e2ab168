"""Seal the pages: each runs its own scripts and loads from its own site, nothing else.

Every page says so itself, in a Content-Security-Policy that holds wherever it is
served. What a page carries inline, scripts, styles and style attributes, is allowed by
its hash, so nothing that slips into a page can run.
"""

import base64
import hashlib
import re
from html import unescape

from finished import rewrite_pages, when_finished
from sphinx.errors import ExtensionError

SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
ATTRIBUTE = re.compile(r'<[^>]*\sstyle="([^"]*)"')
CHARSET = '<meta charset="utf-8" />'


def policy(html):
    """The strictest policy under which the page still works."""
    scripts = hashes(SCRIPT.findall(html))
    styles = hashes([*STYLE.findall(html), *map(unescape, ATTRIBUTE.findall(html))])
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *scripts]),
            " ".join(["style-src 'self' 'unsafe-hashes'", *styles]),
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def hashes(texts):
    """Each text's hash, as a policy names it."""
    digests = {hashlib.sha256(text.encode()).digest() for text in texts}
    return sorted(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)


def sealed(html):
    """The page with its policy, right after what says how to read it."""
    if CHARSET not in html:
        raise ExtensionError(f"A page has no place for its policy: {html[:200]}")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(html)}" />'
    return html.replace(CHARSET, f"{CHARSET}\n    {meta}", 1)


def seal(app):
    rewrite_pages(app, sealed)


def setup(app):
    when_finished(app, seal, priority=800)  # after whatever writes HTML
    return {"parallel_read_safe": True, "parallel_write_safe": True}
