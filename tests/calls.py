"""Every public function, called with given points: one table for all tests.

No pytest here: a bare subprocess uses this table, too.
"""

import dataclasses
from collections.abc import Callable

import torch

import seegrad


def wave(x):
    return torch.sin(x) + x**2


def bowl(x0, x1):
    return x0**2 + x0 * x1 + 2 * x1**2


LINE = seegrad.tangent_line(wave, 0.5)
PLANE = seegrad.tangent_plane(bowl, 0.5, 1.0)
LEAF = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
RESULT = wave(LEAF).sum()
FIT = seegrad.fit_polynomial([0.0, 1.0, 2.0], [1.0, 2.0, 5.0], degree=2, steps=1)


@dataclasses.dataclass(frozen=True)
class Call:
    """A function, how to call it on its points, and the points' names."""

    name: str
    run: Callable  # (f, *points) -> result; f is None where there is no function
    points: dict[str, list]
    f: Callable | None = None

    def __str__(self):
        return self.name

    def __call__(self, *points):
        """Call it with these points, in order, or with its own."""
        return self.run(self.f, *(points or self.points.values()))


X, X0, X1 = [0.5, 1.0, 2.0], [0.5, 1.0, 2.0], [1.0, -1.0, 3.0]
CUBIC = {"degree": 1, "learning_rate": 1e-3, "steps": 3}

CALLS = [
    Call("derivative", seegrad.derivative, {"x": X}, wave),
    Call(
        "derivative, order 3",
        lambda f, x: seegrad.derivative(f, x, order=3),
        {"x": X},
        wave,
    ),
    Call("gradient", seegrad.gradient, {"x0": X0, "x1": X1}, bowl),
    Call(
        "gradient, broadcast", seegrad.gradient, {"x0": [[0.5], [1.0]], "x1": X1}, bowl
    ),
    Call("diagnose", seegrad.diagnose, {"x": X}, wave),
    Call("diagnose, two variables", seegrad.diagnose, {"x0": X0, "x1": X1}, bowl),
    Call(
        "derivative, unchecked",
        lambda f, x: seegrad.derivative(f, x, check=False),
        {"x": X},
        wave,
    ),
    Call("numerical_derivative", seegrad.numerical_derivative, {"x": X}, wave),
    Call("numerical_gradient", seegrad.numerical_gradient, {"x0": X0, "x1": X1}, bowl),
    Call(
        "numerical_gradient, broadcast",
        seegrad.numerical_gradient,
        {"x0": [[0.5], [1.0]], "x1": X1},
        bowl,
    ),
    Call("tangent_line", seegrad.tangent_line, {"x0": X}, wave),
    Call("TangentLine()", lambda f, x: LINE(x), {"x": X}),
    Call("tangent_plane", seegrad.tangent_plane, {"x0": X0, "x1": X1}, bowl),
    Call(
        "tangent_plane, broadcast",
        seegrad.tangent_plane,
        {"x0": [[0.5], [1.0]], "x1": X1},
        bowl,
    ),
    Call("TangentPlane()", lambda f, x0, x1: PLANE(x0, x1), {"x0": X0, "x1": X1}),
    Call("gradient_field", seegrad.gradient_field, {"x0": X0, "x1": [1.0, 4.0]}, bowl),
    Call(
        "gradient_field, numerical",
        lambda f, x0, x1: seegrad.gradient_field(f, x0, x1, method="numerical"),
        {"x0": X0, "x1": [1.0, 4.0]},
        bowl,
    ),
    Call(
        "descend",
        lambda f, x: seegrad.descend(f, x, learning_rate=0.1, steps=3),
        {"start": [1.0, -2.0]},
        bowl,
    ),
    *(
        Call(
            f"reduce_gradient, {how}",
            lambda f, x, how=how: seegrad.reduce_gradient(f, x, how),
            {"x": X},
            wave,
        )
        for how in ("sum", "loop", "mean", "max")
    ),
    Call(
        "reduce_gradient, callable",
        lambda f, x: seegrad.reduce_gradient(f, x, lambda y: y.prod()),
        {"x": X},
        wave,
    ),
    Call(
        "fit_polynomial",
        lambda f, x, y: seegrad.fit_polynomial(x, y, **CUBIC),
        {"x": X, "y": X1},
    ),
    Call(
        "fit_polynomial, start",
        lambda f, start: seegrad.fit_polynomial(X, X1, start=start, **CUBIC),
        {"start": [0.5, -1.0]},
    ),
    Call("PolynomialFit()", lambda f, x: FIT(x), {"x": X}),
    Call(
        "least_squares",
        lambda f, x, y: seegrad.least_squares(x, y, degree=1),
        {"x": X, "y": X1},
    ),
    Call("explore_tangent", seegrad.explore_tangent, {"x": X}, wave),
    Call(
        "explore_secant",
        lambda f, x0: seegrad.explore_secant(wave, x0, h=X),
        {"x0": [0.5]},
    ),
    Call(
        "explore_reduction",
        lambda f, x, others: seegrad.explore_reduction(f, x, others=others),
        {"x": X, "others": X1},
        wave,
    ),
    Call(
        "explore_learning_rate",
        lambda f, point: seegrad.explore_learning_rate(
            f, point, learning_rates=[0.01, 0.05], steps=3
        ),
        {"point": [1.0, -2.0]},
        bowl,
    ),
    Call(
        "explore_fit",
        lambda f, x: seegrad.explore_fit(f, x, learning_rates=[1e-5, 1e-4], steps=3),
        {"x": X},
        wave,
    ),
    Call("explore_graph", lambda f, x: seegrad.explore_graph(wave, x), {"x": X}),
    Call("explore_gradient", seegrad.explore_gradient, {"x0": X0, "x1": X1}, bowl),
    Call(
        "explore_taylor",
        lambda f, x: seegrad.explore_taylor(f, 2.0, x, orders=3),
        {"x": X},
        wave,
    ),
    Call(
        "explore_step_size",
        lambda f, x0: seegrad.explore_step_size(wave, x0, h=X),
        {"x0": [0.5]},
    ),
]

