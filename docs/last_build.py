"""TensorFlow's answers in the last full build, for machines it has no wheel for.

``python docs/last_build.py`` runs atlas.py's cases and those cells of the chapters
that are TensorFlow's, and writes last_build.json. A test compares that file with a new
run. Only a build outside Linux, without TensorFlow, reads it, and its pages say so.
"""

import contextlib
import importlib.util
import io
import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parent
FILE = DOCS / "last_build.json"
OURS = "tags: [tensorflow]"
CELL = re.compile(
    r"^```\{code-cell\} python\n(?:---\n(.*?)---\n)?(.*?)^```$", re.M | re.S
)


def tensorflow_is_here():
    """Whether TensorFlow is installed; on Linux it must be."""
    here = importlib.util.find_spec("tensorflow") is not None
    if sys.platform == "linux" and not here:
        raise ModuleNotFoundError(
            "On Linux the pages run TensorFlow, and it isn't installed: "
            'python -m pip install -c constraints.txt -e ".[docs]".'
        )
    return here


def read():
    return json.loads(FILE.read_text(encoding="utf-8"))


def read_atlas():
    """TensorFlow's version and its answers, as atlas.ask_tensorflow returns them."""
    import atlas

    stored = read()
    return stored["tensorflow"], [stored["atlas"][case.name] for case in atlas.CASES]


def run():
    """Everything that the file holds, newly run."""
    import atlas

    version, answers = atlas.ask_tensorflow()
    names = [case.name for case in atlas.CASES]
    pages = [p for p in sorted(DOCS.glob("*.md")) if OURS in p.read_text("utf-8")]
    return {
        "tensorflow": version,
        "atlas": dict(zip(names, answers, strict=True)),
        "cells": {page.stem: printed(page) for page in pages},
    }


def printed(page):
    """What each of the page's cells for TensorFlow prints."""
    namespace, texts = {}, []
    for options, code in CELL.findall(page.read_text("utf-8")):
        written = io.StringIO()
        with contextlib.redirect_stdout(written):
            exec(code, namespace)
        if OURS in options:
            texts.append(written.getvalue())
    return texts


if __name__ == "__main__":
    stored = json.dumps(run(), indent=1, ensure_ascii=False)
    FILE.write_text(stored + "\n", encoding="utf-8")
