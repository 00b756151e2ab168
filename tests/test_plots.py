"""Every picture: what is drawn, where, under which names, and what cannot be drawn."""

import inspect
import math
import sys
from dataclasses import dataclass
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from laws import assert_same
from matplotlib import colors
from matplotlib import pyplot as plt
from refusals import Refusal, assert_teaches

import seegrad
from seegrad import plots as plot

X = [-1.0, 0.0, 2.0]
LINE = seegrad.tangent_line(torch.square, 3.0)
LINES = seegrad.tangent_line(torch.square, [1.0, 2.0])
PLANE = seegrad.tangent_plane(lambda a, b: a**2 + b**2, 1.0, 2.0)
FIELD = seegrad.gradient_field(lambda a, b: a * b, [0.0, 1.0, 3.0], [5.0, 7.0])
WALK1 = seegrad.descend(torch.square, [8.0], learning_rate=0.25, steps=2)
WALK2 = seegrad.descend(
    lambda a, b: a**2 + b**2, [3.0, 4.0], learning_rate=0.25, steps=3
)
WALK3 = seegrad.descend(
    lambda a, b, c: a * b * c, [1.0] * 3, learning_rate=0.1, steps=1
)
SUM = seegrad.reduce_gradient(torch.square, X, "sum")
FIT = seegrad.fit_polynomial(
    [1, 3, 2], [1, 3, 2], degree=1, learning_rate=0.01, steps=4, start=[0, 0]
)


def square(x):
    return x**2


def bowl(x0, x1):
    return x0**2 + x1**2


@dataclass(frozen=True)
class Plot:
    name: str
    arguments: tuple
    labels: tuple[str, ...]
    three_d: bool = False

    def __str__(self):
        return self.name

    def __call__(self, **options):
        function = getattr(seegrad, self.name.partition(",")[0])
        return function(*self.arguments, **options)


PLOTS = [
    Plot("plot_function", (square, X), ("$x$", "$y$")),
    Plot("plot_function, surface", (bowl, X, X), ("$x_0$", "$x_1$", "$y$"), True),
    Plot("plot_derivative", (X, [-2.0, 0.0, 4.0]), ("$x$", "$y$")),
    Plot("plot_tangent_line", (LINE,), ("$x$", "$y$")),
    Plot("plot_tangent_plane", (PLANE,), ("$x_0$", "$x_1$", "$y$"), True),
    Plot("plot_gradient_field", (FIELD,), ("$x_0$", "$x_1$")),
    Plot("plot_descent", (WALK2,), ("$x_0$", "$x_1$")),
    Plot("plot_descent, one variable", (WALK1,), ("$x$", "$y$")),
    Plot("plot_reduction", (SUM,), ("$x$", "")),
    Plot("plot_fit", (FIT,), ("$x$", "$y$")),
    Plot("plot_losses", (FIT,), ("step", "$L$")),
]
EVERY_PLOT = pytest.mark.parametrize("draw", PLOTS, ids=str)


def axes_for(draw, figure=None):
    projection = "3d" if draw.three_d else None
    return (figure or plt.figure()).add_subplot(projection=projection)


def names(ax):
    axes = [ax.xaxis, ax.yaxis] + ([ax.zaxis] if hasattr(ax, "zaxis") else [])
    return tuple(axis.label.get_text() for axis in axes)


def points(line):
    return line.get_xydata().tolist()


def test_the_table_has_every_plot_function():
    named = {draw.name.partition(",")[0] for draw in PLOTS}
    assert named == {name for name in seegrad.__all__ if name.startswith("plot_")}


# ---------------------------------------------------------------- for every plot


@EVERY_PLOT
def test_new_axes_for_each_call(draw):
    first, second = draw(), draw()
    assert first is not second
    assert first.figure is not second.figure
    assert first.figure.axes == [first]
    assert first.name == ("3d" if draw.three_d else "rectilinear")


@EVERY_PLOT
def test_given_axes_are_drawn_on_and_returned(draw):
    ax = axes_for(draw)
    assert draw(ax=ax) is ax
    assert ax.lines or ax.collections
    assert len(plt.get_fignums()) == 1


@EVERY_PLOT
def test_axes_of_a_figure_without_pyplot(draw):
    from matplotlib.figure import Figure

    ax = axes_for(draw, Figure())
    assert draw(ax=ax) is ax
    assert plt.get_fignums() == []


@EVERY_PLOT
def test_the_axes_are_named(draw):
    assert names(draw()) == draw.labels


@EVERY_PLOT
def test_names_somebody_gave_stay(draw):
    ax = axes_for(draw)
    ax.set_xlabel("time")
    draw(ax=ax)
    assert names(ax)[0] == "time"


@EVERY_PLOT
def test_the_picture_can_be_drawn(draw):
    draw().figure.canvas.draw()  # where a warning is an error


@EVERY_PLOT
def test_new_axes_have_our_style_and_given_ones_their_own(draw):
    assert draw().get_facecolor()[3] == 0
    ax = axes_for(draw)
    before = ax.get_facecolor()
    assert draw(ax=ax).get_facecolor() == before != (0, 0, 0, 0)


