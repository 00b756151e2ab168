"""Graphs: the DOT text against torchviz, recording against a backward, pictures."""

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

ADDITIONS = 10_000

Graph = tuple[Tensor, list[Tensor]]  # a result, and the leaves below it


def rows() -> Iterator[Row]:
    """All figures of this file."""
    yield from _texts()
    yield from _recordings()
    yield from _pictures()


def _texts() -> Iterator[Row]:
    for name, make in _reductions().items():
        yield _text(name, make()[0])
    root, _ = _additions(ADDITIONS)
    yield _deeply(lambda: _text(f"{ADDITIONS} additions", root))


def _text(name: str, root: Tensor) -> Row:
    times = medians({"seegrad": partial(_dot, root), "torchviz": partial(_peer, root)})
    ratio = times["seegrad"] / times["torchviz"]
    return Row(f"DOT of {name}, against torchviz", ratio, "×", most=0.33)


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
        slower = max(times["folded"], times["not folded"])
        what = f"{name} recorded, folded or not, against a plain backward"
        yield Row(what, slower / times["plain"], "×", most=6)


def _pictures() -> Iterator[Row]:
    for name, count, fold in (
        (f"the folded loop of {ADDITIONS}", ADDITIONS, True),
        ("100 unfolded additions", 100, False),
    ):
        graph = seegrad.gradient_graph(_additions(count)[0], fold=fold)
        times = medians({"picture": graph.svg})
        yield Row(f"picture of {name}", times["picture"] * 1e3, "ms", most=500)


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


def _deeply(work: Callable[[], Row]) -> Row:
    """Work with room on the stack: torchviz calls itself once a node."""
    done: list[Row] = []
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100 * ADDITIONS)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=lambda: done.append(work()))
    thread.start()
    thread.join()
    threading.stack_size(0)
    sys.setrecursionlimit(limit)
    return done[0]
