"""The laws that derivatives, tangents, reductions, fields and fits obey, by name."""

import numpy as np
import torch

import seegrad


def assert_same(found, expected, *, rtol=1e-12, atol=1e-12):
    """Equal in shape, dtype and, up to rounding, value."""
    torch.testing.assert_close(found, expected, rtol=rtol, atol=atol, equal_nan=True)


def unseen(f):
    """The same function where no stand-in can follow, so its values are compared."""
    return lambda *xs: f(*(torch.stack([x]).sum(0) for x in xs))


# ---------------------------------------------------------------- derivatives


def assert_linear(operator, f, g, a, b, x):
    """(a·f + b·g)′ = a·f′ + b·g′."""
    together = operator(lambda x: a * f(x) + b * g(x), x)
    assert_same(together, a * operator(f, x) + b * operator(g, x), atol=1e-9)


def assert_product_rule(f, g, x):
    """(f·g)′ = f′·g + f·g′."""
    df, dg = seegrad.derivative(f, x), seegrad.derivative(g, x)
    found = seegrad.derivative(lambda x: f(x) * g(x), x)
    assert_same(found, df * g(x) + f(x) * dg)


def assert_quotient_rule(f, g, x):
    """(f/g)′ = (f′·g − f·g′) / g²."""
    df, dg = seegrad.derivative(f, x), seegrad.derivative(g, x)
    found = seegrad.derivative(lambda x: f(x) / g(x), x)
    assert_same(found, (df * g(x) - f(x) * dg) / g(x) ** 2)


def assert_chain_rule(f, g, x):
    """(f∘g)′(x) = f′(g(x))·g′(x)."""
    found = seegrad.derivative(lambda x: f(g(x)), x)
    assert_same(found, seegrad.derivative(f, g(x)) * seegrad.derivative(g, x))


def assert_inverse_rule(f, inverse, x):
    """(f⁻¹)′(f(x)) = 1 / f′(x)."""
    assert_same(seegrad.derivative(inverse, f(x)), 1 / seegrad.derivative(f, x))


def assert_even_odd(f, x, *, even):
    """The derivative of an even function is odd, and the other way round."""
    sign = -1 if even else 1
    assert_same(seegrad.derivative(f, -x), sign * seegrad.derivative(f, x))


def assert_slopes_add_up(f, a, b):
    """∫ₐᵇ f′ = f(b) − f(a), by Gauss's rule with 40 points."""
    nodes, weights = map(torch.from_numpy, np.polynomial.legendre.leggauss(40))
    x = (a + b) / 2 + (b - a) / 2 * nodes
    rise = (b - a) / 2 * (weights * seegrad.derivative(f, x)).sum()
    assert_same(rise, f(b) - f(a), rtol=1e-10, atol=1e-10)


def assert_mixed_partials_agree(f, x0, x1):
    """∂(∂f/∂x0)/∂x1 = ∂(∂f/∂x1)/∂x0."""
    _, one = seegrad.numerical_gradient(lambda *x: seegrad.gradient(f, *x)[0], x0, x1)
    other, _ = seegrad.numerical_gradient(lambda *x: seegrad.gradient(f, *x)[1], x0, x1)
    assert_same(one, other, rtol=1e-8, atol=1e-8)


def assert_leibniz_rule(f, x):
    """(x·f)⁽ⁿ⁾ = x·f⁽ⁿ⁾ + n·f⁽ⁿ⁻¹⁾."""
    for order in (2, 3, 4):
        found = seegrad.derivative(lambda x: x * f(x), x, order=order)
        high = seegrad.derivative(f, x, order=order)
        low = seegrad.derivative(f, x, order=order - 1)
        assert_same(found, x * high + order * low, rtol=1e-10, atol=1e-10)


def assert_directional_derivative(f, x0, x1, v0, v1):
    """∇f·v is the slope of t ↦ f(x + t·v) at t = 0."""
    g0, g1 = seegrad.gradient(f, x0, x1)
    along = seegrad.derivative(lambda t: f(x0 + t * v0, x1 + t * v1), 0.0)
    assert_same(g0 * v0 + g1 * v1, along)


def assert_homogeneous(f, degree, *xs):
    """Euler: x·∇f = degree·f when f(t·x) = t^degree·f(x)."""
    gradients = seegrad.gradient(f, *xs)
    total = sum(x * g for x, g in zip(xs, gradients, strict=True))
    assert_same(total, degree * f(*xs), atol=1e-10)


def assert_error_shrinks_with_h_squared(f, x):
    """Halving h divides the error of central differences by four."""
    truth = seegrad.derivative(f, x)
    coarse = (seegrad.numerical_derivative(f, x, h=2**-6) - truth).abs()
    fine = (seegrad.numerical_derivative(f, x, h=2**-7) - truth).abs()
    assert_same(coarse / fine, torch.full_like(x, 4.0), rtol=0.01)