@EVERY_PLOT
def test_the_style_of_the_caller_stays(draw):
    with plt.rc_context({"lines.linewidth": 7.0, "axes.facecolor": "red"}):
        before = dict(plt.rcParams)
        draw()
        draw(ax=axes_for(draw))
        assert dict(plt.rcParams) == before


@EVERY_PLOT
def test_nothing_is_shown(draw, monkeypatch):
    shown = Mock()
    monkeypatch.setattr(plt, "show", shown)
    monkeypatch.setattr("matplotlib.figure.Figure.show", shown)
    draw()
    assert not shown.called


@EVERY_PLOT
def test_the_current_axes_are_not_drawn_on(draw):
    current = axes_for(draw)
    draw()
    assert not current.lines
    assert not current.collections


@EVERY_PLOT
@pytest.mark.parametrize("ax", [3, "ax", plt, np.array([None])], ids=type)
def test_only_axes_are_axes(draw, ax):
    with pytest.raises(TypeError, match=r"ax must be .*matplotlib Axes, but it is"):
        draw(ax=ax)


@EVERY_PLOT
def test_a_figure_is_not_axes(draw):
    with pytest.raises(TypeError, match=r"ax must be .*Figure.*add_subplot"):
        draw(ax=plt.figure())


@EVERY_PLOT
def test_surfaces_need_depth_and_curves_must_not_have_it(draw):
    wrong = plt.figure().add_subplot(projection=None if draw.three_d else "3d")
    with pytest.raises(TypeError, match=r"ax must be .*Axes, but it is"):
        draw(ax=wrong)
    assert not wrong.lines
    assert not wrong.collections


@EVERY_PLOT
def test_axes_come_next_and_other_options_by_name(draw):
    function = getattr(seegrad, draw.name.partition(",")[0])
    names = list(inspect.signature(function).parameters)
    options = inspect.signature(function).parameters
    assert options["ax"].default is None
    assert options["kwargs"].kind == inspect.Parameter.VAR_KEYWORD
    after = names[names.index("ax") + 1 : -1]
    assert {options[name].kind for name in after} <= {inspect.Parameter.KEYWORD_ONLY}


# ---------------------------------------------------------------- what is passed on

LINES_AND = {"plot_gradient_field", "plot_tangent_plane", "plot_function, surface"}
OF_LINES = [draw for draw in PLOTS if draw.name not in LINES_AND]
OF_SURFACES = [draw for draw in PLOTS if draw.three_d]
# Which of the lines is the one that most is about.
MAIN = {"plot_reduction": 1, "plot_fit": 1}


def main_line(draw, **options):
    return draw(**options).lines[MAIN.get(draw.name, 0)]


@pytest.mark.parametrize("draw", OF_LINES, ids=str)
@pytest.mark.parametrize(
    "names",
    [("color", "linewidth", "linestyle", "marker"), ("c", "lw", "ls", "marker")],
    ids=["full", "short"],
)
def test_a_line_gets_what_is_given(draw, names):
    values = ("#123456", 5.5, "-.", "^")
    line = main_line(draw, **dict(zip(names, values, strict=True)), zorder=7)
    assert line.get_color() == "#123456"
    assert line.get_linewidth() == 5.5
    assert line.get_linestyle() == "-."
    assert line.get_marker() == "^"
    assert line.get_zorder() == 7


@pytest.mark.parametrize("draw", OF_LINES, ids=str)
def test_a_line_keeps_what_is_not_given(draw):
    plain, given = main_line(draw), main_line(draw, alpha=0.5)
    assert given.get_alpha() == 0.5
    for name in ("color", "linewidth", "linestyle", "marker", "label"):
        assert getattr(given, f"get_{name}")() == getattr(plain, f"get_{name}")()


@pytest.mark.parametrize("draw", OF_SURFACES, ids=str)
@pytest.mark.parametrize(
    "given",
    [{"color": "red"}, {"facecolor": "red"}, {"fc": "red"}]
    + [{"facecolors": np.full((3, 3), "red")}],
    ids=["color", "facecolor", "fc", "facecolors"],
)
def test_a_surface_gets_the_colour_that_is_given(draw, given):
    surface = draw(**given, alpha=0.25, shade=False).collections[0]
    assert surface.get_facecolor()[0].tolist() == [1, 0, 0, 0.25]


@pytest.mark.parametrize("draw", OF_SURFACES, ids=str)
def test_a_surface_can_be_coloured_by_height(draw):
    surface = draw(cmap="viridis").collections[0]
    surface.axes.figure.canvas.draw()
    assert len(surface.get_array()) == 4


@pytest.mark.parametrize("name", ["color", "facecolor", "fc", "facecolors"])
def test_arrows_get_what_is_given(name):
    given = {name: "red", "width": 0.01, "scale": 3.0, "scale_units": "xy"}
    arrows = seegrad.plot_gradient_field(FIELD, **given, alpha=0.5).collections[-1]
    assert arrows.get_facecolor()[0].tolist() == [1, 0, 0, 0.5]
    assert (arrows.width, arrows.scale, arrows.scale_units) == (0.01, 3.0, "xy")


