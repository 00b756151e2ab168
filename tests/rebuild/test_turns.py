"""Two builds of one checkout: the second waits, says so, and finds all in order."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from trees import tree

DOCS = Path(__file__).parents[2] / "docs"
CONF = f"""\
import sys, time
from pathlib import Path
sys.path.append({str(DOCS / "_ext")!r})
extensions = ["turns"]
project = "tiny"
def wait(app):
    Path("reading").touch()
    while not Path("go").exists():
        time.sleep(0.05)
def setup(app):
    app.connect("builder-inited", wait)
"""
WAITS = "Another build of this checkout runs; this one waits.\n"


@pytest.fixture
def docs(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text(CONF)
    (docs / "index.rst").write_text("Home\n====\n")
    return docs


def start(docs, *words):
    command = [sys.executable, *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=docs, **pipes)


OURS = (DOCS / "build.py", ".")
PLAIN = ("-m", "sphinx", ".", "_build/live")


@pytest.mark.parametrize("second", [OURS, PLAIN], ids=["build.py", "sphinx-build"])
@pytest.mark.parametrize("first", [OURS, PLAIN], ids=["build.py", "sphinx-build"])
def test_the_second_build_waits_and_says_so(docs, first, second):
    one = start(docs, *first)
    while not (docs / "reading").exists():
        time.sleep(0.05)
        assert one.poll() is None
    (docs / "reading").unlink()
    other = start(docs, *second)
    assert WAITS in iter(other.stdout.readline, "")
    time.sleep(0.3)
    assert not (docs / "reading").exists()
    (docs / "go").touch()
    said, _ = one.communicate(timeout=60)
    assert one.returncode == 0, said
    said, _ = other.communicate(timeout=60)
    assert other.returncode == 0, said
    assert WAITS not in said
    for where, words in (("html", OURS), ("live", PLAIN)):
        if words in (first, second):
            assert "index.html" in tree(docs / "_build" / where)


def test_a_build_that_is_killed_holds_up_nobody(docs):
    one = start(docs, *OURS)
    while not (docs / "reading").exists():
        time.sleep(0.05)
    one.kill()
    one.communicate()
    (docs / "go").touch()
    said, _ = start(docs, *OURS).communicate(timeout=60)
    assert WAITS not in said
    assert "Open file://" in said
