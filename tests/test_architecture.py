"""Who may import whom, what loads what, and what is public and documented."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import seegrad

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "seegrad"
MODULES = sorted(path.stem for path in SOURCE.glob("*.py"))
TUTORIALS = sorted(ROOT.glob("tutorials/*/plot_*.py"))

# ---------------------------------------------------------------- imports

MATHEMATICS = {"_check", "gradient", "numerical"}
MAY_IMPORT = {
    "_check": set(),
    "_engine": set(),
    "_elementwise": {"_check"},
    "taylor": {"_check"},
    # check=True needs the diagnosis, which is imported when it is asked for.
    "gradient": {"_check", "_elementwise", "_engine", "taylor", "diagnosis"},
    "numerical": {"_check"},
    "tangent": {*MATHEMATICS, "diagnosis"},  # it warns of corners
    "reduction": MATHEMATICS,
    "field": {*MATHEMATICS, "diagnosis"},  # check=True
    "polynomial": MATHEMATICS,
    "_kinds": set(),
    "diagnosis": {*MATHEMATICS, "_kinds"},
    "explanation": {"_check"},
    "failure": {"_check"},
    "_rules": set(),
    # Its methods hand themselves to draw.
    "graph": {"_check", "_engine", "_rules", "draw"},
    "draw": {"_check", "graph"},
    "plot": {"_check", "tangent", "reduction", "field", "polynomial"},
}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(node):
    """The dotted names that an import statement brings in, or none."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "relative import"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def imports(path):
    return {name for node in ast.walk(tree(path)) for name in imported(node)}


def of_ours(names):
    return {name.split(".")[1] for name in names if name.startswith("seegrad.")}


def identifiers(path):
    """Every name and attribute that the code uses."""
    nodes = list(ast.walk(tree(path)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in nodes if isinstance(node, ast.Name)}


def test_every_module_has_its_rule():
    assert set(MODULES) - {"__init__"} <= set(MAY_IMPORT)


@pytest.mark.parametrize("module", [m for m in MODULES if m != "__init__"])
def test_a_module_imports_only_what_it_may(module):
    assert of_ours(imports(SOURCE / f"{module}.py")) <= MAY_IMPORT[module]


def test_the_package_has_no_logic():
    body = tree(SOURCE / "__init__.py").body
    kinds = {type(node) for node in body}
    assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign}


@pytest.mark.parametrize("module", MODULES)
def test_only_three_modules_touch_the_inside_of_autograd(module):
    inside = {"autograd", "grad_fn", "next_functions", "backward", "grad"}
    if module == "diagnosis":
        inside.remove("autograd")  # a field of Diagnosis
        assert "torch.autograd" not in (SOURCE / "diagnosis.py").read_text()
    if module not in ("_engine", "graph", "explanation"):
        assert not identifiers(SOURCE / f"{module}.py") & inside


def test_plot_never_differentiates():
    taken = {"derivative", "value_and_gradient", "slope_by", "pull_back"}
    taken |= {"requires_grad_", "enable_grad", "jacrev", "numerical_derivative"}
    assert not identifiers(SOURCE / "plot.py") & taken


@pytest.mark.parametrize("module", MODULES)
def test_heavy_packages_are_imported_where_they_are_used(module):
    at_once = {
        name
        for node in tree(SOURCE / f"{module}.py").body  # neither functions nor ifs
        for name in imported(node)
    }
    heavy = ("matplotlib", "mpl_toolkits", "pygraphviz", "torch._dynamo")
    assert not [name for name in at_once if name.startswith(heavy)]


@pytest.mark.parametrize("module", MODULES)
def test_no_assert_does_a_check(module):
    nodes = ast.walk(tree(SOURCE / f"{module}.py"))
    assert not [node for node in nodes if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_tutorials_use_public_names_only(path):
    nodes = list(ast.walk(tree(path)))
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "seegrad"
    }
    assert used <= set(seegrad.__all__)
    assert not of_ours(imports(path))


