"""Point the chapters' kernels to the IPython profile in docs/_ipython.

A chapter runs in a kernel of its own, which never reads conf.py. Its style and its
figure format come from that profile, and none of the reader's own settings do.
"""

import os
from pathlib import Path


def setup(app):
    os.environ["IPYTHONDIR"] = str(Path(__file__).parents[1] / "_ipython")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
