"""The atlas: its truth against high precision, its answers against what is known."""

import csv
import io
import math
import re

import atlas_table
import mpmath
import pytest
from atlas import CASES, ask, between, fits, odd_ones, text

H = mpmath.mpf(10) ** -50
BY_NAME = {case.name: case for case in CASES}


@pytest.fixture(scope="module")
def asked():
    return ask()


@pytest.fixture(scope="module")
def answers(asked):
    columns = [asked.answers[name] for name in ("PyTorch", "TensorFlow", "JAX")]
    names = [case.name for case in CASES]
    return dict(zip(names, zip(*columns, strict=True), strict=True))


# ---------------------------------------------------------------- the truth


def sides():
    """Each case, axis and side, with the slope that the table gives."""
    for case in CASES:
        for sign, slopes in ((-1, case.left), (1, case.right)):
            axes = slopes if isinstance(slopes, tuple) else [slopes]
            for axis, slope in enumerate(axes):
                side = "left" if sign < 0 else "right"
                yield pytest.param(
                    case, axis, sign, slope, id=f"{case.name}, {axis}, {side}"
                )


def value(case, axis, step):
    """The function a step along an axis away from the case's point."""
    if isinstance(case.at, tuple):
        x = [mpmath.mpf(part) for part in case.at]
        x[axis] += step
    else:
        x = mpmath.mpf(case.at) + step
    return mpmath.mpmathify(eval(case.formula, {**vars(mpmath), **BUILTIN, "x": x}))


BUILTIN = {"abs": abs, "max": max, "min": min, "sorted": sorted}


def quotient(case, axis, step):
    """The difference quotient, or None where a value is no real number."""
    ends = [value(case, axis, step), value(case, axis, 0)]
    if any(isinstance(end, mpmath.mpc) or not mpmath.isfinite(end) for end in ends):
        return None
    return (ends[0] - ends[1]) / step


@pytest.mark.parametrize(("case", "axis", "sign", "slope"), list(sides()))
def test_the_truth_is_the_limit_of_difference_quotients(case, axis, sign, slope):
    with mpmath.workdps(150):
        coarse, fine = (quotient(case, axis, sign * h) for h in (H, H**2))
    if slope is None:
        assert fine is None
    elif math.isinf(slope):
        assert abs(coarse) > 100
        assert abs(fine) > 1.9 * abs(coarse)  # x log x grows as slowly as log h
        assert mpmath.sign(fine) == math.copysign(1, slope)
    else:
        assert abs(coarse - slope) < 1e-40
        assert abs(fine - slope) < 1e-40


# ---------------------------------------------------------------- the answers

KNOWN = {  # PyTorch, TensorFlow, JAX
    "|x|": (0, 0, 1),
    "max(x, 0): relu": (0, 0, 0),
    "max(x, 0): maximum": (0.5, 1, 0.5),
    "max(0, x)": (0.5, 0, 0.5),
    "√x": (math.inf,) * 3,
    "√(x²)": (math.nan,) * 3,
    "length of a vector": ([0, 0], [math.nan] * 2, [math.nan] * 2),
}
TIES = {  # PyTorch alone
    "max of all": [0.5, 0.5, 0],
    "amax": [0.5, 0.5, 0],
    "largest |x|": [0.5, 0.5, 0],
    "max along an axis": [1, 0, 0],
    "first of the sorted": [1, 0, 0],
    "top 1": [1, 0, 0],
    "running maximum, last": [0, 1, 0],
}
PYTORCH_SPELLINGS = {
    0: {"relu", "where x > 0", "x times (x > 0)"},
    0.5: {"maximum", "max of a stack", "(x + |x|) / 2", "sharp softplus"},
    1: {"clip from below", "where x ≥ 0", "max along an axis"},
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_known_answers(answers, name):
    for answer, known in zip(answers[name], KNOWN[name], strict=True):
        assert answer == pytest.approx(known, abs=0, nan_ok=True)


@pytest.mark.parametrize("name", TIES)
def test_the_known_ties(answers, name):
    assert answers[name][0] == TIES[name]


def test_where_in_pytorch(answers):
    assert math.isnan(answers["√x where x > 0, else 0"][0])
    assert answers["√x, where twice"] == (0, 0, 0)
    assert answers["log x, out of its domain"] == (-1, -1, -1)


@pytest.mark.parametrize("slope", PYTORCH_SPELLINGS)
def test_ten_spellings_give_three_derivatives(answers, slope):
    spelled = {name: a[0] for name, a in answers.items() if "max(x, 0): " in name}
    assert len(spelled) == 10
    found = {name.partition(": ")[2] for name, a in spelled.items() if a == slope}
    assert found == PYTORCH_SPELLINGS[slope]


def test_what_is_shared_adds_up_to_one(answers):
    for case in CASES:
        if case.kind == "ties":
            assert [sum(answer) for answer in answers[case.name]] == [1, 1, 1]


# ---------------------------------------------------------------- the judgement


def test_between():
    assert between(-1, 0.5, 1)
    assert between(1, 1, 0)
    assert between(None, math.inf, math.inf)
    assert not between(0, 0.5, 0)
    assert not between(-1, math.nan, 1)
    assert not between(None, 0, None)
    assert not between(0, None, math.inf)


def test_fits_looks_along_every_axis():
    norm = BY_NAME["length of a vector"]
    assert fits(norm, [0, 1])
    assert not fits(norm, [0, 2])


@pytest.mark.parametrize(
    ("given", "odd"),
    [
        ((0.0, 0.0, 1.0), [False, False, True]),
        ((0.5, 0.5, 0.5), [False] * 3),
        ((1.0, 2.0, 3.0), [True] * 3),
        ((math.nan, 0.0, math.nan), [False, True, False]),
        ((0.0, -0.0, None), [False, False, True]),
    ],
)
def test_odd_ones(given, odd):
    assert odd_ones(given) == odd


def test_text():
    assert text([0.5, -0.0, -math.inf]) == "[0.5, 0, −∞]"
    assert text(None) == "None"


# ---------------------------------------------------------------- the table


def test_names_are_unique_and_reasons_are_sentences():
    assert len(BY_NAME) == len(CASES) >= 30
    assert all(case.why.endswith(".") for case in CASES)


def test_the_table_holds_every_answer(asked):
    html = atlas_table.html(asked)
    assert html.count("<tbody") == len(CASES)
    for version in asked.versions.values():
        assert version in html
    differing = re.findall(r'<td class="odd">[^<]+<abbr title="differs', html)
    rows = zip(*asked.answers.values(), strict=True)
    assert len(differing) == sum(sum(odd_ones(row)) for row in rows) > 10


def test_the_csv_can_be_read_back(asked):
    head, *lines = csv.reader(io.StringIO(atlas_table.as_csv(asked)))
    assert f"TensorFlow {asked.versions['TensorFlow']}" in head
    assert {len(line) for line in lines} == {len(head)}
    first = dict(zip(head, lines[0], strict=True))
    assert (first["function"], first["left slope"], first["right slope"]) == (
        "|x|",
        "-1",
        "1",
    )
    assert first["TensorFlow code"] == "tf.abs(x)"
    assert len(lines) == len(CASES)
