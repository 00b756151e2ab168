"""The tensors that nodes stand for."""

import pytest
import torch
from graph_cases import leaf, only
from torch import Tensor

from seegrad.graphs import Summary
from seegrad.graphs.gradient_graph import gradient_graph

IDENTITY = {"x": lambda x: x}


def test_results_leaves_names_and_what_was_saved_have_values():
    x, w = leaf(3), leaf(3)
    y = x * w  # saves x and w
    z = y.exp()  # saves its result
    u = z + 1  # saves nothing; named
    v = u.sin()  # saves u
    graph = gradient_graph(v.sum(), names={"x": x, "w": w, "u": u})
    values = [node.value for node in graph.nodes]
    x, w = x.detach(), w.detach()
    expected = [
        ((x * w).exp() + 1).sin().sum(),  # the result
        ((x * w).exp() + 1).sin().sum(),  # and the operation it comes from
        None,  # v: sum() saves nothing
        (x * w).exp() + 1,
        (x * w).exp(),
        None,  # y: exp() needs only its result
        x,
        w,
    ]
    for value, right in zip(values, expected, strict=True):
        assert (value is None) == (right is None)
        assert value is None or torch.equal(value, right)


@pytest.mark.parametrize(
    "f",
    [torch.tanh, torch.sigmoid, torch.exp, torch.sqrt, torch.rsqrt, torch.reciprocal],
)
def test_a_saved_result_is_the_value(f):
    x = leaf(3)
    graph = gradient_graph(f(x) + 1)
    node = graph.nodes[2]
    torch.testing.assert_close(node.value, f(x.detach()))


def test_values_share_no_memory_and_have_no_graph(case):
    graph = gradient_graph(case.root, names=case.leaves)
    theirs = [*case.roots, *case.leaves.values()]
    places = {t.untyped_storage().data_ptr() for t in theirs if t.numel()}
    for node in graph.nodes:
        parts = node.value if isinstance(node.value, tuple) else (node.value,)
        for part in parts:
            if part is not None and part.numel():
                assert not part.requires_grad
                assert part.untyped_storage().data_ptr() not in places


def test_every_value_has_its_nodes_shape(case):
    for node in gradient_graph(case.root, fold=False).nodes:
        if isinstance(node.value, Tensor):
            assert tuple(node.value.shape) == node.shape


def test_results_and_leaves_always_have_values(case):
    for node in gradient_graph(case.root, fold=False).nodes:
        assert node.kind == "operation" or node.value is not None


def test_large_values_are_summarised():
    x = leaf(50, 40)
    value = gradient_graph(x.exp().sum(), names={"x": x}).nodes[-1].value
    assert isinstance(value, Summary)
    assert value.shape == (50, 40)
    assert (value.min, value.max) == (x.min(), x.max())


def test_of_several_outputs_those_that_are_known_have_values():
    _, b = (leaf(6) * 2).split([2, 4])
    node = only(gradient_graph(b.sum(), names={"b": b}), "Split")
    assert node.value[0] is None
    assert torch.equal(node.value[1], b.detach())
    assert only(gradient_graph(b.sum()), "Split").value is None


def test_folded_nodes_have_no_one_value():
    y = leaf(2)
    for _ in range(4):
        y = y.exp()
    (folded,) = [node for node in gradient_graph(y + 1).nodes if node.count == 4]
    assert folded.value is None


def test_without_gradients_there_are_no_values():
    graph = gradient_graph(leaf(3).exp(), gradients=False)
    assert {node.value for node in graph.nodes} == {None}


def test_a_freed_graph_has_the_values_that_are_left():
    x = leaf(3)
    z = x.exp().sin().sum()
    z.backward()
    values = [node.value for node in gradient_graph(z).nodes]
    assert [value is None for value in values] == [False, False, True, True, False]


def test_what_was_changed_in_place_since_is_no_value():
    x = leaf(3)
    y = x * 2
    z = y.exp()
    root = z.sum()
    with torch.no_grad():
        z.add_(1)
    assert [node.value is None for node in gradient_graph(root).nodes] == [
        False, False, True, True, False,
    ]  # fmt: skip


def test_nothing_runs_again_to_get_a_value():
    def unpack(packed):
        raise AssertionError("a saved tensor was asked for")

    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
        root = leaf(3).exp().sin()
    graph = gradient_graph(root)
    assert "AssertionError" in graph.message  # of the pass, which needs it
    assert [node.value is None for node in graph.nodes] == [False, False, True, False]
