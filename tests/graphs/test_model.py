"""Nodes, edges and summaries as plain data."""

import copy
import dataclasses
import math
import pickle

import pytest
import torch
from graph_cases import (
    FOLD,
    LARGE,
    built,
    leaf,
    named,
    run_python,
    stored_tensors,
    structure,
)
from torch import Tensor, nn

from seegrad.graphs import Edge, Node, Summary
from seegrad.graphs.gradient_graph import GradientGraph, gradient_graph
from seegrad.graphs.model import MAX_STORED, number, stored

# ---------------------------------------------------------------- large ones


def test_a_large_gradient_is_summarised():
    x = leaf(50, 40)
    graph = gradient_graph((x**2).sum(), names={"x": x})
    found = named(graph, "x").gradient
    truth = 2 * x.detach()
    assert isinstance(found, Summary)
    assert found.shape == (50, 40)
    assert found.min == truth.min()
    assert found.max == truth.max()
    assert found.norm == pytest.approx(truth.norm().item())
    assert found.few.ndim == 1
    assert torch.equal(found.few, truth.flatten()[: len(found.few)])
    assert isinstance(graph.edges[-1].gradient, Summary)
    assert isinstance(named(graph, "SumBackward0").gradient, Tensor)


def test_a_large_gradient_that_a_hook_changes_is_summarised_twice():
    y = leaf(2000) * 2
    y.register_hook(lambda gradient: gradient * 10)
    graph = gradient_graph(y.sum(), names={"y": y})
    changed = named(graph, "y")
    (edge,) = [edge for edge in graph.edges if edge.target == changed.id]
    assert (edge.gradient.max, changed.gradient.max) == (1, 10)


@pytest.mark.parametrize(
    ("size", "kind"), [(MAX_STORED, Tensor), (MAX_STORED + 1, Summary)]
)
def test_a_gradient_is_whole_up_to_a_limit(size, kind):
    assert isinstance(gradient_graph(leaf(size).sum()).nodes[-1].gradient, kind)


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_no_large_tensor_is_kept(make):
    graph = gradient_graph(make().sum())
    assert graph.message == ""
    for tensor in stored_tensors(graph):
        assert tensor.numel() <= MAX_STORED
        if tensor.layout is torch.strided:
            assert (
                tensor.untyped_storage().nbytes() <= MAX_STORED * tensor.element_size()
            )


def test_a_summary_of_small_numbers_does_not_overflow():
    graph = gradient_graph((leaf(10_000, dtype=torch.float16) * 2000).sum().float())
    assert graph.nodes[-1].gradient.norm == pytest.approx(200_000, rel=1e-3)


def test_a_summary_of_a_complex_gradient_has_its_norm():
    graph = gradient_graph(leaf(2500, dtype=torch.complex64) * 2)
    assert graph.nodes[-1].gradient.norm == pytest.approx(2 * 50)


@FOLD
def test_each_of_many_summaries_is_its_own_gradients(fold):
    sizes = (70, 40, 70, 50, 70, 60, 70)
    layers = built(lambda: nn.Sequential(*map(nn.Linear, sizes, sizes[1:])))
    model = nn.Sequential(*layers * 20)
    points = torch.linspace(-1, 1, 2100, dtype=torch.float64).reshape(30, 70)
    loss = model(points).square().mean()
    parameters = dict(model.named_parameters())
    graph = gradient_graph(loss, names=parameters, fold=fold)
    expected = torch.autograd.grad(loss, list(parameters.values()), retain_graph=True)
    checked = 0
    for name, gradient in zip(parameters, expected, strict=True):
        found = named(graph, name).gradient
        if not isinstance(found, Summary):
            continue
        assert found.shape == tuple(gradient.shape)
        assert (found.min, found.max) == (gradient.min(), gradient.max())
        assert found.norm == pytest.approx(gradient.double().norm().item(), rel=1e-12)
        assert torch.equal(found.few, gradient.flatten()[:6])
        checked += 1
    assert checked == len(layers)


