"""Planted faults: functions of u that go wrong at u = 0, put into smooth ones.

u is (x − x0)/scale, or two variables' sum, passed through a smooth φ with φ(0) = 0
and φ′(0) = 1. What comes out goes through a smooth outer function and is added to one.
"""

import torch
from cases import DTYPES, Case
from expressions import function, taylor, text
from hypothesis import strategies as st
from mixing import RANDOM, mixing
from mpmath import mp
from torch import where
from torch.autograd import Function
from torch.nn import functional


def zeros(u):
    return torch.zeros_like(u)


class Doubled(Function):
    """x² with twice its slope."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, weights):
        (x,) = ctx.saved_tensors
        return 4 * x * weights


class Straight(Function):
    """Rounding, with the slope of what was rounded."""

    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, weights):
        return weights


def hooked(v):
    y = torch.sin(v)
    if y.requires_grad:
        y.register_hook(lambda weights: weights / 2)
    return y


def without_graph(v):
    with torch.no_grad():
        frozen = torch.sin(v)
    return v * frozen


def raises_below(u):
    if (u < 0).any():
        raise ValueError("u must not be negative")
    return u * u + u


def exponential(u):
    one = torch.ones((), dtype=u.dtype)
    return torch.distributions.Exponential(one, validate_args=True).log_prob(u)


AT_ZERO = {
    "corner": {
        "abs(u)": torch.abs,
        "relu(u)": torch.relu,
        "relu(-u)": lambda u: torch.relu(-u),
        "clamp(u, min=0)": lambda u: u.clamp(min=0),
        "clamp(1 - u, -1, 1)": lambda u: (1 - u).clamp(-1, 1),
        "hardtanh(1 + u)": lambda u: functional.hardtanh(1 + u),
        "leaky_relu(u)": lambda u: functional.leaky_relu(u, 0.25),
        "where(u > 0, 3*u, u)": lambda u: where(u > 0, 3 * u, u),
        "where(u > 0, sin(u), -u)": lambda u: where(u > 0, torch.sin(u), -u),
        "sqrt(u**2)": lambda u: torch.sqrt(u**2),
        "hypot(u, 0)": lambda u: torch.hypot(u, zeros(u)),
        "maximum(3*u, u)": lambda u: torch.maximum(3 * u, u),
        "maximum(u, -u)": lambda u: torch.maximum(u, -u),
        "softshrink(u + 0.5)": lambda u: functional.softshrink(u + 0.5, 0.5),
        "hardswish(u + 3)": lambda u: functional.hardswish(u + 3),
        "stack([u, -2*u]).amax(0)": lambda u: torch.stack([u, -2 * u]).amax(0),
        "exp(-abs(u))": lambda u: torch.exp(-u.abs()),
        "fmax(u, 0)": lambda u: torch.fmax(u, zeros(u)),
        "prelu(u)": lambda u: functional.prelu(u, u.new_tensor(0.5)),
    },
    "tie": {
        "maximum(u, 0)": lambda u: torch.maximum(u, zeros(u)),
        "minimum(u, 0)": lambda u: torch.minimum(u, zeros(u)),
        "maximum(-2*u, 0)": lambda u: torch.maximum(-2 * u, zeros(u)),
        "stack([u, 0*u]).amax(0)": lambda u: torch.stack([u, zeros(u)]).amax(0),
        "(u + abs(u))/2": lambda u: (u + u.abs()) / 2,
    },
    "jump": {
        "floor(u)": torch.floor,
        "ceil(u)": torch.ceil,
        "floor(u + 1)": lambda u: torch.floor(u + 1),
        "round(u + 0.5)": lambda u: torch.round(u + 0.5),
        "trunc(u + 2)": lambda u: torch.trunc(u + 2),
        "frac(u + 1)": lambda u: torch.frac(u + 1),
        "remainder(u, 1)": lambda u: torch.remainder(u, 1),
        "sign(u)": torch.sign,
        "heaviside(u)": lambda u: torch.heaviside(u, u.new_tensor(0.5)),
        "where(u > 0, u + 1, u)": lambda u: where(u > 0, u + 1, u),
        "where(u == 0, 5, u)": lambda u: where(u == 0, 5.0, u),
        "where(u >= 0, cos(u), -1)": lambda u: where(u >= 0, torch.cos(u), -1.0),
        "(u > 0) + sin(u)": lambda u: (u > 0).to(u.dtype) + torch.sin(u),
        "sign(u)*(1 + u**2)": lambda u: torch.sign(u) * (1 + u**2),
    },
    "cusp": {
        "sqrt(abs(u))": lambda u: u.abs().sqrt(),
        "abs(u)**(2/3)": lambda u: u.abs() ** (2 / 3),
        "abs(u)**0.25": lambda u: u.abs() ** 0.25,
        "abs(u)**0.75": lambda u: u.abs() ** 0.75,
        "(u**2)**(1/3)": lambda u: (u**2) ** (1 / 3),
        "sqrt(relu(u))": lambda u: u.relu().sqrt(),
        "-sqrt(relu(-u))": lambda u: -(-u).relu().sqrt(),
    },
    "vertical tangent": {
        "sign(u)*abs(u)**(1/3)": lambda u: u.sign() * u.abs() ** (1 / 3),
        "sign(u)*abs(u)**0.75": lambda u: u.sign() * u.abs() ** 0.75,
        "sign(u)*sqrt(abs(u))": lambda u: u.sign() * u.abs().sqrt(),
        "where(u > 0, sqrt(u), -sqrt(-u))": lambda u: where(
            u > 0, u.sqrt(), -(-u).sqrt()
        ),
    },
    "cut graph": {
        "v*v.detach()": lambda u: (2 + u) * (2 + u).detach(),
        "v*v.data": lambda u: (2 + u) * (2 + u).data,
        "v*v.item()": lambda u: (2 + u) * (2 + u).item(),
        "v*float(v)": lambda u: (2 + u) * float(2 + u),
        "v*tensor(v.tolist())": lambda u: (2 + u) * u.new_tensor((2 + u).tolist()),
        "v + sin(v).detach()": lambda u: (1 + u) + torch.sin(1 + u).detach(),
        "v*no_grad(sin(v))": lambda u: without_graph(1 + u),
        "v + (round(v) - v).detach()": lambda u: (
            (u + 1.25) + ((u + 1.25).round() - (u + 1.25)).detach()
        ),
        "Doubled(v)": lambda u: Doubled.apply(1 + u),
        "Straight(v)": lambda u: Straight.apply(1.25 + u),
        "sin(v) with a hook that halves": lambda u: hooked(1 + u),
        "exp(v.detach())*v": lambda u: torch.exp(u.detach()) * (1 + u),
    },
    "wrong slope": {
        "relu(u) - relu(-u)": lambda u: u.relu() - (-u).relu(),
        "2*relu(u) - abs(u)": lambda u: 2 * u.relu() - u.abs(),
        "clamp(u, max=0) + clamp(u, min=0)": lambda u: u.clamp(max=0) + u.clamp(min=0),
        "u*sqrt(u**2)": lambda u: u * torch.sqrt(u**2),
        "sqrt(u**4)": lambda u: torch.sqrt(u**4),
        "where(u == 0, 1, sin(u)/u)": lambda u: where(u == 0, 1.0, torch.sin(u) / u),
        "exp(-1/u**2)": lambda u: torch.exp(-1 / u**2),
        "where(v >= 0, sin(v), sqrt(-v)), v > 0": lambda u: where(
            u + 0.3 >= 0, torch.sin(u + 0.3), torch.sqrt(-(u + 0.3))
        ),
        "where(v > 0, sqrt(v), 0), v < 0": lambda u: where(
            u - 1 > 0, torch.sqrt(u - 1), 0.0
        ),
        "where(v > 0, v**1.5, v), v < 0": lambda u: where(
            u - 1 > 0, (u - 1) ** 1.5, u - 1
        ),
        "where(v < 1, sin(v), asin(v)), v > 1": lambda u: where(
            u + 2 > 1, torch.sin(u + 2), torch.asin(u + 2)
        ),
    },
    "edge of the domain": {
        "sqrt(u)": torch.sqrt,
        "sqrt(-u)": lambda u: torch.sqrt(-u),
        "u**1.5": lambda u: u**1.5,
        "u**0.25": lambda u: u**0.25,
        "sqrt(-u**2)": lambda u: torch.sqrt(-(u**2)),
        "asin(1 + u)": lambda u: torch.asin(1 + u),
        "acosh(1 + u)": lambda u: torch.acosh(1 + u),
        "xlogy(u, u)": lambda u: torch.xlogy(u, u),
        "entr(u)": torch.special.entr,
        "where(u < 0, inf, u)": lambda u: where(u < 0, torch.inf, u),
        "where(u > 0, nan, sin(u))": lambda u: where(u > 0, torch.nan, torch.sin(u)),
        "f that raises below 0": raises_below,
        "Exponential(1).log_prob(u)": exponential,
    },
    "outside the domain": {
        "log(u)": torch.log,
        "log(u - 1)": lambda u: torch.log(u - 1),
        "sqrt(u - 1)": lambda u: torch.sqrt(u - 1),
        "1/u": torch.reciprocal,
        "1/u**2": lambda u: 1 / u**2,
        "asin(u + 2)": lambda u: torch.asin(u + 2),
        "acosh(u)": torch.acosh,
        "atanh(1 + u)": lambda u: torch.atanh(1 + u),
        "lgamma(u)": torch.lgamma,
        "u**-1.5": lambda u: u**-1.5,
        "where(u <= 0, nan, u)": lambda u: where(u <= 0, torch.nan, u),
        "rsqrt(u)": torch.rsqrt,
    },
    "not connected": {
        "v.detach()**2": lambda u: (2 + u).detach() ** 2,
        "ones_like(v)": torch.ones_like,
        "tensor(v.tolist())": lambda u: u.new_tensor((2 + u).tolist()).sin(),
        "v.data.exp()": lambda u: u.data.exp(),
        "(v > 1).to(dtype)": lambda u: (u + 2 > 1).to(u.dtype),
    },
    "random": {name: lambda u, f=f: f(2 + u) for name, f in RANDOM.items()},
}
SIZES = {  # of each dtype: v whose exp is too large, and a power of two whose square is
    "float64": (1000.0, 2.0**600),
    "float32": (100.0, 2.0**80),
    "bfloat16": (100.0, 2.0**80),
    "float16": (12.0, 2.0**9),
}
OVERFLOWS = {
    "exp(v)": torch.exp,
    "cosh(1.25*v)": lambda v: torch.cosh(v + v / 4),
    "(exp(v) - exp(-v))/(exp(v) + exp(-v))": lambda v: (
        (v.exp() - (-v).exp()) / (v.exp() + (-v).exp())
    ),
    "1/(1 + exp(v))": lambda v: 1 / (1 + v.exp()),
    "log(1 + exp(v))": lambda v: torch.log(1 + v.exp()),
    "log(cosh(1.25*v))": lambda v: torch.log(torch.cosh(v + v / 4)),
    "exp(v)**2": lambda v: v.exp() ** 2,
    "v*exp(v)": lambda v: v * v.exp(),
}
POWERS = {  # of the power of two, or of one over it
    "w**2": (torch.square, 1),
    "w**3/w": (lambda w: w**3 / w, 1),
    "sqrt(w**2 + 1)": (lambda w: torch.sqrt(w**2 + 1), 1),
    "1/w": (torch.reciprocal, -1),
    "w**-2": (lambda w: w**-2, -1),
    "1 + 1/w": (lambda w: 1 + 1 / w, -1),
}

INNER = {
    "u": lambda u: u,
    "sin(u)": torch.sin,
    "tanh(u)": torch.tanh,
    "sinh(u)": torch.sinh,
    "u + u**2/4": lambda u: u + u**2 / 4,
    "u*exp(u)": lambda u: u * u.exp(),
    "exp(u) - 1": lambda u: u.exp() - 1,
    "(u + 1) - 1": lambda u: (u + 1) - 1,
    "(u + 3) - 3": lambda u: (u + 3) - 3,
    "sqrt(1 + u)*2 - 2": lambda u: torch.sqrt(1 + u) * 2 - 2,
    "log(1 + u)": lambda u: torch.log(1 + u),
    "(u + 1)**3/3 - 1/3": lambda u: ((u + 1) ** 3 - 1) / 3,
}
OUTER = {
    "y": lambda y: y,
    "2*y + 3": lambda y: 2 * y + 3,
    "5 - y": lambda y: 5 - y,
    "exp(y)": lambda y: y.exp(),
    "sinh(y)": torch.sinh,
    "atan(y)": torch.atan,
    "y + y**3": lambda y: y + y**3,
}
ADDED = {
    "": lambda y, u: y,
    " + u**2": lambda y, u: y + u**2,
    " + cos(u)": lambda y, u: y + torch.cos(u),
    " * (2 + cos(u))": lambda y, u: y * (2 + torch.cos(u)),
    " + sin(u)": lambda y, u: y + torch.sin(u),
    " - 2*u": lambda y, u: y - 2 * u,
}
AFFINE = ["y", "2*y + 3", "5 - y"]
ALONE = {"v*v.item()", "v*float(v)"}  # of one point only


@st.composite
def places(draw, dtype):
    """Where u is 0, and the scale of x: both without rounding."""
    shift = draw(st.sampled_from([0.0, 0.0, 1.0, -2.5, 10.0]))
    most = (
        (6 if dtype == "float16" else 100)
        if shift
        else (3 if dtype == "float16" else 10)
    )
    power = draw(st.sampled_from([0, 0, 0, -most, most]) | st.integers(-most, most))
    return shift, 2.0**power


def bend(f, xs, scale):
    """Corner or tie, by the slopes on both sides and what autograd says.

    It is a tie where one of the slopes is 0 and autograd answers half of the other.
    """
    x, *others = (x.double().flatten()[:1] for x in xs)
    step = 2.0**-20 * scale
    below, here, above = (f(x + k * step, *others).item() for k in (-1, 0, 1))
    slopes = (here - below) / step, (above - here) / step
    leaves = [x.clone().requires_grad_() for x in xs]
    answer = torch.autograd.grad(f(*leaves).sum(), leaves[0])[0].flatten()[0].item()
    small, large = sorted(map(abs, slopes))
    shared = abs(answer - sum(slopes) / 2) < 0.02 * large
    return "tie" if small < 1e-4 * large and shared else "corner"


@st.composite
def planted(draw, kind):
    """A function with a fault of that kind, and the point where it has it."""
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    core = draw(st.sampled_from(sorted(AT_ZERO[kind])))
    inner = draw(st.sampled_from(sorted(INNER)) | st.just("u"))
    domain = kind in ("edge of the domain", "outside the domain")
    outer = draw(st.sampled_from(AFFINE if domain else sorted(OUTER)) | st.just("y"))
    unlinked = kind == "not connected"
    added = draw(st.sampled_from([""] if unlinked else sorted(ADDED)) | st.just(""))
    shift, scale = draw(places(dtype))
    variables = draw(st.sampled_from([1, 1, 2]))
    by = draw(st.sampled_from([(1, 1), (1, -1), (2, 1)])) if variables == 2 else (1,)
    single = core in ALONE
    shape = draw(st.sampled_from([(), (1,), (1,)] + [(3,)] * (not single)))
    power = {"float64": 20, "float32": 4, "float16": 2, "bfloat16": 4}[dtype]
    size = 2.0 ** draw(st.just(0) | st.integers(-power, power))
    change = ADDED[added]

    def f(*xs):
        u = sum(b * (x / scale - shift) for b, x in zip(by, xs, strict=True))
        y = OUTER[outer](AT_ZERO[kind][core](INNER[inner](u)))
        return size * change(y, u)

    near = torch.tensor([0.0, 0.375, -0.25][: shape[0] if shape else 1])
    xs = tuple(((near + shift) * scale).to(DTYPES[dtype]).reshape(shape) for _ in by)
    right = bend(f, xs, scale) if kind in ("corner", "tie") else kind
    argument = " + ".join(
        f"{b:g}*(x{k}/{scale:g} - {shift:g})" for k, b in enumerate(by)
    )
    name = f"{size:g}*({outer}{added}), y = {core}, u = {inner}, u = {argument}"
    return Case(right, name, f, xs, frozenset({right}))


@st.composite
def overflows(draw):
    """A function whose numbers are too large for the dtype at the point."""
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    outer = draw(st.sampled_from(AFFINE))
    large, power = SIZES[dtype]
    core = draw(st.sampled_from(sorted(OVERFLOWS) + sorted(POWERS)))
    if core in POWERS:
        change, sign = POWERS[core]
        at = power**sign
    else:
        change, at = OVERFLOWS[core], large
    scale = 2.0 ** draw(st.integers(-3, 3))
    shape = draw(st.sampled_from([(), (1,)]))
    x = torch.tensor(at * scale, dtype=DTYPES[dtype]).reshape(shape)
    name = f"{outer}, y = {core}, v = w = x0/{scale:g}"
    f = lambda x: OUTER[outer](change(x / scale))  # noqa: E731
    return Case("overflow", name, f, (x,), frozenset({"overflow"}))


NONLINEAR = {True: set(), False: {"nonlinear backward"}}  # may be said of it, too


@st.composite
def not_elementwise(draw):
    """A function that mixes points."""
    mixture = draw(mixing())
    return Case(
        "not elementwise",
        f"{mixture.group}, {mixture.name}",
        mixture.f,
        (mixture.x,),
        frozenset({"not elementwise"} | NONLINEAR[mixture.linear]),
    )


FAULTS = {kind: planted(kind) for kind in AT_ZERO}
FAULTS |= {"overflow": overflows(), "not elementwise": not_elementwise()}


# ---------------------------------------------------------------- none of the kinds

NO_VERDICT = {  # with what may be said
    "abs(u)*sin(1/u)": (lambda u: u.abs() * torch.sin(1 / u), set()),
    "u*cos(1/u)": (lambda u: u * torch.cos(1 / u), set()),
    "u**2*sin(1/u)": (lambda u: u**2 * torch.sin(1 / u), {"wrong slope"}),
    "u**2*sin(1/u**2)": (lambda u: u**2 * torch.sin(1 / u**2), {"wrong slope"}),
    "u*sin(log(abs(u)))": (lambda u: u * torch.sin(u.abs().log()), set()),
}


@st.composite
def oscillations(draw):
    """A function that oscillates at u = 0: none of the kinds but "unclear" fits."""
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    core = draw(st.sampled_from(sorted(NO_VERDICT)))
    inner = draw(st.sampled_from(["u", "sin(u)", "sinh(u)", "u + u**2/4"]))
    shift = draw(st.sampled_from([0.0, 0.0, 1.0, -2.5]))
    scale = 2.0 ** draw(st.integers(-3, 3))
    change, kinds = NO_VERDICT[core]

    def f(x):
        u = INNER[inner](x / scale - shift)
        return where(u == 0, 0.0, change(u))

    x = torch.tensor(shift * scale, dtype=DTYPES[dtype])
    name = f"where(u == 0, 0, {core}), u = {inner}, u = x0/{scale:g} - {shift:g}"
    return Case("oscillation", name, f, (x,), frozenset({"unclear", *kinds}))


X = ("x", 0)
CANCELLING = [
    ("div", ("sub", 1.0, ("cos", X)), ("square", X)),
    ("div", ("sub", ("exp", X), 1.0), X),
    ("div", ("sub", ("sinh", X), X), ("cube", X)),
    ("div", ("log", ("add", 1.0, X)), X),
    ("div", ("sub", ("sqrt", ("add", 1.0, X)), 1.0), X),
    ("div", ("sub", ("cosh", X), ("cos", X)), X),
]


@st.composite
def cancellations(draw):
    """A smooth function whose digits cancel, so that autograd's slope is noise."""
    dtype = draw(st.sampled_from(["float64", "float32"]))
    e = draw(st.sampled_from(CANCELLING))
    power = {"float64": (-30, -14), "float32": (-14, -6)}[dtype]
    at = draw(st.integers(8, 15)) / 8 * 2.0 ** draw(st.integers(*power))
    x = torch.tensor(at, dtype=DTYPES[dtype])
    name = text(e)
    return Case("cancellation", name, function(e), (x,), frozenset(honest(e, x)))


USUAL = 0.01  # the size of their slopes beside the point


def honest(e, x):
    """What may be said of a smooth function, by how far off autograd's slope is."""
    leaf = x.clone().requires_grad_()
    function(e)(leaf).backward()
    answer, truth = (
        leaf.grad.item(),
        float(taylor(e, [mp.mpf(x.item())], (1,), 1, x.item())[1]),
    )
    off = abs(answer - truth) / max(abs(answer), abs(truth), USUAL)
    if off < 0.01:
        return {"smooth", "unclear"}
    if off > 0.5:
        return {"wrong slope", "unclear"}
    return {"smooth", "wrong slope", "unclear"}
