"""Read a page again exactly when it, or a file that it takes in, has changed.

Every build writes all pages, since any page may show another's title. It need not read
them all: it begins with what Sphinx read for the site that readers see. The content of
files tells what has changed, never their dates. All is read again when a page comes or
goes, when anything changes that isn't a page's own (our code, a setting, a package),
and after a build that had warnings, which would be lost.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from finished import when_finished

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
MADE = {"_build", "gallery", "generated", "__pycache__"}
SIGN = "read_with.txt"  # beside the doctrees: the digest of what they were read with


def begin(app, config):
    """Forget what the last build read, unless it would be read alike now."""
    app.seegrad_read_with = read_with()
    trees = Path(app.doctreedir)
    sign = trees / SIGN
    if sign.exists() and sign.read_text() == app.seegrad_read_with:
        sign.unlink()  # until this build is done, and done well
    else:
        shutil.rmtree(trees, ignore_errors=True)


def read_with():
    """A digest of all that pages are read with, but for what is a page's own."""
    files = [ROOT / "pyproject.toml", *(ROOT / "src").rglob("*"), *DOCS.rglob("*")]
    files = [file for file in files if file.is_file() and file.suffix != ".md"]
    names = {file.relative_to(ROOT): file for file in files}
    packages = {p.name for place in sys.path for p in Path(place).glob("*.dist-info")}
    state = hashlib.sha256(repr((sys.version, sorted(packages))).encode())
    for name in sorted(n for n in names if MADE.isdisjoint(n.parts)):
        state.update(repr((name.as_posix(), digest(names[name]))).encode())
    return state.hexdigest()


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def choose(app, env, added, changed, removed):
    """Tell Sphinx, which goes by dates, what to read."""
    app.seegrad_digests = {}
    known = getattr(env, "seegrad_pages", {})
    now = taken_in(app, env)
    outdated = {page for page in env.found_docs if known.get(page) != now[page]}
    outdated |= env.found_docs if added or removed else env.reread_always
    changed &= outdated
    return outdated - added


def note(app, docname, source):
    """Note the file that sphinx-gallery's thumbnails of a name's scripts come from."""
    if "minigallery" in source[0]:
        folder = app.config.sphinx_gallery_conf["backreferences_dir"]
        app.env.note_dependency(f"{folder}/backreferences_all.json")


def keep(app, env):
    env.seegrad_pages = taken_in(app, env)


def taken_in(app, env):
    """The digests of each page's files, as they were when first met in this build."""
    pages = {
        page: sorted({env.doc2path(page), *env.dependencies.get(page, ())})
        for page in env.found_docs
    }
    known = app.seegrad_digests
    for file in {file for files in pages.values() for file in files} - known.keys():
        known[file] = digest(file)
    return {page: [known[file] for file in files] for page, files in pages.items()}


def sign(app):
    if app._warncount == 0:
        Path(app.doctreedir, SIGN).write_text(app.seegrad_read_with)


def setup(app):
    app.connect("config-inited", begin)
    app.connect("env-get-outdated", choose)
    app.connect("source-read", note)
    app.connect("env-updated", keep)
    when_finished(app, sign, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
