"""A graph as plain data: nodes, edges, and tensors that are kept or summarised."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, prod
from typing import Protocol

import torch
from torch import Tensor

MAX_STORED = 1_000  # tensors of up to so many elements are kept as they are
N_PREVIEW = 6  # so many elements of a larger one are kept
N_SHOWN = 4  # so many numbers of a tensor fit into a picture
LONGEST_NAME = 60  # so many letters of a name fit
LONGEST_REPR = 190
COLORS = {  # of what is drawn; mid tones, to be told apart on light and dark pages
    "result": "#9563c4",
    "operation": "#2f7fc4",
    "leaf": "#1f9168",
    "edge": "#d2601a",
    "text": "#757575",
}

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """A tensor too large to keep: its shape and a few numbers."""

    shape: Shape
    """The tensor's shape."""
    min: float
    """Its smallest element; of a complex one, the smallest size."""
    max: float
    """Its largest element; of a complex one, the largest size."""
    norm: float
    """The square root of the sum of its squares."""
    few: Tensor
    """Its first elements, one-dimensional."""

    def __repr__(self) -> str:
        return cut(f"Summary(shape={self.shape}, {number(self)})", LONGEST_REPR)


Stored = Tensor | Summary | None
Gradient = Stored | tuple[Stored, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """A result, an operation or a leaf of a `GradientGraph`."""

    id: int
    """Its place in the order in which a backward pass runs; results come first."""
    kind: str
    """"result", "operation" or "leaf"."""
    label: str
    """The reader's name for it, or else PyTorch's name of the operation."""
    operation: str = ""
    """PyTorch's name of the operation; empty for results and leaves."""
    shape: Shape = ()
    """The shape of the tensor it stands for, the first one's if there are several."""
    gradient: Gradient = None
    """What arrives, added up; one entry an output where there are several."""
    rule: str = ""
    """What it does to the gradient, in words; empty if the operation isn't known."""
    count: int = 1
    """How many equal nodes are folded into it."""
    value: Gradient = None
    """The tensor it stands for, kept or summarised as gradients are; one entry an
    output where there are several. None where only running f again would tell it, and
    where several nodes are folded."""

    def __repr__(self) -> str:
        words = f"Node({self.id}, {self.kind} {name_of(self)!r}, shape={self.shape}, "
        return cut(f"{words}gradient={number(self.gradient)})", LONGEST_REPR)


@dataclass(frozen=True, eq=False, repr=False)
class Edge:
    """An edge of a `GradientGraph`, in the direction that the gradient runs."""

    source: int
    """The id of the node it comes from."""
    target: int
    """The id of the node it goes to."""
    output: int | None = 0
    """Which output of the target it belongs to; None where several are folded."""
    operand: int | None = None
    """Which operand of the source the target is; None where several are folded."""
    gradient: Stored = None
    """What runs along it, added up where several are folded."""
    count: int = 1
    """How many equal edges are folded into it."""

    def __repr__(self) -> str:
        words = f"Edge({self.source} → {self.target}, output={self.output}, operand="
        words += (
            f"{self.operand}, count={self.count}, gradient={number(self.gradient)})"
        )
        return cut(words, LONGEST_REPR)


class Graph(Protocol):
    """What can be drawn."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes; each one's id is its place."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges."""

    @property
    def message(self) -> str:
        """Why there are no gradients; empty if there are."""


# ---------------------------------------------------------------- tensors


def stored(tensor: Tensor) -> Tensor | Summary:
    """A dense copy of a small tensor, a summary of a large one."""
    if tensor.numel() > MAX_STORED:
        return _summary(tensor)
    dense = tensor if tensor.layout is torch.strided else tensor.to_dense()
    return dense.clone()


def _summary(tensor: Tensor) -> Summary:
    """The summary; a sparse tensor stays sparse, for it may be too large otherwise."""
    elements = tensor
    if tensor.layout is not torch.strided:
        tensor = tensor if tensor.is_sparse else tensor.to_sparse()
        elements = tensor.coalesce().values().flatten()
        if elements.numel() < tensor.numel():
            elements = torch.cat([elements, elements.new_zeros(1)])
    sizes = elements.abs() if elements.is_complex() else elements
    if sizes.dtype not in (torch.float32, torch.float64):
        sizes = sizes.double()  # short floats can't do all that follows
    lowest, highest = (end.item() for end in sizes.aminmax())
    norm = torch.linalg.vector_norm(sizes).item()
    if norm in (0, inf) and norm != max(-lowest, highest):  # float32 lacks its squares
        norm = torch.linalg.vector_norm(sizes, dtype=torch.float64).item()
    return Summary(tuple(tensor.shape), lowest, highest, norm, _first(tensor))


def _first(tensor: Tensor) -> Tensor:
    """A copy of the first elements, and of no others."""
    while tensor.ndim > 1 and prod(tensor.shape[1:]) >= N_PREVIEW:
        tensor = tensor.select(0, 0)
    if tensor.layout is not torch.strided:
        rows = torch.arange(min(N_PREVIEW, tensor.shape[0]), device=tensor.device)
        tensor = tensor.index_select(0, rows).to_dense()
    if tensor.ndim > 1:
        tensor = tensor[:N_PREVIEW].flatten()
    return tensor[:N_PREVIEW].clone()


# ---------------------------------------------------------------- words


def number(gradient: Gradient) -> str:
    """A gradient in a few characters: its numbers, or the ends of them."""
    if gradient is None:
        return "none"
    if isinstance(gradient, tuple):
        return _joined([number(part) for part in gradient])
    if isinstance(gradient, Summary):
        return f"{gradient.min:.4g} … {gradient.max:.4g}"
    values = gradient.flatten().tolist()
    if not values:
        return "empty"
    if gradient.is_complex():
        return f"{values[0]:.4g}" + (" …" if len(values) > 1 else "")
    texts = [f"{value + 0.0:.4g}" for value in values]  # + 0.0 turns −0 into 0
    return texts[0] if gradient.ndim == 0 else _joined(texts)


def _joined(texts: list[str]) -> str:
    if len(set(texts)) == 1:
        return f"all {texts[0]}"
    if len(texts) > N_SHOWN:
        texts = [*texts[:2], "…", texts[-1]]
    return f"[{', '.join(texts)}]"


def cut(text: str, longest: int) -> str:
    """The text, or its beginning where it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def on_a_line(name: str) -> str:
    """A name on one line, and cut where it would not fit."""
    if not name.isprintable():
        name = "".join(c if c.isprintable() else " " for c in name)
    return cut(name.strip() or "unnamed", LONGEST_NAME)


def name_of(node: Node) -> str:
    """What a node is called, and how many it stands for."""
    return on_a_line(node.label) + (f" × {node.count}" if node.count > 1 else "")


def sentence(node: Node) -> str:
    """A node read out: its name, its gradient and its rule."""
    words = name_of(node)
    if node.gradient is not None:
        words += f", gradient {number(node.gradient)}"
    return f"{words}: {node.rule}" if node.rule else words
