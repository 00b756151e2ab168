"""A build in which something fails while pages are written ends, and says what."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CONF = f"""\
import os, sys
sys.path.append({str(DOCS / "_ext")!r})
project = "tiny"
extensions = ["serial"]
def fail(app, pagename, *rest):
    if pagename == os.environ["AT"]:
        raise ZeroDivisionError("on this very page")
def setup(app):
    app.connect("html-page-context", fail)
    return {{"parallel_read_safe": True, "parallel_write_safe": True}}
"""
HOME = "Home\n====\n\n.. toctree::\n   :glob:\n\n   page*\n"


@pytest.mark.parametrize("page", ["page10", "page12", "page40", "page69"])
def test_a_page_that_fails_fails_the_build_by_name(tmp_path, page):
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.rst").write_text(HOME)
    for number in range(10, 70):
        (tmp_path / f"page{number}.rst").write_text(f"Page {number}\n=======\n")
    command = [sys.executable, DOCS / "build.py", tmp_path, "-q", "-j", "8"]
    env = {**os.environ, "AT": page}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "(exception: on this very page)" in done.stderr
    assert "nox -s docs -- clean" in done.stderr
    assert not (tmp_path / "_build" / "html").exists()
