"""Whole folders, to compare byte for byte."""

import re

MEASURED = ("cost.html", "higher_orders.html")


def tree(folder):
    """Every file under a folder, with its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def settled(tree):
    """The same without the pages that measure times, and without their figures."""
    pictures = rb'(_images/[^"]+)"'
    measured = {name for page in MEASURED for name in re.findall(pictures, tree[page])}
    left_out = {*MEASURED, *(name.decode() for name in measured)}
    assert len(left_out) > len(MEASURED)
    return {name: content for name, content in tree.items() if name not in left_out}


def differences(one, other):
    """The names of the files that are missing in a tree or differ between the two."""
    return sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))
