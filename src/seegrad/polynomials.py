"""PolynomialFit: one polynomial, fitted by gradient descent or by least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from seegrad.checks import arguments, state
from seegrad.engine.reverse import slope
from seegrad.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialFit(Result):
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

    @state.not_compiled
    def __call__(self, x: object) -> Tensor:
        """The polynomial's values at x, in the shape of x."""
        x = arguments.points(x, "x", self.coefficients.device)
        with state.no_graph():
            return _evaluate(self.coefficients, x)


@state.not_compiled
def fit_polynomial(
    x: object,
    y: object,
    *,
    degree: int = 3,
    learning_rate: float | None = None,
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
        The factor between the gradient and a step; above zero. By default 1 over the
        largest eigenvalue of the loss's Hessian, half of the largest stable rate.
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
        the coefficients, start has another shape, a number is out of range, x's dtype
        can't hold the best coefficients, as far from zero, or the loss grows or
        overflows. If it grows, the message names the largest stable rate.

    See Also
    --------
    least_squares : The optimum in one step.
    plot_fit, plot_losses : Draw it.

    Notes
    -----
    The loss is the sum of squared errors, L(c) = Σ (Vc − y)², with V[i, k] = x[i]ᵏ.
    Autograd gives ∇L, and each step is c ← c − learning_rate · ∇L. The Hessian of L is
    H = 2VᵀV, the same everywhere. Gradient descent converges while learning_rate is
    below 2 over the largest eigenvalue of H, and diverges beyond it [1]_.

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
    if learning_rate is not None:
        learning_rate = arguments.positive(learning_rate, "learning_rate")
    steps = arguments.whole_number(steps, "steps", least=0)
    seed = arguments.whole_number(seed, "seed", least=0, most=2**63 - 1)
    x, y = _data(x, y, degree)
    with state.preserve_state(x.device):
        coefficients = _start(start, seed, degree, x)
        powers = _powers(x, degree)
        curvature = _largest_eigenvalue(powers)
        _held(_solve(x, y, degree))
        rate = 1 / curvature if learning_rate is None else learning_rate
        losses, path = _descend(powers, y, coefficients, rate, 2 / curvature, steps)
        last = path[-1].clone()
    return PolynomialFit(coefficients=last, losses=losses, path=path, x=x, y=y)


@state.not_compiled
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
        If x and y differ in length, are not one-dimensional or finite, x has fewer
        different points than there are coefficients, or its dtype can't hold the
        coefficients, as far from zero. Then fit with x − c, for a c amid the points.

    See Also
    --------
    fit_polynomial : The same optimum, approached by gradient descent.

    Notes
    -----
    Minimises ‖Vc − y‖ by a singular value decomposition in float64 [1]_, with
    V[i, k] = t[i]ᵏ and t = (x − m)/s between −1 and 1, so that the columns of V differ.
    The powers of (x − m)/s are multiplied out without rounding, and each coefficient of
    xᵏ is rounded once. Far from zero even that is too much: for x between 2 460 000 and
    2 460 030, as in Julian days, a cubic has terms near 10¹⁵ that should cancel. The
    coefficients are refused where rounding moves the fit's values by more than a
    thousandth of its own errors and half of the digits of x's dtype, √ε·‖y‖.

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
    x, y = _data(x, y, degree)
    with state.preserve_state(x.device):
        optimum = _solve(x, y, degree)
        if optimum.rank <= degree:
            raise ValueError(
                f"x must have {degree + 1} different points for degree {degree}, "
                "further apart than rounding, but its "
                f"{len(set(x.tolist()))} determine only {optimum.rank} of the "
                "coefficients. Add points, or lower the degree."
            )
        return _held(optimum)


def _data(x: object, y: object, degree: int) -> tuple[Tensor, Tensor]:
    device = next((v.device for v in (x, y) if isinstance(v, Tensor)), None)
    x, y = arguments.axis(x, "x", device), arguments.axis(y, "y", device)
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
    arguments.finite(x, "x")
    arguments.finite(y, "y")
    dtype = torch.promote_types(x.dtype, y.dtype)
    with state.no_graph():
        return x.to(dtype), y.to(dtype)


# ---------------------------------------------------------------- least squares


@dataclass(frozen=True)
class _Optimum:
    """The polynomial of the smallest squared error, in t = (x − centre)/half."""

    x: Tensor  # the points, as given
    y: Tensor
    centre: float
    half: float
    unit: float  # of y, a power of two
    coefficients: Tensor  # of t's powers, in that unit
    values: Tensor  # at the points, in that unit
    errors: Tensor  # of these values
    rank: int


def _solve(x: Tensor, y: Tensor, degree: int) -> _Optimum:
    """The optimum in float64, from x and y that are centred and scaled."""
    points, heights = x.double().cpu(), y.double().cpu()
    low, high = points.min().item(), points.max().item()
    centre, half = low / 2 + high / 2, (high / 2 - low / 2) or 1.0
    unit = math.ldexp(0.5, math.frexp(heights.abs().max().item())[1])
    powers = _powers((points - centre) / half, degree)
    heights = heights / unit
    # The default driver, "gelsy", reads memory that PyTorch 2.13 leaves as it was: its
    # rank differs from call to call.
    solved = torch.linalg.lstsq(powers, heights[:, None], driver="gelsd")
    coefficients = solved.solution[:, 0]
    values = powers @ coefficients
    return _Optimum(
        x=x,
        y=y,
        centre=centre,
        half=half,
        unit=unit,
        coefficients=coefficients,
        values=values,
        errors=values - heights,
        rank=int(solved.rank),
    )


def _held(optimum: _Optimum) -> Tensor:
    """The coefficients of xᵏ in x's dtype, refused where that can't hold them."""
    x, unit = optimum.x, optimum.unit
    info = torch.finfo(x.dtype)
    exact = _multiplied_out(optimum)
    largest = max(abs(coefficient) for coefficient in exact)
    if largest > info.max:
        raise ValueError(
            f"x must be of a size whose powers up to {len(exact) - 1} {x.dtype} can "
            f"hold, but its largest is {x.abs().max():g}, and a coefficient overflows. "
            "Rescale x."
        )
    if largest * Fraction(unit) > info.max:
        raise ValueError(
            f"y must be of a size that leaves the coefficients within {x.dtype}, but "
            f"its largest is {optimum.y.abs().max():g}, and a coefficient overflows. "
            "Rescale y."
        )
    rounded = [float(c * Fraction(unit)) for c in exact]
    coefficients = torch.tensor(rounded, dtype=torch.float64, device=x.device).to(x)
    held = _evaluate(coefficients.double().cpu() / unit, x.double().cpu())
    moved = (held - optimum.values).norm().item()
    # A thousandth of the fit's own errors, half of y's digits, and what underflows.
    allowed = 1e-3 * optimum.errors.norm().item()
    allowed += math.sqrt(info.eps) * optimum.values.norm().item()
    allowed += math.sqrt(len(x)) * info.tiny / unit
    if not moved <= allowed:
        raise _cannot_hold(optimum, moved)
    return coefficients


def _multiplied_out(optimum: _Optimum) -> list[Fraction]:
    """The coefficients of 1, x, x², … without any rounding, in units of y's unit."""
    centre, half = Fraction(optimum.centre), Fraction(optimum.half)
    shifted: list[Fraction] = []
    for coefficient in reversed(optimum.coefficients.tolist()):  # Horner's rule
        pairs = zip([Fraction(), *shifted], [*shifted, Fraction()], strict=True)
        shifted = [(below - same * centre) / half for below, same in pairs]
        shifted[0] += Fraction(coefficient)
    return shifted


def _cannot_hold(optimum: _Optimum, moved: float) -> ValueError:
    kind, degree = optimum.x.dtype, len(optimum.coefficients) - 1
    to_rms = optimum.unit / math.sqrt(len(optimum.x))
    errors = optimum.errors.norm().item()
    return ValueError(
        f"x must lie so near to 0 that {kind} can hold the coefficients of its powers "
        f"up to {degree}, but rounding them to {kind} moves the fit by "
        f"{moved * to_rms:.3g}, where its errors are {errors * to_rms:.3g} (root mean "
        f"squares). Fit with (x - {optimum.centre:.15g}) / {optimum.half:.6g} in place "
        "of x and evaluate there, or lower the degree."
    )


# ---------------------------------------------------------------- gradient descent


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


def _evaluate(coefficients: Tensor, x: Tensor) -> Tensor:
    """The polynomial's values at x, by Horner's rule."""
    value = torch.zeros_like(x)
    for coefficient in coefficients.flip(0):
        value = value * x + coefficient
    return value


def _largest_eigenvalue(powers: Tensor) -> float:
    """The largest eigenvalue of the loss's Hessian, 2VᵀV, in float64."""
    exact = powers.double()
    hessian = 2 * exact.T @ exact
    if not hessian.isfinite().all():
        raise ValueError(
            f"x must be of a size whose powers {powers.dtype} can hold, but its "
            f"largest power is {powers.abs().max():g}, and the loss overflows. "
            "Rescale x."
        )
    return float(torch.linalg.eigvalsh(hessian)[-1])


def _descend(
    powers: Tensor,
    y: Tensor,
    coefficients: Tensor,
    learning_rate: float,
    stable_rate: float,
    steps: int,
) -> tuple[Tensor, Tensor]:
    losses, path = [], []
    smallest, gradient = math.inf, torch.zeros_like(coefficients)
    for step in range(steps + 1):
        c = coefficients.detach().requires_grad_()
        errors = powers @ c - y
        loss = errors @ errors
        height = loss.item()
        if step == 0:
            _refuse_infinite(height, y)
        if not _below(height, smallest, powers, c, y):
            _refuse_infinite_gradient(gradient, step - 1)
            raise ValueError(
                f"learning_rate must be small enough for the loss to fall, but with "
                f"{learning_rate:g} it grew from {smallest:.6g} to {height:.6g} "
                f"by step {step}. The largest stable rate for these points is "
                f"{stable_rate:.4e}, 2 over the largest eigenvalue of the loss's "
                "Hessian: choose a smaller one."
            )
        smallest = min(smallest, height)
        losses.append(height)
        path.append(coefficients)
        gradient = slope(loss, c)
        coefficients = coefficients - learning_rate * gradient
    return torch.tensor(losses, dtype=y.dtype, device=y.device), torch.stack(path)


def _refuse_infinite(loss: float, y: Tensor) -> None:
    """Refuse a loss that overflows at the start, because of y or of all the others."""
    if math.isfinite(loss):
        return
    if not (y @ y).isfinite():
        raise ValueError(
            f"y must be of a size whose squares {y.dtype} can hold, but its largest "
            f"is {y.abs().max():g}, and the loss overflows. Rescale y."
        )
    raise ValueError(
        f"start must be near enough to the best coefficients for {y.dtype} to hold the "
        f"squared errors, but their sum is {loss:g}. Rescale x, or pass another start."
    )


def _refuse_infinite_gradient(gradient: Tensor, step: int) -> None:
    if not gradient.isfinite().all():
        raise ValueError(
            f"x and y must be of sizes that leave the loss's gradient within "
            f"{gradient.dtype}, but it overflows at step {step}. Rescale x or y."
        )


def _below(loss: float, smallest: float, powers: Tensor, c: Tensor, y: Tensor) -> bool:
    """Whether the loss is no larger than the smallest before it, but for rounding."""
    eps = torch.finfo(y.dtype).eps
    if loss <= smallest * (1 + math.sqrt(eps)):
        return math.isfinite(loss)
    terms = powers.abs() @ c.detach().abs() + y.abs()
    rounding = ((4 * eps * terms) ** 2).sum()
    return loss <= float(rounding)
