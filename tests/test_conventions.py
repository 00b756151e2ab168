"""What holds for every function: the caller's points, dtypes, and what comes back."""

import dataclasses
import inspect
import re

import numpy as np
import pytest
import torch
from calls import CALLS, DRAWN, SHOWN, WITH_FUNCTION, tensors
from laws import assert_same

import seegrad

EVERY_CALL = pytest.mark.parametrize("call", CALLS, ids=str)
EVERY_FUNCTION = pytest.mark.parametrize("call", WITH_FUNCTION, ids=str)


def as_tensors(call, **options):
    return [torch.tensor(points, **options) for points in call.points.values()]


def test_the_table_has_every_function():
    calls = [*CALLS, *DRAWN, *SHOWN]
    named = {call.name.partition(",")[0].removesuffix("()") for call in calls}
    public = {
        name for name in seegrad.__all__ if not name.endswith(("Error", "Warning"))
    }
    never_called = {"GradientField", "Descent", "Reduction", "Diagnosis"}
    never_called |= {"GradientGraph", "GradExplanation", "Explorable"}
    assert named == public - never_called


# ---------------------------------------------------------------- the caller's points


@EVERY_CALL
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_tensors_stay_as_they_were(call, dtype):
    xs = as_tensors(call, dtype=dtype, requires_grad=True)
    grads = [torch.full_like(x, 7.0) for x in xs]
    for x, grad in zip(xs, grads, strict=True):
        x.grad = grad
    before = [(x.detach().clone(), x._version) for x in xs]
    call(*xs)
    for x, grad, (value, version) in zip(xs, grads, before, strict=True):
        assert torch.equal(x, value)
        assert x._version == version
        assert x.requires_grad
        assert x.is_leaf
        assert x.grad is grad
        assert (grad == 7).all()


@EVERY_CALL
def test_plain_tensors_stay_plain(call):
    xs = as_tensors(call, dtype=torch.float64)
    call(*xs)
    assert [(x.requires_grad, x.grad) for x in xs] == [(False, None)] * len(xs)


@EVERY_CALL
def test_tensors_inside_a_graph_stay_in_it(call):
    roots = as_tensors(call, dtype=torch.float64, requires_grad=True)
    xs = [2 * root for root in roots]
    nodes = [x.grad_fn for x in xs]
    call(*xs)
    assert [x.grad_fn for x in xs] == nodes
    sum(x.sum() for x in xs).backward()
    assert all((root.grad == 2).all() for root in roots)


@EVERY_CALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, ">f8"])
def test_arrays_and_lists_stay_as_they_were(call, dtype):
    arrays = [np.array(points).astype(dtype) for points in call.points.values()]
    copies = [array.copy() for array in arrays]
    call(*arrays)
    for array, copy in zip(arrays, copies, strict=True):
        assert array.dtype == copy.dtype
        assert array.tolist() == copy.tolist()


def memory(x):
    return x.untyped_storage().data_ptr()


@EVERY_CALL
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_results_share_no_memory_with_tensors(call, dtype):
    xs = as_tensors(call, dtype=dtype)
    places = {memory(x) for x in xs}
    for name, result in tensors(call(*xs)).items():
        assert memory(result) not in places, name


@EVERY_CALL
def test_results_share_no_memory_with_arrays(call):
    arrays = [np.array(points, np.float64) for points in call.points.values()]
    for name, result in tensors(call(*arrays)).items():
        for array in arrays:
            assert not np.shares_memory(result.detach().numpy(), array), name


@EVERY_CALL
def test_results_can_be_written_to_one_by_one(call):
    results = tensors(call())
    for name, result in results.items():
        if result.requires_grad:  # a Reduction's graph
            continue
        others = {k: v.detach().clone() for k, v in results.items() if k != name}
        with torch.no_grad():
            result.add_(1)
        for other, value in others.items():
            assert torch.equal(results[other], value), f"{name} changes {other}"


