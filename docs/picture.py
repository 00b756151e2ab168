"""The picture of the home page and of the README: a curve made of its tangents.

``python docs/picture.py`` writes it to docs/_static/tangents.svg for the README; the
home page draws it anew at each build, and a test holds the two against each other.
"""

from pathlib import Path

import torch
from matplotlib import pyplot as plt

import seegrad

FILE = Path(__file__).parent / "_static" / "tangents.svg"
FALLING, RISING = (0x2F, 0x7F, 0xC4), (0xD2, 0x60, 0x1A)


def draw():
    """Draw 150 tangents of 2 sin x, coloured by their slope, and nothing else."""
    x0 = torch.linspace(-6.6, 6.6, 150, dtype=torch.float64)
    tangents = seegrad.tangent_line(lambda x: 2 * torch.sin(x), x0)
    half = 2.2 / (1 + tangents.slope**2).sqrt()  # all of one length on the page
    x = torch.stack([x0 - half, x0 + half])
    with plt.style.context("seegrad.seegrad"):
        fig, ax = plt.subplots(figsize=(8, 4.4))
        ax.set_prop_cycle(color=[shade(slope / 2) for slope in tangents.slope.tolist()])
        ax.plot(x, tangents(x), "-", linewidth=0.8)
        ax.set(xlim=(-6.6, 6.6), aspect="equal")
        ax.set_axis_off()
    return fig


def shade(slope):
    """Mix a colour: FALLING for a slope of −1, RISING for 1."""
    share = (slope + 1) / 2
    pairs = zip(FALLING, RISING, strict=True)
    return [((1 - share) * a + share * b) / 255 for a, b in pairs]


def save(file):
    """Write the picture as SVG, the same bytes each time."""
    with plt.style.context("seegrad.seegrad"):
        draw().savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    save(FILE)
