"""A patch of what others write fails the build once it finds nothing to mend."""

import re
from types import SimpleNamespace

import finished
import markup
import names
import pytest
import seal
import sizes
import svg
import take_home
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

FIRST, LAST = (re.compile(word) for word in ("first", "last"))


@pytest.fixture
def app(tmp_path):
    (tmp_path / "a.html").write_text("the first page")
    (tmp_path / "b.html").write_text("the last page")
    config = SimpleNamespace(language="en")
    return SimpleNamespace(outdir=tmp_path, seegrad_named=set(), config=config)


def test_a_pattern_may_be_on_any_page(app):
    finished.mend_pages(app, [(FIRST, "1st"), (LAST, r"nth")])
    assert (app.outdir / "a.html").read_text() == "the 1st page"
    assert (app.outdir / "b.html").read_text() == "the nth page"


def test_one_that_is_on_none_fails_by_name(app):
    with pytest.raises(ExtensionError, match="to be mended: 1st"):
        finished.mend_pages(app, [(FIRST, "2nd"), (re.compile("1st"), "")])


@pytest.mark.parametrize("k", range(len(markup.MENDS)))
def test_each_mend_of_markup_is_needed(app, k, monkeypatch):
    monkeypatch.setattr(markup, "MENDS", markup.MENDS[k : k + 1])
    with pytest.raises(ExtensionError, match="is to be mended"):
        markup.mend(app)


@pytest.mark.parametrize("pattern", markup.UNUSED)
def test_each_file_that_is_left_out_was_there(app, pattern, monkeypatch):
    monkeypatch.setattr(markup, "MENDS", [])
    monkeypatch.setattr(markup, "UNUSED", [pattern])
    with pytest.raises(ExtensionError, match="left out any more"):
        markup.mend(app)


@pytest.mark.parametrize("work", [names.check, seal.seal, sizes.write, svg.shorten])
def test_the_others_are_needed_too(app, work):
    with pytest.raises(ExtensionError):
        work(app)


def test_a_tutorial_without_a_footer_fails():
    app = SimpleNamespace(config=SimpleNamespace(language="en"))
    with pytest.raises(ExtensionError, match="no footer"):
        take_home.link(app, "gallery/fields/plot_descent", ["No such thing."])


@pytest.mark.parametrize("mark", ["@seegrad@", "@wheel@"])
def test_the_page_on_installing_has_its_marks(mark):
    config = SimpleNamespace(site_address="", repository_address="", version="1")
    app = SimpleNamespace(
        config=config, env=SimpleNamespace(docname=take_home.INSTALL_PAGE)
    )
    doctree = new_document("install")
    doctree += nodes.paragraph("", "@seegrad@ @wheel@".replace(mark, ""))
    with pytest.raises(ExtensionError, match=f"has no {mark}"):
        take_home.fill(app, doctree)
