"""Inside of torch.compile: the caller's modes stay, and the results are the same.

A module of its own: torch.compile takes seconds to load, and to look through each call.
"""

import logging
import warnings

import pytest
import torch
from calls import CALLS, tensors
from laws import assert_same

# A call of each kind: one pass, differences, no graph, a loop of passes.
KINDS = ["derivative", "gradient", "numerical_gradient", "TangentLine()", "descend"]


@pytest.fixture(autouse=True)
def _quiet():
    """Its remarks on what it can't compile are none of ours."""
    torch._logging.set_logs(dynamo=logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch._dynamo.reset()
    torch._logging.set_logs()


@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad])
@pytest.mark.parametrize(
    "call", [call for call in CALLS if call.name in KINDS], ids=str
)
def test_a_compiled_call_leaves_the_callers_modes(call, mode, state):
    expected = tensors(call())
    compiled = torch.compile(lambda: call(), backend="eager")
    compiled()  # loads and looks through
    with mode():
        before = state()
        results = tensors(compiled())
        assert state() == before
    for name, result in results.items():
        assert_same(result, expected[name])
