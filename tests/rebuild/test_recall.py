"""A slow function's answers are kept as long as each build asks for them."""

import json
from types import SimpleNamespace

import pytest
from recall import recalled


@pytest.fixture
def build(tmp_path):
    """Build: ask for the squares of numbers; which of them were computed."""

    def build(*numbers):
        computed = []

        def square(number, unit):
            computed.append(number)
            return [number**2, unit]

        with recalled(SimpleNamespace(doctreedir=tmp_path), square) as ask:
            assert [ask(n, "m²") for n in numbers] == [[n**2, "m²"] for n in numbers]
        return computed

    return build


def test_the_same_is_computed_once(build):
    assert build(2, 3, 2) == [2, 3]
    assert build(3, 2) == []
    assert build(2, 4) == [4]
    assert build(4, 3) == [3]  # nobody asked for it in the build before


def test_functions_have_memories_of_their_own(build, tmp_path):
    def name(number, unit):
        return f"{number} {unit}"

    build(2)
    with recalled(SimpleNamespace(doctreedir=tmp_path), name) as ask:
        assert ask(2, "m²") == "2 m²"
    assert build(2) == []


def test_nothing_is_kept_of_a_build_that_breaks(build, tmp_path):
    build(2)
    before = {file: json.loads(file.read_text()) for file in tmp_path.iterdir()}
    with pytest.raises(ZeroDivisionError):
        build_broken(tmp_path)
    assert {file: json.loads(file.read_text()) for file in tmp_path.iterdir()} == before


def build_broken(folder):
    with recalled(SimpleNamespace(doctreedir=folder), lambda n: 1 / n) as ask:
        ask(1)
        ask(0)
