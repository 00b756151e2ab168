"""The page of error messages: each is quoted as the build's PyTorch printed it."""

SECTIONS = """() => [...document.querySelectorAll("section")]
  .filter((section) => section.querySelector(":scope > h3"))
  .map((section) => ({
    title: section.querySelector("h3").innerText.replace(/#$/, "").trim(),
    said: section.querySelector(".cell_output")?.innerText ?? "",
    paragraphs: [...section.querySelectorAll(":scope > p")].map((p) => p.innerText),
    cells: section.querySelectorAll(".cell").length,
    pages: section.querySelectorAll(":scope > p:last-of-type a").length,
  }))"""


def words(text):
    return " ".join(text.split())


def read(base, browser):
    page = browser.new_page()
    page.goto(f"{base}errors.html")
    return page, page.evaluate(SECTIONS)


def test_every_title_is_what_pytorch_said(base, browser):
    _, sections = read(base, browser)
    assert len(sections) >= 14
    for section in sections:
        assert section["title"] in words(section["said"])


def test_every_message_has_a_cause_a_fix_that_runs_and_a_page(base, browser):
    _, sections = read(base, browser)
    for section in sections:
        first = {p.split()[0] for p in section["paragraphs"]}
        assert {"Cause.", "Fix."} < first, section["title"]
        assert first & {"Shown", "Background"}, section["title"]
        assert section["cells"] == 2, section["title"]
        assert section["pages"], section["title"]


def test_the_index_lists_every_message(base, browser):
    page, sections = read(base, browser)
    listed = page.locator("main nav.contents li li a").all_inner_texts()
    assert [words(entry) for entry in listed] == [s["title"] for s in sections]
