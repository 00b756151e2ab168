"""The catalogs are whole, and the check of them finds what a translator overlooks."""

import io
import json
import tokenize
from ast import dump, parse
from pathlib import Path

import catalogs
import figure_words
import pytest
import translate
import wording
from prose import markdown, script

HTML = Path(__file__).parents[2] / "docs" / "_build" / "html"
HOME = HTML / "download"
FILES = sorted(file.name for file in HOME.iterdir() if file.suffix in (".py", ".ipynb"))


@pytest.mark.parametrize("file", catalogs.files("ja"), ids=lambda file: file.stem)
def test_a_translation_says_what_the_original_says(file):
    assert list(wording.check(file)) == []


def test_every_word_of_ours_is_in_a_catalog():
    known = catalogs.messages("ja")
    assert [words for words in translate.own_words() if words not in known] == []


def test_no_catalog_has_words_that_nobody_says():
    own = {*translate.own_words()}
    assert {*ids(catalogs.SITE)} <= own
    assert sorted(ids(figure_words.CATALOG)) == sorted(figure_words.messages())


def ids(name):
    file = catalogs.folder("ja") / f"{name}.po"
    return [message.id for message in catalogs.read(file) if message.id]


GOOD = "**解答。** 和は ``x.grad`` に 4x を渡します。:doc:`/start` の 17 個です。"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("。** 和", "。**和", "markup"),
        ("は ``", "は``", "markup"),
        ("`/start`", "`/tape`", "markup added"),
        ("x.grad", "y.grad", "markup lost"),
        ("17", "16", "numbers lost: 17"),
        ("です。", "です.", "ASCII"),
        ("17 個", "17個", "no space"),
        ("4x", '"4x"', "quotes"),
    ],
)
def test_the_check_finds_what_was_overlooked(before, after, fault):
    message = "**Solution.** Sum hands 4x to ``x.grad``, all 17 of :doc:`/start`."
    assert wording.faults("gallery/x", message, GOOD) == []
    broken = GOOD.replace(before, after)
    assert broken != GOOD
    assert any(fault in found for found in wording.faults("gallery/x", message, broken))


def test_the_check_knows_markdown_from_rest():
    message = "The **slope** is `x.grad`."
    assert wording.faults("start", message, "**傾き** は `x.grad` です。") == []
    assert wording.faults("start", message, "この**「傾き」**は `x.grad` です。")
    assert wording.faults("start", message, "**傾き** は ``y`` です。")


@pytest.mark.parametrize("name", FILES)
def test_code_is_the_same_in_both_languages(name):
    english, japanese = (
        (folder / name).read_text(encoding="utf-8")
        for folder in (HOME, HTML / "ja" / "download")
    )
    assert english != japanese
    if name.endswith(".py"):
        assert tree(english) == tree(japanese)
        assert tokens(english) == tokens(japanese)
    else:
        assert cells(english) == cells(japanese)


def tree(text):
    """A script's syntax tree, without its docstring."""
    module = parse(text)
    del module.body[0]
    return dump(module)


def tokens(text):
    """A script's code, token by token, without comments and its docstring."""
    prose = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(t.type, t.string) for t in found if t.type not in prose][1:]


def cells(text):
    return [c["source"] for c in json.loads(text)["cells"] if c["cell_type"] == "code"]


SCRIPT = '''\
"""
Title
=====

Words of two
lines.
"""

# %%
# More words, ``code``.

x = 1  # stays
# sphinx_gallery_alt = "A line."
'''


def test_a_script_keeps_all_but_its_prose():
    words = {
        "Title": "題",
        "Words of two lines.": "二行の言葉。",
        "More words, ``code``.": "さらに ``code`` です。",
        "A line.": "線です。",
    }
    expected = SCRIPT.replace("=====", "==").replace("two\nlines", "two lines")
    for english, japanese in words.items():
        expected = expected.replace(english, japanese)
    assert script(SCRIPT, words.__getitem__) == expected


def test_markdown_keeps_its_marks():
    text = "(a)=\n## Two words\n\nOne, and\ntwo.\n\n- an item,\n  of two lines\n"
    words = {
        "Two words": "二語",
        "One, and two.": "一と二。",
        "an item, of two lines": "二行の項目",
    }
    expected = "(a)=\n## 二語\n\n一と二。\n\n- 二行の項目\n"
    assert markdown(text, words.__getitem__) == expected
