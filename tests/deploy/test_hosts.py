"""The files that hosts read: pinned, with few rights, and nobody's account in them."""

import ast
import re
import tomllib

import pytest
import yaml
from conftest import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").iterdir())
PINNED = re.compile(r"^actions/[a-z-]+@[0-9a-f]{40}$")
RIGHTS = {
    "site.yml": {
        "build": None,
        "publish": {"pages": "write", "id-token": "write"},
        "notebooks": {"actions": "read", "contents": "write"},
    },
    "tests.yml": {"tests": None},
    "weekly.yml": {"versions": None},
    "release.yml": {"build": None, "publish": {"id-token": "write"}},
}
BY_NAME = {"argvalues": WORKFLOWS, "ids": [path.stem for path in WORKFLOWS]}


def read(path):
    return yaml.safe_load(path.read_text())


def jobs(path):
    return read(path)["jobs"]


def steps(path):
    return [step for job in jobs(path).values() for step in job["steps"]]


def triggers(path):
    return read(path)[True]  # YAML takes the word "on" for a yes


@pytest.mark.parametrize("path", **BY_NAME)
def test_actions_are_pinned_by_commit(path):
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert all(PINNED.match(action) for action in used)
    told = re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n", path.read_text())
    assert len(told) == len(used)


@pytest.mark.parametrize("path", **BY_NAME)
def test_each_job_has_the_least_rights_and_an_end(path):
    assert read(path)["permissions"] == {"contents": "read"}
    rights = {name: job.get("permissions") for name, job in jobs(path).items()}
    assert rights == RIGHTS[path.name]
    assert all(0 < job["timeout-minutes"] <= 60 for job in jobs(path).values())


def test_only_what_was_pushed_is_published():
    pushed = {
        n: job.get("if", "") for n, job in jobs(GITHUB / "workflows/site.yml").items()
    }
    assert {n for n, condition in pushed.items() if "push" in condition} == {
        "publish",
        "notebooks",
    }
    assert triggers(GITHUB / "workflows/release.yml") == {"push": {"tags": ["v*"]}}


def test_what_ci_runs_is_what_hosts_run():
    runs = [
        step.get("run", "")
        for step in jobs(GITHUB / "workflows/site.yml")["build"]["steps"]
    ]
    assert ".ci/run" in runs
    read_the_docs = read(ROOT / ".readthedocs.yaml")
    assert "python -m nox -s docs" in read_the_docs["build"]["commands"]


def test_no_host_keeps_what_ran_before():
    for path in WORKFLOWS:
        assert not [s for s in steps(path) if "actions/cache" in s.get("uses", "")]
    once_more = [s for s in steps(GITHUB / "workflows/site.yml") if "env" in s]
    assert once_more[0]["run"].endswith("nox -s docs -- clean")


def test_every_python_that_we_name_is_tested_on_every_system():
    [job] = jobs(GITHUB / "workflows/tests.yml").values()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == [named[0], named[-1]]
    systems = {system.partition("-")[0] for system in matrix["system"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert job["steps"][-1]["run"] == "python -m nox -s tests"


def test_every_week_the_oldest_and_the_newest_versions_are_tried():
    weekly = GITHUB / "workflows" / "weekly.yml"
    [job] = jobs(weekly).values()
    sessions = {row["session"] for row in job["strategy"]["matrix"]["include"]}
    assert sessions == {"minimums", "newest"}
    assert re.fullmatch(r"\d+ \d+ \* \* \d", triggers(weekly)["schedule"][0]["cron"])


def test_whatever_installs_is_pinned():
    """By the file of constraints, which reaches what builds a package only from env."""
    hosts = [ROOT / ".ci" / "run", ROOT / ".readthedocs.yaml", *WORKFLOWS]
    for path in hosts:
        for line in path.read_text().splitlines():
            assert "pip install" not in line or "-c constraints.txt" in line, line
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    installs = [c for c in calls if ast.unparse(c.func) == "session.install"]
    free = {"'--upgrade', *TORCH", "'--extra-index-url', CPU_BUILDS, *lowest"}
    for call in installs:
        env = [ast.unparse(k.value) for k in call.keywords if k.arg == "env"]
        words = ", ".join(map(ast.unparse, call.args))
        assert env in (["PINNED"], ["BUILT"]) or words in free, words
    assert len(installs) > 5
    pinned = (ROOT / "constraints.txt").read_text()
    for name in ("nox", "hatchling", "editables"):
        assert re.search(rf"^{name}==[\d.]+$", pinned, re.MULTILINE)


def test_a_commit_is_checked_as_nox_checks():
    [repo] = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [hook["entry"] for hook in repo["hooks"]] == ["python -m nox -s lint"]


def test_forms_can_be_read():
    forms = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
    assert len(forms) == 3
    for form in map(read, forms):
        assert form["name"]
        assert form["description"]
        assert all(field["attributes"]["label"] for field in form["body"])
    updates = read(GITHUB / "dependabot.yml")["updates"]
    assert {u["package-ecosystem"] for u in updates} == {"pip", "github-actions"}
