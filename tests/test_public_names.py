"""What is public: names, signatures, fields, types and docstrings."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import seegrad

SOURCE = Path(seegrad.__file__).parent

# ---------------------------------------------------------------- public names

PUBLIC = {
    "derivative": "(f, x, *, order=1, check=True)",
    "gradient": "(f, *xs, check=True)",
    "diagnose": "(f, *xs)",
    "numerical_derivative": "(f, x, *, h=None)",
    "numerical_gradient": "(f, *xs, h=None)",
    "tangent_line": "(f, x0)",
    "tangent_plane": "(f, x0, x1)",
    "gradient_field": "(f, x0, x1, *, method='autograd', check=True)",
    "descend": "(f, start, *, learning_rate, steps)",
    "reduce_gradient": "(f, x, how)",
    "fit_polynomial": "(x, y, *, degree=3, learning_rate=None, steps=2000, "
    "start=None, seed=0)",
    "least_squares": "(x, y, *, degree=3)",
    "gradient_graph": "(root, *, names=None, fold=True, gradients=True)",
    "explain_grad": "(tensor, result=None)",
    "expect_error": "(kind, words='')",
    "explore_tangent": "(f, x, *, tangents=0, start=None)",
    "explore_secant": "(f, x0, *, h=None, start=None)",
    "explore_reduction": "(f, x, *, others, how=None, start=None)",
    "explore_step_size": "(f, x0, *, h=None, start=None)",
    "explore_learning_rate": "(f, point, *, learning_rates, steps=30, start=None)",
    "explore_fit": "(f, x, *, learning_rates, degree=3, steps=2000, "
    "coefficients=None, start=None)",
    "explore_graph": "(f, x, *, start=None)",
    "explore_gradient": "(f, x0, x1, *, start=None)",
    "explore_taylor": "(f, x0, x, *, orders=12, tolerance=0.05, start=1)",
}
FIELDS = {
    "Diagnosis": ["x", "kind", "left", "right", "autograd", "numerical"],
    "TangentLine": ["x0", "y0", "slope", "intercept", "left", "right"],
    "TangentPlane": ["x0", "x1", "y0", "slopes", "left", "right"],
    "Descent": ["points", "values"],
    "GradientField": ["x0", "x1", "values", "g0", "g1"],
    "Reduction": ["x", "y", "z", "dz_dy", "gradient"],
    "PolynomialFit": ["coefficients", "losses", "path"],
    "GradientGraph": ["nodes", "edges", "message"],
    "GradExplanation": ["reason", "message"],
    "Explorable": ["name", "numbers", "sentences", "figure"],
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


ERRORS = [
    "NonlinearBackwardError",
    "NotConnectedError",
    "NotElementwiseError",
    "RandomFunctionError",
]
WARNINGS = ["NotDifferentiableWarning"]


def test_the_public_names():
    names = [*PUBLIC, *FIELDS, *PLOTS, *ERRORS, *WARNINGS]
    assert sorted(seegrad.__all__) == sorted(names)
    assert all(hasattr(seegrad, name) for name in seegrad.__all__)


def test_nothing_else_is_public():
    public = {name for name in vars(seegrad) if not name.startswith("_")}
    rooms = {path.stem for path in SOURCE.iterdir()}
    assert public - set(seegrad.__all__) <= rooms


@pytest.mark.parametrize("name", PUBLIC)
def test_a_function_has_no_module_of_its_name(name):
    assert not list(SOURCE.rglob(f"{name}.py")) or name == "gradient_graph"


def test_every_error_and_warning_of_ours_is_public():
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    defined = re.findall(r"^class (\w+(?:Error|Warning))\(", "\n".join(texts), re.M)
    assert sorted(defined) == sorted([*ERRORS, *WARNINGS])


@pytest.mark.parametrize("name", ERRORS)
def test_errors_can_be_caught_by_their_class_and_as_wrong_values(name):
    assert issubclass(getattr(seegrad, name), ValueError)


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings_have_a_class_of_their_own(name):
    assert issubclass(getattr(seegrad, name), UserWarning)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_signature(name):
    signature = inspect.signature(getattr(seegrad, name))
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(plain)) == PUBLIC[name]


@pytest.mark.parametrize("name", PLOTS)
def test_plots_take_axes_and_what_they_pass_on(name):
    parameters = inspect.signature(getattr(seegrad, name)).parameters
    assert parameters["ax"].default is None
    assert "VAR_KEYWORD" in {p.kind.name for p in parameters.values()}


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
    entries = re.findall(r"^(\**\w[^:\n]*?) : ", section[1], re.MULTILINE)
    documented = [name.lstrip("*") for entry in entries for name in entry.split(", ")]
    assert documented == list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", FIELDS)
def test_every_result_is_documented(name):
    assert len(inspect.getdoc(getattr(seegrad, name)).splitlines()[0]) > 20


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=str)
def test_every_module_says_what_it_holds(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
