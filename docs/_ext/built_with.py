"""What a page was built with: the versions that its numbers come from, and its date.

The date is the source's, not the build's, so that the same source gives the same page.
"""

import platform
from importlib.metadata import version

from catalogs import mark as _
from catalogs import translator
from history import source_date

import seegrad


def tell(app, config):
    torch = version("torch").partition("+")[0]  # without the kind of build
    parts = [
        f"seegrad {seegrad.__version__}",
        f"torch {torch}",
        f"Python {platform.python_version()}",
    ]
    date, source = source_date(), translator(config.language)(_("source of {date}"))
    words = " · ".join([*parts, *([source.format(date=date)] if date else [])])
    config.html_context["built_with"] = words


def setup(app):
    app.connect("config-inited", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
