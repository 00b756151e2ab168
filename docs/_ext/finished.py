"""Where extensions meet the finished site: only if it is HTML, and the build went well.

Some of what the parts we build on write can't be had otherwise before it is written. A
pattern that none of their pages has any more is out of date, and fails the build.
"""

from pathlib import Path

from sphinx.errors import ExtensionError


def when_finished(app, work, priority=500):
    """Call work(app) at the end of a good build."""

    def finished(app, exception):
        if exception is None and app.builder.format == "html":
            work(app)

    app.connect("build-finished", finished, priority=priority)


def rewrite_pages(app, change):
    """Let change(html) replace the text of every page."""
    for page in sorted(Path(app.outdir).rglob("*.html")):
        html = page.read_text(encoding="utf-8")
        changed = change(html)
        if changed != html:
            page.write_text(changed, encoding="utf-8")


def mend_pages(app, mends):
    """Put something else in the place of each pattern; each must be on some page."""
    idle = dict(mends)

    def mended(html):
        for pattern, replacement in mends:
            html, count = pattern.subn(replacement, html)
            if count:
                idle.pop(pattern, None)
        return html

    rewrite_pages(app, mended)
    for pattern in idle:
        raise ExtensionError(f"No page has what is to be mended: {pattern.pattern}")
