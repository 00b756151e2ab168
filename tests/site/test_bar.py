"""The bar at the top: the way in is plain, and each page is in one of its groups."""

import posixpath
from functools import cache

import pytest
from bs4 import BeautifulSoup
from conftest import HTML

GROUPS = ["Start", "Learn", "Gallery", "Look up", "API", "Project"]
IN_JAPANESE = ["はじめに", "学ぶ", "ギャラリー", "調べる", "API", "プロジェクト"]
LINKS = "#pst-header .bd-navbar-elements a"


@pytest.mark.parametrize("words", [GROUPS, IN_JAPANESE], ids=["english", "japanese"])
def test_the_bar_is_one_line_at_every_width(base, browser, words):
    tab = browser.new_page()
    tab.goto(f"{base}why_sum.html")
    links = tab.locator(LINKS)
    assert [text.strip() for text in links.all_text_contents()] == GROUPS
    tab.evaluate(
        """([links, words]) => document.querySelectorAll(links).forEach(
          (link, k) => { link.textContent = words[k]; })""",
        [LINKS, words],
    )
    for width in range(960, 1300, 20):
        tab.set_viewport_size({"width": width, "height": 700})
        boxes = [link.bounding_box() for link in links.all()]
        assert len({box["y"] for box in boxes}) == 1, width
        assert max(box["height"] for box in boxes) < 60, width
        end = tab.locator("#pst-header .navbar-header-items__end").bounding_box()
        assert boxes[-1]["x"] + boxes[-1]["width"] <= end["x"], width


@pytest.mark.parametrize(
    ("page", "group"),
    [
        ("start", "Start"),
        ("why_sum", "Learn"),
        ("grad_none", "Look up"),
        ("gallery/topics", "Look up"),
        ("gallery/traps/plot_data", "Gallery"),
        ("api/generated/seegrad.derivative", "API"),
        ("project/speed", "Project"),
    ],
)
def test_the_bar_marks_where_a_reader_is(base, browser, page, group):
    tab = browser.new_page()
    tab.goto(f"{base}{page}.html")
    current = tab.locator("#pst-header .bd-navbar-elements .current")
    assert [text.strip() for text in current.all_text_contents()] == [group]


@pytest.mark.parametrize("group", ["learn.html", "look_up.html"])
def test_a_group_tells_of_each_of_its_pages(built, group):
    told = targets(group, "article li a")
    inside = {
        page for page in built if targets(page, ".breadcrumb-item a")[1:] == [group]
    }
    assert len(inside) >= 4
    assert inside <= set(told)


@cache
def targets(page, links):
    """Where the links of a page lead, as paths from the site's root."""
    soup = BeautifulSoup((HTML / page).read_text(encoding="utf-8"), "html.parser")
    folder = posixpath.dirname(page)
    paths = [link["href"].partition("#")[0] for link in soup.select(links)]
    return [posixpath.normpath(posixpath.join(folder, path)) for path in paths]
