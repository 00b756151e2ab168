"""Another clock for every process of a build: it goes more than a year ahead."""

import time

true_time = time.time
time.time = lambda: true_time() + 400 * 24 * 3600
