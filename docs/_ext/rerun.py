"""Run pages again when what they run has changed.

sphinx-gallery and myst-nb remember a page by its own text alone, so a change in the
library, in a helper or in torch would leave old results on it. This keeps a digest of
all that next to the build and forgets the remembered runs when it differs.
"""

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

DOCS = Path(__file__).parents[1]
LIBRARIES = ("torch", "numpy", "matplotlib", "sphinx-gallery", "myst-nb", "seegrad")


def digest():
    """A name for the present state of everything that pages depend on unseen."""
    sources = [DOCS.parent / "src", DOCS / "_ext", DOCS / "_ipython"]
    files = [p for folder in sources for p in folder.rglob("*") if p.is_file()]
    kept = [p for p in files if "__pycache__" not in p.parts]
    state = hashlib.sha256(sys.version.encode())
    for path in sorted([*kept, DOCS / "conf.py"]):
        state.update(path.read_bytes())
    for library in LIBRARIES:
        state.update(f"{library} {version(library)}".encode())
    return state.hexdigest()[:16]


def forget(app, config):
    now, record = digest(), DOCS / "_build" / "digest.txt"
    app.seegrad_is_new = not record.exists() or record.read_text() != now
    config.nb_execution_cache_path = str(DOCS / "_build" / "executed" / now)
    if app.seegrad_is_new:
        for remembered in (DOCS / "gallery").rglob("*.md5"):
            remembered.unlink()
        record.parent.mkdir(exist_ok=True)
        record.write_text(now)


def outdate(app, env, added, changed, removed):
    return env.found_docs if app.seegrad_is_new else []


def setup(app):
    app.connect("config-inited", forget, priority=1)
    app.connect("env-get-outdated", outdate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
