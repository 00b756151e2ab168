"""The atlas of corners: for who comes back, who sends a row, who has a phone."""

from playwright.sync_api import expect

ROWS = ".seegrad-atlas tbody"


def test_the_filter_says_what_it_does_after_back(base, browser):
    page = browser.new_page()
    page.goto(f"{base}corners.html")
    everything = page.locator(ROWS).count()
    field = page.locator(".seegrad-filter input[type=search]")
    field.fill("sqrt")
    shown = page.locator(ROWS).filter(visible=True)
    few = shown.count()
    assert 0 < few < everything
    page.goto(f"{base}start.html")
    page.go_back()
    words = field.input_value()
    expect(shown).to_have_count(few if words else everything)
    expect(page.locator(".seegrad-filter output")).to_have_text(
        f"{few if words else everything} of {everything} rows"
    )


def test_each_row_has_an_address(base, browser):
    page = browser.new_page()
    page.goto(f"{base}corners.html")
    names = page.locator(f"{ROWS} th a")
    places = names.evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    assert len(set(places)) == page.locator(ROWS).count() > 30
    page.goto(f"{base}corners.html{places[20]}")
    row = page.locator(f"{ROWS}{places[20]}")
    expect(row).to_be_in_viewport()
    assert row.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_the_heads_stay_while_the_numbers_go_by(base, browser):
    """Wide, the page scrolls; on a phone the table does."""
    for width in (390, 1280):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{base}corners.html")
        page.locator(".seegrad-atlas").evaluate(
            """(table) => {
              table.scrollIntoView({block: "start"});
              table.scrollTop = 1000;
              if (!table.scrollTop) scrollBy(0, 1000);
            }"""
        )
        expect(page.locator(ROWS).first).not_to_be_in_viewport()
        for head in page.locator(".seegrad-atlas thead th").all()[:2]:
            expect(head).to_be_in_viewport()
        page.close()


def test_a_phone_says_that_there_is_more_beside(base, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{base}corners.html")
    hint = page.locator(".seegrad-hint")
    assert hint.is_visible()
    region = page.locator(".seegrad-atlas")
    assert region.evaluate("e => e.scrollWidth > e.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert hint.is_hidden()
