"""A new version takes over whole, while readers read."""

import hashlib
import os
import re
import stat
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urljoin

import publish
import pytest
from conftest import Server

ASSET = re.compile(r'(?:src|href)="([^":]*\.([0-9a-f]{16})\.\w+)[#"]')
LOAD = Path(__file__).with_name("load.lua")
SECONDS = 8
FAULTS = ("connect", "read", "write", "timeout", "status", "wrong")


def sent(path):
    """The file that nginx sends to a browser that takes brotli."""
    packed = path.with_name(path.name + ".br")
    return packed if packed.exists() else path


def read(server, stop, page, versions, seen):
    """Open a page again and again, with all that it names."""
    mine = Server(server.home, server.port)
    while not stop.is_set():
        status, _, body = mine.get(f"/{page}")
        assert status == 200
        assert body in versions, "neither the one version nor the other"
        for link, digest in ASSET.findall(body.decode()):
            status, _, content = mine.get(urljoin(f"/{page}", link))
            assert status == 200, link
            assert hashlib.sha256(content).hexdigest()[:16] == digest
        seen.append(versions.index(body))
    mine.connection.close()


def test_no_answer_fails_or_mixes_while_versions_change(
    server, site, changed, tmp_path, capsys
):
    # A copy: two versions on, publishing removes the folder of this one.
    both = sorted((server.home / "releases").iterdir())
    keep = [tmp_path / "changed", tmp_path / "site"]
    for folder, copy in zip(both, keep, strict=True):
        subprocess.run(["cp", "-rL", folder, copy], check=True)
    names = [n for n in server.files() if n != "404.html"]
    lines = []
    for name in names:
        one, other = (copy / name for copy in keep)
        one = one if one.exists() else other
        lines.append(f"/{name} {sent(one)} {sent(other)}\n")
    asked = tmp_path / "asked.txt"
    asked.write_text("".join(lines))

    page, seen, stop = "gallery/traps/plot_data.html", [], threading.Event()
    versions = [(copy / page).read_bytes() for copy in keep]
    faults = []

    def reader():
        try:
            read(server, stop, page, versions, seen)
        except Exception as error:
            faults.append(error)

    address = f"http://127.0.0.1:{server.port}"
    shape = ("-t1", "-c32", f"-d{SECONDS}s", "--timeout", "20s")
    words = ("wrk", *shape, "-s", LOAD, address, "--", asked)
    load = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    person = threading.Thread(target=reader)
    person.start()
    for version in (changed, site) * 4:
        time.sleep(SECONDS / 12)
        publish.publish(version, server.home)
    told, _ = load.communicate(timeout=60)
    stop.set()
    person.join()
    with capsys.disabled():
        print(f"\n{told}pages read with all they name: {len(seen)}")
    counts = {name: int(n) for name, n in re.findall(r"^(\w+)\t(\d+)$", told, re.M)}
    assert not faults
    assert set(seen) == {0, 1}
    good = {name: counts.pop(name) for name in ("first", "second", "either")}
    assert min(good.values()) > 100
    assert counts == dict.fromkeys(FAULTS, 0)


def test_only_what_changed_is_sent_again(server, site, changed):
    paths = ["/index.html", "/objects.inv"]
    tags = [server.get(path)[1]["ETag"] for path in paths]
    asset = ASSET.search(server.get("/index.html")[2].decode())[1]
    publish.publish(changed, server.home)
    answers = [server.get(p, If_None_Match=t) for p, t in zip(paths, tags, strict=True)]
    assert [status for status, _, _ in answers] == [200, 304]
    assert server.get(f"/{asset}")[0] == 200
    publish.publish(site, server.home)


def test_nginx_may_read_what_a_careful_person_publishes(tmp_path):
    html, home = tmp_path / "html", tmp_path / "home"
    (html / "_static").mkdir(parents=True)
    (html / "index.html").write_text('<link href="_static/a.css">')
    (html / "_static" / "a.css").write_text("p { top: 0 }")
    before = os.umask(0o077)
    try:
        publish.publish(html, home)
        publish.publish(html, home)
    finally:
        os.umask(before)
    paths = [home, *(p for f in ("releases", "assets") for p in (home / f).rglob("*"))]
    assert len(paths) > 10
    for path in paths:
        rights = 0o755 if path.is_dir() else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == rights, path


def test_old_versions_go(server, site, changed):
    def styles():
        return {p.name for p in server.home.glob("assets/_static/seegrad.*.css")}

    publish.publish(changed, server.home)
    two = styles()
    publish.publish(site, server.home)
    assert styles() == two
    publish.publish(site, server.home)
    assert len(two) == 2
    assert len(styles()) == 1
    assert len(list((server.home / "releases").iterdir())) == 2


def test_a_version_that_breaks_leaves_the_last_good_one(server, changed, monkeypatch):
    before = server.release

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(publish, "put", full)
    with pytest.raises(OSError, match="No space"):
        publish.publish(changed, server.home)
    assert server.release == before
    assert server.get("/")[0] == 200
