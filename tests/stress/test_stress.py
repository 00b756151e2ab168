"""The stress suite, on a size that CI can bear; `nox -s stress` runs all of it."""

import json

import pytest
from table import SECTIONS, Counts, examples, markdown, missed, plain, run


@pytest.mark.parametrize("section", SECTIONS)
def test_goals(section):
    counts = run("tests", section)
    report = [markdown(plain(counts)), *examples(counts, 3)]
    assert not missed(section, counts), "\n".join(report)


def test_table():
    rows = [
        {"row": "fault: tie", "right": {"tie": 7}, "unclear": {}, "wrong": {"cusp": 2}},
        {"row": "smooth", "right": {}, "unclear": {"unclear": 1}, "wrong": {}},
    ]
    assert markdown(json.loads(json.dumps(rows))).splitlines()[2:] == [
        "| fault: tie | 9 | 7 | 0 | cusp 2 |",
        "| smooth | 1 | 0 | 1 |  |",
    ]


@pytest.mark.parametrize(
    ("section", "verdicts", "goals"),
    [
        ("smooth", ["smooth"] * 200 + ["unclear"], 0),
        ("smooth", ["smooth"] * 198 + ["unclear"] * 2, 1),
        ("smooth", ["smooth"] * 999 + ["corner"], 1),
        ("faults", ["corner"] * 99 + ["unclear"], 0),
        ("faults", ["corner"] * 98 + ["unclear", "jump"], 1),
        ("faults", ["corner"] * 999 + ["smooth"], 1),
        ("points", ["refused"] * 9, 0),
        ("points", ["refused"] * 999 + ["let through"], 1),
    ],
)
def test_goals_can_be_missed(section, verdicts, goals):
    counts = Counts()
    allowed = {"smooth": "smooth", "faults": "corner", "points": "refused"}[section]
    for verdict in verdicts:
        counts.add("row", "case", verdict, {allowed})
    assert len(missed(section, counts)) == goals
