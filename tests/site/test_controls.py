"""The theme's controls under our policy: its menus, its tips, the copy buttons."""

import pytest
from playwright.sync_api import expect

TUTORIAL = "gallery/tangents/plot_tangent_line.html"
MENU = ".theme-switch-container"


@pytest.fixture
def page(base, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(base + TUTORIAL)
    yield page
    context.close()


@pytest.fixture
def button(page):
    return page.locator(f"#pst-header {MENU} button").first


@pytest.fixture
def menu(page):
    return page.locator(f"#pst-header {MENU} ul")


def test_a_theme_is_chosen_by_keyboard(page, button, menu):
    button.focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("html[data-theme=dark]")).to_be_attached()
    expect(menu).to_be_hidden()
    page.reload()
    expect(page.locator("html[data-theme=dark]")).to_be_attached()


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["ArrowDown"], "System Settings"),
        (["ArrowUp"], "Dark"),
        (["ArrowDown", "ArrowUp"], "System Settings"),
        (["ArrowDown", "ArrowDown"], "Light"),
        (["ArrowUp", "ArrowUp"], "Light"),
        (["Enter", "Tab", "Tab"], "Light"),
    ],
)
def test_keys_walk_through_a_menu(page, button, keys, chosen):
    button.focus()
    for key in keys:
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent.trim()") == chosen


def test_a_menu_closes(page, button, menu):
    def leave_by_tab():
        page.keyboard.press("Shift+Tab")

    def click_elsewhere():
        page.locator("h1").click()

    for leave in (button.click, leave_by_tab, click_elsewhere):
        button.click()
        expect(menu).to_be_visible()
        leave()
        expect(menu).to_be_hidden()
        expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()


def test_a_menu_is_within_the_screen_of_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".primary-toggle").click()
    sidebar = page.locator("#pst-primary-sidebar-modal")
    sidebar.locator(f"{MENU} button").first.click()
    box = sidebar.locator(f"{MENU} ul").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_a_tip_tells_what_a_button_does(page, way):
    search = page.locator("#pst-header .search-button").first
    tip = page.locator(".tooltip")
    getattr(search, way)()
    expect(tip).to_have_text("Search")
    over, under = search.bounding_box(), tip.bounding_box()
    assert under["y"] >= over["y"] + over["height"]
    middle = over["x"] + over["width"] / 2
    assert under["x"] < middle < under["x"] + under["width"]
    page.keyboard.press("Tab") if way == "focus" else page.mouse.move(600, 600)
    expect(tip.filter(has_text="Search")).to_have_count(0)


def test_the_collapsed_sidebar_has_a_tip(page):
    collapse = page.locator("#pst-collapse-sidebar-button")
    collapse.click()
    expect(collapse).to_have_attribute("aria-expanded", "false")
    page.mouse.move(700, 700)
    collapse.hover()
    expect(page.locator(".tooltip")).to_have_text("Expand Sidebar")
    collapse.click()
    expect(collapse).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".tooltip")).to_have_count(0)


def test_the_way_back_to_the_top_shows_when_it_is_sought(page):
    back = page.locator("#pst-back-to-top")
    page.mouse.wheel(0, 2000)
    page.wait_for_function("scrollY > 1000")
    expect(back).to_be_hidden()
    page.mouse.wheel(0, -200)
    back.click()
    page.wait_for_function("scrollY === 0")
    expect(back).to_be_hidden()


def test_code_is_copied_by_keyboard(page):
    copy = page.get_by_role("button", name="Copy").first
    copy.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied!")).to_have_count(1)
    code = page.locator(".highlight pre").first.text_content()
    assert page.evaluate("navigator.clipboard.readText()") == code.removesuffix("\n")
    expect(page.get_by_role("button", name="Copied!")).to_have_count(0)


def test_where_a_page_may_not_copy_it_selects(page):
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    page.get_by_role("button", name="Copy").first.click()
    code = page.locator(".highlight pre").first.text_content()
    page.get_by_role("button", name="Press Ctrl+C").wait_for()
    assert page.evaluate("getSelection().toString()").strip() == code.strip()
