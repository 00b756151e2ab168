"""What each operation does to the gradient on its way back, in words.

Keyed by PyTorch's name of the operation, without "Backward" and its number where all
that share it do the same. A rule says what happens to the gradient that arrives; "the
result" is the operation's own output. For each, tests/graphs/test_rules.py holds the
words beside a formula, and the formula against what autograd hands on: no rule can be
added or changed here alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

from seegrad.graphs import internals

Rule = str | Callable[[Any], str]  # in words, or what tells it from the node
SUPERSCRIPTS = str.maketrans("-.0123456789", "⁻·⁰¹²³⁴⁵⁶⁷⁸⁹")
LEAF = "adds up what arrives"


def rule_of(name: str, node: Any) -> str:
    """What autograd's node of that name does to the gradient; empty if unknown."""
    rule = _named(name)
    return rule if isinstance(rule, str) else rule(node)


def _terms(rule: str) -> Rule:
    """The rule of a sum or a difference, whose second term may have a factor."""

    def of(node: Any) -> str:
        alpha = internals.saved(node, "alpha")
        return rule if alpha in (1, None) else f"{rule}; the second × {alpha}"

    return of


def _rsub(node: Any) -> str:
    alpha = internals.saved(node, "alpha")
    return "turns the sign" if alpha in (1, None) else f"turns the sign, × {alpha}"


def _rsub_of_tensors(node: Any) -> str:
    return f"{_rsub(node)}; what it is subtracted from gets a copy"


def _addmm(node: Any) -> str:
    alpha, beta = (internals.saved(node, name) for name in ("alpha", "beta"))
    product = "× the other matrix, transposed"
    product += "" if alpha in (1, None) else f", × {alpha}"
    added = "a copy" if beta in (1, None) else f"× {beta}"
    return f"{product}; the added term gets {added}"


def _mean(node: Any) -> str:
    return _share(internals.saved(node, "self_sym_numel"))


def _mean_of_axes(node: Any) -> str:
    sizes, axes = (internals.saved(node, k) for k in ("self_sym_sizes", "dim"))
    if sizes is None:
        return _share(None)
    return _share(prod([sizes[axis] for axis in axes or range(len(sizes))]))


def _share(count: int | None) -> str:
    return f"÷ {count or 'their number'}, to every element"


def _norm(node: Any) -> str:
    return "× input ÷ result" if internals.saved(node, "ord") == 2 else ""


def _power(node: Any) -> str:
    exponent = internals.saved(node, "exponent")
    if not isinstance(exponent, (int, float)):
        return "× exponent·x to the exponent − 1"
    if exponent == 2:
        return "× 2·x"
    return f"× {exponent:g}·x{f'{exponent - 1:g}'.translate(SUPERSCRIPTS)}"


RULES: dict[str, Rule] = {
    "Abs": "× the sign of the input",
    "Add": _terms("copies the gradient to every term"),
    "Addmm": _addmm,
    "Amax": "to the largest, ties share",
    "Amin": "to the smallest, ties share",
    "Bmm": "× the other matrix, transposed",
    "Cat": "cuts the gradient into the pieces that were joined",
    "ClampBackward0": "passes where nothing was clipped, else to the bound",
    "ClampBackward1": "passes where nothing was clipped, else 0",
    "Clone": "passes the gradient on",
    "CopySlices": "to what was copied in, and to the places left alone",
    "Cos": "× −sin of the input",
    "Cumsum": "adds up from the end",
    "DivBackward0": "÷ the divisor; the divisor gets × −result ÷ divisor",
    "Dot": "× the other vector",
    "Exp": "× the result",
    "Expand": "adds up over the copies",
    "Gather": "back to the places taken from, 0 elsewhere",
    "Index": "back to the places taken from, 0 elsewhere",
    "LinalgVectorNorm": _norm,
    "Log": "÷ the input",
    "LogSoftmax": "minus softmax times the sum of the gradient",
    "Logsumexp": "× softmax of the input",
    "MaxBackward0": "to the largest that was found",
    "MaxBackward1": "to the largest, ties share",
    "Maximum": "to the larger one, a tie is shared",
    "MeanBackward0": _mean,
    "MeanBackward1": _mean_of_axes,
    "MedianBackward0": "to the middle value, ties share",
    "MedianBackward1": "to the middle value that was found",
    "MinBackward0": "to the smallest that was found",
    "MinBackward1": "to the smallest, ties share",
    "Minimum": "to the smaller one, a tie is shared",
    "Mm": "× the other matrix, transposed",
    "Mul": "× the other factor",
    "Mv": "× the matrix transposed, or the outer product with the vector",
    "NativeDropout": "× the mask that was drawn ÷ (1 − p)",
    "Neg": "turns the sign",
    "Permute": "puts the axes back",
    "PowBackward0": _power,
    "PowBackward1": "× exponent·x^(exponent − 1); the exponent gets × result·ln x",
    "PowBackward2": "× result·ln of the base",
    "Prod": "× the product of the others",
    "Reciprocal": "× −result²",
    "Relu": "passes where the input was above 0, else 0",
    "Repeat": "adds up over the copies",
    "ReshapeAlias": "gives back the shape",
    "Rsqrt": "× −½·result³",
    "RsubBackward0": _rsub_of_tensors,
    "RsubBackward1": _rsub,
    "Select": "back to the place taken from, 0 elsewhere",
    "Sigmoid": "× result·(1 − result)",
    "Sin": "× cos of the input",
    "Slice": "back to the places taken from, 0 elsewhere",
    "Softmax": "× result, minus result times their sum",
    "Split": "joins the pieces' gradients",
    "Sqrt": "÷ twice the result",
    "Squeeze": "gives back the shape",
    "Stack": "cuts the gradient into the pieces that were stacked",
    "Sub": _terms("copies the gradient, with the sign turned for what is subtracted"),
    "Sum": "copies the gradient to every element",
    "T": "transposes back",
    "Tan": "× (1 + result²)",
    "Tanh": "× (1 − result²)",
    "Transpose": "puts the axes back",
    "Unbind": "stacks the pieces' gradients",
    "UnsafeView": "gives back the shape",
    "Unsqueeze": "gives back the shape",
    "View": "gives back the shape",
    "Where": "to the branch that was taken, 0 to the other",
}


@cache
def _named(name: str) -> Rule:
    # PyTorch's own operations end in a number; a reader's Function does not.
    operation = re.fullmatch(r"(\w+)Backward\d+|torch::autograd::(\w+)", name)
    if not operation:
        return ""
    return RULES.get(name) or RULES.get(operation[1] or operation[2], "")
