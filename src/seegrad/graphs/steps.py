"""The steps of a backward pass in words, with the arithmetic of each."""

from __future__ import annotations

from math import isclose, isfinite
from typing import Any

from torch import Tensor

from seegrad.graphs.model import (
    Edge,
    Gradient,
    Graph,
    Node,
    name_of,
    number,
    on_a_line,
)

SHARED = ", to every element"  # what a mean's rule adds
SUM_ROUNDS = 1e-3  # a sum is written out where its terms give it, half floats too


def steps(graph: Graph) -> list[dict[str, Any]]:
    """One step a node: which edges run, and sentences that say what happens."""
    leaving: list[list[int]] = [[] for _ in graph.nodes]
    entering: list[list[Edge]] = [[] for _ in graph.nodes]
    for place, edge in enumerate(graph.edges):
        leaving[edge.source].append(place)
        entering[edge.target].append(edge)
    found = []
    for node in graph.nodes:
        handed = [graph.edges[place] for place in leaving[node.id]]
        lines = [_arrives(node, entering[node.id], bool(handed))]
        lines += [_hands_on(node, edge, graph) for edge in handed]
        text = " ".join(line for line in lines if line)
        found.append({"node": node.id, "edges": leaving[node.id], "text": text})
    return found


def step_before(graph: Graph, asked: int) -> int:
    """How many steps run before the first gradient is sent to a node."""
    return min((e.source for e in graph.edges if e.target == asked), default=0)


def _arrives(node: Node, entering: list[Edge], goes_on: bool) -> str:
    words = name_of(node)
    if node.value is not None and not isinstance(node.value, tuple):
        words += f" = {number(node.value)}"
    if node.gradient is not None:
        words += f", gradient {_added(node, entering)}"
    told = node.count == 1 and goes_on and node.gradient is not None
    if node.rule and not (told and _factors(node.rule)):
        words += f": {node.rule}"
    return f"{words}."


def _added(node: Node, entering: list[Edge]) -> str:
    """What arrives at a node; as a sum, where it is one of single numbers."""
    total = number(node.gradient)
    terms = [one(edge.gradient) for edge in entering]
    whole = one(node.gradient)
    if len(terms) < 2 or whole is None or any(edge.count > 1 for edge in entering):
        return total
    known = [term for term in terms if term is not None]
    scale = max(map(abs, known), default=0.0)
    close = isclose(sum(known), whole, rel_tol=0, abs_tol=SUM_ROUNDS * scale)
    if len(known) < len(terms) or not close:  # a hook may have changed it
        return total
    texts = [signed(number(edge.gradient)) for edge in entering]
    return f"{' + '.join([number(entering[0].gradient), *texts[1:]])} = {total}"


def _hands_on(node: Node, edge: Edge, graph: Graph) -> str:
    if edge.gradient is None:
        return ""
    target = on_a_line(graph.nodes[edge.target].label)
    result = number(edge.gradient)
    factors = _factors(node.rule)
    alone = node.count == edge.count == 1
    if not (alone and factors) or edge.operand is None:
        return f"{target} gets {result}."
    if isinstance(node.gradient, tuple) or edge.operand >= len(factors):
        return f"{target} gets {result}."
    sign, name = factors[edge.operand]
    arrived = number(node.gradient)
    words = f"{target} gets {arrived} {sign} {name}"
    factor = _factor(sign, one(node.gradient), one(edge.gradient))
    if factor is not None and factor != name:
        words += f" = {arrived} {sign} {signed(factor)}"
    return f"{words} = {result}."


def _factors(rule: str) -> list[tuple[str, str]]:
    """The sign and the name of the factor of each operand, where a rule is one."""
    first, _, second = rule.removesuffix(SHARED).partition("; the ")
    parts = [first, second.partition(" gets ")[2]] if second else [first] * 2
    pairs = [(part[:1], part[2:]) for part in parts]
    fits = all(sign in ("×", "÷") and "," not in name for sign, name in pairs)
    return pairs if fits and all(name for _, name in pairs) else []


def _factor(sign: str, before: float | None, after: float | None) -> str | None:
    """The factor's value: a gradient is handed on in proportion to what arrived."""
    if before is None or after is None or before == 0 or (sign == "÷" and after == 0):
        return None
    factor = after / before if sign == "×" else before / after
    return f"{factor + 0.0:.4g}" if isfinite(factor) else None


def one(gradient: Gradient) -> float | None:
    """A gradient that is a single real and finite number, as that number."""
    if not isinstance(gradient, Tensor) or gradient.ndim or gradient.is_complex():
        return None
    value = float(gradient.item())
    return value if isfinite(value) else None


def signed(text: str) -> str:
    """A number as the second part of a product or a sum."""
    return f"({text})" if text.startswith("-") else text
