"""What building the site costs: clean, after an edit, and with no change.

All of it happens in copies of the checkout. The cost is CPU time, that of a command
with every worker and kernel it started, so it says the same on any number of cores.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pages
from rounds import SMOKE, Row

ROOT = Path(__file__).parents[1]
QUIET = {"JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def rows() -> Iterator[Row]:
    """All figures of this file."""
    with TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        copy = pages.write(ROOT, site) if SMOKE else pages.copy(ROOT, site, ".git")
        clean = _build(copy)
        script = next(copy.glob("tutorials/*/plot_*.py"))
        script.write_text(script.read_text(encoding="utf-8") + "# Edited.\n", "utf-8")
        edited = _build(copy)
        unchanged = _build(copy)
    yield Row("a clean build, on one core", clean, "s")
    yield Row("a build after one script was edited, on one core", edited, "s", most=60)
    yield Row("a build when nothing has changed, on one core", unchanged, "s", most=60)


def _build(root: Path) -> float:
    """The CPU time of a build in a checkout, as `nox -s docs` does it."""
    before = _used()
    # The few pages are in no catalog, and what was edited has no translation yet.
    options = ("en" if SMOKE else "untranslated", "-q", "-j", "auto")
    run(root, "docs/build.py", *options, PYTHONPATH=str(root / "src"))
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
