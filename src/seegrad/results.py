"""Result: what every result of the library shares, a repr of one short line.

The module stands below all others and imports none of them: diagnoses, graphs and
tangents all build on it, and none of these may import another. It is no part of
`checks`, because it looks at what the library returns and not at what callers pass.
"""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass, fields

import numpy as np
from torch import Tensor

LONGEST = 199


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A result that shows itself in one short line, whatever its size.

    A subclass is a dataclass with ``repr=False``. A field of one number shows that
    number, a larger one its dtype and shape, a collection how many things it holds.
    """

    def __repr__(self) -> str:
        parts = (
            f"{field.name}={_brief(getattr(self, field.name))}"
            for field in fields(self)
        )
        text = f"{type(self).__name__}({', '.join(parts)})"
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]}…)"


def _brief(value: object) -> str:
    if isinstance(value, (Tensor, np.ndarray)):
        if math.prod(value.shape) == 1:
            return _scalar(value.item())
        return f"<{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}>"
    if isinstance(value, np.generic):
        return _scalar(value.item())
    if isinstance(value, (tuple, list, dict)):
        return f"<{type(value).__name__} of {len(value)}>"
    return _scalar(value)


def _scalar(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else reprlib.repr(value)
