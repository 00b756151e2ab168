"""Functions that aren't elementwise, and elementwise ones that look as if they weren't.

The first come in two tables: those whose values depend on other points, and those whose
backward pass alone carries gradients from point to point.
"""

import random
from dataclasses import dataclass

import numpy as np
import torch
from cases import DTYPES
from hypothesis import assume
from hypothesis import strategies as st
from torch.autograd import Function
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

# ---------------------------------------------------------------- values mix


def _flat(change):
    """A change of a vector, for points of any shape."""
    return lambda x: change(x.reshape(-1)).reshape(x.shape)


def coupled(x):
    """Two points inside of the batch are multiplied; all others stay alone."""
    i, j = len(x) // 2, len(x) // 2 + 1
    y = x.clone()
    if len(x) > 3:
        y[i] = x[i] * x[j]
    return y


def swapped(x):
    y = x.clone()
    if len(x) > 3:
        y[1], y[2] = x[2], x[1]
    return y


def scan(x):
    """A running state in a Python loop."""
    state, out = x.new_zeros(()), []
    for value in x:
        state = 0.5 * state + value
        out.append(state)
    return torch.stack(out)


def smooth_over(x):
    kernel = x.new_tensor([[[0.25, 0.5, 0.25]]])
    return functional.conv1d(x[None, None], kernel, padding=1)[0, 0]


def by_matrix(x):
    n = len(x)
    return (torch.eye(n, dtype=x.dtype) + 0.1 / n) @ x


def cached():
    """The first batch's mean is kept, one a number of points."""
    kept = {}

    def f(x):
        return x * kept.setdefault(x.shape, x.detach().mean())

    return f


VALUES_MIX = {
    "softmax(x)": _flat(lambda x: torch.softmax(x, 0)),
    "softmax(x), of tensors only": _flat(
        lambda x: (
            torch.softmax(x, 0)
            if isinstance(x, torch.Tensor) and x.ndim
            else torch.sigmoid(x)
        )
    ),
    "log_softmax(x)": _flat(lambda x: torch.log_softmax(x, 0)),
    "cumsum(x)": _flat(lambda x: x.cumsum(0)),
    "cumprod(x)": _flat(lambda x: x.cumprod(0)),
    "logcumsumexp(x)": _flat(lambda x: x.logcumsumexp(0)),
    "cummax(x)": _flat(lambda x: x.cummax(0).values),
    "sort(x)": _flat(lambda x: x.sort().values),
    "sort(x, descending)": _flat(lambda x: x.sort(descending=True).values),
    "flip(x)": _flat(lambda x: x.flip(0)),
    "roll(x)": _flat(lambda x: x.roll(1)),
    "x - mean(x)": lambda x: x - x.mean(),
    "x - mean(x).detach()": lambda x: x - x.mean().detach(),
    "x*mean(x).item()": lambda x: x * x.mean().item(),
    "x*sum(x)": lambda x: x * x.sum(),
    "x - max(x)": lambda x: x - x.max(),
    "x/max(x).detach()": lambda x: x / x.max().detach(),
    "x/norm(x)": lambda x: x / x.norm(),
    "(x - mean)/std": lambda x: (x - x.mean()) / (x.std(correction=0) + 0.1),
    "x - median(x)": lambda x: x - x.median(),
    "layer_norm(x)": lambda x: functional.layer_norm(x, x.shape),
    "x**2/len(x)": lambda x: x**2 / len(x),
    "x/numel": lambda x: x / x.numel(),
    "x if numel > 3 else -x": lambda x: x * 1 if x.numel() > 3 else -x,
    "sin if max > 1.5 else cos": lambda x: x.sin() if x.max() > 1.5 else x.cos(),
    "exp if any < 0.5 else x": lambda x: x.exp() if (x < 0.5).any() else x * 1,
    "x if mean > 1 else 2*x": lambda x: x * 1 if x.mean() > 1 else 2 * x,
    "x*x[0]": _flat(lambda x: x * x[0]),
    "x*x[-1].detach()": _flat(lambda x: x * x[-1].detach()),
    "x*arange": _flat(lambda x: x * (1 + torch.arange(len(x), dtype=x.dtype))),
    "x + ranks": _flat(lambda x: x + x.argsort().argsort()),
    "two points multiplied": _flat(coupled),
    "two points swapped": _flat(swapped),
    "a running state": _flat(scan),
    "conv1d(x)": _flat(smooth_over),
    "matrix @ x": _flat(by_matrix),
    "mean kept by shape": cached(),
    "fft(x).real": _flat(lambda x: torch.fft.fft(x.double()).real.to(x.dtype)),
    "x*quantile(x)": lambda x: x * torch.quantile(x.double(), 0.3).to(x.dtype),
    "distances": _flat(lambda x: (x[:, None] - x[None]).abs().sum(0)),
    "attention": _flat(lambda x: torch.softmax(x[:, None] * x[None], 1) @ x),
    "batch_norm(x)": _flat(
        lambda x: (
            functional.batch_norm(x[:, None], None, None, training=True, eps=0.1)[:, 0]
            if len(x) > 1
            else x
        )
    ),
}

