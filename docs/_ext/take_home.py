"""What readers take home: scripts, notebooks, seegrad's wheel, and all in one zip.

A script that was downloaded must run by itself, so it begins with a list of what it
needs (PEP 723), and a notebook begins with a cell that installs it. Neither is typed
into the tutorials: both name the wheel by its address, which only a build knows. A
second zip is for classes: the notebooks without the solutions.

seegrad is installed from the site, where its address is known, else from the
repository, else from the wheel beside the script.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import notebooks
from address import PROJECT
from finished import when_finished
from references import Outside
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]
FOLDER = "download"
ZIP = "seegrad-tutorials.zip"
CLASS = "seegrad-tutorials-class.zip"
FIRST = "plot_tangent_line"  # the script that the guide takes for an example
EXTRAS = "seegrad[plot,graph]"
LONG_AGO = "315532800"  # 1980 began; no zip can date its members earlier

NEEDS = """\
# /// script
# requires-python = "{python}"
# dependencies = {needs}
#
# [[tool.uv.index]]
# name = "pytorch-cpu"
# url = "https://download.pytorch.org/whl/cpu"
# explicit = true
#
# [tool.uv.sources]{beside}
# torch = {{ index = "pytorch-cpu", marker = "sys_platform == 'linux'" }}
# ///
"""
BESIDE = '\n# seegrad = {{ path = "{wheel}" }}'
INSTALL_PAGE = "project/install"
FOOTER = ".. only:: html\n\n  .. container:: sphx-glr-footer"  # sphinx-gallery's links
LINKS = """\
.. container:: take-home

   Take it home: {links} · figures, text and code: :doc:`BSD 3-Clause </project/citing>`
"""
CHAPTER = """

```{{container}} take-home
Take it home: {links} · figures, text and code: {{doc}}`BSD 3-Clause </project/citing>`
```
"""
GUIDE = """
Take it home
------------

`All scripts and notebooks in one file <../{folder}/{zip}>`__, with seegrad's wheel. Use
and change them: :doc:`the licence </project/citing>` asks only for a mention.
Each script says what it needs. `uv <https://docs.astral.sh/uv>`__ reads that, installs
it and runs the script{where}:

.. code-block:: console

   $ uv run {script}

Without uv, install `seegrad's wheel <../{folder}/{wheel}>`__ first. On Linux, the first
line keeps several gigabytes of CUDA away:

.. code-block:: console

   $ python -m pip install torch --index-url https://download.pytorch.org/whl/cpu
   $ python -m pip install "{seegrad}"
   $ python {first}.py

For a class, take `the notebooks without the solutions <../{folder}/{class_zip}>`__.
Their assertions are left, so that all can check their own.
"""


def requirement(site, repository, wheel):
    """What pip is asked for: the site's own wheel, where its address is known."""
    if site:
        return f"{EXTRAS} @ {site}/{FOLDER}/{wheel}"
    if repository:
        return f"{EXTRAS} @ git+{repository}"
    return f"./{wheel}{EXTRAS.removeprefix('seegrad')}"


def pack(gallery, folder, site, repository):
    """Fill the folder; the same tutorials give the same bytes, here and elsewhere."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wheel, docs = build_wheel(folder), gallery.parent
    seegrad = requirement(site, repository, wheel.name)
    beside = "" if site or repository else wheel.name

    def notebook(cells):
        whole = notebooks.with_helpers(cells)
        return notebooks.written(notebooks.with_install(whole, seegrad, beside))

    scripts = {path.stem: path for path in ROOT.glob("tutorials/*/plot_*.py")}
    pages = {name: f"gallery/{p.parent.name}/{name}" for name, p in scripts.items()}
    pages |= {name: name for name in chapters(docs)}
    everything = {wheel.name: wheel.read_bytes()}
    for_class = dict(everything)
    for name, page in pages.items():
        outside = Outside(docs, page, site, frozenset(pages))
        cells = list(notebooks.with_solutions_apart(cells_of(outside)))
        everything[f"{name}.ipynb"] = notebook(cells)
        for_class[f"{name}.ipynb"] = notebook(notebooks.for_class(cells))
    for name, path in scripts.items():
        outside = Outside(docs, pages[name], site, frozenset(scripts))
        script = outside.in_comments(path.read_text(encoding="utf-8"))
        everything[path.name] = (header(script, seegrad, wheel.name) + script).encode()
    for name, content in everything.items():
        (folder / name).write_bytes(content)
    for name, files in ((ZIP, everything), (CLASS, for_class)):
        zipped(folder / name, files)


def chapters(docs):
    """The names of the pages that are no scripts, and have code."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in docs.glob("*.md")}
    return sorted(name for name, page in pages.items() if is_chapter(name, page))


def is_chapter(name, page):
    return "/" not in name and name != "index" and "{code-cell}" in page


