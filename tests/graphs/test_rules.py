"""The rules in words, each held by a formula."""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from graph_cases import CASES, Square, leaf, named, only
from torch import Tensor

from seegrad.graphs import rules
from seegrad.graphs.gradient_graph import gradient_graph
from seegrad.graphs.rules import RULES

# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("reduction", "operation", "rule"),
    [
        ("sum", "Sum", "copies the gradient to every element"),
        ("mean", "Mean", "÷ 17, to every element"),
        ("max", "Max", "to the largest, ties share"),
        ("min", "Min", "to the smallest, ties share"),
        ("amax", "Amax", "to the largest, ties share"),
        ("max(dim)", "Max", "to the largest that was found"),
        ("median", "Median", "to the middle value, ties share"),
        ("prod", "Prod", "× the product of the others"),
        ("logsumexp", "Logsumexp", "× softmax of the input"),
        ("norm", "LinalgVectorNorm", "× input ÷ result"),
        ("loop", "Unbind", "stacks the pieces' gradients"),
        ("loop", "Pow", "× 2·x"),
        ("loop", "Mul", "× the other factor"),
    ],
)
@pytest.mark.parametrize("fold", [True, False])
def test_reductions_have_their_rules(reduction, operation, rule, fold):
    root = CASES[reduction]().root
    assert only(gradient_graph(root, fold=fold), operation).rule == rule


def rule(root):
    return gradient_graph(root).nodes[1].rule


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [(2, "× 2·x"), (3, "× 3·x²"), (-1, "× -1·x⁻²"), (1.5, "× 1.5·x⁰·⁵")],
)
def test_powers_have_their_rules(exponent, expected):
    assert rule(leaf(3) ** exponent) == expected


def test_a_mean_by_columns_says_how_many_it_divides_by():
    found = rule(leaf(3, 4).mean(dim=0))
    assert re.findall(r"\d+", found) in ([], ["3"])


# Operations that share a name with one whose rule would be a lie here.
NOT_THE_SAME = {
    "1-norm": (lambda x: x.norm(1), lambda x: x.norm()),
    "inf-norm": (lambda x: x.norm(torch.inf), lambda x: x.norm()),
    "median(dim)": (lambda x: x.median(0).values, lambda x: x.median()),
    "number's power": (lambda x: 2**x, lambda x: x ** torch.full((6,), 2.0)),
    "scaled sum": (lambda x: torch.add(x, x, alpha=3), lambda x: x + x),
    "scaled difference": (lambda x: torch.sub(x, x, alpha=3), lambda x: x - x),
    "floor": (lambda x: torch.div(x, 2, rounding_mode="floor"), lambda x: x / 2),
    "custom Exp": (
        lambda x: type("Exp", (Square,), {}).apply(x),
        lambda x: x.exp(),
    ),
    "custom CopySlices": (
        lambda x: type("CopySlices", (Square,), {}).apply(x),
        lambda x: torch.zeros(6, dtype=x.dtype).index_put_((torch.arange(6),), x),
    ),
}


@pytest.mark.parametrize(("other", "usual"), NOT_THE_SAME.values(), ids=NOT_THE_SAME)
def test_a_rule_does_not_cover_what_it_is_wrong_for(other, usual):
    x = leaf(6)
    assert rule(other(x)) != rule(usual(x)) or rule(other(x)) == ""


def test_a_slice_assignment_has_its_rule():
    y = torch.zeros(4, dtype=torch.float64)
    y[1:3] = leaf(2)
    assert rule(y) == RULES["CopySlices"]


def test_an_unknown_operation_has_no_rule():
    assert rule(Square.apply(leaf(3))) == ""


def test_the_rule_of_a_complex_exponent_is_told_in_words():
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    graph = gradient_graph((x ** (2 + 1j)).real)
    (rule,) = [n.rule for n in graph.nodes if n.operation == "PowBackward0"]
    assert rule == "× exponent·x to the exponent − 1"


# ---------------------------------------------------------------- words and formulas


