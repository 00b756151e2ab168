"""Bad points and bad functions, in every call that takes them: each error teaches."""

import math
import re
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
from calls import CALLS, DRAWN
from refusals import Refusal, assert_teaches
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.masked import masked_tensor

import seegrad

# ---------------------------------------------------------------- points

EVERY_CALL = CALLS + DRAWN

HUGE = 10**400
MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch calls these prototypes and outdated
    NESTED = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    JAGGED = torch.nested.nested_tensor([torch.ones(2)], layout=torch.jagged)
    MASKED_TENSOR = masked_tensor(torch.ones(3), torch.ones(3) > 0)
    QUANTIZED = torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)

LAZY = torch.nn.UninitializedParameter()
FAKE = FakeTensorMode().from_tensor(torch.ones(3))

PLAIN = (TypeError, "be a plain tensor", "as a plain tensor or an array")
REAL = (TypeError, "be real numbers", "torch.float64")
DENSE = (TypeError, "be a dense tensor", "to_dense")
SIZED = (ValueError, "fit into float64", "below 1.8e308")
BAD_POINTS = {
    "bool": (True, "True, of type bool", *REAL),
    "list of bools": ([True, False], "bool", *REAL),
    "bools among numbers": ([True, 2.0], "[True, 2.0], of type list with a", *REAL),
    "array of bools": (np.ones(3, bool), "shape (3,) and dtype bool", *REAL),
    "tensor of bools": (torch.ones(3) > 0, "torch.bool", *REAL),
    "complex": (1j, "1j, of type complex", *REAL),
    "list of complex": ([1.0, 2j], "complex128", *REAL),
    "complex array": (np.ones(3) * 1j, "complex128", *REAL),
    "complex tensor": (torch.ones(3) * 1j, "complex64", *REAL),
    "str": ("1.0", "'1.0', of type str", *REAL),
    "list of str": (["1", "2"], "['1', '2']", *REAL),
    "bytes": (b"1", "of type bytes", *REAL),
    "None": (None, "None", *REAL),
    "list with None": ([1.0, None], "[1.0, None]", *REAL),
    "dict": ({"x": 1.0}, "of type dict", *REAL),
    "set": ({1.0}, "of type set", *REAL),
    "generator": ((k for k in [1.0]), "generator", *REAL),
    "function": (torch.sin, "of type builtin", *REAL),
    "module": (math, "of type module", *REAL),
    "date": (np.array("2026-01-01", "M8[D]"), "datetime64", *REAL),
    "record": (np.zeros(3, "f8,f8"), "f8", *REAL),
    "float8": (torch.ones(3).to(torch.float8_e4m3fn), "float8_e4m3fn", *REAL),
    "sparse": (torch.ones(3).to_sparse(), "sparse_coo", *DENSE),
    "nested": (NESTED, "nested", *DENSE),
    "jagged": (JAGGED, "jagged", *DENSE),
    "quantized": (QUANTIZED, "qint8", *DENSE),
    "lazy": (LAZY, "a lazy parameter", ValueError, "hold values", "Call its module"),
    "masked tensor": (MASKED_TENSOR, "and type MaskedTensor", *PLAIN),
    "fake": (FAKE, "and type FakeTensor", *PLAIN),
    "meta": (
        torch.ones(3, device="meta"),
        "shape (3,) and dtype torch.float32 on the meta device",
        ValueError,
        "hold values",
        "'cpu'",
    ),
    "masked": (MASKED, "masked", TypeError, "hold a value at every", ".compressed()"),
    "ragged": (
        [[1.0], [1.0, 2.0]],
        "[[1.0], [1.0, 2.0]], of type list",
        ValueError,
        "equal rows",
        "the same length",
    ),
    "huge int": (HUGE, "100000", *SIZED),
    "list of a huge int": ([HUGE], "100000", *SIZED),
    "huge fraction": (Fraction(HUGE), "Fraction", *SIZED),
}
LONG = np.ones(3, np.longdouble)
if LONG.itemsize > 8:  # where C has one
    wanted = (TypeError, "of a dtype PyTorch has", ".astype(float)")
    BAD_POINTS["longdouble"] = (LONG, str(LONG.dtype), *wanted)
    BAD_POINTS["one longdouble"] = (LONG[0], "of type longdouble", *wanted)


