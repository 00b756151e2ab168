"""A build that breaks or is killed leaves the last good site as it was."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from trees import tree

BUILD = Path(__file__).parents[2] / "docs" / "build.py"
KILLED = Path(__file__).with_name("killed.py")
POINTS = 20
AT_THE_END = 4  # so many of them are the very last changes, where the sites are swapped


def build(docs, fatal=0):
    """Build a tiny site; kill the build before its change number `fatal`."""
    command = [sys.executable, KILLED, fatal, BUILD, docs, "-q", "-W"]
    return subprocess.run([*map(str, command)], capture_output=True, text=True)


def write(docs, words):
    (docs / "index.rst").write_text(
        f"Home\n====\n\n{words}\n\n.. toctree::\n\n   page\n"
    )
    (docs / "page.rst").write_text(f"Page\n====\n\n{words}\n")


@pytest.fixture(scope="module")
def last(tmp_path_factory):
    """A tiny site that was built once, and whose sources then changed."""
    docs = tmp_path_factory.mktemp("last") / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text('project = "tiny"\n')
    write(docs, "Before.")
    result = build(docs)
    assert result.returncode == 0, result.stderr
    write(docs, "After.")
    return docs


@pytest.fixture(scope="module")
def after(last, tmp_path_factory):
    """The same, built again: the new site, and how many changes that build made."""
    docs = copy(last, tmp_path_factory.mktemp("after"))
    result = build(docs)
    assert result.returncode == 0, result.stderr
    assert "Open file://" in result.stdout
    return tree(docs / "_build" / "html"), int(result.stdout.split()[-1])


def copy(docs, folder):
    return Path(shutil.copytree(docs, folder / "docs", symlinks=True))


def test_a_build_shows_the_new_pages(last, after):
    site, changes = after
    before = tree(last / "_build" / "html")
    assert site.keys() == before.keys()
    assert b"After." in site["page.html"]
    assert b"Before." in before["page.html"]
    assert changes > POINTS


@pytest.mark.parametrize("point", range(POINTS))
def test_killed_at_any_point_it_leaves_the_last_site(last, after, tmp_path, point):
    site, changes = after
    spread = POINTS - AT_THE_END
    early, late = 1 + point * (changes - AT_THE_END) // spread, changes + point + 1
    docs = copy(last, tmp_path)
    killed = build(docs, early if point < spread else late - POINTS)
    assert killed.returncode == -signal.SIGKILL
    assert tree(docs / "_build" / "html") == tree(last / "_build" / "html")

    assert build(docs).returncode == 0
    assert tree(docs / "_build" / "html") == site


def test_broken_it_leaves_the_last_site(last, tmp_path):
    docs = copy(last, tmp_path)
    (docs / "page.rst").write_text("page\n====\n\n:doc:`nowhere`\n")
    broken = build(docs)
    assert broken.returncode == 1
    assert "last good build" in broken.stderr
    assert tree(docs / "_build" / "html") == tree(last / "_build" / "html")


def test_the_site_stays_a_plain_path(last, after, tmp_path):
    docs = copy(last, tmp_path)
    assert build(docs).returncode == 0
    html = docs / "_build" / "html"
    assert not os.path.isabs(os.readlink(html))
    moved = docs.rename(tmp_path / "moved")
    assert tree(moved / "_build" / "html") == after[0]


def test_it_takes_the_place_of_a_plain_folder(last, after, tmp_path):
    docs = copy(last, tmp_path)
    shutil.rmtree(docs / "_build")
    (docs / "_build" / "html").mkdir(parents=True)
    (docs / "_build" / "html" / "old.html").write_text("from a plain sphinx-build")
    assert build(docs).returncode == 0
    assert tree(docs / "_build" / "html") == after[0]
