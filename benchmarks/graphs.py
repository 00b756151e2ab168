"""Graphs: the DOT text against torchviz, recording against a plain backward pass."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import torch
import torchviz
from rounds import Row, medians
from torch import Tensor

import seegrad
from seegrad.graphs import svg as draw

ADDITIONS = 10_000

Graph = tuple[Tensor, list[Tensor]]  # a result, and the leaves below it


def rows() -> Iterator[Row]:
    """All figures of this file."""
    yield from _texts()
    yield from _recordings()
    yield from _layouts()


def _texts() -> Iterator[Row]:
    for name, make in _reductions().items():
        root, _ = make()
        times = medians(
            {"seegrad": partial(_dot, root), "torchviz": partial(_peer, root)}
        )
        ratio = times["torchviz"] / times["seegrad"]
        yield Row(f"DOT of {name}, faster than torchviz", ratio, "×", least=4)
    root, _ = _additions(ADDITIONS)
    times = _deeply(
        lambda: medians(
            {"seegrad": partial(_dot, root), "torchviz": partial(_peer, root)}
        )
    )
    name = f"DOT of {ADDITIONS} additions"
    ratio = times["torchviz"] / times["seegrad"]
    yield Row(f"{name}, faster than torchviz", ratio, "×", least=4)
    yield Row(f"{name}, a node", times["seegrad"] / ADDITIONS * 1e6, "µs", most=2.5)


def _recordings() -> Iterator[Row]:
    for name, make in _graphs().items():
        times = medians(
            {
                "plain": lambda graph: torch.autograd.grad(*graph, retain_graph=True),
                "folded": lambda graph: seegrad.gradient_graph(graph[0]),
                "not folded": lambda graph: seegrad.gradient_graph(
                    graph[0], fold=False
                ),
            },
            prepare=make,  # a graph is slower ever after it was recorded
        )
        for kind in ("folded", "not folded"):
            ratio = times[kind] / times["plain"]
            what = f"{name} recorded, {kind}, against a plain backward"
            yield Row(what, ratio, "×", most=4)


def _layouts() -> Iterator[Row]:
    for count in (17, 1_000, ADDITIONS):
        text = seegrad.gradient_graph(_additions(count)[0]).dot()
        taken = medians({"layout": partial(draw._layout, text, "svg")}, seconds=0.5)
        yield Row(
            f"layout of the folded loop of {count}",
            taken["layout"] * 1e3,
            "ms",
            most=50,
        )
    text = seegrad.gradient_graph(_additions(100)[0], fold=False).dot()
    taken = medians({"layout": partial(draw._layout, text, "svg")})
    yield Row("layout of 100 unfolded additions", taken["layout"] * 1e3, "ms", most=300)


def _dot(root: Tensor) -> str:
    return seegrad.gradient_graph(root, fold=False, gradients=False).dot()


def _peer(root: Tensor) -> str:
    return str(torchviz.make_dot(root).source)


def _graphs() -> dict[str, Callable[[], Graph]]:
    """What makes small graphs and large ones."""
    return _reductions() | {
        "1000 additions": partial(_additions, 1_000),
        f"{ADDITIONS} additions": partial(_additions, ADDITIONS),
        "1000 layers": partial(_layers, 1_000),
    }


def _reductions() -> dict[str, Callable[[], Graph]]:
    kinds = {"sum": torch.sum, "loop": _added, "mean": torch.mean, "max": torch.max}
    return {name: partial(_reduced, reduce) for name, reduce in kinds.items()}


def _reduced(reduce: Callable[[Tensor], Tensor]) -> Graph:
    x = torch.arange(-2, 2.1, 0.25, dtype=torch.float64, requires_grad=True)
    return reduce(2 * x**2 + 2), [x]


def _additions(count: int) -> Graph:
    x = torch.ones(count, dtype=torch.float64, requires_grad=True)
    return _added(x * 1), [x]


def _layers(count: int) -> Graph:
    pairs = [(torch.nn.Linear(64, 64), torch.nn.Tanh()) for _ in range(count // 2)]
    model = torch.nn.Sequential(*chain.from_iterable(pairs))
    return model(torch.ones(16, 64)).square().mean(), list(model.parameters())


def _added(y: Tensor) -> Tensor:
    total = torch.zeros((), dtype=y.dtype)
    for value in y:
        total = total + value
    return total


def _deeply(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Work with room on the stack: torchviz calls itself once a node."""
    found: list[dict[str, float]] = []
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100 * ADDITIONS)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    threading.stack_size(0)
    sys.setrecursionlimit(limit)
    return found[0]