def _points_refused(call, place, bad):
    value, found, error, needed, mend = BAD_POINTS[bad]
    argument, points = list(call.points)[place], list(call.points.values())
    points[place] = value
    name = f"{call}: {argument}, {bad}"
    words = map(re.escape, (needed, found, mend))
    return Refusal(name, lambda: call(*points), error, argument, *words)


POINTS_REFUSED = [
    _points_refused(call, place, bad)
    for call in EVERY_CALL
    for place, argument in enumerate(call.points)
    for bad in BAD_POINTS
    # For a fit, start=None asks for a random one.
    if (argument, bad, call.f) != ("start", "None", None)
]

# ---------------------------------------------------------------- functions


class BackwardFails(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, *others):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        raise KeyError("no slope")


class Shut(torch.nn.Module):
    def forward(self):
        return torch.ones(3)


WEIGHT = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)


def fails(*xs):
    raise KeyError("missing")


def adds_in_place(*xs):
    x = xs[-1]
    x += 1
    return x


def changes_data(*xs):
    xs[-1].data.mul_(10)
    return xs[-1] ** 2


def changes_without_grad(*xs):
    with torch.no_grad():
        xs[-1].mul_(2)
    return xs[-1] ** 2


def overwrites_what_backward_needs(*xs):
    y = torch.exp(xs[0])
    y += 1
    return y


def asks_for_any(*xs):
    return xs[0] ** 2 if (xs[0] > 0.75).any() else -xs[0]


ACCEPT = r"accept tensors of shape \(.*\) and dtype torch.float64"
RETURN = r"return a tensor of shape \(.*\), one value a point"
ONE_A_POINT = r"return one value a point, shape \("
REALS = "return floating-point numbers"
WITH_TORCH = "compute its result from .* with torch functions"
TORCH = "use torch functions instead of .item"
RANDOM = (
    ValueError,
    "give the same value each time",
    r"at point \d it gave",
    "draw it",
)
MIXED = (ValueError, "be elementwise, each value computed from its own point")
JACOBIAN = r"torch\.func\.jacrev"
NOT_CALLED = (TypeError, "be a function of tensors")
OTHERWISE = "Pass the function itself"
ARGUMENTS = (TypeError, "take [12] arguments?, one tensor a variable")

