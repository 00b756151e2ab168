"""Serve the built site on loopback and open each page once in a real browser."""

import functools
import gzip
import http.server
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from playwright.sync_api import sync_playwright

HTML = Path(__file__).parents[2] / "docs" / "_build" / "html"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = {"wide": 1280, "phone": 390}

READ = """() => ({
  title: document.title,
  headings: [...document.querySelectorAll('h1')].map(e => e.innerText),
  text: document.querySelector('main').innerText,
  pictures: [...document.querySelectorAll('main img')].map(e => ({
    src: e.src, alt: e.getAttribute('alt'), ok: e.complete && e.naturalWidth > 0})),
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
PICTURES = {".svg", ".png", ".ico"}
TOO_WIDE = (
    "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
)


@dataclass
class Visit:
    """What one page looked like, and what it did."""

    page: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    read: dict = field(default_factory=dict)

    @property
    def weight(self):
        """The compressed bytes of all that the page loads beside its pictures."""
        paths = {unquote(urlparse(url).path) for url in self.requests if "data:" not in url}
        files = [HTML / (path.lstrip("/") or "index.html") for path in paths]
        return sum(
            len(gzip.compress(file.read_bytes()))
            for file in files
            if file.suffix not in PICTURES
        )


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    def log_message(self, *args):
        """Say nothing."""

    def end_headers(self):
        """Let the browser keep nothing, so that each page is met for the first time."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


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


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the system's, or the one that Playwright installed."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def visits(built, base, browser):
    """Each built page, read once, and measured at both widths."""
    tab = browser.new_context(color_scheme="dark").new_page()
    return [visit(tab, base, page) for page in built]


def visit(tab, base, page):
    """Open a page and write down what there is to see."""
    seen = Visit(page)
    listeners = {
        "request": lambda request: seen.requests.append(request.url),
        "pageerror": lambda error: seen.errors.append(str(error)),
        "console": lambda message: (
            seen.errors.append(message.text) if message.type == "error" else None
        ),
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    for name, width in WIDTHS.items():
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(base + page, wait_until="load")
        if tab.evaluate(TOO_WIDE):
            seen.too_wide.append(name)
    seen.read = tab.evaluate(READ)
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    return seen
