"""The stress suite, on a size that CI can bear; `nox -s stress` runs all of it."""

import json

import pytest
from table import SECTIONS, examples, markdown, missed, plain, run


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
