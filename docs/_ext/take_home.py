"""What readers take home: scripts, notebooks, seegrad's wheel, and all in one zip.

A script that was downloaded must run by itself, so it begins with a list of what it
needs (PEP 723), and a notebook begins with a cell that installs it. Neither is typed
into the tutorials: both name the wheel by its address, which only a build knows.

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

from address import PROJECT
from finished import when_finished
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]
FOLDER = "download"
ZIP = "seegrad-tutorials.zip"
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
INSTALL = '%pip install --quiet "{seegrad}"'

FOOTER = ".. only:: html\n\n  .. container:: sphx-glr-footer"  # sphinx-gallery's links
LINKS = """\
.. container:: take-home

   Take it home: {links}
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
    wheel = build_wheel(folder).name
    seegrad = requirement(site, repository, wheel)
    for source in ROOT.glob("tutorials/*/plot_*.py"):
        script = source.read_text(encoding="utf-8")
        made = gallery / source.parent.name / f"{source.stem}.ipynb"
        notebook = with_install(made.read_text(encoding="utf-8"), seegrad)
        write(folder / made.name, notebook)
        write(folder / source.name, header(script, seegrad, wheel) + script)
    with zipfile.ZipFile(folder / ZIP, "w", zipfile.ZIP_DEFLATED) as everything:
        for file in sorted(folder.iterdir()):
            if file.name == ZIP:
                continue
            # A ZipInfo of its own is dated 1980, whatever the file's date.
            entry = zipfile.ZipInfo(f"{Path(ZIP).stem}/{file.name}")
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            everything.writestr(entry, file.read_bytes())


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
    needs = {"torch", *imports(script)} - {"seegrad", *sys.stdlib_module_names}
    beside = seegrad.startswith("./")
    return NEEDS.format(
        python=PROJECT["requires-python"],
        needs=json.dumps([EXTRAS if beside else seegrad, *sorted(needs)]),
        beside=BESIDE.format(wheel=wheel) if beside else "",
    )


def imports(script):
    """The packages that a script imports, by name."""
    nodes = list(ast.walk(ast.parse(script)))
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def with_install(notebook, seegrad):
    """The notebook's text, with a first cell that installs what it needs."""
    content = json.loads(notebook)
    install = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": [INSTALL.format(seegrad=seegrad)],
    }
    content["cells"].insert(0, install)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def colab(repository, notebook):
    """Where Colab opens a notebook of the repository's branch ``notebooks``."""
    place = urlsplit(repository)
    if place.netloc != "github.com":
        return None
    path = f"github{place.path}/blob/notebooks/{notebook}"
    return f"https://colab.research.google.com/{path}"


def link(app, docname, source):
    """Put our own links where sphinx-gallery puts its downloads."""
    script = docname.rpartition("/")[2]
    if docname == "gallery/index":
        source[0] += guide(app.config)
    elif docname == INSTALL_PAGE:
        source[0] = filled(source[0], app.config)
    elif docname.startswith("gallery/") and script.startswith("plot_"):
        if FOOTER not in source[0]:
            raise ExtensionError(f"{docname} has no footer of sphinx-gallery any more.")
        home = f"../../{FOLDER}"
        links = {
            "script": f"{home}/{script}.py",
            "notebook": f"{home}/{script}.ipynb",
            "open in Colab": colab(app.config.repository_address, f"{script}.ipynb"),
            "all tutorials": f"{home}/{ZIP}",
        }
        shown = (f"`{words} <{url}>`__" for words, url in links.items() if url)
        source[0] = source[0].partition(FOOTER)[0]
        source[0] += LINKS.format(links=" · ".join(shown))


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
