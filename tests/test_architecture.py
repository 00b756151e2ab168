"""Who may import whom, what stands where, and what loads what."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import architecture
import pytest

import seegrad

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "seegrad"
MODULES = architecture.read(SOURCE)
TUTORIALS = architecture.read(ROOT / "tutorials")

# ---------------------------------------------------------------- the rules

MATHEMATICS = {"checks", "engine", "derivatives", "differences"}
RESULTS = {"tangents", "fields", "descents", "reductions", "polynomials"}
GRAPH_DATA = {f"graphs.{k}" for k in ("folding", "internals", "model", "walk")}
DRAWINGS = ("graphs.dot", "graphs.svg", "graphs.tree")
# A room or a module, and the others that it may import.
MAY_IMPORT = {
    "results": set(),
    "checks": set(),
    "engine": {"checks"},
    "derivatives": {"checks", "engine"},
    "differences": {"checks", "engine"},
    "diagnosis": {"results", *MATHEMATICS},
    **{name: {"results", *MATHEMATICS, "diagnosis"} for name in sorted(RESULTS)},
    "canvases": {"checks"},
    # Finished results, and nothing to make them with.
    "plots": {"checks", "canvases", *RESULTS},
    # Beside plots, whose colours they have, and above what they show.
    "explorables": {
        "checks",
        "results",
        "engine",
        "derivatives",
        "diagnosis",
        "fields",
        "reductions",
        "plots",
        "graphs.gradient_graph",
    },
    "explanations": {"checks", "results", "graphs.walk"},
    "failures": {"checks"},
    # Of this room each module has its own entry.
    "graphs.__init__": {"graphs.model"},
    "graphs.internals": set(),
    "graphs.model": {"checks", "results"},
    "graphs.rules": {"graphs.internals"},
    "graphs.walk": {"checks", "graphs.internals", "graphs.model", "graphs.rules"},
    "graphs.folding": {"graphs.model", "graphs.walk"},
    "graphs.recording": {"checks", "engine", *GRAPH_DATA},
    "graphs.values": GRAPH_DATA,
    "graphs.steps": {"graphs.model"},
    **{drawing: {"checks", "graphs.model", "graphs.steps"} for drawing in DRAWINGS},
    "graphs.gradient_graph": {
        "checks",
        "results",
        "graphs.recording",
        "graphs.values",
        *GRAPH_DATA,
        *DRAWINGS,
    },
}
# Who may speak of autograd: all others ask the engine.
AUTOGRAD = {"torch.autograd", "torch.func", "backward", "grad_fn", "next_functions"}
SPEAK_OF_AUTOGRAD = {"engine", "graphs", "explanations", "checks.state"}
NOT_OUR_WORDS = r"\bpull\w* (it )?back|undisturbed|\bmix(es|ed|ing)? points\b|\btrifle"

RULES = {
    "imports": lambda modules: architecture.forbidden_imports(modules, MAY_IMPORT),
    "circles": architecture.circles,
    "hidden imports": architecture.hidden_imports,
    "heavy imports": architecture.heavy_imports,
    "logic": architecture.logic_in_packages,
    "asserts": architecture.asserts,
    "private names": lambda modules: architecture.private_names(
        modules, allowed_in="graphs.internals"
    ),
    "autograd": lambda modules: architecture.names_outside(
        modules, AUTOGRAD, SPEAK_OF_AUTOGRAD
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_source_keeps_the_rule(rule):
    assert RULES[rule](MODULES) == []


def test_all_of_the_source_is_read():
    assert MODULES.keys() >= {"__init__", "plots", "engine.reverse", "graphs.internals"}
    assert len(MODULES) > 25


def test_the_source_keeps_to_the_words_of_the_field():
    texts = {path.name: path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    assert architecture.words(texts, NOT_OUR_WORDS) == []


def test_the_page_on_the_architecture_tells_the_rules():
    text = (ROOT / "docs" / "project" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`\w+`.*) \| .+ \| (.+) \|$", text, re.MULTILINE)
    told = {
        room: set(re.findall(r"`(\w+)`", below))
        for rooms, below in rows
        for room in re.findall(r"`(\w+)`", rooms)
    }
    rules = {}
    for name, below in MAY_IMPORT.items():
        room = name.partition(".")[0]
        rooms = {other.partition(".")[0] for other in below} - {room}
        rules[room] = rules.get(room, set()) | rooms
    assert told == rules


# ---------------------------------------------------------------- rules that can fail

# A rule, made-up modules that break it, and the fault that must be named. A module
# whose text is None is left out.
BROKEN = [
    (
        "imports",
        {"checks.state": "from seegrad.engine import reverse"},
        "checks.state imports engine.reverse",
    ),
    (
        "imports",
        {"checks.state": "def f():\n    import seegrad.engine.reverse"},
        "checks.state imports engine.reverse",
    ),
    (
        "imports",
        {"plots": "from seegrad.derivatives import derivative"},
        "plots imports derivatives",
    ),
    (
        "imports",
        {"fields": "from seegrad.tangents import TangentLine"},
        "fields imports tangents",
    ),
    ("imports", {"fields": "import seegrad"}, "fields imports __init__"),
    ("imports", {"fields": "from seegrad import gradient"}, "fields imports __init__"),
    (
        "imports",
        {"graphs.svg": "from seegrad.graphs import walk"},
        "graphs.svg imports graphs.walk",
    ),
    (
        "imports",
        {"fields": "from . import tangents"},
        "fields imports .tangents, relative to itself",
    ),
    ("imports", {"meshes": ""}, "meshes has no entry in the table"),
    ("imports", {"graphs.colours": ""}, "graphs.colours has no entry in the table"),
    ("imports", {"fields": None}, "fields is no module"),
    ("imports", {"graphs.svg": None}, "graphs.svg is no module"),
    (
        "circles",
        {
            "engine.reverse": "from seegrad.engine import taylor",
            "engine.taylor": "def f():\n    from seegrad.engine.reverse import vjp",
        },
        "engine.reverse imports engine.taylor imports engine.reverse",
    ),
    (
        "hidden imports",
        {"fields": "def f():\n    import math"},
        "fields imports math inside of a function",
    ),
    (
        "hidden imports",
        {"fields": "class A:\n    def f(self):\n        from seegrad import plots"},
        "fields imports seegrad.plots inside of a function",
    ),
    (
        "hidden imports",
        {"fields": "import importlib\nimportlib.import_module('math')"},
        "fields imports by import_module",
    ),
    (
        "heavy imports",
        {"plots": "try:\n    from matplotlib import pyplot\nfinally:\n    pass"},
        "plots imports matplotlib.pyplot",
    ),
    (
        "logic",
        {"__init__": "from seegrad.plots import plot_fit\nx = plot_fit()"},
        "__init__, line 2: x = plot_fit()",
    ),
    (
        "logic",
        {"checks.__init__": "def f():\n    pass"},
        "checks.__init__, line 1: def f():\n    pass",
    ),
    ("asserts", {"fields": "def f(x):\n    assert x > 0"}, "fields asserts x > 0"),
    (
        "private names",
        {"fields": "def f(x):\n    return x._version"},
        "fields uses _version",
    ),
    (
        "private names",
        {"graphs.rules": "def f(node):\n    return node._saved_dim"},
        "graphs.rules uses _saved_dim",
    ),
    (
        "private names",
        {"fields": "KEPT = '_saved_self'\ndef f(x):\n    return getattr(x, KEPT)"},
        "fields uses _saved_self",
    ),
    (
        "private names",
        {"fields": "import torch\nV = torch.autograd.Variable._execution_engine"},
        "fields uses _execution_engine",
    ),
    ("private names", {"fields": "from torch import _C"}, "fields uses _C"),
    ("private names", {"fields": "import torch._dynamo as d"}, "fields uses _dynamo"),
    (
        "private names",  # ours by its definition, but PyTorch's too
        {"fields": "def _version(): ...\ndef f(x):\n    return x._version"},
        "fields uses _version",
    ),
    (
        "private names",  # the import needs it
        {"graphs.internals": "import torch\nNODE = torch.autograd._functions"},
        "graphs.internals uses _functions",
    ),
    (
        "autograd",
        {"plots": "import torch\ndef f(y, x):\n    return torch.autograd.grad(y, x)"},
        "plots uses torch.autograd",
    ),
    (
        "autograd",
        {"fields": "from torch.func import vmap"},
        "fields uses torch.func",
    ),
    ("autograd", {"plots": "def f(y):\n    y.sum().backward()"}, "plots uses backward"),
]
GOOD = {
    "__init__": """