class Held(NamedTuple):
    """Words, an operation that they are said of, and what they mean.

    The operation takes leaves of the given shapes or values. The formula takes the
    gradient that arrives, the result and the leaves, and gives what each leaf gets.
    """

    rule: str  # its key in RULES
    words: str
    operation: Callable
    leaves: tuple
    formula: Callable


def at(places, values, like):
    """Zeros, with values added at places: [v at p] by hand."""
    found = torch.zeros_like(like)
    for place, value in zip(places, values, strict=True):
        found[place] += value
    return found


def ties(x, chosen):
    return (x == chosen).double() / (x == chosen).sum()


def copied(x, y):
    x = x.neg()
    x[1:3] = y
    return x


class Arriving(torch.autograd.Function):
    """A sum that sends back the gradient it is given."""

    @staticmethod
    def forward(ctx, x, gradient):
        ctx.gradient = gradient
        return x.sum()

    @staticmethod
    def backward(ctx, one):
        return one * ctx.gradient, None


TIES = torch.tensor([3.0, 1.0, 3.0, 2.0, 1.0, 2.0, 2.0], dtype=torch.float64)
SIGNS = torch.tensor([-2.0, -0.5, 0.5, 3.0], dtype=torch.float64)
OTHER = torch.tensor([0.5, -0.5, 0.5, 1.0], dtype=torch.float64)
ROWS = torch.tensor([2, 0, 2])
SHARE = "to every element"
SHAPE = "gives back the shape"
BACK = "back to the places taken from, 0 elsewhere"
MATRIX = "× the other matrix, transposed"
MASK = torch.tensor([True, False, True])

