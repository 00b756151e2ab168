"""What people expect of a site: how to install and cite it, licence, dates, sources."""

import re
import subprocess

import pytest
from conftest import HTML
from playwright.sync_api import expect

MADE = {"404.html", "genindex.html", "search.html"}
MADE |= {"gallery/topics.html", "gallery/figures.html"}
DATE = re.compile(
    r'<p class="seegrad-source">(?:Last changed on |最終更新：)'
    r"<time>\d{4}-\d\d-\d\d</time>"
)


@pytest.fixture
def page(base, browser):
    page = browser.new_page()
    page.goto(base)
    return page


@pytest.fixture
def whole_history():
    words = ["git", "-C", HTML.parent, "rev-parse", "--is-shallow-repository"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() == "false"


def test_each_page_tells_when_it_last_changed(built, whole_history):
    names = {p: p.removeprefix("ja/") for p in built}
    written = [p for p, name in names.items() if name not in MADE]
    written = [p for p in written if not names[p].startswith("_modules/")]
    dated = [p for p in built if DATE.search((HTML / p).read_text(encoding="utf-8"))]
    assert dated == (written if whole_history else [])
    assert len(written) > 60


@pytest.mark.parametrize("link", ["Install", "Cite", "Licence"])
def test_every_page_leads_to_how_to_install_and_cite_and_to_the_licence(page, link):
    page.locator("footer").get_by_role("link", name=link, exact=True).click()
    heading = {"Install": "Install seegrad", "Cite": "How to cite"}.get(link, link)
    expect(page.get_by_role("heading", name=heading)).to_be_in_viewport()
    text = {"Cite": "@software{seegrad,", "Licence": "BSD 3-Clause License"}
    expect(page.locator("main")).to_contain_text(text.get(link, "pip install torch"))


def test_start_leads_to_the_wheel_of_this_very_site(page, base):
    page.goto(f"{base}start.html")
    page.locator("article").get_by_role("link", name="install").first.click()
    wheel = page.get_by_role("link", name="the wheel that this site serves")
    address = wheel.evaluate("link => link.href")
    assert page.request.get(address).body()[:2] == b"PK"
    name = address.rpartition("/")[2]
    expect(page.locator(".highlight").first).to_contain_text(f"{name}[plot,graph]")


def test_the_gallery_tells_the_licence(page, base):
    page.goto(f"{base}gallery/index.html")
    page.locator("article").get_by_role("link", name="the licence").click()
    expect(page.get_by_role("heading", name="Licence")).to_be_visible()


def test_what_is_taken_home_names_its_licence(page, base):
    for name in ("gallery/tangents/plot_tangent_line", "start"):
        page.goto(f"{base}{name}.html")
        page.locator(".take-home").get_by_role("link", name="BSD 3-Clause").click()
        expect(page).to_have_url(f"{base}project/citing.html")


NEXT = re.compile(r'<p><strong>Next\.</strong>.*?href="(.*?)"', re.DOTALL)
BUTTON = re.compile(r'<a class="right-next"\s+href="(.*?)"')


def test_the_words_on_what_is_next_begin_with_where_the_button_leads(built):
    texts = {page: (HTML / page).read_text(encoding="utf-8") for page in built}
    told = {page: NEXT.findall(text) for page, text in texts.items()}
    told = {page: found for page, found in told.items() if found}
    assert len(told) > 40
    assert told == {page: BUTTON.findall(texts[page]) for page in told}


def test_the_api_shows_its_source(page, base):
    page.goto(f"{base}api/generated/seegrad.derivative.html")
    page.get_by_role("link", name="[source]").first.click()
    expect(page.locator(".viewcode-block:target")).to_contain_text("def derivative(")


def test_where_no_repository_is_known_no_page_leads_there(built):
    for name in built:
        text = (HTML / name).read_text(encoding="utf-8")
        assert "Edit this page" not in text
        assert "navbar-icon-links" not in text
