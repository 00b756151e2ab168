"""Every error of the library: the argument, the need, the finding and the mend."""

import math
import re
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
from calls import CALLS, FIT, LINE, PLANE, Call, bowl, wave
from refusals import Refusal, assert_teaches

import seegrad
from seegrad.checks import arguments
from seegrad.graphs.gradient_graph import DEEPEST

# ---------------------------------------------------------------- points

DRAWN = [
    Call("plot_function", seegrad.plot_function, {"x": [0.5, 1.0, 2.0]}, wave),
    Call(
        "plot_function, surface",
        seegrad.plot_function,
        {"x0": [0.5, 1.0], "x1": [1.0, -1.0, 3.0]},
        bowl,
    ),
    Call(
        "plot_derivative",
        lambda f, x, slope: seegrad.plot_derivative(x, slope),
        {"x": [0.5, 1.0], "slope": [1.0, 3.0]},
    ),
]
EVERY_CALL = CALLS + DRAWN

HUGE = 10**400
MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch calls these prototypes and outdated
    NESTED = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    JAGGED = torch.nested.nested_tensor([torch.ones(2)], layout=torch.jagged)
    QUANTIZED = torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)

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
    if call.name.startswith("diagnose"):
        answered = {*BAD_AT_SEVERAL, "detached", "constant", "another tensor's"}
        tables = {bad: row for bad, row in tables.items() if bad not in answered}
    return tables


FUNCTIONS_REFUSED = [
    _function_refused(call, bad, row)
    for call in EVERY_CALL
    if call.f is not None
    for bad, row in _tables(call).items()
]

# ---------------------------------------------------------------- all the others

ABC = [1.0, 2.0, 3.0]
ABCD = [1.0, 2.0, 3.0, 5.0]
META = torch.ones(1, device="meta")
LEAF = torch.ones(2, requires_grad=True)
FIELD = seegrad.gradient_field(bowl, [0.0, 1.0], [0.0, 1.0])
RESULTS = {
    "plot_tangent_line": ("tangent", "TangentLine", "tangent_line"),
    "plot_tangent_plane": ("plane", "TangentPlane", "tangent_plane"),
    "plot_gradient_field": ("field", "GradientField", "gradient_field"),
    "plot_descent": ("path", "Path", "descend"),
    "plot_reduction": ("reduction", "Reduction", "reduce_gradient"),
    "plot_fit": ("fit", "PolynomialFit", "fit_polynomial"),
    "plot_losses": ("fit", "PolynomialFit", "fit_polynomial"),
}


def derive(order):
    return lambda: seegrad.derivative(wave, ABC, order=order)


def check(value):
    return lambda: seegrad.derivative(wave, ABC, check=value)


def differ(h, x=ABC):
    return lambda: seegrad.numerical_derivative(wave, x, h=h)


def field(x0=ABC, x1=ABC, **options):
    return lambda: seegrad.gradient_field(bowl, x0, x1, **options)


def walk(f=bowl, start=(1.0, 2.0), **options):
    options = {"learning_rate": 0.1, "steps": 2} | options
    return lambda: seegrad.descend(f, list(start), **options)


def reduce(how, x=ABC):
    return lambda: seegrad.reduce_gradient(wave, x, how)


def fit(x=ABCD, y=ABCD, **options):
    return lambda: seegrad.fit_polynomial(x, y, **options)


def solve(x=ABCD, y=ABCD, **options):
    return lambda: seegrad.least_squares(x, y, **options)


def see(root, **options):
    return lambda: seegrad.gradient_graph(root, **options)


def too_deep():
    y = LEAF
    for _ in range(DEEPEST + 1):
        y = y + 1
    seegrad.gradient_graph(y)


FROM_1 = "be a whole number from 1"
FROM_0 = "be a whole number from 0"
ABOVE_0 = "be a number above 0"
FINITE = "be a finite number above 0"
FLAT = r"be one-dimensional, of shape \(n,\)"
FLATTEN = r"flatten\(\)"
POINT = "have at least one point"
METHODS = "be one of 'autograd', 'numerical'"
HOWS = "be one of 'sum', 'loop', 'mean', 'max'"
FROM_Y = "compute its result from y"
TO_ONE = "reduce a tensor of shape .* to one number"
RATE = "be small enough for"
SLOPE = "have a finite value and slope where the "
CHECK = "be True, False or None"
NO_LINE = "have a tangent line at each point"
ROOT = "be a tensor, or a list, tuple or dict of tensors"

