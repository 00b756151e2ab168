"""Another clock for every process of a build: it goes more than a year ahead."""

import time


def from_now(function):
    """The same function, but called without a time it takes the other clock's."""
    return lambda *args: function(*(args or (time.time(),)))


true_time = time.time
time.time = lambda: true_time() + 400 * 24 * 3600
time.localtime, time.gmtime = from_now(time.localtime), from_now(time.gmtime)
