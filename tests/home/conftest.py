"""Serve the built site on loopback, with downloads that name that address."""

import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
HTML = DOCS / "_build" / "html"
sys.path.append(str(DOCS / "_ext"))

import take_home  # noqa: E402, it is no package's

# Nothing of the test's own environment, and no screen.
OURS = {"DISPLAY", "PYTHONPATH", "VIRTUAL_ENV"}
READERS = {name: value for name, value in os.environ.items() if name not in OURS}
READERS |= {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "UV_PYTHON": sys.executable}


class Overlay(http.server.SimpleHTTPRequestHandler):
    """A file server that keeps no log, with some of its folders from elsewhere."""

    def __init__(self, *args, folders, **options):
        """Serve HTML, but `folders` by the first word of their addresses."""
        self.folders = folders
        super().__init__(*args, directory=str(HTML), **options)

    def translate_path(self, path):
        """Find the file that an address stands for."""
        self.directory = str(self.folders.get(path.split("/")[1], HTML))
        return super().translate_path(path)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site's address, known to its own scripts and notebooks."""
    assert HTML.exists(), f"{HTML} holds no site: run `nox -s docs` first"
    root = tmp_path_factory.mktemp("site")
    folders = {take_home.FOLDER: root, "simple": root}
    handler = functools.partial(Overlay, folders=folders)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    address = f"http://127.0.0.1:{server.server_port}"
    take_home.pack(DOCS / "gallery", root / take_home.FOLDER, address, "")
    add_index(root / "simple" / "torch")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


def add_index(folder):
    """List torch's wheel as package indexes do."""
    folder.mkdir(parents=True)
    [wheel] = Path(os.environ["TORCH_WHEEL"]).glob("torch-*.whl")
    (folder / wheel.name).symlink_to(wheel.resolve())
    name = wheel.name.replace("+", "%2B")
    (folder / "index.html").write_text(f'<a href="{name}">{wheel.name}</a>')


@pytest.fixture(scope="session")
def run(site):
    """Run a command as a reader does, where torch's index is our own."""

    def command(*words, **options):
        index = {"UV_INDEX": f"pytorch-cpu={site}/simple"}
        options = {"env": READERS | index, "capture_output": True} | options
        done = subprocess.run([str(w) for w in words], text=True, **options)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return command


@pytest.fixture(scope="session")
def environment(run, tmp_path_factory):
    """Make a virtual environment with what is asked for; say where its Python is."""

    def make(*needs, options=()):
        place = tmp_path_factory.mktemp("reader") / "env"
        run("uv", "venv", *options, place)
        python = next(place.glob("[bS]*/python*"))
        pinned = ("-c", ROOT / "constraints.txt")
        wheels = ("--find-links", os.environ["TORCH_WHEEL"])
        if needs:
            run("uv", "pip", "install", "--python", python, *pinned, *wheels, *needs)
        return python

    return make
