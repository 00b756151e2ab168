"""The glossary: each term with a sentence, a page that shows it, and the Japanese."""

READ = """() => [...document.querySelectorAll("dl.glossary dt")].map((term) => ({
  term: term.innerText,
  said: term.nextElementSibling.innerText,
  pages: term.nextElementSibling.querySelectorAll("a.internal").length,
  japanese: [...term.nextElementSibling.querySelectorAll("[lang=ja]")]
    .map((e) => e.innerText),
}))"""


def test_every_term_has_a_sentence_a_page_and_the_japanese(base, browser):
    page = browser.new_page()
    page.goto(f"{base}glossary.html")
    entries = page.evaluate(READ)
    assert len(entries) >= 40
    for entry in entries:
        assert len(entry["said"].split()) >= 5, entry
        assert entry["pages"] == 1, entry
        assert entry["japanese"], entry
        assert all(ord(c) > 0x3000 for word in entry["japanese"] for c in word), entry