def test_the_ends_of_a_descent_get_its_colour():
    for options, colour in (({}, plot.WALK["color"]), ({"c": "red"}, "red")):
        lines = seegrad.plot_descent(WALK2, **options).lines
        assert [line.get_color() for line in lines] == [colour] * 3


@EVERY_PLOT
def test_an_option_that_matplotlib_does_not_know_leaves_no_figure(draw):
    with pytest.raises(AttributeError, match="colour"):
        draw(colour="red")
    assert plt.get_fignums() == []
    with pytest.raises(AttributeError, match="colour"):
        draw(ax=axes_for(draw), colour="red")
    assert len(plt.get_fignums()) == 1  # the caller's own


@pytest.mark.parametrize("draw", OF_LINES, ids=str)
def test_two_names_for_one_option_are_refused(draw):
    with pytest.raises(TypeError, match="aliases of one another"):
        draw(c="red", color="blue")
    assert plt.get_fignums() == []


# ---------------------------------------------------------------- finished results


def assert_differentiates_nothing(draw, monkeypatch):
    """No reverse pass, no forward mode, and f is never called to record a graph."""
    taken = Mock(side_effect=AssertionError("differentiated while drawing"))
    for place in ("torch.autograd.grad", "torch.autograd.backward"):
        monkeypatch.setattr(place, taken)
    for name in ("grad", "vjp", "jvp", "jacrev", "jacfwd"):
        monkeypatch.setattr(f"torch.func.{name}", taken)
    monkeypatch.setattr("torch.Tensor.backward", taken)
    draw()
    assert not taken.called


@EVERY_PLOT
def test_no_gradient_is_taken(draw, monkeypatch):
    assert_differentiates_nothing(draw, monkeypatch)


def no_graph_allowed(x):
    assert not x.requires_grad
    return x**2


def test_the_function_drawn_records_no_graph():
    seegrad.plot_function(no_graph_allowed, X)


@pytest.mark.parametrize(
    "cheats",
    [
        lambda: seegrad.derivative(torch.square, X),
        lambda: seegrad.gradient_field(bowl, X, X),
        lambda: seegrad.descend(torch.square, [1.0], learning_rate=0.1, steps=1),
        lambda: torch.func.grad(torch.square)(torch.tensor(1.0)),
        lambda: torch.ones(1, requires_grad=True).sum().backward(),
    ],
    ids=["derivative", "field", "descent", "torch.func", "backward"],
)
def test_a_plot_that_differentiates_is_caught(cheats, monkeypatch):
    values = plot._values

    def values_and_more(*args):
        cheats()
        return values(*args)

    monkeypatch.setattr(plot, "_values", values_and_more)
    with pytest.raises((AssertionError, ValueError), match="differentiated while draw"):
        assert_differentiates_nothing(
            lambda: seegrad.plot_function(square, X), monkeypatch
        )


