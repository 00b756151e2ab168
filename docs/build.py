"""Build the site aside, and put it in the place of the last one once it is whole.

``python docs/build.py [FOLDER] [option of sphinx-build …]``: FOLDER/_build/html, which
readers open, is a link to one of two folders beside it. Sphinx works in the other, and
only when it is done and content is the link turned over, in one step of the file
system. A build that breaks or is killed leaves the last good site as it was.
"""

import gc
import os
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).parent
gc.set_threshold(50_000)  # pages are millions of small objects, and few are rubbish


def build(docs, options):
    """Build the site of a folder, and return Sphinx's exit status."""
    html = docs / "_build" / "html"
    stage = other_than(html)
    shutil.rmtree(stage, ignore_errors=True)
    if html.is_symlink() and html.exists():
        # What was read for the last site, but none of its pages.
        all_but_pages = shutil.ignore_patterns(html.name)
        shutil.copytree(html.resolve().parent, stage, ignore=all_but_pages)
    places = ("-d", stage / "doctrees", docs, stage / "html")
    status = sphinx([*options, *map(str, places)])
    if status == 0:
        (stage / "html" / ".buildinfo").unlink()  # Sphinx's note to itself, with paths
        turn(html, stage / "html")
        print(f"Open {html.absolute().as_uri()}/index.html")
    else:
        print("The site is still the one of the last good build.", file=sys.stderr)
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
