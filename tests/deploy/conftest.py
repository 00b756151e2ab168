"""Publish two versions of the built site, and serve them with the real nginx."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HTML = ROOT / "docs" / "_build" / "html"
sys.path.append(str(ROOT / "deploy"))

import publish  # noqa: E402, it is no package's


class Server:
    """Where nginx answers, and where it takes the files from."""

    def __init__(self, home, port):
        """Talk to the nginx that serves `home` at `port` of loopback."""
        self.home, self.port = home, port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def get(self, path, **headers):
        """Ask for a path; return its status, headers and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", path, headers=named)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def files(self):
        """Each file of the current version by its name, precompressed ones aside."""
        paths = [p for p in self.release.rglob("*") if p.is_file()]
        paths = [p for p in paths if p.suffix not in publish.ENCODINGS]
        return {p.relative_to(self.release).as_posix(): p for p in sorted(paths)}

    @property
    def release(self):
        """The folder of the current version."""
        return (self.home / "current").resolve()


@pytest.fixture(scope="session")
def site():
    """The site as it was built."""
    assert HTML.exists(), f"{HTML} holds no site: run `nox -s docs` first"
    return HTML


@pytest.fixture(scope="session")
def changed(site, tmp_path_factory):
    """The site with another style sheet, which every page names."""
    copy = tmp_path_factory.mktemp("changed") / "html"
    shutil.copytree(site, copy)
    with open(copy / "_static" / "seegrad.css", "a") as style:
        style.write("\n/* Changed. */\n")
    return copy


@pytest.fixture(scope="session")
def server(site, changed, tmp_path_factory):
    """The site's version, published after the changed one, served by nginx."""
    home = tmp_path_factory.mktemp("home")
    publish.publish(changed, home)
    publish.publish(site, home)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    assert text.count("listen 8080;") == 1
    settings = home / "nginx.conf"
    settings.write_text(text.replace("listen 8080;", f"listen 127.0.0.1:{port};"))
    as_us = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    log = home / "error.log"
    words = ("nginx", "-p", home, "-c", settings, "-e", log, "-g", as_us)
    nginx = subprocess.Popen(words)
    wait_for(port, nginx)
    server = Server(home, port)
    yield server
    server.connection.close()
    nginx.terminate()
    assert nginx.wait(20) == 0
    told = log.read_text()
    assert not [word for word in ("[emerg]", "[alert]", "[crit]") if word in told], told


def wait_for(port, nginx):
    for _ in range(100):
        assert nginx.poll() is None, "nginx did not start"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("nginx does not answer")
