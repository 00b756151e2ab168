"""What machines read first: sitemap.xml, robots.txt and llms.txt.

A sitemap needs full addresses, so without the site's there is none.
"""

import re
from html import escape
from pathlib import Path

from card import first_words
from finished import when_finished

HEAD = """\
# seegrad

> Autograd you can see: executable tutorials on automatic differentiation in PyTorch,
> and the small library that computes and draws everything on them.

"""


def write(app):
    pages = sorted(app.env.found_docs - {"404"}, key=in_reading_order(app.env))
    base = app.config.html_baseurl
    address = {page: base + app.builder.get_target_uri(page) for page in pages}
    out = Path(app.outdir)
    lines = [f"- [{title(app, p)}]({address[p]}): {sentence(app, p)}\n" for p in pages]
    (out / "llms.txt").write_text(HEAD + "".join(lines), encoding="utf-8")
    robots = "User-agent: *\nAllow: /\n"
    if base:
        robots += f"Sitemap: {base}sitemap.xml\n"
        urls = [f"  <url><loc>{escape(address[p])}</loc></url>\n" for p in pages]
        (out / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{''.join(urls)}</urlset>\n",
            encoding="utf-8",
        )
    (out / "robots.txt").write_text(robots, encoding="utf-8")


def in_reading_order(env):
    """A sort key: the order of the tables of contents, from the home page down."""
    order = [env.config.root_doc]
    for page in order:  # grows while it is walked
        order += [p for p in env.toctree_includes.get(page, []) if p not in order]
    places = {page: place for place, page in enumerate(order)}
    return lambda page: (places.get(page, len(order)), page)


def title(app, page):
    return app.env.titles[page].astext()


def sentence(app, page):
    """A page's first sentence."""
    words = first_words(app.env.get_doctree(page))
    return re.split(r"(?<=[.!?:])\s", words, maxsplit=1)[0]


def setup(app):
    when_finished(app, write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
