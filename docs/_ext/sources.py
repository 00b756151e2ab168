"""From a page to its source: when it changed, where to edit it, whom to tell of faults.

The theme's own link to edit a page takes every page for a file in docs. A tutorial's is
made from a script, and an API page from the library. Links to the repository are there
only where its address is configured; the date, where git has it.
"""

import inspect
from operator import attrgetter
from pathlib import Path
from urllib.parse import quote, urlencode

from catalogs import mark as _
from catalogs import translator
from history import last_changes

import seegrad

ROOT = Path(__file__).parents[2]
ICON = {"icon": "fa-solid fa-code-branch", "type": "fontawesome"}


def source(pagename):
    """The file that somebody wrote for a page, or nothing, as for the index."""
    folder, _, name = pagename.rpartition("/")
    tutorials = ROOT / "tutorials" / folder.removeprefix("gallery").strip("/")
    file = ROOT / "docs" / f"{pagename}.md"
    if not file.exists():
        file = file.with_suffix(".rst")
    if folder == "api/generated":
        named = attrgetter(name.partition(".")[2])(seegrad)
        file = Path(inspect.getsourcefile(inspect.unwrap(named)))
    elif folder.startswith("gallery"):
        file = tutorials / ("GALLERY_HEADER.rst" if name == "index" else f"{name}.py")
    return file.resolve().relative_to(ROOT).as_posix() if file.exists() else None


def edit(repository, file):
    return f"{repository}/edit/main/{quote(file)}"


def report(repository, title, page, language):
    """An issue that begins with the page that it is about."""
    body = translator(language)(_("On the page {page}:")).format(page=page)
    words = {"title": f"{title}: ", "body": f"{body}\n\n"}
    return f"{repository}/issues/new?{urlencode(words)}"


def tell(app, pagename, templatename, context, doctree):
    file, repository = source(pagename), app.config.repository_address
    context["changed"] = last_changes().get(file)
    if file and repository:
        page = context.get("pageurl") or pagename
        title = app.env.titles[pagename].astext()
        context["edit"] = edit(repository, file)
        context["report"] = report(repository, title, page, app.config.language)


def show(app, config):
    """Add the repository's icon to the bar, where there is a repository."""
    if config.repository_address:
        name = translator(config.language)(_("Source"))
        links = [{**ICON, "name": name, "url": config.repository_address}]
        config.html_theme_options = {**config.html_theme_options, "icon_links": links}


def setup(app):
    app.connect("config-inited", show)
    app.connect("html-page-context", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
