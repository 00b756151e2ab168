"""gradient_graph: the nodes and edges of a graph, and the gradients that run there."""

import contextlib
import gc
import math
import os
import re
import subprocess
import sys
import textwrap
import threading
import types
import weakref
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from seegrad.graphs import gradient_graph as module
from seegrad.graphs.gradient_graph import DEEPEST, WHOLE, Summary, gradient_graph
from seegrad.graphs.rules import RULES

FOLD = pytest.mark.parametrize("fold", [False, True], ids=["unfolded", "folded"])


def leaf(*shape, dtype=torch.float64):
    """Numbers between 0.5 and 1.5, no two the same, without the random state."""
    count = torch.Size(shape).numel()
    values = 1 + 0.5 * torch.arange(1.0, count + 1, dtype=torch.float64).sin()
    return values.reshape(shape).to(dtype).requires_grad_()


def article(dtype=torch.float64):
    """The article's 17 points, and y = 2x² + 2 there."""
    x = torch.arange(-2, 2.1, 0.25, dtype=dtype, requires_grad=True)
    return x, 2 * x**2 + 2


def loop(y):
    total = 0
    for element in y:
        total = total + element
    return total


def built(make):
    """A network from a fixed seed; the caller's random state stays."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make().double()


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def only(graph, operation):
    """The one node whose operation begins so."""
    (node,) = [node for node in graph.nodes if node.operation.startswith(operation)]
    return node


def named(graph, label):
    (node,) = [n for n in graph.nodes if n.label == label and n.kind != "result"]
    return node


def structure(graph):
    nodes = [(n.id, n.kind, n.label, n.shape, n.rule, n.count) for n in graph.nodes]
    edges = [(e.source, e.target, e.output, e.operand, e.count) for e in graph.edges]
    return nodes, edges


def gradients(graph):
    return [record.gradient for record in (*graph.nodes, *graph.edges)]


def stored_tensors(graph):
    """Every tensor that a graph holds."""
    todo = gradients(graph)
    while todo:
        value = todo.pop()
        if isinstance(value, tuple):
            todo += value
        elif isinstance(value, Summary):
            todo.append(value.few)
        elif value is not None:
            yield value


# ---------------------------------------------------------------- graphs


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return 2 * x * gradient


class Pair(torch.autograd.Function):
    """Two outputs; the gradient of one that isn't used stays None."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.set_materialize_grads(False)
        ctx.factor = factor
        return factor * x, -x

    @staticmethod
    def backward(ctx, first, second):
        first = 0 if first is None else first * ctx.factor
        return first - (0 if second is None else second), None


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 3 * x

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        return 3 * gradient


def through(x, backward):
    """The same numbers; what comes back is what `backward` makes of a gradient."""

    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, gradient):
            return backward(gradient)

    return Through.apply(x)


class Kind(Tensor):
    """A subclass of Tensor that does nothing else."""


@dataclass
class Case:
    """Roots, and the leaves that they come from."""

    root: object
    leaves: dict

    @property
    def roots(self):
        if isinstance(self.root, Tensor):
            return [self.root]
        return list(self.root.values() if isinstance(self.root, dict) else self.root)

    def truth(self):
        """What torch.autograd.grad says about the leaves."""
        return torch.autograd.grad(
            self.roots,
            list(self.leaves.values()),
            [torch.ones_like(root) for root in self.roots],
            retain_graph=True,
        )


def of_article(reduce):
    def make():
        x, y = article()
        return Case(reduce(y), {"x": x})

    return make


def of_leaf(f, *shape, **options):
    def make():
        x = leaf(*(shape or (6,)), **options)
        return Case(f(x), {"x": x})

    return make


def of_two(f, first=(3,), second=(3,)):
    def make():
        x, y = leaf(*first), leaf(*second)
        return Case(f(x, y), {"x": x, "y": y})

    return make


def of_network(make_network, *shape):
    def make():
        network = built(make_network)
        return Case(network(leaf(*shape).detach()), dict(network.named_parameters()))

    return make


def lstm_cell():
    cell = built(lambda: nn.LSTMCell(3, 2))
    state = None
    for _ in range(3):
        state = cell(torch.ones(2, 3, dtype=torch.float64), state)
    return Case(state, dict(cell.named_parameters()))


def double_backward():
    x = leaf(3)
    (slope,) = torch.autograd.grad((x**3).sin().sum(), x, create_graph=True)
    return Case((slope**2).sum(), {"x": x})


def copy_slices(x):
    y = torch.zeros(4, dtype=x.dtype)
    y[1:3] = x[:2] * 3
    y[0] = x[2]
    return y.exp()


def in_place(x):
    y = 2 * x
    y.add_(1).mul_(3)
    y[::2].neg_()
    return y.sum()


def slots_of_two_shapes(x):
    """One operation, repeated, on two outputs of different shapes."""
    a, b = x.split([5, 1])
    total = a * b
    for _ in range(4):
        total = total + a * b
    return total


