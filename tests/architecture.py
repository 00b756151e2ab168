"""The rules of the layout, read off a package's source and never by importing it.

Each rule takes what `read` gave, and returns a sentence for every fault. A module is
named by its path below the package: "graphs.svg", or "graphs.__init__".
"""

import ast
import re
from graphlib import CycleError, TopologicalSorter

import torch

PACKAGE = "seegrad"
DRAWN_WITH = {"matplotlib", "mpl_toolkits", "pygraphviz"}  # loaded when first used
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
PRIVATE = re.compile(r"(?<!\w)_[A-Za-z]\w*")  # neither __all__ nor _
OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace"}  # public in Python


def read(folder):
    """Every module below a folder, by its name."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(folder.rglob("*.py"))
    }


# ---------------------------------------------------------------- imports


def imported(node):
    """The full names that an import statement brings in, or none."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        origin = f"{node.module}." if node.module else ""
        return [f"{'.' * node.level}{origin}{alias.name}" for alias in node.names]
    return []


def imports(tree):
    """All full names that a module imports, in the bodies of functions too."""
    return [name for node in ast.walk(tree) for name in imported(node)]


def ours(modules, name):
    """The modules of the package that it imports."""
    return {
        module
        for full in imports(modules[name])
        if full.partition(".")[0] == PACKAGE
        for module in [defined_in(modules, full)]
    }


def defined_in(modules, full):
    """The module that a full name stands for, or stands in."""
    parts = full.split(".")[1:]
    while parts and ".".join(parts) not in modules:
        if ".".join([*parts, "__init__"]) in modules:
            break
        parts.pop()
    name = ".".join(parts)
    return name if name in modules else f"{name}.__init__".lstrip(".")


def forbidden_imports(modules, may_import):
    """Arrows that the table has not, and entries that are missing or stale.

    The table's keys are rooms ("engine") and modules ("graphs.svg"). A room's modules
    may import each other. `__init__` of the package may import everything.
    """

    def entry(name):
        return name if name in may_import else name.partition(".")[0]

    faults = []
    for name in modules.keys() - {"__init__"}:
        if entry(name) not in may_import:
            faults.append(f"{name} has no entry in the table")
            continue
        for target in ours(modules, name):
            if entry(target) not in {entry(name), *may_import[entry(name)]}:
                faults.append(f"{name} imports {target}")
        for full in imports(modules[name]):
            if full.startswith("."):
                faults.append(f"{name} imports {full}, relative to itself")
    entries = {entry(name) for name in modules}
    wanted = {*may_import, *(key for keys in may_import.values() for key in keys)}
    return sorted(faults + [f"{key} is no module" for key in wanted - entries])


def circles(modules):
    """Modules that import each other, directly or through others."""
    try:
        TopologicalSorter({name: ours(modules, name) for name in modules}).prepare()
    except CycleError as error:
        return [" imports ".join(reversed(error.args[1]))]
    return []


def hidden_imports(modules):
    """Imports inside of functions, those aside that load what draws."""
    faults = set()
    for name, tree in modules.items():
        for function in ast.walk(tree):
            if isinstance(function, FUNCTIONS):
                for full in imports(function):
                    if full.partition(".")[0] not in DRAWN_WITH:
                        faults.add(f"{name} imports {full} inside of a function")
        for node in ast.walk(tree):
            if spelled(node) in {"import_module", "__import__"}:
                faults.add(f"{name} imports by {spelled(node)}")
    return sorted(faults)


def heavy_imports(modules):
    """Imports that make `import seegrad` load what only drawings need."""
    faults = []
    for name, tree in modules.items():
        for node in run_at_import(tree):
            for full in imported(node):
                if full.partition(".")[0] in DRAWN_WITH | {"sympy"}:
                    faults.append(f"{name} imports {full}")
    return faults


def run_at_import(node):
    """The nodes under a module that its import runs: no bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and spelled(child.test) == "TYPE_CHECKING":
            continue
        yield child
        if not isinstance(child, FUNCTIONS):
            yield from run_at_import(child)


# ---------------------------------------------------------------- what stands where


def spelled(node):
    """The name of a variable or an attribute."""
    return getattr(node, "id", None) or getattr(node, "attr", None)


def logic_in_packages(modules):
    """Statements of an `__init__` that are neither imports nor literals."""
    faults = []
    for name, tree in modules.items():
        if name.rpartition(".")[2] != "__init__":
            continue
        for node in tree.body:
            value = getattr(node, "value", None)
            if not isinstance(node, ast.ImportFrom) and not is_literal(value):
                faults.append(f"{name}, line {node.lineno}: {ast.unparse(node)[:60]}")
    return faults


def is_literal(value):
    if isinstance(value, ast.List):
        return all(is_literal(item) for item in value.elts)
    return isinstance(value, ast.Constant)


def asserts(modules):
    """Bare asserts: python -O takes them away."""
    return [
        f"{name} asserts {ast.unparse(node.test)}"
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]


def names_outside(modules, names, rooms):
    """Attributes, and modules of PyTorch, that only some rooms may use."""
    return sorted(
        {
            f"{name} uses {used}"
            for name, tree in modules.items()
            if name not in rooms and name.partition(".")[0] not in rooms
            for node in ast.walk(tree)
            for used in names
            if used == getattr(node, "attr", None)
            or ("." in used and used == dotted(node))
            or any(f"{full}.".startswith(f"{used}.") for full in imported(node))
        }
    )


def dotted(node):
    """The full name that an expression spells, such as "torch.autograd", or None."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return before and f"{before}.{node.attr}"
    return getattr(node, "id", None)


def words(texts, banned):
    """Words in a text that are not to be used there, by the text's name."""
    return [
        f"{name}: {match[0]}"
        for name, text in texts.items()
        for match in re.finditer(banned, text, re.IGNORECASE)
    ]


# ---------------------------------------------------------------- private names


def private_names(modules, allowed_in):
    """Private names of others, PyTorch's above all: attributes, imports and strings.

    Strings count because `getattr` takes them. One module may have such names, and in
    the bodies of functions only, so that an import needs none of them.
    """
    own = set().union(*map(defined, modules.values()))
    own = own - torchs() | OF_NAMED_TUPLES
    faults = set()
    for name, tree in modules.items():
        nodes = run_at_import(tree) if name == allowed_in else ast.walk(tree)
        texts = docstrings(tree)
        for node in nodes:
            for private in private_parts(node, texts):
                if private not in own:
                    faults.add(f"{name} uses {private}")
    return sorted(faults)


def private_parts(node, docstrings):
    """The private names in an attribute, an import or a string."""
    text = ""
    if isinstance(node, ast.Attribute) and spelled(node.value) not in ("self", "cls"):
        text = node.attr
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        text = " ".join(imported(node))
    elif isinstance(node, ast.Constant) and node not in docstrings:
        text = node.value if isinstance(node.value, str) else ""
        text = text if re.fullmatch(r"[\w.]+", text) else ""  # a name, and no prose
    return PRIVATE.findall(text)


def docstrings(tree):
    """The strings that stand alone as statements."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def defined(tree):
    """Names that a module defines: functions, classes, variables and attributes."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(getattr(node, "ctx", None), ast.Store):
            names.add(spelled(node))
    return names


def torchs():
    """Names that tensors, their nodes and PyTorch itself have."""
    x = torch.ones(2, requires_grad=True)
    things = (torch, torch.autograd, torch.Tensor, (x * x).grad_fn, (x.sum()).grad_fn)
    return set().union(*map(dir, things))
