"""A Diagnosis as a thing: short, copied, taken apart; and what f does to the call."""

import copy
import pickle
import random

import numpy as np
import pytest
import torch

import seegrad
from seegrad.checks.functions import RandomFunctionError

POINTS = [-1.0, 0.0, 1.0]


def test_one_point_is_shown_with_its_slopes():
    found = seegrad.diagnose(abs, 0.0)
    assert repr(found) == (
        "Diagnosis(kind='corner', x=0, left=-1, right=1, autograd=0, numerical=0)"
    )
    plane = seegrad.diagnose(lambda a, b: a.abs() + b, 0.0, 1.0)
    assert "left=(-1, 1)" in repr(plane)
    many = seegrad.diagnose(lambda a, b, c: a.abs() + b + c, 0.0, 1.0, 2.0)
    assert "x=(0, 1, ...)" in repr(many)


def test_many_points_are_counted():
    found = seegrad.diagnose(abs, np.linspace(-1, 1, 10_001))
    assert repr(found) == "Diagnosis(1 corner, 10000 smooth)"
    x = torch.tensor([-1.0, 0.0, 1.0, 2.0, 3.0]).double()

    def odd(x):
        y = torch.where(x < 0, (x + 1).abs(), x)
        y = torch.where(x == 1, x * x.detach(), y)
        y = torch.where(x == 2, y + 1, y)
        return torch.where(x == 3, torch.log(x - 4), y)

    assert len(repr(seegrad.diagnose(odd, x))) < 200


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("x", [0.0, POINTS], ids=["one", "several"])
def test_it_is_copied(copied, x):
    found = seegrad.diagnose(abs, x)
    again = copied(found)
    assert np.array_equal(again.kind, found.kind)
    assert torch.equal(again.left, found.left)
    assert again.message == found.message


def test_no_points_have_no_kinds():
    found = seegrad.diagnose(abs, torch.zeros(0))
    assert found.kind.shape == (0,)
    assert found.message == "There are no points."


def test_points_all_alike_are_one_sentence():
    message = seegrad.diagnose(torch.floor, [1.0, 2.0]).message
    assert message.startswith("All 2 points: jump. At index 0 with x = 1 f jumps")
    assert seegrad.diagnose(torch.sin, POINTS).message == (
        "f has a derivative at each of the 3 points, and PyTorch answered it rightly."
    )


def test_a_curve_without_a_backward_pass():
    def zeta(x):
        return torch.special.zeta(x, torch.ones_like(x))

    for x in (2.0, [2.0, 3.0]):
        found = seegrad.diagnose(zeta, x)
        assert set(np.ravel(found.kind)) == {"no backward pass"}
        slope = np.ravel(found.numerical)[0]
        assert abs(slope + 0.937548) < 1e-5  # the derivative of zeta at 2


def test_an_error_at_every_point_is_raised():
    def fails(x):
        raise KeyError("no")

    for x in (0.0, POINTS):
        with pytest.raises(ValueError, match="raised KeyError"):
            seegrad.diagnose(fails, x)


def test_some_points_outside_of_where_f_works():
    def root(x):
        if (x < 0).any():
            raise ValueError("below 0")
        return torch.sqrt(x)

    found = seegrad.diagnose(root, [[-1.0, 1.0], [4.0, -4.0]])
    assert found.kind.tolist() == [
        ["outside the domain", "smooth"],
        ["smooth", "outside the domain"],
    ]
    assert found.left[1, 0].item() == pytest.approx(0.25)


def test_random_functions():
    chance = random.Random(0)
    for f in (torch.nn.Dropout(0.5), lambda x: x * chance.random()):
        assert set(np.ravel(seegrad.diagnose(f, POINTS).kind)) == {"random"}
    with pytest.raises(RandomFunctionError):
        seegrad.derivative(torch.nn.Dropout(0.5), POINTS)


def test_a_result_with_rules_of_its_own_is_refused():
    def masked(x):
        return Ruled(x)

    class Ruled(torch.Tensor):
        @classmethod
        def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
            raise NotImplementedError

        @staticmethod
        def __new__(cls, x):
            return torch.Tensor._make_wrapper_subclass(cls, x.shape, dtype=x.dtype)

    with pytest.raises(TypeError, match=r"f must return a plain tensor.*Ruled"):
        seegrad.diagnose(masked, 1.0)


def test_a_result_of_a_plain_subclass_is_a_tensor():
    class Named(torch.Tensor):
        pass

    slope = seegrad.derivative(lambda x: (x**2).as_subclass(Named), [1.0, 2.0])
    assert type(slope) is torch.Tensor
    assert slope.tolist() == [2, 4]


def test_a_result_with_a_negative_bit_is_resolved():
    def imaginary(x):
        return -torch.complex(torch.zeros_like(x), x).conj().imag

    assert seegrad.derivative(imaginary, [1.0, 2.0]).tolist() == [1, 1]
    assert seegrad.diagnose(imaginary, 1.0).kind == "smooth"
