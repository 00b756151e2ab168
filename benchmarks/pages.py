"""A site of any number of pages under this site's own settings, to see how cost grows.

Half of its pages are gallery scripts that differentiate and draw, half are chapters
with formulas and links and without cells: a chapter with cells runs in a kernel of its
own, whose cost can't depend on the other pages.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MADE = (".git", ".nox", ".venv", "_build", "gallery", "generated", "__pycache__")
CONF = """\
from settings import *

extensions = [name for name in extensions if name != "topics"]  # of our own pages
html_theme_options.pop("article_footer_items", None)  # its own
sphinx_gallery_conf.pop("subsection_order")
sphinx_gallery_conf["within_subsection_order"] = "FileNameSortKey"
"""
INDEX = """\
# Pages

```{toctree}
gallery/index
chapters/index
```
"""
CHAPTERS = """\
# Chapters

```{toctree}
:glob:

chapter_*
```
"""
HEADER = "Scripts\n=======\n"
SCRIPT = '''\
"""
Draw curve {number}
===================

What is the slope of :math:`\\sin {number}x`? See :func:`torch.sin`.
"""

from matplotlib import pyplot as plt
import torch

import seegrad

x = torch.linspace(-3, 3, 200, dtype=torch.float64)
slope = seegrad.derivative(lambda x: torch.sin({number} * x), x)
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
# Chapter {number}

What is the slope of $x^{{{number}}}$? It comes from the chain rule:

$$\\frac{{dz}}{{dx}} = \\frac{{dz}}{{dy}} \\cdot {number} x^{{{number} - 1}}$$

## In code

```python
x = torch.tensor(2.0, requires_grad=True)
(x**{number}).backward()
```

See also {{doc}}`the first chapter <chapter_001>`.
"""


def copy(root: Path, folder: Path, *more: str) -> Path:
    """A copy of a folder, without what was built in it and what else is named."""
    ignored = shutil.ignore_patterns(*MADE, *more)
    return Path(shutil.copytree(root, folder, ignore=ignored, symlinks=True))


def write(root: Path, folder: Path, count: int) -> Path:
    """Such a site, of so many pages beside its tables of contents; returns its docs."""
    copy(root / "src", folder / "src")
    docs = copy(root / "docs", folder / "docs", "*.md")
    (docs / "conf.py").rename(docs / "settings.py")
    for name in ("LICENSE", "README.md", "pyproject.toml"):  # for the site's own wheel
        shutil.copy(root / name, folder)
    for name, text in {
        "docs/conf.py": CONF,
        "docs/index.md": INDEX,
        "docs/chapters/index.md": CHAPTERS,
        "tutorials/GALLERY_HEADER.rst": HEADER,
        "tutorials/curves/GALLERY_HEADER.rst": HEADER,
    }.items():
        _put(folder / name, text)
    for number in range(1, count // 2 + 1):
        name = f"{number:03}"
        script = folder / "tutorials" / "curves" / f"plot_curve_{name}.py"
        _put(script, SCRIPT.format(number=number))
        _put(docs / "chapters" / f"chapter_{name}.md", CHAPTER.format(number=number))
    return docs


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
