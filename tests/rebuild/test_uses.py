"""What a page's code uses, in made-up modules, and held against what really runs."""

import os
import runpy
import sys
from pathlib import Path

import pytest
import uses

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "seegrad"
TUTORIALS = sorted(ROOT.glob("tutorials/*/plot_*.py"))

MODULES = {
    "pkg/__init__.py": "from pkg.draw import circle, square\n"
    "from pkg.data import load\n",
    "pkg/draw.py": """
from typing import TYPE_CHECKING
import numpy as np
from pkg import pen, unused
from pkg.shapes import Circle, Square
def circle(c: Circle): return pen.thin(c)
def square(s):
    from pkg import late
    return isinstance(s, Square) and late.now()
""",
    "pkg/pen.py": "from pkg import ink\nWIDTH = 1\ndef thin(x): return WIDTH\n"
    "def thick(x): return ink.BLACK\n",
    "pkg/ink.py": "BLACK = 0\n",
    "pkg/shapes.py": "from pkg import edges\nclass Circle: pass\n"
    "class Square:\n    def side(self): return edges.edge()\n",
    "pkg/edges.py": "def edge(): return 1\n",
    "pkg/late.py": "from pkg import pen\ndef now(): return True\n"
    "def main(): print(pen.thick(1))\nif __name__ == '__main__':\n    main()\n",
    "pkg/unused.py": "",
    "pkg/data.py": "FILE = 'table.json'\nfrom pkg import registry\n"
    "def load(): return registry.find()\n",
    "pkg/registry.py": "from pkg import ink\nALL = []\ndef add(f): ALL.append(f)\n"
    "@add\ndef one(): return ink.BLACK\ndef find(): return ALL\n",
    "pkg/table.json": "{}",
    "pkg/room/__init__.py": "from pkg.room.lamp import light\n",
    "pkg/room/desk.py": "from pkg import ink\nfrom pkg.room import lamp\n"
    "def put(): return ink.BLACK\ndef see(): return lamp.light()\n",
    "pkg/room/lamp.py": "def light(): return 1\n",
}


@pytest.fixture
def used(tmp_path, monkeypatch):
    """Files that code uses of the modules above, as a function."""
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(uses, "FOLDERS", [tmp_path])
    uses.find.cache_clear()
    yield lambda code: {p.name for p in uses.used_by(code, tmp_path)[0]}
    uses.find.cache_clear()


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("import numpy", set()),
        ("import pkg", set()),
        ("import pkg\npkg.circle(1)", {"draw.py", "pen.py", "shapes.py"}),
        ("import pkg as p\np.circle(1)", {"draw.py", "pen.py", "shapes.py"}),
        ("from pkg import circle as c\nc(1)", {"draw.py", "pen.py", "shapes.py"}),
        (
            "import pkg\ndef f():\n    return pkg.square(1)",
            {"draw.py", "shapes.py", "edges.py", "late.py"},
        ),
        ("from pkg import pen\npen.thick(1)", {"pen.py", "ink.py"}),
        ("import pkg\npkg.pen.thin(1)", {"pen.py", "ink.py"}),
        ("import pkg\npkg.load()", {"data.py", "table.json", "registry.py", "ink.py"}),
        ("from pkg.room import desk\ndesk.put()", {"desk.py", "ink.py"}),
        ("from pkg.room import desk\ndesk.see()", {"desk.py", "lamp.py"}),
        ("from pkg.room import light\nlight()", {"lamp.py"}),
        ("from pkg import room\nroom.light()", {"lamp.py"}),
        ("open('pkg/table.json')", {"table.json"}),
    ],
)
def test_names_are_followed(used, code, files):
    assert used(code) == files


def test_a_package_used_as_a_whole_brings_all_that_it_names(used):
    unreached = {"unused.py", "desk.py", "lamp.py"}
    everything = {Path(name).name for name in MODULES} - unreached
    assert used("import pkg\nvars(pkg)") == everything


def test_code_that_is_not_python_uses_all_of_seegrad():
    files, _ = uses.used_by("%matplotlib inline", ROOT)
    modules = {path for path in files if path.suffix == ".py"}
    rooms = set(SOURCE.glob("*/__init__.py"))
    assert modules - rooms == set(SOURCE.rglob("*.py")) - rooms


def test_versions_are_those_of_the_packages_that_are_met(monkeypatch):
    monkeypatch.setattr(uses, "version", lambda name: f"<{name}>")
    uses.releases.cache_clear()
    code = "import seegrad, math, myst_nb\nseegrad.gradient"
    _, releases = uses.used_by(code, ROOT)
    uses.releases.cache_clear()
    assert "myst-nb <myst-nb>" in releases
    assert "torch <torch>" in releases
    assert not [r for r in releases if "pygraphviz" in r or "seegrad" in r]


def test_a_graph_is_drawn_again_by_another_pygraphviz():
    code = "import seegrad\nseegrad.gradient_graph(1).svg()"
    _, releases = uses.used_by(code, ROOT)
    assert [name for name in releases if name.startswith("pygraphviz ")]


def of(script):
    files, _ = uses.used_by(script.read_text(encoding="utf-8"), script.parent)
    return library(files)


def library(paths):
    """The library's modules among them, as "polynomials" and "graphs/walk"."""
    ours = (path for path in paths if path.is_relative_to(SOURCE))
    return {path.relative_to(SOURCE).with_suffix("").as_posix() for path in ours}


def test_gradient_fields_do_not_use_the_polynomials():
    fields = [of(script) for script in TUTORIALS if script.parent.name == "fields"]
    assert len(fields) >= 4
    assert not [names for names in fields if "polynomials" in names]
    assert [names for names in fields if {"fields", "plots"} <= names]
    fits = [of(script) for script in TUTORIALS if script.parent.name == "fitting"]
    assert all("polynomials" in names for names in fits)


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda path: path.stem)
def test_nothing_runs_that_was_not_found(script, monkeypatch, capsys):
    import pygraphviz  # noqa: F401, so that no import runs below
    from matplotlib import pyplot as plt

    import seegrad  # noqa: F401

    ran = set()
    monkeypatch.setattr(plt, "show", lambda: None)
    plt.switch_backend("agg")

    def note(frame, event, arg):
        if event == "call":
            ran.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        runpy.run_path(str(script))
    finally:
        sys.setprofile(None)
        plt.close("all")
    ours = library(Path(os.path.realpath(name)) for name in ran)
    assert ours <= of(script)
    assert bool(ours) == bool(of(script))
