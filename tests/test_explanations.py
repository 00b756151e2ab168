"""explain_grad: every cause, told from the tensor and its result; both stay."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest
import torch
from refusals import Refusal, assert_teaches

import seegrad


def leaf(*values, dtype=torch.float64):
    return torch.tensor(values or 2.0, dtype=dtype, requires_grad=True)


# ---------------------------------------------------------------- one tensor a cause


def after_backward(x, f):
    f(x).sum().backward()
    return x


def cleared():
    x = after_backward(leaf(), torch.square)
    torch.optim.SGD([x]).zero_grad()
    return x


def unreached():
    x, other = leaf(), leaf()
    after_backward(other, torch.square)
    return x


def cut_by_detach():
    x = leaf()
    (x.detach() * leaf()).backward()
    return x


def asked_too_late():
    x = torch.ones(2)
    (x * leaf()).sum().backward()
    return x.requires_grad_()


def by_autograd_grad():
    x = leaf()
    torch.autograd.grad(x**2, x)
    return x


def no_graph(mode):
    x = leaf()
    with mode():
        return x * 2


def retained(*, before):
    x = leaf()
    y = x * 2
    if before:
        y.retain_grad()
    y.backward()
    if not before:
        y.retain_grad()
    return y


def kept_after_freezing():
    return after_backward(leaf(), torch.square).requires_grad_(False)


def given_by_hand():
    y = leaf() * 2
    y.grad = torch.tensor(5.0, dtype=torch.float64)
    return y


def sparse_gradient():
    x = torch.ones(4, 2, requires_grad=True)
    torch.nn.functional.embedding(torch.tensor([1]), x, sparse=True).sum().backward()
    return x


def nested_gradient():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch calls them a prototype
        x = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    x.requires_grad_()
    torch.nested.to_padded_tensor(x * 2, 0.0).sum().backward()
    return x


CAUSES = {
    "integers": (lambda: torch.tensor([3, 4]), "dtype", "torch.int64 has no gradient"),
    "argmax": (lambda: leaf(1.0, 2.0).argmax(), "dtype", "argmax"),
    "comparison": (lambda: leaf() > 0, "dtype", "torch.bool has no"),
    "inference": (
        lambda: no_graph(torch.inference_mode),
        "inference",
        ".clone().requires_grad_()",
    ),
    "plain": (lambda: torch.ones(2), "requires_grad", "You made it"),
    "no_grad": (lambda: no_graph(torch.no_grad), "requires_grad", "no_grad()"),
    "detach": (lambda: leaf().detach(), "requires_grad", ".detach()"),
    "data": (lambda: leaf().data, "requires_grad", ".data"),
    "made of plain": (lambda: torch.ones(2) * 2, "requires_grad", "require no"),
    "frozen": (
        lambda: torch.nn.Parameter(torch.ones(2), requires_grad=False),
        "requires_grad",
        "frozen",
    ),
    "result": (lambda: leaf() * 2, "not a leaf", "the result of MulBackward0"),
    "converted": (lambda: leaf().float(), "not a leaf", "It was moved or converted"),
    "one entry": (lambda: leaf(1.0, 2.0)[0], "not a leaf", "x.grad[0], not x[0].grad"),
    "slice": (lambda: leaf(1.0, 2.0)[:1], "not a leaf", "x.grad[:2], not"),
    "mask": (
        lambda: (lambda x: x[x > 1])(leaf(1.0, 2.0)),
        "not a leaf",
        "x.grad[mask], not",
    ),
    "loop": (lambda: next(iter(leaf(1.0, 2.0))), "not a leaf", "loop over x.grad"),
    "retained late": (
        lambda: retained(before=False),
        "not a leaf",
        "since retain_grad() was called",
    ),
    "not yet": (leaf, "not reached", "was not called yet"),
    "cleared": (cleared, "not reached", "zero_grad()"),
    "unreached": (unreached, "not reached", "computed from another tensor"),
    "cut": (cut_by_detach, "not reached", "detach()"),
    "late": (asked_too_late, "not reached", "asked too late: requires_grad_()"),
    "returned": (by_autograd_grad, "not reached", "torch.autograd.grad()"),
    "complex": (lambda: leaf(1j, dtype=torch.complex128), "not reached", "complex128"),
    "meta": (
        lambda: torch.ones(2, device="meta", requires_grad=True),
        "not reached",
        "(2,)",
    ),
    "there": (lambda: after_backward(leaf(), torch.square), "present", "It holds 4."),
    "retained": (lambda: retained(before=True), "present", "It holds 1."),
    "kept": (kept_after_freezing, "present", "requires_grad=False"),
    "by hand": (given_by_hand, "present", "It holds 5."),
    "sparse": (sparse_gradient, "present", "torch.sparse_coo"),
    "nested": (nested_gradient, "present", "It is nested."),
}
EVERY_CAUSE = pytest.mark.parametrize("cause", CAUSES)


@EVERY_CAUSE
def test_the_reason_and_the_words(cause):
    make, reason, words = CAUSES[cause]
    x = make()
    found = seegrad.explain_grad(x)
    assert isinstance(found, seegrad.GradExplanation)
    assert found.reason == reason
    assert words in found.message
    first, seen, *rest = found.message.splitlines()
    assert first.startswith(".grad is there" if reason == "present" else ".grad is No")
    assert seen.startswith("Seen: ")
    assert str(x.dtype) in seen
    assert f"requires_grad={x.requires_grad}" in seen
    assert rest


@EVERY_CAUSE
def test_the_tensor_stays_as_it_was(cause):
    x = CAUSES[cause][0]()

    def look():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gradient = x.grad
        version = None if x.is_inference() else x._version
        return (
            x.requires_grad,
            x.is_leaf,
            x.retains_grad,
            x.grad_fn,
            version,
        ), gradient

    (before, gradient), filters = look(), list(warnings.filters)
    seegrad.explain_grad(x)
    (after, same), filters_after = look(), list(warnings.filters)
    assert after == before
    assert same is gradient
    assert filters_after == filters


@EVERY_CAUSE
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_mode_does_not_matter(cause, mode, state):
    x = CAUSES[cause][0]()
    expected = seegrad.explain_grad(x)
    with mode():
        before = state()
        found = seegrad.explain_grad(x)
        assert state() == before
    assert found == expected


@pytest.mark.parametrize("cause", ["result", "converted", "one entry", "by hand"])
def test_the_graph_can_still_be_walked(cause):
    y = CAUSES[cause][0]()
    seegrad.explain_grad(y)
    (gradient,) = torch.autograd.grad(y.sum(), y)
    assert gradient == 1


def test_no_warning_comes(recwarn):
    seegrad.explain_grad(leaf() * 2)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="not a leaf"):
        assert (leaf() * 2).grad is None


def test_print_shows_the_message_and_repr_is_short():
    told = seegrad.explain_grad(leaf())
    assert str(told) == told.message
    assert repr(told).startswith("GradExplanation(reason='not reached', message='.grad")
    assert len(repr(told)) < 200
    assert "\n" not in repr(told)


def test_an_explanation_copies_and_pickles():
    told = seegrad.explain_grad(leaf())
    for same in (
        copy.copy(told),
        copy.deepcopy(told),
        pickle.loads(pickle.dumps(told)),
    ):
        assert same == told
        assert hash(same) == hash(told)


# ---------------------------------------------------------------- the remedies


def test_the_remedy_for_integers():
    assert after_backward(leaf(3.0, 4.0), torch.square).grad.tolist() == [6, 8]
    x = torch.tensor([3, 4]).double().requires_grad_()
    assert after_backward(x, torch.square).grad.tolist() == [6, 8]


def test_the_remedy_for_inference():
    x = no_graph(torch.inference_mode).clone().requires_grad_()
    assert after_backward(x, torch.square).grad == 8


def test_the_remedies_for_a_result():
    y = leaf() * 2
    (returned,) = torch.autograd.grad(y**2, y)
    y = leaf() * 2
    y.retain_grad()
    (y**2).backward()
    assert returned == y.grad == 8


def test_the_remedy_for_a_part():
    x = after_backward(leaf(1.0, 2.0), torch.square)
    assert seegrad.explain_grad(x[0]).reason == "not a leaf"
    assert x.grad[0] == 2


# ---------------------------------------------------------------- beside a result

IN, OUT = "in the graph", "not in the graph"
RESULTS = {
    "itself": (lambda x: x, IN),
    "one operation": (torch.square, IN),
    "two paths": (lambda x: x * x.sin() + x, IN),
    "through a part": (lambda x: x[0], IN),
    "a part of it detached": (lambda x: x * x.detach(), IN),
    "retained": (lambda x: retaining(x * 2).exp(), IN),
    "detached": (lambda x: x.detach() * leaf(), OUT),
    "a number": (lambda x: leaf() * x[0].item(), OUT),
    "a copy": (lambda x: x.detach().clone().requires_grad_() ** 2, OUT),
    "another leaf": (lambda x: leaf() ** 2, OUT),
    "nothing recorded": (lambda x: x.detach() ** 2, OUT),
}
EVERY_RESULT = pytest.mark.parametrize("case", RESULTS)


def retaining(y):
    y.retain_grad()
    return y


@EVERY_RESULT
@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64])
def test_a_result_tells_whether_the_tensor_is_in_its_graph(case, dtype):
    f, reason = RESULTS[case]
    x = leaf(1.0, 2.0, dtype=dtype)
    y = f(x)
    told = seegrad.explain_grad(x, y)
    assert told.reason == reason
    assert ("Nothing is cut." in told.message) is (reason == IN)
    assert ("asked too late" in told.message) is (reason == OUT)
    assert ("Nothing at all was recorded" in told.message) is not y.requires_grad
    assert x.grad is None


@EVERY_RESULT
def test_autograd_agrees_on_what_is_in_the_graph(case):
    f, reason = RESULTS[case]
    x = leaf(1.0, 2.0)
    y = f(x)
    if y.requires_grad:
        (gradient,) = torch.autograd.grad(y.sum(), x, allow_unused=True)
        assert (gradient is not None) is (reason == IN)
    assert seegrad.explain_grad(x, y).reason == reason  # after a backward pass, too


def test_a_gradient_that_was_asked_for_too_late():
    x, weight = torch.ones(2), leaf()
    y = x * weight
    x.requires_grad_()
    assert seegrad.explain_grad(x, y).reason == OUT
    y = x * weight  # what the message says: compute the result again
    assert seegrad.explain_grad(x, y).reason == IN
    y.sum().backward()
    assert seegrad.explain_grad(x, y).reason == "present"


@pytest.mark.parametrize("cause", CAUSES)
def test_a_result_changes_nothing_where_the_tensor_itself_tells(cause):
    make, reason, _ = CAUSES[cause]
    x = make()
    told = seegrad.explain_grad(x, leaf() ** 2)
    assert told.reason == (OUT if reason == "not reached" else reason)


def test_the_result_and_its_graph_stay_as_they_were():
    x = leaf(1.0, 2.0)
    y = (x**2).sum()
    seen = []
    y.register_hook(seen.append)
    seegrad.explain_grad(x, y)
    assert (y.grad_fn.next_functions, seen, x.grad) == (
        y.grad_fn.next_functions,
        [],
        None,
    )
    y.backward()
    assert x.grad.tolist() == [2, 4]


def test_a_deep_graph_is_walked_and_freed():
    x = leaf()
    y = x
    for _ in range(60_000):  # what PyTorch alone can't free once Python has seen it
        y = y + 1
    assert seegrad.explain_grad(x, y).reason == IN
    del y


# ---------------------------------------------------------------- lazy parameters


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_a_lazy_parameter(name):
    module = torch.nn.LazyLinear(3)
    told = seegrad.explain_grad(getattr(module, name))
    assert told.reason == "lazy"
    assert "call it once" in told.message
    with torch.random.fork_rng(devices=[]):
        module(torch.ones(1, 2))  # what the message says
    module(torch.ones(1, 2)).sum().backward()
    assert seegrad.explain_grad(getattr(module, name)).reason == "present"


# ---------------------------------------------------------------- a gradient


def holding(gradient):
    x = torch.zeros_like(gradient, requires_grad=True)
    x.grad = gradient
    return seegrad.explain_grad(x).message


def test_a_few_numbers_are_shown():
    assert "It holds 1, -2.5, 0." in holding(torch.tensor([1.0, -2.5, 0.0]))


def test_many_numbers_are_summed_up():
    message = holding(torch.arange(-3.0, 5.0))
    assert "It holds 8 numbers, of sizes 0 to 4." in message


def test_zeros_are_told():
    assert "All of it is zero" in holding(torch.zeros(3))
    assert "All of it is zero" not in holding(torch.tensor([0.0, 1.0]))


def test_nan_is_told():
    message = holding(torch.tensor([1.0, torch.nan, torch.inf]))
    assert "Not finite: 2 of 3." in message


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.complex64]
)
def test_every_dtype_is_summed_up(dtype):
    assert "It holds 1" in holding(torch.ones(2).to(dtype))
    assert "8 numbers, of sizes 1 to 1." in holding(torch.ones(8).to(dtype))


def test_a_gradient_without_numbers():
    assert "It is empty." in holding(torch.ones(0))
    assert "no values" in holding(torch.ones(2, device="meta"))


# ---------------------------------------------------------------- bad input

NOT_TENSORS = {
    "number": (3.0, "3.0, of type float"),
    "list": ([1.0], r"\[1.0\], of type list"),
    "array": (np.ones(2), r"an array of shape \(2,\) and dtype float64"),
    "str": ("x", "'x', of type str"),
    "module": (torch.nn.Linear(1, 1), "of type Linear"),
    "python module": (math, "of type module"),
}
NEED = (TypeError, "tensor", "be a tensor")
REFUSED = [
    *(
        Refusal(name, lambda v=v: seegrad.explain_grad(v), *NEED, words, "a model")
        for name, (v, words) in NOT_TENSORS.items()
    ),
    Refusal(
        "what .grad holds",
        lambda: seegrad.explain_grad(leaf().grad),
        *NEED,
        "it is None",
        r"pass the tensor itself, x and not x\.grad",
    ),
    Refusal(
        "result",
        lambda: seegrad.explain_grad(leaf(), 3.0),
        TypeError,
        "result",
        "be a tensor",
        "3.0, of type float",
        r"that backward\(\) is called on",
    ),
]


@pytest.mark.parametrize("refusal", REFUSED, ids=str)
def test_an_error_teaches(refusal):
    assert_teaches(refusal)
