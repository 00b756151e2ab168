"""Every gallery script, run as its reader runs it, and held to the gallery's rules."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[1] / "tutorials"
SCRIPTS = sorted(TUTORIALS.glob("*/plot_*.py"))
EVERY_SCRIPT = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def text(path):
    return path.read_text(encoding="utf-8")


def test_every_section_has_scripts_and_a_header():
    sections = {path.parent.name for path in SCRIPTS}
    assert sections >= {"tangents", "reductions", "fields", "fitting", "traps"}
    headers = {path.parent.name for path in TUTORIALS.glob("*/GALLERY_HEADER.rst")}
    assert headers == sections


def test_every_script_is_in_a_section():
    assert len(SCRIPTS) >= 10
    assert sorted(TUTORIALS.rglob("*.py")) == SCRIPTS


@EVERY_SCRIPT
def test_it_runs_as_a_plain_script(path, tmp_path):
    headless = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    result = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=tmp_path,
        env=headless | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert not list(tmp_path.iterdir()), "it leaves files behind"


@EVERY_SCRIPT
def test_it_is_short(path):
    lines = text(path).splitlines()
    shown = [line for line in lines if not line.startswith("# sphinx_gallery_")]
    assert len(shown) < 120


@EVERY_SCRIPT
def test_it_begins_with_a_title(path):
    title, underline, blank, *rest = ast.get_docstring(ast.parse(text(path))).split(
        "\n"
    )
    assert title[0].isupper()
    assert underline == "=" * len(title)
    assert blank == ""
    assert len(" ".join(rest).split()) >= 10


@EVERY_SCRIPT
def test_it_ends_with_an_exercise_its_solution_and_a_way_on(path):
    places = [
        [
            match.start()
            for match in re.finditer(re.escape(f"# **{words}**"), text(path))
        ]
        for words in ("On your own.", "Solution.", "Next.")
    ]
    assert [len(found) for found in places] == [1, 1, 1]
    assert places == sorted(places)
    assert ":doc:`" in text(path)[places[2][0] :]


@EVERY_SCRIPT
def test_its_numbers_are_asserted(path):
    asserts = [n for n in ast.walk(ast.parse(text(path))) if isinstance(n, ast.Assert)]
    assert asserts
    constant = [n for n in asserts if isinstance(n.test, (ast.Constant, ast.Tuple))]
    assert not constant


@EVERY_SCRIPT
def test_the_solution_is_run(path):
    folded = text(path).partition("# **Solution.**")[2].partition("# **Next.**")[0]
    code = [line for line in folded.splitlines() if line and not line.startswith("#")]
    assert code


@EVERY_SCRIPT
def test_every_figure_has_words_of_its_own(path):
    shown = re.findall(r"^plt\.show\(\)$", text(path), re.MULTILINE)
    words = re.findall(
        r'^# sphinx_gallery_alt = "(.+)"\n# sphinx_gallery_caption = "(.+)"$',
        text(path),
        re.MULTILINE,
    )
    assert len(words) == len(shown) >= 1
    assert all(len(alt.split()) >= 10 and alt.endswith(".") for alt, _ in words)
    for _, caption in words:
        assert 5 <= len(caption.split()) <= 18
        assert caption.endswith(".")
    assert len({said for pair in words for said in pair}) == 2 * len(words)


@EVERY_SCRIPT
def test_nothing_is_downloaded(path):
    nodes = list(ast.walk(ast.parse(text(path))))
    names = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    packages = {name.partition(".")[0] for name in names}
    assert packages <= {"math", "numpy", "torch", "matplotlib", "seegrad"}


def test_titles_differ():
    titles = [ast.get_docstring(ast.parse(text(p))).partition("\n")[0] for p in SCRIPTS]
    assert len(set(titles)) == len(titles)
