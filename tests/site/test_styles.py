"""The theme's style sheet does for each page what the whole of it would do."""

from pathlib import Path

import pydata_sphinx_theme
import pytest
from test_access import PAGES

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
WHOLE = THEME / "static" / "styles" / "pydata-sphinx-theme.css"
STYLES = """() => [...document.querySelectorAll("*")].flatMap((element) =>
  ["", "::before", "::after"].map((part) => {
    const style = getComputedStyle(element, part);
    if (part && style.content === "none") return "";
    let sum = 0;  // of all that is set, for it would be megabytes
    for (const name of style) {
      if (name.startsWith("--")) continue;
      const line = name + style.getPropertyValue(name);
      for (let k = 0; k < line.length; k++) sum = (31 * sum + line.charCodeAt(k)) | 0;
    }
    return `${element.tagName} ${element.className} ${part} ${sum}`;
  })).filter(Boolean)"""


def differences(base, browser, page, act, **options):
    """What is drawn in another way with the whole style sheet; nothing may move."""
    styles = []
    for whole in (False, True):
        context = browser.new_context(reduced_motion="reduce", **options)
        tab = context.new_page()
        if whole:
            tab.route(f"**/{WHOLE.name}*", lambda route: route.fulfill(path=WHOLE))
        tab.goto(f"{base}{page}.html", wait_until="load")
        act(tab)
        tab.wait_for_timeout(100)
        styles.append(tab.evaluate(STYLES))
        context.close()
    assert len(styles[0]) == len(styles[1]) > 100
    return [pair for pair in zip(*styles, strict=True) if len({*pair}) > 1]


@pytest.mark.parametrize("page", [*PAGES, "frameworks", "project/index"])
def test_pages_are_styled_as_by_the_whole_theme(base, browser, page):
    def nothing(tab):
        tab.evaluate("document.activeElement.blur()")

    wide = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    for options in (wide, phone):
        assert not differences(base, browser, page, nothing, **options)


STATES = {
    "menu": [("click", "#pst-header .theme-switch-button"), ("press", "ArrowDown")],
    "tip": [("hover", "#pst-header .search-button"), ("wait", ".tooltip")],
    "search": [("press", "Control+k")],
    "collapsed": [("click", "#pst-collapse-sidebar-button")],
    "copied": [("hover", ".copybtn"), ("click", ".copybtn")],
    "link": [("hover", ".highlight a")],
    "section": [("click", ".bd-docs-nav .toctree-toggle")],
}
ON_A_PHONE = {
    "sidebar": [("click", ".primary-toggle")],
    "menu": [
        ("click", ".primary-toggle"),
        ("click", "#pst-primary-sidebar-modal .theme-switch-button"),
    ],
}


def acting(steps):
    def act(tab):
        for step, what in steps:
            if step == "press":
                tab.keyboard.press(what)
            elif step == "wait":
                tab.locator(what).wait_for()
            else:
                getattr(tab.locator(what).first, step)()

    return act


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("width", "state"), [*((1280, s) for s in STATES), *((390, s) for s in ON_A_PHONE)]
)
def test_states_are_styled_as_by_the_whole_theme(base, browser, width, state, scheme):
    steps = (STATES if width == 1280 else ON_A_PHONE)[state]
    page = "gallery/tangents/plot_tangent_line"
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    assert not differences(base, browser, page, acting(steps), **options)
