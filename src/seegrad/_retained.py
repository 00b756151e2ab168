"""The tensors on which retain_grad() was called.

From a graph no path leads to its tensors, so they are looked for among all of Python's
objects. That takes a hundred times as long as the gradient of a small graph. But the
garbage collector keeps young, middle-aged and old objects apart, and they grow older
only when it collects: an age that nothing came to since is not searched again.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from typing import Any
from weakref import ref

import torch
from torch import Tensor
from torch.nn import Parameter

TOGETHER = sys.version_info < (3, 14)  # objects of an age grow older all at once


def retained() -> list[Tensor]:
    """Every living tensor that keeps its gradient."""
    # PyTorch then swaps the tensors of a module, and refuses those with references.
    swaps = torch.__future__.get_swap_module_params_on_conversion()
    with torch._C.DisableTorchFunctionSubclass():  # other people's are left alone
        tensors = _known_and_new() if TOGETHER and not swaps else _all()
        return [tensor for tensor in tensors if tensor.retains_grad]


class _Mark:
    """It grows older together with all objects of its age."""


@dataclass(frozen=True)
class _Known:
    """What was found among objects that weren't young, and marks that were then."""

    young: _Mark | None  # while it is young, nothing has come to middle age
    middle: list[ref[Tensor]]
    aging: _Mark | None  # while it is of middle age, nothing has come to old age
    old: list[ref[Tensor]]


NOTHING = _Known(None, [], None, [])
_known = NOTHING


def _known_and_new() -> list[Tensor]:
    global _known
    known, kinds = _known, _kinds_of(Tensor) | {_Mark}
    # From young to old, as objects go: another thread may collect meanwhile.
    tensors, marks = _found(gc.get_objects(0), kinds)
    if known.young not in marks:
        young = _Mark()
        middle, marks = _found(gc.get_objects(1), kinds)
        if known.aging in marks:
            aging, old = known.aging, known.old
        else:
            aging, old = young, _refs(_found(gc.get_objects(2), kinds)[0])
        _known = known = _Known(young, _refs(middle), aging, old)
    older = [tensor() for tensor in known.middle + known.old]
    return tensors + [tensor for tensor in older if tensor is not None]


def _all() -> list[Tensor]:
    global _known
    _known = NOTHING
    return _found(gc.get_objects(), _kinds_of(Tensor))[0]


def _found(things: list[object], kinds: set[type]) -> tuple[list[Any], list[Any]]:
    """The tensors and the marks."""
    found = [thing for thing in things if type(thing) in kinds]
    marks = [thing for thing in found if type(thing) is _Mark]
    return [thing for thing in found if type(thing) is not _Mark], marks


def _refs(tensors: list[Tensor]) -> list[ref[Tensor]]:
    """References that keep none alive; a parameter is a leaf and keeps no gradient."""
    return [ref(tensor) for tensor in tensors if not isinstance(tensor, Parameter)]


def _kinds_of(kind: type) -> set[type]:
    """A class and all that inherit from it: faster to look up than isinstance."""
    kinds = [kind]
    for heir in kinds:
        kinds += type.__subclasses__(heir)
    return set(kinds)