# ---------------------------------------------------------------- gradients mix


def function_with(change, view=False):
    """A custom Function: its forward is elementwise, its backward is changed."""

    class Changed(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.view_as(x) if view else x.sin()

        @staticmethod
        def backward(ctx, weights):
            (x,) = ctx.saved_tensors
            return change(weights) * (1 if view else x.cos())

    return Changed.apply


def hook_with(change):
    """The sine, with a hook that changes its gradient."""

    def f(x):
        y = x.sin()
        if y.requires_grad:
            y.register_hook(change)
        return y * 1

    return f


def inner_swap(g):
    flat = g.reshape(-1)
    n = len(flat)
    order = list(range(n))
    if n > 3:
        order[n // 2 - 1], order[n // 2] = n // 2, n // 2 - 1
    return flat[order].reshape(g.shape)


def inner_share(g):
    flat = g.reshape(-1).clone()
    if len(flat) > 3:
        flat[1] = flat[1] + 0.5 * flat[2]
    return flat.reshape(g.shape)


MIX_GRADIENTS = {
    "sum": lambda g: g.sum().expand(g.shape),
    "mean taken off": lambda g: g - g.mean() + 0.5,
    "cumsum": lambda g: g.reshape(-1).cumsum(0).reshape(g.shape),
    "flip": lambda g: g.reshape(-1).flip(0).reshape(g.shape),
    "roll": lambda g: g.reshape(-1).roll(1).reshape(g.shape),
    "norm": lambda g: g / g.norm(),
    "times twice its mean": lambda g: 2 * g * g.mean(),
    "two points swapped": inner_swap,
    "one point shares": inner_share,
    "over its maximum": lambda g: g / g.abs().max(),
}
NOT_LINEAR = {"mean taken off", "norm", "times twice its mean", "over its maximum"}
GRADIENTS_MIX = {
    **{f"Function, {k}": function_with(v) for k, v in MIX_GRADIENTS.items()},
    **{f"Function of x, {k}": function_with(v, True) for k, v in MIX_GRADIENTS.items()},
    **{f"hook, {k}": hook_with(v) for k, v in MIX_GRADIENTS.items()},
}

# ---------------------------------------------------------------- random

RANDOM = {
    "dropout(x)": lambda x: functional.dropout(x, 0.5),
    "dropout(x, 0.25)": lambda x: functional.dropout(x, 0.25),
    "x + rand_like(x)": lambda x: x + torch.rand_like(x),
    "x*randn_like(x)": lambda x: x * torch.randn_like(x),
    "x + 0.1*randn_like(x)": lambda x: x + 0.1 * torch.randn_like(x),
    "x*random.random()": lambda x: x * random.random(),
    "x + np.random.rand()": lambda x: x + float(np.random.rand()),
    "x*bernoulli": lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)),
    "rrelu(-x)": lambda x: functional.rrelu(-x.float(), training=True).to(x.dtype),
}

# ---------------------------------------------------------------- elementwise


