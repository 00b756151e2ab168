"""Autograd you can see: tangents, planes, fields and fits drawn from real gradients."""

from seegrad.checks.functions import (
    NonlinearBackwardError,
    NotConnectedError,
    NotElementwiseError,
    RandomFunctionError,
)
from seegrad.derivatives import derivative, gradient
from seegrad.descents import Descent, descend
from seegrad.diagnosis import Diagnosis, NotDifferentiableWarning, diagnose
from seegrad.differences import numerical_derivative, numerical_gradient
from seegrad.explanations import GradExplanation, explain_grad
from seegrad.explorables.descents import explore_learning_rate
from seegrad.explorables.differences import explore_step_size
from seegrad.explorables.explorable import Explorable
from seegrad.explorables.fields import explore_gradient
from seegrad.explorables.fits import explore_fit
from seegrad.explorables.graphs import explore_graph
from seegrad.explorables.reductions import explore_reduction
from seegrad.explorables.secants import explore_secant
from seegrad.explorables.series import explore_taylor
from seegrad.explorables.tangents import explore_tangent
from seegrad.failures import expect_error
from seegrad.fields import GradientField, gradient_field
from seegrad.graphs.gradient_graph import GradientGraph, gradient_graph
from seegrad.plots import (
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
from seegrad.polynomials import PolynomialFit, fit_polynomial, least_squares
from seegrad.reductions import Reduction, reduce_gradient
from seegrad.tangents import TangentLine, TangentPlane, tangent_line, tangent_plane

__version__ = "0.1.0"

__all__ = [
    "Descent",
    "Diagnosis",
    "Explorable",
    "GradExplanation",
    "GradientField",
    "GradientGraph",
    "NonlinearBackwardError",
    "NotConnectedError",
    "NotDifferentiableWarning",
    "NotElementwiseError",
    "PolynomialFit",
    "RandomFunctionError",
    "Reduction",
    "TangentLine",
    "TangentPlane",
    "derivative",
    "descend",
    "diagnose",
    "expect_error",
    "explain_grad",
    "explore_fit",
    "explore_gradient",
    "explore_graph",
    "explore_learning_rate",
    "explore_reduction",
    "explore_secant",
    "explore_step_size",
    "explore_tangent",
    "explore_taylor",
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
