"""gradient_graph: the laws of a graph, its nodes and edges, its arguments."""

import pytest
import torch
from graph_cases import (
    CASES,
    FOLD,
    article,
    assert_edges_add_up,
    assert_in_backward_order,
    built,
    leaf,
    named,
    only,
    slots,
    structure,
)
from hypothesis import given
from hypothesis import strategies as st
from refusals import Refusal, assert_teaches
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.masked import masked_tensor

from seegrad.graphs.gradient_graph import gradient_graph

# ---------------------------------------------------------------- laws


@FOLD
def test_edges_into_a_node_add_up_to_it(case, fold):
    graph = gradient_graph(case.root, fold=fold)
    assert graph.message == ""
    assert_edges_add_up(graph)


@FOLD
def test_a_leaf_has_what_autograd_says(case, fold):
    graph = gradient_graph(case.root, names=case.leaves, fold=fold)
    for name, expected in zip(case.leaves, case.truth(), strict=True):
        found = named(graph, name).gradient
        assert found.dtype == expected.dtype
        assert torch.equal(found.to_dense(), expected.to_dense())


@FOLD
def test_nodes_are_numbered_as_the_gradient_runs(case, fold):
    assert_in_backward_order(gradient_graph(case.root, fold=fold))


def test_folding_loses_no_node(case):
    folded, whole = (gradient_graph(case.root, fold=fold) for fold in (True, False))
    assert sum(node.count for node in folded.nodes) == len(whole.nodes)
    assert {node.count for node in whole.nodes} == {1}
    assert {edge.count for edge in whole.edges} <= {1}
    assert all(edge.output is not None for edge in whole.edges)
    assert all(edge.operand is not None for edge in whole.edges)


def test_a_node_has_the_shape_of_its_gradient(case):
    for node in gradient_graph(case.root).nodes:
        if slots(node)[0] is not None:
            assert tuple(slots(node)[0].shape) == node.shape


# Which operation, on which two of the tensors so far.
PROGRAMS = st.lists(
    st.tuples(st.sampled_from("+*s2"), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=40,
)
STEPS = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "s": lambda a, b: a.sin(),
    "2": lambda a, b: a**2 / 3,
}


@given(PROGRAMS, st.integers(1, 6))
def test_laws_hold_for_any_program(program, repeats):
    x, made = leaf(2), [leaf(2), leaf(2)]
    made.append(x)
    for step, first, second in program:
        made.append(STEPS[step](made[-1 - first % len(made)], made[second % len(made)]))
        if len(made) % 5 == 0:
            made.append(sum(made[-1].sin() * 2 for _ in range(repeats)) + x)
    root = made[-1] / (1 + made[-1].detach().abs())
    if root.isfinite().all():
        graph = gradient_graph(root + x, names={"x": x})
        assert_in_backward_order(graph)
        assert_edges_add_up(graph)
        (expected,) = torch.autograd.grad((root + x).sum(), x)
        assert torch.equal(named(graph, "x").gradient, expected)


# ---------------------------------------------------------------- nodes and edges


@pytest.mark.parametrize(("how", "operations"), [("sum", 5), ("loop", 22)])
def test_the_article_has_as_many_nodes_as_its_graph(how, operations):
    graph = gradient_graph(CASES[how]().root, fold=False)
    kinds = [node.kind for node in graph.nodes]
    assert len(kinds) == operations + 1  # and the result
    assert (kinds[0], kinds[-1]) == ("result", "leaf")
    assert set(kinds[1:-1]) == {"operation"}


def test_the_article_in_numbers():
    x, y = article()
    graph = gradient_graph(y.mean(), names={"x": x, "y": y})
    assert [n.label for n in graph.nodes] == [
        "result", "MeanBackward0", "y", "MulBackward0", "PowBackward0", "x",
    ]  # fmt: skip
    assert [n.shape for n in graph.nodes] == [(), ()] + [(17,)] * 4
    assert named(graph, "y").operation == "AddBackward0"
    assert (named(graph, "y").gradient == 1 / 17).all()
    torch.testing.assert_close(named(graph, "x").gradient, 4 * x.detach() / 17)
    assert graph.nodes[-1].operation == ""