HELD = [
    Held("Abs", "× the sign of the input", torch.abs, (SIGNS,),
         lambda g, r, x: g * torch.sign(x)),
    Held("Add", "copies the gradient to every term", torch.add, (3, 3),
         lambda g, r, x, y: (g, g)),
    Held("Add", "copies the gradient to every term; the second × 3",
         lambda x, y: torch.add(x, y, alpha=3), (3, 3),
         lambda g, r, x, y: (g, 3 * g)),
    Held("Addmm", f"{MATRIX}; the added term gets a copy", torch.addmm,
         ((2, 4), (2, 3), (3, 4)),
         lambda g, r, b, x, y: (g, g @ y.T, x.T @ g)),
    Held("Addmm", f"{MATRIX}, × 3; the added term gets × 0.5",
         lambda b, x, y: torch.addmm(b, x, y, beta=0.5, alpha=3),
         ((2, 4), (2, 3), (3, 4)),
         lambda g, r, b, x, y: (g / 2, 3 * g @ y.T, 3 * x.T @ g)),
    Held("Amax", "to the largest, ties share", torch.amax, (TIES,),
         lambda g, r, x: g * ties(x, 3)),
    Held("Amin", "to the smallest, ties share", torch.amin, (TIES,),
         lambda g, r, x: g * ties(x, 1)),
    Held("Bmm", MATRIX, torch.bmm, ((2, 2, 3), (2, 3, 4)),
         lambda g, r, x, y: (g @ y.mT, x.mT @ g)),
    Held("Cat", "cuts the gradient into the pieces that were joined",
         lambda x, y: torch.cat([x, y]), (2, 3),
         lambda g, r, x, y: (g[:2], g[2:])),
    Held("ClampBackward1", "passes where nothing was clipped, else 0",
         lambda x: x.clamp(-1, 1), (SIGNS,),
         lambda g, r, x: g * (x.abs() < 1)),
    Held("ClampBackward0", "passes where nothing was clipped, else to the bound",
         torch.clamp, (SIGNS, 0 * SIGNS - 1, 0 * SIGNS + 1),
         lambda g, r, x, low, high: (
             g * ((low < x) & (x < high)), g * (x < low), g * (x > high))),
    Held("Clone", "passes the gradient on", torch.clone, (3,), lambda g, r, x: g),
    Held("CopySlices", "to what was copied in, and to the places left alone",
         copied, (4, 2),
         lambda g, r, x, y: (-at([0, 3], g[[0, 3]], g), g[1:3])),
    Held("Cos", "× −sin of the input", torch.cos, (3,),
         lambda g, r, x: -g * torch.sin(x)),
    Held("Cumsum", "adds up from the end", lambda x: x.cumsum(0), (4,),
         lambda g, r, x: torch.stack([g[k:].sum() for k in range(4)])),
    Held("DivBackward0", "÷ the divisor; the divisor gets × −result ÷ divisor",
         torch.div, (3, 3), lambda g, r, x, y: (g / y, -g * (x / y) / y)),
    Held("Dot", "× the other vector", torch.dot, (3, 3),
         lambda g, r, x, y: (g * y, g * x)),
    Held("Exp", "× the result", torch.exp, (3,), lambda g, r, x: g * math.e**x),
    Held("Expand", "adds up over the copies", lambda x: x.expand(2, 3), (3,),
         lambda g, r, x: g[0] + g[1]),
    Held("Gather", BACK, lambda x: x.gather(0, ROWS), (4,),
         lambda g, r, x: at(ROWS, g, x)),
    Held("Index", BACK, lambda x: x[ROWS], (4,), lambda g, r, x: at(ROWS, g, x)),
    Held("LinalgVectorNorm", "× input ÷ result", torch.linalg.vector_norm, (3,),
         lambda g, r, x: g * x / (x * x).sum() ** 0.5),
    Held("Log", "÷ the input", torch.log, (3,), lambda g, r, x: g / x),
    Held("LogSoftmax", "minus softmax times the sum of the gradient",
         lambda x: x.log_softmax(0), (3,),
         lambda g, r, x: g - math.e**x / (math.e**x).sum() * g.sum()),
    Held("Logsumexp", "× softmax of the input", lambda x: x.logsumexp(0), (3,),
         lambda g, r, x: g * math.e**x / (math.e**x).sum()),
    Held("MaxBackward0", "to the largest that was found",
         lambda x: x.max(0).values, (TIES,), lambda g, r, x: at([0], [g], x)),
    Held("MaxBackward1", "to the largest, ties share", torch.max, (TIES,),
         lambda g, r, x: g * ties(x, 3)),
    Held("Maximum", "to the larger one, a tie is shared", torch.maximum,
         (SIGNS, OTHER),
         lambda g, r, x, y: (
             g * ((x > y) + 0.5 * (x == y)), g * ((y > x) + 0.5 * (x == y)))),
    Held("MeanBackward0", f"÷ 6, {SHARE}", torch.mean, ((2, 3),),
         lambda g, r, x: g / 6 * torch.ones_like(x)),
    Held("MeanBackward1", f"÷ 2, {SHARE}", lambda x: x.mean(0), ((2, 3),),
         lambda g, r, x: torch.stack([g / 2, g / 2])),
    Held("MeanBackward1", f"÷ 6, {SHARE}", lambda x: x.mean((), True), ((2, 3),),
         lambda g, r, x: g / 6 * torch.ones_like(x)),
    Held("MedianBackward0", "to the middle value, ties share", torch.median, (TIES,),
         lambda g, r, x: g * ties(x, 2)),
    Held("MedianBackward1", "to the middle value that was found",
         lambda x: x.median(0).values, (SIGNS,), lambda g, r, x: at([1], [g], x)),
    Held("MinBackward0", "to the smallest that was found",
         lambda x: x.min(0).values, (TIES,), lambda g, r, x: at([1], [g], x)),
    Held("MinBackward1", "to the smallest, ties share", torch.min, (TIES,),
         lambda g, r, x: g * ties(x, 1)),
    Held("Minimum", "to the smaller one, a tie is shared", torch.minimum,
         (SIGNS, OTHER),
         lambda g, r, x, y: (
             g * ((x < y) + 0.5 * (x == y)), g * ((y < x) + 0.5 * (x == y)))),
    Held("Mm", MATRIX, torch.mm, ((2, 3), (3, 4)),
         lambda g, r, x, y: (g @ y.T, x.T @ g)),
    Held("Mul", "× the other factor", torch.mul, (3, 3),
         lambda g, r, x, y: (g * y, g * x)),
    Held("Mv", "× the matrix transposed, or the outer product with the vector",
         torch.mv, ((2, 3), 3),
         lambda g, r, x, y: (g[:, None] * y[None, :], x.T @ g)),
    Held("NativeDropout", "× the mask that was drawn ÷ (1 − p)",
         lambda x: torch.native_dropout(x, 0.75, True)[0], (40,),
         lambda g, r, x: g * (r != 0) / 0.25),
    Held("Neg", "turns the sign", torch.neg, (3,), lambda g, r, x: -g),
    Held("Permute", "puts the axes back", lambda x: x.permute(2, 0, 1), ((2, 3, 4),),
         lambda g, r, x: g.permute(1, 2, 0)),
    Held("PowBackward0", "× 2·x", lambda x: x**2, (3,), lambda g, r, x: g * 2 * x),
    Held("PowBackward0", "× 3·x²", lambda x: x**3, (3,),
         lambda g, r, x: g * 3 * x * x),
    Held("PowBackward0", "× -1·x⁻²", lambda x: x**-1, (3,),
         lambda g, r, x: -g / x / x),
    Held("PowBackward0", "× 1.5·x⁰·⁵", lambda x: x**1.5, (3,),
         lambda g, r, x: g * 1.5 * x.sqrt()),
    Held("PowBackward1",
         "× exponent·x^(exponent − 1); the exponent gets × result·ln x", torch.pow,
         (3, 3),
         lambda g, r, x, y: (g * y * x ** (y - 1), g * x**y * x.log())),
    Held("PowBackward2", "× result·ln of the base", lambda x: 3**x, (3,),
         lambda g, r, x: g * 3**x * math.log(3)),
    Held("Prod", "× the product of the others", torch.prod, (3,),
         lambda g, r, x: g * torch.stack([x[1] * x[2], x[0] * x[2], x[0] * x[1]])),
    Held("Reciprocal", "× −result²", torch.reciprocal, (3,),
         lambda g, r, x: -g / x**2),
    Held("Relu", "passes where the input was above 0, else 0", torch.relu, (SIGNS,),
         lambda g, r, x: g * (x > 0)),
    Held("Repeat", "adds up over the copies", lambda x: x.repeat(2), (3,),
         lambda g, r, x: g[:3] + g[3:]),
    Held("ReshapeAlias", SHAPE,
         lambda x: torch.ops.aten._reshape_alias(x, [3, 2], [2, 1]), (6,),
         lambda g, r, x: g.flatten()),
    Held("Rsqrt", "× −½·result³", torch.rsqrt, (3,),
         lambda g, r, x: -g / 2 / x**1.5),
    Held("RsubBackward0",
         "turns the sign, × 3; what it is subtracted from gets a copy",
         lambda x, y: torch.rsub(x, y, alpha=3), (3, 3),
         lambda g, r, x, y: (-3 * g, g)),
    Held("RsubBackward1", "turns the sign", lambda x: 1 - x, (3,),
         lambda g, r, x: -g),
    Held("RsubBackward1", "turns the sign, × 3",
         lambda x: torch.rsub(x, 1, alpha=3), (3,), lambda g, r, x: -3 * g),
    Held("Select", "back to the place taken from, 0 elsewhere", lambda x: x[1],
         ((3, 2),), lambda g, r, x: at([1], [g], x)),
    Held("Sigmoid", "× result·(1 − result)", torch.sigmoid, (3,),
         lambda g, r, x: g * math.e**-x / (1 + math.e**-x) ** 2),
    Held("Sin", "× cos of the input", torch.sin, (3,),
         lambda g, r, x: g * torch.cos(x)),
    Held("Slice", BACK, lambda x: x[1:3], (4,), lambda g, r, x: at([1, 2], g, x)),
    Held("Softmax", "× result, minus result times their sum",
         lambda x: x.softmax(0), (3,),
         lambda g, r, x: g * r - r * (g * r).sum()),
    Held("Split", "joins the pieces' gradients",
         lambda x: torch.cat([2 * part for part in x.split(3)]), (5,),
         lambda g, r, x: 2 * g),
    Held("Sqrt", "÷ twice the result", torch.sqrt, (3,),
         lambda g, r, x: g / 2 / x**0.5),
    Held("Squeeze", SHAPE, torch.squeeze, ((1, 3),), lambda g, r, x: g[None]),
    Held("Stack", "cuts the gradient into the pieces that were stacked",
         lambda x, y: torch.stack([x, y]), (3, 3),
         lambda g, r, x, y: (g[0], g[1])),
    Held("Sub", "copies the gradient, with the sign turned for what is subtracted",
         torch.sub, (3, 3), lambda g, r, x, y: (g, -g)),
    Held("Sub",
         "copies the gradient, with the sign turned for what is subtracted; "
         "the second × 3",
         lambda x, y: torch.sub(x, y, alpha=3), (3, 3),
         lambda g, r, x, y: (g, -3 * g)),
    Held("Sum", "copies the gradient to every element", torch.sum, ((2, 3),),
         lambda g, r, x: g * torch.ones_like(x)),
    Held("T", "transposes back", torch.t, ((2, 3),), lambda g, r, x: g.T),
    Held("Tan", "× (1 + result²)", torch.tan, (3,),
         lambda g, r, x: g / torch.cos(x) ** 2),
    Held("Tanh", "× (1 − result²)", torch.tanh, (3,),
         lambda g, r, x: g / torch.cosh(x) ** 2),
    Held("Transpose", "puts the axes back", lambda x: x.transpose(0, 2), ((2, 3, 4),),
         lambda g, r, x: g.permute(2, 1, 0)),
    Held("Unbind", "stacks the pieces' gradients",
         lambda x: torch.cat([2 * part for part in x.unbind()]), ((2, 3),),
         lambda g, r, x: 2 * torch.stack([g[:3], g[3:]])),
    Held("UnsafeView", SHAPE, lambda x: torch.ops.aten._unsafe_view(x, [3, 2]), (6,),
         lambda g, r, x: g.flatten()),
    Held("Unsqueeze", SHAPE, lambda x: x.unsqueeze(0), (3,), lambda g, r, x: g[0]),
    Held("View", SHAPE, lambda x: x.view(3, 2), (6,), lambda g, r, x: g.flatten()),
    Held("Where", "to the branch that was taken, 0 to the other",
         lambda x, y: torch.where(MASK, x, y), (3, 3),
         lambda g, r, x, y: (g * MASK, g * ~MASK)),
]  # fmt: skip


