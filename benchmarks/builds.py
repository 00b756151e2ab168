"""What building the site costs: clean, after an edit, with no change, and a page.

All of it happens in copies of the checkout. The cost is CPU time, that of a command
with every worker and kernel it started, so it says the same on any number of cores.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pages
from rounds import Row

ROOT = Path(__file__).parents[1]
NEEDED = ("myst_nb", "pydata_sphinx_theme", "sphinx", "sphinx_gallery", "tensorflow")
ALONE = ("-D", "plot_gallery=0", "-D", "nb_execution_mode=off")
QUIET = {"JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
EDITED = "tutorials/tangents/plot_tangent_line.py"
FEW, SOME, MANY = 2, 18, 200  # pages: the first two load what all the others use,
ROUNDS = 5  # and the sixteen after them are the tenth on average

# Every script by one process, so that torch is imported once.
SCRIPTS = """
import runpy
import sys
from matplotlib import pyplot
for script in sys.argv[1:]:
    runpy.run_path(script, run_name="__main__")
    pyplot.close("all")
"""


def rows() -> Iterator[Row]:
    """All figures of this file, or none where the site can't be built."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        words = ", ".join(missing)
        print(f"Without {words} the site can't be built, so no build is measured.\n")
        return
    with TemporaryDirectory() as folder:
        yield from _site(Path(folder))
        yield from _pages(Path(folder))


def _site(folder: Path) -> Iterator[Row]:
    copy = pages.copy(ROOT, folder / "site")
    clean = _build(copy)
    script = copy / EDITED
    script.write_text(script.read_text(encoding="utf-8") + "# Edited.\n", "utf-8")
    edited = _build(copy)
    start = time.perf_counter()
    _build(copy)
    unchanged = time.perf_counter() - start
    alone = _build(pages.copy(ROOT, folder / "alone"), *ALONE)
    bare = _bare(folder / "alone")
    what = "a clean build less Sphinx alone, against its scripts and cells bare"
    yield Row(what, (clean - alone) / bare, "×", most=1.3)
    what = "Sphinx alone, with nothing run, against a clean build"
    yield Row(what, 100 * alone / clean, "%")
    what = "a build after one script was edited, against a clean one"
    yield Row(what, 100 * edited / clean, "%", most=15)
    yield Row("a build when nothing has changed", unchanged, "s", most=10)


def _bare(root: Path) -> float:
    """The cost of the scripts in one process, and of each chapter's cells in its own.

    Nothing that they draw or show is rendered.
    """
    from myst_nb.core.read import read_myst_markdown_notebook

    docs = root / "docs"
    env = {"MPLBACKEND": "Agg", "PYTHONPATH": f"{root / 'src'}{os.pathsep}{docs}"}
    scripts = sorted(map(str, root.glob("tutorials/*/plot_*.py")))
    total = _cost(docs, "-c", SCRIPTS, *scripts, **env)
    for page in docs.rglob("*.md"):
        cells = read_myst_markdown_notebook(page.read_text(encoding="utf-8")).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        if code:
            total += _cost(page.parent, "-c", code, **env)
    return total


def _pages(folder: Path) -> Iterator[Row]:
    ratios = []
    for k in range(ROUNDS):
        sizes = (FEW, SOME, MANY)
        few, some, many = (_made(folder / f"{k}-{n}", n) for n in sizes)
        flat = (some - few) / (SOME - FEW)
        ratios.append((many - few) / (MANY - FEW) / flat)
    what = f"a page more up to {MANY} pages, against one up to {SOME}"
    yield Row(what, median(ratios), "×", most=1.2)


def _made(folder: Path, count: int) -> float:
    """The cost of a made-up site, built by one worker: each new one imports torch."""
    pages.write(ROOT, folder, count)
    return _build(folder, "-j", "1")


def _build(root: Path, *options: str) -> float:
    """The cost of a build in a checkout, as `nox -s docs` does it."""
    options = ("-q", "-j", "auto", *options)
    return _cost(root, "docs/build.py", *options, PYTHONPATH=str(root / "src"))


def _cost(folder: Path, *words: str, **env: str) -> float:
    """The CPU time in seconds of python with these words, and of all that it starts."""
    before = _used()
    run(folder, *words, **env)
    return _used() - before


def run(folder: Path, *words: str, **env: str) -> None:
    """Run python with these words, and say what it said if it fails."""
    command = [sys.executable, *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(command, cwd=folder, env=os.environ | QUIET | env, **pipes)
    if done.returncode:
        raise RuntimeError(f"python {' '.join(words[:4])} … failed:\n{done.stdout}")


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