def network(dtype, activation, width=24):
    """A network of one number a point, with fixed weights."""
    draw = torch.Generator().manual_seed(width)
    shapes = [(width, 1), (width, width), (1, width)]
    weights = [
        torch.randn(s, generator=draw, dtype=torch.float64).div(s[1] ** 0.5).to(dtype)
        for s in shapes
    ]

    def f(x):
        h = x[..., None]
        for k, w in enumerate(weights):
            h = h @ w.T.to(x.dtype)
            h = activation(h + 0.1) if k < 2 else h
        return h[..., 0]

    return f


class Sine(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, weights):
        (x,) = ctx.saved_tensors
        return weights * torch.cos(x)


class Signed(Function):
    """The identity, whose backward keeps the sign of the gradient alone."""

    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, weights):
        return weights.sign()


def masked(x):
    y = torch.zeros_like(x)
    y[x > 1] = x[x > 1].sin()
    y[x <= 1] = x[x <= 1] ** 2
    return y


def in_place(x):
    y = x * 2
    y += 1
    y.mul_(x)
    return y


def newton(x):
    """The square root, by steps until every point has settled."""
    y = 1 + 0 * x
    for _ in range(8):
        y = (y + x / y) / 2
    return y


def table_look_up(x):
    table = torch.linspace(1, 2, 64).to(x.dtype)
    return table[(x.detach() * 8).long().clamp(0, 63)] * x


def slope_inside(x):
    """A network's slope, as physics-informed losses take it."""
    with torch.enable_grad():
        z = x if x.requires_grad else x.clone().requires_grad_()
        return torch.autograd.grad((z.sin() * z).sum(), z, create_graph=True)[0] + 0 * x


def powers(x):
    return (x[..., None] ** torch.arange(5, device=x.device)) @ torch.ones(
        5, dtype=x.dtype
    )


@dataclass(frozen=True)
class Plain:
    """An elementwise function, where it may be tried, and how far."""

    f: object
    dtypes: tuple = ("float64", "float32")
    orders: int = 3
    linear: bool = True  # False: a backward that isn't linear may be refused as such
    wraps: bool = True  # False: only as it is


