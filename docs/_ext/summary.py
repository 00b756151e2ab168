"""What a build says at its end: how many pages and runs, and which runs were slowest.

The time of a page is that of its last run, whether in this build or an earlier one.
"""

import json
from pathlib import Path

SLOWEST = 5


def runs(app):
    """How long each script and each chapter ran, in seconds."""
    costs = Path(app.srcdir, "gallery").rglob("*.cost.json")
    scripts = {path.name.partition(".")[0]: read(path) for path in costs}
    chapters = {
        page: found["exec_data"]["runtime"]
        for page, found in getattr(app.env, "nb_metadata", {}).items()
        if "exec_data" in found
    }
    return scripts, chapters


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))["time"]


def summarise(app, exception):
    """Say it in the place of Sphinx's last words, which name a staging folder."""
    scripts, chapters = runs(app)
    pages = len(list(Path(app.outdir).rglob("*.html")))
    lines = [f"{pages} pages, {len(scripts)} scripts, {len(chapters)} run chapters."]
    times = {**scripts, **chapters}
    for page in sorted(times, key=times.get, reverse=True)[:SLOWEST]:
        lines.append(f"{times[page]:7.1f} s  {page}")
    app.builder.epilog = "\n".join(lines)


def setup(app):
    app.connect("build-finished", summarise)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
