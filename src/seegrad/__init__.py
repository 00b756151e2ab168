"""Autograd you can see: tangents, planes, fields and fits drawn from real gradients."""

from seegrad.diagnosis import Diagnosis, NotDifferentiableWarning, diagnose
from seegrad.explanation import GradExplanation, explain_grad
from seegrad.failure import expect_error
from seegrad.field import GradientField, Path, descend, gradient_field
from seegrad.gradient import derivative, gradient
from seegrad.graph import GradientGraph, gradient_graph
from seegrad.numerical import numerical_derivative, numerical_gradient
from seegrad.plot import (
    plot_derivative,
    plot_descent,
    plot_fit,
    plot_function,
    plot_gradient_field,
    plot_losses,
    plot_reduction,
    plot_tangent_line,
    plot_tangent_plane,
)
from seegrad.polynomial import PolynomialFit, fit_polynomial, least_squares
from seegrad.reduction import Reduction, reduce_gradient
from seegrad.tangent import TangentLine, TangentPlane, tangent_line, tangent_plane

__version__ = "0.1.0"

__all__ = [
    "Diagnosis",
    "GradExplanation",
    "GradientField",
    "GradientGraph",
    "NotDifferentiableWarning",
    "Path",
    "PolynomialFit",
    "Reduction",
    "TangentLine",
    "TangentPlane",
    "derivative",
    "descend",
    "diagnose",
    "expect_error",
    "explain_grad",
    "fit_polynomial",
    "gradient",
    "gradient_field",
    "gradient_graph",
    "least_squares",
    "numerical_derivative",
    "numerical_gradient",
    "plot_derivative",
    "plot_descent",
    "plot_fit",
    "plot_function",
    "plot_gradient_field",
    "plot_losses",
    "plot_reduction",
    "plot_tangent_line",
    "plot_tangent_plane",
    "reduce_gradient",
    "tangent_line",
    "tangent_plane",
]