@FOLD
def test_memory_grows_with_nodes_not_with_elements(fold):
    pytest.importorskip("resource", reason="counts memory as Unix does")
    found = run_python(
        f"""
        import resource, torch
        from seegrad.graphs.gradient_graph import gradient_graph

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

        x = torch.ones(1_000_000, requires_grad=True)
        y = x
        for _ in range(100):
            y = y + 1
        y.sum().backward()
        before = peak()
        gradient_graph(y.sum(), fold={fold})
        print(peak() - before)
        """,
        # glibc then gives back what is freed: here it's about what is held.
        MALLOC_MMAP_THRESHOLD_="100000",
    )
    assert int(found.stdout) < 100  # MB; a copy for every edge would be 400


def test_what_adds_up_in_a_folded_edge_is_not_all_held():
    pytest.importorskip("resource", reason="counts memory as Unix does")
    found = run_python(
        """
        import resource, torch
        from seegrad.graphs.gradient_graph import gradient_graph

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

        x = torch.ones(250_000, requires_grad=True)
        y = sum((x + k).sin() for k in range(100)).sum()
        y.backward(retain_graph=True)
        before = peak()
        edge = [e for e in gradient_graph(y).edges if e.count == 100][-1]
        assert abs(edge.gradient.max - x.grad.max()) < 1e-4
        print(peak() - before)
        """,
        MALLOC_MMAP_THRESHOLD_="100000",
    )
    assert int(found.stdout) < 50, found.stderr  # MB; the edge's hundred would be 100


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (None, "none"),
        (torch.tensor(2.0), "2"),
        (torch.tensor(-0.0), "0"),
        (torch.tensor(1 / 3), "0.3333"),
        (torch.tensor(float("nan")), "nan"),
        (torch.tensor([1.0, 1.0]), "all 1"),
        (torch.tensor([1.0, 2.0]), "[1, 2]"),
        (torch.arange(5.0), "[0, 1, …, 4]"),
        (torch.zeros(0), "empty"),
        (torch.tensor(1 + 2j), "1+2j"),
        ((torch.tensor(1.0), None), "[1, none]"),
    ],
    ids=repr,
)
def test_numbers_in_a_few_characters(gradient, words):
    assert number(gradient) == words


# ---------------------------------------------------------------- folded


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


# ---------------------------------------------------------------- summaries


def seen(tensor):
    kept = stored(tensor)
    return kept.shape, kept.min, kept.max, kept.norm, kept.few.tolist()


def test_the_norm_of_floats_whose_squares_do_not_fit():
    for size in (1e30, 1e-30):
        kept = stored(torch.full((2500,), size))
        assert kept.norm == pytest.approx(50 * size, rel=1e-6)
    assert stored(torch.zeros(2500)).norm == 0
    assert stored(torch.full((2500,), math.inf)).norm == math.inf


def test_nan_is_told():
    gradient = torch.zeros(2000)
    gradient[1000] = math.nan
    kept = stored(gradient)
    assert all(map(math.isnan, (kept.min, kept.max, kept.norm)))


def sparse(indices, values, shape, layout=torch.sparse_coo):
    dense = torch.sparse_coo_tensor(
        indices, values, shape, check_invariants=True
    ).to_dense()
    return (
        dense.to_sparse(layout=layout)
        if layout is not torch.sparse_coo
        else (torch.sparse_coo_tensor(indices, values, shape, check_invariants=True))
    )


SPARSE = {
    "rows": lambda: sparse([[0, 7, 7]], torch.tensor([[2.0, -1, 3]] * 3), (900, 3)),
    "elements": lambda: sparse([[1, 5], [2, 0]], torch.tensor([4.0, 5]), (40, 50)),
    "only positive": lambda: sparse([[4]], torch.tensor([4.0]), (2000,)),
    "only negative": lambda: sparse([[4]], torch.tensor([-4.0]), (2000,)),
    "all of it": lambda: torch.arange(2.0, 2002).to_sparse(),
    "nothing": lambda: sparse(torch.zeros(1, 0), torch.zeros(0), (2000,)),
    "complex": lambda: sparse([[4]], torch.tensor([3 + 4j]), (2000,)),
}


