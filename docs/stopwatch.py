"""Times side by side, for the chapters that measure what things cost.

Machines are noisy, and noise comes in spells. Where each round times every contestant
once, a slow spell slows them all, and the ratio of their medians holds. The time is the
processor's, so what else runs on the machine doesn't count.
"""

import os
import time
from statistics import median

# On Windows the processor's time moves in steps of 16 ms.
clock = time.perf_counter if os.name == "nt" else time.process_time


def medians(contestants, seconds=0.5):
    """The median time of each contestant in seconds, over rounds that alternate."""
    times = {name: [] for name in contestants}
    for run in contestants.values():
        run()  # once in vain: first calls are slow
    end = clock() + seconds
    while clock() < end or min(map(len, times.values())) < 5:
        for name, run in contestants.items():
            start = clock()
            run()
            times[name].append(clock() - start)
    return {name: median(taken) for name, taken in times.items()}
