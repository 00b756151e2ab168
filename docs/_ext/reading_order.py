"""The order in which the gallery's scripts are read.

sphinx-gallery sorts by length or by name. Ours build on each other, so their order is
written down here; a script that is missing from it fails the build.
"""

from pathlib import Path

ORDER = [
    "plot_tangent_line.py",
    "plot_three_lines.py",
    "plot_product_strips.py",
    "plot_chain_rule.py",
    "plot_clear_and_copy.py",
    "plot_derivative_curve.py",
    "plot_tangent_plane.py",
    "plot_sum.py",
    "plot_loop.py",
    "plot_mean.py",
    "plot_max.py",
    "plot_reductions.py",
    "plot_gradient_field.py",
    "plot_axis_order.py",
    "plot_numerical.py",
    "plot_descent.py",
    "plot_one_step.py",
    "plot_training_step.py",
    "plot_sine_cubic.py",
    "plot_slow_fit.py",
    "plot_hessian_step.py",
    "plot_optimisers.py",
    "plot_clip_gradient.py",
    "plot_silenced_error.py",
    "plot_forgotten_zero_grad.py",
    "plot_grad_is_none.py",
    "plot_second_backward.py",
    "plot_saved_value.py",
    "plot_data.py",
    "plot_step_in_place.py",
    "plot_whole_numbers.py",
    "plot_vector_output.py",
    "plot_lost_factor.py",
    "plot_where_nan.py",
    "plot_corner_answers.py",
    "plot_float32_check.py",
    "plot_mixed_batch.py",
]


class ReadingOrder:
    """A sort key for sphinx-gallery."""

    def __init__(self, src_dir):
        self.src_dir = src_dir

    def __call__(self, filename):
        """The script's place in the order."""
        return ORDER.index(Path(filename).name)

    def __repr__(self):
        """The same text at every build, or Sphinx takes the configuration for new."""
        return "<ReadingOrder>"
