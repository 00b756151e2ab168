"""Give every chapter seegrad's style and one thread, as the gallery's scripts have.

It is read before a kernel loads anything, so a chapter loads only what it uses.
"""

import gc
import os
import sys
from pathlib import Path

from ipykernel.iostream import OutStream

DOCS = Path(__file__).parents[2]
sys.path.insert(0, str(DOCS))
os.environ["MATPLOTLIBRC"] = str(DOCS.parent / "src" / "seegrad" / "seegrad.mplstyle")
os.environ["OMP_NUM_THREADS"] = "1"
gc.set_threshold(50_000)  # what importing torch makes stays, and is no rubbish
OutStream.flush_interval = 3600  # or MyST-NB breaks a line that was half printed then

c = get_config()  # noqa: F821
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {
    "bbox_inches": "tight",
    "metadata": {"Date": None},  # alike from build to build
}
c.HistoryManager.enabled = False
