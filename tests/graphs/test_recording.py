"""The gradients that run through a graph, and what stays as it was meanwhile."""

import contextlib
import gc
import math
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from graph_cases import (
    CASES,
    FOLD,
    FREED,
    Once,
    Square,
    article,
    built,
    gradients,
    gradients_of,
    leaf,
    loop,
    named,
    run_python,
    stored_tensors,
    structure,
    through,
)
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from seegrad.graphs import recording
from seegrad.graphs.gradient_graph import gradient_graph
from seegrad.graphs.walk import leaves_below

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
    gradient_graph(root, names={"y": y, "z": z})
    assert x.grad is grads[0]
    assert y.grad is grads[1]
    assert [grad.unique().tolist() for grad in grads] == [[7], [8]]
    assert (empty.grad, z.grad, root.grad) == (None, None, None)


def test_the_grad_of_a_tensor_without_a_name_grows_as_the_docstring_says():
    y = leaf(3) * 2
    y.retain_grad()
    gradient_graph(y.sum())
    assert y.grad.tolist() == [1, 1, 1]
    assert "retain_grad" in gradient_graph.__doc__


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

    def names(self):
        return [(f"tensor {k}", tensor) for k, tensor in enumerate(self.tensors)]

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
    gradient_graph(case.root, names=retaining.names())
    assert retaining.same(before)
    case.truth()
    assert not retaining.same(before)


def test_a_grad_stays_where_no_operation_computes():
    with Retaining() as retaining:
        root = loop(leaf(9).unbind())
    before = retaining.grads()
    for fold in (False, True):
        gradient_graph(root, names=retaining.names(), fold=fold)
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
    gradient_graph(root, names={"y": y})
    assert y.grad is before
    root.sum().backward()
    assert y.grad is not before


def test_nothing_is_left_on_the_readers_tensors():
    x = leaf(3)
    y = x * 2
    y.retain_grad()
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
    """What hooks write into: a node that has one keeps it alive."""
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is recording.Record]


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
    assert set(gradients(graph)) == {None}


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


def test_a_backward_that_raises_is_told_by_its_kind():
    def fails(gradient):
        raise ValueError("the reader's own mistake\nand more")

    graph = gradient_graph(through(leaf(3), fails))
    assert graph.message == (
        "The gradient could not run: ValueError: the reader's own mistake"
    )
    assert set(gradients(graph)) == {None}


def test_a_backward_that_is_interrupted_leaves_nothing_behind():
    def interrupted(gradient):
        raise KeyboardInterrupt

    y = leaf(3) * 2
    y.retain_grad()
    y.grad = before = torch.ones(3, dtype=torch.float64)
    root = through(y * 1, interrupted)
    with torch.no_grad(), pytest.raises(KeyboardInterrupt):
        gradient_graph(root, names={"y": y})
    assert hooks_alive() == []
    assert y.grad is before


@pytest.mark.parametrize("error", [RuntimeError, ValueError])
def test_a_mistake_of_ours_is_not_told_as_the_readers(error, monkeypatch):
    def broken(gradient):
        raise error("ours")

    monkeypatch.setattr(recording, "stored", broken)
    with pytest.raises(error, match="ours"):
        gradient_graph(leaf(3).sum())
    assert hooks_alive() == []


# ---------------------------------------------------------------- inner passes


class Reversible(torch.autograd.Function):
    """Computes a block again in the backward pass, and runs a backward pass there."""

    @staticmethod
    def forward(ctx, x, block, run):
        ctx.block, ctx.run = block, run
        ctx.save_for_backward(x)
        with torch.no_grad():
            return block(x)

    @staticmethod
    def backward(ctx, gradient):
        x = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            y = ctx.block(x)
        ctx.run(y, gradient)
        return x.grad, None, None


class Keeping(torch.autograd.Function):
    """Runs a backward pass through a graph that the forward pass recorded."""

    @staticmethod
    def forward(ctx, x, block):
        ctx.x = x.detach().requires_grad_()
        with torch.enable_grad():
            ctx.y = block(ctx.x)
        return ctx.y.detach()

    @staticmethod
    def backward(ctx, gradient):
        torch.autograd.backward([ctx.y], [gradient], retain_graph=True)
        return ctx.x.grad, None


def twice(y, gradient):
    y.backward(gradient / 2, retain_graph=True)
    torch.autograd.backward(tensors=(y,), grad_tensors=(gradient / 2,))


def with_inputs(y, gradient):
    torch.autograd.backward(y, gradient, inputs=leaves_below([y]))


def from_an_edge(y, gradient):
    torch.autograd.backward([y, get_gradient_edge(y)], [gradient / 2] * 2)


INNER = {
    "y.backward": lambda x, block: Reversible.apply(x, block, Tensor.backward),
    "autograd.backward": lambda x, block: Reversible.apply(
        x, block, torch.autograd.backward
    ),
    "inputs": lambda x, block: Reversible.apply(x, block, with_inputs),
    "an edge": lambda x, block: Reversible.apply(x, block, from_an_edge),
    "two passes": lambda x, block: Reversible.apply(x, block, twice),
    "a graph of the forward pass": Keeping.apply,
    "one inside of another": lambda x, block: Reversible.apply(
        x, lambda x: Reversible.apply(x, block, twice), twice
    ),
}