'''All of it.'''
from seegrad.plots import plot_fit
__version__ = "1.0"
__all__ = ["plot_fit"]
""",
    "plots": """
from __future__ import annotations
from typing import TYPE_CHECKING
from seegrad.checks import arguments
from seegrad.tangents import TangentLine
if TYPE_CHECKING:
    from matplotlib.axes import Axes
def plot_fit() -> Axes:
    '''Say nothing of _saved_self.'''
    from matplotlib import pyplot
    return pyplot.gca(), arguments.Named(1)._named, __name__, "no _private word"
""",
    "checks.arguments": "class Named:\n    def f(self):\n        self._named = 1",
    "engine.reverse": "",
    "graphs.internals": "def number(node):\n    return node._sequence_nr()",
}


@pytest.fixture
def made_up(tmp_path):
    """A small package of such modules and of all that the table names."""

    def make(texts):
        packages = {"checks", "engine", "graphs"}
        named = (f"{k}.__init__" if k in packages else k for k in MAY_IMPORT)
        for name, text in {**dict.fromkeys(named, ""), **GOOD, **texts}.items():
            path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
        return architecture.read(tmp_path)

    return make


@pytest.mark.parametrize("rule", RULES)
def test_good_modules_have_no_faults(made_up, rule):
    assert RULES[rule](made_up({})) == []


@pytest.mark.parametrize(("rule", "texts", "fault"), BROKEN)
def test_the_rule_names_the_fault(made_up, rule, texts, fault):
    assert RULES[rule](made_up(texts))[0] == fault


def test_every_rule_is_seen_to_fail():
    assert {rule for rule, _, _ in BROKEN} == RULES.keys()


def test_the_words_are_seen():
    text = "It pulls back.\nUndisturbed by pullback, f mixes points. A mix of points."
    found = architecture.words({"a.py": text}, NOT_OUR_WORDS)
    assert found == ["a.py: pulls back", "a.py: Undisturbed", "a.py: mixes points"]


# ---------------------------------------------------------------- other readers


@pytest.mark.parametrize("name", TUTORIALS)
def test_tutorials_use_public_names_only(name):
    nodes = map(architecture.dotted, ast.walk(TUTORIALS[name]))
    used = {full for full in nodes if full and full.startswith("seegrad.")}
    assert {full.split(".")[1] for full in used} <= set(seegrad.__all__)
    imports = architecture.imports(TUTORIALS[name])
    assert not [full for full in imports if full.startswith("seegrad.")]


OTHER_FRAMEWORKS = {"tensorflow", "jax", "jaxlib", "keras"}


def test_the_library_and_its_tutorials_import_no_other_framework():
    modules = {"noxfile": ast.parse((ROOT / "noxfile.py").read_text("utf-8"))}
    for folder in ("src", "tutorials", "tests"):
        found = architecture.read(ROOT / folder)
        modules |= {f"{folder}.{name}": tree for name, tree in found.items()}
    guilty = {
        name
        for name, tree in modules.items()
        if {n.partition(".")[0] for n in architecture.imports(tree)} & OTHER_FRAMEWORKS
    }
    assert guilty  # their own tests do
    assert not [name for name in guilty if not name.startswith("tests.frameworks.")]


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


def test_the_first_call_with_many_points_loads_nothing_heavy():
    code = f"""
import sys, torch, seegrad
x = torch.linspace(-1, 1, 300_000, dtype=torch.float64)
slope = seegrad.derivative(lambda x: x**2, x)
g0, g1 = seegrad.gradient(lambda x0, x1: x0 * x1, x, x)
print(slope[-1].item(), g0[-1].item(), g1[0].item(), {HEAVY})
"""
    assert run(code) == "2.0 1.0 -1.0 []"


def test_the_import_needs_no_private_name():
    code = """
import sys
files = set()
def note(frame, event, arg):
    if event == "call" and frame.f_code.co_flags & 1:  # a function, not a class body
        files.add(frame.f_code.co_filename)
sys.setprofile(note)
import seegrad
sys.setprofile(None)
from seegrad.graphs import internals
print(internals.__file__ in files, len(files) > 10)
"""
    assert run(code) == "False True"


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