def branches_run_before_their_folded_group_ends(x):
    """Some of the equal branches are used later than others."""
    weight, total = x[0] * 1, x[1] * 1
    for k in range(8):
        branch = x[k % 6].sin()
        total = total + (branch * weight if k in (0, 3) else branch * 2)
    return total


def used_by_threads():
    """PyTorch numbers operations by thread: here a younger one has a smaller number."""
    x = leaf(3)
    middle = (2 * x).sinh()
    found = []
    thread = threading.Thread(target=lambda: found.append(middle.sin() + middle.cos()))
    thread.start()
    thread.join()
    return Case(found[0] * middle.tan(), {"x": x})


def frozen_modules():
    network = built(lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)))
    network[0].requires_grad_(False)
    found = network(torch.ones(2, 3, dtype=torch.float64))
    return Case(found, dict(network[2].named_parameters()))


def sparse_embedding():
    table = built(lambda: nn.Embedding(5, 3, sparse=True))
    found = table(torch.tensor([1, 2, 1])) * 2
    return Case(found.sum(), {"table": table.weight})


REDUCTIONS = {
    "sum": lambda y: y.sum(),
    "loop": loop,
    "mean": lambda y: y.mean(),
    "max": lambda y: y.max(),
    "max(dim)": lambda y: y.max(dim=0).values,
    "min": lambda y: y.min(),
    "amax": lambda y: y.amax(),
    "median": lambda y: y.median(),
    "median(dim)": lambda y: y.median(dim=0).values,
    "prod": lambda y: y.prod(),
    "logsumexp": lambda y: y.logsumexp(0),
    "norm": lambda y: y.norm(),
    "1-norm": lambda y: y.norm(1),
    "inf-norm": lambda y: y.norm(torch.inf),
    "std": lambda y: y.std(),
    "cumsum": lambda y: y.cumsum(0).sum(),
    "loop, product": lambda y: torch.stack(list(y)).prod(),
}

CASES = {name: of_article(reduce) for name, reduce in REDUCTIONS.items()} | {
    "MLP": of_network(
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), 5, 3
    ),
    "equal layers": of_network(
        lambda: nn.Sequential(*[nn.Sequential(nn.Linear(3, 3), nn.Tanh())] * 5), 3
    ),
    "convolution": of_network(
        lambda: nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.ReLU()), 2, 1, 6
    ),
    "LSTM cell": lstm_cell,
    "LSTM": of_leaf(lambda x: built(lambda: nn.LSTM(2, 3))(x)[0], 4, 2),
    "frozen modules": frozen_modules,
    "sparse embedding": sparse_embedding,
    "custom Function": of_leaf(lambda x: Square.apply(Square.apply(x)).sum()),
    "custom Function, two outputs": of_leaf(lambda x: Pair.apply(x, 3)),
    "custom Function, one output unused": of_leaf(lambda x: Pair.apply(x, 3)[1]),
    "view": of_leaf(lambda x: x.view(2, 3).T[1:].sum()),
    "slice assigned": of_leaf(copy_slices, 3),
    "in place": of_leaf(in_place),
    "unbind": of_leaf(lambda x: x.unbind()[1] * x.unbind()[4]),
    "unbind, all": of_leaf(lambda x: sum(x.unbind())),
    "split": of_leaf(lambda x: x.split([2, 4])[1]),
    "max, both outputs": of_leaf(lambda x: x.max(0, True)[0] * 2 + x, 3),
    "topk": of_leaf(lambda x: x.topk(2).values),
    "sort": of_leaf(lambda x: x.sort().values * x),
    "x + x": of_leaf(lambda x: x + x),
    "x · x": of_leaf(lambda x: x * x, 1),
    "used many times": of_leaf(lambda x: torch.stack([x] * 300).sum(), 2),
    "used by a loop": of_leaf(lambda x: sum(x * x.sin() for _ in range(6)), 2),
    "broadcast": of_two(lambda x, y: x * y + y, (3, 1), (4,)),
    "matrices": of_two(lambda x, y: (x @ y).exp(), (2, 3), (3, 4)),
    "where": of_two(lambda x, y: torch.where(x > 1, x, y) * y),
    "scalars": of_two(lambda x, y: (x * y).sin() / y, (), ()),
    "empty": of_leaf(lambda x: (2 * x).sum(), 0, 3),
    "list": of_two(lambda x, y: [x * y, (x + y).sum()]),
    "tuple": of_two(lambda x, y: (x * y, y)),
    "dict": of_two(lambda x, y: {"product": x * y, "sum": x + y}),
    "one root twice": of_leaf(lambda x: [x.sum()] * 2),
    "a root behind another": of_leaf(lambda x: (lambda y: [y.exp(), y])(2 * x)),
    "two outputs as roots": of_leaf(lambda x: x.split(3)),
    "a leaf": of_leaf(lambda x: x),
    "a leaf twice, and its view": of_leaf(lambda x: [x, x, x[1:]]),
    "a view": of_leaf(lambda x: (2 * x)[1:4]),
    "float32": of_leaf(lambda x: (x**3).sum(), dtype=torch.float32),
    "float16": of_leaf(lambda x: (x * 3).sum(), dtype=torch.float16),
    "mixed dtypes": of_leaf(lambda x: x.double() * x, dtype=torch.float32),
    "complex": of_leaf(lambda x: x * (1 + 2j), dtype=torch.complex128),
    "complex, real root": of_leaf(lambda x: x.abs().sum(), dtype=torch.complex64),
    "subclass": of_leaf(lambda x: (x.as_subclass(Kind) * 2).exp()),
    "double backward": double_backward,
    "slots of two shapes": of_leaf(slots_of_two_shapes),
    "order of branches": of_leaf(branches_run_before_their_folded_group_ends),
    "threads": used_by_threads,
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param()


