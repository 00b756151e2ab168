"""Every command of the project: `nox --list` says what each one does."""

import hashlib
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "doctest", "docs", "frameworks", "rebuild"]

PROJECT = nox.project.load_toml("pyproject.toml")
LIVE = "docs/_build/live/html"
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
# pip reads these for what it installs and for what builds it, which -c doesn't reach.
BUILT = {"PIP_BUILD_CONSTRAINT": str(Path("constraints.txt").resolve())}
PINNED = {**BUILT, "PIP_CONSTRAINT": BUILT["PIP_BUILD_CONSTRAINT"]}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # the workers share the cores


@nox.session
def tests(session):
    """Test all of the library, every branch of it, and run the tutorials as scripts."""
    install(session, "-e.[plot,graph]", *group("tests"))
    words = session.posargs or ("-n", "auto", "--cov")
    session.run("pytest", *LIBRARY, *words, env=ONE_THREAD)


@nox.session
def lint(session):
    """Check style, format and types."""
    install(session, "-e.[plot,graph]", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session(python=False)
def doctest(session):
    """Run the examples in the docstrings; run `tests` first."""
    words = ("-m", "pytest", "--doctest-modules", "src", *session.posargs)
    session.run(python_of(session, "tests"), *words, env=ONE_THREAD)


@nox.session
def docs(session):
    """Build the site; any warning fails it; after `-- clean`, from nothing kept.

    `-- untranslated` takes English words where the Japanese lack, and `-- en` leaves
    the Japanese pages out.
    """
    install(session, "-e.[docs]", *group("frameworks"))
    session.run("python", "docs/build.py", *SPHINX, *session.posargs, env=ONE_THREAD)


@nox.session
def translate(session):
    """Bring the Japanese catalogs up to date with the pages; list what lacks."""
    install(session, "-e.[docs]", *group("frameworks"))
    session.run("python", "docs/translate.py", *session.posargs, env=ONE_THREAD)


@nox.session(python=False)
def frameworks(session):
    """Test what the chapters say of TensorFlow and JAX; run `docs` first."""
    test_in_docs(session, "tests/frameworks")


@nox.session(python=False)
def rebuild(session):
    """Test that builds are alike and whole, and mislead nobody; run `docs` first."""
    test_in_docs(session, "tests/rebuild")


@nox.session
def live(session):
    """Serve the site, in Japanese after `-- ja`, and rebuild it on every change."""
    install(session, "-e.[docs]", *group("live"))
    watched = [f"--watch={folder}" for folder in ("src", "tutorials")]
    ignored = [f"--ignore=docs/{d}" for d in ("_build", "gallery", "api/generated")]
    # Without an earlier build's pages: Sphinx doesn't know which of them use what.
    words = [word for word in session.posargs if word != "ja"]
    if "ja" in session.posargs:
        words += ["-D", "language=ja", "-D", "untranslated=1"]
    options = ("-E", "-j", "auto", *watched, *ignored, *words)
    session.run("sphinx-autobuild", *options, "docs", LIVE, env=ONE_THREAD)


@nox.session
def site(session):
    """Read the built site in a real browser; run `docs` first. It needs Java, too."""
    install(session, *group("site"), torch=False)
    need_chromium(session)
    run_alone(session, "tests/site")


@nox.session
def home(session):
    """Run what readers take home, as they do, and copy code; run `docs` first."""
    install(session, *group("home"), torch=False)
    need_chromium(session)
    wheel = session.cache_dir / "torch"
    words = ("pip", "download", "--dest", str(wheel), *TORCH)
    session.run(*words, env=PINNED, silent=True)
    run_alone(session, "tests/home", env={"TORCH_WHEEL": str(wheel)})


@nox.session
def deploy(session):
    """Serve the built site with nginx, under load; run `docs` first."""
    install(session, *group("deploy"), torch=False)
    run_alone(session, "tests/deploy")


@nox.session
def release(session):
    """Build the sdist and the wheel into dist/, and use each where nothing else is."""
    install(session, *group("release"), torch=False)
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation")  # the wheel from the sdist
    archives = sorted(map(str, Path("dist").resolve().iterdir()))
    session.run("twine", "check", "--strict", *archives)
    clean = Path(session.create_tmp()).absolute() / "clean"
    session.run("python", "-m", "venv", "--clear", str(clean))
    pip = (next(clean.glob("[bS]*/python*")), "-m", "pip", "--quiet")
    session.run(*pip, "install", *TORCH, env=PINNED, external=True)
    for archive in archives:
        seegrad = f"seegrad[plot] @ {Path(archive).as_uri()}"
        session.run(*pip, "install", seegrad, env=PINNED, external=True)
        session.run(pip[0], "-W", "error", "-c", USE, external=True)
        session.run(*pip, "uninstall", "--yes", "seegrad", external=True)


@nox.session(python=False)
def bench(session):
    """Measure speed as ratios against peers, all or those named; run `docs` first."""
    python = python_of(session, "docs")
    pip = (python, "-m", "pip", "--quiet")
    session.run(*pip, "install", *group("bench"), env=PINNED)
    session.run(python, "benchmarks", *session.posargs, env=ONE_THREAD)


@nox.session
def stress(session):
    """Ask of 10,000 smooth functions and 1,500 planted faults; save the counts."""
    install(session, "-e.[plot,graph]", *group("tests"))
    words = session.posargs or ("--size", "full", "--json", "docs/project/stress.json")
    session.run("python", "tests/stress/table.py", *words, env=ONE_THREAD)


@nox.session
def minimums(session):
    """Test with the lowest versions that pyproject.toml declares."""
    needs = PROJECT["project"]["dependencies"]
    extras = PROJECT["project"]["optional-dependencies"]
    needs = [*needs, *extras["plot"], *extras["graph"]]
    lowest = [need.replace(">=", "==") for need in needs]
    session.install("--extra-index-url", CPU_BUILDS, *lowest)
    more = (*group("tests"), "pyparsing<3.3")  # matplotlib 3.9's calls
    session.install("-e.", *more, env=BUILT)
    session.run("pytest", *LIBRARY, "-n", "auto", env=ONE_THREAD)


@nox.session
def newest(session):
    """Test, and build the site, with the newest versions of everything."""
    session.install("--upgrade", *TORCH)
    needs = ("-e.[docs]", *group("tests"), *group("frameworks"))
    session.install("--upgrade", *needs, env=BUILT)
    session.run("pytest", *LIBRARY, "-n", "auto", env=ONE_THREAD)
    session.run("python", "docs/build.py", "clean", *SPHINX, env=ONE_THREAD)


OTHERS = ("site", "frameworks", "rebuild", "home", "deploy")
LIBRARY = [f"--ignore=tests/{folder}" for folder in OTHERS]
SPHINX = ("-n", "-W", "--keep-going", "-j", "auto")
TORCH = ("--no-deps", "--retries", "0", "--extra-index-url", CPU_BUILDS, "torch")
USE = """\
import seegrad
tangent = seegrad.tangent_line(lambda x: x**3, 2.0)
assert tangent.slope == 12
seegrad.plot_tangent_line(tangent)
"""


def test_in_docs(session, folder):
    """Test in the environment of `docs`: nobody wants TensorFlow installed twice."""
    run_alone(session, folder, python_of(session, "docs"), env=ONE_THREAD)


def python_of(session, other):
    """The Python of another session's environment."""
    places = os.pathsep.join(str(Path(".nox") / other / d) for d in ("bin", "Scripts"))
    python = shutil.which("python", path=places)
    return python or session.error(f"Run `{other}` first.")


def run_alone(session, folder, python="python", **options):
    """Test a folder without the library's conftest.py, which bars the network."""
    words = (f"--confcutdir={folder}", folder, *session.posargs)
    session.run(python, "-m", "pytest", *words, **options)


def need_chromium(session):
    """Debian's, where there is one, else Playwright's own."""
    if not shutil.which("chromium"):
        session.run("playwright", "install", "chromium")


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
    if torch:
        session.install(*TORCH, env=PINNED)
    session.install(*needs, env=PINNED)
    stamp.write_text(wanted)
