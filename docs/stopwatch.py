"""Times side by side, for the chapters that measure what things cost.

No two runs take the same time, but two builds of the site must give the same bytes. So
the times are kept in times.json, and a build shows those. ``python docs/stopwatch.py``
runs the chapters' cells, assertions and all, and takes every time anew, in the rounds
of the benchmarks. The time is the processor's, so what else runs doesn't count.
"""

import datetime
import json
import os
import platform
import sys
import time
from pathlib import Path

DOCS = Path(__file__).parent
FILE = DOCS / "times.json"
CHAPTERS = ("cost.md", "higher_orders.md")


def medians(what, contestants, seconds=0.5):
    """The median time of each contestant in seconds, as it was taken last."""
    times = json.loads(FILE.read_text(encoding="utf-8"))["times"][what]
    return dict(zip(contestants, times, strict=True))


def when():
    """A sentence on where and when the times were taken."""
    known = json.loads(FILE.read_text(encoding="utf-8"))
    return "Taken on {date} with torch {torch}, on {processor}.".format(**known)


def main():
    """Run the chapters with a clock that runs, and keep what it shows."""
    import stopwatch  # the cells' own import finds this one
    import torch
    from last_build import CELL

    sys.path.append(str(DOCS.parent / "benchmarks"))
    from rounds import medians

    # On Windows the processor's time moves in steps of 16 ms.
    clock = time.perf_counter if os.name == "nt" else time.process_time

    times = {}

    def take(what, contestants, seconds=0.5):
        found = medians(contestants, seconds=seconds, clock=clock)
        times[what] = [float(f"{one:.3g}") for one in found.values()]
        return found

    stopwatch.medians, stopwatch.when = take, lambda: "Now."
    for chapter in CHAPTERS:
        names = {}
        for _, cell in CELL.findall((DOCS / chapter).read_text(encoding="utf-8")):
            exec(compile(cell, chapter, "exec"), names)
    known = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "torch": torch.__version__,
        "processor": platform.processor() or platform.machine(),
        "times": times,
    }
    FILE.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
