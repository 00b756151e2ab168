"""What nginx answers for every file of the site."""

import gzip
import hashlib
import re

import brotli
import pytest

DIGEST = re.compile(r"\.([0-9a-f]{16})\.\w+$")
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}
PROMISES = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
FOR_EVER = "public, max-age=31536000, immutable"


def promises(headers):
    return {name: headers[name] for name in PROMISES}


@pytest.mark.parametrize("encoding", UNPACK)
def test_every_file_comes_whole(server, encoding):
    packed = 0
    for name, path in server.files().items():
        if name == "404.html":
            continue
        status, headers, body = server.get(f"/{name}", Accept_Encoding=encoding)
        sent = headers.get("Content-Encoding", "identity")
        assert sent in {encoding, "identity"}
        assert (status, UNPACK[sent](body)) == (200, path.read_bytes()), name
        assert promises(headers) == PROMISES
        assert headers["Cache-Control"] == (
            FOR_EVER if DIGEST.search(name) else "no-cache"
        )
        packed += sent != "identity"
    assert encoding == "identity" or packed > 100


def test_every_precompressed_file_equals_its_original(server):
    unpack = {".br": brotli.decompress, ".gz": gzip.decompress}
    found = [p for p in server.release.rglob("*") if p.suffix in unpack]
    assert len(found) > 200
    for path in found:
        original = path.with_name(path.stem).read_bytes()
        assert unpack[path.suffix](path.read_bytes()) == original, path


def test_names_tell_the_bytes(server):
    named = {n: p for n, p in server.files().items() if DIGEST.search(n)}
    assert len(named) > 50
    for name, path in named.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert DIGEST.search(name)[1] == digest[:16]


def test_pages_name_only_such_files(server):
    pages = [p for p in server.release.rglob("*.html") if p.parent.name != "_static"]
    assets = re.compile(r'(?:src|href)="([^":#?]*/?(?:_static|_images)/[^"]+)"')
    asked = {link for page in pages for link in assets.findall(page.read_text())}
    assert len(asked) > 50
    assert not [link for link in asked if not DIGEST.search(link.partition("#")[0])]


def test_media_types(server):
    kinds = {
        "index.html": "text/html; charset=utf-8",
        "_static/seegrad.css": "text/css; charset=utf-8",
        "_static/zoom.js": "application/javascript; charset=utf-8",
        "_static/logo.svg": "image/svg+xml; charset=utf-8",
        "download/plot_sum.py": "application/octet-stream",
    }
    told = {name: server.get(f"/{name}")[1]["Content-Type"] for name in kinds}
    assert told == kinds


@pytest.mark.parametrize("encoding", UNPACK)
@pytest.mark.parametrize("path", ["/", "/_static/seegrad.css", "/_static/pages.js"])
def test_what_a_browser_holds_is_not_sent_again(server, path, encoding):
    wanted = {"Accept_Encoding": encoding}
    _, first, _ = server.get(path, **wanted)
    status, headers, body = server.get(path, If_None_Match=first["ETag"], **wanted)
    assert (status, body, headers["ETag"]) == (304, b"", first["ETag"])
    assert promises(headers) == PROMISES
    since = first["Last-Modified"]
    status, _, body = server.get(path, If_Modified_Since=since, **wanted)
    assert (status, body) == (304, b"")


def test_encodings_are_told_apart(server):
    answers = [server.get("/", Accept_Encoding=encoding)[1] for encoding in UNPACK]
    assert len({headers["ETag"] for headers in answers}) == len(UNPACK)
    assert {headers["Vary"] for headers in answers} == {"Accept-Encoding"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/gallery/nothing.html", "/_static/x.0123456789abcdef.js"]
)
def test_what_is_not_there(server, path):
    status, headers, body = server.get(path)
    assert status == 404
    assert body == (server.release / "404.html").read_bytes()
    assert headers["Cache-Control"] == "no-cache"
    assert promises(headers) == PROMISES


def test_folders_keep_the_host_and_scheme_they_were_asked_by(server):
    status, headers, _ = server.get("/gallery")
    assert (status, headers["Location"]) == (301, "/gallery/")


def test_tls_is_asked_for_only_over_tls(server):
    name = "Strict-Transport-Security"
    assert server.get("/")[1][name] is None
    over_tls = server.get("/", X_Forwarded_Proto="https")[1]
    assert over_tls[name] == "max-age=31536000"


def test_nothing_that_only_builds_read_is_served(server):
    assert server.get("/.buildinfo")[0] == 404
    assert "Server" not in promises(server.get("/")[1])
    assert server.get("/")[1]["Server"] == "nginx"
