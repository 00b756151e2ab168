"""Where a picture is drawn: on the caller's axes, or on new ones in seegrad's look.

matplotlib reads its style from ``rcParams``, which all threads share. So the look of
new axes is set on the figure and its artists, one by one, and ``rcParams`` stay as they
are. The file ``seegrad.mplstyle`` holds the look, here and for readers' own figures.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seegrad.checks import arguments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = Path(__file__).with_name("seegrad.mplstyle")
NUMBERING = threading.Lock()  # two threads could be given one number, and one figure


@contextmanager
def canvas(ax: object, *, three_d: bool = False) -> Iterator[Any]:
    """The axes to draw on; new ones are closed again if the drawing fails."""
    if ax is not None:
        yield arguments.axes(ax, three_d=three_d)
        return
    figure = _new_figure()
    try:
        ax = figure.add_subplot(projection="3d" if three_d else None)
        _dress(ax, _style())
        yield ax
    except BaseException:
        from matplotlib import pyplot

        pyplot.close(figure)
        raise


def _new_figure() -> Figure:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "Drawing needs matplotlib, and it isn't installed: "
            'python -m pip install "seegrad[plot]".'
        ) from error
    style = _style()
    with NUMBERING:
        return pyplot.figure(
            figsize=style["figure.figsize"],
            dpi=style["figure.dpi"],
            facecolor=style["figure.facecolor"],
            layout="constrained",
        )


@cache
def _style() -> Any:
    """What the style file sets, and nothing else."""
    from matplotlib import rc_params_from_file

    return rc_params_from_file(STYLE, use_default_template=False)


def _dress(ax: Any, style: Any) -> None:
    """Give new axes the look that the style file describes."""
    from matplotlib.colors import to_rgba

    text = {
        "fontsize": style["font.size"],
        "math_fontfamily": style["mathtext.fontset"],
    }
    ax.set_facecolor(style["axes.facecolor"])
    ax.set_prop_cycle(style["axes.prop_cycle"])
    ax.set_axisbelow(style["axes.axisbelow"])
    ax.title.set(color=style["axes.titlecolor"], **text)
    for side, spine in ax.spines.items():
        spine.set_edgecolor(style["axes.edgecolor"])
        spine.set_visible(style.get(f"axes.spines.{side}", True))
    for name in "xyz" if ax.name == "3d" else "xy":
        axis = getattr(ax, f"{name}axis")
        axis.label.set(color=style["axes.labelcolor"], **text)
        axis.offsetText.set(color=style["xtick.color"], **text)
        axis.set_tick_params(
            which="both",
            color=style["xtick.color"],
            labelcolor=style["xtick.color"],
            labelsize=style["font.size"],
            grid_color=style["grid.color"],
            grid_linewidth=style["grid.linewidth"],
        )
        if ax.name == "3d":
            axis.set_pane_color(style[f"axes3d.{name}axis.panecolor"])
            axis.line.set_color(style["axes.edgecolor"])
            # mplot3d takes the grid's colour from rcParams, but not its opacity.
            axis.gridlines.set_alpha(to_rgba(style["grid.color"])[3])
    ax.grid(style["axes.grid"])