F64, F32, HALF = ("float64",), ("float32",), ("float16",)
ELEMENTWISE = {
    "sin(x.float()).double()": Plain(lambda x: x.float().sin().double(), F64),
    # Where a wrap makes the gradient small, half rounds it to a few whole units.
    "exp(x.half()).double()": Plain(lambda x: x.half().exp().double(), F64, 1, False),
    "x.half()**2 in float32": Plain(lambda x: (x.half() ** 2).float(), F32, 2),
    "cos(x.bfloat16()).float()": Plain(lambda x: x.bfloat16().cos().float(), F32, 2),
    "sin(x.double()).float()": Plain(lambda x: x.double().sin().float(), F32),
    "x*1e-310": Plain(lambda x: x * 1e-310, F64, 1, wraps=False),
    "x*1e-42": Plain(lambda x: x * 1e-42, F32, 1, wraps=False),
    "exp(-300*x**2)": Plain(lambda x: (-300 * x**2).exp(), F64, 1, wraps=False),
    "exp(-40*x**2)": Plain(lambda x: (-40 * x**2).exp(), F32, 1, wraps=False),
    "x**2*1e-160*1e-155": Plain(lambda x: x**2 * 1e-160 * 1e-155, F64, 1, wraps=False),
    "x*1e-30*1e30": Plain(lambda x: x * 1e-30 * 1e30, F32),
    "x*1e30*1e-30": Plain(lambda x: x * 1e30 * 1e-30, F32),
    "x/32768*32768": Plain(lambda x: x / 32768 * 32768, HALF, 1, wraps=False),
    "x*16384/16384": Plain(lambda x: x * 16384 / 16384, HALF, 1, wraps=False),
    "sin(x*1e200*1e-200)": Plain(lambda x: (x * 1e200 * 1e-200).sin(), F64),
    "sin(x*1e-300*1e300)": Plain(lambda x: (x * 1e-300 * 1e300).sin(), F64),
    "sin(x)*1e30": Plain(lambda x: x.sin() * 1e30, F32, wraps=False),
    "sin(x)*1e-30": Plain(lambda x: x.sin() * 1e-30, F32, wraps=False),
    "SiLU network": Plain(network(torch.float32, functional.silu)),
    "tanh network": Plain(network(torch.float32, torch.tanh)),
    "GELU network": Plain(network(torch.float32, functional.gelu), orders=2),
    "ReLU network": Plain(network(torch.float32, torch.relu), orders=1),
    "wide SiLU network": Plain(network(torch.float32, functional.silu, 96)),
    "SiLU network in half": Plain(network(torch.float16, functional.silu), HALF, 1),
    "hook that clamps": Plain(hook_with(lambda g: g.clamp(-0.5, 0.5)), linear=False),
    "hook that clamps far": Plain(
        hook_with(lambda g: g.clamp(-1e6, 1e6)), linear=False
    ),
    "hook that masks": Plain(hook_with(lambda g: g.masked_fill(g == 0, 0))),
    "hook that halves": Plain(hook_with(lambda g: g / 2)),
    "hook that signs": Plain(hook_with(torch.sign), orders=1, linear=False),
    "Signed.apply(x)": Plain(Signed.apply, orders=1, linear=False),
    "Sine.apply(x)": Plain(Sine.apply),
    "Function of x that halves": Plain(function_with(lambda g: g / 2, view=True)),
    "masked writing": Plain(masked),
    "where": Plain(lambda x: torch.where(x > 1, x.sin(), x**2)),
    "double where": Plain(
        lambda x: torch.where(x > 1, torch.where(x > 1, x - 1, 1.0).log(), x)
    ),
    "clamp(x, 0.5, 1.5)": Plain(lambda x: x.clamp(0.5, 1.5) * x),
    "x*(x > 1)": Plain(lambda x: x * (x > 1)),
    "masked_fill": Plain(lambda x: (x * x).masked_fill(x > 1, 0.0)),
    "in place": Plain(in_place),
    "Newton's steps": Plain(newton, orders=1),
    "a table": Plain(table_look_up),
    "slope inside": Plain(slope_inside),
    "vmap": Plain(_flat(torch.vmap(lambda x: x.sin() * x))),
    "vmap of grad": Plain(_flat(torch.vmap(torch.func.grad(lambda x: x.sin() * x)))),
    "vmap with a sum inside": Plain(
        _flat(torch.vmap(lambda x: (x * torch.arange(1.0, 4.0)).sin().sum()))
    ),
    "checkpoint": Plain(lambda x: checkpoint(torch.sin, x, use_reentrant=False)),
    "powers @ c": Plain(powers),
    "split and cat": Plain(_flat(lambda x: torch.cat([p.sin() for p in x.split(7)]))),
    "transposed twice": Plain(lambda x: (x.flatten()[None].T.sin().T)[0].view(x.shape)),
    "stack and sum": Plain(lambda x: torch.stack([x.sin(), x.cos()]).sum(0)),
    "stack and amax": Plain(lambda x: torch.stack([x.sin(), x.cos()]).amax(0)),
    "softmax over features": Plain(
        lambda x: torch.softmax(x[..., None] * torch.arange(4.0), -1)[..., 1]
    ),
    "logsumexp over features": Plain(
        lambda x: torch.logsumexp(x[..., None] * torch.arange(4.0), -1)
    ),
    "layer_norm over features": Plain(
        lambda x: functional.layer_norm(
            x[..., None] ** torch.arange(1, 4), (3,), eps=0.01
        )[..., 0]
    ),
    "sort over features": Plain(
        lambda x: torch.stack([x, 2 - x, x**2], -1).sort(-1).values[..., 1]
    ),
    "cumsum over features": Plain(
        lambda x: (x[..., None] ** torch.arange(1, 4)).cumsum(-1).sum(-1)
    ),
    "complex inside": Plain(lambda x: (x * 1j).exp().real * x),
    "quadrature": Plain(
        lambda x: torch.trapezoid(
            (x[..., None] * torch.linspace(0, 1, 9)).exp(), dx=0.125, dim=-1
        )
    ),
    "Normal.cdf": Plain(lambda x: torch.distributions.Normal(0.0, 1.0).cdf(x)),
    "atan2(x, 1 + x**2)": Plain(lambda x: torch.atan2(x, 1 + x**2)),
    "lgamma(x)": Plain(torch.lgamma),
    "Straight through": Plain(lambda x: x * x + (x.round() - x).detach()),
    "x*x.detach()": Plain(lambda x: x * x.detach()),
    "dropout, evaluated": Plain(lambda x: functional.dropout(x.sin(), 0.5, False)),
    "Linear(1, 1)": Plain(
        lambda x: functional.linear(x[..., None], x.new_tensor([[2.0]]))[..., 0].sin()
    ),
    "softplus with a threshold": Plain(functional.softplus),
    "einsum": Plain(lambda x: torch.einsum("...,...->...", x, x.sin())),
}

