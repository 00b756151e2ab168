"""Run the benchmarks that are named, or all: python benchmarks [graphs ...]."""

from __future__ import annotations

import importlib
import platform
import sys

import torch
from rounds import table

import seegrad

ALL = ("graphs",)


def main(names: list[str]) -> None:
    """Print one table a file."""
    torch.set_num_threads(1)
    print(
        f"seegrad {seegrad.__version__}, torch {torch.__version__}, Python "
        f"{platform.python_version()}, {platform.machine()}, one thread"
    )
    for name in names or ALL:
        print(f"\n## {name}\n")
        print(table(list(importlib.import_module(name).rows())), flush=True)


main(sys.argv[1:])
