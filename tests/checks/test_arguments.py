"""Every function with every kind of good points; test_errors.py has the bad ones."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from calls import CALLS, tensors
from laws import assert_same

import seegrad
from seegrad.checks import arguments, state

# ---------------------------------------------------------------- good points

TWO = [2.0, 3.0]
GOOD_POINTS = {
    "ints": ([2, 3], torch.float64),
    "floats": (TWO, torch.float64),
    "tuple": ((2, 3.0), torch.float64),
    "range": (range(2, 4), torch.float64),
    "fractions": ([np.float64(2), 3], torch.float64),
    "large int": ([2, 3], torch.float64),
    "list of tensors": ([torch.tensor(2.0), torch.tensor(3.0)], torch.float64),
    "int tensor": (torch.tensor([2, 3]), torch.float64),
    "uint8 tensor": (torch.tensor([2, 3], dtype=torch.uint8), torch.float64),
    "uint64 tensor": (torch.tensor([2, 3], dtype=torch.uint64), torch.float64),
    "int array": (np.array([2, 3]), torch.float64),
    "float16": (torch.tensor(TWO, dtype=torch.float16), torch.float16),
    "bfloat16": (torch.tensor(TWO, dtype=torch.bfloat16), torch.bfloat16),
    "float32": (torch.tensor(TWO), torch.float32),
    "float64": (torch.tensor(TWO, dtype=torch.float64), torch.float64),
    "float16 array": (np.array(TWO, np.float16), torch.float16),
    "float32 array": (np.array(TWO, np.float32), torch.float32),
    "float64 array": (np.array(TWO), torch.float64),
    "float32 scalars": ([np.float32(2), np.float32(3)], torch.float64),
    "big-endian": (np.array(TWO, ">f4"), torch.float32),
    "big-endian ints": (np.array([2, 3], ">i4"), torch.float64),
    "negative strides": (np.array([3.0, 2.0])[::-1], torch.float64),
    "every other": (np.array([2.0, 0.0, 3.0])[::2], torch.float64),
    "column": (torch.tensor([[2.0, 0.0], [3.0, 0.0]])[:, 0], torch.float32),
    "broadcast view": (np.broadcast_to(np.array(TWO), (1, 2))[0], torch.float64),
    "parameter": (torch.nn.Parameter(torch.tensor(TWO)), torch.float32),
    "requires grad": (torch.tensor(TWO, requires_grad=True), torch.float32),
    "not a leaf": (torch.tensor([1.0, 1.5], requires_grad=True) * 2, torch.float32),
    "imaginary part": (torch.tensor([2j, 3j]).conj().imag.neg(), torch.float32),
}
READ_ONLY = np.array(TWO)
READ_ONLY.flags.writeable = False
GOOD_POINTS["read-only"] = (READ_ONLY, torch.float64)


@pytest.mark.parametrize("good", GOOD_POINTS)
def test_good_points_are_taken_as_they_are(good):
    value, dtype = GOOD_POINTS[good]
    taken = arguments.points(value, "x")
    assert_same(taken, torch.tensor(TWO, dtype=dtype), atol=0)
    assert taken.is_contiguous()
    assert taken.is_leaf
    assert not taken.requires_grad


@pytest.mark.parametrize("good", GOOD_POINTS)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_every_function_takes_good_points(call, good):
    value, dtype = GOOD_POINTS[good]
    count = len(call.points)
    results = tensors(call(*[value] * count))
    truth = tensors(call(*[TWO] * count))
    digits = {torch.bfloat16: 2**-5, torch.float16: 2**-8, torch.float32: 2**-13}
    error = digits.get(dtype, 2**-33)
    for name, result in results.items():
        tol = error * (8 if name == "numerical" else 1)  # differences of rounded values
        assert_same(result.double(), truth[name], rtol=tol, atol=tol)
    name = next(iter(call.points))
    if str(call).endswith("()"):  # a line, a plane or a fit of its own dtype
        return
    expected = torch.float64 if name == "start" and call.f is None else dtype
    assert {t.dtype for t in results.values()} == {expected}


ODD = [math.nan, math.inf, -math.inf, 1e300, 5e-324, -0.0]
ONE_BY_ONE = ["derivative", "derivative, order 3", "gradient", "numerical_derivative"]
ONE_BY_ONE += ["numerical_gradient", "reduce_gradient, sum", "reduce_gradient, loop"]
ONE_BY_ONE += ["reduce_gradient, mean"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("call", [c for c in CALLS if c.name in ONE_BY_ONE], ids=str)
def test_an_odd_point_leaves_the_others_alone(call, odd):
    points = list(call.points.values())
    usual = tensors(call(*points))
    mixed = tensors(call(*[[odd, *x[1:]] for x in points]))
    for name in usual.keys() - {"z"}:
        assert_same(mixed[name][1:], usual[name][1:])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (np.int8(3), 3.0),
        (np.float64(3), 3.0),
        (Fraction(1, 4), 0.25),
        (2**70, 2.0**70),
        (np.array(3), 3.0),
        (math.inf, math.inf),
    ],
    ids=repr,
)
def test_a_number_becomes_float64(value, expected):
    taken = arguments.points(value, "x")
    assert taken.dtype == torch.float64
    assert taken.shape == ()
    assert taken == expected


def test_numbers_of_any_size_in_a_list():
    # As 2**70 alone is.
    assert arguments.points([2**70, 1], "x").tolist() == [2.0**70, 1.0]


def test_a_float32_scalar_keeps_its_dtype():
    assert arguments.points(np.float32(3), "x").dtype == torch.float32


def test_long_values_are_shortened():
    with pytest.raises(TypeError) as caught:
        seegrad.derivative(torch.sin, "x" * 10_000)
    assert len(str(caught.value)) < 400


def test_a_sum_that_overflows_is_no_reason_to_refuse_its_terms():
    arguments.finite(torch.tensor([1e308, 1e308], dtype=torch.float64), "x")


def test_a_cuda_devices_random_state_is_given_back(monkeypatch):
    # There is no such device here: its calls are stood in for, in PyTorch's words.
    states = {"cuda:1": "before"}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: states[str(device)])
    monkeypatch.setattr(
        torch.cuda,
        "set_rng_state",
        lambda state, device: states.update({str(device): state}),
    )
    with state.preserve_state(torch.device("cuda:1")):
        states["cuda:1"] = "changed"
    assert states == {"cuda:1": "before"}
