"""The tabs of the three frameworks, and the atlas, by keyboard and without scripts."""

import csv
import re

import pytest

CHOSEN = """() => [...document.querySelectorAll(".sd-tab-set")].map((set) =>
  set.querySelector("input:checked").nextElementSibling.textContent.trim())"""
ORDER = """() => [...document.querySelectorAll(".seegrad-atlas tbody")]
  .filter((body) => !body.hidden)
  .map((body) => body.rows[0].cells[0].firstChild.textContent.trim())"""
NOISE = re.compile(r"oneDNN|absl|cuda|cpu_feature_guard|XLA|No GPU|Warning:", re.I)


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def atlas(page, base):
    page.goto(f"{base}corners.html")
    return page


def test_a_framework_is_chosen_once_for_the_whole_site(page, base):
    page.goto(f"{base}frameworks.html")
    assert set(page.evaluate(CHOSEN)) == {"PyTorch"}
    page.locator(".sd-tab-set input").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    chosen = page.evaluate(CHOSEN)
    assert set(chosen) == {"JAX"}
    assert len(chosen) == 7
    page.goto(f"{base}corners.html")
    assert page.evaluate(CHOSEN) == ["JAX"] * 2
    later = page.context.new_page()  # a visit on another day, in another tab
    later.goto(f"{base}frameworks.html")
    assert set(later.evaluate(CHOSEN)) == {"JAX"}


def test_every_tab_shows_what_its_code_printed(page, base):
    for name in ("frameworks", "corners"):
        page.goto(f"{base}{name}.html")
        panels = page.locator(".sd-tab-content")
        for k in range(panels.count()):
            panel = panels.nth(k)
            assert panel.locator(".cell_input pre").count() == 1
            assert panel.locator(".cell_output pre").text_content().strip()


def test_no_page_shows_the_noise_of_a_start(page, base):
    for name in ("frameworks", "corners", "from_scratch"):
        page.goto(f"{base}{name}.html")
        for output in page.locator(".cell_output pre").all_text_contents():
            assert not NOISE.search(output)


def test_the_atlas_is_filtered_by_keyboard(atlas):
    everything = atlas.evaluate(ORDER)
    atlas.get_by_label("Filter").focus()
    atlas.keyboard.type("ties argmax")
    assert atlas.evaluate(ORDER) == []
    for _ in "ties argmax":
        atlas.keyboard.press("Backspace")
    atlas.keyboard.type("argmax")
    assert atlas.evaluate(ORDER) == ["value at the argmax"]
    assert atlas.locator("output").inner_text() == f"1 of {len(everything)} rows"
    atlas.get_by_label("Filter").fill("")
    atlas.keyboard.press("Tab")
    atlas.keyboard.press("Space")
    differing = atlas.evaluate(ORDER)
    assert "|x|" in differing
    assert "√x" not in differing
    atlas.keyboard.press("Space")
    atlas.get_by_label("Kind").select_option("spellings of max(x, 0)")
    assert len(atlas.evaluate(ORDER)) == 10


def test_the_atlas_is_sorted_by_keyboard(atlas):
    at_first = atlas.evaluate(ORDER)
    head = atlas.get_by_role("columnheader", name="left slope")
    head.get_by_role("button").focus()
    atlas.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert atlas.evaluate(ORDER)[:2] == ["|x|", "√(x²)"]  # −1 both
    atlas.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    atlas.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert atlas.evaluate(ORDER) == at_first


def test_a_case_opens_its_code_by_keyboard(atlas):
    case = atlas.locator(".seegrad-atlas tbody").first
    assert not case.locator("dl").is_visible()
    case.locator("summary").focus()
    atlas.keyboard.press("Enter")
    assert case.locator("dd").all_inner_texts() == [
        "x.abs()",
        "tf.abs(x)",
        "jnp.abs(x)",
    ]


def test_differences_are_marked_by_more_than_colour(atlas):
    odd = atlas.locator(".seegrad-atlas td.odd")
    assert odd.count() > 10
    for k in range(odd.count()):
        assert odd.nth(k).locator("abbr[title='differs from the others']").count() == 1


def test_the_atlas_shows_without_scripts(base, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{base}corners.html")
    bodies = page.locator(".seegrad-atlas tbody")
    assert bodies.count() >= 30
    assert all(bodies.nth(k).is_visible() for k in range(bodies.count()))
    assert page.locator(".seegrad-filter").is_hidden()
    assert page.locator(".seegrad-atlas thead button:enabled").count() == 0


def test_the_csv_is_the_table(atlas):
    with atlas.expect_download() as download:
        atlas.get_by_text("Download the table as CSV").click()
    assert download.value.suggested_filename == "corners.csv"
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["function"] for line in lines] == atlas.evaluate(ORDER)
    heads = atlas.locator(".seegrad-atlas thead th").all_inner_texts()
    assert set(heads) < set(lines[0])
