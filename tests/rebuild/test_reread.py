"""Which pages of a tiny site are read again, and what the site then says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from trees import tree

DOCS = Path(__file__).parents[2] / "docs"
CONF = f"""\
import sys
sys.path[:0] = {[str(DOCS), str(DOCS / "_ext")]}
project = "tiny"
extensions = ["reread"]
"""
HOME = "Home\n====\n\n:doc:`one`\n\n.. toctree::\n\n   one\n   two\n"
TWO = "Two\n===\n\n.. include:: part.txt\n"
PAGES = {"index": HOME, "one": "One\n===\n", "two": TWO}
LONG_AGO = (10**9, 10**9)


class Site:
    def __init__(self, docs):
        docs.mkdir()
        self.docs, self.html = docs, docs / "_build" / "html"
        self.write("conf.py", CONF)
        self.write("part.txt", "A part.\n")
        for name, text in PAGES.items():
            self.write(f"{name}.rst", text)

    def write(self, name, text):
        """Write a file that looks old, whatever is in it."""
        (self.docs / name).write_text(text)
        os.utime(self.docs / name, LONG_AGO)

    def build(self, *options):
        """Build, and return how many pages were added, changed and removed."""
        command = [sys.executable, str(DOCS / "build.py"), str(self.docs), *options]
        said = subprocess.run(command, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        counts = r"(\d+) added, (\d+) changed, (\d+) removed"
        return tuple(map(int, re.search(counts, said.stdout).groups()))

    def alike(self):
        """Whether reading all pages anew gives the same site."""
        before = tree(self.html)
        assert self.build("-E") == (len(list(self.docs.glob("*.rst"))), 0, 0)
        return tree(self.html) == before


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "docs")
    assert site.build() == (3, 0, 0)
    return site


def test_nothing_is_read_again_when_no_content_has_changed(site):
    for file in site.docs.glob("*.rst"):
        file.touch()
    before = tree(site.html)
    assert site.build() == (0, 0, 0)
    assert site.build() == (0, 0, 0)
    assert tree(site.html) == before


def test_a_page_is_read_again_whatever_its_date(site):
    site.write("one.rst", "A new title\n===========\n")
    assert site.build() == (0, 1, 0)
    assert "A new title" in (site.html / "index.html").read_text()
    assert site.alike()
    site.write("one.rst", PAGES["one"])
    assert site.build() == (0, 1, 0)
    assert site.alike()


def test_a_page_is_read_again_with_a_file_that_it_takes_in(site):
    site.write("part.txt", "Another part.\n")
    assert site.build() == (0, 1, 0)
    assert "Another part" in (site.html / "two.html").read_text()
    assert site.alike()


def test_all_is_read_again_when_a_page_comes_or_goes(site):
    site.write("three.rst", ":orphan:\n\nThree\n=====\n")
    assert site.build() == (1, 3, 0)
    (site.docs / "three.rst").unlink()
    assert site.build() == (0, 3, 1)
    assert site.alike()


def test_all_is_read_again_after_warnings(site):
    site.write("one.rst", "One\n=\n")
    assert site.build() == (0, 1, 0)
    assert site.build() == (3, 0, 0)


def test_all_is_read_again_with_other_code(site):
    sign = site.html.resolve().parent / "doctrees" / "read_with.txt"
    sign.write_text("other code")
    assert site.build() == (3, 0, 0)


def test_all_is_read_again_under_another_setting(site):
    assert site.build("-D", "rst_prolog=Hello.") == (3, 0, 0)
    assert "Hello." in (site.html / "one.html").read_text()
    assert site.alike() is False