@EVERY_PLOT
def test_without_matplotlib_the_error_says_how_to_get_it(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "seegrad\[plot\]"'):
        draw()


# ---------------------------------------------------------------- curves, surfaces


def test_a_curve():
    ax = seegrad.plot_function(square, X)
    (curve,) = ax.lines
    assert points(curve) == [[-1.0, 1.0], [0.0, 0.0], [2.0, 4.0]]
    assert curve.get_label() == "$f$"
    assert curve.get_color() == plot.FUNCTION["color"]


def test_a_derivative():
    x = torch.linspace(-4, 4, 9, dtype=torch.float64)
    ax = seegrad.plot_derivative(x, seegrad.derivative(square, x))
    (curve,) = ax.lines
    assert points(curve) == torch.stack([x, 2 * x], dim=1).tolist()
    assert curve.get_label() == "$f\\,'$"
    assert curve.get_color() == plot.SLOPE["color"]


def test_a_function_and_its_derivative_differ_in_more_than_colour():
    ax = seegrad.plot_function(square, X)
    seegrad.plot_derivative(X, [-2.0, 0.0, 4.0], ax=ax)
    styles = [line.get_linestyle() for line in ax.lines]
    assert styles == ["-", "--"]


ONE_LABEL = [draw for draw in PLOTS if draw.name not in ("plot_reduction", "plot_fit")]


@pytest.mark.parametrize(
    "draw", [d for d in ONE_LABEL if "plot_descent" not in d.name], ids=str
)
def test_a_label_goes_into_the_legend(draw):
    ax = draw(label="mine")
    assert [text.get_text() for text in ax.legend().get_texts()] == ["mine"]


def test_a_surface_lies_over_its_grid():
    ax = seegrad.plot_function(lambda a, b: a + 10 * b, [0.0, 1.0, 2.0], [3.0, 5.0])
    (surface,) = ax.collections
    assert ax.xy_dataLim.extents.tolist() == [0.0, 3.0, 2.0, 5.0]
    assert ax.zz_dataLim.intervalx.tolist() == [30.0, 52.0]
    assert surface.get_label() == "$f$"


def test_a_surface_over_axes_of_two_dtypes():
    x0 = torch.tensor([0.0, 1.0])
    ax = seegrad.plot_function(lambda a, b: a + b, x0, [3.0, 5.0])
    assert ax.zz_dataLim.intervalx.tolist() == [3.0, 6.0]


@pytest.mark.parametrize("count", [0, 3])
def test_a_curve_or_a_surface_and_nothing_else(count):
    with pytest.raises(ValueError, match=f"one or two variables, but {count} were"):
        seegrad.plot_function(lambda *xs: xs[0], *[X] * count)


@pytest.mark.parametrize(
    ("f", "xs", "error", "message"),
    [
        (square, ([],), ValueError, "x must have at least one point"),
        (square, ([X],), ValueError, r"x must be one-dimensional.*\(1, 3\)"),
        (bowl, (X, 1.0), ValueError, r"x1 must be one-dimensional.*\(\)"),
        (square, ("x",), TypeError, "x must be real numbers"),
        (bowl, (None, X), TypeError, "x0 must be real numbers"),
        (lambda x: x.sum(), (X,), ValueError, r"f must return.*shape \(\)"),
        (lambda x: None, (X,), TypeError, "f must return a tensor"),
        (lambda x: x, (X, X), TypeError, "f must take 2 arguments"),
        (X, (X,), TypeError, "f must be a function"),
    ],
    ids=["empty", "matrix", "number", "str", "None", "shape", "returns None"]
    + ["arguments", "not callable"],
)
def test_what_cannot_be_drawn_as_a_function(f, xs, error, message):
    with pytest.raises(error, match=message):
        seegrad.plot_function(f, *xs)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("x", "slope", "error", "message"),
    [
        (X, [1.0], ValueError, r"x and slope must have the same shape.*\(3,\).*\(1,\)"),
        ([X], [X], ValueError, "x must be one-dimensional"),
        (X, 1.0, ValueError, "slope must be one-dimensional"),
        ([], [], ValueError, "x must have at least one point"),
        (X, None, TypeError, "slope must be real numbers"),
        (square, X, TypeError, "x must be real numbers"),
    ],
    ids=["lengths", "matrix", "number", "empty", "None", "function"],
)
def test_what_cannot_be_drawn_as_a_derivative(x, slope, error, message):
    with pytest.raises(error, match=message):
        seegrad.plot_derivative(x, slope)


def test_drawing_a_function_leaves_the_points_alone():
    x = torch.tensor(X)
    seegrad.plot_function(lambda x: x.mul_(2), x)
    assert x.tolist() == X


# ---------------------------------------------------------------- tangents


def test_a_tangent_line_is_centred_where_it_touches():
    ax = seegrad.plot_tangent_line(LINE, width=4)  # y = 6x − 9 at (3, 9)
    segment, touch = ax.lines
    assert points(segment) == [[1.0, -3.0], [5.0, 21.0]]
    assert points(touch) == [[3.0, 9.0]]
    assert segment.get_label() == "tangent"
    assert segment.get_color() == plot.SLOPE["color"]
    assert touch.get_color() == plot.POINT["color"]


def test_many_tangent_lines_share_one_entry_in_the_legend():
    ax = seegrad.plot_tangent_line(LINES, width=2)
    assert [points(line) for line in ax.lines[::2]] == [
        [[0.0, -1.0], [2.0, 3.0]],
        [[1.0, 0.0], [3.0, 8.0]],
    ]
    assert [text.get_text() for text in ax.legend().get_texts()] == ["tangent"]


def test_a_tangent_plane_is_centred_where_it_touches():
    ax = seegrad.plot_tangent_plane(PLANE, width=2)  # 5 + 2(x0 − 1) + 4(x1 − 2)
    assert len(ax.collections) == 1
    assert ax.xy_dataLim.extents.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert ax.zz_dataLim.intervalx.tolist() == [-1.0, 11.0]
    (touch,) = ax.lines
    assert [float(at[0]) for at in touch.get_data_3d()] == [1.0, 2.0, 5.0]


def test_many_tangent_planes():
    planes = seegrad.tangent_plane(bowl, [[1.0], [2.0]], [1.0, 2.0, 3.0])
    assert len(seegrad.plot_tangent_plane(planes).collections) == 6


@pytest.mark.filterwarnings("ignore::seegrad.NotDifferentiableWarning")
def test_a_tangent_at_a_corner_shows_both_sides():
    corner = seegrad.tangent_line(lambda x: torch.maximum(x, 3 * x), 0.0)
    segment, _ = seegrad.plot_tangent_line(corner, width=4).lines
    assert points(segment) == [[-2.0, -2.0], [0.0, 0.0], [2.0, 6.0]]
    fold = seegrad.tangent_plane(lambda a, b: a.abs() + 2 * b, 0.0, 0.0)
    ax = seegrad.plot_tangent_plane(fold, width=2)
    assert ax.zz_dataLim.intervalx.tolist() == [-2.0, 3.0]