# ---------------------------------------------------------------- laws


def slots(node):
    return node.gradient if isinstance(node.gradient, tuple) else (node.gradient,)


def total(parts):
    found = [part.to_dense() for part in parts if part is not None]
    return sum(found[1:], start=found[0]) if found else None


def assert_edges_add_up(graph):
    """The gradients on the edges into a node add up to the node's own."""
    for node in graph.nodes:
        edges = [edge for edge in graph.edges if edge.target == node.id]
        if node.kind == "result":
            assert not edges
            assert (node.gradient == 1).all()
        elif all(edge.output is not None for edge in edges):
            for output, gradient in enumerate(slots(node)):
                into = total(e.gradient for e in edges if e.output == output)
                assert (into is None) == (gradient is None)
                if into is not None:
                    torch.testing.assert_close(
                        into, gradient.to_dense(), equal_nan=True
                    )
        else:
            assert_totals_agree([e.gradient for e in edges], slots(node))


def assert_totals_agree(edges, outputs):
    """Edges of several outputs are folded into one: compare the sums of all numbers."""
    sums = [sum(g.sum() for g in part if g is not None) for part in (edges, outputs)]
    torch.testing.assert_close(*sums, equal_nan=True)


def assert_in_backward_order(graph):
    """Ids are 0, 1, 2 …, and every edge leads on: so there is no cycle either."""
    assert [node.id for node in graph.nodes] == list(range(len(graph.nodes)))
    assert [(e.source, e.target) for e in graph.edges if e.source >= e.target] == []
    sources = [edge.source for edge in graph.edges]
    assert sources == sorted(sources)


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


# ---------------------------------------------------------------- nothing changes


def test_grads_stay_as_they_were():
    x, empty = leaf(3), leaf(3)
    y, z = x * 2, empty.exp()
    for tensor in (y, z):
        tensor.retain_grad()
    root = (y * z).sum()
    root.retain_grad()
    x.grad, y.grad = torch.full_like(x, 7), torch.full_like(y, 8)
    grads = [x.grad, y.grad]
    gradient_graph(root)
    assert x.grad is grads[0]
    assert y.grad is grads[1]
    assert [grad.unique().tolist() for grad in grads] == [[7], [8]]
    assert (empty.grad, z.grad, root.grad) == (None, None, None)


class Retaining(TorchFunctionMode):
    """Has every tensor on the way keep its gradient; every other one has one before."""

    def __init__(self):
        super().__init__()
        self.tensors = []

    def __torch_function__(self, function, kinds, args=(), options=None):
        made = function(*args, **(options or {}))
        self.keep(tree_leaves(made))
        return made

    def keep(self, made):
        for tensor in made:
            if isinstance(tensor, Tensor) and tensor.grad_fn:
                tensor.retain_grad()
                if len(self.tensors) % 2:
                    tensor.grad = torch.zeros_like(tensor)
                self.tensors.append(tensor)

    def grads(self):
        return [tensor.grad for tensor in self.tensors]

    def same(self, grads):
        return all(a is b for a, b in zip(self.grads(), grads, strict=True))


ON_THE_WAY = {name: make for name, make in CASES.items() if name != "a leaf"}


@pytest.mark.parametrize("make", ON_THE_WAY.values(), ids=ON_THE_WAY)
def test_every_grad_on_the_way_stays_as_it_was(make):
    with Retaining() as retaining:
        case = make()
    retaining.keep(case.roots)  # a custom Function's are not seen before
    before = retaining.grads()
    gradient_graph(case.root)
    assert retaining.same(before)
    case.truth()
    assert not retaining.same(before)


def test_a_grad_stays_where_no_operation_computes():
    with Retaining() as retaining:
        root = loop(leaf(9).unbind())
    before = retaining.grads()
    for fold in (False, True):
        gradient_graph(root, fold=fold)
    assert retaining.same(before)
    root.backward()
    assert not retaining.same(before)


