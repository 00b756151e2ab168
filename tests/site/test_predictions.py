"""A reader guesses first: graphs that ask, answers that are folded."""

import pytest


def numbers_on_edges(figure):
    texts = figure.locator("svg .edge text").all()
    return [text.text_content().strip() for text in texts if text.is_visible()]


@pytest.mark.parametrize(
    "page", ["start", "backward", "gallery/tangents/plot_chain_rule"]
)
def test_a_graph_that_asks_opens_before_the_answer(base, browser, page):
    """And is whole on paper, and for a reader without scripts."""
    with_scripts = browser.new_page()
    with_scripts.goto(f"{base}{page}.html")
    figure = with_scripts.locator(".seegrad-steps[data-start]").first
    steps = figure.locator("p span").first
    assert steps.inner_text().startswith(f"{figure.get_attribute('data-start')} of ")
    shown = numbers_on_edges(figure)
    edges = figure.locator("svg .edge").count()
    assert shown[0] == "1"
    assert len(shown) < edges
    figure.locator("button").last.click()
    assert len(numbers_on_edges(figure)) > len(shown)
    with_scripts.emulate_media(media="print")
    assert len(numbers_on_edges(figure)) == edges
    without = browser.new_context(java_script_enabled=False).new_page()
    without.goto(f"{base}{page}.html")
    figure = without.locator(".seegrad-steps[data-start]").first
    assert len(numbers_on_edges(figure)) == edges


def test_why_a_graph_has_no_numbers_stands_below_it(base, browser):
    page = browser.new_page()
    page.goto(f"{base}backward.html")
    assert page.locator(".seegrad-why").all_inner_texts() == [
        "The gradient was not asked for."
    ]


def test_what_answers_a_question_is_folded(base, browser):
    page = browser.new_page()
    page.goto(f"{base}start.html")
    guess = page.locator("details.guess", has_text="0.1600").last
    assert not guess.locator("pre").is_visible()
    guess.locator("summary").click()
    assert guess.locator("pre").inner_text().strip() == "tensor(0.1600)"
