"""The switcher leads to the same page in the other language, without any script."""

import re

import pytest
from bs4 import BeautifulSoup
from conftest import HTML

PAGES = ["index", "why_sum", "gallery/traps/plot_data", "api/index", "search", "404"]
NAMES = {"en": "English", "ja": "日本語"}
NOT_READ = "script, style, math, pre, code, text, [lang=en], .built-with, .copyright"
NOT_READ += ", dl.glossary dt"  # the terms to look up
LABELS = ("alt", "title", "aria-label", "aria-valuetext", "placeholder", "data-intro")
ABOUT = 'meta[name=description], meta[property^="og:"]'
JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
WORDS = re.compile(r"[A-Za-z]{2,}[,;]? [a-z]{2,}")
ENGLISH = {  # names, what PyTorch prints, and words that are quoted
    "[nan, nan]",
    "One of the differentiated Tensors",
    "expected scalar type Float but found Double",
    "· © the seegrad developers, BSD 3-Clause",
    "On your own.",
    "Read the Docs。",
    "watched tensor",
}


@pytest.fixture(scope="module")
def plain(browser):
    """A page of a browser without scripts."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leads_to_itself_in_the_other_language_and_back(base, plain, page):
    plain.goto(f"{base}{page}.html")
    for language, folder in (("ja", "ja/"), ("en", "")):
        plain.locator(".navbar-header-items__end").get_by_text(NAMES[language]).click()
        assert plain.url == f"{base}{folder}{page}.html"
        assert plain.locator("html").get_attribute("lang") == language


def test_both_languages_have_the_same_pages_pictures_and_files():
    files = {file.relative_to(HTML).as_posix() for file in HTML.rglob("*")}
    japanese = {file.removeprefix("ja/") for file in files if file.startswith("ja/")}
    english = {file for file in files if not f"{file}/".startswith("ja/")}
    assert japanese ^ english == {"robots.txt"}


def test_docstrings_say_that_they_are_english():
    page = (HTML / "ja/api/generated/seegrad.derivative.html").read_text("utf-8")
    assert '<html lang="ja"' in page
    assert '<dl class="py function" lang="en">' in page


@pytest.mark.parametrize("page", ["why_sum", "gallery/reductions/plot_sum"])
def test_the_header_has_room_on_a_phone(base, browser, page):
    phone = browser.new_page(viewport={"width": 390, "height": 800})
    phone.goto(f"{base}ja/{page}.html")
    wide = "document.documentElement.scrollWidth > innerWidth + 1"
    assert not phone.evaluate(wide)
    phone.close()


def test_no_page_is_left_in_english():
    left = set()
    for page in sorted((HTML / "ja").rglob("*.html")):
        name = page.relative_to(HTML / "ja").as_posix()
        if name != "genindex.html" and not name.startswith("_modules/"):
            texts = texts_of(page, described=not name.startswith("api/generated/"))
            left |= {text for text in texts if is_english(text)}
    assert left <= ENGLISH


def test_what_the_style_sheet_writes_is_said_in_japanese():
    css = (HTML / "_static" / "seegrad.css").read_text(encoding="utf-8")
    rules = re.findall(r'([^{}]*)\{[^{}]*content: ?"([^"]*)"', css)
    written = {selector.strip(): text for selector, text in rules}
    words = [s for s, text in written.items() if re.search("[A-Za-z]{2}", text)]
    assert words == [".sphx-glr-script-out::before"]
    assert JAPANESE.search(written[".sphx-glr-script-out:lang(ja)::before"])


def texts_of(page, described):
    """All that a page says: what it shows, its labels, and what it says of itself."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for code in soup.select(NOT_READ):
        code.decompose()
    for element in soup.find_all(True):
        yield from (element.get(name, "") for name in LABELS)
    if described:
        yield from (meta["content"] for meta in soup.select(ABOUT))
    yield from (" ".join(text.split()) for text in soup.find_all(string=True))


def is_english(text):
    signature = text.startswith("(") and text.endswith(")")
    return WORDS.search(text) and not JAPANESE.search(text) and not signature
