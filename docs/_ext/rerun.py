"""Run a page again exactly when its code, or something that its code uses, has changed.

What a script or a chapter gave when it ran is remembered. It lies in a folder of
docs/_build/executed, named by a digest of the page's code, of what uses.py finds in it,
and of what the build does around it. Such a folder is whole or not there: it is filled
under another name first, so a build may be killed at any point.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from myst_nb.core.read import create_nb_reader
from uses import used_by

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
GALLERY = DOCS / "gallery"
EXECUTED = DOCS / "_build" / "executed"

# What runs around a script, and around a chapter, as code that uses it.
AROUND_SCRIPT = """\
import figures, matplotlib, sphinx_gallery
figures.reset, figures.scrape
"""
AROUND_CHAPTER = """\
import framework_tabs, ipykernel, jupyter_cache, kernel_profile, matplotlib, torch
framework_tabs.QUIET, kernel_profile.setup
"""
WORTH_WORKERS = 5  # scripts; a worker imports torch and more before its first
STYLE = [*ROOT.glob("src/seegrad/*.mplstyle")]
PROFILE = sorted(DOCS.glob("_ipython/**/*.py"))
# These settings place a page among others, and are no part of what is on it.
ARRANGEMENT = {
    "backreferences_dir",
    "download_all_examples",
    "examples_dirs",
    "gallery_dirs",
    "parallel",
    "subsection_order",
    "within_subsection_order",
}


def memory(page, code, folder, around, settings, files):
    """The folder that keeps what the page gave, run as it would be run now."""
    state = hashlib.sha256(repr((sys.version, code, settings)).encode())
    for text, place in ((code, folder), (around, DOCS)):
        used, releases = used_by(text, place)
        state.update(repr(releases).encode())
        files = [*files, *used]
    for file in files:
        state.update(f"{file.relative_to(ROOT).as_posix()}\n".encode())
        state.update(file.read_bytes())
    return EXECUTED / f"{page}@{state.hexdigest()[:16]}"


def beside(kept, word):
    """An empty place for a memory that isn't whole yet, or any more."""
    place = EXECUTED / f"{kept.name.partition('@')[0]}.{word}"
    shutil.rmtree(place, ignore_errors=True)
    return place


def keep(new, kept):
    """Put a whole new memory in the place of the page's earlier ones."""
    page = kept.name.partition("@")[0]
    for old in EXECUTED.glob(f"{page}@*"):
        shutil.rmtree(old.rename(beside(kept, "old")))
    new.rename(kept)


# ---------------------------------------------------------------- scripts
def begin(app, config):
    """Clear what builds write among the sources, and bring back the scripts' runs."""
    for made in (GALLERY, DOCS / "api" / "generated"):
        shutil.rmtree(made, ignore_errors=True)
    settings = {**config.sphinx_gallery_conf, "default_role": config.default_role}
    settings = {key: settings[key] for key in sorted(settings.keys() - ARRANGEMENT)}
    app.seegrad_scripts = {}
    for script in sorted(ROOT.glob("tutorials/*/plot_*.py")):
        code, folder = script.read_text(encoding="utf-8"), script.parent
        kept = memory(script.stem, code, folder, AROUND_SCRIPT, settings, STYLE)
        app.seegrad_scripts[script] = kept
        if kept.exists():
            shutil.copytree(kept, GALLERY / folder.name, dirs_exist_ok=True)
    new = [kept for kept in app.seegrad_scripts.values() if not kept.exists()]
    if len(new) < WORTH_WORKERS:
        config.sphinx_gallery_conf["parallel"] = False


def keep_scripts(app):
    """Remember what the scripts gave that ran in this build, and ran through."""
    for script, kept in app.seegrad_scripts.items():
        section = GALLERY / script.parent.name
        if kept.exists() or not (section / f"{script.name}.md5").exists():
            continue
        new = beside(kept, "new")
        own = re.compile(rf"(sphx_glr_)?{script.stem}(_\d+.*|_thumb)?\.[^/]*")
        for path in section.rglob("*"):
            if own.fullmatch(path.name):
                copy = new / path.relative_to(section)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy)
        keep(new, kept)


# ---------------------------------------------------------------- chapters
def choose_cache(app, docname, source):
    """Give each chapter a cache of its own: the one it filled, or a new one."""
    path, env = app.env.doc2path(docname), app.env
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, source[0])
    app.seegrad_chapter = None
    if reader is None:
        return
    cells = reader.read(source[0]).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    names = [value.name for value in app.config if value.name[:13] == "nb_execution_"]
    settings = {name: app.config[name] for name in sorted(names)}
    page, files = docname.replace("/", "."), [*STYLE, *PROFILE]
    kept = memory(page, code, path.parent, AROUND_CHAPTER, settings, files)
    cache = kept
    if not kept.exists():
        cache = beside(kept, "new")
        app.seegrad_chapter = cache, kept
    env.mystnb_config = env.mystnb_config.copy(execution_cache_path=str(cache))


def keep_chapter(app, doctree):
    if app.seegrad_chapter and app.seegrad_chapter[0].exists():
        keep(*app.seegrad_chapter)


def setup(app):
    app.connect("config-inited", begin, priority=1)
    app.connect("builder-inited", keep_scripts, priority=900)  # the gallery has run
    app.connect("source-read", choose_cache, priority=900)
    app.connect("doctree-read", keep_chapter, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
