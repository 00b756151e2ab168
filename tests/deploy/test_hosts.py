"""The files that hosts read: pinned, with few rights, and nobody's account in them."""

import re

import pytest
import yaml
from conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
PINNED = re.compile(r"^actions/[a-z-]+@[0-9a-f]{40}$")


def jobs(path):
    return yaml.safe_load(path.read_text())["jobs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path):
    used = [s["uses"] for j in jobs(path).values() for s in j["steps"] if "uses" in s]
    assert used
    assert all(PINNED.match(action) for action in used)
    told = re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n", path.read_text())
    assert len(told) == len(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_job_has_the_least_rights(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
    rights = {name: job.get("permissions") for name, job in jobs(path).items()}
    assert rights == {
        "build": None,
        "publish": {"pages": "write", "id-token": "write"},
        "notebooks": {"actions": "read", "contents": "write"},
    }
    pushed = {n for n, job in jobs(path).items() if "push" in job.get("if", "")}
    assert pushed == {"publish", "notebooks"}


def test_what_ci_runs_is_what_hosts_run():
    [workflow] = WORKFLOWS
    runs = [step.get("run", "") for step in jobs(workflow)["build"]["steps"]]
    assert ".ci/run" in runs
    read_the_docs = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text())
    assert "python -m nox -s docs" in read_the_docs["build"]["commands"]
