"""Every page of the built site, as a reader's browser meets it."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from conftest import HTML, SCHEMES, faults, visit_all, weight

CHAPTERS = ["start", "why_sum", "backward", "from_scratch", "frameworks", "corners"]
CHAPTERS += ["cost", "higher_orders", "gradient_argument", "grad_none_model", "tape"]
SPECIAL = {"404.html", "genindex.html", "search.html"}


def test_every_page_was_visited(built, visits):
    assert [v.page for v in visits] == built
    assert all(list(v.axe) == list(SCHEMES.items()) for v in visits)
    assert len(built) > 50


def test_nothing_loads_from_another_host(visits, base):
    own = (base, "data:", "blob:")
    assert not faults(
        visits, lambda v: [url for url in v.requests if not url.startswith(own)]
    )
    assert all(v.requests for v in visits)


def test_every_page_is_sealed(visits):
    def unsealed(v):
        policy = v.read["policy"] or ""
        strict = policy.startswith("default-src 'self'; script-src 'self'")
        return not strict or "unsafe-inline" in policy or "unsafe-eval" in policy

    assert not faults(visits, unsealed)


def test_a_sealed_page_runs_nothing_that_slips_in(base, browser):
    page = browser.new_page()
    page.goto(f"{base}why_sum.html")
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.slipped = true";
      document.body.append(script);
    }""")
    assert page.evaluate("window.slipped") is None


def test_the_first_page_of_a_visit_is_light(visits):
    weights = {v.page: weight(v.files) for v in visits}
    assert all(found > 60_000 for found in weights.values())  # it was measured
    assert not {page: found for page, found in weights.items() if found > 200_000}


def test_a_further_page_is_lighter(visits):
    homes = {v.page: v.files for v in visits if v.page.endswith("index.html")}
    known = [homes["index.html"], homes["ja/index.html"]]
    weights = {
        v.page: weight(v.files - known[v.page.startswith("ja/")])
        for v in visits
        if v.files not in known
    }
    assert all(found > 1_000 for found in weights.values())
    assert not {page: found for page, found in weights.items() if found > 60_000}


def test_no_script_draws_icons(visits):
    assert not faults(visits, lambda v: [u for u in v.requests if "fontawesome" in u])


def test_every_page_tells_what_it_was_built_with(visits):
    told = re.compile(
        r"(?:Built with |使用：)seegrad \S+ · torch [\d.]+ · Python 3[\d.]+ · "
        r"(?:source of \d{4}-\d\d-\d\d\.|\d{4}-\d\d-\d\d のソース)"
    )
    assert not faults(visits, lambda v: not told.fullmatch(v.read["built"] or ""))


def test_the_keyboard_reaches_everything(visits):
    assert not faults(visits, lambda v: v.read["unreachable"])


# A violation of a page's own policy is an error on the console, too.
def test_no_script_errors(visits):
    assert not faults(visits, lambda v: v.errors)


def test_nothing_moves_while_a_page_comes(visits, base):
    def moves(visit):
        return [shift for shift in visit.shifts if shift[0] > 0.001]

    # On a busy machine the browser may show a page of which half a line has come, and
    # the line grows: by chance, and not each time.
    found = faults(visits, moves)
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            again = pool.submit(visit_all, base, list(found)).result()
            found = faults(again, moves)
    assert not found


