"""The same sources give the same site, whatever was built before, where and when.

`nox -s docs` has built the site. Here a copy of the project is built: first clean, then
after pages were changed, renamed and deleted, then after all that was undone. A build
that is killed halfway between changes nothing.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from trees import differences, tree

ROOT = Path(__file__).parents[2]
CLOCK = Path(__file__).parent / "clock"
MADE = (".nox", ".venv", "_build", "gallery", "generated", "__pycache__")
POLYNOMIALS = re.compile("fit_polynomial|least_squares|plot_fit|plot_losses")


class Copy:
    """The project at another path, for builds under another clock."""

    def __init__(self, folder):
        ignored = shutil.ignore_patterns(*MADE)
        self.root = Path(shutil.copytree(ROOT, folder, ignore=ignored, symlinks=True))
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
        """Which run each page shows now: a digest by the page's name."""
        folders = (self.docs / "_build" / "executed").iterdir()
        return dict(folder.name.split("@") for folder in folders)

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
    copy = Copy(tmp_path_factory.mktemp("elsewhere") / "with" / "another-path")
    copy.words = copy.build("-n", "-W", "-j", "1")
    copy.clean = copy.site()
    return copy


def test_a_clean_build_is_alike_elsewhere(copy, site):
    assert differences(copy.clean, site) == []


def test_its_last_words_tell_of_it(copy, site):
    pages = [name for name in site if name.endswith(".html")]
    scripts = list(ROOT.glob("tutorials/*/plot_*.py"))
    assert f"\n{len(pages)} pages, {len(scripts)} scripts, " in copy.words
    assert len(re.findall(r"^ +\d+\.\d s  [\w/]+$", copy.words, re.MULTILINE)) == 5
    assert copy.words.endswith(
        f"Open {(copy.docs / '_build/html').as_uri()}/index.html\n"
    )


def test_pages_that_are_not_read_again_are_alike(copy):
    kept = {name: (copy.root / name).read_bytes() for name in (START, MEAN)}
    copy.edit(START, "# Start: your first gradient", "# A start by another name")
    copy.edit(MEAN, "Reduce with mean", "Reduce by a mean")
    words = copy.build("-n", "-W", "-j", "2")
    [read] = re.findall(r"0 added, (\d+) changed, 0 removed", words)
    assert 2 < int(read) < 50  # of 91; the API's pages show titles of scripts
    edited = copy.site()
    assert b"A start by another name" in edited["index.html"]
    assert b"Reduce by a mean" in edited["gallery/index.html"]
    copy.build("-E", "-n", "-W", "-j", "2")
    assert differences(copy.site(), edited) == []

    undo(copy, kept)
    copy.build("-n", "-W", "-j", "1")
    assert differences(copy.site(), copy.clean) == []


def test_it_follows_what_changes_and_leaves_nothing_old(copy, site):
    before = copy.runs()
    kept = {name: (copy.root / name).read_bytes() for name in CHANGED}
    change(copy)
    copy.build_until("writing output", "-j", "2")
    assert copy.site() == copy.clean
    copy.build("-j", "2")  # without -W: links to what is gone are left behind
    changed, after = copy.site(), copy.runs()
    assert not [name for name in changed if "why_sum" in name or "plot_sum." in name]
    assert b"A start by another name" in changed["start.html"]
    assert b"A start by another name" in changed["search.html"] + changed["index.html"]
    assert "gallery/reductions/plot_total.html" in changed

    pages = [*copy.root.glob("tutorials/*/plot_*.py"), *copy.docs.glob("**/*.md")]
    texts = {page.stem: page.read_text(encoding="utf-8") for page in pages}
    by_hand = {name for name, text in texts.items() if POLYNOMIALS.search(text)}
    assert "plot_sine_cubic" in by_hand
    ran = {name for name, digest in after.items() if before.get(name) != digest}
    assert ran == by_hand & after.keys() | {"start", "plot_total"}

    (copy.root / MOVED).unlink()
    undo(copy, kept)
    copy.build("-n", "-W", "-j", "3")
    assert differences(copy.site(), site) == []


ORDER = "docs/_ext/reading_order.py"
SUM = "tutorials/reductions/plot_sum.py"
MOVED = "tutorials/reductions/plot_total.py"
START, MEAN = "docs/start.md", "tutorials/reductions/plot_mean.py"
CHANGED = (START, "docs/why_sum.md", "src/seegrad/polynomials.py", ORDER, SUM)


def change(copy):
    """Edit a chapter and a source file, rename a script, delete a page."""
    copy.edit(START, "# Start: your first gradient", "# A start by another name")
    copy.edit(START, "print(y)", 'print("y is", y)')
    copy.edit("src/seegrad/polynomials.py", "import math\n", "import math  # numbers\n")
    copy.edit(ORDER, "plot_sum.py", "plot_total.py")
    (copy.root / SUM).rename(copy.root / MOVED)
    (copy.docs / "why_sum.md").unlink()


def undo(copy, kept):
    for name, content in kept.items():
        (copy.root / name).write_bytes(content)
