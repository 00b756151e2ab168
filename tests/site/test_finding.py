"""What leads a reader to a page, from inside the site and from outside."""

import re
import tomllib
from pathlib import Path

import pytest
from conftest import HTML
from playwright.sync_api import expect

HREFS = "links => links.map((link) => link.getAttribute('href'))"


def asked(file):
    """The queries of a file, each with the page that answers it, and how soon."""
    queries = tomllib.loads(Path(__file__).with_name(file).read_text("utf-8"))
    return [
        pytest.param(query, page, places, id=query)
        for places, kind in ((1, "first"), (3, "among_three"))
        for page, some in queries[kind].items()
        for query in some
    ]


ASKED, ASKED_IN_JAPANESE = asked("queries.toml"), asked("queries_ja.toml")


@pytest.fixture(scope="module")
def search(base, browser):
    page = searching(base, browser, "slope")
    yield page
    page.close()


@pytest.fixture(scope="module")
def search_in_japanese(base, browser):
    page = searching(f"{base}ja/", browser, "傾き")
    yield page
    page.close()


def searching(base, browser, query):
    """The search page with its answers to a first query."""
    page = browser.new_page()
    page.set_default_timeout(5_000)
    page.goto(f"{base}search.html?q={query}")
    page.locator("main .seegrad-found li").first.wait_for(timeout=30_000)
    return page


@pytest.mark.parametrize(("query", "page", "places"), ASKED_IN_JAPANESE)
def test_a_question_in_japanese_finds_its_page(search_in_japanese, query, page, places):
    test_a_question_finds_the_page_that_answers_it(
        search_in_japanese, query, page, places
    )


@pytest.mark.parametrize(("query", "page", "places"), ASKED)
def test_a_question_finds_the_page_that_answers_it(search, query, page, places):
    search.locator("main input[name=q]").fill(query)
    found = search.locator("main .seegrad-found li > a")
    links = [link.partition("#")[0] for link in found.evaluate_all(HREFS)[:places]]
    assert f"./{page}.html" in links


def test_the_list_of_questions_is_long_and_has_misspelt_ones():
    assert len(ASKED_IN_JAPANESE) >= 30
    queries = [param.values[0] for param in ASKED]
    assert len(set(queries)) == len(queries) >= 40
    assert {"gradiant", "tangant", "接線"} <= set(queries)


def test_what_is_found_shows_while_typing_and_leads_there(base, browser):
    page = browser.new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{base}gallery/tangents/plot_tangent_line.html")
    assert not [url for url in requests if "minisearch" in url or "pages.js" in url]
    page.keyboard.press("Control+k")
    page.keyboard.type("version; expected vers")
    found = page.get_by_role("dialog").locator(".seegrad-found")
    expect(found.locator("li").first).to_contain_text("Overwrite a value")
    expect(found.locator("mark", has_text="expected").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("plot_saved_value"))
    assert not [url for url in requests if not url.startswith((base, "data:"))]


def test_enter_asks_the_search_page_and_its_address_can_be_kept(base, browser):
    page = browser.new_page()
    page.goto(f"{base}why_sum.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("when does the sum give no slope")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}search.html?q=when+does+the+sum+give+no+slope")
    first = page.locator("main .seegrad-found li > a").first
    expect(first).to_have_text("Why sum? › When the sum gives no slope")
    first.click()
    page.wait_for_url(f"{base}why_sum.html#when-the-sum-gives-no-slope")


def test_what_is_found_on_this_page_closes_the_dialog(base, browser):
    page = browser.new_page()
    page.goto(f"{base}why_sum.html")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").locator(".seegrad-found")).to_be_hidden()
    page.keyboard.type("when the sum gives no slope")
    page.get_by_role("dialog").get_by_role("link").first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(
        page.get_by_role("heading", name="When the sum gives no slope")
    ).to_be_in_viewport()


def test_a_word_that_no_page_has_is_said_so(search):
    search.locator("main input[name=q]").fill("zzyzx")
    expect(search.locator("main .seegrad-found")).to_have_text(
        "No page has these words."
    )


