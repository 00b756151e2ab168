"""Run the benchmarks that are named, or all: python benchmarks [--save] [graphs ...].

``--save`` writes the figures to docs/project/speed.json, for a page of the site.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from rounds import table

RECORD = Path(__file__).parents[1] / "docs" / "project" / "speed.json"
ALL = (
    "graphs",  # first: it looks through all objects, and curves loads TensorFlow's
    "curves",
    "fields",
    "orders",
    "fits",
    "startup",
    "device",
    "builds",
    "visits",
)
ON_ALL_THREADS = ("curves", "fields")  # the rest is too small to be shared out
PEERS = ("autograd", "jax", "seegrad", "tensorflow-cpu", "torch", "torchviz")


def main(words: list[str]) -> None:
    """Print one table a file and number of threads."""
    names = [word for word in words if word != "--save"] or list(ALL)
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
        rows = list(importlib.import_module(name).rows())
        print(table(rows), flush=True)
        found = [{**asdict(row), "holds": row.holds} for row in rows]
        sections.append({"name": name, "threads": threads, "rows": found})
    if "--save" in words:
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
