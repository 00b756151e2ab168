"""How long a script takes that draws one curve, from python to its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from rounds import Row, medians

BARE = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
x = torch.linspace(-3, 3, 200, dtype=torch.float64, requires_grad=True)
y = torch.sin(x)
y.backward(torch.ones_like(y))
plt.plot(x.detach(), x.grad)
"""
OURS = """
import matplotlib
matplotlib.use("Agg")
import seegrad
import torch
x = torch.linspace(-3, 3, 200, dtype=torch.float64)
seegrad.plot_derivative(x, seegrad.derivative(torch.sin, x))
"""


def rows() -> Iterator[Row]:
    """The figure of this file."""
    scripts = {"bare": partial(_run, BARE), "seegrad": partial(_run, OURS)}
    times = medians(scripts, seconds=30)
    ratio = times["seegrad"] / times["bare"]
    what = "a script with one curve, against bare torch and pyplot"
    yield Row(what, ratio, "×", most=1.05)


def _run(script: str) -> None:
    subprocess.run([sys.executable, "-c", script], check=True)