def test_a_grad_stays_where_the_gradient_is_a_zero_without_storage():
    def nothing(gradient):
        return torch._efficientzerotensor(3, dtype=torch.float64)

    y = leaf(3) * 1
    y.retain_grad()
    y.grad = before = torch.ones(3, dtype=torch.float64)
    root = through(y, nothing)
    gradient_graph(root)
    assert y.grad is before
    root.sum().backward()
    assert y.grad is not before


# A search that remembers tensors, or looks only at new ones, misses some of these: each
# is old when it becomes a result, or when it is to keep its gradient.
def grown_old(y):
    return y


def added_to(y):
    total = torch.zeros(3, dtype=torch.float64)
    aged()
    total += y
    return total


def frozen_and_changed(y):
    weight = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    aged()
    weight.requires_grad_(False)
    weight += y
    return weight


def view_of_what_changed(y):
    base = torch.zeros(6, dtype=torch.float64)
    view = base[:3]
    aged()
    base.mul_(torch.cat([y, y]))
    assert view.grad_fn  # which PyTorch only makes now
    return view


def aged():
    """Record something else, and let all objects grow old."""
    gradient_graph(leaf(2).sum())
    gc.collect()
    gradient_graph(leaf(2).sum())


@pytest.mark.parametrize(
    "make", [grown_old, added_to, frozen_and_changed, view_of_what_changed]
)
def test_a_grad_stays_however_old_its_tensor(make):
    y = make(leaf(3) * 2)
    aged()
    y.retain_grad()
    root = (y * y).sum()
    root.backward(retain_graph=True)
    before = y.grad
    gradient_graph(root)
    assert y.grad is before


def test_a_grad_stays_of_a_tensor_that_only_the_graph_holds():
    y = leaf(3) * 2
    y.retain_grad()
    root = (y * y).sum()
    aged()
    del y
    gradient_graph(root)
    assert root.grad_fn.next_functions[0][0]._saved_self.grad is None


def test_nothing_is_left_on_the_readers_tensors():
    x = leaf(3)
    y = x * 2
    y.retain_grad()
    aged()
    gradient_graph(y.sum())
    assert not weakref.getweakrefs(x)  # or swap_tensors() and with it .to() may refuse
    assert not weakref.getweakrefs(y)


def bits(tensor):
    return tensor.detach().numpy().tobytes()


# Under a dispatch mode these give −0 instead of 0, nan instead of 0, or other digits.
WAYS = {
    "max": lambda x: -x.max(),
    "max, and on to infinity": lambda x: x.max() * math.inf,
    "median": lambda x: -x.median(),
    "cumprod": lambda x: -(x - x[2]).cumprod(0).sum(),
    "norm": lambda x: (x * 0).norm(),
}


@pytest.mark.parametrize("f", WAYS.values(), ids=WAYS)
def test_formulas_go_their_usual_way(f):
    x = leaf(5)
    root = f(x)
    (truth,) = torch.autograd.grad(root, x, retain_graph=True)
    assert bits(gradient_graph(root).nodes[-1].gradient) == bits(truth)


@pytest.mark.parametrize("run", [torch.Tensor.backward, gradient_graph])
def test_the_readers_modes_stay(run):
    x = leaf(4, 4)
    root = (x @ x).sum()
    with FlopCounterMode(display=False) as counter:
        torch.ones(2, 2) @ torch.ones(2, 2)
        run(root)
        torch.ones(2, 2) @ torch.ones(2, 2)
    assert counter.get_total_flops() == 2 * 2 * 2**3 + 2 * 2 * 4**3


def test_the_graph_stays_usable(case):
    expected = case.truth()
    gradient_graph(case.root)
    graph = gradient_graph(case.root, names=case.leaves)
    torch.autograd.backward(case.roots, [torch.ones_like(r) for r in case.roots])
    for name, truth in zip(case.leaves, expected, strict=True):
        assert torch.equal(case.leaves[name].grad.to_dense(), truth.to_dense())
        assert torch.equal(named(graph, name).gradient.to_dense(), truth.to_dense())


