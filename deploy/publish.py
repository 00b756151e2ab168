# /// script
# requires-python = ">=3.11"
# dependencies = ["brotli"]
# ///
"""Put a built site where nginx.conf serves it from, in one step.

    uv run deploy/publish.py docs/_build/html /srv/seegrad

A reader must never get half of one version and half of another. So each version is a
folder of its own, and what changes is where the link ``current`` points. Styles,
scripts and pictures are named by a digest of their bytes, and nginx takes them from
``assets``, which holds those of the version before, too: a page that was opened before
the change finds the files it names.

What is the same as before is a hard link to it. Its date stays, and so does the ETag
that nginx makes of the date; what is new has a date that no version before it had.
"""

import gzip
import hashlib
import os
import re
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path, PurePosixPath

import brotli

NAMED = ("_images/", "_static/")
DIGEST = re.compile(r"\.[0-9a-f]{16}\.\w+(\.br|\.gz)?$")
REFERENCE = re.compile(
    r'(?P<before>\b(?:src|href)="(?:(?:\.\./)*|/(?:[^":]*?/)?))'
    r'(?P<file>(?:_images|_static)/[^"?#]*)'
    r'(?:\?[^"#]*)?(?P<after>[#"])'
)
URL = re.compile(r"""url\((["']?)(?P<file>[^"'():?#]+)(?:\?[^"')#]*)?""")
WORDS = {".css", ".csv", ".html", ".ipynb", ".js", ".json", ".map", ".md", ".py"}
WORDS |= {".svg", ".txt", ".xml"}
ENCODINGS = {
    ".br": cache(lambda content: brotli.compress(content, quality=11)),
    ".gz": cache(lambda content: gzip.compress(content, compresslevel=9, mtime=0)),
}


def publish(html, home):
    """Add the site as the newest version, and point nginx to it."""
    releases, current = home / "releases", home / "current"
    draft = releases / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    before = current.resolve(strict=True) if current.is_symlink() else None
    stamp = max(int(time.time()), int(before.name) + 1 if before else 0)
    files = with_named(read(html))
    with ThreadPoolExecutor() as pool:
        written = [
            pool.submit(put, draft / name, content, before and before / name, stamp)
            for name, content in files.items()
        ]
    for one in written:
        one.result()
    release = draft.rename(releases / str(stamp))
    lay_out(release, home / "assets")
    open_up(home)
    point(current, release)
    for old in set(releases.iterdir()) - {before, release}:
        shutil.rmtree(old)
    tidy(home / "assets", releases)
    return release


def read(html):
    """The site's files by their names, without what only builds read."""
    paths = [path for path in sorted(html.rglob("*")) if path.is_file()]
    files = {path.relative_to(html).as_posix(): path.read_bytes() for path in paths}
    return {name: body for name, body in files.items() if not name.startswith(".")}


def with_named(files):
    """Add files whose names tell their bytes; pages and styles ask for those."""
    names = {}
    # Styles name other files, so they come last.
    for name in sorted(files, key=lambda name: name.endswith(".css")):
        if name.startswith(NAMED):
            if name.endswith(".css"):
                files[name] = restyled(name, files[name], names)
            digest = hashlib.sha256(files[name]).hexdigest()[:16]
            path = PurePosixPath(name)
            names[name] = str(path.with_name(f"{path.stem}.{digest}{path.suffix}"))

    def renamed(match):
        file = names.get(match["file"])
        return f"{match['before']}{file}{match['after']}" if file else match[0]

    for page in [name for name in files if name.endswith(".html")]:
        text = files[page].decode("utf-8")
        files[page] = REFERENCE.sub(renamed, text).encode("utf-8")
    return files | {new: files[name] for name, new in names.items()}


def restyled(style, content, names):
    """The style sheet, with fonts and pictures by their new names."""

    def renamed(match):
        place = os.path.normpath(os.path.join(os.path.dirname(style), match["file"]))
        file = names.get(place.replace(os.sep, "/"))
        if not file:
            return match[0]
        relative = os.path.relpath(file, os.path.dirname(style)).replace(os.sep, "/")
        return f"url({match[1]}{relative}"

    return URL.sub(renamed, content.decode("utf-8")).encode("utf-8")


def put(path, content, old, stamp):
    """Write a file, and what nginx sends to browsers that take it compressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if old and old.is_file() and old.read_bytes() == content:
        for ending in ("", *ENCODINGS):
            if (same := old.with_name(old.name + ending)).exists():
                os.link(same, path.with_name(path.name + ending))
        return
    versions = {"": content}
    if path.suffix in WORDS:
        packed = {ending: pack(content) for ending, pack in ENCODINGS.items()}
        versions |= {e: body for e, body in packed.items() if len(body) < len(content)}
    for ending, body in versions.items():
        file = path.with_name(path.name + ending)
        file.write_bytes(body)
        os.utime(file, (stamp, stamp))


def lay_out(release, assets):
    """Add the version's named files to those of the versions before."""
    for file in release.rglob("*"):
        place = assets / file.relative_to(release)
        if DIGEST.search(file.name) and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, place)


def open_up(home):
    """Let nginx read all of it, whatever the umask of whoever publishes."""
    home.chmod(0o755)
    for folder in (home / "releases", home / "assets"):
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def tidy(assets, releases):
    """Remove named files that no version asks for any more."""
    kept = {p.relative_to(r) for r in releases.iterdir() for p in r.rglob("*")}
    for file in assets.rglob("*"):
        if file.is_file() and file.relative_to(assets) not in kept:
            file.unlink()


def point(link, release):
    """Make the link point to the release; there is no moment without a link."""
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(release.relative_to(link.parent))
    new.replace(link)


if __name__ == "__main__":
    print(publish(*(Path(argument).resolve() for argument in sys.argv[1:])))
