"""Whole folders, to compare byte for byte."""

from itertools import zip_longest


def tree(folder):
    """Every file under a folder, with its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def differences(one, other):
    """The files that differ or are missing in one, each with its first difference."""
    return [
        f"{name}: {first_difference(one.get(name, b''), other.get(name, b''))}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def first_difference(one, other):
    """The first lines that differ, up to some length."""
    pairs = zip_longest(one.splitlines(), other.splitlines(), fillvalue=b"")
    lines = next((pair for pair in pairs if pair[0] != pair[1]), (one, other))
    return " / ".join(repr(line[:300]) for line in lines)
