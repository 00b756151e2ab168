"""A graph's backward pass, step by step: by key, by hand, by ear, in a notebook."""

import pytest
from playwright.sync_api import expect

WHERE = "document.activeElement.getAttribute('aria-label')"


@pytest.fixture
def page(base, browser):
    page = browser.new_page()
    page.goto(f"{base}backward.html")
    yield page
    page.close()


@pytest.fixture
def figure(page):
    return page.locator(".seegrad-steps").first


def test_each_step_shows_what_runs(page, figure):
    words, slider = figure.locator("p"), figure.locator("input")
    slider.focus()
    page.keyboard.press("Home")
    assert words.inner_text().startswith("The whole graph")
    page.keyboard.press("ArrowRight")
    assert words.inner_text() == "1 of 5. y = 10, gradient 1. AddBackward0 gets 1."
    assert figure.locator("svg .now").count() == 2  # y and the edge that it sends
    assert figure.locator("svg .later").count() == 8
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert words.inner_text().startswith("2 of 5. AddBackward0")
    figure.locator("button").first.click()
    figure.locator("button").first.click()
    assert words.inner_text().startswith("The whole graph")
    assert figure.locator("svg .later, svg .now").count() == 0


def test_arrow_keys_never_leave_the_page_nor_lose_the_focus(page, figure):
    address = page.url
    for label, keys in {
        "Step of the backward pass": ["End", "ArrowRight", "Home", "ArrowLeft"],
        "Next step": ["Enter"] * 7 + ["ArrowRight", "ArrowLeft"],
        "Previous step": ["Enter"] * 7 + ["ArrowLeft"],
    }.items():
        figure.get_by_label(label).focus()
        for key in keys:
            page.keyboard.press(key)
            assert page.evaluate(WHERE) == label, key
    page.locator("body").press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.url == address


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_jumps_while_a_reader_steps(page, figure, width):
    page.set_viewport_size({"width": width, "height": 900})
    figure.locator("input").press("Home")
    buttons = figure.locator("button")
    places = set()
    for _ in range(5):
        boxes = [button.bounding_box() for button in buttons.all()]
        assert {(box["width"], box["height"]) for box in boxes} == {(44, 44)}
        places.add(figure.bounding_box()["height"])
        buttons.last.click()
    assert len(places) == 1


def test_a_step_is_said_once(figure):
    slider, said = figure.locator("input"), figure.locator("[aria-live]")
    figure.get_by_label("Next step").click()
    expect(said).to_have_attribute("aria-live", "polite")
    slider.press("ArrowRight")  # the slider itself says its value
    expect(said).to_have_attribute("aria-live", "off")
    assert slider.get_attribute("aria-valuetext") == said.inner_text()


def test_a_notebook_keeps_its_own_keys_to_itself_and_steps_once(base, browser):
    """As JupyterLab does: two outputs in one page, and keys that move between cells."""
    site = browser.new_page()
    site.goto(f"{base}backward.html")
    outputs = site.locator(".seegrad-steps").evaluate_all(
        """(figures) => figures.slice(0, 2).map((figure) => {
          figure.querySelector(".seegrad-control").remove();
          figure.classList.remove("seegrad-ready");
          return figure.outerHTML;
        })"""
    )
    notebook = browser.new_page()
    notebook.set_content("<!doctype html>" + "".join(outputs))
    notebook.evaluate(
        "document.body.addEventListener('keydown', () => { window.taken = true; })"
    )
    assert notebook.locator(".seegrad-control").count() == 2
    slider = notebook.locator("input").first
    slider.press("ArrowRight")
    assert notebook.locator("p").first.inner_text().startswith("2 of 5. AddBackward0")
    assert notebook.evaluate("window.taken") is None
    slider.press("Control+k")
    assert notebook.evaluate("window.taken")
    assert notebook.locator("button").first.bounding_box()["width"] == 44