DRAWN = [
    Call("plot_function", seegrad.plot_function, {"x": [0.5, 1.0, 2.0]}, wave),
    Call(
        "plot_function, surface",
        seegrad.plot_function,
        {"x0": [0.5, 1.0], "x1": [1.0, -1.0, 3.0]},
        bowl,
    ),
    Call(
        "plot_derivative",
        lambda f, x, slope: seegrad.plot_derivative(x, slope),
        {"x": [0.5, 1.0], "slope": [1.0, 3.0]},
    ),
]

WITH_FUNCTION = [call for call in CALLS if call.f is not None]

FIELD = seegrad.gradient_field(bowl, [0.0, 1.0], [0.0, 1.0])
DESCENT = seegrad.descend(bowl, [1.0, 2.0], learning_rate=0.1, steps=3)
REDUCTION = seegrad.reduce_gradient(wave, X, "sum")
RESULTS = {
    "plot_tangent_line": LINE,
    "plot_tangent_plane": PLANE,
    "plot_gradient_field": FIELD,
    "plot_descent": DESCENT,
    "plot_reduction": REDUCTION,
    "plot_fit": FIT,
    "plot_losses": FIT,
}
# These take no points: what they show is finished.
SHOWN = [
    *(
        Call(name, lambda f, name=name, made=made: getattr(seegrad, name)(made), {})
        for name, made in RESULTS.items()
    ),
    Call("explain_grad", lambda f: seegrad.explain_grad(LEAF), {}),
    Call("explain_grad, result", lambda f: seegrad.explain_grad(LEAF, RESULT), {}),
    Call("expect_error", lambda f: expect_error(), {}),
    Call("gradient_graph", lambda f: seegrad.gradient_graph(RESULT), {}),
    Call(
        "gradient_graph, drawn",
        lambda f: seegrad.gradient_graph(RESULT, names={"x": LEAF}).svg(),
        {},
    ),
]


def expect_error():
    with seegrad.expect_error(ValueError):
        raise ValueError("expected")


def tensors(result):
    """Every tensor of a result, by name."""
    if isinstance(result, torch.Tensor):
        return {"the result": result}
    if isinstance(result, tuple):
        return {f"part {k}": part for k, part in enumerate(result)}
    if isinstance(result, seegrad.Explorable):
        return result.numbers
    fields = dataclasses.fields(result)
    found = {field.name: getattr(result, field.name) for field in fields}
    return {k: part for k, part in found.items() if isinstance(part, torch.Tensor)}