# ---------------------------------------------------------------- tangents


def assert_tangent_touches(f, x0):
    """The line meets the curve at x0, and leaves it by h²·f″/2 at most (Taylor)."""
    line = seegrad.tangent_line(f, x0)
    assert_same(line(x0), f(x0))
    for h in (1e-2, 1e-3):
        way = [seegrad.derivative(f, x0 + h * t, order=2) for t in (0, 0.5, 1)]
        bend = torch.stack(way).abs().amax(0)
        gap = (f(x0 + h) - line(x0 + h)).abs()
        assert (gap <= 0.51 * h**2 * bend + 1e-13 * (1 + f(x0).abs())).all()


def assert_plane_contains_its_lines(f, x0, x1):
    """Held at one variable, the tangent plane is the tangent line of the other."""
    plane = seegrad.tangent_plane(f, x0, x1)
    along0 = seegrad.tangent_line(lambda x: f(x, x1 + 0 * x), x0)
    along1 = seegrad.tangent_line(lambda x: f(x0 + 0 * x, x), x1)
    for step in (-1.5, 0.0, 0.25):
        assert_same(plane(x0 + step, x1), along0(x0 + step))
        assert_same(plane(x0, x1 + step), along1(x1 + step))


# ---------------------------------------------------------------- reductions


def assert_chain_rule_of_reduction(f, x, how):
    """∂z/∂x = ∂z/∂y · f′(x)."""
    r = seegrad.reduce_gradient(f, x, how)
    assert_same(r.gradient, r.dz_dy * seegrad.derivative(f, x))


def assert_shift_passes_through(f, x, how):
    """If reduction(y + c) = reduction(y) + c, then Σ ∂z/∂y = 1."""
    weights = seegrad.reduce_gradient(f, x, how).dz_dy
    assert_same(weights.sum(), torch.ones((), dtype=weights.dtype))


# ---------------------------------------------------------------- fields and walks


def assert_field_of_sum(f, g, x0, x1):
    """The field of f + g is the sum of the fields."""
    both = seegrad.gradient_field(lambda a, b: f(a, b) + g(a, b), x0, x1)
    one, two = (seegrad.gradient_field(h, x0, x1) for h in (f, g))
    for name in ("values", "g0", "g1"):
        assert_same(getattr(both, name), getattr(one, name) + getattr(two, name))


def assert_swapped_variables_transpose(f, x0, x1):
    """Trading the variables' places transposes the field and trades its parts."""
    field = seegrad.gradient_field(f, x0, x1)
    swapped = seegrad.gradient_field(lambda a, b: f(b, a), x1, x0)
    assert_same(swapped.values, field.values.T)
    assert_same(swapped.g0, field.g1.T)
    assert_same(swapped.g1, field.g0.T)


def assert_descent_lowers(f, start, learning_rate, steps):
    """With a small enough rate no step goes uphill."""
    path = seegrad.descend(f, start, learning_rate=learning_rate, steps=steps)
    assert path.points.shape == (steps + 1, len(start))
    assert (path.values.diff() <= 1e-12 * path.values[:-1].abs()).all()


# ---------------------------------------------------------------- fits


def assert_fit_invariant_under_permutation(x, y, order, **options):
    """The order in which the points come does not matter."""
    fit = seegrad.fit_polynomial(x, y, **options)
    shuffled = seegrad.fit_polynomial(x[order], y[order], **options)
    assert_same(shuffled.path, fit.path, rtol=1e-9, atol=1e-9)
    assert_same(shuffled.losses, fit.losses, rtol=1e-9, atol=1e-9)


def assert_residual_is_orthogonal(x, y, degree):
    """At the optimum no power of x is left in the residual: Vᵀ(Vc − y) = 0."""
    c = seegrad.least_squares(x, y, degree=degree)
    V = torch.stack([x**k for k in range(degree + 1)], dim=1)
    scale = V.abs().T @ (V.abs() @ c.abs() + y.abs())
    assert ((V.T @ (V @ c - y)).abs() <= 1e-12 * scale + 1e-12).all()


def assert_fit_linear_in_values(x, y, z, a, b, degree):
    """Fitting a·y + b·z gives a times the fit of y and b times the fit of z."""
    both = seegrad.least_squares(x, a * y + b * z, degree=degree)
    one, other = (seegrad.least_squares(x, v, degree=degree) for v in (y, z))
    size = one.abs().max().item() + other.abs().max().item() + 1
    assert_same(both, a * one + b * other, rtol=0.0, atol=1e-9 * size)


def assert_interpolates(x, y):
    """With as many coefficients as points, the polynomial goes through each."""
    c = seegrad.least_squares(x, y, degree=len(x) - 1)
    V = torch.stack([x**k for k in range(len(x))], dim=1)
    assert_same(V @ c, y, rtol=1e-8, atol=1e-8)
