"""Inside of torch.compile: the caller's modes stay, and the results are the same.

A module of its own: torch.compile takes seconds to load.
"""

import logging
import warnings

import pytest
import torch
from calls import CALLS, tensors
from laws import assert_same

from seegrad.checks.state import not_compiled


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
@pytest.mark.parametrize("call", CALLS, ids=str)
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


def test_what_is_not_compiled_runs_as_it_is(monkeypatch):
    def f(x, *, by):
        return x * by

    disabled = []
    kept = not_compiled(f)
    monkeypatch.setattr(torch.compiler, "disable", lambda f: disabled.append(f) or f)
    assert (kept(2.0, by=3.0), disabled) == (6, [])
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    assert (kept(2.0, by=3.0), disabled) == (6, [f])
    assert (kept.__name__, kept.__wrapped__) == ("f", f)
