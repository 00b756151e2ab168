"""What all results share: a short repr, and that they copy and pickle."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
import torch

import seegrad
from seegrad.results import Result


def bowl(x0, x1):
    return x0**2 + x1**2


def made(count):
    """Every result, of so many points."""
    x = torch.linspace(1, 2, count, dtype=torch.float64)
    shape = (1,) * 20 + (count,)
    return [
        seegrad.tangent_line(torch.square, x),
        seegrad.tangent_line(torch.square, x.reshape(shape)),
        seegrad.tangent_plane(bowl, x, 1.0),
        seegrad.gradient_field(bowl, x, x[: count // 2 + 1]),
        seegrad.descend(bowl, [1.0, 2.0], learning_rate=0.1, steps=min(count, 5)),
        seegrad.reduce_gradient(torch.square, x, "sum"),
        seegrad.fit_polynomial(x, x, degree=0, steps=1),
    ]


RESULTS = made(1) + made(1000)


def name(result):
    return f"{type(result).__name__} of {next(iter(vars(result).values())).shape}"


EVERY_RESULT = pytest.mark.parametrize("result", RESULTS, ids=name)


def values(result):
    fields = dataclasses.fields(result)
    return {field.name: getattr(result, field.name) for field in fields}


@EVERY_RESULT
def test_the_repr_is_one_short_line(result):
    text = repr(result)
    assert len(text) < 200
    assert "\n" not in text
    assert text.startswith(f"{type(result).__name__}(")
    assert text.endswith(")")


def test_the_repr_shows_single_numbers():
    line = seegrad.tangent_line(torch.square, 3.0)
    shown = "x0=3, y0=9, slope=6, intercept=-9, left=6, right=6"
    assert repr(line) == f"TangentLine({shown})"


def test_the_repr_shows_the_shape_of_many_numbers():
    field = seegrad.gradient_field(bowl, torch.ones(3), torch.ones(1))
    shown = "x0=<float32 (3,)>, x1=1, values=<float32 (1, 3)>"
    slopes = "g0=<float32 (1, 3)>, g1=<float32 (1, 3)>"
    assert repr(field) == f"GradientField({shown}, {slopes})"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Anything(Result):
    some: object
    other: object = 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (torch.ones(0), "<float32 (0,)>"),
        (torch.tensor([[0.1]], requires_grad=True), "0.1"),
        (torch.tensor(True), "True"),
        (np.array(["corner", "jump"]), "<<U6 (2,)>"),
        (np.array("corner"), "'corner'"),
        (np.str_("corner"), "'corner'"),
        (np.float64(1) / 3, "0.333333"),
        (1 / 3, "0.333333"),
        (tuple(range(9003)), "<tuple of 9003>"),
        ({"x": 1}, "<dict of 1>"),
        ("word" * 9999, "'wordwordword...dwordwordword'"),
        (None, "None"),
    ],
    ids=str,
)
def test_the_repr_of_any_field(value, shown):
    assert repr(Anything(value)) == f"Anything(some={shown}, other=0)"


def test_a_repr_that_is_too_long_is_cut():
    text = repr(Anything(torch.ones((1,) * 60 + (2,)), torch.ones((1,) * 60 + (2,))))
    assert len(text) == 199
    assert text.endswith("1, 1…)") or text.endswith("…)")


@EVERY_RESULT
@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_a_duplicate_has_the_same_numbers(result, duplicate, again):
    other = duplicate(duplicate(result) if again else result)
    assert type(other) is type(result)
    assert other is not result
    for name, value in values(result).items():
        assert torch.equal(values(other)[name], value)
        assert values(other)[name].dtype == value.dtype


@EVERY_RESULT
def test_a_deep_copy_shares_no_memory(result):
    mine, theirs = values(result), values(copy.deepcopy(result))
    for name in mine:
        places = [v[name].untyped_storage().data_ptr() for v in (mine, theirs)]
        assert places[0] != places[1]


@EVERY_RESULT
def test_a_result_becomes_a_dictionary(result):
    if isinstance(result, seegrad.Reduction):
        result = copy.copy(result)  # asdict copies, and a graph can't be copied
    assert dataclasses.asdict(result).keys() == values(result).keys()


# ---------------------------------------------------------------- Reduction's graph

DUPLICATES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda r: pickle.loads(pickle.dumps(r)),
}


@pytest.mark.parametrize("kind", DUPLICATES)
@pytest.mark.parametrize(
    "mode", [torch.no_grad, torch.inference_mode, torch.enable_grad]
)
def test_a_duplicate_without_its_graph_says_so(kind, mode):
    r = seegrad.reduce_gradient(torch.square, [1.0, 3.0], "sum")
    with mode():
        other = DUPLICATES[kind](r)
    with pytest.raises(RuntimeError, match=r"z must have its graph .*copied"):
        other.z.backward()
    with pytest.raises(RuntimeError, match="reduce_gradient again"):
        (2 * other.z).backward()
    assert other.x.grad is None
    r.z.backward()  # the original keeps its graph
    assert r.x.grad.tolist() == [2.0, 6.0]