# ---------------------------------------------------------------- dtypes


@EVERY_CALL
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_the_dtype_is_kept(call, dtype):
    if call.name in ("TangentLine()", "TangentPlane()"):
        dtype = torch.float64  # that of the line or plane, which is the wider
    if call.name == "fit_polynomial, start":
        dtype = torch.float64  # that of the data
    if call.name in ("explore_taylor", "explore_step_size"):
        dtype = torch.float64  # to tell high orders, and the dtypes' errors
    results = tensors(call(*as_tensors(call, dtype=dtype)))
    assert {name: t.dtype for name, t in results.items()} == dict.fromkeys(
        results, dtype
    )


@EVERY_CALL
def test_lists_become_float64(call):
    assert {t.dtype for t in tensors(call()).values()} == {torch.float64}


@EVERY_CALL
@pytest.mark.parametrize("default", [torch.float16, torch.float64], ids=str)
def test_the_default_dtype_does_not_matter(call, default):
    expected = tensors(call())
    usual = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        found = tensors(call())
    finally:
        torch.set_default_dtype(usual)
    for name, result in found.items():
        assert_same(result, expected[name])


@EVERY_CALL
def test_the_default_device_does_not_matter(call):
    # "meta" stands for an accelerator that this machine need not have.
    expected = tensors(call())
    with torch.device("meta"):
        found = tensors(call())
    for name, result in found.items():
        assert_same(result, expected[name])


@EVERY_CALL
def test_points_made_in_inference_mode(call):
    with torch.inference_mode():
        xs = as_tensors(call, dtype=torch.float64)
    expected = tensors(call())
    for name, result in tensors(call(*xs)).items():
        assert_same(result, expected[name])


# ---------------------------------------------------------------- f


@EVERY_FUNCTION
def test_a_function_may_not_see_the_points_of_the_caller(call):
    xs = as_tensors(call, dtype=torch.float64)
    places = {memory(x) for x in xs}
    seen = set()

    def f(*ours):
        seen.update(memory(x) for x in ours)
        return call.f(*ours)

    call.run(f, *xs)
    assert seen
    assert not seen & places


@EVERY_CALL
def test_the_same_call_gives_the_same_result(call):
    first, second = tensors(call()), tensors(call())
    assert all(torch.equal(first[name], second[name]) for name in first)


# ---------------------------------------------------------------- results


@EVERY_CALL
def test_results_carry_no_graph(call):
    graph = {"x", "y", "z"} if call.name.startswith("reduce_gradient") else set()
    results = tensors(call())
    assert {name for name, t in results.items() if t.requires_grad} == graph


RESULTS = {
    type(made): made for call in CALLS if dataclasses.is_dataclass(made := call())
}


KINDS = {  # of the fields that are no tensors
    "kind": "np.ndarray",
    "name": "str",
    "numbers": "dict[str, Tensor]",
    "sentences": "tuple[str, ...]",
    "figure": "str",
}


@pytest.mark.parametrize("cls", RESULTS)
def test_results_are_frozen_dataclasses_of_tensors(cls):
    made = RESULTS[cls]
    fields = [field.name for field in dataclasses.fields(cls)]
    values = [getattr(made, name) for name in fields if name not in KINDS]
    values += getattr(made, "numbers", {}).values()
    assert values
    assert all(isinstance(value, torch.Tensor) for value in values)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, fields[0], None)
    assert {made: 1}[made] == 1  # hashed and compared as one thing, not elementwise
    assert dataclasses.replace(made) != made


@pytest.mark.parametrize("cls", RESULTS)
def test_every_field_says_what_it_is(cls):
    source = inspect.getsource(cls)
    for field in dataclasses.fields(cls):
        kind = KINDS.get(field.name, "Tensor")
        assert f"    {field.name}: {kind}" in source
        assert re.search(rf'    {field.name}: .*\n    """', source)
