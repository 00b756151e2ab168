"""Serve the built site on loopback and meet each page of it in a real browser."""

import functools
import gzip
import http.server
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlparse

import axe_playwright_python
import pytest
from playwright.sync_api import sync_playwright

HTML = Path(__file__).parents[2] / "docs" / "_build" / "html"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCHEMES = {1280: "dark", 390: "light"}  # by the window's width
BROWSERS = min(os.cpu_count(), 8)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

WATCH = """
window.shifts = [];
window.watcher = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
watcher.observe({type: "layout-shift", buffered: true});
"""
FRAME = "() => new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)))"
SHIFTS = """() => [...shifts, ...watcher.takeRecords()].map((entry) =>
  [entry.value, ...entry.sources.map((s) => s.node?.outerHTML?.slice(0, 80))])"""
LOAD_ALL = """() => Promise.all(
  [...document.querySelectorAll("main img[loading=lazy]")].map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => {});
  }))"""
READ = """() => ({
  title: document.title,
  headings: [...document.querySelectorAll('h1')].map(e => e.innerText),
  text: document.querySelector('main').innerText,
  pictures: [...document.querySelectorAll('main img')].map(e => ({
    src: e.src, alt: e.getAttribute('alt'), ok: e.complete && e.naturalWidth > 0})),
  bare: [...document.querySelectorAll('main img:not([src*="_thumb."])')]
    .filter(e => !e.closest('figure')?.querySelector('figcaption')).map(e => e.alt),
  links: [...document.querySelectorAll('a[href]')].map(e => e.href),
  folded: [...document.querySelectorAll('details.solution')].map(
    e => ({open: e.open, code: e.querySelectorAll('pre').length})),
  formulas: document.querySelectorAll('math').length,
  theme: document.documentElement.dataset.theme,
  policy: document.querySelector('head > meta[http-equiv="Content-Security-Policy"]')
    ?.content,
  built: document.querySelector('.built-with')?.innerText,
  unreachable: [...document.querySelectorAll('a[href], button, input, select, summary')]
    .filter(e => e.tabIndex < 0 && e.checkVisibility()).map(e => e.outerHTML),
})"""
RUN_AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], preload: false});
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html}`));
}"""
PICTURES = {".svg", ".png", ".ico", ".woff2"}  # and fonts
TOO_WIDE = (
    "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
)


@dataclass
class Visit:
    """What one page looked like, and what it did; what axe found in each window."""

    page: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    axe: dict[tuple, list[str]] = field(default_factory=dict)
    too_wide: list[int] = field(default_factory=list)
    shifts: list = field(default_factory=list)
    read: dict = field(default_factory=dict)

    @property
    def files(self):
        """All that the page loads beside its pictures and fonts."""
        paths = {
            unquote(urlparse(url).path) for url in self.requests if "data:" not in url
        }
        files = {HTML / (path.lstrip("/") or "index.html") for path in paths}
        return {file for file in files if file.suffix not in PICTURES}


def weight(files):
    """Their compressed bytes."""
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    def log_message(self, *args):
        """Say nothing."""

    def end_headers(self):
        """Let the browser keep nothing, so that each page is met for the first time."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def send_error(self, code, message=None, explain=None):
        """Answer with the site's own page where there is none, as its host does."""
        page = (HTML / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@pytest.fixture(scope="session")
def built():
    """Every page that was built."""
    pages = sorted(p.relative_to(HTML).as_posix() for p in HTML.rglob("*.html"))
    pages = [p for p in pages if not p.startswith("_static/")]
    assert pages, f"{HTML} holds no site: run `nox -s docs` first"
    return pages


@pytest.fixture(scope="session")
def base():
    """The address of the site on loopback."""
    handler = functools.partial(Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@contextmanager
def chromium():
    """A headless Chromium: the system's, or the one that Playwright installed."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def visits(built, base):
    """Each built page, met in a wide dark window and on a light phone."""
    shares = [built[k::BROWSERS] for k in range(BROWSERS)]
    with ThreadPoolExecutor(BROWSERS) as pool:
        read = list(chain(*pool.map(functools.partial(visit_all, base), shares)))
    return sorted(read, key=lambda visit: visit.page)


def visit_all(base, pages):
    """Visit pages one after the other in a browser of their own."""
    with chromium() as opened:
        tabs = {width: new_tab(opened, width) for width in SCHEMES}
        return [visit(tabs, base, page) for page in pages]


def new_tab(opened, width):
    size = {"width": width, "height": 900}
    context = opened.new_context(
        viewport=size, color_scheme=SCHEMES[width], reduced_motion="reduce"
    )
    context.add_init_script(path=AXE)
    context.add_init_script(WATCH)
    return context.new_page()


def visit(tabs, base, page):
    """Open a page in each tab and write down what there is to see."""
    seen = Visit(page)
    listeners = {
        "request": lambda request: seen.requests.append(request.url),
        "pageerror": lambda error: seen.errors.append(str(error)),
        "console": lambda message: (
            seen.errors.append(message.text) if message.type == "error" else None
        ),
    }
    for width, tab in tabs.items():
        for event, listener in listeners.items():
            tab.on(event, listener)
        tab.goto(base + page, wait_until="load")
        tab.evaluate(FRAME)
        seen.shifts += tab.evaluate(SHIFTS)
        tab.evaluate(LOAD_ALL)
        seen.read = tab.evaluate(READ)
        if tab.evaluate(TOO_WIDE):
            seen.too_wide.append(width)
        for event, listener in listeners.items():
            tab.remove_listener(event, listener)
        seen.axe[width, seen.read["theme"]] = tab.evaluate(RUN_AXE)
    return seen


def faults(visits, find):
    """The pages on which `find` finds something, with what it found."""
    return {v.page: found for v in visits if (found := find(v))}
