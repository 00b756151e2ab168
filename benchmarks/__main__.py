"""Run the benchmarks that are named, or all: python benchmarks [option] [graphs ...].

``--save`` writes the figures to docs/project/speed.json, for a page of the site.
``--smoke`` runs each once and small, to see that it runs.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from rounds import SMOKE, table

RECORD = Path(__file__).parents[1] / "docs" / "project" / "speed.json"
ALL = (
    "curves",
    "pieces",
    "fields",
    "orders",
    "fits",
    "graphs",
    "startup",
    "device",
    "builds",
    "visits",
    "frameworks",  # last: its idle threads would be in the way of the others
)
ON_ALL_THREADS = ("pieces",)  # the rest is too small to be shared out
PEERS = ("autograd", "jax", "seegrad", "tensorflow-cpu", "torch", "torchviz")


def main(words: list[str]) -> None:
    """Print one table a file and number of threads."""
    options = {word for word in words if word.startswith("--")}
    names = [word for word in words if word not in options] or list(ALL)
    if unknown := {*names} - {*ALL} | options - {"--save", "--smoke"}:
        sys.exit(f"No benchmark or option is called {', '.join(sorted(unknown))}.")
    if options == {"--save", "--smoke"}:
        sys.exit("What --smoke measures is not to be saved.")
    if "visits" in names:  # rather now than after all the others
        importlib.import_module("visits").check()
    every = os.cpu_count() or 1
    machine = {
        "processor": _processor(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "versions": {name: version(name) for name in PEERS},
    }
    print(json.dumps(machine, indent=2, ensure_ascii=False))
    runs = [(name, 1) for name in names]
    if every > 1:
        runs += [(name, every) for name in names if name in ON_ALL_THREADS]
    sections: list[dict[str, Any]] = []
    for name, threads in runs:
        torch.set_num_threads(threads)
        print(f"\n## {name}, {threads} thread{'s' * (threads > 1)}\n", flush=True)
        start = time.perf_counter()
        rows = list(importlib.import_module(name).rows())
        if SMOKE and not rows:
            sys.exit(f"{name} measured nothing.")
        seconds = f"{len(rows)} figures in {time.perf_counter() - start:.1f} s"
        print(seconds if SMOKE else table(rows), flush=True)
        figures = [{**asdict(row), "holds": row.holds} for row in rows]
        sections.append({"name": name, "threads": threads, "rows": figures})
    if "--save" in options:
        text = json.dumps({**machine, "sections": sections}, indent=1)
        RECORD.write_text(text + "\n", encoding="utf-8")


def _processor() -> str:
    """The processor's name, as far as the system tells it, and its cores."""
    cores = f"{os.cpu_count()} cores"
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{platform.processor() or platform.machine()}, {cores}"
    named = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return f"{next(named, platform.machine())}, {cores}"


main(sys.argv[1:])
