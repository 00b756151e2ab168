"""The files that the site offers: the same bytes every time, and told of on pages."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import notebooks
import pytest
import take_home
from address import address
from conftest import DOCS, HTML, ROOT

TUTORIALS = sorted(ROOT.glob("tutorials/*/plot_*.py"))
BUILT = HTML / take_home.FOLDER
TO_THE_END = ":ref:`Go to the end <end>` to download the full example code."
CHAPTERS = take_home.chapters(DOCS)
PAGES = {path.stem: path for path in HTML.glob("gallery/*/plot_*.html")}
BOOKS = sorted([*PAGES, *CHAPTERS])
ROLE = re.compile(r"(?<!`)\{[a-z]+\}`|:[a-z]+:`")
PACK = """\
import sys
from pathlib import Path
sys.path.append("docs/_ext")
import take_home
take_home.pack(Path("docs/gallery"), Path(sys.argv[1]), *sys.argv[2:])
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A second copy of the project, with other dates and modes."""
    options = {"ignore": shutil.ignore_patterns("_build", "__pycache__")}
    options["copy_function"] = shutil.copyfile
    for folder in ("src", "tutorials", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, **options)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_another_build_gives_the_same_bytes(elsewhere):
    site = address("Documentation", "SEEGRAD_SITE", "READTHEDOCS_CANONICAL_URL")
    repository = address("Repository", "SEEGRAD_REPOSITORY")
    another = {"SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-c", PACK, "out", site, repository],
        cwd=elsewhere,
        env=os.environ | another,
        umask=0o077,
        check=True,
    )
    assert contents(elsewhere / "out") == contents(BUILT)


def unzipped(name):
    """What a zip holds, in order, by the names within its only folder."""
    with zipfile.ZipFile(BUILT / name) as archive:
        entries = archive.infolist()
        assert [e.filename for e in entries] == sorted(e.filename for e in entries)
        assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
        folder = f"{name.removesuffix('.zip')}/"
        return {e.filename.removeprefix(folder): archive.read(e) for e in entries}


def test_the_zip_holds_all_that_is_served():
    held, served = unzipped(take_home.ZIP), contents(BUILT)
    zips = {take_home.ZIP, take_home.CLASS}
    assert held == {n: body for n, body in served.items() if n not in zips}
    assert len(held) == 2 * len(TUTORIALS) + len(CHAPTERS) + 1
    assert len(CHAPTERS) >= 9


def cells_in(notebook):
    return json.loads(notebook)["cells"]


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_page_script_and_notebook(path):
    page = PAGES[path.stem].read_text(encoding="utf-8")
    assert "requires-python" not in page
    assert "/// script" not in page
    assert "sphinx_gallery_keywords" not in page
    [links] = re.findall(r'<div class="take-home.*?</div>', page, re.DOTALL)
    offered = re.findall(r'href="../../download/([^"]+)"', links)
    assert offered == [f"{path.stem}.py", f"{path.stem}.ipynb", take_home.ZIP]
    script = (BUILT / f"{path.stem}.py").read_text(encoding="utf-8")
    assert script.startswith("# /// script\n")
    own = path.read_text(encoding="utf-8")
    assert ast.dump(ast.parse(script)) == ast.dump(ast.parse(own))
    assert len(re.findall("^# %%", script, re.M)) == len(re.findall("^# %%", own, re.M))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_a_notebook_with_all_its_code(name):
    page = (HTML / f"{name}.html").read_text(encoding="utf-8")
    [links] = re.findall(r'<div class="[^"]*take-home.*?</div>', page, re.DOTALL)
    assert re.findall(r'href="download/([^"]+)"', links) == [
        f"{name}.ipynb",
        take_home.ZIP,
    ]
    cells = cells_in((BUILT / f"{name}.ipynb").read_bytes())
    chapter = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    codes = [notebooks.text(c) for c in cells if notebooks.is_code(c)]
    own = [code for code in codes if not code.startswith(("%", "from pathlib"))]
    assert len(own) == chapter.count("```{code-cell}") > 0
    assert all(code in chapter for code in own)
    assert not [c for c in cells if re.search(r"^(```|:::)\{", notebooks.text(c), re.M)]


@pytest.mark.parametrize("name", BOOKS)
def test_a_notebook_says_what_it_needs_and_has_no_markup_of_sphinx(name):
    cells = cells_in((BUILT / f"{name}.ipynb").read_bytes())
    sources = [notebooks.text(cell) for cell in cells]
    assert re.match(
        r"This notebook needs Python >=3\.\d+, and torch, seegrad", sources[0]
    )
    assert any(s.startswith("%pip install") for s in sources[1:3])
    assert not any("/// script" in s or "sphinx_gallery" in s for s in sources)
    words = [s for s, c in zip(sources, cells, strict=True) if not notebooks.is_code(c)]
    assert not [text for text in words if ROLE.search(text)]


def test_links_lead_to_the_file_beside_or_to_the_site(tmp_path):
    beside = (BUILT / f"{take_home.FIRST}.ipynb").read_text(encoding="utf-8")
    take_home.pack(DOCS / "gallery", tmp_path, "https://s", "")
    of_site = (tmp_path / f"{take_home.FIRST}.ipynb").read_text(encoding="utf-8")
    page = (DOCS / "gallery" / "tangents" / "plot_chain_rule.rst").read_text("utf-8")
    title = re.search(r"^(.+)\n===", page, re.M)[1]
    assert f"[{title}](plot_chain_rule.ipynb)" in beside or "(https://" in beside
    assert f"[{title}](https://s/gallery/tangents/plot_chain_rule.html)" in of_site
    for script in [*BUILT.glob("*.py"), *tmp_path.glob("*.py")]:
        assert not ROLE.search(script.read_text(encoding="utf-8")), script
    scripts = " ".join(p.read_text("utf-8") for p in tmp_path.glob("*.py"))
    assert "https://s/gallery/" in scripts


def test_a_role_becomes_words_that_lead_somewhere_or_nowhere(tmp_path):
    (tmp_path / "why.md").write_text("---\na: b\n---\n\n# Why?\n", encoding="utf-8")
    outside = take_home.Outside(tmp_path, "g/plot_x", "", frozenset({"why"}))
    told = "{doc}`/why`, :doc:`so <../why>`, {term}`leaf`, [x](../why.md), `[0](y)`"
    assert outside.in_markdown(told) == (
        "[Why?](why.ipynb), [so](why.ipynb), leaf, [x](why.ipynb), `[0](y)`"
    )
    script = "# %%\n# See :doc:`/why` for\n# more.\n\nx = 1\n"
    assert (
        outside.in_comments(script)
        == '# %%\n# See "Why?" (why.py) for more.\n\nx = 1\n'
    )
    assert outside.in_markdown("{doc}`gone`") == "g/gone"


@pytest.mark.parametrize("name", BOOKS)
def test_solutions_are_folded_and_the_class_has_their_assertions(name):
    whole = cells_in((BUILT / f"{name}.ipynb").read_bytes())
    for_class = cells_in(unzipped(take_home.CLASS)[f"{name}.ipynb"])
    solutions = [cell for cell in whole if notebooks.is_solution(cell)]
    assert bool(solutions) == any("On your own" in str(c["source"]) for c in whole)
    assert all(c["metadata"]["jupyter"]["source_hidden"] for c in solutions)
    assert "**Solution.**" not in str(whole)
    codes = [notebooks.text(c) for c in solutions if notebooks.is_code(c)]
    words = [notebooks.text(c) for c in solutions if not notebooks.is_code(c)]
    assert all(w.startswith("<details>\n<summary>") for w in words)
    rest = [cell for cell in whole if not notebooks.is_solution(cell)]
    yours = [c for c in for_class if notebooks.YOURS in notebooks.text(c)]
    assert [c for c in for_class if c not in yours] == rest
    assert len(yours) == bool(solutions)
    for cell in yours:
        left = ast.parse(notebooks.text(cell)).body
        assert {type(one) for one in left} <= {ast.Import, ast.ImportFrom, ast.Assert}
        asserted = [
            n for n in ast.parse("\n".join(codes)).body if type(n) is ast.Assert
        ]
        found = [ast.dump(one) for one in left if type(one) is ast.Assert]
        assert found == [ast.dump(one) for one in asserted]


def test_a_notebook_without_its_wheel_says_so(tmp_path, monkeypatch):
    cells = list(
        notebooks.with_install([notebooks.code("import math, jax")], "x", "w.whl")
    )
    check, install = (notebooks.text(cell) for cell in cells[1:3])
    assert install == '%pip install --quiet "x" "jax"'
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match=r"needs w\.whl beside it"):
        exec(check)
    (tmp_path / "w.whl").touch()
    exec(check)


@pytest.mark.parametrize(
    ("site", "repository", "wanted"),
    [
        ("", "", "./w.whl[plot,graph]"),
        ("", "https://a.b/c/d", "seegrad[plot,graph] @ git+https://a.b/c/d"),
        ("https://s", "", "seegrad[plot,graph] @ https://s/download/w.whl"),
        ("https://s", "https://r", "seegrad[plot,graph] @ https://s/download/w.whl"),
    ],
)
def test_seegrad_comes_from_the_nearest_known_address(site, repository, wanted):
    assert take_home.requirement(site, repository, "w.whl") == wanted


def test_a_script_names_all_that_it_imports():
    script = "import math, scipy.linalg\nfrom torch import nn\nimport seegrad\n"
    named = notebooks.imports(ast.walk(ast.parse(script)))
    assert named == {"math", "scipy", "torch", "seegrad"}
    assert '["seegrad @ x", "scipy", "torch"]' in take_home.header(
        script, "seegrad @ x", "w.whl"
    )


@pytest.mark.parametrize(
    ("repository", "shown"),
    [
        ("", []),
        ("https://gitlab.example/a/b", []),
        ("https://github.com/a/b", ["github/a/b/blob/notebooks/plot_x.ipynb"]),
    ],
)
def test_colab_is_offered_where_the_repository_is_known(repository, shown):
    source = [f"{TO_THE_END}\n\nWords.\n\n{take_home.FOOTER} and its links"]
    config = SimpleNamespace(repository_address=repository, language="en")
    app = SimpleNamespace(config=config)
    take_home.link(app, "gallery/s/plot_x", source)
    found = re.findall(r"<https://colab.research.google.com/(.*?)>", source[0])
    assert found == shown


def test_addresses_come_from_the_environment_before_pyproject(monkeypatch):
    monkeypatch.setattr("address.URLS", {"Repository": "https://old/"})
    assert address("Repository", "SEEGRAD_NO_SUCH") == "https://old"
    monkeypatch.setenv("SEEGRAD_TEST", "https://new/")
    assert address("Repository", "SEEGRAD_TEST") == "https://new"
    assert address("Documentation", "SEEGRAD_NO_SUCH") == ""


def test_the_guide_names_files_that_are_there():
    guide = (HTML / "gallery" / "index.html").read_text(encoding="utf-8")
    offered = re.findall(r'href="../download/([^"]+)"', guide)
    wheel = next(BUILT.glob("*.whl")).name
    assert offered == [take_home.ZIP, wheel, take_home.CLASS]
    assert (DOCS / "gallery").exists()
    assert (BUILT / f"{take_home.FIRST}.py").exists()
