"""The site's address, where it is configured: in SEEGRAD_SITE, or by its host.

What leads to a page from outside needs it whole: the card of a page, the sitemap, and
the page for what is not found, which is met at any depth. Without it the site still
works wherever it is put, except that its 404 page expects to be at the root.
"""

import os
from urllib.parse import urlparse


def configure(app, config):
    found = os.environ.get("SEEGRAD_SITE") or os.environ.get(
        "READTHEDOCS_CANONICAL_URL"
    )
    if found:
        config.html_baseurl = found.rstrip("/") + "/"
        config.notfound_urls_prefix = urlparse(config.html_baseurl).path


def setup(app):
    app.connect("config-inited", configure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
