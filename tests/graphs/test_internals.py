"""The private names of PyTorch: what each gives, and what happens without it.

Each test of the first part names the attribute that a new PyTorch has lost.
"""

import pytest
import torch
from graph_cases import assert_in_backward_order, leaf
from torch.utils.checkpoint import checkpoint

from seegrad.graphs import internals, recording, walk
from seegrad.graphs.gradient_graph import gradient_graph

HOOKS = "unpack_hook"


@pytest.fixture
def node():
    return leaf(3).sin().grad_fn


@pytest.mark.parametrize("name", ["_sequence_nr", "_input_metadata", "_raw_saved_self"])
def test_a_node_still_has(name, node):
    assert hasattr(node, name), f"PyTorch has no {name} any more: see internals.py"


def test_a_node_still_has_what_it_saved(node):
    assert torch.equal(node._saved_self, node.next_functions[0][0].variable)


@pytest.mark.skipif(
    tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13), reason="new in 2.13"
)
def test_a_saved_tensor_still_tells_who_unpacks_it(node):
    assert hasattr(node._raw_saved_self, HOOKS)
    assert node._raw_saved_self.unpack_hook is None


def test_a_checkpoint_is_still_called_so():
    y = checkpoint(torch.sin, leaf(3), use_reentrant=False)
    if hasattr(y.grad_fn._raw_saved_self, HOOKS):
        assert internals.saved_tensors([y.grad_fn]) == ([], True)
    z = checkpoint(torch.sin, leaf(3), use_reentrant=True)
    assert z.grad_fn.name() == recording.CHECKPOINT_NODE


def test_leaves_are_still_called_so():
    ((end, _),) = leaf(3).sin().grad_fn.next_functions
    assert end.name() == walk.ACCUMULATE


def test_later_operations_have_larger_numbers():
    x = leaf(3)
    first, second = x.sin().grad_fn, x.cos().grad_fn
    assert internals.sequence_number(first) < internals.sequence_number(second)


def test_shapes_are_those_of_the_outputs():
    assert internals.output_shapes(leaf(2, 3).sin().grad_fn) == ((2, 3),)
    parts = leaf(5).split([2, 3])
    assert internals.output_shapes(parts[0].grad_fn) == ((2,), (3,))


def test_what_was_saved():
    x = leaf(3)
    (kept,), recomputes = internals.saved_tensors([(x * 2).sin().grad_fn])
    assert torch.equal(kept, 2 * x)
    assert not recomputes
    node = torch.stack([x, x]).prod(0).grad_fn
    assert internals.saved(node, "dim") == 0
    assert internals.saved(node, "nothing of the kind") is None


def test_several_tensors_saved_under_one_name():
    x, rows = leaf(3), torch.tensor([0, 2])
    node = x[rows].grad_fn
    found, _ = internals.saved_tensors([node])
    assert any(torch.equal(tensor, rows) for tensor in found)


def test_of_a_freed_node_nothing_is_left():
    y = leaf(3).sin()
    y.sum().backward()
    assert internals.saved(y.grad_fn, "self") is None
    assert internals.saved_tensors([y.grad_fn]) == ([], False)


class Bare:
    """A node of a PyTorch without the names."""

    _raw_saved_self = object()
    _saved_self = torch.ones(3)


def test_without_the_names():
    assert internals.sequence_number(Bare()) == 0
    assert internals.output_shapes(Bare()) == ((),)
    assert internals.saved_tensors([Bare()]) == ([], False)


def test_without_sequence_numbers_the_order_is_still_topological(case, monkeypatch):
    monkeypatch.setattr(internals, "sequence_number", lambda node: 0)
    for fold in (False, True):
        assert_in_backward_order(gradient_graph(case.root, fold=fold))
