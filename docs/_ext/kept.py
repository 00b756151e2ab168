"""Run everything again, unless all that pages are made of is as it was.

sphinx-gallery and jupyter-cache keep what a script or a chapter gave for as long as its
own code is the same. They don't see that the library, a helper or a package changed
(sphinx-gallery's md5 is of the script alone, see its pull request 759), nor that a kept
file is damaged. So every build notes what it was made of and what it left behind, and
the next one clears all of it where a byte differs. A stale page is worse than a minute.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from sphinx.util import logging

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
GALLERY = DOCS / "gallery"
EXECUTED = DOCS / "_build" / "executed"
NOTE = DOCS / "_build" / "kept.json"
# No page's code reads these, or they are made by the build.
OTHER = {"__pycache__", "_build", "_inventories", "_static", "_templates"}
OTHER |= {"gallery", "generated", "locales"}

logger = logging.getLogger(__name__)


def sources():
    """A digest of all that pages run with, beside their own code."""
    folders = (ROOT / "src", ROOT / "tutorials", DOCS)
    files = {file.relative_to(ROOT) for place in folders for file in place.rglob("*")}
    files = {file for file in files if OTHER.isdisjoint(file.parts)}
    # A page's own code is for others to watch, but that it is there is not.
    pages = {f for f in files if f.suffix == ".md" or f.match("tutorials/*/plot_*.py")}
    packages = {p.name for place in sys.path for p in Path(place).glob("*.dist-info")}
    return digest(files - pages, sys.version, sorted(packages), sorted(map(str, pages)))


def left_behind():
    """A digest of what scripts and chapters gave."""
    files = [file for place in (GALLERY, EXECUTED) for file in place.rglob("*")]
    return digest(file.relative_to(ROOT) for file in files)


def digest(files, *more):
    state = hashlib.sha256(repr(more).encode())
    for file in sorted(files):
        if (ROOT / file).is_file():
            content = hashlib.sha256((ROOT / file).read_bytes()).hexdigest()
            state.update(f"{file.as_posix()} {content}\n".encode())
    return state.hexdigest()


def begin(app, config):
    """Keep what the last build left behind, or none of it."""
    app.seegrad_sources = sources()
    config.nb_execution_cache_path = str(EXECUTED)
    shutil.rmtree(DOCS / "api" / "generated", ignore_errors=True)
    if noted() == [app.seegrad_sources, left_behind()]:
        # Few scripts will run, and a worker would first import torch and more.
        config.sphinx_gallery_conf["parallel"] = False
    else:
        logger.info("Every script and every chapter runs.")
        for made in (GALLERY, EXECUTED):
            shutil.rmtree(made, ignore_errors=True)


def noted():
    try:
        return json.loads(NOTE.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or damaged like anything else
        return None


def note(app, exception):
    """Note it after a failure, too: what ran through need not run again."""
    same = sources() == app.seegrad_sources  # nobody edited while pages ran
    text = json.dumps([app.seegrad_sources, left_behind()] if same else None)
    NOTE.write_text(text, encoding="utf-8")


def setup(app):
    app.connect("config-inited", begin, priority=1)  # before others see the settings
    app.connect("build-finished", note, priority=1)  # and before a failure is raised
    return {"parallel_read_safe": True, "parallel_write_safe": True}