PLACES = """() => Object.fromEntries(
  [...document.querySelectorAll("main :is(h1, h2, h3, p, pre, img, tr, svg, footer)")]
    .filter((e) => !e.closest(".seegrad-control, .copybtn"))
    .map((e, k) => [`${k} ${e.tagName}`, Math.round(e.getBoundingClientRect().top)]))"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", ["backward", "corners", "frameworks", "why_sum"])
def test_nothing_moves_when_a_late_script_comes(base, browser, page, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    places = []
    for scripts in ("none", "all"):
        if scripts == "none":
            tab.route("**/*.js*", lambda route: route.abort())
        else:
            tab.unroute("**/*.js*")
        tab.goto(f"{base}{page}.html", wait_until="load")
        places.append(tab.evaluate(PLACES))
    assert len(places[0]) > 40
    assert places[0] == places[1]


def test_no_page_scrolls_sideways(visits):
    assert not faults(visits, lambda v: v.too_wide)


def test_every_page_has_one_title(visits):
    assert not faults(
        visits, lambda v: len(v.read["headings"]) != 1 or not v.read["title"]
    )


def test_every_picture_shows(visits):
    assert not faults(
        visits, lambda v: [p["src"] for p in v.read["pictures"] if not p["ok"]]
    )


def is_short(text):
    """Whether it has too few words; Japanese has no spaces between them."""
    words = re.findall("[ぁ-ヿ一-鿿]{2}|[^ ぁ-ヿ一-鿿]+", text)
    return len(words) < 6


def test_figures_have_text_that_somebody_wrote(visits):
    def unwritten(v):
        figures = [p for p in v.read["pictures"] if "_thumb." not in p["src"]]
        return [p["src"] for p in figures if is_short(p["alt"] or "")]

    assert not faults(visits, unwritten)
    figures = [
        p for v in visits for p in v.read["pictures"] if "_thumb." not in p["src"]
    ]
    assert len(figures) >= 20


def test_figures_have_captions(visits):
    assert not faults(visits, lambda v: v.read["bare"])


def test_figures_are_svg_and_lighter_than_sharp_png(visits, browser):
    pictures = {p["src"] for v in visits for p in v.read["pictures"]}
    paths = sorted({HTML / unquote(urlparse(src).path)[1:] for src in pictures})
    assert {path.suffix for path in paths} == {".svg"}
    page = browser.new_context(device_scale_factor=2).new_page()
    for path in paths:
        page.set_content(path.read_text(encoding="utf-8").partition("?>")[2])
        png = page.locator("svg").first.screenshot(omit_background=True)
        assert len(gzip.compress(path.read_bytes())) < len(png), path.name


def test_formulas_are_mathml(visits):
    read = [v for v in visits if "_modules/" not in v.page]  # the library
    assert not faults(
        read, lambda v: re.findall(r"\$\$|\\frac|\\partial", v.read["text"])
    )
    by_page = {v.page: v.read["formulas"] for v in visits}
    assert by_page["why_sum.html"] == 3
    assert by_page["gallery/reductions/plot_reductions.html"] == 1


def test_solutions_are_folded_and_run(visits):
    folded = {v.page: v.read["folded"] for v in visits if v.read["folded"]}
    scripts = {v.page for v in visits if "/plot_" in v.page}
    chapters = {f"{folder}{name}.html" for folder in ("", "ja/") for name in CHAPTERS}
    assert set(folded) == scripts | chapters
    for solutions in folded.values():
        assert [(s["open"], s["code"] > 0) for s in solutions] == [(False, True)]


def test_no_link_leads_nowhere(visits, base):
    def broken(v):
        own = {urldefrag(url).url for url in v.read["links"] if url.startswith(base)}
        paths = [unquote(urlparse(url).path).lstrip("/") for url in own]
        return [p for p in paths if not (HTML / (p or "index.html")).exists()]

    assert not faults(visits, broken)


def test_downloads_are_served(visits, base, browser):
    page = browser.new_page()
    links = {url for v in visits for url in v.read["links"] if "/download/" in url}
    assert {url.rpartition(".")[2] for url in links} == {"py", "ipynb", "whl", "zip"}
    for url in links:
        assert page.request.get(url).status == 200, url


CONTRAST = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map(
      (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    const color = getComputedStyle(e).backgroundColor;
    return (numbers(color)[3] ?? 1) === 0 ? behind(e.parentElement) : color;
  };
  return [...document.querySelectorAll("svg.seegrad-graph text")].map((e) => {
    const pair = [light(getComputedStyle(e).fill), light(behind(e))].sort();
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_graphs_can_be_read(base, browser, scheme):
    page = browser.new_context(color_scheme=scheme).new_page()
    for name in ("backward", "gallery/reductions/plot_sum"):
        page.goto(f"{base}{name}.html")
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) >= 9
        assert min(ratios) >= 4.5


def test_graphs_show_without_scripts(base, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{base}backward.html")
    figure = page.locator(".seegrad-steps").first
    words = figure.locator("svg[role=img] desc").text_content()
    assert words.startswith("y = 10, gradient 1")
    assert figure.locator("svg .node").count() == 5
