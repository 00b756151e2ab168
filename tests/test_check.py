"""Every argument of every function against every kind of bad and of good value."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
from calls import CALLS, WITH_FUNCTION, tensors
from laws import assert_same

import seegrad
from seegrad import _check

# ---------------------------------------------------------------- bad points

ARGUMENTS = [
    pytest.param(call, place, id=f"{call}: {name}")
    for call in CALLS
    for place, name in enumerate(call.points)
]

HUGE = 10**400
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch calls these prototypes and outdated
    NESTED = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    JAGGED = torch.nested.nested_tensor([torch.ones(2)], layout=torch.jagged)
    QUANTIZED = torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)

BAD_POINTS = {
    "bool": (True, TypeError, "real numbers", "True, of type bool"),
    "list of bools": ([True, False], TypeError, "real numbers", "bool"),
    "bools among numbers": ([True, 2.0], TypeError, "real numbers", "[True, 2.0]"),
    "array of bools": (np.ones(3, bool), TypeError, "real numbers", "dtype bool"),
    "tensor of bools": (torch.ones(3) > 0, TypeError, "real numbers", "torch.bool"),
    "complex": (1j, TypeError, "real numbers", "1j, of type complex"),
    "list of complex": ([1.0, 2j], TypeError, "real numbers", "complex128"),
    "complex array": (np.ones(3) * 1j, TypeError, "real numbers", "complex128"),
    "complex tensor": (torch.ones(3) * 1j, TypeError, "real numbers", "complex64"),
    "str": ("1.0", TypeError, "real numbers", "'1.0', of type str"),
    "list of str": (["1", "2"], TypeError, "real numbers", "['1', '2']"),
    "bytes": (b"1", TypeError, "real numbers", "of type bytes"),
    "None": (None, TypeError, "real numbers", "None"),
    "list with None": ([1.0, None], TypeError, "real numbers", "[1.0, None]"),
    "dict": ({"x": 1.0}, TypeError, "real numbers", "of type dict"),
    "set": ({1.0}, TypeError, "real numbers", "of type set"),
    "generator": ((k for k in [1.0]), TypeError, "real numbers", "generator"),
    "function": (torch.sin, TypeError, "real numbers", "of type builtin"),
    "module": (math, TypeError, "real numbers", "of type module"),
    "date": (np.array("2026-01-01", "M8[D]"), TypeError, "real numbers", "datetime64"),
    "record": (np.zeros(3, "f8,f8"), TypeError, "real numbers", "f8"),
    "sparse": (torch.ones(3).to_sparse(), TypeError, "dense", "sparse_coo"),
    "nested": (NESTED, TypeError, "dense", "nested"),
    "jagged": (JAGGED, TypeError, "dense", "jagged"),
    "float8": (
        torch.ones(3).to(torch.float8_e4m3fn),
        TypeError,
        "real numbers",
        "float8_e4m3fn",
    ),
    "quantized": (QUANTIZED, TypeError, "dense", "qint8"),
    "meta": (torch.ones(3, device="meta"), ValueError, "hold values", "meta device"),
    "ragged": ([[1.0], [1.0, 2.0]], ValueError, "equal rows", "[[1.0], [1.0, 2.0]]"),
    "huge int": (HUGE, ValueError, "fit into float64", "100000"),
    "list of a huge int": ([HUGE], ValueError, "fit into float64", "100000"),
    "huge fraction": (Fraction(HUGE), ValueError, "fit into float64", "Fraction"),
}
LONG = np.ones(3, np.longdouble)
if LONG.itemsize > 8:  # where C has one
    wanted = "of a dtype PyTorch has"
    BAD_POINTS["longdouble"] = (LONG, TypeError, wanted, str(LONG.dtype))
    BAD_POINTS["one longdouble"] = (LONG[0], TypeError, wanted, "of type longdouble")


# For a fit, start=None asks for a random one.
REFUSALS = [
    pytest.param(*argument.values, bad, id=f"{argument.id}, {bad}")
    for argument in ARGUMENTS
    for bad in BAD_POINTS
    if (argument.id, bad) != ("fit_polynomial, start: start", "None")
]


@pytest.mark.parametrize(("call", "place", "bad"), REFUSALS)
def test_bad_points_are_refused(call, place, bad):
    value, error, needed, found = BAD_POINTS[bad]
    name, points = list(call.points)[place], list(call.points.values())
    points[place] = value
    with pytest.raises(error) as caught:
        call(*points)
    message = str(caught.value)
    assert type(caught.value) is error
    assert message.startswith(f"{name} must ")
    assert needed in message
    assert found in message
    assert message.count(". ") >= 1, "no remedy"


def test_a_mask_is_not_dropped_in_silence():
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    with pytest.raises((TypeError, ValueError), match=r"x must .*mask"):
        seegrad.derivative(torch.sin, masked)


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
    taken = _check.points(value, "x")
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
    name = next(iter(call.points))
    if str(call).endswith("()"):  # a line, a plane or a fit of its own dtype
        return
    expected = torch.float64 if name == "start" and call.f is None else dtype
    assert {t.dtype for t in results.values()} == {expected}


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
    taken = _check.points(value, "x")
    assert taken.dtype == torch.float64
    assert taken.shape == ()
    assert taken == expected


def test_numbers_of_any_size_in_a_list():
    # As 2**70 alone is.
    assert _check.points([2**70, 1], "x").tolist() == [2.0**70, 1.0]


def test_a_float32_scalar_keeps_its_dtype():
    assert _check.points(np.float32(3), "x").dtype == torch.float32


# ---------------------------------------------------------------- devices


def test_points_on_two_devices_are_refused():
    tensors = {"x0": torch.ones(1), "x1": torch.ones(1, device="meta")}
    with pytest.raises(ValueError, match=r"x0 on cpu, x1 on meta.*\.to\(device\)"):
        _check.one_device(tensors)


# ---------------------------------------------------------------- functions

BY_AUTOGRAD = [call for call in WITH_FUNCTION if "numerical" not in call.name]


@pytest.mark.parametrize("call", WITH_FUNCTION, ids=str)
@pytest.mark.parametrize(
    "f", [None, 3.0, "sin", torch.ones(2)], ids=["None", "3.0", "str", "tensor"]
)
def test_what_cannot_be_called_is_refused(call, f):
    with pytest.raises(TypeError, match="f must be a function of tensors, but it is"):
        call.run(f, *call.points.values())


@pytest.mark.parametrize("call", WITH_FUNCTION, ids=str)
@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda *xs: (xs[0],), TypeError, r"^f must return a tensor of shape \("),
        (lambda *xs: None, TypeError, r"^f must return a tensor.*None"),
        (lambda *xs: 3.0, TypeError, r"^f must return a tensor.*3\.0"),
        (lambda *xs: xs[0] > 0, TypeError, r"^f must return floating.*torch\.bool"),
        (lambda *xs: xs[0][None], ValueError, r"^f must return one value a point"),
        (lambda *xs: 1 / 0, ValueError, r"^f must accept tensors.*ZeroDivisionError"),
        (lambda: 1, TypeError, r"^f must take \d arguments?, one tensor a variable"),
    ],
    ids=["tuple", "None", "float", "bools", "shape", "raises", "no arguments"],
)
def test_a_wrong_function_is_refused_by_all(call, f, error, message):
    with pytest.raises(error, match=message):
        call.run(f, *call.points.values())


@pytest.mark.parametrize("call", BY_AUTOGRAD, ids=str)
def test_no_graph_is_refused_wherever_autograd_is_asked(call):
    def detached(*xs):
        return call.f(*xs).detach()

    with pytest.raises(ValueError, match=r"no path of the autograd graph.*c \+ 0 \* x"):
        call.run(detached, *call.points.values())


@pytest.mark.parametrize("call", WITH_FUNCTION, ids=str)
def test_the_cause_of_a_failure_is_kept(call):
    with pytest.raises(ValueError, match="f must") as caught:
        call.run(lambda *xs: 1 / 0, *call.points.values())
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_long_values_are_shortened():
    with pytest.raises(TypeError) as caught:
        seegrad.derivative(torch.sin, "x" * 10_000)
    assert len(str(caught.value)) < 400
