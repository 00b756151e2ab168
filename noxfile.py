"""Every command of the project: `nox --list` says what each one does."""

import hashlib
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "doctest", "docs", "frameworks"]

PROJECT = nox.project.load_toml("pyproject.toml")
HTML = Path("docs/_build/html")
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # the workers share the cores


@nox.session
def tests(session):
    """Test the library, and run every tutorial as a plain script."""
    install(session, "-e.[plot,graph]", *group("tests"))
    workers = () if session.posargs else ("-n", "auto")
    session.run("pytest", *LIBRARY, *workers, *session.posargs, env=ONE_THREAD)


@nox.session
def lint(session):
    """Check style, format and types."""
    install(session, "-e.[plot,graph]", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session
def doctest(session):
    """Run the examples in the docstrings."""
    install(session, "-e.[plot,graph]", *group("tests"))
    session.run("pytest", "--doctest-modules", "src", *session.posargs, env=ONE_THREAD)


@nox.session
def docs(session):
    """Build the site; any warning, failing example or failing cell fails it."""
    install(session, "-e.[docs]", *group("frameworks"))
    session.run("sphinx-build", *SPHINX, *session.posargs, "docs", HTML, env=ONE_THREAD)
    pages = len(list(HTML.rglob("*.html")))
    session.log(f"{pages} pages. Open {(HTML / 'index.html').resolve().as_uri()}")


@nox.session(python=False)
def frameworks(session):
    """Test what the chapters say of TensorFlow and JAX; run `docs` first."""
    # In that session's environment: nobody wants TensorFlow installed twice.
    folders = os.pathsep.join(str(Path(".nox/docs") / d) for d in ("bin", "Scripts"))
    python = shutil.which("python", path=folders) or session.error("Run `docs` first.")
    options = ("--confcutdir=tests/frameworks", "tests/frameworks", *session.posargs)
    session.run(python, "-m", "pytest", *options, env=ONE_THREAD)


@nox.session
def live(session):
    """Serve the site, and rebuild it on every change."""
    install(session, "-e.[docs]", *group("live"))
    watched = [f"--watch={folder}" for folder in ("src", "tutorials")]
    ignored = [f"--ignore=docs/{d}" for d in ("_build", "gallery", "api/generated")]
    options = (*watched, *ignored, *session.posargs)
    session.run("sphinx-autobuild", *options, "docs", HTML, env=ONE_THREAD)


@nox.session
def site(session):
    """Read the built site in a real browser; run `docs` first."""
    install(session, *group("site"), torch=False)
    if not shutil.which("chromium"):
        session.run("playwright", "install", "chromium")
    # tests/conftest.py is the library's, and keeps tests off the network.
    session.run("pytest", "--confcutdir=tests/site", "tests/site", *session.posargs)


@nox.session
def bench(session):
    """Measure speed as ratios against peers; name the benchmarks, or run them all."""
    install(session, "-e.[plot,graph]", *group("bench"))
    session.run("python", "benchmarks", *session.posargs, env=ONE_THREAD)


@nox.session
def minimums(session):
    """Test with the lowest versions that pyproject.toml declares."""
    needs = PROJECT["project"]["dependencies"]
    extras = PROJECT["project"]["optional-dependencies"]
    needs = [*needs, *extras["plot"], *extras["graph"]]
    lowest = [need.replace(">=", "==") for need in needs]
    session.install("--extra-index-url", CPU_BUILDS, *lowest)
    session.install("-e.", *group("tests"), "pyparsing<3.3")  # matplotlib 3.9's calls
    session.run("pytest", *LIBRARY, "-n", "auto", env=ONE_THREAD)


LIBRARY = ("--ignore=tests/site", "--ignore=tests/frameworks")
SPHINX = ("-n", "-W", "--keep-going", "-j", "auto", "-d", "docs/_build/doctrees")


def group(name):
    """The packages of one of pyproject.toml's dependency groups."""
    return nox.project.dependency_groups(PROJECT, name)


def install(session, *needs, torch=True):
    """Install in the exact versions of constraints.txt, torch as its small CPU build.

    torch comes first and alone: asked for with the rest, every package would be looked
    up in torch's index too. An environment that already holds all that is left alone.
    """
    texts = [Path(file).read_text() for file in ("pyproject.toml", "constraints.txt")]
    wanted = hashlib.sha256("\n".join([*texts, *needs]).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    pinned = ("-c", "constraints.txt")
    if torch:
        index = ("--retries", "0", "--extra-index-url", CPU_BUILDS)
        session.install("--no-deps", *index, *pinned, "torch")
    session.install(*pinned, *needs)
    stamp.write_text(wanted)