def test_x_plus_x_has_two_edges():
    x = leaf(3)
    _, first, second = gradient_graph(x + x).edges
    assert (first.operand, second.operand) == (0, 1)
    assert (first.output, second.output) == (0, 0)
    for edge in (first, second):
        assert (edge.source, edge.target) == (1, 2)
        assert (edge.gradient == 1).all()


def test_edges_say_which_output():
    graph = gradient_graph(leaf(6).split([2, 4])[1].sum())
    split = only(graph, "Split")
    assert [edge.output for edge in graph.edges if edge.target == split.id] == [1]
    assert split.gradient[0] is None
    assert split.gradient[1].tolist() == [1] * 4


def test_edges_come_in_the_order_of_their_operands(case):
    for fold in (False, True):
        graph = gradient_graph(case.root, fold=fold)
        sources = [edge.source for edge in graph.edges]
        assert sources == sorted(sources)
        if max([node.count for node in graph.nodes]) == 1:
            places = [(edge.source, edge.operand) for edge in graph.edges]
            assert places == sorted(places)
            assert structure(graph) == structure(gradient_graph(case.root, fold=False))


def test_other_sizes_of_leaves_are_told_apart():
    x, y = leaf(3), leaf(3)
    graph = gradient_graph(x * y * y)
    assert sorted(n.gradient.sum().item() for n in graph.nodes if n.kind == "leaf") == (
        pytest.approx(sorted([(y * y).sum().item(), (2 * x * y).sum().item()]))
    )


def test_a_shared_leaf_is_one_node():
    x = leaf(2)
    graph = gradient_graph([x.sin(), x.cos(), x])
    assert [node.kind for node in graph.nodes].count("leaf") == 1


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("root", "error", "found"),
    [
        (3.0, TypeError, "3.0, of type float"),
        (None, TypeError, "None"),
        ("x", TypeError, "'x', of type str"),
        ([[torch.ones(2, requires_grad=True)]], TypeError, "of type list"),
        ([torch.ones(2, requires_grad=True), 1], TypeError, "1, of type int"),
        ({"a": None}, TypeError, "None"),
        (torch.ones(2).numpy(), TypeError, "an array of shape"),
        (
            torch.ones(2),
            ValueError,
            r"a tensor of shape \(2,\) and dtype torch.float32",
        ),
        (torch.tensor(3), ValueError, r"a tensor of shape \(\) and dtype torch.int64"),
        ([torch.ones(2, requires_grad=True), torch.ones(1)], ValueError, r"\(1,\)"),
        ([], ValueError, "empty"),
        ((), ValueError, "empty"),
        ({}, ValueError, "empty"),
    ],
    ids=repr,
)
def test_wrong_roots_are_refused(root, error, found):
    with pytest.raises(error, match=f"root must .*, but it .*{found}.*\\. [A-Z]"):
        gradient_graph(root)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_a_nested_root_is_refused():
    root = torch.nested.nested_tensor([torch.ones(2)] * 2, requires_grad=True) * 2
    with pytest.raises((TypeError, ValueError), match="root must"):
        gradient_graph(root)


