"""The steps of a backward pass in words, with the arithmetic of each."""

import xml.etree.ElementTree as ET

import pytest
import torch
from graph_cases import article_graph, loop

from seegrad.graphs import Edge, Node
from seegrad.graphs.gradient_graph import GradientGraph, gradient_graph
from seegrad.graphs.steps import steps


def number(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def words(root, **names):
    return [step["text"] for step in steps(gradient_graph(root, names=names or None))]


def test_each_step_is_arithmetic():
    x = number(2.0)
    square, triple = x**2, 3 * x
    y = square + triple
    assert words(y, x=x, square=square, triple=triple, y=y) == [
        "y = 10, gradient 1. AddBackward0 gets 1.",
        "AddBackward0 = 10, gradient 1: copies the gradient to every term. "
        "square gets 1. triple gets 1.",
        "triple = 6, gradient 1. x gets 1 × the other factor = 1 × 3 = 3.",
        "square = 4, gradient 1. x gets 1 × 2·x = 1 × 4 = 4.",
        "x = 2, gradient 3 + 4 = 7: adds up what arrives.",
    ]


def test_negative_numbers_stand_in_brackets():
    x = number(-1.5)
    found = words(x**2 - 4 * x, x=x)
    assert "x gets 1 × 2·x = 1 × (-3) = -3." in found[3] + found[2]
    assert found[-1] == "x = -1.5, gradient -4 + (-3) = -7: adds up what arrives."


def test_what_is_divided_by_has_a_rule_of_its_own():
    a, b = number(3.0), number(4.0)
    found = words(a / b, a=a, b=b)[1]
    assert "a gets 1 ÷ the divisor = 1 ÷ 4 = 0.25." in found
    assert "b gets 1 × −result ÷ divisor = 1 × (-0.1875) = -0.1875." in found


def test_the_factor_is_the_operations_own_slope():
    for f, slope in ((torch.sin, torch.cos), (torch.exp, torch.exp)):
        x = number(0.3)
        factor = f"{slope(x).item():.4g}"
        assert f"= 5 × {factor} = {5 * slope(x).item():.4g}." in words(5 * f(x))[2]


@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan")])
def test_no_factor_where_none_can_be_told(value):
    x = number(1.0)
    found = words(value * x.exp(), x=x)[2]
    assert found.endswith(f"x gets {value:g} × the result = {value:g}.")


def test_a_root_that_divides_by_nan_says_nan():
    x = number(-1.0)
    found = words(torch.where(x > 0, x.sqrt(), 0), x=x)
    assert found[1].endswith("SqrtBackward0 gets 0.")
    assert found[2] == (
        "SqrtBackward0 = nan, gradient 0. x gets 0 ÷ twice the result = nan."
    )


def test_many_numbers_are_multiplied_by_a_name():
    x = torch.tensor([0.25, 0.5, 0.75], requires_grad=True)
    found = words((x**2).sum(), x=x)[2]
    assert found == "PowBackward0, gradient all 1. x gets all 1 × 2·x = [0.5, 1, 1.5]."


def test_a_hook_that_changes_a_gradient_makes_no_sum_wrong():
    x = number(2.0)
    y = 3 * x
    y.register_hook(lambda gradient: gradient * 10)
    found = words(y + y * y, x=x, y=y)
    (step,) = [text for text in found if text.startswith("y = 6, gradient ")]
    assert step.startswith("y = 6, gradient 130. ")


def test_folded_steps_are_not_multiplied_out():
    found = [step["text"] for step in steps(article_graph(loop))]
    assert found[1].endswith("UnbindBackward0 gets 17.")
    assert "17 edges, together 17" in article_graph(loop).dot()


def test_boxes_say_their_values():
    x = number(2.0)
    lines = gradient_graph(x**2, names={"x": x}).dot()
    assert 'label="PowBackward0\\n= 4"' in lines
    assert 'label="x\\n= 2"' in lines
    assert "\\n= " not in gradient_graph(x**2, gradients=False).dot()


# ---------------------------------------------------------------- asking


def start(graph):
    return ET.fromstring(graph._repr_html_()).get("data-start")


def test_a_graph_that_asks_opens_before_anything_is_sent_there():
    x = number(2.0)
    square = x**2
    graph = gradient_graph(3 * square + x, names={"x": x, "square": square})
    assert start(graph) is None
    asking = graph.ask("square")
    first = min(e.source for e in graph.edges if e.target == asking.asked)
    assert int(start(asking)) == first == 2
    assert asking.nodes == graph.nodes
    assert asking.svg() == graph.svg()  # whole without the page's script


def test_of_a_result_and_its_operation_the_operation_is_asked_about():
    y = number(2.0) ** 2
    graph = gradient_graph(y.exp(), names={"result": y})
    assert graph.ask("result").asked == 2


def test_a_label_that_is_not_there_cannot_be_asked_about():
    with pytest.raises(ValueError, match=r"label must .* 'wave'\. Choose .*'result'"):
        gradient_graph(number(2.0) ** 2).ask("wave")


def test_why_there_are_no_gradients_stands_under_the_figure():
    y = number(2.0) ** 2
    y.backward()
    page = ET.fromstring(gradient_graph(y)._repr_html_())
    (why,) = page.findall("p")
    assert why.text.startswith("The graph was freed by an earlier backward()")


def test_a_readers_own_graph_has_steps():
    nodes = Node(0, "result", "y"), Node(1, "leaf", "x")
    found = steps(GradientGraph(nodes, (Edge(0, 1),)))
    assert [step["text"] for step in found] == ["y.", "x."]


def test_where_no_factor_can_be_told_what_is_handed_on_stands_alone():
    one = torch.tensor(1.0)
    for gradient, operand in (
        ((one, one), 0),
        (one, 2),
    ):  # two outputs; a third operand
        nodes = (
            Node(0, "operation", "mine", gradient=gradient, rule="× 2·x"),
            Node(1, "leaf", "x", gradient=one),
        )
        edge = Edge(0, 1, operand=operand, gradient=torch.tensor(4.0))
        first, _ = steps(GradientGraph(nodes, (edge,)))
        assert first["text"].endswith("x gets 4.")
