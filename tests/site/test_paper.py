"""A page that is printed says all that it says on a screen."""

import io
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from conftest import BROWSERS, chromium
from pypdf import PdfReader

WORDS = """() => {
  const article = document.querySelector("main article");
  const unsaid = "script, style, math, svg, .headerlink, .sphx-glr-footer, .copybtn, "
    + ".sphx-glr-download-link-note, .seegrad-control, .seegrad-filter, .seegrad-hint, "
    + ".seegrad-choices, .expanded, .sd-hide-link-text, .seegrad-explore details, "
    + ".seegrad-moves, .seegrad-words ~ *";
  for (const gone of article.querySelectorAll(unsaid)) gone.remove();
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode.data);
  const between = /[\\s\\u3000-\\u30ff\\u4e00-\\u9fff\\uff00-\\uffef]+/;  // or Japanese
  return texts.join(" ").split(between).filter((word) => /[a-z0-9]/i.test(word));
}"""
SHOWN = "getComputedStyle(document.querySelector('.bd-article')).color"


def letters(text):
    """A text without what a PDF spells in its own way: spaces, hyphens, ligatures."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", text).lower())


def on_paper(tab, address):
    """A page's words, and the text of its PDF."""
    tab.goto(address)
    paper = tab.pdf(format="A4", print_background=True)
    sheets = PdfReader(io.BytesIO(paper)).pages
    return tab.evaluate(WORDS), "".join(sheet.extract_text() for sheet in sheets)


def all_on_paper(base, pages):
    with chromium() as opened:
        tab = opened.new_page()
        return {page: on_paper(tab, base + page) for page in pages}


@pytest.fixture(scope="module")
def papers(built, base):
    pages = [p for p in built if not p.endswith("search.html")]  # a form, and no text
    shares = [pages[k::BROWSERS] for k in range(BROWSERS)]
    with ThreadPoolExecutor(BROWSERS) as pool:
        found = pool.map(partial(all_on_paper, base), shares)
        return {page: both for share in found for page, both in share.items()}


def test_a_page_ends_on_paper_as_it_ends_on_a_screen(papers):
    def lost(words, paper):
        end = letters(paper)[-2000:]
        return [word for word in words[-10:] if letters(word) not in end]

    assert not {page: found for page, both in papers.items() if (found := lost(*both))}


def test_paper_loses_no_word(papers):
    def lost(words, paper):
        everything = letters(paper)
        return [word for word in words if letters(word) not in everything]

    assert len(papers) > 90
    assert not {page: found for page, both in papers.items() if (found := lost(*both))}


def test_solutions_are_open_on_paper(papers):
    words, paper = papers["gallery/tangents/plot_tangent_line.html"]
    solution = words[words.index("Solution") :]
    assert len(solution) > 40
    assert letters("".join(solution[:12])) in letters(paper)


def test_what_lies_beside_a_page_is_not_printed(base, browser):
    tab = browser.new_page()
    tab.goto(f"{base}gallery/tangents/plot_tangent_line.html")
    tab.emulate_media(media="print")
    beside = "#pst-header", ".bd-sidebar-primary", ".prev-next-footer", ".copybtn"
    for hidden in beside:
        assert tab.locator(hidden).first.is_hidden(), hidden


def test_paper_is_white_though_the_screen_is_dark(base, browser):
    tab = browser.new_page(color_scheme="dark")
    tab.goto(f"{base}why_sum.html")
    dark = tab.evaluate(SHOWN)
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"
    assert tab.evaluate(SHOWN) != dark
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.evaluate(SHOWN) == dark
