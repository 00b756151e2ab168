"""What an error must say, and the assertion that a call says it. No tests here."""

import dataclasses
import re
from collections.abc import Callable

import pytest


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A call, and what its error must say: three patterns, in this order."""

    name: str
    run: Callable
    error: type
    argument: str
    needed: str
    found: str
    mend: str

    def __str__(self):
        return self.name


def assert_teaches(refusal):
    """The call fails, and says in one line which argument, need, finding and remedy."""
    with pytest.raises((TypeError, ValueError, AssertionError)) as caught:
        refusal.run()
    message = str(caught.value)
    assert isinstance(caught.value, refusal.error)
    assert re.search(
        rf"^{refusal.argument} must .*{refusal.needed}.*, but .*({refusal.found}).*"
        rf"\. .*{refusal.mend}.*\.$",
        message,
    ), message
    assert "\n" not in message
    assert len(message) < 700
    if raised := re.search(r"raised (\w+): ", message):
        assert type(caught.value.__cause__).__name__ == raised[1]
