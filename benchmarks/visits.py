"""What a page costs its reader, against the plain theme and sphinx-gallery's default.

Chromium opens pages of the built site on loopback, each time with an empty cache, and
the same pages as two peers show them. These are built here from the same sources and by
the same extensions of others, all with their defaults: PNG figures, MathJax, and for a
theme pydata-sphinx-theme or alabaster, which is what Sphinx takes where none is named.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pages
from builds import NEEDED, ROOT, run
from rounds import Row

HTML = ROOT / "docs" / "_build" / "html"
PAGES = {
    "start page": "index.html",
    "chapter": "why_sum.html",
    "tutorial": "gallery/tangents/plot_tangent_line.html",
    "API page": "api/generated/seegrad.derivative.html",
}
PEERS = {
    "pydata_sphinx_theme": "the plain theme",
    "alabaster": "sphinx-gallery's default",
}
FIGURES = {
    "sent": ("bytes sent", 0.5),
    "paint": ("time to the first paint", None),
    "script": ("time in scripts", None),
}
ROUNDS = 5
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
COMPRESSED = {".css", ".html", ".js", ".json", ".svg", ".txt"}
WATCH = """
window.seegradShift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seegradShift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
READ = """async () => ({
  paint: await new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const [entry] = list.getEntriesByName("first-contentful-paint");
      if (entry) resolve(entry.startTime);
    }).observe({type: "paint", buffered: true});
  }),
  shift: window.seegradShift,
})"""


@dataclass(frozen=True)
class Visit:
    """What it took to open a page."""

    sent: int
    """Compressed bytes."""
    paint: float
    """Milliseconds to the first contentful paint."""
    script: float
    """Milliseconds in scripts."""
    shift: float
    """Sum of the layout shifts."""


def rows() -> Iterator[Row]:
    """All figures of this file, or none where something is missing."""
    if missing := _missing():
        print(f"{missing} So no page is opened.\n")
        return
    with TemporaryDirectory() as folder:
        sites = {"seegrad": HTML, **_peers(Path(folder))}
        for page, path in PAGES.items():
            visits = _visits(sites, path)
            ours = visits.pop("seegrad")
            for peer, theirs in visits.items():
                for figure, (words, most) in FIGURES.items():
                    ratio = _median(ours, figure) / _median(theirs, figure)
                    what = f"{page}, against {peer}: {words}"
                    yield Row(what, ratio, "×", most=most)
            worst = max(visit.shift for visit in ours)
            yield Row(f"{page}: layout shift", worst, "", most=0)


def _missing() -> str | None:
    """What keeps this from being measured, in words."""
    if names := [name for name in (*NEEDED, "playwright") if find_spec(name) is None]:
        return f"{', '.join(names)} can't be imported: run this by `nox -s bench`."
    if not (HTML / "index.html").exists():
        return f"{HTML} holds no site: run `nox -s docs` first."
    with _chromium() as browser:
        if browser is None:
            return "There is no Chromium: run `playwright install chromium`."
    return None


@contextmanager
def _chromium() -> Iterator[Any]:
    """A headless Chromium, the system's or Playwright's, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        if not Path(path).exists():
            yield None
            return
        with playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
            yield browser


# ---------------------------------------------------------------- the peers
def _peers(folder: Path) -> dict[str, Path]:
    """The peers' sites, by their names."""
    pages.copy(ROOT / "tutorials", folder / "tutorials")
    own = ("_ext", "_static", "_ipython", "conf.py")
    docs = pages.copy(ROOT / "docs", folder / "docs", *own, "layout.html", "static")
    (docs / "conf.py").write_text(CONF, encoding="utf-8")
    built = {}
    for theme, name in PEERS.items():
        built[name] = folder / theme
        words = ("-q", "-d", folder / "doctrees", "-D", f"html_theme={theme}")
        run(folder, "-m", "sphinx", *map(str, (*words, docs, built[name])))
    if not _fetch_mathjax(folder / "mathjax", [*built.values()]):
        print("npm could not fetch MathJax, so the peers are counted without it.\n")
    return built


def _fetch_mathjax(folder: Path, sites: list[Path]) -> bool:
    """Put MathJax and its fonts among the files of each site, if npm can get them."""
    npm = shutil.which("npm")
    if npm is None:
        return False
    for name, package in MATHJAX.items():
        (folder / name).mkdir(parents=True)
        words = ("pack", "--silent", "--pack-destination", str(folder / name), package)
        if subprocess.run([npm, *words], capture_output=True).returncode:
            return False
        with tarfile.open(next((folder / name).glob("*.tgz"))) as packed:
            packed.extractall(folder / name, filter="data")
        for html in sites:
            (html / "_static" / name).symlink_to(folder / name / "package")
    return True


# ---------------------------------------------------------------- the visits
def _visits(sites: dict[str, Path], path: str) -> dict[str, list[Visit]]:
    """Visits to a page of each site, in rounds that alternate.

    The first round isn't counted: in it the server compresses what it sends.
    """
    with _chromium() as browser:
        rounds = [
            {name: _visit(browser, html, path) for name, html in sites.items()}
            for _ in range(1 + ROUNDS)
        ]
    return {name: [visits[name] for visits in rounds[1:]] for name in sites}


def _median(visits: list[Visit], figure: str) -> float:
    return median(getattr(visit, figure) for visit in visits)


def _visit(browser: Any, html: Path, path: str) -> Visit:
    """Open a page for the first time, and wait until nothing more is asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    tab = context.new_page()
    developer = context.new_cdp_session(tab)
    developer.send("Performance.enable")
    with _served(html) as (address, sent):
        tab.goto(f"{address}/{path}", wait_until="networkidle")
        read = tab.evaluate(READ)
        metrics = developer.send("Performance.getMetrics")["metrics"]
        context.close()
    seconds = next(m["value"] for m in metrics if m["name"] == "ScriptDuration")
    return Visit(sum(sent), read["paint"], 1e3 * seconds, read["shift"])


class Handler(http.server.SimpleHTTPRequestHandler):
    """Send files compressed, as the site's host does, and count their bytes."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the head of an answer must not be sent alone, or
    disable_nagle_algorithm = True  # the rest waits 40 ms for its receipt

    def __init__(self, *args: Any, sent: list[int], **options: Any) -> None:
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
        self.sent.append(len(body))

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@functools.cache
def _packed(path: Path) -> bytes:
    """What is sent for a file. PNG and WOFF2 are packed already."""
    content = path.read_bytes()
    return gzip.compress(content) if path.suffix in COMPRESSED else content


@contextmanager
def _served(html: Path) -> Iterator[tuple[str, list[int]]]:
    """The address of a site on loopback, and the bytes of each file it then sends."""
    sent: list[int] = []
    handler = functools.partial(Handler, directory=str(html), sent=sent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()
