"""Run pages again when what they run has changed.

sphinx-gallery and myst-nb remember a page by its own text alone, so a change in the
library, in a helper or in torch would leave old results on it. This keeps a digest of
all that next to the build and forgets the remembered runs when it differs.
"""

import hashlib
import sys
from importlib.metadata import distributions
from pathlib import Path

from jupyter_cache import get_cache

DOCS = Path(__file__).parents[1]
RECORD = DOCS / "_build" / "digest.txt"


def digest():
    """A name for the present state of everything that pages depend on unseen."""
    sources = [DOCS.parent / "src", DOCS / "_ext", DOCS / "_ipython"]
    files = [p for folder in sources for p in folder.rglob("*") if p.is_file()]
    kept = [p for p in files if "__pycache__" not in p.parts]
    state = hashlib.sha256(sys.version.encode())
    for path in sorted([*kept, *DOCS.glob("*.py")]):
        state.update(path.read_bytes())
    for library in sorted(f"{d.name} {d.version}" for d in distributions()):
        state.update(library.encode())
    return state.hexdigest()[:16]


def forget(app, config):
    app.seegrad_digest = now = digest()
    app.seegrad_is_new = not RECORD.exists() or RECORD.read_text() != now
    config.nb_execution_cache_path = str(DOCS / "_build" / "executed" / now)
    get_cache(config.nb_execution_cache_path).db  # noqa: B018, two readers would collide
    if app.seegrad_is_new:
        for remembered in (DOCS / "gallery").rglob("*.md5"):
            remembered.unlink()


def outdate(app, env, added, changed, removed):
    return env.found_docs if app.seegrad_is_new else []


def remember(app, exception):
    """Only a build that went through has run everything again."""
    if exception is None:
        RECORD.write_text(app.seegrad_digest)


def setup(app):
    app.connect("config-inited", forget, priority=1)
    app.connect("env-get-outdated", outdate)
    app.connect("build-finished", remember, priority=900)  # after the gallery's verdict
    return {"parallel_read_safe": True, "parallel_write_safe": True}
