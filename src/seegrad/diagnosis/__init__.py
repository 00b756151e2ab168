"""Whether there is a derivative here, and whether autograd has it."""

from seegrad.diagnosis.result import (
    Diagnosis,
    NotDifferentiableWarning,
    diagnose,
    examine,
    is_smooth,
    warn,
)

__all__ = [
    "Diagnosis",
    "NotDifferentiableWarning",
    "diagnose",
    "examine",
    "is_smooth",
    "warn",
]
