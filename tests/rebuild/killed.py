"""Run docs/build.py, and kill it right before its n-th change of a file.

``python killed.py N BUILD.PY WORD …``; a build that makes fewer changes runs through
and prints how many it made.
"""

import os
import runpy
import signal
import sys

CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

fatal, made = int(sys.argv[1]), 0


def count(event, args):
    global made
    if event in CHANGES or (event == "open" and args[2] and args[2] & WRITING):
        made += 1
        if made == fatal:
            os.kill(os.getpid(), signal.SIGKILL)


sys.dont_write_bytecode = True
sys.argv = sys.argv[2:]
sys.addaudithook(count)
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(made)