# Refused by every function that takes one.
BAD_FUNCTIONS = {
    "None": (None, *NOT_CALLED, "it is None", OTHERWISE),
    "number": (3.0, *NOT_CALLED, "3.0, of type float", OTHERWISE),
    "str": ("sin", *NOT_CALLED, "'sin', of type str", OTHERWISE),
    "f(x) for f": (torch.ones(2), *NOT_CALLED, r"shape \(2,\)", r"f and not f\(x\)"),
    "tuple": (lambda *xs: (xs[0],), TypeError, RETURN, "type tuple", "Return one ten"),
    "list": (lambda *xs: [xs[0]], TypeError, RETURN, "type list", "Return one tensor"),
    "None back": (lambda *xs: None, TypeError, RETURN, "returned None", "return"),
    "float back": (lambda *xs: 3.0, TypeError, RETURN, "3.0, of type float", "torch"),
    "array": (
        lambda *xs: np.ones((2, 7)),
        TypeError,
        RETURN,
        r"an array of shape \(2, 7\) and dtype float64",
        "what torch functions make",
    ),
    "bools": (lambda *xs: xs[0] > 0, TypeError, REALS, "torch.bool", "leave out the"),
    "ints": (lambda *xs: xs[0].long(), TypeError, REALS, "torch.int64", "leave out"),
    "complex": (lambda *xs: xs[0] * 1j, TypeError, REALS, "complex128", "real part"),
    "float8": (
        lambda *xs: xs[0].to(torch.float8_e4m3fn),
        TypeError,
        REALS,
        "float8_e4m3fn",
        "leave out the conversion",
    ),
    "one dimension more": (
        lambda *xs: xs[0][None],
        ValueError,
        ONE_A_POINT,
        r"returned shape \(1,",
        "without sum, mean",
    ),
    "nothing back": (
        lambda *xs: xs[0].flatten()[:0],
        ValueError,
        ONE_A_POINT,
        r"returned shape \(0,\)",
        r"write c \+ 0 \* x",
    ),
    "another device": (
        lambda *xs: xs[0].to("meta"),
        ValueError,
        "return its values on cpu",
        "they are on meta",
        r"Leave out \.to\(\)",
    ),
    "sparse": (
        lambda *xs: xs[0].to_sparse(),
        TypeError,
        "return a dense tensor",
        "torch.sparse_coo",
        r"to_dense\(\)",
    ),
    "raises": (fails, ValueError, ACCEPT, "KeyError: 'missing'", "Call f yourself"),
    "TypeError": (lambda *xs: xs[0] + "1", ValueError, ACCEPT, "TypeError", "Call f"),
    "raises without a word": (
        lambda *xs: (_ for _ in ()).throw(StopAsyncIteration()),
        ValueError,
        ACCEPT,
        "StopAsyncIteration: no message",
        "Call f yourself",
    ),
    "another dtype inside": (
        lambda *xs: xs[0].reshape(-1) @ torch.ones(xs[0].numel()),
        ValueError,
        ACCEPT,
        "RuntimeError: .*same dtype",
        "points of f's own dtype",
    ),
    "no arguments": (lambda: 1, *ARGUMENTS, "takes 0 positional", "Change f"),
    "no arguments, module": (Shut(), *ARGUMENTS, "takes 1 positional", "Change f"),
    "too many arguments": (lambda *xs, a: 1, *ARGUMENTS, "required", "Change f"),
    "too many, builtin": (torch.addcmul, ValueError, ACCEPT, "TypeError", "Call f y"),
}
# Refused where several points go in at once.
BAD_FOR_SEVERAL = {
    ".sum()": (
        lambda *xs: xs[0].sum(),
        ValueError,
        ONE_A_POINT,
        r"\(\)",
        "without sum",
    ),
    ".item()": (lambda *xs: xs[0] * xs[0].item(), ValueError, ACCEPT, "Scalar", TORCH),
    "float()": (lambda *xs: xs[0] * float(xs[0]), ValueError, ACCEPT, "scalar", TORCH),
    "math.sin": (lambda *xs: math.sin(xs[0]), ValueError, ACCEPT, "scalar", TORCH),
    "if": (
        lambda *xs: xs[0] if xs[0] > 0 else -xs[0],
        ValueError,
        ACCEPT,
        "Boolean value of Tensor",
        "torch.where instead of if",
    ),
    "max": (
        lambda *xs: max(xs[0], 0 * xs[0]),
        ValueError,
        ACCEPT,
        "Boolean value of Tensor",
        "torch.where instead of if",
    ),
}
# Refused where a derivative is taken at several points at once.
BAD_AT_SEVERAL = {
    "random": (lambda *xs: xs[0] + torch.rand_like(xs[0]), *RANDOM),
    "x * x.sum()": (
        lambda *xs: xs[0] * xs[0].sum(),
        *MIXED,
        r"at point \d it gives .* among the \d points, and .* alone",
        JACOBIAN,
    ),
    "if on all points": (asks_for_any, *MIXED, "for that point alone", "torch.where"),
    "works only together": (
        lambda *xs: xs[0] + 0 * xs[0].flatten()[1],
        *MIXED,
        r"works for \d points together and fails for point 0 alone",
        JACOBIAN,
    ),
}
# Refused where autograd takes the derivative.
BAD_FOR_AUTOGRAD = {
    "detached": (
        lambda *xs: xs[0].detach() ** 2,
        ValueError,
        WITH_TORCH,
        "no path of the autograd graph",
        r"\.detach\(\)",
    ),
    "constant": (
        lambda *xs: torch.ones_like(xs[0]),
        ValueError,
        WITH_TORCH,
        "no path of the autograd graph",
        r"c \+ 0 \* x",
    ),
    "another tensor's": (
        lambda *xs: WEIGHT * torch.ones_like(xs[0]),
        ValueError,
        WITH_TORCH,
        "no path of the autograd graph",
        r"c \+ 0 \* x",
    ),
    "np.sin": (
        lambda *xs: np.sin(xs[0]),
        ValueError,
        ACCEPT,
        r"Can't call numpy\(\)",
        "torch.sin instead of np.sin",
    ),
    "in place": (adds_in_place, ValueError, ACCEPT, "in-place", r"x = x \+ 1"),
    "changes .data": (
        changes_data,
        ValueError,
        "leave its argument as it is",
        "through .data",
        r"x = x \+ 1",
    ),
    "changes x under no_grad": (
        changes_without_grad,
        ValueError,
        "leave its argument as it is",
        r"under no_grad\(\)",
        r"x = x \+ 1",
    ),
    "result changed in place": (
        overwrites_what_backward_needs,
        ValueError,
        "operations that autograd can run backwards",
        "RuntimeError: .* modified by an inplace",
        r"y = y \+ 1",
    ),
    "backward fails": (
        BackwardFails.apply,
        ValueError,
        "operations that autograd can run backwards",
        "KeyError: 'no slope'|no slope",
        "Call f yourself",
    ),
    "no formula": (
        lambda *xs: torch.special.gammainc(xs[0] ** 2, xs[0] ** 2),
        ValueError,
        "operations that autograd can run backwards",
        "igamma",
        "Call f yourself",
    ),
}


