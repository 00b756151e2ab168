"""What the extensions make of a small site: what they refuse, what has an address."""

import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import figures
import one_sheet
import pytest
from matplotlib import pyplot
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace

DOCS = Path(__file__).parents[2] / "docs"
CONF = """\
import sys
sys.path[:0] = {places}
project = "small"
extensions = ["address", "alt_text", "card", "listings", "seal", "notfound.extension"]
html_theme = "basic"
templates_path = [{templates!r}]
"""
HOME = """\
Home
====

The *first* words & more. And others.

.. toctree::

   other
"""
OTHER = "A & B\n=====\n\nIt has a picture.\n\n{}\n"
PICTURE = ".. image:: dot.svg\n   :alt: {}"
TOLD = PICTURE.format("A dot in a square.")
ALT = '# sphinx_gallery_alt = "A dot in a square."\n'
CAPTION = '# sphinx_gallery_caption = "Look at the dot."\n'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build two pages, one with a picture, and return the folder of the site."""
    monkeypatch.delenv("SEEGRAD_SITE", raising=False)
    monkeypatch.delenv("READTHEDOCS_CANONICAL_URL", raising=False)
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()

    def build(picture=TOLD):
        places = [str(DOCS), str(DOCS / "_ext")]
        conf = CONF.format(places=places, templates=str(DOCS / "_templates"))
        (source / "conf.py").write_text(conf)
        (source / "index.rst").write_text(HOME)
        (source / "other.rst").write_text(OTHER.format(picture))
        (source / "dot.svg").write_text(SVG)
        words = tmp_path / "words.txt"
        with docutils_namespace(), words.open("w") as said:
            app = Sphinx(
                source, source, out, tmp_path / "trees", "html", {}, None, said
            )
            app.build()
        assert app._warncount == len(words.read_text().splitlines())
        return out, words.read_text()

    return build


def test_a_picture_with_words_is_taken(build):
    assert build()[1] == ""


@pytest.mark.parametrize(
    "picture", [".. image:: dot.svg", PICTURE.format("dot"), PICTURE.format("dot.svg")]
)
def test_a_picture_without_words_is_a_warning(build, picture):
    _, warned = build(picture)
    assert "the picture dot.svg needs an alternative text" in warned
    assert "[alt_text]" in warned


@pytest.mark.parametrize("words", ["", ALT, CAPTION, ALT + CAPTION + CAPTION])
def test_a_script_says_what_its_figure_shows_and_what_to_look_at(words):
    block = SimpleNamespace(content=f"plt.show()\n{words}", lineno=9)
    pyplot.figure()
    with pytest.raises(ExtensionError, match=r"plot_dot\.py, line 9: .* 1 figures"):
        figures.scrape(block, {"src_file": "plot_dot.py"}, {})
    pyplot.close()


def test_without_an_address_nothing_needs_one(build):
    site, _ = build()
    assert not (site / "sitemap.xml").exists()
    assert "- [A & B](other.html): It has a picture." in (site / "llms.txt").read_text()
    page = (site / "other.html").read_text()
    assert '<meta property="og:title" content="A &amp; B" />' in page
    assert "og:image" not in page
    assert '<meta name="twitter:card" content="summary" />' in page
    assert "canonical" not in page
    assert (site / "robots.txt").read_text() == "User-agent: *\nAllow: /\n"


NAMES = ["index", "other"]


@pytest.mark.parametrize("variable", ["SEEGRAD_SITE", "READTHEDOCS_CANONICAL_URL"])
def test_with_an_address_the_site_is_found_from_outside(build, monkeypatch, variable):
    monkeypatch.setenv(variable, "https://here.test/deep")
    site, _ = build()
    places = ET.parse(site / "sitemap.xml").iterfind(".//{*}loc")
    base = "https://here.test/deep/"
    pages = [f"{folder}{name}.html" for folder in ("", "ja/") for name in NAMES]
    assert [p.text for p in places] == [f"{base}{page}" for page in pages]
    home = (site / "index.html").read_text()
    for name, content in {
        "title": "Home",
        "description": "The first words &amp; more. And others.",
        "url": f"{base}index.html",
        "image": f"{base}_static/card.png",
    }.items():
        assert f'<meta property="og:{name}" content="{content}" />' in home
    assert '<meta name="twitter:card" content="summary_large_image" />' in home
    assert f'<link rel="canonical" href="{base}index.html" />' in home
    robots = (site / "robots.txt").read_text()
    assert robots == f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    assert (site / "_static/card.png").read_bytes()[1:4] == b"PNG"
    assert f"({base}other.html)" in (site / "llms.txt").read_text()
    assert 'href="/deep/_static/' in (site / "404.html").read_text()


def test_a_page_names_what_it_runs(build):
    """The policy is the same when nothing changed, and names each inline script."""
    site, _ = build()
    page = site / "index.html"
    first = page.read_text()
    assert first.count('http-equiv="Content-Security-Policy"') == 1
    assert "default-src 'self'" in first
    build()
    assert page.read_text() == first


SHEETS = {
    "basic.css": "p { top: 0 }",
    "theme.css": '@import "../basic.css";',
    "icons.css": '@font-face{src:url(../fontawesome.woff2)}.fa-b{--fa:"\\30 "}'
    ".fa-a{top:1px}",
    "seegrad.css": "b { top: 2px }",
}
USED = """\
.here, .gone { top: 3px }
:is(.gone, p) .here:not(.gone, :is(.gone)) { top: 4px }
@media print { .late-one { top: 5px } }
@keyframes turn { 12.5% { top: 6px } }
.a\\:b { top: 7px }"""
UNUSED = """\
/* { */ .gone { top: 8px }
.here .gone, .gone:not(.here) { top: 9px }"""
LINK = '<link rel="stylesheet" href="{}_static/{}?v=1" />\n'


@pytest.fixture
def sheets(tmp_path):
    """Two pages with three sheets each, as an app that has written them."""

    def write(own="seegrad.css", **changed):
        (tmp_path / "_static").mkdir()
        (tmp_path / "deep").mkdir()
        for name, css in (SHEETS | changed).items():
            (tmp_path / "_static" / name).write_text(css)
        for page, up, last in (("index", "", "seegrad.css"), ("deep/a", "../", own)):
            links = [LINK.format(up, n) for n in ("theme.css", "icons.css", last)]
            html = f'<p class="here fa-a">{"".join(links)}</p>'
            (tmp_path / f"{page}.html").write_text(html)
        (tmp_path / "_static" / "late.js").write_text("name = `late-${k}`;")
        return SimpleNamespace(outdir=tmp_path)

    return write


def test_many_sheets_become_one(sheets):
    app = sheets()
    one_sheet.join(app)
    (left,) = (app.outdir / "_static").glob("*.css")
    assert left.name == "seegrad.css"
    css = left.read_text()
    assert css == "p { top: 0 }.fa-a{top:1px}\nb { top: 2px }"
    page = (app.outdir / "deep" / "a.html").read_text()
    assert page.count("<link") == 1
    assert page.startswith('<p class="here fa-a"><link href="../_static/seegrad.css?v=')


def test_rules_for_what_no_page_has_are_left_out(sheets):
    app = sheets(**{"seegrad.css": USED + UNUSED})
    one_sheet.join(app)
    css = (app.outdir / "_static" / "seegrad.css").read_text()
    assert css.endswith(USED)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"own": "other.css"}, "A page has other sheets"),
        ({"theme.css": '@import "far.css";'}, "asks for another file"),
        ({"seegrad.css": "b { background: url(../b.png) }"}, "asks for another file"),
        ({"icons.css": ".fa-a{top:1px}"}, "No sheet has the font"),
        (
            {"icons.css": SHEETS["icons.css"].replace(".fa-b", ".fa-a")},
            "Each rule is for something",
        ),
    ],
)
def test_sheets_that_can_not_be_joined_fail_the_build(sheets, changed, message):
    app = sheets(**changed)
    with pytest.raises(ExtensionError, match=message):
        one_sheet.join(app)


@pytest.mark.parametrize("columns", [1, 3])
def test_a_figure_whose_legend_is_wider_than_it_is_not_whole(columns):
    with pyplot.style.context("seegrad.seegrad"):
        figure, ax = pyplot.subplots(figsize=(5.6, 3))
        for words in ("the first curve", "the second curve", "the third curve"):
            ax.plot([0, 1], label=words)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns)
        assert figures.is_whole(figure) == (columns == 1)
        pyplot.close(figure)
