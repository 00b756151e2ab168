"""One reverse pass: vector–Jacobian products and slopes."""

import subprocess
import sys

import pytest
import torch

from seegrad.engine.reverse import slope, vjp


def leaf(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_ones_give_the_gradient_of_the_sum():
    a, b = leaf(1.0, 2.0), leaf(3.0, 5.0)
    g, h = vjp(a * b**2, (a, b))
    assert g.tolist() == [9, 25]
    assert h.tolist() == [6, 20]


def test_weights_pick_rows_of_the_jacobian():
    x = leaf(1.0, 2.0, 3.0)
    y = x.cumsum(0)  # the Jacobian has ones on and below its diagonal
    rows = [vjp(y, (x,), w, retain_graph=True)[0].tolist() for w in torch.eye(3)]
    assert rows == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_a_variable_that_does_not_matter_has_none():
    x, other = leaf(1.0), leaf(2.0)
    assert vjp(x * 2, (x, other))[1] is None


def test_a_slope_of_a_slope():
    x = leaf(1.0, 2.0)
    first = slope(x**3, x, create_graph=True)
    assert slope(first, x).tolist() == [6, 12]


def test_the_slope_of_a_constant_is_zero():
    x = leaf(1.0, 2.0)
    assert slope(torch.ones(2), x).tolist() == [0, 0]
    assert slope(leaf(5.0) * 2, x).tolist() == [0, 0]


def test_no_other_leaf_gets_a_gradient():
    x, weight = leaf(1.0), leaf(2.0)
    vjp(weight * x, (x,))
    assert weight.grad is None
    assert x.grad is None


def test_a_backward_pass_that_raises_is_told_of():
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise KeyError("no slope")

    x = leaf(1.0)
    with pytest.raises(ValueError, match=r"^f must .*FailsBackward|KeyError") as caught:
        vjp(Fails.apply(x), (x,))
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_first_call_with_many_points_loads_neither_sympy_nor_dynamo():
    code = """
import sys, torch, seegrad
seegrad.derivative(torch.sin, torch.linspace(-1, 1, 8000))
seegrad.derivative(lambda x: torch.stack([x]).sum(0), [1.0, 2.0, 3.0])
seegrad.gradient(torch.mul, torch.ones(100_000), torch.ones(100_000))
print([name for name in ("sympy", "torch._dynamo") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
