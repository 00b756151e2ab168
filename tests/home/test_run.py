"""Take everything home as a reader does, into empty environments, and run it."""

import os
import re
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin
from urllib.request import urlopen, urlretrieve

import pytest
import take_home
from conftest import DOCS, HTML, READERS, ROOT

BLOCK = re.compile(r"^# /// script\n(.*?)^# ///$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def scripts(site, tmp_path_factory):
    """Each script, downloaded from where its page says."""
    folder = tmp_path_factory.mktemp("scripts")
    pages = sorted(HTML.glob("gallery/*/plot_*.html"))
    for page in pages:
        address = f"{site}/{page.relative_to(HTML).as_posix()}"
        with urlopen(address) as answer:
            links = re.findall(r'href="([^"]+\.py)"', answer.read().decode())
        [link] = [link for link in links if take_home.FOLDER in link]
        urlretrieve(urljoin(address, link), folder / f"{page.stem}.py")
    tutorials = list(ROOT.glob("tutorials/*/plot_*.py"))
    assert {p.stem for p in pages} == {p.stem for p in tutorials}
    return sorted(folder.iterdir())


def needs(script):
    """What the script's metadata names, read as the standard says."""
    [block] = BLOCK.findall(script.read_text(encoding="utf-8"))
    lines = [line.removeprefix("#").removeprefix(" ") for line in block.splitlines()]
    return tuple(tomllib.loads("\n".join(lines))["dependencies"])


def test_every_script_runs_with_what_it_names(scripts, environment, run, site):
    named = {script: needs(script) for script in scripts}
    assert all(f"{site}/download/seegrad-" in " ".join(n) for n in named.values())
    pythons = {n: environment(*n) for n in sorted(set(named.values()))}

    def work(script):
        run(pythons[named[script]], "-W", "error", script, cwd=script.parent)
        return script

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        assert list(pool.map(work, scripts)) == scripts


def test_uv_runs_a_script_from_its_address(run, site):
    address = f"{site}/{take_home.FOLDER}/{take_home.FIRST}.py"
    assert "slope -0.4383" in run("uv", "run", address)


def test_uv_runs_a_script_beside_its_wheel(run, tmp_path):
    take_home.pack(DOCS / "gallery", tmp_path / "served", "", "")
    with zipfile.ZipFile(tmp_path / "served" / take_home.ZIP) as everything:
        everything.extractall(tmp_path)
    home = tmp_path / "seegrad-tutorials"
    assert "slope -0.4383" in run("uv", "run", home / f"{take_home.FIRST}.py")


def test_pip_installs_the_wheel_from_the_site(run, environment, site):
    python = environment(options=["--seed"])
    wheel = next((HTML / take_home.FOLDER).glob("*.whl")).name
    address = f"{site}/{take_home.FOLDER}/{wheel}"
    run(python, "-m", "pip", "install", "--no-deps", address)
    shown = run(python, "-m", "pip", "show", "seegrad")
    assert f"Version: {wheel.split('-')[1]}" in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (take_home.FIRST, "slope -0.4383"),
        ("cost", "Taken on "),  # a chapter with a helper of its own, and with data
    ],
)
def test_a_notebook_installs_what_it_needs_and_runs(
    run, environment, site, tmp_path, name, shown
):
    python = environment("nbclient", "ipykernel", "torch", options=["--seed"])
    book = f"{name}.ipynb"
    urlretrieve(f"{site}/{take_home.FOLDER}/{book}", tmp_path / book)
    pinned = READERS | {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    execute = python.with_name("jupyter-execute")
    run(execute, "--inplace", book, cwd=tmp_path, env=pinned)
    assert shown in (tmp_path / book).read_text(encoding="utf-8")
    where = run(python, "-c", "import seegrad; print(seegrad.__file__)", cwd=tmp_path)
    assert where.startswith(str(python.parents[1]))