def leaves_of(held):
    for given in held.leaves:
        if isinstance(given, Tensor):
            yield given.clone().requires_grad_()
        else:
            yield leaf(*((given,) if isinstance(given, int) else given))


@pytest.mark.parametrize("held", HELD, ids=lambda held: f"{held.rule}: {held.words}")
def test_a_rule_means_what_autograd_does(held):
    leaves = list(leaves_of(held))
    with torch.random.fork_rng(devices=[]):
        result = held.operation(*leaves)
    arrives = 2 + leaf(*result.shape).detach().cos()
    names = {f"x{k}": x for k, x in enumerate(leaves)}
    graph = gradient_graph(Arriving.apply(result, arrives), names=names, fold=False)
    name = re.compile(rf"(torch::autograd::)?{held.rule}(Backward\d)?")
    (node,) = [node for node in graph.nodes if name.fullmatch(node.operation)]
    assert node.rule == held.words
    expected = held.formula(arrives, result.detach(), *[x.detach() for x in leaves])
    expected = expected if isinstance(expected, tuple) else (expected,)
    for k, right in enumerate(expected):
        torch.testing.assert_close(named(graph, f"x{k}").gradient, right)


def test_every_rule_is_held_by_a_formula():
    assert {held.rule for held in HELD} == set(RULES)
    plain = {name: rule for name, rule in RULES.items() if isinstance(rule, str)}
    assert {held.rule: held.words for held in HELD if held.rule in plain} == plain


def test_a_freed_mean_is_told_without_its_number():
    assert rules.rule_of("MeanBackward0", None) == "÷ their number, to every element"
    assert rules.rule_of("MeanBackward1", None) == "÷ their number, to every element"