OTHER_FRAMEWORKS = {"tensorflow", "jax", "jaxlib", "keras"}
THEIR_TESTS = ROOT / "tests" / "frameworks"
ELSEWHERE = [
    path
    for folder in ("src", "tutorials", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(THEIR_TESTS)
]


def test_the_library_and_its_tutorials_import_no_other_framework():
    guilty = {
        path.name: found
        for path in [*ELSEWHERE, ROOT / "noxfile.py"]
        if (found := {n.split(".")[0] for n in imports(path)} & OTHER_FRAMEWORKS)
    }
    assert not guilty
    assert len(ELSEWHERE) > 40


# ---------------------------------------------------------------- what loads what

HEAVY = """[
    name for name in ('matplotlib', 'pygraphviz', 'sympy', 'torch._dynamo')
    if name in sys.modules
]"""


def run(code):
    """Run it in a fresh interpreter that has not loaded our tests' packages."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_import_loads_nothing_heavy():
    assert run(f"import sys, seegrad; print({HEAVY})") == "[]"


def test_no_numeric_function_loads_anything_heavy():
    code = f"""
import sys
from calls import CALLS
found = {{"the import": {HEAVY}}}
for call in CALLS:
    call()
    found[call.name] = {HEAVY}
print(len(found), {{name: heavy for name, heavy in found.items() if heavy}})
"""
    count, heavy = run(code).split(" ", 1)
    assert int(count) > 20
    assert heavy == "{}"


def test_a_graph_of_several_numbers_loads_nothing_heavy():
    code = f"""
import sys, torch, seegrad
x = torch.ones(3, requires_grad=True)
graph = seegrad.gradient_graph([x * 2, x.sum()])
print(graph.nodes[-1].gradient.tolist(), len(graph.dot()) > 0, {HEAVY})
"""
    assert run(code) == "[3.0, 3.0, 3.0] True []"


def test_a_plot_loads_matplotlib_and_nothing_else_heavy():
    code = f"""
import sys, seegrad
seegrad.plot_derivative([0.0, 1.0], [2.0, 3.0])
print({HEAVY})
"""
    assert run(code) == "['matplotlib']"


# ---------------------------------------------------------------- public names

PUBLIC = {
    "derivative": "(f, x, *, order=1, check=None)",
    "gradient": "(f, *xs, check=None)",
    "diagnose": "(f, *xs)",
    "numerical_derivative": "(f, x, *, h=None)",
    "numerical_gradient": "(f, *xs, h=None)",
    "tangent_line": "(f, x0)",
    "tangent_plane": "(f, x0, x1)",
    "gradient_field": "(f, x0, x1, *, method='autograd', check=None)",
    "descend": "(f, start, *, learning_rate, steps)",
    "reduce_gradient": "(f, x, how)",
    "fit_polynomial": "(x, y, *, degree=3, learning_rate=1e-06, steps=2000, "
    "start=None, seed=0)",
    "least_squares": "(x, y, *, degree=3)",
    "gradient_graph": "(root, *, names=None, fold=True, gradients=True)",
    "explain_grad": "(tensor)",
    "expect_error": "(kind, words='')",
}
FIELDS = {
    "Diagnosis": ["x", "kind", "left", "right", "autograd", "numerical"],
    "TangentLine": ["x0", "y0", "slope", "intercept", "left", "right"],
    "TangentPlane": ["x0", "x1", "y0", "slopes", "left", "right"],
    "GradientField": ["x0", "x1", "values", "g0", "g1"],
    "Path": ["points", "values"],
    "Reduction": ["x", "y", "z", "dz_dy", "gradient"],
    "PolynomialFit": ["coefficients", "losses", "path"],
    "GradientGraph": ["node_rows", "edge_rows", "message"],
    "GradExplanation": ["reason", "message"],
}
PLOTS = [
    "plot_function",
    "plot_derivative",
    "plot_tangent_line",
    "plot_tangent_plane",
    "plot_gradient_field",
    "plot_descent",
    "plot_reduction",
    "plot_fit",
    "plot_losses",
]


def test_the_public_names():
    others = ["NotDifferentiableWarning"]
    assert sorted(seegrad.__all__) == sorted([*PUBLIC, *FIELDS, *PLOTS, *others])
    assert all(hasattr(seegrad, name) for name in seegrad.__all__)


def test_nothing_else_is_public():
    public = {name for name in vars(seegrad) if not name.startswith("_")}
    assert public - set(seegrad.__all__) <= set(MODULES)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_signature(name):
    signature = inspect.signature(getattr(seegrad, name))
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(plain)) == PUBLIC[name]


@pytest.mark.parametrize("name", FIELDS)
def test_the_fields(name):
    fields = list(getattr(seegrad, name).__dataclass_fields__)
    assert fields[: len(FIELDS[name])] == FIELDS[name]


@pytest.mark.parametrize("name", [*PUBLIC, *PLOTS])
def test_every_function_is_typed(name):
    hints = getattr(seegrad, name).__annotations__
    parameters = inspect.signature(getattr(seegrad, name)).parameters
    assert set(hints) == {*parameters, "return"}
    assert (SOURCE / "py.typed").exists()


# ---------------------------------------------------------------- docstrings


@pytest.mark.parametrize("name", [*PUBLIC, *PLOTS])
def test_every_function_is_documented(name):
    doc = inspect.getdoc(getattr(seegrad, name))
    sections = re.findall(r"^(\w[\w ]*)\n(-+)$", doc, re.MULTILINE)
    assert all(len(title) == len(line) for title, line in sections)
    titles = [title for title, _ in sections]
    needed = ["Parameters", "Returns", "Raises", "Examples"]
    assert [title for title in titles if title in needed] == needed
    assert ">>> " in doc
    assert doc.splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", [*PUBLIC, *PLOTS])
def test_every_parameter_is_documented(name):
    function = getattr(seegrad, name)
    section = re.search(
        r"Parameters\n-+\n(.*?)\n\n\w+\n--", inspect.getdoc(function), re.DOTALL
    )
    entries = re.findall(r"^(\*?\w[^:\n]*?) : ", section[1], re.MULTILINE)
    documented = [name.lstrip("*") for entry in entries for name in entry.split(", ")]
    assert documented == list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", FIELDS)
def test_every_result_is_documented(name):
    assert len(inspect.getdoc(getattr(seegrad, name)).splitlines()[0]) > 20


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_holds(module):
    assert ast.get_docstring(tree(SOURCE / f"{module}.py"))
