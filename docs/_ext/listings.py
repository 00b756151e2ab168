"""What machines read first: sitemap.xml, robots.txt and llms.txt.

A sitemap needs full addresses, so without the site's there is none.
"""

import re
from html import escape
from pathlib import Path

from card import first_words
from catalogs import SOURCE, translator
from catalogs import mark as _
from finished import when_finished
from languages import NAMES, folder

HEAD = _(
    "Autograd you can see: executable tutorials on automatic differentiation in "
    "PyTorch, and the small library that computes and draws everything on them."
)


def write(app):
    config, out = app.config, Path(app.outdir)
    _ = translator(config.language)
    pages = sorted(app.env.found_docs - {"404"}, key=in_reading_order(app.env))
    lines = [f"# seegrad\n\n> {_(HEAD)}\n\n"]
    for page in pages:
        address = config.html_baseurl + app.builder.get_target_uri(page)
        lines.append(f"- [{title(app, page)}]({address}): {sentence(app, page)}\n")
    (out / "llms.txt").write_text("".join(lines), encoding="utf-8")
    if config.language == SOURCE:
        places = [app.builder.get_target_uri(page) for page in pages]
        tell_robots(out, config.site_address, places)


def tell_robots(out, site, places):
    """Write the sitemap, of all languages, and where it is."""
    robots = "User-agent: *\nAllow: /\n"
    if site:
        robots += f"Sitemap: {site}/sitemap.xml\n"
        urls = [f"{site}/{folder(code)}{p}" for code in NAMES for p in places]
        lines = "".join(f"  <url><loc>{escape(url)}</loc></url>\n" for url in urls)
        (out / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{lines}</urlset>\n",
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
    return re.split(r"(?<=[.!?:])\s|(?<=[。？！])", words, maxsplit=1)[0]


def setup(app):
    when_finished(app, write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
