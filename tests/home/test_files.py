"""The files that the site offers: the same bytes every time, and told of on pages."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest
import take_home
from address import address
from conftest import DOCS, HTML, ROOT

TUTORIALS = sorted(ROOT.glob("tutorials/*/plot_*.py"))
BUILT = HTML / take_home.FOLDER
PAGES = {path.stem: path for path in HTML.glob("gallery/*/plot_*.html")}
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
    for folder in ("src", "tutorials", "docs/_ext", "docs/gallery"):
        shutil.copytree(ROOT / folder, tmp_path / folder, copy_function=shutil.copyfile)
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


def test_the_zip_holds_all_that_is_served():
    with zipfile.ZipFile(BUILT / take_home.ZIP) as everything:
        entries = everything.infolist()
        held = {e.filename.partition("/")[2]: everything.read(e) for e in entries}
    served = contents(BUILT)
    assert held == {n: body for n, body in served.items() if n != take_home.ZIP}
    assert [e.filename for e in entries] == sorted(e.filename for e in entries)
    assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert len(held) == 2 * len(TUTORIALS) + 1


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_page_script_and_notebook(path):
    page = PAGES[path.stem].read_text(encoding="utf-8")
    assert "requires-python" not in page
    assert "/// script" not in page
    [links] = re.findall(r'<div class="take-home.*?</div>', page, re.DOTALL)
    offered = re.findall(r'href="../../download/([^"]+)"', links)
    assert offered == [f"{path.stem}.py", f"{path.stem}.ipynb", take_home.ZIP]
    script = (BUILT / f"{path.stem}.py").read_text(encoding="utf-8")
    assert script.startswith("# /// script\n")
    assert script.endswith("# ///\n" + path.read_text(encoding="utf-8"))
    notebook = json.loads((BUILT / f"{path.stem}.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert sources[0].startswith("%pip install")
    assert not any("/// script" in source for source in sources)


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
    assert take_home.imports(script) == {"math", "scipy", "torch", "seegrad"}
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
    source = [f"Words.\n\n{take_home.FOOTER} and its links"]
    app = SimpleNamespace(config=SimpleNamespace(repository_address=repository))
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
    assert offered == [take_home.ZIP, next(BUILT.glob("*.whl")).name]
    assert (DOCS / "gallery").exists()
    assert (BUILT / f"{take_home.FIRST}.py").exists()
