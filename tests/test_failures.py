"""expect_error: what it prints, what it swallows, and what it lets through."""

import traceback

import pytest
import torch
from refusals import Refusal, assert_teaches

import seegrad


def backward_of_a_vector():
    (2 * torch.ones(2, requires_grad=True)).backward()


def test_it_prints_the_last_line_of_the_traceback(capsys):
    with seegrad.expect_error(RuntimeError, "scalar outputs"):
        backward_of_a_vector()
    out, err = capsys.readouterr()
    try:
        backward_of_a_vector()
    except RuntimeError:
        last = traceback.format_exc().splitlines()[-1]
    assert last.startswith("RuntimeError: grad can be implicitly created")
    assert out == f"{last}\n"
    assert err == ""


def test_a_message_of_several_lines_is_printed_whole(capsys):
    with seegrad.expect_error(ValueError):
        raise ValueError("first\nsecond")
    assert capsys.readouterr().out == "ValueError: first\nsecond\n"


def test_notes_are_printed(capsys):
    error = ValueError("first")
    error.add_note("a note")
    with seegrad.expect_error(ValueError, "a note"):
        raise error
    assert capsys.readouterr().out == "ValueError: first\na note\n"


def test_an_error_without_a_message(capsys):
    with seegrad.expect_error(ValueError):
        raise ValueError
    assert capsys.readouterr().out == "ValueError\n"


def test_the_end_of_an_iterator_is_an_error_like_others(capsys):
    with seegrad.expect_error(StopIteration):
        next(iter([]))
    assert capsys.readouterr().out == "StopIteration\n"


def test_a_subclass_counts(capsys):
    with seegrad.expect_error(LookupError):
        {}["missing"]
    assert capsys.readouterr().out == "KeyError: 'missing'\n"


def test_another_error_passes_as_it_is(capsys):
    error = KeyError("other")
    with pytest.raises(KeyError) as caught, seegrad.expect_error(RuntimeError):
        raise error
    assert caught.value is error
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_reader_who_stops_the_script_is_heard(error):
    with pytest.raises(error), seegrad.expect_error(Exception):
        raise error


def expect(kind, words, error):
    """Run a block that raises the error, or none, under `expect_error`."""
    with seegrad.expect_error(kind, words):
        if error:
            raise error


KIND = (TypeError, "kind", "be a type of exception")
WORDS = (TypeError, "words", "be a string")
ROWS = {
    "None": (lambda: seegrad.expect_error(None), *KIND, "it is None", "RuntimeError"),
    "str": (
        lambda: seegrad.expect_error("RuntimeError"),
        *KIND,
        "'RuntimeError', of type str",
        "Pass for example RuntimeError",
    ),
    "number": (lambda: seegrad.expect_error(3), *KIND, "3, of type int", "RuntimeE"),
    "another type": (lambda: seegrad.expect_error(int), *KIND, "of type type", "Pass"),
    "no exception": (
        lambda: seegrad.expect_error(KeyboardInterrupt),
        *KIND,
        "KeyboardInterrupt",
        "Pass",
    ),
    "list": (lambda: seegrad.expect_error([]), *KIND, "of type list", "RuntimeError"),
    "words None": (
        lambda: seegrad.expect_error(RuntimeError, None),
        *WORDS,
        "it is None",
        "Pass for example",
    ),
    "words bytes": (
        lambda: seegrad.expect_error(RuntimeError, b"scalar"),
        *WORDS,
        "of type bytes",
        "Pass for example",
    ),
    "words list": (
        lambda: seegrad.expect_error(RuntimeError, ["scalar"]),
        *WORDS,
        "of type list",
        "Pass for example",
    ),
    "in vain": (
        lambda: expect(RuntimeError, "", None),
        AssertionError,
        "The block",
        "raise RuntimeError",
        "it ran through",
        "Leave out expect_error",
    ),
    "other words": (
        lambda: expect(RuntimeError, "twice", RuntimeError("once.")),
        AssertionError,
        "The block",
        "fail with a message that says 'twice'",
        "it raised RuntimeError: once",
        "Pass words that are in it",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_an_error_teaches(row, capsys):
    assert_teaches(Refusal(row, *ROWS[row]))
    assert capsys.readouterr().out == ""


def test_it_leaves_no_trace(state):
    before = state()
    with seegrad.expect_error(RuntimeError):
        backward_of_a_vector()
    assert state() == before
