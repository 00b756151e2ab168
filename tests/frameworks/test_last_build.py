"""What is shown where TensorFlow has no wheel is what TensorFlow says here."""

import json
import sys

import atlas
import atlas_table
import last_build
import pytest
from conftest import DOCS

# PyTorch's own forward mode still uses what PyTorch has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


@pytest.fixture(scope="module")
def now():
    return last_build.run()


def test_the_stored_answers_are_those_of_a_live_run(now):
    assert json.dumps(last_build.read()) == json.dumps(now), (
        "Run `python docs/last_build.py` and look at what changed."
    )


def test_every_cell_for_tensorflow_is_stored(now):
    pages = {p.stem: p.read_text("utf-8") for p in DOCS.glob("*.md")}
    cells = {page: text.count("tags: [tensorflow") for page, text in pages.items()}
    stored = {page: len(texts) for page, texts in now["cells"].items()}
    assert stored == {page: count for page, count in cells.items() if count}
    assert all(text for texts in now["cells"].values() for text in texts)


@pytest.fixture
def without(monkeypatch):
    """TensorFlow as if it were not installed."""
    monkeypatch.setattr(last_build.importlib.util, "find_spec", lambda name: None)
    return monkeypatch


def test_linux_must_run_tensorflow(without):
    without.setattr(sys, "platform", "linux")
    with pytest.raises(ModuleNotFoundError, match="On Linux the pages run TensorFlow"):
        last_build.tensorflow_is_here()


def test_elsewhere_the_last_build_stands_in(without, now):
    without.setattr(sys, "platform", "darwin")
    asked = atlas.ask()
    assert asked.stored
    assert asked.versions["TensorFlow"] == now["tensorflow"]
    assert atlas_table.titles(asked)[1].endswith("(last full build)")
    stored = dict(
        zip((c.name for c in atlas.CASES), asked.answers["TensorFlow"], strict=True)
    )
    assert json.dumps(stored) == json.dumps(now["atlas"])