# ---------------------------------------------------------------- drawn

WRAPS = {
    "y": (lambda x: x, lambda y, x: y),
    "3*y": (lambda x: x, lambda y, x: 3 * y),
    "tanh(y)": (lambda x: x, lambda y, x: torch.tanh(y)),
    "y + sin(x)": (lambda x: x, lambda y, x: y + x.sin()),
    "y, x**2": (lambda x: x**2, lambda y, x: y),
    "exp(y), sin(x)": (torch.sin, lambda y, x: torch.exp(y)),
    "y*x": (lambda x: x, lambda y, x: y * x),
}


@dataclass(frozen=True)
class Mixture:
    """A function of many points, and what is known of it."""

    group: str
    name: str
    f: object
    x: torch.Tensor
    orders: int = 3
    linear: bool = True
    values: bool = True  # whether the values show it, too

    def __repr__(self):
        shape, dtype = tuple(self.x.shape), str(self.x.dtype).removeprefix("torch.")
        return f"{self.group}: {self.name} at {shape} points in {dtype}"


@st.composite
def points(draw, dtype):
    """Different points of (0.2, 2.2) in no order."""
    shape = draw(st.sampled_from([(4,), (7,), (17,), (3, 4), (40,), (200,), (300,)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    size = int(np.prod(shape))
    x = 0.2 + 2 * (rng.permutation(size) + rng.uniform(0.1, 0.9, size)) / size
    while (np.diff(x) > 0).all() or (np.diff(x) < 0).all():
        x = rng.permutation(x)
    return torch.tensor(x.reshape(shape), dtype=DTYPES[dtype])


def wrapped(name, f, wrap):
    before, after = WRAPS[wrap]
    return f"{wrap}, y = {name}", lambda x: after(f(before(x)), x)


def alike(f, x):
    """Whether f gives each point alone what it gives all of them."""
    alone = [f(p.reshape((1,) * x.ndim)).item() for p in x.flatten()]
    return torch.equal(f(x).flatten(), torch.tensor(alone, dtype=x.dtype))


@st.composite
def mixing(draw):
    """A function that isn't elementwise."""
    values = draw(st.booleans())
    table = VALUES_MIX if values else GRADIENTS_MIX
    core = draw(st.sampled_from(sorted(table)))
    dtype = draw(st.sampled_from(["float64", "float32"]))
    name, f = wrapped(core, table[core], draw(st.sampled_from(sorted(WRAPS))))
    x = draw(points(dtype))
    if values:  # else it chooses by the batch, and the same for each point alone
        assume(not alike(f, x))
    group = "values mix" if values else "gradients mix"
    linear = values or core.split(", ")[1] not in NOT_LINEAR
    return Mixture(group, name, f, x, linear=linear, values=values)


@st.composite
def randoms(draw):
    """A function that draws other numbers each time."""
    core = draw(st.sampled_from(sorted(RANDOM)))
    dtype = draw(st.sampled_from(["float64", "float32"]))
    name, f = wrapped(core, RANDOM[core], draw(st.sampled_from(sorted(WRAPS))))
    return Mixture("random", name, f, draw(points(dtype)))


@st.composite
def elementwise(draw):
    """A function that is."""
    core = draw(st.sampled_from(sorted(ELEMENTWISE)))
    plain = ELEMENTWISE[core]
    dtype = draw(st.sampled_from(plain.dtypes))
    wrap = draw(st.sampled_from(sorted(WRAPS))) if plain.wraps else "y"
    name, f = wrapped(core, plain.f, wrap)
    x = draw(points(dtype))
    return Mixture("elementwise", name, f, x, plain.orders, plain.linear)
