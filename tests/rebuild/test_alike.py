"""The same sources give the same site, whatever was built before, where and when.

`nox -s docs` has built the site. Here a copy of the project is built, in a folder whose
name has a space: first clean, then after two pages were edited, then after pages were
renamed and deleted and the library was changed, then after all that was undone. A build
that is killed halfway between changes nothing.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pages
import pytest
from trees import differences, tree

ROOT = Path(__file__).parents[2]
CLOCK = Path(__file__).parent / "clock"
EVERYTHING = "Every script and every chapter runs."


class Copy:
    """The project at another path, for builds under another clock."""

    def __init__(self, folder):
        self.root = pages.copy(ROOT, folder)
        self.docs = self.root / "docs"

    def start(self, *options):
        """Begin a build, in a group of processes of its own."""
        env = os.environ | {
            "OMP_NUM_THREADS": "1",
            "PYTHONHASHSEED": "12345",
            "PYTHONPATH": os.pathsep.join([str(self.root / "src"), str(CLOCK)]),
            "TZ": "Pacific/Kiritimati",
        }
        command = [sys.executable, "docs/build.py", *options]
        said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        alone = {"cwd": self.root, "env": env, "start_new_session": True}
        return subprocess.Popen(command, **said, **alone)

    def build(self, *options):
        """Build, and return what was said."""
        process = self.start(*options)
        words, _ = process.communicate()
        assert process.returncode == 0, words[-5000:]
        return words

    def build_until(self, words, *options):
        """Build, but kill the build with all its workers once it says these words."""
        process = self.start(*options)
        with process.stdout:
            assert any(words in line for line in process.stdout)
            os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    def site(self):
        return tree(self.docs / "_build" / "html")

    def runs(self):
        """When each script ran for the last time, and each chapter's code."""
        scripts = self.docs.glob("gallery/*/plot_*.py.md5")
        chapters = self.docs.glob("_build/executed/executed/*/base.ipynb")
        return {
            **{
                path.name.partition(".")[0]: path.stat().st_mtime_ns for path in scripts
            },
            **{path.parent.name: path.stat().st_mtime_ns for path in chapters},
        }

    def edit(self, name, old, new):
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def site():
    built = tree(ROOT / "docs" / "_build" / "html")
    assert "index.html" in built, "Run `nox -s docs` first."
    return built


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    copy = Copy(tmp_path_factory.mktemp("elsewhere") / "with a space" / "here")
    copy.words = copy.build("-n", "-W", "-j", "1")
    copy.clean = copy.site()
    return copy


def test_a_clean_build_is_alike_elsewhere(copy, site):
    assert differences(copy.clean, site) == []


def test_its_last_words_tell_of_it(copy, site):
    files = [name for name in site if name.endswith(".html")]
    english = [name for name in files if not name.startswith("ja/")]
    assert len(files) == 2 * len(english)
    scripts = list(ROOT.glob("tutorials/*/plot_*.py"))
    assert copy.words.count(f"\n{len(english)} pages, {len(scripts)} scripts, ") == 2
    assert len(re.findall(r"^ +\d+\.\d s  [\w/]+$", copy.words, re.MULTILINE)) == 10
    assert copy.words.endswith(
        f"Open {(copy.docs / '_build/html').as_uri()}/index.html\n"
    )


def test_an_edited_page_runs_and_no_other(copy):
    before = copy.runs()
    kept = {name: (copy.root / name).read_bytes() for name in (START, MEAN)}
    copy.edit(START, "# Start: your first gradient", "# A start by another name")
    copy.edit(START, "print(y)", 'print("y is", y)')
    copy.edit(MEAN, "Reduce with mean", "Reduce by a mean")
    words = copy.build("-n", "-W", "-j", "2", "untranslated")
    assert EVERYTHING not in words
    edited, after = copy.site(), copy.runs()
    assert b"A start by another name" in edited["index.html"]
    assert b"Reduce by a mean" in edited["gallery/index.html"]
    ran = {name for name, when in after.items() if before.get(name) != when}
    assert len(ran) == 2  # the script, and the chapter under its new code
    assert "plot_mean" in ran
    assert len(before) > 40

    undo(copy, kept)
    copy.build("-n", "-W", "-j", "1")
    assert differences(copy.site(), copy.clean) == []


def test_a_changed_library_runs_all_and_leaves_nothing_old(copy, site):
    kept = {name: (copy.root / name).read_bytes() for name in CHANGED}
    change(copy)
    copy.build_until("writing output", "-j", "2")
    assert copy.site() == copy.clean
    # Without -W: links to what is gone are left behind.
    words = copy.build("-j", "2", "untranslated")
    changed = copy.site()
    assert EVERYTHING in words  # the build that was killed has noted nothing
    assert not [name for name in changed if "why_sum" in name or "plot_sum." in name]
    assert "gallery/reductions/plot_total.html" in changed

    (copy.root / MOVED).unlink()
    undo(copy, kept)
    assert EVERYTHING in copy.build("-n", "-W", "-j", "3")
    assert differences(copy.site(), site) == []


ORDER = "docs/_ext/reading_order.py"
SUM = "tutorials/reductions/plot_sum.py"
MOVED = "tutorials/reductions/plot_total.py"
START, MEAN = "docs/start.md", "tutorials/reductions/plot_mean.py"
CHANGED = ("docs/why_sum.md", "src/seegrad/polynomials.py", ORDER, SUM)


def change(copy):
    """Edit a source file, rename a script, delete a page."""
    copy.edit("src/seegrad/polynomials.py", "import math\n", "import math  # numbers\n")
    copy.edit(ORDER, "plot_sum.py", "plot_total.py")
    (copy.root / SUM).rename(copy.root / MOVED)
    (copy.docs / "why_sum.md").unlink()


def undo(copy, kept):
    for name, content in kept.items():
        (copy.root / name).write_bytes(content)