@pytest.mark.parametrize("grads", [None, 7.0])
@pytest.mark.parametrize("make", INNER.values(), ids=INNER)
def test_what_an_inner_pass_writes_is_taken_back(make, grads):
    block = built(lambda: nn.Sequential(nn.Linear(3, 3), nn.Tanh()))
    for parameter in block.parameters():
        parameter.grad = None if grads is None else torch.full_like(parameter, grads)
    before = [parameter.grad for parameter in block.parameters()]
    copies = [None if grad is None else grad.clone() for grad in before]
    x = leaf(2, 3)
    root = make(x * 1, block).sum()
    graph = gradient_graph(root, names={"x": x})
    after = [parameter.grad for parameter in block.parameters()]
    assert all(a is b for a, b in zip(after, before, strict=True))
    assert grads is None or all((grad == grads).all() for grad in after)
    (truth,) = torch.autograd.grad(block(x).sum(), x)
    torch.testing.assert_close(named(graph, "x").gradient, truth)
    root.backward()  # which does write
    for parameter, copy in zip(block.parameters(), copies, strict=True):
        assert copy is None or not torch.equal(parameter.grad, copy)
        assert parameter.grad is not None


def test_what_an_inner_pass_writes_is_taken_back_after_an_error():
    def fails(y, gradient):
        y.backward(gradient)
        raise ValueError("no")

    block = built(lambda: nn.Linear(3, 3))
    graph = gradient_graph(Reversible.apply(leaf(3), block, fails))
    assert "ValueError: no" in graph.message
    assert [parameter.grad for parameter in block.parameters()] == [None, None]


# ---------------------------------------------------------------- threads


def test_graphs_in_other_threads_do_no_harm():
    x = leaf(3)
    y = x * 2
    y.retain_grad()
    y.grad = before = torch.ones(3, dtype=torch.float64)
    y.register_hook(lambda gradient: time.sleep(0.002))  # lets the others run
    root = loop(y.unbind())
    with ThreadPoolExecutor(8) as pool:
        calls = [
            pool.submit(gradient_graph, root, names={"y": y, "x": x}) for _ in range(80)
        ]
        others = [tuple(range(k % 5)) for k in range(20_000)]
        graphs = [call.result() for call in calls]
    assert len(others) == 20_000
    assert y.grad is before
    assert x.grad is None
    for graph in graphs:
        assert [e.count for e in graph.edges] == [1, 3, 1, 1]
        assert graph.edges[1].gradient == 3
        assert named(graph, "x").gradient.tolist() == [2, 2, 2]


def test_a_hook_of_the_reader_may_look_at_another_graph():
    found = []
    y = leaf(3) * 2
    other = leaf(2).sum()
    y.register_hook(lambda gradient: found.append(gradient_graph(other)))
    gradient_graph(y.sum())
    assert found[0].nodes[-1].gradient.tolist() == [1, 1]


# ---------------------------------------------------------------- right values


def test_a_complex_root_starts_with_one():
    x = leaf(3, dtype=torch.complex128)
    graph = gradient_graph(x * (1 + 2j), names={"x": x})
    assert graph.nodes[0].gradient.tolist() == [1, 1, 1]
    assert named(graph, "x").gradient.tolist() == [1 - 2j] * 3  # ∂Re(ax)/∂x̄ = ā
    assert gradient_graph((x * 3).sum()).nodes[-1].gradient.tolist() == [3, 3, 3]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_many_short_floats_add_up(dtype):
    # Added one by one, ones stop to grow at 2048 and 256.
    x = leaf(4096, dtype=dtype)
    terms = (x * 1).unbind()
    (edge,) = [e for e in gradient_graph(loop(terms)).edges if e.count == 4096]
    assert edge.gradient == 4096
    assert edge.gradient.dtype == dtype


@pytest.mark.parametrize("first", [0, 2])
def test_sparse_and_dense_gradients_add_up(first):
    tables = built(lambda: nn.ModuleList([nn.Embedding(5, 2) for _ in range(4)]))
    for table in tables[first : first + 2]:
        table.sparse = True
    root = sum((table(torch.tensor([1, 3])) * 2).sin() for table in tables).sum()
    graph = gradient_graph(root)
    (leaves,) = [node for node in graph.nodes if node.kind == "leaf"]
    truth = torch.autograd.grad(root, [*tables.parameters()])
    expected = sum(gradient.to_dense() for gradient in truth)
    assert leaves.count == 4
    torch.testing.assert_close(leaves.gradient, expected)


def test_a_sparse_gradient_is_not_made_dense():
    pytest.importorskip("resource", reason="counts memory as Unix does")
    found = run_python(
        """
        import resource, torch
        from seegrad.graphs.gradient_graph import gradient_graph

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

        weight = torch.zeros(2_000_000, 64).requires_grad_()
        def root():
            places = torch.tensor([3, 7, 3])
            return torch.nn.functional.embedding(places, weight, sparse=True).sum()
        gradient_graph(weight[:2].sum(), gradients=False)
        root().backward()
        weight.sum()
        before = peak()
        summary = gradient_graph(root()).nodes[-1].gradient
        assert (summary.shape, summary.min, summary.max) == ((2_000_000, 64), 0, 2)
        print(peak() - before)
        """
    )
    assert int(found.stdout) < 100, found.stderr  # MB; dense it would be 488
