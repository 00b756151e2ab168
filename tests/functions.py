"""Elementary functions with what PyTorch computes, what mpmath computes, and the slope
worked out by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from mpmath import mp
from torch.nn import functional

mp.dps = 50


@dataclass(frozen=True)
class Case:
    name: str
    f: Callable  # in torch
    exact: Callable  # in mpmath
    slope: Callable  # by hand, in mpmath
    points: tuple[float, ...]
    digits: int = 13  # that PyTorch gives

    def __str__(self):
        return self.name

    def true_values(self, order=0):
        """The order-th derivative at the points, by mpmath alone, in float64."""
        values = [mp.diff(self.exact, mp.mpf(x), order) for x in self.points]
        return torch.tensor([float(y) for y in values], dtype=torch.float64)

    def slopes_by_hand(self):
        values = [float(self.slope(mp.mpf(x))) for x in self.points]
        return torch.tensor(values, dtype=torch.float64)


ANY = (-1.3, -0.4, 0.25, 1.75)
POSITIVE = (0.2, 0.9, 1.6, 4.0)
INSIDE = (-0.8, -0.25, 0.1, 0.6)
ABOVE_ONE = (1.1, 1.5, 2.0, 5.0)
FIRST_ARCH = (0.3, 0.9, 1.6, 2.8)


def _normal_density(x):
    return mp.exp(-(x**2) / 2) / mp.sqrt(2 * mp.pi)


def _logistic(x):
    return 1 / (1 + mp.exp(-x))


def _sinc(x):
    return mp.sin(mp.pi * x) / (mp.pi * x)


CASES = [
    Case("line", lambda x: 3 * x + 1, lambda x: 3 * x + 1, lambda x: mp.mpf(3), ANY),
    Case("square", lambda x: x**2, lambda x: x**2, lambda x: 2 * x, ANY),
    Case("cube", lambda x: x**3, lambda x: x**3, lambda x: 3 * x**2, ANY),
    Case(
        "cubic",
        lambda x: 2 * x**3 + 4 * x**2 + 5 * x + 6,
        lambda x: 2 * x**3 + 4 * x**2 + 5 * x + 6,
        lambda x: 6 * x**2 + 8 * x + 5,
        ANY,
    ),
    Case("reciprocal", torch.reciprocal, lambda x: 1 / x, lambda x: -(x**-2), ANY),
    Case("sqrt", torch.sqrt, mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), POSITIVE),
    Case(
        "rsqrt",
        torch.rsqrt,
        lambda x: 1 / mp.sqrt(x),
        lambda x: -(x ** mp.mpf(-1.5)) / 2,
        POSITIVE,
    ),
    Case(
        "power",
        lambda x: x**-2.5,
        lambda x: x ** mp.mpf(-2.5),
        lambda x: mp.mpf(-2.5) * x ** mp.mpf(-3.5),
        POSITIVE,
    ),
    Case(
        "own power",
        lambda x: x**x,
        lambda x: x**x,
        lambda x: x**x * (mp.log(x) + 1),
        (0.2, 0.9, 1.6, 3.7),  # torch 2.13 loses terms where an exponent becomes 0
    ),
    Case("exp", torch.exp, mp.exp, mp.exp, ANY),
    Case("exp2", torch.exp2, lambda x: 2**x, lambda x: mp.log(2) * 2**x, ANY),
    Case("expm1", torch.expm1, mp.expm1, mp.exp, ANY),
    Case(
        "general exponential",
        lambda x: 2.5**x,
        lambda x: mp.mpf(2.5) ** x,
        lambda x: mp.log(2.5) * mp.mpf(2.5) ** x,
        ANY,
    ),
    Case("log", torch.log, mp.log, lambda x: 1 / x, POSITIVE),
    Case(
        "log2",
        torch.log2,
        lambda x: mp.log(x, 2),
        lambda x: 1 / (x * mp.log(2)),
        POSITIVE,
    ),
    Case("log10", torch.log10, mp.log10, lambda x: 1 / (x * mp.log(10)), POSITIVE),
    Case("log1p", torch.log1p, mp.log1p, lambda x: 1 / (1 + x), INSIDE),
    Case("sin", torch.sin, mp.sin, mp.cos, ANY),
    Case("cos", torch.cos, mp.cos, lambda x: -mp.sin(x), ANY),
    Case("tan", torch.tan, mp.tan, lambda x: mp.sec(x) ** 2, INSIDE),
    Case("asin", torch.asin, mp.asin, lambda x: 1 / mp.sqrt(1 - x**2), INSIDE),
    Case("acos", torch.acos, mp.acos, lambda x: -1 / mp.sqrt(1 - x**2), INSIDE),
    Case("atan", torch.atan, mp.atan, lambda x: 1 / (1 + x**2), ANY),
    Case("sinh", torch.sinh, mp.sinh, mp.cosh, ANY),
    Case("cosh", torch.cosh, mp.cosh, mp.sinh, ANY),
    Case("tanh", torch.tanh, mp.tanh, lambda x: mp.sech(x) ** 2, ANY),
    Case("asinh", torch.asinh, mp.asinh, lambda x: 1 / mp.sqrt(x**2 + 1), ANY),
    Case("acosh", torch.acosh, mp.acosh, lambda x: 1 / mp.sqrt(x**2 - 1), ABOVE_ONE),
    Case("atanh", torch.atanh, mp.atanh, lambda x: 1 / (1 - x**2), INSIDE),
    Case(
        "sigmoid",
        torch.sigmoid,
        _logistic,
        lambda x: _logistic(x) * _logistic(-x),
        ANY,
    ),
    Case(
        "logit",
        torch.logit,
        lambda x: mp.log(x / (1 - x)),
        lambda x: 1 / (x * (1 - x)),
        (0.1, 0.5, 0.8),
    ),
    Case(
        "softplus", functional.softplus, lambda x: mp.log1p(mp.exp(x)), _logistic, ANY
    ),
    Case(
        "silu",
        functional.silu,
        lambda x: x * _logistic(x),
        lambda x: _logistic(x) * (1 + x * _logistic(-x)),
        ANY,
    ),
    Case(
        "gelu",
        functional.gelu,
        lambda x: x * mp.ncdf(x),
        lambda x: mp.ncdf(x) + x * _normal_density(x),
        ANY,
    ),
    Case(
        "erf",
        torch.erf,
        mp.erf,
        lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),
        ANY,
    ),
    Case(
        "erfc",
        torch.erfc,
        mp.erfc,
        lambda x: -2 / mp.sqrt(mp.pi) * mp.exp(-(x**2)),
        ANY,
    ),
    Case(
        "erfinv",
        torch.erfinv,
        mp.erfinv,
        lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),
        INSIDE,
    ),
    Case("normal distribution", torch.special.ndtr, mp.ncdf, _normal_density, ANY),
    Case(
        "bell",
        lambda x: torch.exp(-(x**2)),
        lambda x: mp.exp(-(x**2)),
        lambda x: -2 * x * mp.exp(-(x**2)),
        ANY,
    ),
    # PyTorch's polygamma(1, x), which both lead to, has nine digits.
    Case("lgamma", torch.lgamma, mp.loggamma, mp.digamma, POSITIVE, 9),
    Case(
        "digamma",
        torch.digamma,
        mp.digamma,
        lambda x: mp.polygamma(1, x),
        POSITIVE,
        9,
    ),
    Case(
        "x log x",
        lambda x: torch.xlogy(x, x),
        lambda x: x * mp.log(x),
        lambda x: mp.log(x) + 1,
        POSITIVE,
    ),
    Case(
        "sinc",
        torch.sinc,
        _sinc,
        lambda x: (mp.cos(mp.pi * x) - _sinc(x)) / x,
        ANY,
    ),
    Case(
        "bessel i0",
        torch.special.i0,
        lambda x: mp.besseli(0, x),
        lambda x: mp.besseli(1, x),
        POSITIVE,
    ),
    Case(
        "hypotenuse",
        lambda x: torch.hypot(x, torch.full_like(x, 2.0)),
        lambda x: mp.sqrt(x**2 + 4),
        lambda x: x / mp.sqrt(x**2 + 4),
        ANY,
    ),
    Case(
        "angle",
        lambda x: torch.atan2(x, torch.full_like(x, 2.0)),
        lambda x: mp.atan2(x, 2),
        lambda x: 2 / (x**2 + 4),
        ANY,
    ),
    Case(
        "quotient",
        lambda x: torch.sin(x) / (1 + x**2),
        lambda x: mp.sin(x) / (1 + x**2),
        lambda x: (mp.cos(x) * (1 + x**2) - 2 * x * mp.sin(x)) / (1 + x**2) ** 2,
        ANY,
    ),
    Case(
        "chain",
        lambda x: torch.exp(torch.sin(3 * x)),
        lambda x: mp.exp(mp.sin(3 * x)),
        lambda x: 3 * mp.cos(3 * x) * mp.exp(mp.sin(3 * x)),
        ANY,
    ),
    Case(
        "tangent article",
        lambda x: 0.78 * x**2 + torch.sin(x),
        lambda x: mp.mpf(0.78) * x**2 + mp.sin(x),
        lambda x: mp.mpf(1.56) * x + mp.cos(x),
        (-0.75, 0.0, 1.0),
    ),
    # ------------------------------------------------ the other ratios and inverses
    Case(
        "sec",
        lambda x: 1 / torch.cos(x),
        mp.sec,
        lambda x: mp.sec(x) * mp.tan(x),
        INSIDE,
    ),
    Case(
        "csc",
        lambda x: 1 / torch.sin(x),
        mp.csc,
        lambda x: -mp.csc(x) * mp.cot(x),
        FIRST_ARCH,
    ),
    Case(
        "cot",
        lambda x: 1 / torch.tan(x),
        mp.cot,
        lambda x: -(mp.csc(x) ** 2),
        FIRST_ARCH,
    ),
    Case(
        "asec",
        lambda x: torch.acos(1 / x),
        mp.asec,
        lambda x: 1 / (x * mp.sqrt(x**2 - 1)),
        ABOVE_ONE,
    ),
    Case(
        "acsc",
        lambda x: torch.asin(1 / x),
        mp.acsc,
        lambda x: -1 / (x * mp.sqrt(x**2 - 1)),
        ABOVE_ONE,
    ),
    Case(
        "acot",
        lambda x: torch.atan(1 / x),
        mp.acot,
        lambda x: -1 / (1 + x**2),
        POSITIVE,
    ),
    Case(
        "sech",
        lambda x: 1 / torch.cosh(x),
        mp.sech,
        lambda x: -mp.sech(x) * mp.tanh(x),
        ANY,
    ),
    Case(
        "csch",
        lambda x: 1 / torch.sinh(x),
        mp.csch,
        lambda x: -mp.csch(x) * mp.coth(x),
        POSITIVE,
    ),
    Case(
        "coth",
        lambda x: 1 / torch.tanh(x),
        mp.coth,
        lambda x: -(mp.csch(x) ** 2),
        POSITIVE,
        12,
    ),
    Case(
        "asech",
        lambda x: torch.acosh(1 / x),
        mp.asech,
        lambda x: -1 / (x * mp.sqrt(1 - x**2)),
        (0.1, 0.3, 0.5, 0.8),
    ),
    Case(
        "acsch",
        lambda x: torch.asinh(1 / x),
        mp.acsch,
        lambda x: -1 / (x * mp.sqrt(1 + x**2)),
        POSITIVE,
    ),
    Case(
        "acoth",
        lambda x: torch.atanh(1 / x),
        mp.acoth,
        lambda x: 1 / (1 - x**2),
        ABOVE_ONE,
    ),
    Case(
        "haversine",
        lambda x: torch.sin(x / 2) ** 2,
        lambda x: mp.sin(x / 2) ** 2,
        lambda x: mp.sin(x) / 2,
        ANY,
    ),
    Case(
        "Gudermann",
        lambda x: 2 * torch.atan(torch.tanh(x / 2)),
        lambda x: 2 * mp.atan(mp.tanh(x / 2)),
        mp.sech,
        ANY,
    ),
    Case(
        "log of sine",
        lambda x: torch.log(torch.sin(x)),
        lambda x: mp.log(mp.sin(x)),
        mp.cot,
        FIRST_ARCH,
    ),
    # ------------------------------------------------ roots, curves and special ones
    Case(
        "cube root",
        lambda x: x ** (1 / 3),
        mp.cbrt,
        lambda x: mp.cbrt(x) / (3 * x),
        POSITIVE,
    ),
    Case(
        "nested root",
        lambda x: torch.sqrt(1 + torch.sqrt(x)),
        lambda x: mp.sqrt(1 + mp.sqrt(x)),
        lambda x: 1 / (4 * mp.sqrt(x) * mp.sqrt(1 + mp.sqrt(x))),
        POSITIVE,
    ),
    Case(
        "half circle",
        lambda x: torch.sqrt(1 - x**2),
        lambda x: mp.sqrt(1 - x**2),
        lambda x: -x / mp.sqrt(1 - x**2),
        INSIDE,
    ),
    Case(
        "witch of Agnesi",
        lambda x: 8 / (x**2 + 4),
        lambda x: 8 / (x**2 + 4),
        lambda x: -16 * x / (x**2 + 4) ** 2,
        ANY,
    ),
    Case(
        "damped wave",
        lambda x: torch.exp(-x) * torch.sin(5 * x),
        lambda x: mp.exp(-x) * mp.sin(5 * x),
        lambda x: mp.exp(-x) * (5 * mp.cos(5 * x) - mp.sin(5 * x)),
        ANY,
    ),
    Case(
        "Legendre polynomial",
        lambda x: (35 * x**4 - 30 * x**2 + 3) / 8,
        lambda x: (35 * x**4 - 30 * x**2 + 3) / 8,
        lambda x: (35 * x**3 - 15 * x) / 2,
        INSIDE,
    ),
    Case(
        "softsign",
        functional.softsign,
        lambda x: x / (1 + abs(x)),
        lambda x: 1 / (1 + abs(x)) ** 2,
        POSITIVE,
    ),
    Case(
        "mish",
        functional.mish,
        lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
        lambda x: (
            mp.tanh(mp.log1p(mp.exp(x)))
            + x * mp.sech(mp.log1p(mp.exp(x))) ** 2 * _logistic(x)
        ),
        ANY,
    ),
    Case(
        "log of exponentials",
        lambda x: torch.logaddexp(x, 1 - 2 * x),
        lambda x: mp.log(mp.exp(x) + mp.exp(1 - 2 * x)),
        lambda x: 1 - 3 * _logistic(1 - 3 * x),
        ANY,
    ),
    Case(
        "entropy",
        torch.special.entr,
        lambda x: -x * mp.log(x),
        lambda x: -mp.log(x) - 1,
        POSITIVE,
    ),
    Case(
        "scaled erfc",
        torch.special.erfcx,
        lambda x: mp.exp(x**2) * mp.erfc(x),
        lambda x: 2 * x * mp.exp(x**2) * mp.erfc(x) - 2 / mp.sqrt(mp.pi),
        POSITIVE,
        11,
    ),
    Case(
        "log of the normal distribution",
        torch.special.log_ndtr,
        lambda x: mp.log(mp.ncdf(x)),
        lambda x: _normal_density(x) / mp.ncdf(x),
        ANY,
    ),
    Case(
        "gamma",
        lambda x: torch.exp(torch.lgamma(x)),
        mp.gamma,
        lambda x: mp.gamma(x) * mp.digamma(x),
        POSITIVE,
        9,
    ),
    Case(
        "bessel i1",
        torch.special.i1,
        lambda x: mp.besseli(1, x),
        lambda x: mp.besseli(0, x) - mp.besseli(1, x) / x,
        POSITIVE,
        12,
    ),
]
