"""Give every chapter seegrad's style and one thread, as the gallery's scripts have."""

import torch as _torch
from matplotlib import pyplot as _pyplot

_pyplot.style.use("seegrad.seegrad")
_torch.set_num_threads(1)
