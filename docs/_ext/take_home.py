"""What readers take home: scripts, notebooks, seegrad's wheel, and all in one zip.

A script that was downloaded must run by itself, so it begins with a list of what it
needs (PEP 723), and a notebook begins with a cell that installs it. Neither is typed
into the tutorials: both name the wheel by the site's address, which only a build knows.

Two addresses are settings, because forks and mirrors have their own. They come from
SEEGRAD_SITE and SEEGRAD_REPOSITORY, else from ``[project.urls]`` in pyproject.toml, and
what would need a missing one is left out.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FOLDER = "download"
ZIP = "seegrad-tutorials.zip"
EXTRAS = "seegrad[plot,graph]"

NEEDS = """\
# /// script
# requires-python = "{python}"
# dependencies = ["{seegrad}", "torch"]
#
# [[tool.uv.index]]
# name = "pytorch-cpu"
# url = "https://download.pytorch.org/whl/cpu"
# explicit = true
#
# [tool.uv.sources]
# torch = {{ index = "pytorch-cpu", marker = "sys_platform == 'linux'" }}
# ///
"""
INSTALL = '%pip install --quiet "{seegrad}"'

FOOTER = ".. only:: html\n\n  .. container:: sphx-glr-footer"  # sphinx-gallery's links
LINKS = """\
.. container:: take-home

   Take it home: {links}
"""
GUIDE = """
Take it home
------------

`All scripts and notebooks in one file <../{folder}/{zip}>`__. Each script says what it
needs. `uv <https://docs.astral.sh/uv>`__ reads that, installs it and runs the script:

.. code-block:: console

   $ uv run {script}

Without uv, install `seegrad's wheel <../{folder}/{wheel}>`__ first:

.. code-block:: console

   $ python -m pip install "{seegrad}"
   $ python plot_tangent_line.py
"""


def address(variable, name):
    """An address that ends in one slash, or nothing."""
    found = os.environ.get(variable) or PROJECT.get("urls", {}).get(name, "")
    return found and found.rstrip("/") + "/"


def requirement(site, wheel):
    """What pip and uv are asked for: the site's own wheel, where there is a site."""
    return f"{EXTRAS} @ {site}{FOLDER}/{wheel}" if site else EXTRAS


def pack(gallery, folder, site):
    """Fill the folder; the same tutorials give the same bytes, whenever and wherever."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seegrad = requirement(site, build_wheel(folder).name)
    header = NEEDS.format(python=PROJECT["requires-python"], seegrad=seegrad)
    with zipfile.ZipFile(folder / ZIP, "w", zipfile.ZIP_DEFLATED) as everything:
        for source in sorted(ROOT.glob("tutorials/*/plot_*.py")):
            section, script = source.parent.name, folder / source.name
            made = gallery / section / f"{source.stem}.ipynb"
            notebook = folder / made.name
            write(script, header + source.read_text(encoding="utf-8"))
            write(notebook, with_install(made.read_text(encoding="utf-8"), seegrad))
            for file in (notebook, script):
                # A ZipInfo of its own is dated 1980, whatever the file's date.
                entry = zipfile.ZipInfo(f"{Path(ZIP).stem}/{section}/{file.name}")
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                everything.writestr(entry, file.read_bytes())


def build_wheel(folder):
    """Build seegrad's wheel; hatchling dates its members alike at every build."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


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
    path = f"github{place.path}blob/notebooks/{notebook}"
    return f"https://colab.research.google.com/{path}"


def link(app, docname, source):
    """Put our own links where sphinx-gallery puts its downloads."""
    script = docname.rpartition("/")[2]
    if docname == "gallery/index":
        source[0] += guide(app.config)
    elif docname.startswith("gallery/") and FOOTER in source[0]:
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
    site, script = config.site_address, "plot_tangent_line.py"
    wheel = f"seegrad-{config.version}-py3-none-any.whl"
    return GUIDE.format(
        folder=FOLDER,
        zip=ZIP,
        wheel=wheel,
        script=f"{site}{FOLDER}/{script}" if site else script,
        seegrad=requirement(site, wheel) if site else f"{wheel}[plot,graph]",
    )


def settle(app, config):
    """Tell Sphinx, and the page for addresses that do not exist, where the site is."""
    config.html_baseurl = config.site_address
    config.notfound_urls_prefix = urlsplit(config.site_address).path or "/"


def serve(app, exception):
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, FOLDER)
        pack(Path(app.srcdir, "gallery"), folder, app.config.site_address)


def setup(app):
    site = address("SEEGRAD_SITE", "Documentation")
    repository = address("SEEGRAD_REPOSITORY", "Repository")
    app.add_config_value("site_address", site, "env", str)
    app.add_config_value("repository_address", repository, "env", str)
    app.connect("config-inited", settle)
    app.connect("source-read", link)
    app.connect("build-finished", serve, priority=800)  # after the gallery's verdict
    return {"parallel_read_safe": True, "parallel_write_safe": True}
