"""Build the site aside, and put it in the place of the last one once it is whole.

``python docs/build.py [FOLDER] [clean] [option of sphinx-build …]``: what readers open,
FOLDER/_build/html, is a link to one of two folders beside it. Sphinx works in the
other, and only when it is done and content is the link turned over, in one step of the
file system. A build that breaks or is killed leaves the last good site as it was.
``clean`` forgets what earlier builds kept. ``en`` leaves out the other languages, and
``untranslated`` takes the English words for those without a translation.
"""

import gc
import os
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).parent
sys.path.append(str(HERE / "_ext"))

from turns import take_turn  # noqa: E402, it is beside the site's other extensions

LANGUAGES = ("ja",)  # beside English, each in a folder of its name
KEPT = ("_build/executed", "api/generated", "gallery")
FAILED = """\
The site is still the one of the last good build. If what failed is nothing that you
changed: `nox -s docs -- clean` keeps nothing of earlier builds.\
"""
gc.set_threshold(50_000)  # pages are millions of small objects, and few are rubbish


def build(docs, options):
    """Build the site of a folder, and return Sphinx's exit status."""
    with take_turn(docs):
        if "clean" in options:
            options = [word for word in options if word != "clean"]
            for made in KEPT:
                shutil.rmtree(docs / made, ignore_errors=True)
        languages = () if "en" in options else LANGUAGES
        if "untranslated" in options:
            options = [*options, "-D", "untranslated=1"]
        options = [word for word in options if word not in ("en", "untranslated")]
        html = docs / "_build" / "html"
        stage = other_than(html)
        shutil.rmtree(stage, ignore_errors=True)
        status = 0
        for name in ("html", *languages):
            status = status or write(docs, stage, name, options)
        if status == 0:
            for language in languages:
                (stage / language).rename(stage / "html" / language)
            turn(html, stage / "html")
            print(f"Open {html.absolute().as_uri()}/index.html")
        else:
            print(FAILED, file=sys.stderr)
        return status


def write(docs, stage, name, options):
    """Write the pages in a language, aside; in English they are ``html``.

    The other languages' come of the same runs of the code, which the first one kept.
    """
    language = () if name == "html" else ("-D", f"language={name}")
    places = ("-d", stage / "doctrees", docs, stage / name)
    status = sphinx([*options, *language, *map(str, places)])
    shutil.rmtree(stage / "doctrees", ignore_errors=True)
    if status == 0:
        (stage / name / ".buildinfo").unlink()  # Sphinx's own note, with paths
    return status


def other_than(html):
    """Whichever of the two folders the readers do not see."""
    a, b = html.with_name("site-a"), html.with_name("site-b")
    return b if html.resolve().parent == a.resolve() else a


def turn(html, new):
    """Let the link show the new site; a rename replaces it at once, or not at all."""
    if html.is_dir() and not html.is_symlink():  # by a plain sphinx-build
        shutil.rmtree(html)
    link = html.with_name("html.new")
    link.unlink(missing_ok=True)
    link.symlink_to(new.relative_to(html.parent), target_is_directory=True)
    os.replace(link, html)


if __name__ == "__main__":
    words = sys.argv[1:]
    folder = Path(words.pop(0)) if words and Path(words[0]).is_dir() else HERE
    sys.exit(build(folder, words))