@pytest.mark.parametrize("draw", [PLOTS[3], PLOTS[4]], ids=str)
@pytest.mark.parametrize(
    ("width", "error"),
    [(0, ValueError), (-1.0, ValueError), (math.nan, ValueError)]
    + [("2", TypeError), (True, TypeError)],
)
def test_a_width_is_a_number_above_zero(draw, width, error):
    with pytest.raises(error, match=r"width must be a .*number above 0"):
        draw(width=width)


@pytest.mark.parametrize("size", [1e-3, 4.0, 1e6])
def test_the_default_width_is_half_of_the_range_drawn(size):
    x = np.linspace(0, size, 5)
    ax = seegrad.plot_function(square, x)
    seegrad.plot_tangent_line(seegrad.tangent_line(square, size / 2), ax=ax)
    ends = ax.lines[1].get_xdata()
    assert ends.tolist() == pytest.approx([0.25 * size, 0.75 * size])
    x0, x1 = np.linspace(0, size, 3), np.linspace(0, 10 * size, 3)
    ax = seegrad.plot_function(bowl, x0, x1)
    seegrad.plot_tangent_plane(seegrad.tangent_plane(bowl, size, 10 * size), ax)
    assert ax.xy_dataLim.extents == pytest.approx([0, 0, 1.25 * size, 12.5 * size])


@pytest.mark.parametrize("draw", [PLOTS[3], PLOTS[4]], ids=str)
def test_the_default_width_is_two_on_axes_without_a_range(draw):
    limits = []
    for options in ({}, {"width": 2.0}, {"ax": axes_for(draw)}):
        ax = draw(**options)
        limits.append((ax.xy_dataLim if draw.three_d else ax.dataLim).intervalx)
    assert np.ptp(limits, axis=0).tolist() == [0, 0]
    if not draw.three_d:
        one_point = plt.figure().add_subplot()
        one_point.plot([3.0], [9.0], "o")
        assert np.diff(draw(ax=one_point).lines[1].get_xdata()) == [2.0]


# ---------------------------------------------------------------- fields and walks


def test_arrows_lead_downhill():
    arrows = seegrad.plot_gradient_field(FIELD).collections[-1]
    assert arrows.X.tolist() == [0.0, 1.0, 3.0] * 2
    assert arrows.Y.tolist() == [5.0] * 3 + [7.0] * 3
    assert arrows.U.tolist() == [-5.0] * 3 + [-7.0] * 3
    assert arrows.V.tolist() == [0.0, -1.0, -3.0] * 2
    assert arrows.angles == "xy"


def test_contours_lie_where_the_function_has_their_level():
    x = np.linspace(-2, 2, 9)
    field = seegrad.gradient_field(bowl, x, x)
    ax = seegrad.plot_gradient_field(field, levels=6)
    contours = ax.collections[0]
    evenly = [8 * k / 7 for k in range(1, 7)]
    assert contours.levels.tolist() == pytest.approx(evenly, abs=0.01)
    assert contours.levels[0] != evenly[0]
    # A contour runs straight between grid points half a unit apart, where x² is up to
    # (1/2)²/4 below its chord.
    for path, level in zip(contours.get_paths(), contours.levels, strict=True):
        heights = (path.vertices**2).sum(axis=1)
        assert ((level - 1 / 16 - 1e-9 <= heights) & (heights <= level + 1e-9)).all()
    assert ax.get_aspect() == 1


def test_four_points_have_contours():
    field = seegrad.gradient_field(bowl, [0.0, 1.0], [0.0, 1.0])
    contours, _ = seegrad.plot_gradient_field(field, levels=3).collections
    assert len(contours.levels) == 3


def test_more_levels_draw_more_contours():
    few, many = (
        seegrad.plot_gradient_field(FIELD, levels=n).collections[0] for n in (2, 20)
    )
    assert len(few.levels) < len(many.levels)


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("f", "x0", "x1"),
    [
        (bowl, [1.0], [1.0, 2.0]),
        (bowl, [1.0], [2.0]),
        (lambda a, b: 0 * a + 1, [0.0, 1.0], [0.0, 1.0]),
        (lambda a, b: torch.log(a) * b, [-2.0, -1.0], [1.0, 2.0]),
        (lambda a, b: torch.log(a) * b, [-2.0, 0.0, 1.0, 2.0], [1.0, 2.0]),
        (lambda a, b: 1 / a + b, [-1.0, 0.0, 1.0], [1.0, 2.0]),
        (bowl, [1.0, 1.0], [2.0, 2.0]),
        (lambda a, b: 1 + 1e-16 * (a + b), [0.0, 1.0, 2.0, 3.0], [0.0, 1.0]),
        (lambda a, b: 1e3 + 3e-13 * a * b, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]),
        (lambda a, b: 1e300 * (a**2 - b**2), [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
        (lambda a, b: 1e-300 * (a**2 - b**2), [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]),
    ],
    ids=["column", "point", "constant", "all nan", "some nan", "inf", "repeated"]
    + ["ulps", "few ulps", "huge", "tiny"],
)
def test_odd_fields_are_drawn(f, x0, x1):
    ax = seegrad.plot_gradient_field(seegrad.gradient_field(f, x0, x1))
    ax.figure.canvas.draw()
    assert len(ax.collections[-1].U) == len(x0) * len(x1)


