"""From a page to the file that somebody wrote, to its date, and to the repository."""

import os
import subprocess
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import history
import pytest
import sources
from docutils import nodes

REPOSITORY = "https://github.com/somebody/seegrad"
FILES = {
    "start": "docs/start.md",
    "project/speed": "docs/project/speed.md",
    "gallery/index": "tutorials/GALLERY_HEADER.rst",
    "gallery/fields/index": "tutorials/fields/GALLERY_HEADER.rst",
    "gallery/fields/plot_descent": "tutorials/fields/plot_descent.py",
    "gallery/topics": None,
    "api/index": "docs/api/index.rst",
    "api/generated/seegrad.derivative": "src/seegrad/derivatives.py",
    "api/generated/seegrad.TangentLine": "src/seegrad/tangents.py",
    "api/generated/seegrad.graphs.Edge": "src/seegrad/graphs/model.py",
    "genindex": None,
    "search": None,
}


@pytest.mark.parametrize("page", FILES)
def test_a_page_has_a_source(page):
    assert sources.source(page) == FILES[page]


def told(page, repository=REPOSITORY, **context):
    titles = {page: nodes.title("", "What & why")}
    config = SimpleNamespace(repository_address=repository, language="en")
    app = SimpleNamespace(config=config, env=SimpleNamespace(titles=titles))
    sources.tell(app, page, "page.html", context, None)
    return context


def test_a_page_can_be_edited_and_reported():
    address = "https://seegrad.test/start.html"
    context = told("start", pageurl=address)
    assert context["edit"] == f"{REPOSITORY}/edit/main/docs/start.md"
    form = urlsplit(context["report"])
    assert f"{form.scheme}://{form.netloc}{form.path}" == f"{REPOSITORY}/issues/new"
    filled = parse_qs(form.query)
    assert filled["title"] == ["What & why: "]
    assert address in filled["body"][0]
    assert "the page start:" in told("start")["report"].replace("+", " ").replace(
        "%3A", ":"
    )


@pytest.mark.parametrize("page", ["start", "search"])
def test_without_a_repository_nothing_leads_there(page):
    assert told(page, repository="").keys() == {"changed"}
    assert "edit" not in told("search")


@pytest.mark.parametrize(("repository", "icons"), [("", 0), (REPOSITORY, 1)])
def test_the_bar_has_the_repositorys_icon_where_there_is_one(repository, icons):
    options = {"navbar_align": "left"}
    config = SimpleNamespace(
        repository_address=repository, html_theme_options=options, language="en"
    )
    sources.show(None, config)
    links = config.html_theme_options.get("icon_links", [])
    assert [link["url"] for link in links] == [REPOSITORY] * icons
    assert config.html_theme_options["navbar_align"] == "left"


class Repository:
    def __init__(self, root):
        self.root = root
        root.mkdir()
        self.git("init", "--quiet")

    def git(self, *words, **env):
        who = ("-c", "user.name=A", "-c", "user.email=a@b.test")
        command = ["git", "-C", self.root, *who, *words]
        subprocess.run(command, check=True, env={**os.environ, **env})

    def commit(self, day, *names):
        for name in names:
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(day)
        self.git("add", ".")
        date = f"{day}T12:00:00Z"
        env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.git("commit", "--quiet", "--message", day, **env)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    repository = Repository(tmp_path / "full")
    repository.commit("2026-01-01", "docs/a.md", "docs/ひ b.md")
    repository.commit("2026-02-02", "docs/a.md")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(history, "ROOT", repository.root)
    history.last_changes.cache_clear()
    yield repository
    history.last_changes.cache_clear()


def test_each_file_has_the_date_of_its_own_last_change(repository):
    dates = {name: str(day) for name, day in history.last_changes().items()}
    assert dates == {"docs/a.md": "2026-02-02", "docs/ひ b.md": "2026-01-01"}
    assert str(history.source_date()) == "2026-02-02"


def test_a_part_of_the_history_gives_no_dates_of_files(repository, monkeypatch):
    part = repository.root.with_name("part")
    repository.git("clone", "--quiet", "--depth=1", repository.root.as_uri(), part)
    monkeypatch.setattr(history, "ROOT", part)
    assert history.last_changes() == {}
    assert str(history.source_date()) == "2026-02-02"


def test_without_a_history_there_are_no_dates(repository, monkeypatch, tmp_path):
    monkeypatch.setattr(history, "ROOT", tmp_path)
    assert history.last_changes() == {}
    assert history.source_date() is None
