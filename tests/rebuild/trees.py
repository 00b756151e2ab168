"""Whole folders, to compare byte for byte."""


def tree(folder):
    """Every file under a folder, with its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def differences(one, other):
    """The names of the files that are missing in a tree or differ between the two."""
    return sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))
