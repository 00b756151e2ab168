"""How much memory a call takes at its peak, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import resource, sys, torch, seegrad, curves, fields
torch.set_num_threads(1)
{warm}
{setup}
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = used()
kept = {call}
print(1024 * (used() - before))
"""


def peak(setup: str, warm: str, call: str) -> int:
    """Bytes by which the call raises the process's peak, its result included.

    `warm` is a small call of the same kind, so that what is loaded once doesn't count.
    """
    script = SCRIPT.format(setup=setup, warm=warm, call=call)
    words = [sys.executable, "-c", script]
    folder = Path(__file__).parent
    run = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return int(run.stdout)
