"""Readers whose screen, hand or browser is not the usual one."""

import io

import pytest
from PIL import Image

LINE = "gallery/tangents/plot_tangent_line.html"
OPACITY = "e => getComputedStyle(e).opacity"


def colors(element):
    """How many colours a screenshot of something has that many pixels share."""
    shot = Image.open(io.BytesIO(element.screenshot())).convert("RGB")
    return [
        c for n, c in shot.getcolors(1 << 24) if n > 0.003 * shot.width * shot.height
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chosen_colours_keep_the_icons_and_the_figures(base, browser, scheme):
    context = browser.new_context(forced_colors="active", color_scheme=scheme)
    page = context.new_page()
    page.goto(base + LINE)
    icons = page.locator("#pst-header .fa-solid").filter(visible=True)
    assert icons.count() >= 2
    assert all(len(colors(icon)) > 1 for icon in icons.all())
    figure = page.locator("figure img").first
    assert (255, 255, 255) in colors(figure)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_name_of_the_site_is_seen_without_a_script(base, browser, scheme):
    context = browser.new_context(java_script_enabled=False, color_scheme=scheme)
    page = context.new_page()
    page.goto(base + LINE)
    for part in (".navbar-brand p", "h1", "article section > p"):
        shot = page.locator(part).first.screenshot()
        grey = Image.open(io.BytesIO(shot)).convert("L")
        darkest, lightest = grey.getextrema()
        assert lightest - darkest > 150, part
    context.close()


def test_touch_shows_what_a_mouse_finds_by_hovering(base, browser):
    context = browser.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(base + LINE)
    for button in (".copybtn", ".seegrad-figure button"):
        assert page.locator(button).first.evaluate(OPACITY) == "1", button
    context.close()


LATER = "all => all.map((e) => getComputedStyle(e).opacity)"
WEIGHT = "e => getComputedStyle(e).fontWeight"


@pytest.mark.parametrize("wish", [{"forced_colors": "active"}, {"media": "print"}])
def test_in_chosen_colours_and_on_paper_no_part_of_a_graph_is_faint(
    base, browser, wish
):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{base}backward.html")
    later = page.locator(".seegrad-steps svg .later")
    assert later.count() > 3
    assert set(later.evaluate_all(LATER)) == {"0.5"}
    page.emulate_media(**wish)
    assert set(later.evaluate_all(LATER)) == {"1"}
    bold = page.locator(".seegrad-steps svg .now text").first.evaluate(WEIGHT)
    assert bold == ("400" if "media" in wish else "700")  # on paper nobody steps
    context.close()


FONT = "[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)"
SIZES = """() => [...document.querySelectorAll("math munderover > mo")].map((sum) => ({
  sum: sum.getBoundingClientRect().height,
  term: sum.closest("math").querySelector("mfrac mi")?.getBoundingClientRect().height,
}))"""


def test_formulas_bring_their_font(base, browser):
    page = browser.new_page()
    page.goto(f"{base}why_sum.html")
    page.evaluate("document.fonts.ready")
    assert any("STIX Two Math" in name for name in page.evaluate(FONT))
    sizes = page.evaluate(SIZES)
    assert len(sizes) == 2
    assert all(size["sum"] > 1.3 * size["term"] for size in sizes)
    formula = page.locator("math", has_text="′").first
    assert "'" not in formula.text_content()
    page.goto(f"{base}start.html")  # no formula, no font
    assert page.locator("link[as=font]").count() == 0


@pytest.mark.parametrize("width", [320, 360, 390])
def test_the_questions_about_none_are_whole_on_a_phone(base, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{base}grad_none.html")
    for part in page.locator(".questions > *").all():
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert part.evaluate(
            "e => e.scrollWidth <= e.clientWidth + 1 || !e.clientWidth"
        )


def test_topics_stand_under_the_text(base, browser):
    page = browser.new_page()
    page.goto(base + LINE)
    text = page.locator("article section > p").first.bounding_box()
    assert page.locator(".seegrad-topics").bounding_box()["x"] == text["x"]


EDGE = "(e, end) => { e.scrollLeft = end ? e.scrollWidth : 0 }"


@pytest.mark.parametrize(
    ("page", "part"),
    [("corners", "figure"), ("frameworks", ".pst-scrollable-table-container")],
)
def test_a_shadow_tells_on_which_side_there_is_more(base, browser, page, part):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(f"{base}{page}.html")
    wide = tab.locator(part).first
    assert wide.evaluate("e => e.scrollWidth > e.clientWidth + 100")
    wide.scroll_into_view_if_needed()
    for end in (False, True):
        wide.evaluate(EDGE, end)
        box = wide.bounding_box()
        clip = {**box, "height": min(box["height"], 400)}
        shot = Image.open(io.BytesIO(tab.screenshot(clip=clip))).convert("L")
        left, right = (
            sorted(shot.crop((x, 0, x + 1, shot.height)).tobytes())[shot.height // 2]
            for x in (0, shot.width - 2)
        )
        assert (left < 200, right < 200) == (end, not end)


THUMBNAILS = ".sphx-glr-thumbcontainer img"


def test_thumbnails_are_light_lazy_and_three_to_a_row(base, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    bodies = {}
    page.on(
        "response",
        lambda r: bodies.update({r.url: r}) if "_thumb." in r.url else None,
    )
    page.goto(f"{base}gallery/index.html", wait_until="networkidle")
    pictures = page.locator(THUMBNAILS)
    assert set(pictures.evaluate_all("all => all.map(e => e.loading)")) == {"lazy"}
    assert len(bodies) < pictures.count()  # those far below wait
    tops = [box["y"] for box in (p.bounding_box() for p in pictures.all()[:3])]
    assert len(set(tops)) == 1
    sources = set(pictures.evaluate_all("all => all.map(e => e.src)"))
    assert len(sources) >= 30
    weight = sum(len(page.request.get(source).body()) for source in sources)
    assert weight < 11_500 * len(sources)
