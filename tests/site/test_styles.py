"""The theme's style sheet does for each page what the whole of it would do."""

from pathlib import Path

import pydata_sphinx_theme
import pytest
from test_access import PAGES

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
WHOLE = THEME / "static" / "styles" / "pydata-sphinx-theme.css"
WIDE = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
# The selectors that ask for something on the page, whatever the reader does with it. Of
# rules that only set custom properties many are left out on purpose: those of icons.
ASKED = """([name, whole]) => {
  const rules = (group) => [...group.cssRules].flatMap(
    (rule) => rule.selectorText ? [rule] : rule.cssRules ? rules(rule) : []);
  const draws = (rule) => [...rule.style].some((name) => !name.startsWith("--"));
  const selectors = (sheet) => rules(sheet).filter(draws).flatMap((rule) =>
    rule.selectorText.match(/(?:[^,(]|\\((?:[^()]|\\([^()]*\\))*\\))+/g));
  const met = (selector) =>
    document.querySelector(selector.replace(/::?[a-z-]+(?![a-z-(])/g, ":is(*)"));
  const all = new CSSStyleSheet();
  all.replaceSync(whole);
  const ours = [...document.styleSheets].find((sheet) => sheet.href?.includes(name));
  const kept = new Set(selectors(ours).map((selector) => selector.trim()));
  const asked = selectors(all).map((selector) => selector.trim()).filter(met);
  return [asked.length, asked.filter((selector) => !kept.has(selector))];
}"""
# What has the same names on the way to it is drawn alike; the first stands for all.
STYLES = """() => {
  const found = new Map();
  const path = (e) => e && `${path(e.parentElement)}>${e.tagName}.${e.classList}`;
  for (const element of document.querySelectorAll("*")) {
    for (const part of ["", "::before", "::after"]) {
      const name = path(element) + part;
      const style = found.has(name) ? null : getComputedStyle(element, part);
      if (!style || (part && style.content === "none")) continue;
      const set = [...style].filter((property) => !property.startsWith("--"));
      const lines = set.map((property) => property + style.getPropertyValue(property));
      found.set(name, lines.join(";"));
    }
  }
  return [...found];
}"""


def opened(base, browser, page, options):
    tab = browser.new_context(reduced_motion="reduce", **options).new_page()
    tab.goto(f"{base}{page}.html", wait_until="load")
    return tab


def assert_nothing_lacks(tab):
    number, lacking = tab.evaluate(ASKED, [WHOLE.name, WHOLE.read_text("utf-8")])
    assert number > 200
    assert lacking == []
    tab.context.close()


@pytest.mark.parametrize("page", [*PAGES, "frameworks", "project/index"])
def test_every_rule_that_a_page_asks_for_is_there(base, browser, page):
    assert_nothing_lacks(opened(base, browser, page, WIDE))


@pytest.mark.parametrize("options", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_page_is_styled_as_by_the_whole_theme(base, browser, options):
    styles = []
    for whole in (False, True):
        context = browser.new_context(reduced_motion="reduce", **options)
        tab = context.new_page()
        if whole:
            tab.route(f"**/{WHOLE.name}*", lambda route: route.fulfill(path=WHOLE))
        tab.goto(f"{base}gallery/tangents/plot_tangent_line.html", wait_until="load")
        styles.append(dict(tab.evaluate(STYLES)))
        context.close()
    short, full = styles
    assert short.keys() == full.keys()
    assert len(short) > 50
    assert [name for name in short if short[name] != full[name]] == []


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


def act(tab, steps):
    for step, what in steps:
        if step == "press":
            tab.keyboard.press(what)
        elif step == "wait":
            tab.locator(what).wait_for()
        else:
            getattr(tab.locator(what).first, step)()


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        *(pytest.param(WIDE, steps, id=name) for name, steps in STATES.items()),
        *(pytest.param(PHONE, s, id=f"{n}, phone") for n, s in ON_A_PHONE.items()),
    ],
)
def test_every_rule_that_a_state_asks_for_is_there(base, browser, options, steps):
    tab = opened(base, browser, "gallery/tangents/plot_tangent_line", options)
    act(tab, steps)
    assert_nothing_lacks(tab)