@pytest.mark.parametrize(
    ("x0", "places"),
    [([0.0, NAN, 1.0], [0.0, 1.0]), ([INF, 2.0], [2.0]), ([NAN], [])],
    ids=str,
)
def test_places_that_are_not_finite_are_left_out(x0, places):
    ax = seegrad.plot_gradient_field(seegrad.gradient_field(bowl, x0, [1.0, 2.0]))
    ax.figure.canvas.draw()
    assert ax.collections[-1].X.tolist() == places * 2


def test_axes_that_are_not_sorted_are_drawn_as_if_they_were():
    def lines_and_arrows(x0, x1):
        field = seegrad.gradient_field(lambda a, b: a * b**2, x0, x1)
        *contours, arrows = seegrad.plot_gradient_field(field).collections
        paths = [p.vertices.tolist() for c in contours for p in c.get_paths()]
        return paths, [getattr(arrows, name).tolist() for name in "XYUV"]

    expected = lines_and_arrows([1.0, 2.0, 4.0], [-1.0, 0.0, 3.0])
    assert lines_and_arrows([4.0, 1.0, 2.0], [0.0, 3.0, -1.0]) == expected
    x = seegrad.plot_function(bowl, [2.0, -1.0, 0.0], [1.0, 3.0, 2.0]).collections[0]
    y = seegrad.plot_function(bowl, [-1.0, 0.0, 2.0], [1.0, 2.0, 3.0]).collections[0]
    x.axes.figure.canvas.draw()
    y.axes.figure.canvas.draw()
    assert [p.vertices.tolist() for p in x.get_paths()] == [
        p.vertices.tolist() for p in y.get_paths()
    ]


def lengths(arrows):
    return np.hypot(arrows.U, arrows.V)


def test_a_pole_does_not_hide_the_other_arrows():
    x = np.linspace(-2, 2, 15)
    field = seegrad.gradient_field(
        lambda a, b: 1 / ((a - 1e-6) ** 2 + b**2), x, x
    )  # at (0, 0) the slope is 2e18
    ax = seegrad.plot_gradient_field(field, levels=8)
    contours, arrows = ax.collections
    true = np.hypot(field.g0.numpy(), field.g1.numpy()).ravel()
    most = 3 * np.quantile(true, 0.9)
    assert lengths(arrows).max() == pytest.approx(most)
    ordinary = true < most
    assert ordinary.sum() > 200
    assert lengths(arrows)[ordinary].tolist() == pytest.approx(true[ordinary])
    assert arrows.U[112] < 0  # downhill from the pole, to the left of it
    # The levels are of the landscape around the pole, 1/8 … 100, and not of its peak.
    assert contours.levels.max() < 100
    seen = [len(path.vertices) > 0 for path in contours.get_paths()]
    assert len(seen) == 8
    assert all(seen)


@pytest.mark.parametrize("f", [bowl, lambda a, b: a * b, lambda a, b: a**4 - b])
def test_without_outliers_arrows_have_their_own_lengths(f):
    x = np.linspace(-2, 2, 9)
    field = seegrad.gradient_field(f, x, x)
    arrows = seegrad.plot_gradient_field(field).collections[-1]
    assert arrows.U.tolist() == (-field.g0).flatten().tolist()
    assert arrows.V.tolist() == (-field.g1).flatten().tolist()


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e-9, 1.0, 1e9, 1e200])
def test_arrows_of_any_size_lead_downhill(size):
    x = np.linspace(-2, 2, 5)
    field = seegrad.gradient_field(lambda a, b: size * (a**2 + b**2), x, x)
    arrows = seegrad.plot_gradient_field(field).collections[-1]
    arrows.axes.figure.canvas.draw()
    # Each arrow's polygon begins at its tail and has its tip in the middle.
    for a, b, tip in zip(arrows.X, arrows.Y, arrows.get_paths(), strict=True):
        if a or b:
            way = tip.vertices[np.hypot(*tip.vertices.T).argmax()]
            assert way @ [-a, -b] > 0.99 * np.hypot(*way) * np.hypot(a, b)


@pytest.mark.parametrize(
    ("span", "aspect"),
    [(1.0, 1), (4.0, 1), (0.25, 1), (5.0, "auto"), (1000.0, "auto"), (1e-3, "auto")],
)
def test_one_scale_where_the_ranges_are_alike(span, aspect):
    field = seegrad.gradient_field(bowl, [0.0, 0.5, 1.0], [0.0, span / 2, span])
    ax = seegrad.plot_gradient_field(field)
    ax.figure.canvas.draw()
    assert ax.get_aspect() == aspect
    box = ax.get_window_extent()
    assert min(box.width, box.height) > 64  # no sliver
    assert ax.collections[-1].angles == "xy"