def test_it_shows_one_pass_after_backward_too():
    x, y = article()
    z = y.sum()
    before = gradient_graph(z)
    z.backward(retain_graph=True)
    after = gradient_graph(z)
    assert structure(before) == structure(after)
    for a, b in zip(gradients(before), gradients(after), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(x.grad, 4 * x.detach())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_mode_does_not_matter(mode):
    x, y = article()
    z = y.sum()
    expected = gradient_graph(z)
    with mode():
        found = gradient_graph(z)
        assert not torch.is_grad_enabled()
    assert structure(found) == structure(expected)
    assert not any(tensor.is_inference() for tensor in stored_tensors(found))
    assert torch.equal(found.nodes[-1].gradient, 4 * x.detach())


def test_records_have_no_graph(case):
    assert not any(t.requires_grad for t in stored_tensors(gradient_graph(case.root)))


def test_records_have_no_graph_where_a_gradient_is_a_parameter():
    factor = leaf()

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * factor

        @staticmethod
        def backward(ctx, gradient):
            return factor

    x = leaf()
    graph = gradient_graph(sum(Scaled.apply(x) for _ in range(5)), names={"x": x})
    assert named(graph, "x").gradient == 5 * factor.detach()
    assert not any(tensor.requires_grad for tensor in stored_tensors(graph))


@pytest.mark.parametrize("size", [5, 3000])
def test_records_can_be_computed_with_after_inference_mode(size):
    x = leaf(size)
    root = sum(x * 2 for _ in range(5)).sum()
    with torch.inference_mode():
        graph = gradient_graph(root)
    assert any(node.count == 5 for node in graph.nodes)
    assert not any(tensor.is_inference() for tensor in stored_tensors(graph))


def hooks_alive():
    """The functions that graph.py made while it ran, and what its hooks write into."""
    gc.collect()
    return [
        o
        for o in gc.get_objects()
        if type(o) is module._Record
        or (
            type(o) is types.FunctionType  # isinstance would wake lazy objects
            and o.__module__ == module.__name__
            and "<locals>" in o.__qualname__
            and not o.__qualname__.startswith("__create_fn__")
        )  # by @dataclass
    ]


def test_hooks_are_removed():
    root = loop(article()[1])
    gradient_graph(root)
    assert hooks_alive() == []


def test_hooks_are_removed_when_the_pass_fails():
    def fails(gradient):
        raise KeyError("the reader's own mistake")

    x = leaf(3)
    middle = x * 1
    middle.retain_grad()
    root = through(middle, fails).exp().sum()
    with contextlib.suppress(KeyError):
        gradient_graph(root)
    assert hooks_alive() == []
    assert (x.grad, middle.grad) == (None, None)


def test_the_readers_hooks_stay():
    x = leaf(3)
    y = x * 2
    calls = []
    y.register_hook(lambda gradient: calls.append(1) or gradient * 10)
    root = y.sum()
    graph = gradient_graph(root, names={"x": x, "y": y})
    assert named(graph, "x").gradient.tolist() == [20] * 3
    assert named(graph, "y").gradient.tolist() == [10] * 3  # as in its .grad
    calls.clear()
    root.backward()
    assert calls == [1]
    assert x.grad.tolist() == [20] * 3


def test_what_the_readers_hooks_run_is_compiled_as_usual():
    compiled = []

    def backend(module, inputs):
        compiled.append(module)
        return module.forward

    y = leaf(3) * 2
    y.register_hook(torch.compile(torch.sin, backend=backend))
    graph = gradient_graph(y.sum(), names={"y": y})
    assert named(graph, "y").gradient.tolist() == pytest.approx([math.sin(1)] * 3)
    assert len(compiled) == 1


def test_accumulate_hooks_do_not_run():
    x = leaf(3)
    calls = []
    x.register_post_accumulate_grad_hook(calls.append)
    gradient_graph(x.sum())
    assert calls == []


def test_the_random_state_stays(state):
    root = through(leaf(3), lambda gradient: gradient + torch.rand(3)).sum()
    before = state()
    gradient_graph(root)
    assert state() == before


@pytest.mark.parametrize("root", [torch.ones(3), 3.0, []], ids=["plain", "float", "[]"])
def test_state_stays_after_an_error(root, state):
    before = state()
    with torch.no_grad(), pytest.raises((TypeError, ValueError)):
        gradient_graph(root)
    assert state() == before


def test_records_do_not_alias_grad():
    x = leaf(3)
    root = x + 1
    graph = gradient_graph(root)
    root.backward(torch.ones(3, dtype=torch.float64), retain_graph=True)
    later = gradient_graph(root)
    x.grad.zero_()
    for found in (graph, later):
        assert all((gradient == 1).all() for gradient in gradients(found))


def test_records_share_no_memory_with_the_caller(case):
    theirs = [*case.roots, *case.leaves.values()]
    places = {t.untyped_storage().data_ptr() for t in theirs if t.numel()}
    for tensor in stored_tensors(gradient_graph(case.root)):
        if tensor.numel() and tensor.layout is torch.strided:
            assert tensor.untyped_storage().data_ptr() not in places


def test_the_gradient_of_a_number_loads_no_more_than_backward_does():
    found = run_python(
        """
        import sys, torch
        from seegrad.graphs.gradient_graph import gradient_graph

        x = torch.ones(3, requires_grad=True)
        x.sum().backward()
        before = set(sys.modules)
        assert gradient_graph(x.sum()).message == ""
        print(sorted(set(sys.modules) - before))
        """
    )
    assert found.stdout.strip() == "[]"


COLLECTED = {
    "a graph": lambda: gradient_graph(leaf(3)),
    "a graph that fails": lambda: gradient_graph(torch.ones(3)),
    "a text": lambda: gradient_graph(leaf(3)).dot(),
    "a text that fails": lambda: gradient_graph(leaf(3)).dot(direction="down"),
}


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("make", COLLECTED.values(), ids=COLLECTED)
def test_the_garbage_collector_stays_on_or_off(enabled, make):
    usual = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with contextlib.suppress(ValueError):
            make()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if usual else gc.disable)()


