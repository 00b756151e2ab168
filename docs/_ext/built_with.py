"""What a page was built with: the versions that its numbers come from, and its date.

The date is the source's, not the build's, so that the same source gives the same page:
that of SOURCE_DATE_EPOCH, else of the last commit.
"""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version

import seegrad


def source_date(folder):
    """The source's date, or nothing for a source without a history."""
    git = ["git", "-C", folder, "log", "-1", "--format=%ct"]
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if seconds is None:
        try:
            done = subprocess.run(git, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return None
        seconds = done.stdout.strip()
    return datetime.fromtimestamp(int(seconds), UTC).date() if seconds else None


def tell(app, config):
    """Put it into the configuration, so that a change writes every page again."""
    torch = version("torch").partition("+")[0]  # without the kind of build
    parts = [
        f"seegrad {seegrad.__version__}",
        f"torch {torch}",
        f"Python {platform.python_version()}",
    ]
    date = source_date(app.srcdir)
    words = " · ".join([*parts, *([f"source of {date}"] if date else [])])
    config.html_context["built_with"] = words


def setup(app):
    app.connect("config-inited", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
