"""The README shows what the library really does."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    """The only code block in that language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return found


def test_the_example_prints_what_it_says(tmp_path):
    run = [sys.executable, "-W", "error", "-c", block("python")]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == block("text")
    assert "<svg" in (tmp_path / "tangent.svg").read_text(encoding="utf-8")


def test_the_japanese_readme_has_the_same_code():
    japanese = (ROOT / "README.ja.md").read_text(encoding="utf-8")
    codes = [re.findall(r"```.*?```", text, re.DOTALL) for text in (README, japanese)]
    assert codes[0] == codes[1]


def test_the_picture_is_the_one_that_is_drawn(tmp_path):
    spec = importlib.util.spec_from_file_location("picture", ROOT / "docs/picture.py")
    picture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(picture)
    picture.save(tmp_path / "drawn.svg")
    lines = [
        re.findall(r'd="(M [^"]+)"\s+clip-path', file.read_text(encoding="utf-8"))
        for file in (tmp_path / "drawn.svg", picture.FILE)
    ]
    drawn, kept = (
        [list(map(float, re.findall(r"-?[\d.]+", d))) for d in ds] for ds in lines
    )
    assert len(kept) == 150
    assert [pytest.approx(line, abs=1e-3) for line in kept] == drawn


def test_its_links_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) >= 6
    assert all((ROOT / link).exists() for link in links)