@pytest.mark.parametrize("make", SPARSE.values(), ids=SPARSE)
def test_a_sparse_summary_is_that_of_the_dense_one(make):
    assert seen(make()) == seen(make().to_dense())


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
def test_other_sparse_layouts_are_summarised():
    dense = torch.zeros(40, 50)
    dense[1, 2] = 3.0
    assert seen(dense.to_sparse_csr()) == seen(dense)


@pytest.mark.parametrize(
    "shape", [(2000,), (1, 2000), (1000, 1, 2), (40, 50), (3, 2, 1, 500)]
)
def test_the_first_elements_of_any_shape(shape):
    tensor = torch.arange(torch.Size(shape).numel()).double().reshape(shape)
    assert stored(tensor).few.tolist() == [0, 1, 2, 3, 4, 5]
    turned = tensor.mT if tensor.ndim > 1 else tensor
    assert stored(turned).few.tolist() == turned.flatten()[:6].tolist()


# ---------------------------------------------------------------- plain data


def long_ones():
    """Parts whose every field is long."""
    large = Summary((10**9,) * 60, -1.23456e-300, 1.23456e300, 1.5, torch.zeros(6))
    for gradient in (large, (large,) * 9, torch.full((999,), -1.23456e-300), None):
        yield Node(10**9, "operation", "y" * 999, "z" * 999, (10**9,) * 60, gradient)
        yield Edge(10**9, 10**9, 10**9, 10**9, gradient, 10**9)
        yield GradientGraph((), (), "no " * 999)
    yield large


@pytest.mark.parametrize(
    "thing", list(long_ones()), ids=lambda thing: type(thing).__name__
)
def test_every_repr_is_short(thing):
    assert len(repr(thing)) < 200
    assert "\n" not in repr(thing)


def test_the_repr_of_a_huge_graph_is_short():
    y = leaf()
    for _ in range(9000):
        y = y + 1
    graph = gradient_graph(y, fold=False)
    assert repr(graph) == "GradientGraph(9002 nodes, 9001 edges)"


def test_reprs_say_what_they_are():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    graph = gradient_graph((x * x).sum(), names={"x": x})
    assert repr(graph.nodes[2]) == (
        "Node(2, operation 'MulBackward0', shape=(2,), gradient=all 1)"
    )
    assert repr(graph.edges[2]) == (
        "Edge(2 → 3, output=0, operand=0, count=1, gradient=[1, 2])"
    )
    x.exp().sum().backward()
    root = x.exp().sum()
    root.backward()
    assert repr(gradient_graph(root)).startswith("GradientGraph(4 nodes, 3 edges: The")
    assert repr(stored(torch.arange(2000.0))) == ("Summary(shape=(2000,), 0 … 1999)")


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda graph: pickle.loads(pickle.dumps(graph)),
        lambda graph: GradientGraph(**vars(graph)),
    ],
    ids=["copy", "deepcopy", "pickle", "made again"],
)
def test_a_graph_can_be_copied(graph, copied):
    other = copied(graph)
    assert type(other) is GradientGraph
    assert structure(other) == structure(graph)
    assert other.dot() == graph.dot()
    assert other.message == graph.message


def test_a_graph_becomes_a_dict(graph):
    found = dataclasses.asdict(graph)
    assert set(found) == {"nodes", "edges", "message", "asked"}
    assert [node["label"] for node in found["nodes"]] == [n.label for n in graph.nodes]
    assert [edge["source"] for edge in found["edges"]] == [
        e.source for e in graph.edges
    ]


@pytest.mark.parametrize(("part", "field"), [("nodes", "label"), ("edges", "count")])
def test_parts_are_frozen(part, field):
    graph = gradient_graph(leaf(2).exp())
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(getattr(graph, part)[0], field, 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.message = "no"


def test_a_graph_can_be_made_by_hand():
    nodes = (Node(0, "result", "y"), Node(1, "leaf", "x", gradient=torch.tensor(2.0)))
    graph = GradientGraph(nodes, (Edge(0, 1, gradient=torch.tensor(2.0)),))
    assert str(graph) == "y\nx  2"
    assert 'n0 -> n1 [label=" 2"]' in graph.dot()
