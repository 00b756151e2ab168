"""Chapters run in kernels of the profile in docs/_ipython."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

PROFILE = Path(__file__).parents[2] / "docs" / "_ipython"


def test_a_line_that_takes_its_time_is_one_output(monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(PROFILE))
    slow = "import time\nprint('two', end=' ')\ntime.sleep(1)\nprint('halves')"
    cell = nbformat.v4.new_code_cell(slow)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name="python3").execute()
    assert [output.text for output in cell.outputs] == ["two halves\n"]