def test_the_default_device_does_not_matter():
    x, y = article()
    z = y.sum()
    with torch.device("meta"):
        graph = gradient_graph(z)
    assert torch.equal(graph.nodes[-1].gradient, 4 * x.detach())


def test_nothing_keeps_the_autograd_graph_alive():
    class Thing:
        pass

    class Holds(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.thing = Thing()
            things.append(weakref.ref(ctx.thing))
            return x * 1

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    things = []
    root = Holds.apply(leaf(3)).sum()
    graph = gradient_graph(root)
    del root
    gc.collect()
    assert things[0]() is None
    assert graph.nodes


# ---------------------------------------------------------------- no gradient


CHECKPOINTED = {
    "sin": torch.sin,
    "power of a tensor": lambda x: x ** torch.full((6,), 3.0),
    "tensor's power of a number": lambda x: 2**x,
    "custom Function": Square.apply,
    "index": lambda x: x[torch.tensor([0, 2])],
    "network": lambda x: built(lambda: nn.Linear(6, 2))(x).tanh(),
}


# Since torch 2.13 a saved tensor tells who gives it back.
TELLS = hasattr(torch._C._autograd.SavedTensor, "unpack_hook")


@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("f", CHECKPOINTED.values(), ids=CHECKPOINTED)
def test_a_checkpointed_forward_is_not_run_again(f, reentrant, gradients):
    calls = []

    def forward(x):
        calls.append(x)
        return f(x)

    root = checkpoint(forward, leaf(6), use_reentrant=reentrant).sum()
    graph = gradient_graph(root, gradients=gradients)
    if gradients and not (reentrant or TELLS):
        assert len(calls) == 2
        return
    assert len(calls) == 1
    assert ("checkpoint" in graph.message) == gradients
    assert set(map(repr, gradients_of(graph))) == {"None"}


def gradients_of(graph):
    """Each gradient, and those of several outputs one by one."""
    for gradient in gradients(graph):
        yield from gradient if isinstance(gradient, tuple) else [gradient]


FREED = {
    "square": lambda x: x**2,
    "power of a tensor": lambda x: x ** torch.full((6,), 3.0),
    "tensor's power of a number": lambda x: 2**x,
    "tensors": lambda x: x**x,
    "custom Function": Square.apply,
    "prod": torch.prod,
    "norm": torch.norm,
    "clamp": lambda x: x.clamp(torch.full((6,), 0.7)),
    "network": lambda x: built(lambda: nn.Linear(6, 2))(x).tanh(),
}


@FOLD
@pytest.mark.parametrize("f", FREED.values(), ids=FREED)
def test_a_freed_graph_shows_its_structure(f, fold):
    x = leaf(6)
    root = f(x).sin().sum()
    before = gradient_graph(root, fold=fold)
    root.backward()
    grad = x.grad.clone()
    graph = gradient_graph(root, fold=fold)
    assert "freed" in graph.message
    assert "retain_graph=True" in graph.message
    assert set(map(repr, gradients_of(graph))) == {"None"}
    assert torch.equal(x.grad, grad)
    nodes, edges = structure(before)
    found, found_edges = structure(graph)
    assert [n[:4] for n in nodes] == [n[:4] for n in found]  # a rule may be lost
    assert edges == found_edges


def test_a_freed_graph_that_saved_nothing_still_runs():
    x = leaf(3)
    root = (x + 1).sum()
    root.backward()
    assert gradient_graph(root).message == ""


def test_without_gradients_only_the_structure_is_there(case):
    plain, whole = (gradient_graph(case.root, gradients=g) for g in (False, True))
    assert structure(plain) == structure(whole)
    assert plain.message
    assert list(stored_tensors(plain)) == []


def test_without_gradients_nothing_runs():
    x = leaf(3)
    y = x * 2
    y.register_hook(lambda gradient: pytest.fail("the gradient was run"))
    gradient_graph(y.sum(), gradients=False)


def test_a_pass_that_fails_says_so():
    x = leaf(3)
    y = x.exp()
    root = (y * y).sum()
    with torch.no_grad():
        y.add_(1)  # exp and the product need the old value
    graph = gradient_graph(root)
    assert "could not run" in graph.message
    assert "inplace" in graph.message
    assert list(stored_tensors(graph)) == []


def test_a_graph_that_cannot_be_run_again_says_so():
    x = leaf(3)
    (slope,) = torch.autograd.grad(
        Once.apply(x * x).sum(), x, torch.ones((), requires_grad=True).double(),
        create_graph=True,
    )  # fmt: skip
    graph = gradient_graph(slope.sum())
    assert "once_differentiable" in graph.message
    assert len(graph.nodes) > 2


def test_a_leaf_frozen_afterwards_stops_only_its_own_gradient():
    x, y = leaf(3), leaf(3)
    root = (x * y).sum()
    x.requires_grad_(False)
    graph = gradient_graph(root, names={"y": y})
    assert torch.equal(named(graph, "y").gradient, x)


def test_where_every_leaf_is_frozen_afterwards_no_gradient_runs():
    x = leaf(3)
    root = (x * 2).sum()
    x.requires_grad_(False)
    graph = gradient_graph(root)
    assert "No leaf requires a gradient any more" in graph.message
    assert [node.gradient for node in graph.nodes] == [None] * 4
    assert x.grad is None


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


@pytest.mark.parametrize(("size", "kind"), [(WHOLE, Tensor), (WHOLE + 1, Summary)])
def test_a_gradient_is_whole_up_to_a_limit(size, kind):
    assert isinstance(gradient_graph(leaf(size).sum()).nodes[-1].gradient, kind)


LARGE = {
    "complex": lambda: leaf(3000, dtype=torch.complex64) * 2,
    "float16": lambda: leaf(3000, dtype=torch.float16) * 3000,
    "bfloat16": lambda: leaf(3000, dtype=torch.bfloat16) * 2,
    "sparse": lambda: built(lambda: nn.Embedding(900, 3, sparse=True))(
        torch.tensor([7, 7])
    ),
    "several outputs": lambda: leaf(9000).split([4000, 5000])[0] * 2,
    "expanded": lambda: leaf(1).expand(5000) * 2,
    "transposed": lambda: leaf(50, 60).T.exp(),
    "views": lambda: torch.stack([part[:2] for part in leaf(90, 90).unbind()]),
}


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_no_large_tensor_is_kept(make):
    graph = gradient_graph(make().sum())
    assert graph.message == ""
    for tensor in stored_tensors(graph):
        assert tensor.numel() <= WHOLE
        if tensor.layout is torch.strided:
            assert tensor.untyped_storage().nbytes() <= WHOLE * tensor.element_size()


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
    model = nn.Sequential(*layers * 20)  # several times HELD elements
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


def test_a_gradient_that_comes_while_others_are_summarised_is_not_lost(monkeypatch):
    summaries, late = module._Summaries(), []
    usual = module._summaries_of

    def interrupted(gradients):
        """As where another device's thread runs on."""
        if not late:
            late.append(summaries.add(torch.full((2000,), 7.0)))
        return usual(gradients)

    monkeypatch.setattr(module, "_summaries_of", interrupted)
    early = summaries.add(torch.ones(1500))
    summaries.finish()
    summaries.finish()
    assert (early.max, late[0].max) == (1, 7)


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
        term.retain_grad()
    graph = gradient_graph(accumulated(torch.add, iter(terms)), names={"x": x})
    (edge,) = [edge for edge in graph.edges if edge.count == 50]
    assert edge.gradient == 50
    assert only(graph, "Unbind").gradient == (10.0,) * 50
    assert named(graph, "x").gradient.tolist() == [20.0] * 50
    assert {term.grad for term in terms} == {None}


def powers(x):
    found = 0
    for exponent in (2, 3) * 5:
        found = found + x**exponent
    return found


def accumulated(combine, terms):
    found = next(terms)
    for term in terms:
        found = combine(found, term)
    return found


TERMS = {
    "separate leaves": lambda n: (leaf(2) for _ in range(n)),
    "select": lambda n: (lambda x: (x[k] for k in range(n)))(leaf(n)),
    "index": lambda n: (lambda x: (x[[k]] for k in range(n)))(leaf(n)),
    "branches": lambda n: (lambda x: ((x[k] * 2).sin() for k in range(n)))(leaf(n)),
    "one leaf": lambda n: (lambda x: (x for _ in range(n)))(leaf(2)),
    "squared errors": lambda n: (lambda a, b: ((a * k + b - k) ** 2 for k in range(n)))(
        leaf(), leaf()
    ),
}
COMBINE = {
    "+": torch.add,
    "·": torch.mul,
    "−": torch.sub,
    "max": torch.maximum,
}


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


# ---------------------------------------------------------------- depth


DEEP = """
    import torch
    from seegrad.graphs.gradient_graph import gradient_graph

    def deeper(y, count):
        for _ in range(count):
            y = {step}
        return y

    class Pass(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    x = torch.ones((), requires_grad=True)
"""


def run_deep(code, step="y + 1"):
    found = run_python(textwrap.dedent(DEEP.format(step=step)) + textwrap.dedent(code))
    assert found.returncode == 0, found.stderr[-1000:]
    return found.stdout.split()


@FOLD
def test_too_deep_a_chain_is_refused(fold):
    y = leaf()
    for _ in range(DEEPEST + 1):
        y = y + 1
    with pytest.raises(ValueError, match=rf"root.*{DEEPEST}.*deep.*stack.*sum\(\)"):
        gradient_graph(y, fold=fold)


def test_a_chain_of_100_000_does_not_kill_the_process():
    code = """
        y = deeper(x, 100_000)
        for _ in range(2):
            try:
                gradient_graph(y)
            except ValueError:
                print("refused")
        del y
        print("alive")
    """
    assert run_deep(code) == ["refused", "refused", "alive"]


@pytest.mark.parametrize("step", ["y + 1", "y * x", "Pass.apply(y)"])
def test_the_deepest_allowed_chain_does_not_kill_the_process(step):
    code = f"""
        y = deeper(x, {DEEPEST - 1})
        print(len(gradient_graph(y, fold=False).nodes))
        y.backward()
        del y
        print("alive")
    """
    assert run_deep(code, step) == [str(DEEPEST + 1), "alive"]


def test_looking_again_as_a_loop_goes_on_does_not_kill_the_process():
    code = """
        y = x
        for _ in range(6):
            y = deeper(y, 20_000)
            try:
                gradient_graph(y)
            except ValueError:
                pass
        del y
        print("alive")
    """
    assert run_deep(code) == ["alive"]


def test_a_second_try_from_the_middle_does_not_kill_the_process():
    # The refused call has seen the upper half, the second the lower one.
    code = f"""
        middle = deeper(x, {DEEPEST - 1})
        y = deeper(middle, {DEEPEST})
        for root in (y, middle):
            try:
                gradient_graph(root)
            except ValueError:
                pass
        del middle, root  # first: the upper half then frees the lower one too
        del y
        print("alive")
    """
    assert run_deep(code) == ["alive"]


# ---------------------------------------------------------------- names


def test_parameters_bring_their_names():
    network = built(lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)))
    found = network(torch.ones(2, 3, dtype=torch.float64))
    for names in (network.named_parameters(), dict(network.named_parameters())):
        graph = gradient_graph(found, names=names)
        leaves = {n.label: n.shape for n in graph.nodes if n.kind == "leaf"}
        assert leaves == {
            name: tuple(p.shape) for name, p in network.named_parameters()
        }