BAD_DATA = {
    "x a matrix": (([[1, 2], [3, 4]], ABCD), "x", FLAT, r"\(2, 2\)", FLATTEN),
    "y a number": ((ABCD, 5), "y", FLAT, r"\(\)", FLATTEN),
    "no points": (([], []), "x", POINT, r"\(0,\)", "linspace"),
    "x inf": (([1, 2, math.inf, 4], ABCD), "x", "be finite", "2 is inf", "Remove"),
    "y nan": ((ABCD, [1, math.nan, 3, 4]), "y", "be finite", "1 is nan", "Remove"),
    "lengths": (
        (ABCD, ABC),
        "x and y",
        "have the same length",
        "x has 4 points and y 3",
        "one y for each x",
    ),
    "few points": (
        (ABC, ABC),
        "x",
        "have at least 4 points for degree 3",
        "it has 3",
        "lower the degree",
    ),
}
OTHERS = {
    # orders, steps and other whole numbers
    "order 0": (derive(0), ValueError, "order", FROM_1, "0", "order=1"),
    "order -1": (derive(-1), ValueError, "order", FROM_1, "-1", "order=1"),
    "order 1.0": (derive(1.0), TypeError, "order", FROM_1, "1.0, of type fl", "an int"),
    "order True": (derive(True), TypeError, "order", FROM_1, "True", "Pass an int"),
    "order '1'": (derive("1"), TypeError, "order", FROM_1, "'1', of type str", "int"),
    "order None": (derive(None), TypeError, "order", FROM_1, "None", "Pass an int"),
    "order tensor": (derive(torch.tensor(1)), TypeError, "order", FROM_1, "int64", "a"),
    # check
    "check 1": (check(1), TypeError, "check", CHECK, "1, of type int", "check=True"),
    "check 'yes'": (check("yes"), TypeError, "check", CHECK, "'yes'", "check=True"),
    "check tensor": (check(LEAF), TypeError, "check", CHECK, r"\(2,\)", "check=True"),
    # steps
    "steps -1": (walk(steps=-1), ValueError, "steps", FROM_0, "-1", "steps=1"),
    "steps 2.0": (walk(steps=2.0), TypeError, "steps", FROM_0, "2.0, of ty", "an int"),
    "steps True": (walk(steps=True), TypeError, "steps", FROM_0, "True", "an int"),
    "fit steps -1": (fit(steps=-1), ValueError, "steps", FROM_0, "-1", "steps=1"),
    "fit steps 1.5": (fit(steps=1.5), TypeError, "steps", FROM_0, "1.5", "steps=1"),
    "fit degree -1": (fit(degree=-1), ValueError, "degree", FROM_0, "-1", "degree=1"),
    "fit degree None": (fit(degree=None), TypeError, "degree", FROM_0, "None", "int"),
    "degree 3.0": (solve(degree=3.0), TypeError, "degree", FROM_0, "3.0, of", "an int"),
    "degree -1": (solve(degree=-1), ValueError, "degree", FROM_0, "-1", "degree=1"),
    "seed -1": (fit(seed=-1), ValueError, "seed", FROM_0, "-1", "seed=1"),
    "seed None": (fit(seed=None), TypeError, "seed", FROM_0, "None", "Pass an int"),
    "seed 2**63": (
        fit(seed=2**63),
        ValueError,
        "seed",
        f"{FROM_0} to {2**63 - 1}",
        str(2**63),
        "seed=1",
    ),
    "levels 0": (
        lambda: seegrad.plot_gradient_field(FIELD, levels=0),
        ValueError,
        "levels",
        FROM_1,
        "0",
        "levels=1",
    ),
    "levels None": (
        lambda: seegrad.plot_gradient_field(FIELD, levels=None),
        TypeError,
        "levels",
        FROM_1,
        "None",
        "Pass an int",
    ),
    # numbers above zero
    "h 0": (differ(0), ValueError, "h", FINITE, "0.0", "h=0.001"),
    "h inf": (differ(math.inf), ValueError, "h", FINITE, "inf", "h=0.001"),
    "h nan": (differ(math.nan), ValueError, "h", FINITE, "nan", "h=0.001"),
    "h huge": (differ(HUGE), ValueError, "h", FINITE, "inf", "h=0.001"),
    "h True": (differ(True), TypeError, "h", ABOVE_0, "True, of type bool", "a float"),
    "h str": (differ("1"), TypeError, "h", ABOVE_0, "'1', of type str", "Pass a float"),
    "h tensor": (differ(torch.tensor(0.1)), TypeError, "h", ABOVE_0, "float32", "a fl"),
    "h lost in float32": (
        differ(1e-50, torch.ones(3)),
        ValueError,
        "h",
        "be a step that torch.float32 can hold",
        "1e-50, which becomes zero or infinite",
        "float64 points",
    ),
    "rate 0": (
        walk(learning_rate=0),
        ValueError,
        "learning_rate",
        FINITE,
        "0",
        "0.001",
    ),
    "rate None": (
        walk(learning_rate=None),
        TypeError,
        "learning_rate",
        ABOVE_0,
        "None",
        "Pass a float",
    ),
    "fit rate inf": (
        fit(learning_rate=math.inf),
        ValueError,
        "learning_rate",
        FINITE,
        "inf",
        "0.001",
    ),
    "fit rate str": (
        fit(learning_rate="fast"),
        TypeError,
        "learning_rate",
        ABOVE_0,
        "'fast', of type str",
        "Pass a float",
    ),
    "width 0": (
        lambda: seegrad.plot_tangent_line(LINE, width=0),
        ValueError,
        "width",
        FINITE,
        "0.0",
        "width=0.001",
    ),
    "width of a plane": (
        lambda: seegrad.plot_tangent_plane(PLANE, width="2"),
        TypeError,
        "width",
        ABOVE_0,
        "'2', of type str",
        "Pass a float",
    ),
    # words
    "method": (
        field(method="exact"),
        ValueError,
        "method",
        METHODS,
        "'exact'",
        "one of",
    ),
    "method None": (field(method=None), TypeError, "method", METHODS, "None", "string"),
    "how": (reduce("min"), ValueError, "how", HOWS, "'min'", "one of them"),
    "how None": (reduce(None), TypeError, "how", HOWS, "None", "Pass a string"),
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
        lambda: seegrad.gradient(bowl),
        TypeError,
        "f",
        "have at least one variable",
        "none was given",
        "x0, x1",
    ),
    "no broadcast": (
        lambda: seegrad.gradient(bowl, ABC, [1.0, 2.0]),
        ValueError,
        "The variables",
        "broadcast to one shape",
        r"x0 \(3,\), x1 \(2,\)",
        "equal or 1",
    ),
    "beside a line": (
        lambda: seegrad.tangent_line(wave, [1.0, 2.0])(ABC),
        ValueError,
        "The points",
        r"broadcast with the points of contact, of shape \(2,\)",
        r"\(3,\)",
        r"x\[:, None\]",
    ),
    "axis of a grid": (field(1.0), ValueError, "x0", FLAT, r"shape \(\)", FLATTEN),
    "rows of a grid": (field(ABC, [ABC]), ValueError, "x1", FLAT, r"\(1, 3\)", FLATTEN),
    "empty grid": (field([]), ValueError, "x0", POINT, r"shape \(0,\)", "linspace"),
    "nothing to reduce": (
        reduce("sum", []),
        ValueError,
        "x",
        POINT,
        r"shape \(0,\)",
        "linspace",
    ),
    "start 0-d": (
        lambda: seegrad.descend(wave, 1.0, learning_rate=1, steps=1),
        ValueError,
        "start",
        FLAT,
        r"shape \(\)",
        FLATTEN,
    ),
    "start nan": (
        walk(start=[1.0, math.nan]),
        ValueError,
        "start",
        "be finite",
        "1 is n",
        "R",
    ),
    "start of a fit": (
        fit(start=[1, 2]),
        ValueError,
        "start",
        r"have one coefficient a power, shape \(4,\)",
        r"shape \(2,\)",
        r"torch.zeros\(4\)",
    ),
    "fit start inf": (
        fit(start=[0, 0, 0, math.inf]),
        ValueError,
        "start",
        "be finite",
        "entry 3 is inf",
        "Remove nan and inf",
    ),
    **{
        f"{name}, {bad}": (function(*data), ValueError, *words)
        for name, function in {"walk": fit, "solve": solve}.items()
        for bad, (data, *words) in BAD_DATA.items()
    },
    "few different points": (
        solve([1, 1, 1], ABC, degree=1),
        ValueError,
        "x",
        "have at least 2 different points for degree 1",
        "it has 1",
        "lower the degree",
    ),
    "xs": (
        lambda: seegrad.plot_function(bowl, ABC, ABC, ABC),
        ValueError,
        "xs",
        "be one or two variables",
        "3 were given",
        "Fix the others",
    ),
    "slope and x": (
        lambda: seegrad.plot_derivative(ABC, [1.0]),
        ValueError,
        "x and slope",
        "have the same shape",
        r"\(3,\) and \(1,\)",
        "one value for each point",
    ),
    "path of three": (
        lambda: seegrad.plot_descent(walk(lambda a, b, c: a + b + c, ABC)()),
        ValueError,
        "path",
        "have one or two variables",
        "it has 3",
        "its values over the steps",
    ),
    # values beyond what a dtype or a graph holds
    "walk away": (
        walk(lambda x, y: x**4 + y, learning_rate=1e200),
        ValueError,
        "learning_rate",
        f"{RATE} the walk to stay finite",
        r"with 1e\+200 f is inf by step \d",
        "a tenth of it",
    ),
    "fit grows": (
        fit(learning_rate=1.0),
        ValueError,
        "learning_rate",
        f"{RATE} the loss to fall",
        r"with 1 it grew from .* to .* by step 1",
        "choose a smaller one",
    ),
    "powers overflow": (
        fit([1e80, 2e80, 3e80, 4e80]),
        ValueError,
        "x",
        "be of a size whose powers torch.float64 can hold",
        r"6\.4e\+241",
        "Rescale x",
    ),
    "loss overflows": (
        fit(ABCD, [1e300] * 4),
        ValueError,
        "y",
        "be of a size whose squared errors torch.float64 can hold",
        "at the start their sum is inf",
        "Rescale y",
    ),
    "coefficients overflow": (
        solve([1e-200, 2e-200, 3e-200, 4e-200], ABCD),
        ValueError,
        "x",
        "be of a size whose powers up to 3 torch.float64 can hold",
        "its largest is 4e-200",
        "Rescale x",
    ),
    "line without slope": (
        lambda: seegrad.tangent_line(torch.sqrt, [1.0, 0.0]),
        ValueError,
        "f",
        f"{SLOPE}line touches",
        r"at \(0\) its value is 0 and its slope inf",
        "inside the domain",
    ),
    "plane without slope": (
        lambda: seegrad.tangent_plane(lambda a, b: torch.log(a * b), -1.0, 2.0),
        ValueError,
        "f",
        f"{SLOPE}plane touches",
        r"at \(-1, 2\) its value is nan",
        "where f is defined",
    ),
    "line at a jump": (
        lambda: seegrad.tangent_line(torch.floor, 1.0),
        ValueError,
        "f",
        NO_LINE,
        "it has not. At x = 1 f jumps",
        "Choose a point beside it",
    ),
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
        "the gradient at point 0 of 3 contains slopes of other points' values",
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
    # reductions
    "how, shape": (
        reduce(lambda y: y),
        ValueError,
        "how",
        r"return one number, shape \(\)",
        r"returned shape \(3,\)",
        r"\.sum\(\)",
    ),
    "how, pair": (
        reduce(lambda y: y.max(dim=0)),
        TypeError,
        "how",
        r"return a tensor of shape \(\)",
        "of type max",
        r"\.values",
    ),
    "how, None back": (
        reduce(lambda y: None),
        TypeError,
        "how",
        r"return a tensor of shape \(\)",
        "returned None",
        "Use torch functions",
    ),
    "how, item": (
        reduce(lambda y: y.max().item()),
        TypeError,
        "how",
        r"return a tensor of shape \(\)",
        "of type float",
        "Use torch functions",
    ),
    "how, detached": (
        reduce(lambda y: y.sum().detach()),
        ValueError,
        "how",
        FROM_Y,
        "no path of the autograd graph",
        r"\.detach\(\)",
    ),
    "how, argmax": (
        reduce(lambda y: y.argmax()),
        ValueError,
        "how",
        FROM_Y,
        "no path of the autograd graph",
        "argmax",
    ),
    "how, another tensor": (
        reduce(lambda y: WEIGHT * 2),
        ValueError,
        "how",
        FROM_Y,
        "no path of the autograd graph",
        r"\.detach\(\)",
    ),
    "how, complex": (
        reduce(lambda y: torch.complex(y.sum(), y.sum())),
        TypeError,
        "how",
        "return a floating-point number",
        "complex128",
        "real part",
    ),
    "how raises": (
        reduce(lambda y: y @ torch.ones(7).double()),
        ValueError,
        "how",
        TO_ONE,
        "RuntimeError",
        "Call how yourself",
    ),
    "how, two arguments": (
        reduce(lambda y, z: y.sum()),
        ValueError,
        "how",
        TO_ONE,
        "TypeError: .*missing 1 required",
        "Call how yourself",
    ),
    "how, in place": (
        reduce(lambda y: y.mul_(2).sum()),
        ValueError,
        "how",
        "leave y as it is",
        "changed y in place",
        r"y \* 2 instead of y\.mul_",
    ),
    "how, backward fails": (
        reduce(lambda y: BackwardFails.apply(y.sum())),
        ValueError,
        "how",
        TO_ONE,
        "no slope",
        "Call how yourself",
    ),
    # graphs
    "root, number": (see(3.0), TypeError, "root", ROOT, "3.0, of type float", r"backw"),
    "root, list": (see([LEAF, None]), TypeError, "root", ROOT, "None", r"backward\(\)"),
    "root, empty": (
        see([]),
        ValueError,
        "root",
        "hold at least one",
        "empty",
        "results",
    ),
    "root, no graph": (
        see(torch.ones(2)),
        ValueError,
        "root",
        "have a graph to walk",
        r"shape \(2,\) and dtype torch.float32 that does not require",
        "requires_grad=True",
    ),
    "root, deep": (
        too_deep,
        ValueError,
        "root's graph",
        r"be less than \d+ operations deep",
        "deeper",
        r"sum\(\)",
    ),
    "names": (
        see(LEAF.sum(), names={"x": 3.0}),
        TypeError,
        "names",
        "map strings to tensors",
        "3.0, of type float for 'x', of type str",
        "x",
    ),
    "direction": (
        lambda: seegrad.gradient_graph(LEAF.sum()).dot(direction="up"),
        ValueError,
        "direction",
        "be one of .*'forward'",
        "'up'",
        "Choose one",
    ),
    "path": (
        lambda: seegrad.gradient_graph(LEAF.sum()).save("graph.txt"),
        ValueError,
        "path",
        r"end in .*\.svg",
        "'graph.txt'",
        "one of these endings",
    ),
    # pictures
    **{
        f"{name}, None": (
            lambda name=name: getattr(seegrad, name)(None),
            TypeError,
            argument,
            f"be a {kind}",
            "None",
            rf"seegrad\.{maker}\(\.\.\.\)",
        )
        for name, (argument, kind, maker) in RESULTS.items()
    },
    "ax": (
        lambda: seegrad.plot_function(wave, ABC, ax=3),
        TypeError,
        "ax",
        "be two-dimensional matplotlib Axes",
        "3, of type int",
        r"fig\.add_subplot\(\)",
    ),
    "ax of a surface": (
        lambda: seegrad.plot_tangent_plane(PLANE, ax="ax"),
        TypeError,
        "ax",
        "be three-dimensional matplotlib Axes",
        "'ax', of type str",
        "projection='3d'",
    ),
    "a fit's points": (
        lambda: FIT("x"),
        TypeError,
        "x",
        "be real numbers",
        "'x', of type str",
        "torch.float64",
    ),
    # explaining a gradient, and showing an error
    "explain a list": (
        lambda: seegrad.explain_grad([1.0]),
        TypeError,
        "tensor",
        "be a tensor",
        "of type list",
        "Pass the tensor",
    ),
    "explain None": (
        lambda: seegrad.explain_grad(None),
        TypeError,
        "tensor",
        "be a tensor",
        "None",
        "pass the tensor itself",
    ),
    "expect no type": (
        lambda: seegrad.expect_error("RuntimeError"),
        TypeError,
        "kind",
        "be a type of exception",
        "'RuntimeError', of type str",
        "Pass for example RuntimeError",
    ),
    "expect no words": (
        lambda: seegrad.expect_error(RuntimeError, 1),
        TypeError,
        "words",
        "be a string",
        "1, of type int",
        "Pass for example",
    ),
    "expect in vain": (
        lambda: expect(RuntimeError, "", None),
        AssertionError,
        "The block",
        "raise RuntimeError",
        "it ran through",
        "Leave out expect_error",
    ),
    "expect other words": (
        lambda: expect(RuntimeError, "twice", RuntimeError("once")),
        AssertionError,
        "The block",
        "fail with a message that says 'twice'",
        "it raised RuntimeError: once",
        "Pass words that are in it",
    ),
}


def expect(kind, words, error):
    """Run a block that raises the error, or none, under `expect_error`."""
    with seegrad.expect_error(kind, words):
        if error:
            raise error


# ---------------------------------------------------------------- the tests

REFUSED = [
    *POINTS_REFUSED,
    *FUNCTIONS_REFUSED,
    *(Refusal(name, *row) for name, row in OTHERS.items()),
]


@pytest.mark.parametrize("refusal", REFUSED, ids=str)
def test_an_error_teaches(refusal):
    assert_teaches(refusal)
