"""How much memory a call takes at its peak, in a process of its own (on Linux)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import torch, seegrad, curves, fields
torch.set_num_threads(1)
{warm}
{setup}
def status(word):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(word))
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # Linux: let the peak begin at what is in use now
before = status("VmRSS:")
kept = {call}
print(1024 * (status("VmHWM:") - before))
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