def test_tensors_on_the_way_can_have_names():
    x = leaf(4)
    a, b = x.split(2)
    y = a * b
    graph = gradient_graph(y.sum(), names={"y": y, "a": a, "b": b})
    assert named(graph, "y").operation == "MulBackward0"
    assert "a, b" in [node.label for node in graph.nodes]


def test_the_root_can_have_a_name():
    x = leaf(3)
    z = x.sum()
    graph = gradient_graph(z, names={"z": z})
    assert [n.label for n in graph.nodes] == ["z", "SumBackward0", "leaf"]


@pytest.mark.parametrize(
    ("pack", "labels"),
    [
        (lambda a, b: a, ["result"]),
        (lambda a, b: [a, b], ["result 0", "result 1"]),
        (lambda a, b: (a, b), ["result 0", "result 1"]),
        (lambda a, b: {"a": a, "b": b}, ["a", "b"]),
        (lambda a, b: {1: a, "b": b}, ["1", "b"]),
    ],
    ids=["tensor", "list", "tuple", "dict", "numbers"],
)
def test_roots_bring_their_names(pack, labels):
    x = leaf(3)
    graph = gradient_graph(pack(x.sin(), x.cos()))
    assert [n.label for n in graph.nodes if n.kind == "result"] == labels


def test_equal_tensors_are_told_apart_by_identity():
    x, y = leaf(3), leaf(3)
    graph = gradient_graph((2 * x + 3 * y).sum(), names={"x": x, "y": y})
    assert named(graph, "x").gradient.tolist() == [2] * 3
    assert named(graph, "y").gradient.tolist() == [3] * 3


@pytest.mark.parametrize("names", [None, {}, [], {"other": torch.ones(2)}], ids=repr)
def test_names_may_be_missing_or_unused(names):
    assert gradient_graph(leaf(3).sum(), names=names).nodes[-1].label == "leaf"


@pytest.mark.parametrize(
    "names",
    [
        {"x": 3.0},
        {3: torch.ones(2)},
        [("x", None)],
        5,
        ["x"],
        "xy",
        [("x", torch.ones(2), 3)],
        torch.ones(2),
    ],
    ids=repr,
)
def test_wrong_names_are_refused(names):
    with pytest.raises(TypeError, match=r"names must.*but it.*Pass"):
        gradient_graph(leaf(3).sum(), names=names)


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


def test_other_peoples_tensors_are_left_alone():
    touched = []

    class Touchy(Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            touched.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    bystander = torch.ones(3).as_subclass(Touchy)
    gradient_graph(leaf(3).sum())
    assert touched == []
    assert type(bystander) is Touchy


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
