"""Give every chapter seegrad's style and one thread, as the gallery's scripts have."""

import gc as _gc
import sys as _sys
from pathlib import Path as _Path

import torch as _torch
from matplotlib import pyplot as _pyplot

_sys.path.insert(0, str(_Path(__file__).parents[3]))
_pyplot.style.use("seegrad.seegrad")
_torch.set_num_threads(1)
_gc.freeze()  # what torch's import made stays: no need to look through it for rubbish