REFUSALS = [
    Refusal("a number", lambda: gradient_graph(3.0), TypeError, "root",
            "be a tensor, or a list, tuple or dict of tensors",
            "3.0, of type float", r"backward\(\)"),
    Refusal("a list", lambda: gradient_graph([leaf(2), None]), TypeError, "root",
            "be a tensor, or a list, tuple or dict of tensors", "None",
            r"backward\(\)"),
    Refusal("nothing", lambda: gradient_graph([]), ValueError, "root",
            "hold at least one", "empty", "results"),
    Refusal("no graph", lambda: gradient_graph(torch.ones(2)), ValueError, "root",
            "have a graph to walk",
            r"shape \(2,\) and dtype torch.float32 that does not require",
            "requires_grad=True"),
    Refusal("lazy", lambda: gradient_graph(nn.LazyLinear(3).weight), TypeError, "root",
            "be a result", "lazy parameter", "Run its module once"),
    Refusal("fake", lambda: gradient_graph(fake()), TypeError, "root",
            "be a tensor with values", "of type FakeTensor, that has no memory",
            "not masked or fake"),
    Refusal("meta", lambda: gradient_graph(leaf(3).to("meta").exp()), TypeError, "root",
            "be a tensor with values", "no memory", "not on the meta device"),
    Refusal("masked", lambda: gradient_graph(masked()), TypeError, "root",
            "be a tensor with values", "of type MaskedTensor, that has no memory",
            "not masked"),
    Refusal("torch.func", lambda: torch.func.grad(looks_at_its_graph)(torch.ones(3)),
            TypeError, "root", "be a tensor with values", "no memory",
            "outside of the transforms"),
    Refusal("names", lambda: gradient_graph(leaf(3).sum(), names={"x": 3.0}), TypeError,
            "names", "map strings to tensors",
            "3.0, of type float for 'x', of type str", "x"),
    Refusal("names of nothing", lambda: gradient_graph(leaf(3), names={"x": leaf(3)}),
            ValueError, "names", "name at least one tensor of the graph",
            "'x' is not in it", "detached copies"),
    Refusal("direction", lambda: gradient_graph(leaf(3)).dot(direction="up"),
            ValueError, "direction", "be one of .*'forward'", "'up'", "Choose one"),
    Refusal("path", lambda: gradient_graph(leaf(3)).save("graph.txt"), ValueError,
            "path", r"end in .*\.svg", "'graph.txt'", "one of these endings"),
]  # fmt: skip


def fake():
    with FakeTensorMode():
        return (torch.ones(3, requires_grad=True) * 2).sum()


def masked():
    mask = torch.tensor([True, False, True])
    return masked_tensor(torch.ones(3), mask, requires_grad=True) * 2


def looks_at_its_graph(x):
    y = (x * x).sum()
    gradient_graph(y)
    return y


@pytest.mark.filterwarnings("ignore:The PyTorch API of MaskedTensors:UserWarning")
@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_an_error_teaches(refusal):
    assert_teaches(refusal)


def test_lazy_parameters_may_have_names():
    network = built(lambda: nn.Sequential(nn.Linear(3, 2), nn.LazyLinear(3)))
    root = network[0](torch.ones(3, dtype=torch.float64))
    graph = gradient_graph(root, names=network.named_parameters())
    assert {n.label for n in graph.nodes if n.kind == "leaf"} == {"0.weight", "0.bias"}


def test_a_sparse_root_is_no_harder_than_another():
    x = leaf(4)
    root = (x * 2).to_sparse()
    assert named(gradient_graph(root, names={"x": x}), "x").gradient.tolist() == [2] * 4


# ---------------------------------------------------------------- compilers


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")
@pytest.mark.parametrize("root", [leaf(3).sum(), torch.ones(3)], ids=["right", "wrong"])
def test_under_compile_the_modes_stay(root):
    found = []

    def look():
        try:
            found.append(gradient_graph(root).nodes[-1].gradient)
        except ValueError as error:
            found.append(error)
        return torch.ones(1)

    with torch.no_grad():
        torch.compile(look, backend="eager")()
        assert not torch.is_grad_enabled()
    torch.compile(look, backend="eager")()
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert len(found) == 2
    for one in found:
        assert isinstance(one, ValueError) or one.tolist() == [1, 1, 1]


def test_a_compiled_function_in_the_graph_runs():
    x = leaf(3)
    y = torch.compile(lambda x: x.sin() * 2, backend="aot_eager")(x)
    graph = gradient_graph(y.sum(), names={"x": x})
    assert graph.message == ""
    torch.testing.assert_close(named(graph, "x").gradient, 2 * x.detach().cos())
