"""Style sheets lose the rules that no page can use, and no others."""

from types import SimpleNamespace

import pytest
import styles

PAGE = """\
<html data-theme="light"><head>
<link href="_static/a.css?v=0" rel="stylesheet"><script>let inline = "by-page"</script>
</head><body><p class="note wide" id="first" style="color: var(--inline)">.</p>
<svg><path fill="var(--drawn)"/></svg>
"""
SCRIPT = """\
menu.classList.add("opened");
menu.dataset.mode = row.ariaSort = null;
tip.className = `tip-${side}`;
"""
STAYS = [
    "p{top:0}",
    ".note{top:0}",
    "p#first>.wide:hover{top:0}",
    "html[data-theme=dark] p::before{top:0}",
    "*,::before{top:0}",
    "p:not(.unknown){top:0}",
    ":is(.unknown,.note) p{top:0}",
    ".opened{top:0}",
    ".by-page{top:0}",
    "[data-mode] [aria-sort]{top:0}",
    ".tip-left{top:0}",
    '.note::after{content:"a  b"}',
    "p{top:0!important}",
    "@media print{p{top:0}}",
    "@font-face{font-family:a;src:url(a.woff2)}",
    "@keyframes turn{to{top:0}}p{animation:turn 1s}",
    '@import "b.css";',
]
GOES = [
    ".unknown{top:0}",
    "p.unknown:hover{top:0}",
    "#second{top:0}",
    "table p{top:0}",
    "[hidden]{top:0}",
    ":is(.unknown,.other) p{top:0}",
    "@media print{.unknown{top:0}}",
    "@keyframes turn{to{top:0}}",
    "/* p */",
]


@pytest.fixture
def site(tmp_path):
    """A site of one page and one script."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "_static" / "a.js").write_text(SCRIPT)
    return tmp_path


@pytest.fixture
def short(site):
    """Shorten a style sheet of the site."""

    def short(css):
        file = site / "_static" / "a.css"
        file.write_text(css)
        styles.shorten(SimpleNamespace(outdir=site, doctreedir=site))
        return file.read_text()

    return short


@pytest.mark.parametrize("css", STAYS)
def test_what_a_page_or_a_script_can_use_stays(short, css):
    assert short(css) == css


@pytest.mark.parametrize("css", GOES)
def test_what_nothing_can_use_goes(short, css):
    assert short(css) == ""


def test_of_a_list_those_that_are_used_stay(short):
    assert short(".note ,\n .unknown > p { top : 0 ; }") == ".note{top:0}"


def test_properties_stay_as_long_as_something_names_them(short):
    properties = "--a:var(--b);--b:1;--c:var(--d);--d:2;--inline:3;--drawn:4"
    kept = "html{--a:var(--b);--b:1;--inline:3;--drawn:4}p{top:var(--a)}"
    assert short(f"html{{{properties}}}p{{top:var(--a)}}") == kept


def test_another_style_sheet_has_another_address(site, short):
    def address(css):
        short(css)
        return (site / "page.html").read_text().partition('href="')[2].split('"')[0]

    first = address("p{top:0}")
    assert first.startswith("_static/a.css?v=")
    assert first not in ("_static/a.css?v=0", address("p{top:1px}"))
    assert first == address("p { top: 0 }")
