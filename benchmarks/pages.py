"""Copies of the site to build: as it is, or of two pages under its own settings."""

from __future__ import annotations

import shutil
from pathlib import Path

# The catalogs have a folder "gallery", too.
MADE = {".nox", ".venv", "_build", "__pycache__", "docs/gallery", "api/generated"}
CONF = """\
from settings import *

# Of our own pages, or sure to find something on one of them.
OTHERS = "figures_to_take markup names one_sheet predictions seal topics".split()
extensions = [n for n in extensions if n not in OTHERS]
html_theme_options.pop("article_footer_items", None)  # its own
sphinx_gallery_conf.pop("subsection_order")
sphinx_gallery_conf["within_subsection_order"] = "FileNameSortKey"
"""
INDEX = """\
# Pages

```{toctree}
gallery/index
chapter
```
"""
HEADER = "Scripts\n=======\n"
SCRIPT = '''\
"""
Draw a curve
============

What is the slope of :math:`\\sin x`? See :func:`torch.sin`.
"""

from matplotlib import pyplot as plt
import torch

import seegrad

x = torch.linspace(-3, 3, 200, dtype=torch.float64)
slope = seegrad.derivative(torch.sin, x)
print(slope.max())

# %%
# Guess first: how high does it reach?
fig, ax = plt.subplots(layout="constrained")
seegrad.plot_derivative(x, slope, ax=ax)
# sphinx_gallery_alt = "The slope of a sine."
# sphinx_gallery_caption = "It is steepest where the sine is zero."
plt.show()
'''
CHAPTER = """\
# A chapter

What is the slope of $x^3$? It comes from the chain rule:

$$\\frac{dz}{dx} = \\frac{dz}{dy} \\cdot 3x^2$$
"""


def copy(root: Path, folder: Path, *more: str) -> Path:
    """A copy of a folder, without what was built in it and what else is named."""
    others = shutil.ignore_patterns(*more)

    def ignored(place: str, names: list[str]) -> set[str]:
        made = {n for n in names if {n, f"{Path(place).name}/{n}"} & MADE}
        return made | others(place, names)

    return Path(shutil.copytree(root, folder, ignore=ignored, symlinks=True))


def write(root: Path, folder: Path) -> Path:
    """A checkout whose site has one script and one chapter beside its contents."""
    copy(root / "src", folder / "src")
    docs = copy(root / "docs", folder / "docs", "*.md")
    (docs / "conf.py").rename(docs / "settings.py")
    for name in ("LICENSE", "README.md", "pyproject.toml"):  # for the site's own wheel
        shutil.copy(root / name, folder)
    for name, text in {
        "docs/conf.py": CONF,
        "docs/index.md": INDEX,
        "docs/chapter.md": CHAPTER,
        "tutorials/GALLERY_HEADER.rst": HEADER,
        "tutorials/curves/GALLERY_HEADER.rst": HEADER,
        "tutorials/curves/plot_curve.py": SCRIPT,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
