"""expect_error: what it prints, what it swallows, and what it lets through."""

import traceback

import pytest
import torch

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


def test_no_error_fails():
    with (
        pytest.raises(AssertionError, match=r"must raise RuntimeError, but it ran"),
        seegrad.expect_error(RuntimeError),
    ):
        pass


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


def test_another_message_fails(capsys):
    with (
        pytest.raises(AssertionError, match=r"says 'hello', but it raised ValueError"),
        seegrad.expect_error(ValueError, "hello"),
    ):
        raise ValueError("good-bye")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", [None, "RuntimeError", 3, int, BaseException, []])
def test_a_wrong_kind_is_refused_before_the_block(kind):
    with pytest.raises(TypeError, match="kind must be a type of exception, but it is"):
        seegrad.expect_error(kind)


@pytest.mark.parametrize("words", [None, 3, b"scalar", ["scalar"]])
def test_wrong_words_are_refused_before_the_block(words):
    with pytest.raises(TypeError, match="words must be a string, but it is"):
        seegrad.expect_error(RuntimeError, words)


def test_it_leaves_no_trace(state):
    before = state()
    with seegrad.expect_error(RuntimeError):
        backward_of_a_vector()
    assert state() == before
