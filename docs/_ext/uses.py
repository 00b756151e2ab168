"""What a page's code uses, found by reading it and not by running it.

A script that draws a gradient field calls ``plot_gradient_field``, which shares a file
with the plots of everything else. So names are followed, not files: from the names in
the page's code to their definitions, to the names in those, and so on. A file that is
met on the way counts as a whole, and so do the data files that it names. Code that is
not plain Python counts as code that uses all of seegrad.
"""

import ast
from functools import cache, cached_property
from importlib.metadata import packages_distributions, version
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "src", ROOT / "docs", ROOT / "docs" / "_ext")  # of our modules
EVERYTHING = "*"
MAIN = "__name__ == '__main__'"  # what an import does not run


@cache
def used_by(code, folder):
    """The files of ours that code can reach, and the other packages' versions."""
    try:
        page = Module("__page__", code, folder)
    except SyntaxError:
        page = Module("__page__", "import seegrad\nseegrad", folder)
    seen = set()
    follow(page, EVERYTHING, seen)
    modules = {module for module, _ in seen}
    files = {file for module in modules for file in module.files}
    packages = {package for module, name in seen for package in module.packages(name)}
    return sorted(files), sorted({r for name in packages for r in releases(name)})


class Module:
    """A text in Python: what it defines, and what its imported names stand for."""

    def __init__(self, name, text, folder, path=None):
        self.name, self.folder, self.path = name, folder, path
        self.tree = ast.parse(text)
        self.imports = {}  # name: (module, name in it, or None for the module itself)
        self.definitions = {}  # name: the statements that bind it
        self.always = []  # what an import runs, and what a decorator may register
        for node in ast.walk(self.tree):
            self.imports.update(imported(node))
        for statement in self.tree.body:
            for name in bound(statement):
                self.definitions.setdefault(name, []).append(statement)
            quiet = isinstance(statement, (ast.Assign, ast.AnnAssign)) or (
                isinstance(statement, ast.If) and ast.unparse(statement.test) == MAIN
            )
            if not quiet and getattr(statement, "decorator_list", True):
                self.always.append(statement)

    @cache  # noqa: B019, because find() keeps the modules anyway
    def met_under(self, name):
        """The names, with attributes, in what one of its own names stands for."""
        nodes = [self.tree] if name == EVERYTHING else self.always
        nodes = [*nodes, *self.definitions.get(name, ())]
        return {mention for node in nodes for mention in mentions(node)}

    def packages(self, name):
        """The packages that its code under a name takes something from."""
        met = {mention for mention, _ in self.met_under(name)}
        names = self.imports if name == EVERYTHING else met & self.imports.keys()
        return {self.imports[inner][0].partition(".")[0] for inner in names}

    @cached_property
    def files(self):
        """The file itself, and those beside it that its text names."""
        strings = (n.value for n in ast.walk(self.tree) if isinstance(n, ast.Constant))
        named = {s for s in strings if isinstance(s, str) and 0 < len(s) < 80}
        beside = {self.folder / name for name in named if "\0" not in name}
        return {f for f in {self.path, *beside} if f and f.is_file()}


def follow(module, name, seen):
    """Add to `seen` every (module, name) that this one leads to."""
    if name in module.imports:
        lead(module, name, None, seen)
    elif name != EVERYTHING and name not in module.definitions:
        part = find(f"{module.name}.{name}")
        if part:
            follow(part, EVERYTHING, seen)
    elif (module, name) not in seen:
        seen.add((module, name))
        if name == EVERYTHING and module.path:
            for inner in module.imports:
                lead(module, inner, None, seen)
        for mention, attribute in module.met_under(name):
            if mention in module.imports:
                lead(module, mention, attribute, seen)
            elif mention in module.definitions:
                follow(module, mention, seen)


def lead(module, name, attribute, seen):
    """Follow an imported name; of a module, only the attribute that is asked for."""
    target, inner = module.imports[name]
    ours = find(target)
    if ours:
        follow(ours, inner or attribute or EVERYTHING, seen)


def imported(node):
    """What the names bound by an import, or sought by find_spec, stand for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, (alias.name if alias.asname else top, None)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            target = (whole, None) if find(whole) else (node.module, alias.name)
            yield alias.asname or alias.name, target
    elif name := sought(node):
        yield name, (name, None)


def sought(node):
    """The package that find_spec looks for, as another process is to import it."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("find_spec"):
        return node.args[0].value
    return None


def bound(statement):
    """The names that a statement at a module's top level defines."""
    if hasattr(statement, "name"):
        return {statement.name}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def mentions(node):
    """Every name under a node, with the attribute taken of it, or None."""
    if name := sought(node):
        yield name, None
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield node.value.id, node.attr
    elif isinstance(node, ast.Name):
        yield node.id, None
    else:
        for child in ast.iter_child_nodes(node):
            yield from mentions(child)


@cache
def find(name):
    """Our module of that name, or None."""
    for folder in FOLDERS:
        stem = folder.joinpath(*name.split("."))
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return Module(name, path.read_text(encoding="utf-8"), path.parent, path)
    return None


@cache
def releases(package):
    """The version of whatever installs a package; nothing for Python's own."""
    names = set(distributions().get(package, ()))
    return [] if find(package) else [f"{name} {version(name)}" for name in names]


distributions = cache(packages_distributions)
