"""What a build keeps of the one before, and what makes it run everything again."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

EXTENSION = Path(__file__).parents[2] / "docs" / "_ext" / "kept.py"
SOURCES = [
    "src/seegrad/fields.py",
    "src/seegrad/seegrad.mplstyle",
    "docs/conf.py",
    "docs/helper.py",
    "docs/times.json",
    "docs/_ext/figures.py",
    "docs/_ipython/profile_default/startup/style.py",
    "tutorials/GALLERY_HEADER.rst",
    "tutorials/fields/table.csv",
]
PAGES = ["docs/start.md", "docs/project/speed.md", "tutorials/fields/plot_field.py"]
LOOKS = ["docs/_static/a.css", "docs/_templates/layout.html"]
GIVEN = [
    "docs/gallery/fields/plot_field.rst",
    "docs/gallery/fields/plot_field.codeobj.json",
    "docs/gallery/fields/images/sphx_glr_plot_field_001.svg",
    "docs/_build/executed/global.db",
    "docs/_build/executed/executed/a1/base.ipynb",
]
WORDS = "what was there first"


class Project:
    """A checkout in which a build is no more than what the extension sees of one."""

    def __init__(self, root):
        self.root = root
        for name in (*SOURCES, *PAGES, *LOOKS):
            self.write(name)
        copy = root / "docs" / "_ext" / "kept.py"
        shutil.copy(EXTENSION, copy)
        spec = importlib.util.spec_from_file_location("kept_here", copy)
        self.kept = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.kept)

    def write(self, name, text=WORDS):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def build(self, meanwhile=lambda: None):
        """Whether everything ran; then all that pages give is there."""
        settings = {"parallel": True}
        app, config = SimpleNamespace(), SimpleNamespace(sphinx_gallery_conf=settings)
        self.kept.begin(app, config)
        assert config.nb_execution_cache_path == str(self.root / "docs/_build/executed")
        everything = not any((self.root / name).exists() for name in GIVEN)
        assert settings["parallel"] == everything
        meanwhile()
        for name in GIVEN:
            self.write(name)
        self.kept.note(app, None)
        return everything


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    assert project.build()
    assert not project.build()
    return project


@pytest.mark.parametrize("name", SOURCES)
def test_what_pages_run_with_runs_them_all(project, name):
    project.write(name, "something else")
    assert project.build()
    assert not project.build()


@pytest.mark.parametrize("name", [*PAGES, *LOOKS])
def test_a_page_itself_and_its_looks_do_not(project, name):
    project.write(name, "something else")
    assert not project.build()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_goes_or_comes_runs_all(project, name):
    (project.root / name).unlink()
    assert project.build()
    project.write(name)
    assert project.build()


@pytest.mark.parametrize("name", [*GIVEN, "docs/_build/kept.json"])
@pytest.mark.parametrize("damage", ["shorter", "gone"])
def test_what_is_damaged_heals(project, name, damage):
    if damage == "gone":
        (project.root / name).unlink()
    else:
        project.write(name, WORDS[:3])
    assert project.build()
    assert not project.build()


def test_what_was_left_by_nobody_goes(project):
    project.write("docs/gallery/fields/plot_old.rst")
    assert project.build()
    assert not (project.root / "docs/gallery/fields/plot_old.rst").exists()


def test_another_package_runs_all(project, tmp_path, monkeypatch):
    (tmp_path / "packages" / "torch-99.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "packages")])
    assert project.build()
    assert not project.build()


def test_an_edit_while_pages_run_is_not_lost(project):
    def edit():
        project.write(SOURCES[0], "while others ran")

    project.write(SOURCES[1], "before")
    assert project.build(meanwhile=edit)
    project.write(SOURCES[0])  # as it was when the build began
    assert project.build()
