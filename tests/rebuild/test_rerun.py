"""Which runs are forgotten when a setting or a version changes."""

from pathlib import Path
from types import SimpleNamespace

import last_build
import pytest
import rerun
import uses

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/project/*.md")]
SCRIPTS = {path.stem for path in ROOT.glob("tutorials/*/plot_*.py")}
BOTH = {"corners", "frameworks"}
SETTINGS = {"capture_repr": ("__repr__",), "subsection_order": ["fields", "traps"]}


@pytest.fixture
def memories(tmp_path, monkeypatch):
    """The name of each script's and each chapter's remembered run, as a function."""
    monkeypatch.setattr(rerun, "DOCS", tmp_path)
    monkeypatch.setattr(rerun, "GALLERY", tmp_path / "gallery")
    monkeypatch.setattr(rerun, "EXECUTED", tmp_path / "executed")

    def found(**changed):
        uses.used_by.cache_clear()
        app = SimpleNamespace()
        settings = {"sphinx_gallery_conf": SETTINGS, "default_role": "autolink"}
        rerun.begin(app, SimpleNamespace(**(settings | changed)))
        names = {path.stem: kept.name for path, kept in app.seegrad_scripts.items()}
        for page in PAGES:
            cells = last_build.CELL.findall(page.read_text(encoding="utf-8"))
            code, around = "\n".join(c for _, c in cells), rerun.AROUND_CHAPTER
            kept = rerun.memory(page.stem, code, page.parent, around, {}, [])
            if cells:
                names[page.stem] = kept.name
        return names

    return found


def differ(one, other):
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}


def test_nothing_is_forgotten_when_nothing_changed(memories):
    assert memories() == memories()
    assert memories().keys() > SCRIPTS | BOTH


@pytest.mark.parametrize(
    ("setting", "value", "forgotten"),
    [
        ("default_role", "any", SCRIPTS),
        ("sphinx_gallery_conf", SETTINGS | {"capture_repr": ()}, SCRIPTS),
        ("sphinx_gallery_conf", SETTINGS | {"subsection_order": []}, set()),
    ],
)
def test_a_setting_concerns_what_runs_under_it(memories, setting, value, forgotten):
    assert differ(memories(), memories(**{setting: value})) == forgotten


@pytest.mark.parametrize(
    ("package", "forgotten"),
    [
        ("tensorflow", lambda pages: BOTH),
        ("jax", lambda pages: BOTH),
        ("torch", lambda pages: pages),
        ("sphinx_gallery", lambda pages: SCRIPTS),
        ("jupyter_cache", lambda pages: pages - SCRIPTS),
        ("sphinx_design", lambda pages: set()),
    ],
)
def test_a_version_concerns_what_uses_the_package(
    memories, monkeypatch, package, forgotten
):
    before, releases = memories(), uses.releases
    newer = {package: ["999"]}
    monkeypatch.setattr(uses, "releases", lambda name: newer.get(name, releases(name)))
    assert differ(before, memories()) == forgotten(before.keys())
