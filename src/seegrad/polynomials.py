"""fit_polynomial and least_squares: the same cubic, walked to and solved for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import mul

import torch
from torch import Tensor

from seegrad.checks import arguments, state
from seegrad.engine.reverse import slope


@dataclass(frozen=True, eq=False)
class PolynomialFit:
    """A polynomial fitted by gradient descent. Made by `fit_polynomial`.

    Call it with points x to get the polynomial's values there.
    """

    coefficients: Tensor
    """The last coefficients, ascending as in ``numpy.polynomial``: (degree + 1,)."""
    losses: Tensor
    """The sum of squared errors before each step and after the last: (steps + 1,)."""
    path: Tensor
    """The coefficients before each step and after the last: (steps + 1, degree + 1)."""
    x: Tensor
    """The points it was fitted to, of shape (n,)."""
    y: Tensor
    """The values it was fitted to, of shape (n,)."""

    def __call__(self, x: object) -> Tensor:
        """The polynomial's values at x, in the shape of x."""
        x = arguments.points(x, "x", self.coefficients.device)
        with state.no_graph():
            value = torch.zeros_like(x)
            for coefficient in self.coefficients.flip(0):
                value = value * x + coefficient
            return value


def fit_polynomial(
    x: object,
    y: object,
    *,
    degree: int = 3,
    learning_rate: float = 1e-6,
    steps: int = 2000,
    start: object = None,
    seed: int = 0,
) -> PolynomialFit:
    """Fit a polynomial to points by gradient descent, the update written out.

    Parameters
    ----------
    x, y : tensor, array or list of shape (n,)
        The points and the values to fit; finite, n at least degree + 1.
    degree : int, optional
        The degree of the polynomial; from 0.
    learning_rate : float, optional
        How far to go for a slope of one; above zero.
    steps : int, optional
        How many steps to take; from 0.
    start : tensor, array or list of shape (degree + 1,), optional
        The coefficients to begin with, ascending. By default drawn from a normal
        distribution with `seed`.
    seed : int, optional
        The seed of the random start; PyTorch's own generator stays untouched.

    Returns
    -------
    PolynomialFit
        `coefficients`, `losses`, `path`, `x` and `y`; calling it evaluates the
        polynomial.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If x and y differ in length, are not one-dimensional or finite, are fewer than
        the coefficients, start has another shape, a number is out of range, or the
        loss grows or stops being finite. The last message names the largest stable
        rate.

    See Also
    --------
    least_squares : The exact optimum in one step.
    plot_fit, plot_losses : Draw it.

    Notes
    -----
    The loss is the sum of squared errors, L(c) = Σ (Vc − y)², with V[i, k] = x[i]ᵏ.
    Autograd gives ∇L, and each step is c ← c − learning_rate · ∇L. The Hessian of L is
    H = 2VᵀV, the same everywhere. The walk converges while learning_rate is below 2
    over the largest eigenvalue of H, and grows beyond it [1]_.

    References
    ----------
    .. [1] S. Boyd and L. Vandenberghe, Convex Optimization, Cambridge University
       Press, 2004, section 9.3.

    Examples
    --------
    One point at x = 1, y = 1, and a constant c: the loss (c − 1)² has slope 2(c − 1),
    so a rate of 1/4 halves the error at each step.

    >>> import seegrad
    >>> fit = seegrad.fit_polynomial(
    ...     [1.0], [1.0], degree=0, learning_rate=0.25, steps=3, start=[0.0]
    ... )
    >>> fit.path.flatten()
    tensor([0.0000, 0.5000, 0.7500, 0.8750], dtype=torch.float64)
    >>> fit.losses
    tensor([1.0000, 0.2500, 0.0625, 0.0156], dtype=torch.float64)
    """
    degree = arguments.whole_number(degree, "degree", least=0)
    learning_rate = arguments.positive(learning_rate, "learning_rate")
    steps = arguments.whole_number(steps, "steps", least=0)
    seed = arguments.whole_number(seed, "seed", least=0, most=2**63 - 1)
    with state.no_graph():
        x, y = _data(x, y, degree)
        arguments.finite(x, "x")
        arguments.finite(y, "y")
    with state.preserve_state(x.device):
        coefficients = _start(start, seed, degree, x)
        powers = _powers(x, degree)
        _refuse_overflow(powers)
        losses, path = _descend(powers, y, coefficients, learning_rate, steps)
        last = path[-1].clone()
    return PolynomialFit(coefficients=last, losses=losses, path=path, x=x, y=y)


