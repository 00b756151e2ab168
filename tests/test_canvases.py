"""New axes: seegrad's look, set without a word to matplotlib's global style."""

import threading

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

import seegrad
from seegrad.canvases import canvas

FIELD = seegrad.gradient_field(lambda a, b: a * b, [0.0, 1.0, 2.0], [0.0, 1.0])
LINE = seegrad.tangent_line(torch.square, 1.0)


def scene(ax):
    """Something of everything whose look the style decides."""
    if ax.name == "3d":
        x = np.array([[0.0, 1.0], [0.0, 1.0]])
        ax.plot_surface(x, x.T, x * x.T, color="#2f7fc4", alpha=0.5)
        ax.set_zlabel("$z$")
    else:
        ax.plot([1e7, 1e7 + 1, 1e7 + 2], [1, 2, 1.5])
        ax.plot([1e7, 1e7 + 1], [1.2, 1.3])
    ax.set(xlabel="$x_0$", ylabel="height", title="$f$ of $x$")
    ax.figure.canvas.draw()
    return np.asarray(ax.figure.canvas.buffer_rgba()).astype(int)


def by_style(three_d):
    """Axes that are made while matplotlib itself has the style in use."""
    with plt.style.context("seegrad.seegrad"):
        ax = plt.figure().add_subplot(projection="3d" if three_d else None)
    return scene(ax)


def ours(three_d):
    with canvas(None, three_d=three_d) as ax:
        return scene(ax)


SIZE = {"font.size": 12.0}  # which decides how many ticks there are


def test_new_axes_look_as_matplotlib_makes_them_look():
    with mpl.rc_context(SIZE):
        found, expected = ours(False), by_style(False)
    assert found.shape == expected.shape == (320, 480, 4)
    assert (found == expected).all()


@pytest.mark.parametrize("three_d", [False, True], ids=["flat", "3d"])
def test_where_the_style_is_in_use_new_axes_are_the_same_to_the_pixel(three_d):
    with plt.style.context("seegrad.seegrad"):
        found, expected = ours(three_d), by_style(three_d)
    assert found.shape == expected.shape == (320, 480, 4)
    assert (found == expected).all()


def test_in_3d_only_the_grid_may_be_another_grey():
    with mpl.rc_context(SIZE):
        found, expected = ours(True), by_style(True)
    assert np.abs(found - expected).max() < 60
    assert (found != expected).any(axis=-1).mean() < 0.06


def test_a_dark_style_of_the_caller_does_not_shine_through():
    light = ours(False)
    with plt.style.context("dark_background"):
        dark = ours(False)
    shown = (light[..., 3] > 0) & (dark[..., 3] > 0)
    assert shown.sum() > 5000
    assert (light[shown] == dark[shown]).mean() > 0.99


@pytest.fixture
def changed(monkeypatch):
    """The names of all rcParams that anybody sets, in any thread."""
    plt.close(plt.figure())  # the first of a process notes which backend it is
    names = []
    kind = type(mpl.rcParams)
    set_one = kind.__setitem__

    def noting(self, name, value):
        if self is mpl.rcParams:
            names.append(name)
        set_one(self, name, value)

    monkeypatch.setattr(kind, "__setitem__", noting)
    return names


def draw_all():
    seegrad.plot_function(torch.sin, [0.0, 1.0])
    seegrad.plot_function(lambda a, b: a * b, [0.0, 1.0], [0.0, 1.0])
    seegrad.plot_gradient_field(FIELD)
    seegrad.plot_tangent_line(LINE)


def test_the_global_style_is_not_touched_for_a_moment(changed):
    draw_all()
    assert changed == []
    with plt.style.context("seegrad.seegrad"):  # what is noted, when it happens
        pass
    assert "axes.facecolor" in changed


def test_eight_threads_leave_the_global_style_and_have_figures_of_their_own(changed):
    before, axes, errors = dict(mpl.rcParams), [], []
    start = threading.Barrier(8)

    def work():
        try:
            start.wait()
            axes.extend(
                seegrad.plot_function(torch.sin, [0.0, float(k)]) for k in range(1, 9)
            )
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    with mpl.rc_context({"figure.max_open_warning": 0}):
        changed.clear()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert changed == []
    assert errors == []
    assert dict(mpl.rcParams) == before
    assert len({ax.figure for ax in axes}) == 64
    assert len(plt.get_fignums()) == 64
    assert {len(ax.lines) for ax in axes} == {1}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_drawing_that_fails_leaves_no_figure(error):
    with pytest.raises(error), canvas(None):
        raise error
    assert plt.get_fignums() == []


def test_a_drawing_that_fails_leaves_the_figure_of_the_caller():
    mine = plt.figure().add_subplot()
    with pytest.raises(KeyError), canvas(mine) as ax:
        raise KeyError(ax)
    assert plt.get_fignums() == [mine.figure.number]
