"""The order of the nodes, their names, and graphs of any depth."""

import textwrap
import weakref

import pytest
import torch
from graph_cases import built, leaf, named, run_python
from torch import nn

from seegrad.graphs.gradient_graph import gradient_graph

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


# PyTorch alone dies when it frees more than about 40,000 nodes in a row that Python has
# seen: of 45,000 none is refused, and none kills the process.


@pytest.mark.parametrize(
    ("step", "fold"),
    [("y + 1", True), ("y * x", False), ("Pass.apply(y)", True)],
)
def test_a_deep_chain_is_drawn_and_freed(step, fold):
    code = f"""
        y = deeper(x, 45_000)
        graph = gradient_graph(y, fold={fold})
        print(sum(node.count for node in graph.nodes))
        y.backward()
        del y
        print("alive")
    """
    assert run_deep(code, step) == ["45002", "alive"]


@pytest.mark.parametrize(
    ("walked", "fold"), [("", True), ("first", False), ("first, second", True)]
)
def test_a_chain_on_another_with_a_shortcut_is_drawn_and_freed(walked, fold):
    code = f"""
        middle = deeper(x, 10_000)
        first = deeper(middle, 10_000)
        second = deeper(first, 20_899) + middle
        for root in ({walked}{"," * bool(walked)}):
            gradient_graph(root, fold={fold}, gradients=False)
        graph = gradient_graph([second, middle], fold={fold}, gradients=False)
        print(sum(node.count for node in graph.nodes))
        del graph, first, middle
        del second
        print("alive")
    """
    assert run_deep(code) == [str(2 + 40_900 + 1), "alive"]


def test_a_chain_whose_every_step_is_used_directly_is_drawn_and_freed():
    # Each is met first by the shortest of its paths, and hangs on the longest.
    code = """
        states = [x]
        for _ in range(45_000):
            states.append(states[-1] + 1)
        y = torch.stack(states)
        del states
        print(len(gradient_graph(y, fold=False, gradients=False).nodes))
        del y
        print("alive")
    """
    assert run_deep(code) == ["45003", "alive"]


def test_looking_again_as_a_loop_goes_on_does_not_kill_the_process():
    code = """
        y = x
        for _ in range(6):
            y = deeper(y, 20_000)
            gradient_graph(y, gradients=False)
        del y
        print("alive")
    """
    assert run_deep(code) == ["alive"]


def test_the_lower_half_may_be_freed_later():
    code = """
        middle = deeper(x, 45_000)
        y = deeper(middle, 100)
        gradient_graph(y, gradients=False)
        del y
        print(len(gradient_graph(middle, gradients=False).nodes))
        del middle
        print("alive")
    """
    assert run_deep(code) == ["3", "alive"]


def test_a_deep_graph_may_be_freed_in_a_thread_with_a_small_stack():
    code = """
        import threading

        held = [deeper(x, 45_000)]
        gradient_graph(held[0], gradients=False)
        threading.stack_size(512 * 1024)
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
        print("alive")
    """
    assert run_deep(code) == ["alive"]


def test_what_a_walk_leaves_on_a_graph_does_not_keep_it_alive():
    x = leaf(2)
    y = x
    things = []
    for _ in range(30):
        y = Holding.apply(y, things)
    gradient_graph(y)
    del y
    assert len(things) == 30
    assert {thing() for thing in things} == {None}


class Thing:
    pass


class Holding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, things):
        ctx.thing = Thing()
        things.append(weakref.ref(ctx.thing))
        return x * 1

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


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


@pytest.mark.parametrize("names", [None, {}, []], ids=repr)
def test_names_may_be_missing(names):
    assert gradient_graph(leaf(3).sum(), names=names).nodes[-1].label == "leaf"


def test_names_of_tensors_elsewhere_have_no_effect():
    x = leaf(3)
    names = {"other": torch.ones(2), "x": x, "unused": leaf(2), "later": leaf(2).exp()}
    assert [n.label for n in gradient_graph(x.sum(), names=names).nodes] == [
        "result", "SumBackward0", "x",
    ]  # fmt: skip


def test_names_that_name_nothing_are_refused():
    network = built(lambda: nn.Linear(3, 1))
    root = network(torch.ones(3, dtype=torch.float64))
    for names in (network.state_dict(), {"weight": leaf(3).exp()}):
        match = r"^names must .*, but .*'weight' is not in it\. .*state_dict\(\) holds"
        with pytest.raises(ValueError, match=match):
            gradient_graph(root, names=names)


def test_two_names_for_one_tensor_are_both_shown():
    x = leaf(3)
    y = x.exp()
    pairs = [("x", x), ("y", y), ("also x", x), ("also y", y), ("z", z := y.sum())]
    graph = gradient_graph(z, names=[*pairs, ("also z", z)])
    assert [node.label for node in graph.nodes] == [
        "z, also z", "SumBackward0", "y, also y", "x, also x",
    ]  # fmt: skip


def test_a_leaf_that_is_a_result_has_its_name_twice():
    x = leaf(3)
    assert [n.label for n in gradient_graph(x, names={"x": x}).nodes] == ["x", "x"]


def test_a_leaf_frozen_afterwards_has_its_name():
    x, y = leaf(3), leaf(3)
    root = x * y
    x.requires_grad_(False)
    graph = gradient_graph(root, names={"x": x})
    assert [n.label for n in graph.nodes if n.kind == "leaf"] == ["x", "leaf"]


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
