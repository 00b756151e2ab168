"""Nodes, edges and summaries as plain data."""

import pytest
import torch
from graph_cases import FOLD, LARGE, built, leaf, named, run_python, stored_tensors
from torch import Tensor, nn

from seegrad.graphs import Summary
from seegrad.graphs.gradient_graph import gradient_graph
from seegrad.graphs.model import MAX_STORED, number

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