def least_squares(x: object, y: object, *, degree: int = 3) -> Tensor:
    """Fit a polynomial to points exactly: the coefficients with the smallest error.

    Parameters
    ----------
    x, y : tensor, array or list of shape (n,)
        The points and the values to fit; finite, with at least degree + 1 different
        points.
    degree : int, optional
        The degree of the polynomial; from 0.

    Returns
    -------
    torch.Tensor
        The coefficients, ascending as in ``numpy.polynomial``, of shape (degree + 1,),
        in the dtype of the data.

    Raises
    ------
    TypeError
        If an argument is of the wrong kind.
    ValueError
        If x and y differ in length, are not one-dimensional or finite, or x has fewer
        different points than there are coefficients.

    See Also
    --------
    fit_polynomial : The same optimum, approached by gradient descent.

    Notes
    -----
    Solves min ‖Vc − y‖ with V[i, k] = x[i]ᵏ by a QR factorisation in float64 [1]_. With
    y as one more column of V, the last column of R is Qᵀy, and Q is not needed. The
    points are first divided by the largest of them, which keeps the powers of one size.

    References
    ----------
    .. [1] L. N. Trefethen and D. Bau, Numerical Linear Algebra, SIAM, 1997, lecture 11.

    Examples
    --------
    Three points of 1 + 2x²:

    >>> import seegrad
    >>> seegrad.least_squares([0, 1, 2], [1, 3, 9], degree=2).round(decimals=6).abs()
    tensor([1., 0., 2.], dtype=torch.float64)
    """
    degree = arguments.whole_number(degree, "degree", least=0)
    with state.no_graph():
        x, y = _data(x, y, degree, fresh=False)
        largest = x.abs().max().item() or 1.0
        if not math.isfinite(largest):
            arguments.finite(x, "x")
        t = x.double() / largest
        columns = [torch.ones_like(t)]
        for _ in range(degree):
            columns.append(columns[-1] * t)
        r = torch.linalg.qr(torch.stack([*columns, y.double()]).T, mode="r").R
        rows = r.tolist()[: degree + 1]
        _refuse_too_few(x, rows)
        coefficients = _solve(rows)
        size = 1.0
        for k in range(1, degree + 1):
            size *= largest
            coefficients[k] = _ratio(coefficients[k], size)
        most = torch.finfo(x.dtype).max
        if not all(abs(number) <= most for number in coefficients):
            arguments.finite(y, "y")
            raise ValueError(
                f"x must be of a size whose powers up to {degree} {x.dtype} can hold, "
                f"but its largest is {largest:g}, and a coefficient overflows. Rescale "
                "x."
            )
        return torch.tensor(coefficients, dtype=x.dtype, device=x.device)


def _data(
    x: object, y: object, degree: int, *, fresh: bool = True
) -> tuple[Tensor, Tensor]:
    device = next((v.device for v in (x, y) if isinstance(v, Tensor)), None)
    x = arguments.axis(x, "x", device, fresh=fresh)
    y = arguments.axis(y, "y", device, fresh=fresh)
    arguments.one_device({"x": x, "y": y})
    if len(x) != len(y):
        raise ValueError(
            f"x and y must have the same length, but x has {len(x)} points and y "
            f"{len(y)}. Pass one y for each x."
        )
    if len(x) <= degree:
        raise ValueError(
            f"x must have at least {degree + 1} points for degree {degree}, one a "
            f"coefficient, but it has {len(x)}. Add points, or lower the degree."
        )
    dtype = torch.promote_types(x.dtype, y.dtype)
    return x.to(dtype), y.to(dtype)


