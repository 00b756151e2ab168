"""What a page costs its reader, against the same page with everyone's defaults.

Chromium opens pages of the built site on loopback, each time with an empty cache, and
the same pages as its theme shows them by default. These are built here from the same
sources and by the same extensions of others, with PNG figures and MathJax.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pages
from builds import ROOT, run
from playwright.sync_api import sync_playwright
from rounds import SMOKE, Row, size

HTML = ROOT / "docs" / "_build" / "html"
PAGES = {
    "start page": "index.html",
    "chapter": "why_sum.html",
    "tutorial": "gallery/tangents/plot_tangent_line.html",
    "API page": "api/generated/seegrad.derivative.html",
}
ROUNDS = size(5, smoke=0)
MOST = {"first": 200, "next": 60}  # kilobytes, beside figures and fonts
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# Chapters that aren't opened are not run; they are there to be linked to. Scripts are
# all run, for their pictures are on the API page.
CONF = """\
from pathlib import Path

project = "seegrad"
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "myst_nb",
    "sphinx_design",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb"]
templates_path = ["_templates"]
default_role = "autolink"
numpydoc_show_class_members = False
sphinx_gallery_conf = {
    "examples_dirs": "../tutorials",
    "gallery_dirs": "gallery",
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("seegrad",),
}
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "smartquotes"]
nb_execution_excludepatterns = [
    path.relative_to(Path(__file__).parent).as_posix()
    for path in Path(__file__).parent.rglob("*.md")
    if path.stem not in ("index", "why_sum")
]
html_theme = "pydata_sphinx_theme"
mathjax_path = "mathjax/tex-mml-chtml.js"
mathjax4_config = {"loader": {"paths": {"fonts": "/_static"}}}
"""
# What Sphinx asks of another host. It is served from loopback, so that it is counted.
MATHJAX = {
    "mathjax": "mathjax@4.1.3",
    "mathjax-newcm-font": "@mathjax/mathjax-newcm-font@4.1.3",
}
FIGURES = {".ico", ".png", ".svg", ".woff2"}  # and fonts
COMPRESSED = {".css", ".html", ".js", ".json", ".svg", ".txt"}
READ = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [entry] = list.getEntriesByName("first-contentful-paint");
    if (entry) resolve(entry.startTime);
  }).observe({type: "paint", buffered: true});
})"""


@dataclass(frozen=True)
class Visit:
    """What it took to open a page."""

    files: dict[str, int]
    """The compressed bytes of each file that was sent."""
    paint: float
    """Milliseconds to the first contentful paint."""

    @property
    def sent(self) -> int:
        """All bytes."""
        return sum(self.files.values())

    def text(self, known: Iterable[str] = ()) -> float:
        """Kilobytes beside figures and fonts, and beside what was known before."""
        new = self.files.keys() - set(known)
        return sum(self.files[f] for f in new if Path(f).suffix not in FIGURES) / 1000


def rows() -> Iterator[Row]:
    """All figures of this file."""
    with TemporaryDirectory() as folder:
        plain = _plain(Path(folder))
        known: dict[str, int] = {}
        for page, path in list(PAGES.items())[: size(len(PAGES), smoke=1)]:
            ours, theirs = _visits([HTML, plain], path)
            first = not known
            what = f"{page}, {'first visit' if first else 'after the start page'}"
            weight = ours[0].text(known)
            most = MOST["first" if first else "next"]
            yield Row(f"{what}: all but figures and fonts", weight, "kB", most=most)
            known |= ours[0].files
            what = f"{page}, against the plain theme"
            ratio = _median(ours, "sent") / _median(theirs, "sent")
            yield Row(f"{what}: bytes sent", ratio, "×")
            ratio = _median(ours, "paint") / _median(theirs, "paint")
            yield Row(f"{what}: time to the first paint", ratio, "×")


def check() -> None:
    """Fail where there is nothing to open, or nothing to open it with."""
    if not (HTML / "index.html").exists():
        sys.exit(f"{HTML} holds no site: run `nox -s docs` first.")
    if not (SMOKE or shutil.which("npm")):
        sys.exit("There is no npm to fetch MathJax with.")
    with _chromium():
        pass


@contextmanager
def _chromium() -> Iterator[Any]:
    """A headless Chromium, the system's or Playwright's."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        if not Path(path).exists():
            sys.exit("There is no Chromium: run `playwright install chromium`.")
        with playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
            yield browser


# ---------------------------------------------------------------- the peer
def _plain(folder: Path) -> Path:
    """The same site with everyone's defaults."""
    pages.copy(ROOT / "tutorials", folder / "tutorials")
    own = ("_ext", "_static", "_ipython", "conf.py")
    docs = pages.copy(ROOT / "docs", folder / "docs", *own, "layout.html", "static")
    (docs / "conf.py").write_text(CONF, encoding="utf-8")
    nothing_run = ("-D", "plot_gallery=0", "-D", "nb_execution_mode=off")
    options = nothing_run if SMOKE else ()
    run(folder, "-m", "sphinx", "-q", *options, str(docs), str(folder / "html"))
    if not SMOKE:  # there they stay on another host
        _fetch_mathjax(folder, folder / "html" / "_static")
    return folder / "html"


def _fetch_mathjax(folder: Path, static: Path) -> None:
    """Put MathJax and its fonts among the files of a site."""
    for name, package in MATHJAX.items():
        (folder / name).mkdir()
        words = ("pack", "--silent", "--pack-destination", str(folder / name), package)
        subprocess.run(["npm", *words], capture_output=True, check=True)
        with tarfile.open(next((folder / name).glob("*.tgz"))) as packed:
            packed.extractall(folder / name, filter="data")
        (folder / name / "package").rename(static / name)


# ---------------------------------------------------------------- the visits
def _visits(sites: list[Path], path: str) -> Iterator[tuple[Visit, ...]]:
    """Visits to a page of each site, in rounds that alternate.

    The first round isn't counted: in it the server compresses what it sends.
    """
    with _chromium() as browser:
        rounds = [
            [_visit(browser, html, path) for html in sites] for _ in range(1 + ROUNDS)
        ]
    return zip(*(rounds[1:] or rounds), strict=True)


def _median(visits: tuple[Visit, ...], figure: str) -> float:
    return median(getattr(visit, figure) for visit in visits)


def _visit(browser: Any, html: Path, path: str) -> Visit:
    """Open a page for the first time, and wait until nothing more is asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    with _served(html) as (address, sent):
        answer = tab.goto(f"{address}/{path}", wait_until="networkidle")
        if not answer.ok:
            raise RuntimeError(f"{html} has no page {path}.")
        paint = tab.evaluate(READ)
        context.close()
    return Visit(sent, paint)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Send files compressed, as the site's host does, and count their bytes."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the head of an answer must not be sent alone, or
    disable_nagle_algorithm = True  # the rest waits 40 ms for its receipt

    def __init__(self, *args: Any, sent: dict[str, int], **options: Any) -> None:
        self.sent = sent
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        """Send a file of the site."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = _packed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        if path.suffix in COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
        self.sent[self.path.partition("?")[0]] = len(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@functools.cache
def _packed(path: Path) -> bytes:
    """What is sent for a file. PNG and WOFF2 are packed already."""
    content = path.read_bytes()
    return gzip.compress(content) if path.suffix in COMPRESSED else content


@contextmanager
def _served(html: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """The address of a site on loopback, and the bytes of each file it then sends."""
    sent: dict[str, int] = {}
    handler = functools.partial(Handler, directory=str(html), sent=sent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()
