"""Builds of one checkout take turns.

sphinx-gallery writes among the sources, so two builds at once take each other's files
away. One lock is for every way to build: build.py holds it from its first change to its
last, and a plain sphinx-build or sphinx-autobuild from when it has read its settings.
The system gives the lock back when a build ends, however it ends.
"""

from pathlib import Path

from filelock import FileLock, Timeout


def take_turn(docs):
    """Wait until no other process builds this folder, and say so."""
    folder = Path(docs).resolve() / "_build"
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / "lock", is_singleton=True)  # this process may ask twice
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print("Another build of this checkout runs; this one waits.", flush=True)
        lock.acquire()
    return lock


def begin(app, config):
    app.seegrad_turn = take_turn(app.srcdir)  # without a name it would be given back


def setup(app):
    app.connect("config-inited", begin, priority=0)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
