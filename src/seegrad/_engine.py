"""Autograd's engine, asked directly.

``torch.autograd.grad`` ends in the call below. Before it, it looks at its arguments for
as long as a fifth of a curve's gradient takes, and loads SymPy, half a second, where a
result has more than one number.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

ENGINE = torch.autograd.Variable._execution_engine


def run_backward(
    results: Sequence[Tensor],
    weights: Sequence[Tensor],
    inputs: Sequence[Tensor | GradientEdge],
    *,
    keep: bool = False,
    create_graph: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradient of the results, each times its weights, by each input.

    None stands for an input that no result depends on. There must be an input: without
    any, the engine would write into every leaf's ``.grad``. `keep` leaves the graph
    usable.
    """
    found: tuple[Tensor | None, ...] = ENGINE.run_backward(
        tuple(results),
        tuple(weights),
        keep or create_graph,
        create_graph,
        tuple(inputs),
        allow_unreachable=True,
        accumulate_grad=False,
    )
    return found
