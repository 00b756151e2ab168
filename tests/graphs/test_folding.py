"""What repeats becomes one node."""

import pytest
import torch
from graph_cases import (
    COMBINE,
    TERMS,
    accumulated,
    assert_edges_add_up,
    assert_in_backward_order,
    leaf,
    loop,
    named,
    only,
)

from seegrad.graphs.gradient_graph import gradient_graph

# ---------------------------------------------------------------- folding


@pytest.mark.parametrize("count", [17, 100, 20_000])
def test_a_loop_folds(count):
    x = leaf(count)
    graph = gradient_graph(loop(2 * x**2 + 2), names={"x": x})
    assert len(graph.nodes) <= 15
    chain = next(node for node in graph.nodes if node.count > 1)
    assert (chain.operation, chain.count) == ("AddBackward0", count)
    assert chain.gradient == 1
    (edge,) = [edge for edge in graph.edges if edge.source == chain.id]
    assert edge.count == count
    assert edge.gradient == count  # a one for each element
    assert (edge.output, edge.operand) == (None, None)
    assert edge.target == only(graph, "Unbind").id


def test_hooks_on_a_folded_loops_terms_change_nodes_but_no_edges():
    x = leaf(50)
    terms = list((x * 2).unbind())
    for term in terms:
        term.register_hook(lambda gradient: gradient * 10)
    graph = gradient_graph(accumulated(torch.add, iter(terms)), names={"x": x})
    (edge,) = [edge for edge in graph.edges if edge.count == 50]
    assert edge.gradient == 50
    assert only(graph, "Unbind").gradient == (10.0,) * 50
    assert named(graph, "x").gradient.tolist() == [20.0] * 50


def powers(x):
    found = 0
    for exponent in (2, 3) * 5:
        found = found + x**exponent
    return found


@pytest.mark.parametrize("count", [5, 500])
@pytest.mark.parametrize("combine", COMBINE.values(), ids=COMBINE)
@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
def test_loops_of_other_kinds_fold(terms, combine, count):
    graph = gradient_graph(accumulated(combine, terms(count)))
    assert len(graph.nodes) <= 15
    assert_in_backward_order(graph)
    assert_edges_add_up(graph)


@pytest.mark.parametrize("join", [torch.stack, torch.hstack], ids=["stack", "hstack"])
def test_a_loop_that_collects_folds(join):
    x = leaf(1000)
    graph = gradient_graph(join([(v * 2).sin() for v in x]).sum())
    assert len(graph.nodes) <= 15
    assert_edges_add_up(graph)


def test_many_uses_of_one_tensor_fold_into_few_edges():
    x = leaf(2)
    graph = gradient_graph(accumulated(torch.add, (x * 3 for _ in range(1000))))
    assert len(graph.edges) <= 15
    assert sum(node.count for node in graph.nodes) == 1000 + 999 + 2


def test_an_alternating_loop_stays_a_graph():
    y = leaf(2)
    for _ in range(2000):
        y = y.sin() * 2
    graph = gradient_graph(y)
    assert_in_backward_order(graph)
    assert_edges_add_up(graph)
    assert sum(node.count for node in graph.nodes) == 4002


@pytest.mark.parametrize(("count", "boxes"), [(2, 2), (3, 1), (4, 1)])
def test_three_equal_nodes_are_folded(count, boxes):
    y = leaf(2)
    for _ in range(count):
        y = y.sin()
    graph = gradient_graph(y)
    assert [n.operation for n in graph.nodes].count("SinBackward0") == boxes


def test_identical_branches_fold():
    x = leaf(2)
    graph = gradient_graph(sum((x * 2).sin() for _ in range(5)))
    assert only(graph, "Sin").count == only(graph, "Mul").count == 5


def test_branches_with_other_rules_do_not_fold_together():
    graph = gradient_graph(powers(leaf(2)))
    found = {n.rule: n.count for n in graph.nodes if n.operation.startswith("Pow")}
    assert found == {"× 2·x": 5, "× 3·x²": 5}


def test_a_chain_with_other_rules_does_not_fold():
    x = leaf(2)
    graph = gradient_graph(((x**2) ** 3) ** 2)
    rules = [n.rule for n in graph.nodes if n.operation.startswith("Pow")]
    assert rules == ["× 2·x", "× 3·x²", "× 2·x"]


def test_other_shapes_do_not_fold_together():
    leaves = [leaf(2), leaf(2), leaf(2), leaf(1), leaf(1), leaf(1)]
    graph = gradient_graph(sum(leaves))
    counts = {node.shape: node.count for node in graph.nodes if node.kind == "leaf"}
    assert counts == {(2,): 3, (1,): 3}


def test_named_leaves_never_fold():
    leaves = {f"x{k}": leaf(2) for k in range(5)}
    others = [leaf(2) for _ in range(5)]
    graph = gradient_graph(sum([*leaves.values(), *others]), names=leaves)
    for name in leaves:
        assert named(graph, name).count == 1
        assert named(graph, name).gradient.tolist() == [1, 1]
    assert named(graph, "leaf").count == 5
    assert named(graph, "leaf").gradient.tolist() == [5, 5]


@pytest.mark.parametrize("place", [0, 3, 9], ids=["first", "inner", "last"])
def test_named_tensors_on_the_way_never_fold(place):
    x = leaf(2)
    made = [x.exp()]
    for _ in range(10):
        made.append(made[-1] + x)
    graph = gradient_graph(made[-1].sum(), names={"here": made[1 + place]})
    assert named(graph, "here").count == 1
    assert_edges_add_up(graph)


def test_results_never_fold():
    x = leaf(2)
    graph = gradient_graph([x.sin() for _ in range(5)])
    assert [node.count for node in graph.nodes if node.kind == "result"] == [1] * 5