FOR_A_CHECK = {*BAD_AT_SEVERAL, "changes .data", "changes x under no_grad"}


def _function_refused(call, bad, row):
    f, error, needed, found, mend = row

    def run():
        xs = [
            torch.tensor(x, dtype=torch.float64, requires_grad=True)
            for x in call.points.values()
        ]
        try:
            call.run(f, *xs)
        finally:
            for x, points in zip(xs, call.points.values(), strict=True):
                assert x.tolist() == points
                assert (x.grad, x._version, x.requires_grad) == (None, 0, True)

    return Refusal(f"{call}: f, {bad}", run, error, "f", needed, found, mend)


def _tables(call):
    """The bad functions that a call must refuse."""
    tables = dict(BAD_FUNCTIONS)
    if call.name != "descend":  # takes one point at a time
        tables |= BAD_FOR_SEVERAL
        if call not in DRAWN:
            tables |= BAD_AT_SEVERAL
    if call not in DRAWN and "numerical" not in call.name:
        tables |= BAD_FOR_AUTOGRAD
    if "unchecked" in call.name:
        tables = {bad: row for bad, row in tables.items() if bad not in FOR_A_CHECK}
    if call.name.startswith("diagnose"):
        answered = {*BAD_AT_SEVERAL, "detached", "constant", "another tensor's"}
        answered |= {"result changed in place", "backward fails", "no formula"}
        tables = {bad: row for bad, row in tables.items() if bad not in answered}
    return tables


FUNCTIONS_REFUSED = [
    _function_refused(call, bad, row)
    for call in EVERY_CALL
    if call.f is not None
    for bad, row in _tables(call).items()
]

# Of one function each: what the tables above have no room for.
ALSO_REFUSED = {
    "float at one point": (
        lambda: seegrad.derivative(lambda x: x.tolist(), 1.0),
        TypeError,
        "f",
        r"return a tensor of shape \(\)",
        "1.0, of type float",
        "float",
    ),
    "mixed gradients": (
        lambda: seegrad.derivative(lambda x: x.flip(0), torch.ones(3)),
        ValueError,
        "f",
        "be elementwise",
        "the gradient at point",
        JACOBIAN,
    ),
    "mixed second order": (
        lambda: seegrad.derivative(lambda x: x * x.sum(), [0.0, 0.0], order=2),
        ValueError,
        "f",
        "be elementwise",
        "the gradient at point",
        JACOBIAN,
    ),
    "arguments changed alone": (
        lambda: seegrad.gradient(lambda a: a, 1.0, 2.0),
        TypeError,
        "f",
        "take 2 arguments, one tensor a variable",
        "takes 1 positional argument but 2 were given",
        "the number of points",
    ),
}

# ---------------------------------------------------------------- the tests

REFUSED = [
    *POINTS_REFUSED,
    *FUNCTIONS_REFUSED,
    *(Refusal(name, *row) for name, row in ALSO_REFUSED.items()),
]


@pytest.mark.parametrize("refusal", REFUSED, ids=str)
def test_an_error_teaches(refusal):
    assert_teaches(refusal)
