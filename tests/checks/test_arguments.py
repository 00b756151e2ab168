"""Every function with every kind of good points; test_errors.py has the bad ones."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from calls import CALLS, tensors
from laws import assert_same
from matplotlib.figure import Figure
from refusals import Refusal, assert_teaches
from torch._subclasses.fake_tensor import FakeTensorMode

import seegrad
from seegrad.checks import arguments

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


ONE_NUMBER = ["explore_secant", "explore_step_size"]  # their point is no array


@pytest.mark.parametrize("good", GOOD_POINTS)
@pytest.mark.parametrize(
    "call", [c for c in CALLS if c.name not in ONE_NUMBER], ids=str
)
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
    own = str(call).endswith("()") or call.name == "explore_taylor"
    if own:  # a line, a plane, a fit or a point of its own dtype
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


@pytest.mark.parametrize(
    "value",
    [
        [torch.tensor(2.0, requires_grad=True), 3.0],
        [torch.nn.Parameter(torch.tensor(2.0)), torch.tensor(3)],
        (torch.tensor([2.0]).bfloat16()[0], 3),
        [torch.tensor(1 - 2j).conj().imag, np.float32(3)],
        torch.tensor(TWO, requires_grad=True).unbind(),
    ],
    ids=["requires a gradient", "parameter", "bfloat16", "negative bit", "unbound"],
)
def test_tensors_in_a_list(value):
    assert_same(arguments.points(value, "x"), torch.tensor(TWO).double(), atol=0)


class Plain(torch.Tensor):
    """A class of tensors that computes as all do."""


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_subclass_that_computes_as_all_do(call):
    truth = tensors(call())
    points = call.points.values()
    xs = [torch.tensor(x, dtype=torch.float64).as_subclass(Plain) for x in points]
    for name, result in tensors(call(*xs)).items():
        assert type(result) is torch.Tensor
        assert_same(result, truth[name])


NEGATIVE = {  # 0.5, 1, 2 as what PyTorch negates only when it is read
    "imaginary": lambda x: torch.complex(x, -x).conj().imag,
    "a view of it": lambda x: torch.complex(x, -x).conj().imag[None][0],
}


@pytest.mark.parametrize("bit", NEGATIVE)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_points_with_the_negative_bit(call, bit):
    xs = [torch.tensor(x, dtype=torch.float64) for x in call.points.values()]
    negative = [NEGATIVE[bit](x) for x in xs]
    assert all(x.is_neg() for x in negative)
    truth = tensors(call(*xs))
    for name, result in tensors(call(*negative)).items():
        assert not result.is_neg()
        assert torch.equal(result, truth[name])


def test_points_without_a_copy_are_the_callers_memory():
    x = torch.tensor(TWO)
    assert arguments.points(x, "x", copy=False).data_ptr() == x.data_ptr()
    assert arguments.points(x, "x").data_ptr() != x.data_ptr()
    (same,) = arguments.variables((x,), copy=False)
    assert same.data_ptr() == x.data_ptr()
    (other,) = arguments.variables((x,))
    assert other.data_ptr() != x.data_ptr()


def test_a_finite_tensor_is_let_through():
    arguments.finite(torch.ones(3), "x")
    arguments.finite(torch.ones(0), "x")


def test_long_values_are_shortened():
    with pytest.raises(TypeError) as caught:
        seegrad.derivative(torch.sin, "x" * 10_000)
    assert len(str(caught.value)) < 400


def test_a_sum_that_overflows_is_no_reason_to_refuse_its_terms():
    arguments.finite(torch.tensor([1e308, 1e308], dtype=torch.float64), "x")


# ---------------------------------------------------------------- inside transforms

TRANSFORMS = {
    "vmap": torch.func.vmap,
    "grad": lambda f: torch.func.grad(lambda x: f(x).sum()),
    "jvp": lambda f: lambda x: torch.func.jvp(f, (x,), (x,)),
    "functionalize": torch.func.functionalize,
    "jacrev": torch.func.jacrev,
}


def of_its_argument(x):
    return seegrad.derivative(torch.sin, x)


def of_other_points(x):
    return x * seegrad.derivative(torch.sin, TWO)[0]


def by_differences(x):
    return seegrad.numerical_derivative(torch.sin, x)


INSIDE = [of_its_argument, of_other_points, by_differences]


# ---------------------------------------------------------------- errors

ABC = [1.0, 2.0, 3.0]
HUGE = 10**400
LEAF = torch.ones(2, requires_grad=True)
META = torch.ones(1, device="meta")


def number(value, least=1, most=None):
    return lambda: arguments.whole_number(value, "n", least=least, most=most)


def positive(value):
    return lambda: arguments.positive(value, "h")


def flag(value):
    return lambda: arguments.flag(value, "check")


def choice(value):
    return lambda: arguments.choice(value, "how", ("sum", "mean"))


FROM_1 = "be a whole number from 1"
ABOVE_0 = "be a number above 0"
FINITE = "be a finite number above 0"
FLAG = (TypeError, "check", "be True or False")
ONE_OF = "be one of 'sum', 'mean'"
AXES = "be two-dimensional matplotlib Axes"
ROWS = {
    # integers
    "0": (number(0), ValueError, "n", FROM_1, "0", "n=1"),
    "-1": (number(-1, 0), ValueError, "n", "number from 0", "-1", "n=1"),
    "1.0": (number(1.0), TypeError, "n", FROM_1, "1.0, of type float", "an int"),
    "True": (number(True), TypeError, "n", FROM_1, "True, of type bool", "an int"),
    "NumPy's True": (number(np.True_), TypeError, "n", FROM_1, "True", "an int"),
    "'1'": (number("1"), TypeError, "n", FROM_1, "'1', of type str", "an int"),
    "None": (number(None), TypeError, "n", FROM_1, "None", "an int"),
    "tensor": (number(torch.tensor(1)), TypeError, "n", FROM_1, "int64", "an int"),
    "array": (number(np.ones(2)), TypeError, "n", FROM_1, "float64", "an int"),
    "too large": (number(8, 0, 7), ValueError, "n", "from 0 to 7", "8", "n=1"),
    # numbers above zero
    "h 0": (positive(0), ValueError, "h", FINITE, "0.0", "h=0.001"),
    "h -1": (positive(-1), ValueError, "h", FINITE, "-1.0", "h=0.001"),
    "h inf": (positive(math.inf), ValueError, "h", FINITE, "inf", "h=0.001"),
    "h nan": (positive(math.nan), ValueError, "h", FINITE, "nan", "h=0.001"),
    "h huge": (positive(HUGE), ValueError, "h", FINITE, "inf", "h=0.001"),
    "h True": (positive(True), TypeError, "h", ABOVE_0, "True, of type bool", "float"),
    "h str": (positive("1"), TypeError, "h", ABOVE_0, "'1', of type str", "a float"),
    "h tensor": (positive(META), TypeError, "h", ABOVE_0, "float32", "a float"),
    "h None": (positive(None), TypeError, "h", ABOVE_0, "None", "a float"),
    # True or False
    "check 1": (flag(1), *FLAG, "1, of type int", "check=True"),
    "check 'yes'": (flag("yes"), *FLAG, "'yes', of type str", "check=True"),
    "check None": (flag(None), *FLAG, "it is None", "check=True"),
    "check tensor": (flag(LEAF > 0), *FLAG, r"shape \(2,\)", "check=True"),
    # words
    "a word": (choice("min"), ValueError, "how", ONE_OF, "'min'", "one of them"),
    "no word": (choice(None), TypeError, "how", ONE_OF, "None", "Pass a string"),
    "not text": (
        lambda: arguments.text(1, "words"),
        TypeError,
        "words",
        "be a string",
        "1, of type int",
        "Pass for example",
    ),
    # a function
    "not a function": (
        lambda: arguments.function(3.0),
        TypeError,
        "f",
        "be a function of tensors",
        "3.0, of type float",
        r"f and not f\(x\)",
    ),
    # shapes, devices and numbers of points
    "two devices": (
        lambda: arguments.one_device({"x0": torch.ones(1), "x1": META}),
        ValueError,
        "All points",
        "lie on one device",
        "x0 on cpu, x1 on meta",
        r"\.to\(device\)",
    ),
    "no variable": (
        lambda: arguments.variables(()),
        TypeError,
        "f",
        "have at least one variable",
        "none was given",
        "x0, x1",
    ),
    "no broadcast": (
        lambda: arguments.variables((ABC, [1.0, 2.0])),
        ValueError,
        "The variables",
        "broadcast to one shape",
        r"x0 \(3,\), x1 \(2,\)",
        "equal or 1",
    ),
    "an axis of no dimension": (
        lambda: arguments.axis(1.0, "x"),
        ValueError,
        "x",
        r"be one-dimensional, of shape \(n,\)",
        r"shape \(\)",
        r"flatten\(\)",
    ),
    "an axis without points": (
        lambda: arguments.axis([], "x"),
        ValueError,
        "x",
        "have at least one point",
        r"shape \(0,\)",
        "linspace",
    ),
    "nan": (
        lambda: arguments.finite(torch.tensor([1.0, math.nan]), "x"),
        ValueError,
        "x",
        "be finite",
        "entry 1 is nan",
        "Remove nan and inf",
    ),
    "inf in a matrix": (
        lambda: arguments.finite(torch.tensor([[1.0, 2.0], [math.inf, 3.0]]), "x"),
        ValueError,
        "x",
        "be finite",
        "entry 2 is inf",
        "Remove nan and inf",
    ),
    "two shapes": (
        lambda: arguments.same_shape(torch.ones(3), torch.ones(1), ("x", "slope")),
        ValueError,
        "x and slope",
        "have the same shape",
        r"\(3,\) and \(1,\)",
        "one value for each point",
    ),
    "a bool tensor in a list": (
        lambda: arguments.points([1.0, LEAF[0] > 0], "x"),
        TypeError,
        r"x\[1\]",
        "be real numbers",
        "torch.bool",
        "torch.float64",
    ),
    "a lazy parameter in a list": (
        lambda: arguments.points([[torch.nn.UninitializedParameter()]], "x"),
        ValueError,
        r"x\[0\]\[0\]",
        "hold values",
        "a lazy parameter, which has no shape and no values yet",
        "Call its module",
    ),
    # what functions take that show something
    "not a tensor": (
        lambda: arguments.any_tensor(3.0, "root", "Pass a tensor."),
        TypeError,
        "root",
        "be a tensor",
        "3.0, of type float",
        "Pass a tensor",
    ),
    "not a result": (
        lambda: arguments.result(3.0, seegrad.TangentLine, "line", "tangent_line"),
        TypeError,
        "line",
        "be a TangentLine",
        "3.0, of type float",
        r"seegrad\.tangent_line\(",
    ),
    "not axes": (
        lambda: arguments.axes(3, three_d=False),
        TypeError,
        "ax",
        AXES,
        "3, of type int",
        r"fig\.add_subplot\(\)",
    ),
    "flat axes": (
        lambda: arguments.axes(Figure().add_subplot(), three_d=True),
        TypeError,
        "ax",
        "be three-dimensional matplotlib Axes",
        "of type Axes",
        "projection='3d'",
    ),
    "deep axes": (
        lambda: arguments.axes(Figure().add_subplot(projection="3d"), three_d=False),
        TypeError,
        "ax",
        AXES,
        "of type Axes3D",
        r"fig\.add_subplot\(\)",
    ),
    "no kind of error": (
        lambda: arguments.error_kind(int),
        TypeError,
        "kind",
        "be a type of exception",
        "of type type",
        "RuntimeError",
    ),
    # calls of ours where no graph can be recorded
    **{
        f"{transform}, {f.__name__}": (
            lambda transform=transform, f=f: TRANSFORMS[transform](f)(torch.ones(3)),
            ValueError,
            "x",
            "be given where PyTorch computes with plain tensors",
            r"inside of torch\.func",
            "Call seegrad first",
        )
        for transform in TRANSFORMS
        for f in INSIDE
    },
    "fake tensors": (
        lambda: within(FakeTensorMode(), lambda: seegrad.derivative(torch.sin, TWO)),
        ValueError,
        "x",
        "be given where PyTorch computes with plain tensors",
        "a FakeTensorMode",
        "Call seegrad first",
    ),
}


def within(mode, run):
    with mode:
        return run()


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")  # jvp's
@pytest.mark.parametrize("row", ROWS)
def test_an_error_teaches(row):
    assert_teaches(Refusal(row, *ROWS[row]))


def test_a_transform_inside_of_f_is_fine():
    x = torch.tensor(TWO, dtype=torch.float64)
    assert_same(seegrad.derivative(torch.func.vmap(torch.sin), x), x.cos())


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_])
def test_a_flag(value):
    assert arguments.flag(value, "check") is bool(value)


@pytest.mark.parametrize("value", [1, 7, np.int8(3), np.uint64(7)])
def test_an_integer_is_taken(value):
    assert type(arguments.whole_number(value, "n", least=1, most=7)) is int


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), Fraction(1, 2), 5e-324])
def test_a_number_above_zero_is_taken(value):
    assert arguments.positive(value, "h") == value
