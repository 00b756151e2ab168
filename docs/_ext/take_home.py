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
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import notebooks
import prose
from address import PROJECT
from catalogs import SOURCE, translator
from docutils import nodes
from finished import when_finished
from languages import folder
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
TO_THE_END = re.compile(
    r":ref:`Go to the end <([^>]+)>`\s+to download the full example code\."
)
FOOTER = ".. only:: html\n\n  .. container:: sphx-glr-footer"  # sphinx-gallery's links
LICENCE = "`BSD 3-Clause </project/citing>`"
LINKS = """\
.. container:: take-home

   {words}
"""
CHAPTER = """

```{{container}} take-home
{words}
```
"""
GUIDE = """
Take it home
------------

.. container:: take-home-guide

   {everything}

   .. code-block:: console

      $ uv run {script}

   {without_uv}

   .. code-block:: console

      $ python -m pip install torch --index-url https://download.pytorch.org/whl/cpu
      $ python -m pip install "{seegrad}"
      $ python {first}.py

   {for_class}
"""


def requirement(site, repository, wheel):
    """What pip is asked for: the site's own wheel, where its address is known."""
    if site:
        return f"{EXTRAS} @ {site}/{FOLDER}/{wheel}"
    if repository:
        return f"{EXTRAS} @ git+{repository}"
    return f"./{wheel}{EXTRAS.removeprefix('seegrad')}"


def pack(gallery, home, site, repository, language=SOURCE, say=str):
    """Fill the folder; the same tutorials give the same bytes, here and elsewhere."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    wheel, docs = build_wheel(home), gallery.parent
    seegrad = requirement(site, repository, wheel.name)
    beside = "" if site or repository else wheel.name

    def notebook(cells):
        whole = notebooks.with_helpers(cells)
        return notebooks.written(notebooks.with_install(whole, seegrad, beside, say))

    scripts = {path.stem: path for path in ROOT.glob("tutorials/*/plot_*.py")}
    pages = {name: f"gallery/{p.parent.name}/{name}" for name, p in scripts.items()}
    pages |= {name: name for name in chapters(docs)}
    everything = {wheel.name: wheel.read_bytes()}
    for_class = dict(everything)
    for name, page in pages.items():
        outside = Outside(docs, page, site, frozenset(pages), language, say)
        cells = cells_of(outside, scripts.get(name))
        cells = list(notebooks.with_solutions_apart(cells, say))
        everything[f"{name}.ipynb"] = notebook(cells)
        for_class[f"{name}.ipynb"] = notebook(notebooks.for_class(cells))
    for name, path in scripts.items():
        outside = Outside(docs, pages[name], site, frozenset(scripts), language, say)
        script = outside.script(path.read_text(encoding="utf-8"))
        everything[path.name] = (header(script, seegrad, wheel.name) + script).encode()
    for name, content in everything.items():
        (home / name).write_bytes(content)
    for name, files in ((ZIP, everything), (CLASS, for_class)):
        zipped(home / name, files)


def chapters(docs):
    """The names of the pages that are no scripts, and have code."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in docs.glob("*.md")}
    return sorted(name for name, page in pages.items() if is_chapter(name, page))


def is_chapter(name, page):
    return "/" not in name and name != "index" and "{code-cell}" in page


def cells_of(outside, script=None):
    """The cells of a page, with links that a notebook can follow."""
    page = outside.docs / outside.page
    say = None if outside.language == SOURCE else outside.say
    if page.with_suffix(".md").exists():
        chapter = page.with_suffix(".md").read_text(encoding="utf-8")
        cells = notebooks.from_chapter(chapter, say)
    else:
        made = page.with_suffix(".ipynb").read_text(encoding="utf-8")
        cells = notebooks.from_gallery(made)
        if say:
            flat = prose.script(script.read_text(encoding="utf-8"), say, width=0)
            cells = notebooks.in_language(cells, flat)
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


def colab(config, notebook):
    """Where Colab opens a notebook of the repository's branch ``notebooks``."""
    place = urlsplit(config.repository_address)
    if place.netloc != "github.com":
        return None
    path = f"github{place.path}/blob/notebooks/{folder(config.language)}{notebook}"
    return f"https://colab.research.google.com/{path}"


