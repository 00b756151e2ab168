"""Graphs to look at, and how to look at them; no tests here."""

import os
import subprocess
import sys
import textwrap
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from seegrad.graphs import Summary
from seegrad.graphs.gradient_graph import gradient_graph

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
    todo = [*gradients(graph), *[node.value for node in graph.nodes]]
    while todo:
        value = todo.pop()
        if isinstance(value, tuple):
            todo += value
        elif isinstance(value, Summary):
            todo.append(value.few)
        elif value is not None:
            yield value


def gradients_of(graph):
    """Each gradient, and those of several outputs one by one."""
    for gradient in gradients(graph):
        yield from gradient if isinstance(gradient, tuple) else [gradient]


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


# ---------------------------------------------------------------- drawings

SVG = "{http://www.w3.org/2000/svg}"
DIRECTION = pytest.mark.parametrize("direction", ["backward", "forward"])


def article_graph(how, **options):
    x, y = article()
    return gradient_graph(how(y), names={"x": x}, **options)


def freed():
    root = (leaf(3) ** 2).sum()
    root.backward()
    return gradient_graph(root)


def graph_of(root, **options):
    return lambda: gradient_graph(root(), **options)


DRAWN = {
    "sum": lambda: article_graph(torch.sum),
    "loop": lambda: article_graph(loop),
    "loop, unfolded": lambda: article_graph(loop, fold=False),
    "structure": lambda: article_graph(loop, gradients=False),
    "freed": freed,
    "leaf": graph_of(lambda: leaf(3)),
    "x + x": graph_of(lambda: (lambda x: x + x)(leaf(2))),
    "several roots": graph_of(lambda: (lambda x: {"a": x.sin(), "b": x[0]})(leaf(3))),
    "several outputs": graph_of(lambda: leaf(6).split([2, 4])[1]),
    "large": graph_of(lambda: leaf(50, 50).exp()),
    "complex": graph_of(lambda: leaf(3, dtype=torch.complex64) * (1 + 2j)),
    "large complex": graph_of(lambda: leaf(2000, dtype=torch.complex64) * (1 + 2j)),
    "empty": graph_of(lambda: leaf(0, 2) * 2),
    "not finite": graph_of(lambda: (leaf(3) * 0).log() + leaf(3) * torch.nan),
    "sparse": graph_of(
        lambda: nn.functional.embedding(torch.tensor([1]), leaf(3, 2), sparse=True)
    ),
    "half": graph_of(lambda: leaf(3, dtype=torch.bfloat16) * 2),
}


def graph_named(name):
    x = leaf(2)
    y = x * 2
    return gradient_graph({name: y.sum()}, names={name: x, f"{name}'": y})


def parsed(text):
    return ET.fromstring(text)


def texts(root, tag="text"):
    return ["".join(element.itertext()) for element in root.iter(SVG + tag)]


def with_class(root, name):
    return [e for e in root.iter() if name in e.get("class", "").split()]


HOSTILE = [
    'a "quoted" name',
    "back\\slash",
    "the end\\",
    "\\N \\G \\L \\l",
    '\\"',
    "<b>bold</b>",
    "<title>x</title>",
    "</a></svg>",
    "<!-- x -->",
    "-->",
    "a & b",
    "&amp; &lt;b&gt; &#65;",
    "é ∂ Δ 重み 𝑥",
    '" id="x" onload="alert(1)',
    "n1 -> n2 [label=3]",
    "{a|b}",
    "];}",
    "%s {0} \\1 \\g<0>",
    "#9563c4",
    "var(--x)",
    "Helvetica,sans-Serif",
    "https://example.org",
    "layers.0.weight",
]
