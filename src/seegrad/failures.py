"""expect_error: run code that must fail, and show how PyTorch says so."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from seegrad.checks import arguments


def expect_error(
    kind: type[Exception], words: str = ""
) -> AbstractContextManager[None]:
    """Run a block that must fail, and print the last lines of its traceback.

    Parameters
    ----------
    kind : type of exception
        What the block must raise, or a class that it inherits from.
    words : str, optional
        What the message must say somewhere; upper and lower case count.

    Returns
    -------
    context manager
        Put it behind ``with``. The script goes on after the block.

    Raises
    ------
    TypeError
        If kind isn't a type of exception, or words isn't a string.
    AssertionError
        If the block runs through, or its message lacks the words. An error of another
        kind passes as it is.

    Notes
    -----
    The lines are those that Python prints at the end of a traceback, on the standard
    output: the error's kind and message, and its notes.

    Examples
    --------
    >>> import torch, seegrad
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> with seegrad.expect_error(RuntimeError, "scalar"):
    ...     (x**2).backward()
    RuntimeError: grad can be implicitly created only for scalar outputs
    """
    arguments.error_kind(kind)
    arguments.text(words, "words")
    return _failing(kind, words)


@contextmanager
def _failing(kind: type[Exception], words: str) -> Iterator[None]:
    try:
        yield
    except kind as error:
        last = "".join(traceback.format_exception_only(error)).rstrip("\n")
        if words not in last:
            raise _wrong_message(last, words) from error
        print(last)
    else:
        raise _did_not_fail(kind)


def _did_not_fail(kind: type[Exception]) -> AssertionError:
    """The error for a block that was to fail and did not."""
    return AssertionError(
        f"The block must raise {kind.__name__}, but it ran through. Leave out "
        "expect_error, or fix what the text around it says."
    )


def _wrong_message(said: str, words: str) -> AssertionError:
    """The error for a block that failed with another message."""
    return AssertionError(
        f"The block must fail with a message that says {words!r}, but it raised "
        f"{said.rstrip('.')}. Pass words that are in it, or fix the text around it."
    )
