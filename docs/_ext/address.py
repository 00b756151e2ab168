"""Where the site is, and where its sources are, as far as it is configured.

Both are settings, because forks and mirrors have their own. The site's address comes
from SEEGRAD_SITE, or from Read the Docs, the repository's from SEEGRAD_REPOSITORY; else
both come from ``[project.urls]`` in pyproject.toml. What leads to a page from outside
needs the site's: the card of a page, the sitemap, what readers take home, and the page
for what is not found, which is met at any depth. Without it the site still works
wherever it is put, except that its 404 page expects to be at the root.
"""

import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from languages import folder

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
URLS = PROJECT.get("urls", {})


def address(name, *variables):
    """An address without a slash at its end, or nothing."""
    settings = [os.environ.get(variable) for variable in variables]
    found = next(filter(None, settings), URLS.get(name, ""))
    return found.rstrip("/")


def configure(app, config):
    inside = folder(config.language)
    config.html_baseurl = config.site_address and f"{config.site_address}/{inside}"
    path = urlsplit(config.html_baseurl).path
    config.notfound_urls_prefix = path or f"/{inside}"


def setup(app):
    site = address("Documentation", "SEEGRAD_SITE", "READTHEDOCS_CANONICAL_URL")
    repository = address("Repository", "SEEGRAD_REPOSITORY").removesuffix(".git")
    app.add_config_value("site_address", site, "env", str)
    app.add_config_value("repository_address", repository, "env", str)
    app.connect("config-inited", configure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