def test_every_tutorial_tells_its_topics(built, base, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    for script in (p for p in built if "/plot_" in p):
        page.goto(base + script)
        links = page.locator(".seegrad-topics a")
        assert links.count() >= 1, script
        topic = links.first.inner_text()
        links.first.click()
        section = page.locator("section section").filter(visible=True)
        expect(section).to_have_count(1)
        assert section.locator("h2").inner_text().startswith(topic)
        name = script.rpartition("/")[2]
        assert section.locator(f"a[href$='{name}']").count() == 1, script


def test_topics_are_chosen_by_keyboard(base, browser):
    page = browser.new_page()
    page.goto(f"{base}gallery/topics.html")
    sections = page.locator("section section").filter(visible=True)
    everything = sections.count()
    assert everything >= 10
    page.locator(".seegrad-choices a", has_text="All").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(sections).to_have_text(re.compile(r"\s*Tangents and slopes"))
    assert chosen(page) == ["Tangents and slopes"]
    page.locator(".seegrad-choices a", has_text="All").focus()
    page.keyboard.press("Enter")
    expect(sections).to_have_count(everything)
    assert chosen(page) == ["All"]


def chosen(page):
    """The choices that carry the sign of being chosen."""
    return page.locator(".seegrad-choices a").evaluate_all(
        """(all) => all.filter((link) => getComputedStyle(link, "::before").content
          .includes("✓")).map((link) => link.textContent)"""
    )


def test_names_in_code_lead_to_the_api_and_to_pytorch(base, browser):
    page = browser.new_page()
    page.goto(f"{base}why_sum.html")
    own = page.locator(".highlight a", has_text="seegrad.derivative").first
    assert own.get_attribute("title").startswith("seegrad.derivative(f, x")
    assert own.get_attribute("href").endswith("#seegrad.derivative")
    torch = page.locator(".highlight a", has_text="torch.allclose").first
    assert torch.get_attribute("title").startswith("torch.allclose(input, other")
    host = "https://docs.pytorch.org/docs/stable/"
    assert torch.get_attribute("href").startswith(f"{host}generated/torch.allclose")


def test_the_keyboard_finds_a_signature(base, browser):
    page = browser.new_page()
    page.goto(f"{base}why_sum.html")
    shown = "e => getComputedStyle(e, '::after').content"
    name = page.locator(".highlight a", has_text="torch.equal").first
    assert name.evaluate(shown) == "none"
    page.locator(".highlight a[title]").first.focus()
    while page.evaluate("document.activeElement.textContent") != "torch.equal":
        page.keyboard.press("Tab")
    assert name.evaluate(shown) == '"torch.equal(input, other)"'


def test_what_is_not_found_leads_back_from_any_depth(base, browser):
    page = browser.new_page()
    missing = f"{base}no/such/page.html"
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("response", lambda r: failed.append(r.url) if r.status == 404 else None)
    page.goto(missing)
    assert failed == [missing]
    page.locator("main").get_by_role("link", name="home page").click()
    assert page.locator("h1").inner_text().startswith("Autograd you can see")


@pytest.mark.parametrize("folder", ["", "ja/"])
def test_llms_txt_lists_every_page(built, folder):
    text = (HTML / f"{folder}llms.txt").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line.startswith("- [")]
    made = ("404.html", "genindex.html", "search.html")
    built = [p for p in built if p.startswith("ja/") == bool(folder)]
    built = [p.removeprefix(folder) for p in built]
    pages = {p for p in built if p not in made and not p.startswith("_modules/")}
    assert {line.partition("](")[2].partition(")")[0] for line in listed} == pages
    assert not [line for line in listed if line.endswith(": ")]


@pytest.mark.parametrize("page", ["index.html", "gallery/fields/plot_descent.html"])
def test_a_link_to_a_page_shows_what_it_says(base, browser, page):
    tab = browser.new_page()
    tab.goto(base + page)

    def told(name):
        return tab.locator(f'meta[property="og:{name}"]').get_attribute("content")

    assert told("title") == tab.locator("h1").inner_text().rstrip("#")
    first = " ".join(tab.locator("article section > p").first.inner_text().split())
    assert first.startswith(told("description").removesuffix(" …"))


def test_a_page_is_placed(built, base, browser):
    page = browser.new_page()
    page.goto(f"{base}gallery/reductions/plot_loop.html")
    crumbs = page.get_by_role("navigation", name="Breadcrumb").locator("li")
    assert [c.strip() for c in crumbs.all_inner_texts()[1:]] == [
        "Gallery",
        "Reductions",
        "Reduce with a loop",
    ]
    assert page.locator("a.left-prev").get_attribute("href") == "plot_sum.html"
    assert page.locator("a.right-next").get_attribute("href") == "plot_mean.html"
    page.goto(f"{base}why_sum.html")
    contents = page.get_by_role("navigation", name="On this page")
    assert contents.locator("a", has_text="When the sum gives no slope").count() == 1