@pytest.mark.parametrize("steps", [0, 1])
def test_a_landscape_without_heights_between_has_no_contours(steps):
    def level(a, b):
        return 1 + steps * 2**-52 * (a > 1).double() + 0 * a * b

    field = seegrad.gradient_field(level, [0.0, 1.0, 2.0], [0.0, 1.0])
    assert len(set(field.values.flatten().tolist())) == 1 + steps
    assert len(seegrad.plot_gradient_field(field).collections) == 1


@pytest.mark.parametrize(
    ("levels", "error"),
    [(0, ValueError), (-3, ValueError), (2.0, TypeError), ([1, 2], TypeError)]
    + [(True, TypeError), (None, TypeError)],
)
def test_levels_are_a_whole_number(levels, error):
    with pytest.raises(error, match="levels must be a whole number from 1"):
        seegrad.plot_gradient_field(FIELD, levels=levels)


@pytest.mark.parametrize(
    ("walk", "way"),
    [
        (WALK1, [[8.0, 64.0], [4.0, 16.0], [2.0, 4.0]]),
        (WALK2, [[3.0, 4.0], [1.5, 2.0], [0.75, 1.0], [0.375, 0.5]]),
    ],
    ids=["one variable", "two variables"],
)
def test_a_walk_shows_its_way_its_start_and_its_end(walk, way):
    path, start, end = seegrad.plot_descent(walk).lines
    assert points(path) == way
    assert points(start) == way[:1]
    assert points(end) == way[-1:]
    labels = [line.get_label() for line in (path, start, end)]
    assert labels == ["descent", "start", "end"]
    assert len({line.get_marker() for line in (path, start, end)}) == 3


def test_a_long_walk_is_a_line_without_dots():
    walk = seegrad.descend(torch.square, [1.0], learning_rate=0.01, steps=200)
    path = seegrad.plot_descent(walk).lines[0]
    assert len(points(path)) == 201
    assert path.get_marker() == ""


def test_a_walk_of_three_variables_has_no_picture():
    with pytest.raises(ValueError, match="descent must have one or two variables"):
        seegrad.plot_descent(WALK3)


# ---------------------------------------------------------------- reductions, fits


def test_values_and_what_came_back():
    y, slope = seegrad.plot_reduction(SUM).lines
    assert points(y) == [[-1.0, 1.0], [0.0, 0.0], [2.0, 4.0]]
    assert points(slope) == [[-1.0, -2.0], [0.0, 0.0], [2.0, 4.0]]
    labels = [line.get_label() for line in (y, slope)]
    assert labels == ["$y$", r"$\partial z / \partial x$"]
    assert y.get_marker() != slope.get_marker()


def test_points_are_joined_from_left_to_right():
    r = seegrad.reduce_gradient(torch.square, [2.0, -1.0, 0.0], "sum")
    for line, heights in zip(
        seegrad.plot_reduction(r).lines, ([1, 0, 4], [-2, 0, 4]), strict=True
    ):
        assert points(line) == [[-1, heights[0]], [0, heights[1]], [2, heights[2]]]
    ax = seegrad.plot_function(square, [2.0, -1.0, 0.0])
    assert points(ax.lines[0]) == [[-1, 1], [0, 0], [2, 4]]
    ax = seegrad.plot_derivative([2.0, -1.0, 0.0], [4.0, -2.0, 0.0])
    assert points(ax.lines[0]) == [[-1, -2], [0, 0], [2, 4]]


def test_points_that_go_one_way_stay_as_they_are():
    down = [3.0, 1.0, 0.0]
    assert seegrad.plot_function(square, down).lines[0].get_xdata().tolist() == down
    gap = [-2.0, -1.0, NAN, 1.0, 2.0]
    found = seegrad.plot_function(square, gap).lines[0].get_xdata()
    np.testing.assert_array_equal(found, gap)


def test_a_reduction_of_a_matrix_is_drawn_flat():
    r = seegrad.reduce_gradient(torch.square, [[1.0, 2.0], [3.0, 4.0]], "sum")
    assert points(seegrad.plot_reduction(r).lines[1])[-1] == [4.0, 8.0]


def test_a_fit_and_its_points():
    data, curve = seegrad.plot_fit(FIT).lines
    assert points(data) == [[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]]
    x, y = curve.get_data()
    assert (x[0], x[-1]) == (1.0, 3.0)
    assert_same(torch.from_numpy(y), FIT(x))
    assert [line.get_label() for line in (data, curve)] == ["$y$", r"$\hat{y}$"]


def test_losses_over_the_steps():
    ax = seegrad.plot_losses(FIT)
    (curve,) = ax.lines
    assert curve.get_xdata().tolist() == [0, 1, 2, 3, 4]
    assert curve.get_ydata().tolist() == FIT.losses.tolist()
    assert ax.get_yscale() == "log"


def test_losses_that_are_all_zero_are_drawn():
    fit = seegrad.fit_polynomial([1.0], [1.0], degree=0, steps=2, start=[1.0])
    seegrad.plot_losses(fit).figure.canvas.draw()