def cells_of(outside):
    """The cells of a page, with links that a notebook can follow."""
    page = outside.docs / outside.page
    if page.with_suffix(".md").exists():
        chapter = page.with_suffix(".md").read_text(encoding="utf-8")
        cells = notebooks.from_chapter(chapter)
    else:
        made = page.with_suffix(".ipynb").read_text(encoding="utf-8")
        cells = notebooks.from_gallery(made)
    for cell in cells:
        words = outside.in_markdown(notebooks.text(cell))
        yield cell if notebooks.is_code(cell) else notebooks.markdown(words)


def zipped(path, files):
    """Write the files into a zip, in a folder of its name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            # A ZipInfo of its own is dated 1980, whatever the file's date.
            entry = zipfile.ZipInfo(f"{path.stem}/{name}")
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])


def build_wheel(folder):
    """Build seegrad's wheel, with a fixed date in it."""
    build = "import sys, hatchling.build; hatchling.build.build_wheel(sys.argv[1])"
    dated = os.environ | {"SOURCE_DATE_EPOCH": LONG_AGO}
    subprocess.run(
        [sys.executable, "-c", build, folder], cwd=ROOT, env=dated, check=True
    )
    [wheel] = folder.glob("*.whl")
    return wheel


def header(script, seegrad, wheel):
    """What the script needs: seegrad, torch, and all else that it imports."""
    named = notebooks.imports(ast.walk(ast.parse(script)))
    needs = {"torch", *named} - {"seegrad", *sys.stdlib_module_names}
    beside = seegrad.startswith("./")
    return NEEDS.format(
        python=PROJECT["requires-python"],
        needs=json.dumps([EXTRAS if beside else seegrad, *sorted(needs)]),
        beside=BESIDE.format(wheel=wheel) if beside else "",
    )


def colab(repository, notebook):
    """Where Colab opens a notebook of the repository's branch ``notebooks``."""
    place = urlsplit(repository)
    if place.netloc != "github.com":
        return None
    path = f"github{place.path}/blob/notebooks/{notebook}"
    return f"https://colab.research.google.com/{path}"


def link(app, docname, source):
    """Put our own links where sphinx-gallery puts its downloads, and on chapters."""
    name = docname.rpartition("/")[2]
    if docname == "gallery/index":
        source[0] += guide(app.config)
    elif docname == INSTALL_PAGE:
        source[0] = filled(source[0], app.config)
    elif docname.startswith("gallery/") and name.startswith("plot_"):
        if FOOTER not in source[0]:
            raise ExtensionError(f"{docname} has no footer of sphinx-gallery any more.")
        links = {"script": f"{name}.py"} | offered(app.config, name)
        shown = (f"`{words} <{at('../../', url)}>`__" for words, url in links.items())
        source[0] = source[0].partition(FOOTER)[0]
        source[0] += LINKS.format(links=" · ".join(shown))
    elif is_chapter(docname, source[0]):
        links = offered(app.config, name).items()
        shown = (f'<a href="{at("", url)}">{words}</a>' for words, url in links)
        source[0] += CHAPTER.format(links=" · ".join(shown))


def offered(config, name):
    """What there is of every page, in words and as an address or a file's name."""
    links = {
        "notebook": f"{name}.ipynb",
        "open in Colab": colab(config.repository_address, f"{name}.ipynb"),
        "all tutorials": ZIP,
    }
    return {words: url for words, url in links.items() if url}


def at(root, url):
    return url if "://" in url else f"{root}{FOLDER}/{url}"


def guide(config):
    """How to run what was taken home, in words for the gallery's first page."""
    site = config.site_address
    seegrad, wheel = asked(config)
    return GUIDE.format(
        folder=FOLDER,
        zip=ZIP,
        wheel=wheel,
        where=", with the wheel beside it" if seegrad.startswith("./") else "",
        script=f"{site}/{FOLDER}/{FIRST}.py" if site else f"{FIRST}.py",
        seegrad=seegrad,
        first=FIRST,
        class_zip=CLASS,
    )


def asked(config):
    """What pip is asked for, and the wheel's name."""
    wheel = f"seegrad-{config.version}-py3-none-any.whl"
    places = config.site_address, config.repository_address
    return requirement(*places, wheel), wheel


def filled(page, config):
    """The page on how to install, with what only a build knows."""
    seegrad, wheel = asked(config)
    for mark, text in (("@seegrad@", seegrad), ("@wheel@", f"../{FOLDER}/{wheel}")):
        if mark not in page:
            raise ExtensionError(f"{INSTALL_PAGE} has no {mark}.")
        page = page.replace(mark, text)
    return page


def serve(app):
    addresses = app.config.site_address, app.config.repository_address
    pack(Path(app.srcdir, "gallery"), Path(app.outdir, FOLDER), *addresses)


def setup(app):
    app.connect("source-read", link)
    when_finished(app, serve, priority=800)  # after the gallery's verdict
    return {"parallel_read_safe": True, "parallel_write_safe": True}
