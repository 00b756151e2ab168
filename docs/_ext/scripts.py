"""Scripts without their comments and their indentation, which no reader needs."""

from pathlib import Path

from finished import when_finished
from rjsmin import jsmin


def shorten(app):
    for file in Path(app.outdir).glob("_static/**/*.js"):
        script = file.read_text(encoding="utf-8")
        file.write_text(jsmin(script), encoding="utf-8")


def setup(app):
    when_finished(app, shorten, priority=600)  # before styles looks for names in them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