def _refuse_too_few(x: Tensor, rows: list[list[float]]) -> None:
    """Refuse points that repeat each other; their powers then depend on one another."""
    sizes = [abs(row[k]) for k, row in enumerate(rows)]
    if min(sizes) > 1e-10 * max(sizes):
        return
    different = len(set(x.tolist()))
    if different < len(sizes):
        raise ValueError(
            f"x must have at least {len(sizes)} different points for degree "
            f"{len(sizes) - 1}, but it has {different}. Add points, or lower the "
            "degree."
        )


def _solve(rows: list[list[float]]) -> list[float]:
    """Solve R c = d from below, where d is the last column of the rows.

    For a handful of unknowns this takes less time than one call of PyTorch.
    """
    found: list[float] = []
    for k, row in reversed(list(enumerate(rows))):
        rest = row[-1] - sum(map(mul, row[k + 1 :], found))
        found.insert(0, _ratio(rest, row[k]))
    return found


def _ratio(number: float, other: float) -> float:
    return number / other if other else math.nan


def _start(start: object, seed: int, degree: int, x: Tensor) -> Tensor:
    if start is None:
        # On the CPU whatever the default device, so that a seed means one start.
        generator = torch.Generator("cpu").manual_seed(seed)
        drawn = torch.empty(degree + 1, dtype=torch.float64, device="cpu")
        return drawn.normal_(generator=generator).to(x)
    coefficients = arguments.points(start, "start", x.device)
    if coefficients.shape != (degree + 1,):
        raise ValueError(
            f"start must have one coefficient a power, shape ({degree + 1},), but it "
            f"has shape {tuple(coefficients.shape)}. Pass for example "
            f"torch.zeros({degree + 1})."
        )
    arguments.finite(coefficients, "start")
    return coefficients.to(x)


def _powers(x: Tensor, degree: int) -> Tensor:
    """The Vandermonde matrix with 1, x, x², … as columns, of shape (n, degree + 1)."""
    return torch.stack([x**k for k in range(degree + 1)], dim=1)


def _refuse_overflow(powers: Tensor) -> None:
    exact = powers.double()
    if not (exact.T @ exact).isfinite().all():
        raise ValueError(
            f"x must be of a size whose powers {powers.dtype} can hold, but its "
            f"largest power is {powers.abs().max():g}, and the loss overflows. "
            "Rescale x."
        )


def _refuse_infinite(loss: float, y: Tensor) -> None:
    if not math.isfinite(loss):
        raise ValueError(
            f"y must be of a size whose squared errors {y.dtype} can hold, but at the "
            f"start their sum is {loss:g}. Rescale y, or begin closer with start."
        )


def _descend(
    powers: Tensor, y: Tensor, coefficients: Tensor, learning_rate: float, steps: int
) -> tuple[Tensor, Tensor]:
    losses, path = [], []
    smallest = math.inf
    for step in range(steps + 1):
        c = coefficients.detach().requires_grad_()
        errors = powers @ c - y
        loss = errors @ errors
        height = loss.item()
        if step == 0:
            _refuse_infinite(height, y)
        if not _below(height, smallest, powers, c, y):
            raise ValueError(
                f"learning_rate must be small enough for the loss to fall, but with "
                f"{learning_rate:g} it grew from {smallest:.6g} to {height:.6g} "
                f"by step {step}. The largest stable rate for these points is "
                f"{_stable_rate(powers):.4e}, 2 over the largest eigenvalue of the "
                "loss's Hessian: choose a smaller one."
            )
        smallest = min(smallest, height)
        losses.append(height)
        path.append(coefficients)
        coefficients = coefficients - learning_rate * slope(loss, c)
    return torch.tensor(losses, dtype=y.dtype, device=y.device), torch.stack(path)


def _below(loss: float, smallest: float, powers: Tensor, c: Tensor, y: Tensor) -> bool:
    """Whether the loss is no larger than the smallest before it, but for rounding."""
    eps = torch.finfo(y.dtype).eps
    if loss <= smallest * (1 + math.sqrt(eps)):
        return math.isfinite(loss)
    terms = powers.abs() @ c.detach().abs() + y.abs()
    rounding = ((4 * eps * terms) ** 2).sum()
    return loss <= float(rounding)


def _stable_rate(powers: Tensor) -> float:
    exact = powers.double()
    return 2 / float(torch.linalg.eigvalsh(2 * exact.T @ exact)[-1])
