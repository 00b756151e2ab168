"""Notebooks to take home, as lists of cells: of the gallery's scripts and of chapters.

sphinx-gallery writes its own, with the solutions of exercises open. Chapters have none
that runs elsewhere: theirs is written in MyST, with directives and with helpers of this
folder. Here solutions stand in folded cells of their own, so that they can also be left
out, helpers are written by the notebook itself, and a first cell installs the rest.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from itertools import count, groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import prose
from address import PROJECT
from catalogs import mark as _
from sphinx_gallery.notebook import rst2md
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

DOCS = Path(__file__).parents[1]
FOLDED = {"jupyter": {"source_hidden": True}}
SOLUTION = FOLDED | {"tags": ["solution"]}
SOLVED, NEXT = _("**Solution.**"), _("**Next.**")
DETAILS = "<details>\n<summary><b>{}</b></summary>\n\n{}\n\n</details>"
YOURS = "# Your own code."
CELL = re.compile(
    r"^```\{code-cell\} python\n(---\n.*?---\n|(?::.*\n)*)(.*?)^```$", re.M | re.S
)
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
DIRECTIVE = re.compile(
    r"^(`{3,}|:{3,})\{([\w-]+)\}(.*)\n((?::.*\n)*)(.*?)^\1$", re.M | re.S
)
HIDDEN = re.compile(r"tags: .*\b(?:hide|remove)-(?:input|cell)")
DATA = re.compile(r'DOCS / "([\w.]+\.json)"')
NEEDS = _("This notebook needs Python {}, and {}. The next cell installs them.")
BESIDE = """\
from pathlib import Path

missing = "This notebook needs {wheel} beside it: it is in seegrad-tutorials.zip."
assert Path("{wheel}").exists(), missing"""
EMPTY = {
    "metadata": {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 4,  # the last that asks for no random names of cells
}


def markdown(text, metadata=None):
    return {
        "cell_type": "markdown",
        "metadata": metadata or {},
        "source": text.strip().splitlines(keepends=True),
    }


def code(text, metadata=None):
    return markdown(text, metadata) | {
        "cell_type": "code",
        "execution_count": None,
        "outputs": [],
    }


def text(cell):
    return "".join(cell["source"])


def is_code(cell):
    return cell["cell_type"] == "code"


def is_solution(cell):
    return "solution" in cell["metadata"].get("tags", ())


def from_gallery(notebook):
    """The cells of a notebook that sphinx-gallery wrote."""
    for cell in json.loads(notebook)["cells"]:
        yield code(text(cell)) if is_code(cell) else markdown(text(cell))


def in_language(notebook, script):
    """A gallery's notebook with the prose of a script of the same code."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "script.py")
        file.write_text(script, encoding="utf-8")
        blocks = split_code_and_text_blocks(file)[1]
    counter = count(1)
    levels = defaultdict(lambda: next(counter))  # as sphinx-gallery has it
    texts = iter([block.content for block in blocks if block.type == "text"])
    for cell in notebook:
        if is_code(cell):
            yield cell
        else:
            yield markdown(rst2md(next(texts), {"pypandoc": False}, "", levels))


def from_chapter(page, say=None):
    """The cells of a chapter; what its page shows no code of is folded."""

    def words_of(text):
        bare = without_directives(text)
        return markdown(prose.markdown(bare, say) if say else bare)

    words, *rest = CELL.split(FRONT_MATTER.sub("", page))
    yield words_of(words)
    for options, lines, after in zip(*[iter(rest)] * 3, strict=True):
        yield code(lines, FOLDED if HIDDEN.search(options) else {})
        if after.strip():
            yield words_of(after)


def without_directives(words):
    """What stands in directives, without their marks; a list of contents goes."""

    def bare(found):
        name, body = found[2], found[5]
        if name in ("contents", "toctree"):
            return ""
        return f"$$\n{body}$$" if name == "math" else body

    return DIRECTIVE.sub(bare, words)


def with_solutions_apart(cells, say=str):
    """The cells, with each solution in folded ones; ``say`` knows a page's marks."""
    solved, on = say(SOLVED), say(NEXT)
    marks = f"{re.escape(solved)}|{re.escape(on)}"
    parts = re.compile(rf"^(?={marks}|##+ )", re.MULTILINE)
    solving = False
    for cell in cells:
        if is_code(cell):
            yield code(text(cell), SOLUTION) if solving else cell
            continue
        for part in filter(str.strip, parts.split(text(cell))):
            if part.startswith((solved, on, "##")):
                solving = part.startswith(solved)
            words = part.removeprefix(solved).strip()
            solution = markdown(DETAILS.format(say(_("Solution")), words), SOLUTION)
            yield solution if solving else markdown(part)


def for_class(cells):
    """The cells without solutions, but with their assertions for one's own code."""
    for solved, group in groupby(cells, is_solution):
        if solved:
            lines = "\n".join(text(cell) for cell in group if is_code(cell))
            yield code(unsolved(lines))
        else:
            yield from group


def unsolved(lines):
    """What is left of a solution's code: what it imports and what it asserts."""
    kept = {kind: [] for kind in (ast.Import, ast.ImportFrom, ast.Assert)}
    for statement in ast.parse(lines).body:
        if type(statement) in kept:
            kept[type(statement)].append(ast.get_source_segment(lines, statement))
    imports, assertions = kept[ast.Import] + kept[ast.ImportFrom], kept[ast.Assert]
    parts = [part for part in (imports, [YOURS], assertions) if part]
    return "\n\n".join("\n".join(part) for part in parts)


def with_helpers(cells):
    """The cells after others that write the modules of this folder they import."""
    cells = list(cells)
    names = imports(ast.walk(ast.parse(source(cells))))
    for file in sorted(helpers(names)):
        yield code(f"%%writefile {file.name}\n{file.read_text('utf-8')}", FOLDED)
    yield from cells


def helpers(names):
    """The files of this folder behind such names, and what those need of it."""
    found = set()
    for file in (DOCS / f"{name}.py" for name in names):
        if file.exists():
            lines = file.read_text(encoding="utf-8")
            found |= {file, *(DOCS / name for name in DATA.findall(lines))}
            found |= helpers(imports(ast.parse(lines).body))
    return found


def source(cells):
    """All of the code that is Python."""
    lines = (text(cell) for cell in cells if is_code(cell))
    return "\n".join(line for line in lines if not line.startswith("%"))


def imports(statements):
    """The packages that statements import, by name."""
    nodes = list(statements)
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def with_install(cells, seegrad, wheel="", say=str):
    """The cells after one that says what they need, and one that installs it.

    Where the wheel lies beside the notebook, code says so before pip misses it.
    """
    cells = list(cells)
    packages = imports(ast.walk(ast.parse(source(cells)))) - {"seegrad", "torch"}
    packages -= {*sys.stdlib_module_names, *(file.stem for file in DOCS.glob("*.py"))}
    asked = [seegrad, *sorted(packages)]
    names = ", ".join(["torch", "seegrad", *sorted(packages)])
    yield markdown(say(NEEDS).format(PROJECT["requires-python"], names))
    if wheel:
        yield code(BESIDE.format(wheel=wheel))
    yield code("%pip install --quiet " + " ".join(f'"{name}"' for name in asked))
    yield from cells


def written(cells):
    """A notebook as a file."""
    notebook = {"cells": list(cells), **EMPTY}
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
