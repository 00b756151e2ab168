"""Functions with a fault of a known kind planted at a point, and smooth functions."""

import random

import torch

W = torch.where


def zero(x):
    return torch.zeros_like(x)


# Functions of u with a fault at u = 0; a and b are sizes.
FAULTS = {
    "corner": [
        lambda u, a, b: a * u.abs() + b * u,
        lambda u, a, b: a * u.relu() + b * u,
        lambda u, a, b: W(u > 0, a * u, -b * u.sin()),
        lambda u, a, b: a * torch.nn.functional.leaky_relu(u, 0.2),
        lambda u, a, b: a * torch.sqrt(u**2) + b * u,
        lambda u, a, b: a * u.clamp(max=0) + 3 * a * u,
    ],
    "tie": [
        lambda u, a, b: a * torch.maximum(u, zero(u)),
        lambda u, a, b: a * torch.minimum(u, zero(u)),
        lambda u, a, b: a * torch.stack([u, zero(u)]).amax(0),
    ],
    "jump": [
        lambda u, a, b: a * W(u >= 0, 1.0, 0.0) + b * u,
        lambda u, a, b: a * u.sign() + b * u,
        lambda u, a, b: a * u.floor() + b * u,
        lambda u, a, b: a * u.ceil() + b * u.sin(),
        lambda u, a, b: W(u > 0, a + b * u, b * u),
        lambda u, a, b: W(u == 0, a + b * u, b * u),
    ],
    "cusp": [
        lambda u, a, b: a * u.abs().sqrt() + b * u,
        lambda u, a, b: a * u.abs() ** (2 / 3) + b * u,
        lambda u, a, b: a * u.relu().sqrt(),
        lambda u, a, b: -a * u.abs() ** 0.4,
    ],
    "vertical tangent": [
        lambda u, a, b: a * u.sign() * u.abs() ** (1 / 3) + b * u,
        lambda u, a, b: a * u.sign() * u.abs().sqrt(),
    ],
    "cut graph": [
        lambda u, a, b: a * u + b * u.detach(),
        lambda u, a, b: a * (u + 3) * (u + 3).detach(),
        lambda u, a, b: a * u.sin() + b * torch.sinh(u.data),
    ],
    "wrong slope": [
        lambda u, a, b: a * (u.relu() - (-u).relu()),
        lambda u, a, b: a * (2 * u.relu() - u.abs()),
        lambda u, a, b: W(u > 1, u.log(), a * u * W(u == 0, 1.0, u / u)),
        lambda u, a, b: a * u + W(u > 0.5, (u - 0.25).sqrt(), zero(u)),
    ],
    "edge of the domain": [
        lambda u, a, b: a * u.sqrt() + b * u,
        lambda u, a, b: a * u**1.5 + b * u,
        lambda u, a, b: a * (-u).sqrt(),
        lambda u, a, b: W(u < 0, torch.inf, a * u),
        lambda u, a, b: torch.special.entr(u),
    ],
    "outside the domain": [
        lambda u, a, b: a * u.log(),
        lambda u, a, b: a / u,
        lambda u, a, b: a * (u - 1).sqrt(),
        lambda u, a, b: W(u <= 0, torch.inf, a * u),
    ],
    "overflow": [
        lambda u, a, b: (1000 + u).exp(),
        lambda u, a, b: a / (1 + (800 + u).exp()),
        lambda u, a, b: (900 + u).exp() / (1 + (900 + u).exp()),
    ],
}

# u(x), 0 at c up to rounding and rising there; all but the first hold larger numbers.
INNER = [
    lambda x, c: x - c,
    lambda x, c: (x - c).exp() - 1,
    lambda x, c: torch.sinh(2 * (x - c)),
    lambda x, c: (x - c) + (x - c) ** 3,
    lambda x, c: ((x - c) + 1) - 1,
    lambda x, c: ((x - c) + 100) - 100,
    lambda x, c: 1 - 1 / (1 + (x - c)),
    lambda x, c: torch.log(2 + (x - c)) - torch.log(2 + zero(x)),
]
BACKGROUNDS = [
    zero,
    torch.sin,
    lambda x: x**2,
    torch.exp,
    lambda x: torch.tanh(3 * x),
    lambda x: x,
]
SECOND = [
    lambda u, x1: u,
    lambda u, x1: u + 0 * x1,
    lambda u, x1: u + x1.sin() * 0.5,
    lambda u, x1: u * (1 + x1**2),
]


def plant(seed, dtype=torch.float64):
    """The kind, the function of one or two variables, and its point."""
    draw = random.Random(seed)
    kind = draw.choice(list(FAULTS))
    fault, inner = draw.choice(FAULTS[kind]), draw.choice(INNER)
    if kind == "overflow":  # that goes away where u is far below 0
        inner = draw.choice([INNER[k] for k in (0, 2, 3, 4, 5)])
    background = draw.choice(BACKGROUNDS)
    c = draw.choice(
        [0.0, 0.0, draw.uniform(-2, 2), draw.choice([1e-3, 0.5, -1.0, 3.0])]
    )
    c = torch.tensor(c, dtype=dtype).item()
    a, b, size, offset = (
        draw.choice([-1, 1]) * 10 ** draw.uniform(-2, 2) for _ in range(4)
    )
    size, offset = (draw.choice([0, 1]) * v for v in (size, offset))
    if kind in ("tie", "cusp") or (kind, fault) == (
        "vertical tangent",
        FAULTS[kind][1],
    ):
        size = 0.0 if kind == "tie" else size
    two = draw.random() < 0.3
    second = draw.choice(SECOND)

    def f(x):
        return fault(inner(x, c), a, b) + size * background(x) + offset

    if not two:
        return kind, f, (c,)
    return kind, lambda x0, x1: second(f(x0), x1), (c, 0.75)
