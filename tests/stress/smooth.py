"""Smooth functions at points where the question is fair, in every dtype and scale.

Fair means, by exact arithmetic: the dtype holds all numbers on the way; autograd's
slope is right; and the function moves by much more than rounding over a distance that
its dtype can still divide. Where the last fails, f is "hidden", and "unclear" is an
honest answer, too.
"""

import torch
from cases import DTYPES, Case
from expressions import (
    BINARY,
    PIECES,
    POSITIVE,
    SMOOTH,
    NoValueError,
    along,
    exact,
    function,
    nodes,
    rounding,
    taylor,
    text,
)
from hypothesis import assume
from hypothesis import strategies as st
from mpmath import mp

ORDER = 6
SCALES = {"float64": 100, "float32": 100, "bfloat16": 100, "float16": 6}  # 2^±


FORMS = ["smooth"] * 4 + ["positive", "piece"] + ["binary"] * 3


@st.composite
def trees(draw, leaves, depth):
    """An expression of about that depth over the leaves."""
    if depth == 0:
        return draw(st.sampled_from(leaves))
    form = draw(st.sampled_from(FORMS))
    inner = draw(trees(leaves, depth - 1))
    if form == "smooth":
        return (draw(st.sampled_from(sorted(SMOOTH))), inner)
    if form == "positive":
        return (draw(st.sampled_from(sorted(POSITIVE))), inner)
    if form == "piece":
        return (draw(st.sampled_from(sorted(PIECES))), inner)
    name = draw(st.sampled_from(sorted(BINARY)))
    other = draw(trees(leaves, draw(st.integers(0, depth - 1))))
    constant = draw(st.sampled_from([None, None, 0.25, 0.5, 2.0, 3.0, -1.5]))
    if name == "where":
        return (name, draw(trees(leaves, 1)), inner, other)
    if constant is not None and name in ("add", "sub", "mul", "div"):
        return (name, inner, constant)
    return (name, inner, other)


def scaled(e, factor):
    """factor · e, without a node for nothing."""
    return e if factor == 1 else ("mul", e, float(factor))


@st.composite
def expressions(draw, dtype, variables, depth=4):
    """An expression, and a point for it: scaled and shifted, inside and outside."""
    most = SCALES[dtype]
    powers = st.sampled_from([0] * 6 + [-most, most]) | st.integers(-most, most)
    power = draw(powers)
    leaves, xs = [], []
    for k in range(variables):
        own = power + draw(st.sampled_from([0, 0, 1, -3])) * (variables > 1)
        at = draw(st.integers(-24, 24)) / 8 + draw(
            st.sampled_from([0, 0, 0.003, -0.01])
        )
        shift = draw(st.sampled_from([0.0] * 6 + [1.0, -3.0, 10.0, 128.0, 4096.0]))
        x = torch.tensor((at + shift) * 2.0**own, dtype=DTYPES[dtype])
        leaf = scaled(("x", k), 2.0**-own)
        leaves.append(("sub", leaf, shift) if shift else leaf)
        xs.append(x)
    e = draw(trees(leaves, draw(st.integers(1, depth))))
    used = text(e)
    for k in range(variables):
        if f"x{k}" not in used:
            e = ("add", e, (draw(st.sampled_from(["sin", "square"])), leaves[k]))
    offset = draw(st.sampled_from([0.0] * 5 + [1.0, -8.0, 1000.0]))
    e = ("add", e, offset) if offset else e
    e = scaled(e, 2.0 ** draw(powers))
    assume(in_range(e, xs))
    return e, tuple(xs), 2.0**power


def in_range(e, xs):
    """Whether the dtype holds all numbers on the way, and none meets a bad operand."""
    info = torch.finfo(xs[0].dtype)
    try:
        values = nodes(e, [mp.mpf(x.item()) for x in xs])
    except (NoValueError, ZeroDivisionError):
        return False
    return all(v == 0 or 16 * info.tiny < abs(v) < info.max / 64 for v in values)


def reach(coefficients):
    """The distance over which a function is like its first two Taylor terms."""
    sizes = [abs(c) for c in coefficients]
    first = [j for j, size in enumerate(sizes) if j and size][:2]
    distances = [
        min(
            (sizes[j] / sizes[k]) ** (mp.mpf(1) / (k - j))
            for k in range(j + 1, len(sizes))
            if sizes[k]
        )
        for j in first
        if any(sizes[j + 1 :])
    ]
    return max(distances, default=mp.inf)


def directions(variables):
    return [(1,)] if variables == 1 else [(1, 0), (0, 1), (1, 1), (1, -1)]


def view(e, xs, unit):
    """How fair the question is: "smooth", "hidden", or None where it isn't at all."""
    try:
        return _view(e, xs, unit)
    except (NoValueError, ZeroDivisionError):
        return None


def _view(e, xs, unit):
    info = torch.finfo(xs[0].dtype)
    at = [mp.mpf(x.item()) for x in xs]
    value, slopes = autograd(e, xs)
    noise = info.eps * rounding(e, at)
    if not abs(value - exact(e, at)) <= 64 * noise + info.tiny:
        return None
    hidden = False
    for direction in directions(len(xs)):
        slope = sum(d * s for d, s in zip(direction, slopes, strict=True))
        size = max(abs(x) for x, d in zip(at, direction, strict=True) if d)
        terms = taylor(e, at, direction, ORDER, unit)
        far = min(reach(terms), 2 * size or mp.mpf(1))
        if far < max(32 * info.eps * size, 2**-40 * (size == 0)):
            return None
        if not same_pieces(e, at, direction, terms, far / 8):
            return None
        moves = max(abs(c) * far**k for k, c in enumerate(terms[1:], 1))
        least = info.eps ** (2 / 3) * moves / far + info.eps**0.5 * abs(terms[1])
        if not abs(slope - terms[1]) <= least:
            return None
        if terms[1] and not info.tiny * 16 < abs(terms[1]) < info.max / 64:
            return None
        # Nothing tells from 0 how small the scale is; rounding covers small moves.
        hidden |= size == 0 and far < 2**-10
        hidden |= 0 < moves < min(1000, 0.1 / info.eps) * noise
    return "hidden" if hidden else "smooth"


def autograd(e, xs):
    """The value and the slopes, by PyTorch's own lines."""
    leaves = [x.clone().requires_grad_() for x in xs]
    y = function(e)(*leaves)
    found = torch.autograd.grad(y, leaves, allow_unused=True)
    slopes = [mp.mpf(0) if g is None else mp.mpf(g.item()) for g in found]
    return mp.mpf(y.item()), slopes


def same_pieces(e, at, direction, terms, distance):
    """Whether f follows its Taylor terms from one side of a point to the other."""
    spread = max(abs(c) * distance**k for k, c in enumerate(terms[1:], 1))
    for share in (-1, -0.5, 0.5, 1):
        fitted = mp.polyval(terms[::-1], share * distance)
        if abs(along(e, at, direction, share * distance) - fitted) > spread / 1000:
            return False
    return True


ROWS = {"smooth": "smooth", "hidden": "smooth, hidden by rounding"}


@st.composite
def smooth_cases(draw):
    """A smooth function at a point, in one of the dtypes, of one or two variables."""
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    variables = draw(st.sampled_from([1, 1, 1, 2]))
    e, xs, unit = draw(expressions(dtype, variables))
    seen = view(e, xs, unit)
    assume(seen)
    kinds = {"smooth"} if seen == "smooth" else {"smooth", "unclear"}
    return Case(f"{ROWS[seen]}: {dtype}", text(e), function(e), xs, frozenset(kinds))