def link(app, docname, source):
    """Put our own links where sphinx-gallery puts its downloads, and on chapters."""
    name = docname.rpartition("/")[2]
    _ = translator(app.config.language)
    take = _("Take it home: {links} · figures, text and code: {licence}").format
    if docname == "gallery/index":
        source[0] += guide(app.config)
    elif docname.startswith("gallery/") and name.startswith("plot_"):
        if FOOTER not in source[0]:
            raise ExtensionError(f"{docname} has no footer of sphinx-gallery any more.")
        links = {_("script"): f"{name}.py"} | offered(app.config, name)
        shown = (f"`{words} <{at('../../', url)}>`__" for words, url in links.items())
        page = source[0].partition(FOOTER)[0]
        words = take(links=" · ".join(shown), licence=":doc:" + LICENCE)
        source[0] = in_language(page, _) + LINKS.format(words=words)
    elif is_chapter(docname, source[0]):
        links = offered(app.config, name).items()
        shown = (f'<a href="{at("", url)}">{words}</a>' for words, url in links)
        words = take(links=" · ".join(shown), licence="{doc}" + LICENCE)
        source[0] += CHAPTER.format(words=words)


def in_language(page, _):
    """A gallery page whose first link, sphinx-gallery's, is in the page's language."""
    told = _(":ref:`Go to the end <{place}>` to download the full example code.")
    page, count = TO_THE_END.subn(lambda m: told.format(place=m[1]), page)
    if not count:
        raise ExtensionError("sphinx-gallery has no link to a page's end any more.")
    return page


def offered(config, name):
    """What there is of every page, in words and as an address or a file's name."""
    _ = translator(config.language)
    links = {
        _("notebook"): f"{name}.ipynb",
        _("open in Colab"): colab(config, f"{name}.ipynb"),
        _("all tutorials"): ZIP,
    }
    return {words: url for words, url in links.items() if url}


def at(root, url):
    return url if "://" in url else f"{root}{FOLDER}/{url}"


def guide(config):
    """How to run what was taken home, in words for the gallery's first page."""
    _, site = translator(config.language), config.site_address
    seegrad, wheel = asked(config)
    home = f"../{FOLDER}"
    if seegrad.startswith("./"):
        everything = _(
            "`All scripts and notebooks in one file <{zip}>`__, with seegrad's wheel. "
            "Use and change them: :doc:`the licence </project/citing>` asks only for a "
            "mention. Each script says what it needs. "
            "`uv <https://docs.astral.sh/uv>`__ reads that, installs it and runs the "
            "script, with the wheel beside it:"
        )
    else:
        everything = _(
            "`All scripts and notebooks in one file <{zip}>`__, with seegrad's wheel. "
            "Use and change them: :doc:`the licence </project/citing>` asks only for a "
            "mention. Each script says what it needs. "
            "`uv <https://docs.astral.sh/uv>`__ reads that, installs it and runs the "
            "script:"
        )
    without_uv = _(
        "Without uv, install `seegrad's wheel <{wheel}>`__ first. On Linux, the first "
        "line keeps several gigabytes of CUDA away:"
    )
    for_class = _(
        "For a class, take `the notebooks without the solutions <{zip}>`__. Their "
        "assertions are left, so that all can check their own."
    )
    return GUIDE.format(
        everything=everything.format(zip=f"{home}/{ZIP}"),
        without_uv=without_uv.format(wheel=f"{home}/{wheel}"),
        for_class=for_class.format(zip=f"{home}/{CLASS}"),
        script=f"{site}/{FOLDER}/{FIRST}.py" if site else f"{FIRST}.py",
        seegrad=seegrad,
        first=FIRST,
    )


def asked(config):
    """What pip is asked for, and the wheel's name."""
    wheel = f"seegrad-{config.version}-py3-none-any.whl"
    places = config.site_address, config.repository_address
    return requirement(*places, wheel), wheel


def fill(app, doctree):
    """Put what only a build knows on the page on how to install."""
    if app.env.docname != INSTALL_PAGE:
        return
    seegrad, wheel = asked(app.config)
    for mark, words in (("@seegrad@", seegrad), ("@wheel@", f"../{FOLDER}/{wheel}")):
        marked = [text for text in doctree.findall(nodes.Text) if mark in text]
        if not marked:
            raise ExtensionError(f"{INSTALL_PAGE} has no {mark}.")
        for text in marked:
            parent, filled = text.parent, nodes.Text(text.replace(mark, words))
            parent.replace(text, filled)
            parent.rawsource = parent.rawsource.replace(mark, words)


def serve(app):
    addresses = app.config.site_address, app.config.repository_address
    folders = Path(app.srcdir, "gallery"), Path(app.outdir, FOLDER)
    language = app.config.language
    say = translator(language, strict=not app.config.untranslated)
    pack(*folders, *addresses, language, say)


def setup(app):
    app.connect("source-read", link)
    app.connect("doctree-read", fill)
    when_finished(app, serve, priority=800)  # after the gallery's verdict
    return {"parallel_read_safe": True, "parallel_write_safe": True}
