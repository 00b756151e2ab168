"""The rules in words, each held by a formula."""

import math
import re

import pytest
import torch
from graph_cases import CASES, Square, leaf, only

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


@pytest.mark.parametrize("name", sorted(set(RULES) - {"CopySlices"}))
def test_every_rule_belongs_to_an_operation_of_pytorch(name):
    backward = re.compile(name if name[-1].isdigit() else rf"{name}Backward\d")
    assert any(map(backward.fullmatch, dir(torch._C._functions)))


def test_a_folded_nodes_large_gradient_is_summarised():
    x = torch.ones(2000, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(5):
        y = y * 1
    graph = gradient_graph(y.sum())
    (folded,) = [node for node in graph.nodes if node.count == 5]
    assert folded.gradient.shape == (2000,)
    assert (folded.gradient.min, folded.gradient.max) == (1.0, 1.0)
    assert folded.gradient.norm == pytest.approx(math.sqrt(2000))


def test_the_rule_of_a_complex_exponent_is_told_in_words():
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    graph = gradient_graph((x ** (2 + 1j)).real)
    (rule,) = [n.rule for n in graph.nodes if n.operation == "PowBackward0"]
    assert rule == "× exponent·x to the exponent − 1"
