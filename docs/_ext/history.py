"""What git knows of the sources: the date of all of them, and of each file.

A source without a history, or with a part of it only, as hosts fetch it, has no dates
of its files: the last commit would pass for the date of each.
"""

import os
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def source_date():
    """That of SOURCE_DATE_EPOCH, else of the last commit, else nothing."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct")
    return day(seconds) if seconds else None


@cache
def last_changes():
    """When each file was last changed, by its path."""
    if git("rev-parse", "--is-shallow-repository") != "false":
        return {}
    changes = {}
    for commit in git("log", "--format=%x00%ct", "--name-only").split("\0")[1:]:
        seconds, *files = commit.split("\n")
        for file in filter(None, files):
            changes.setdefault(file, day(seconds))  # the newest commit comes first
    return changes


def git(*words):
    """What git says; nothing where there is no git, or no history."""
    command = ["git", "-C", ROOT, "-c", "core.quotepath=off", *words]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def day(seconds):
    return datetime.fromtimestamp(int(seconds), UTC).date()