def test_pictures_of_every_dtype():
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        x = torch.tensor(X, dtype=dtype)
        ax = seegrad.plot_function(square, x)
        seegrad.plot_derivative(x, seegrad.derivative(square, x), ax=ax)
        assert points(ax.lines[1])[-1] == [2.0, 4.0]


# ---------------------------------------------------------------- wrong results

RESULTS = {
    "plot_tangent_line": ("tangent", "TangentLine", "tangent_line"),
    "plot_tangent_plane": ("plane", "TangentPlane", "tangent_plane"),
    "plot_gradient_field": ("field", "GradientField", "gradient_field"),
    "plot_descent": ("descent", "Descent", "descend"),
    "plot_reduction": ("reduction", "Reduction", "reduce_gradient"),
    "plot_fit": ("fit", "PolynomialFit", "fit_polynomial"),
    "plot_losses": ("fit", "PolynomialFit", "fit_polynomial"),
}
ANY_RESULT = [LINE, PLANE, FIELD, WALK1, SUM, FIT, None, square, 3.0, torch.ones(2)]


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("value", ANY_RESULT, ids=lambda value: type(value).__name__)
def test_only_the_right_result_is_drawn(name, value):
    _, kind, maker = RESULTS[name]
    draw = getattr(seegrad, name)
    if type(value).__name__ == kind:
        assert draw(value).figure
        return
    message = rf"must be a {kind}, but it is .*Make one with seegrad\.{maker}\("
    with pytest.raises(TypeError, match=message):
        draw(value)
    assert plt.get_fignums() == []


# ---------------------------------------------------------------- colours


def luminance(colour):
    """WCAG 2.2: relative luminance."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in colors.to_rgb(colour)
    ]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(one, other):
    """WCAG 2.2: contrast ratio, from 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def style(name):
    with plt.style.context("seegrad.seegrad"):
        return plt.rcParams[name]


PALETTE = {
    name: value if isinstance(value, str) else value["color"]
    for name, value in vars(plot).items()
    if name in ("FUNCTION", "SLOPE", "POINT", "WALK", "MUTED")
}
PALETTE |= {f"cycle {k}": c["color"] for k, c in enumerate(style("axes.prop_cycle"))}
PALETTE |= {
    name: style(name)
    for name in ("axes.edgecolor", "axes.labelcolor", "xtick.color", "text.color")
}


@pytest.mark.parametrize("background", ["#ffffff", "#14181e"])
@pytest.mark.parametrize("name", PALETTE)
def test_every_colour_stands_out_on_light_and_on_dark(name, background):
    assert contrast(PALETTE[name], background) >= 3


def test_the_palette_is_whole():
    assert len(PALETTE) == 5 + 5 + 4


# ---------------------------------------------------------------- errors

REFUSED = {
    "levels 0": (
        lambda: seegrad.plot_gradient_field(FIELD, levels=0),
        ValueError,
        "levels",
        "be a whole number from 1",
        "0",
        "levels=1",
    ),
    "levels None": (
        lambda: seegrad.plot_gradient_field(FIELD, levels=None),
        TypeError,
        "levels",
        "be a whole number from 1",
        "None",
        "Pass an int",
    ),
    "width 0": (
        lambda: seegrad.plot_tangent_line(LINE, width=0),
        ValueError,
        "width",
        "be a finite number above 0",
        "0.0",
        "width=0.001",
    ),
    "width of a plane": (
        lambda: seegrad.plot_tangent_plane(PLANE, width="2"),
        TypeError,
        "width",
        "be a number above 0",
        "'2', of type str",
        "Pass a float",
    ),
    "xs": (
        lambda: seegrad.plot_function(bowl, X, X, X),
        ValueError,
        "xs",
        "be one or two variables",
        "3 were given",
        "Fix the others",
    ),
    "slope and x": (
        lambda: seegrad.plot_derivative(X, [1.0]),
        ValueError,
        "x and slope",
        "have the same shape",
        r"\(3,\) and \(1,\)",
        "one value for each point",
    ),
    "descent of three": (
        lambda: seegrad.plot_descent(WALK3),
        ValueError,
        "descent",
        "have one or two variables",
        "it has 3",
        "its values over the steps",
    ),
    "ax": (
        lambda: seegrad.plot_function(square, X, ax=3),
        TypeError,
        "ax",
        "be two-dimensional matplotlib Axes",
        "3, of type int",
        r"fig\.add_subplot\(\)",
    ),
    "ax of a surface": (
        lambda: seegrad.plot_tangent_plane(PLANE, ax="ax"),
        TypeError,
        "ax",
        "be three-dimensional matplotlib Axes",
        "'ax', of type str",
        "projection='3d'",
    ),
    **{
        f"{name}, None": (
            lambda name=name: getattr(seegrad, name)(None),
            TypeError,
            argument,
            f"be a {kind}",
            "None",
            rf"seegrad\.{maker}\(\.\.\.\)",
        )
        for name, (argument, kind, maker) in RESULTS.items()
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_teaches_and_leaves_no_figure(name):
    assert_teaches(Refusal(name, *REFUSED[name]))
    assert plt.get_fignums() == []
