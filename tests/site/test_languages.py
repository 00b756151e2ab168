"""The switcher leads to the same page in the other language, without any script."""

import re

import pytest
from conftest import HTML

PAGES = ["index", "why_sum", "gallery/traps/plot_data", "api/index", "search", "404"]
WORDS = {"en": "English", "ja": "日本語"}


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
        plain.locator(".navbar-header-items__end").get_by_text(WORDS[language]).click()
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
    assert re.search(r'<dl[^>]* class="py function"[^>]* lang="en"|<dl[^>]* lang="en"', page)


@pytest.mark.parametrize("page", ["why_sum", "gallery/reductions/plot_sum"])
def test_the_header_has_room_on_a_phone(base, browser, page):
    phone = browser.new_page(viewport={"width": 390, "height": 800})
    phone.goto(f"{base}ja/{page}.html")
    wide = "document.documentElement.scrollWidth > innerWidth + 1"
    assert not phone.evaluate(wide)
    phone.close()
