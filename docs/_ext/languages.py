"""From each page to the same page in the other language: by a link, without a script.

Readers find it in the header, and search engines in the page's head, where the site's
address is known. The English site is at the address's root, the Japanese one in ``ja``.
"""

from pathlib import Path

from catalogs import SOURCE, translator
from finished import when_finished

TRANSLATIONS = "translations.js"
NAMES = {"en": "English", "ja": "日本語"}


def folder(language):
    """The folder of a language's pages, from the site's root."""
    return "" if language == SOURCE else f"{language}/"


def tell(app, pagename, templatename, context, doctree):
    """Give a page's template the page's place in each language."""
    config, page = app.config, app.builder.get_target_uri(pagename)
    up = "../" * pagename.count("/")
    root = up if config.language == SOURCE else f"{up}../"
    if pagename == "404":  # it is met at any depth
        root = config.notfound_urls_prefix.removesuffix(folder(config.language))
    context["languages"] = [
        (code, name, f"{root}{folder(code)}{page}", code == config.language)
        for code, name in NAMES.items()
    ]
    scripts = context["script_files"]  # the theme adds to this very list later
    scripts[:] = [s for s in scripts if TRANSLATIONS not in str(s.filename)]
    if config.site_address and doctree:
        links = [
            f'<link rel="alternate" hreflang="{code}" '
            f'href="{config.site_address}/{folder(code)}{page}" />'
            for code in NAMES
        ]
        context["metatags"] += "\n" + "\n".join(links)


def leave_out(app):
    """Leave out Sphinx's words for its own search, which the site goes without."""
    if app.config.language != SOURCE:
        Path(app.outdir, "_static", TRANSLATIONS).unlink()


def configure(app, config):
    """Say the little that the settings say to a reader."""
    _ = translator(config.language)
    if config.language != SOURCE:  # myst-nb has them in English only
        config.nb_code_prompt_show = _("Show the code")
        config.nb_code_prompt_hide = _("Hide the code")
    config.notfound_context = {**config.notfound_context, "title": _("Page not found")}
    options = config.html_theme_options
    logo = {**options["logo"], "alt_text": _("seegrad home")}
    asking = {"search_bar_text": _("Search the docs ...")}
    config.html_theme_options = {**options, **asking, "logo": logo}


def setup(app):
    app.connect("config-inited", configure)
    when_finished(app, leave_out)
    app.connect("html-page-context", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
