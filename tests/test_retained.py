"""Tensors that keep their gradient are found, whatever came since the last search."""

import gc
import random
import threading
import weakref

import pytest
import torch
from torch import nn

import seegrad
from seegrad import _retained
from seegrad._retained import retained


def every():
    """All that keep their gradient, by a search of everything."""
    with torch._C.DisableTorchFunctionSubclass():
        tensors = [t for t in gc.get_objects() if issubclass(type(t), torch.Tensor)]
        return {id(t) for t in tensors if t.retains_grad}


def found():
    return {id(t) for t in retained()}


def on_the_way():
    """A tensor that could keep its gradient."""
    return torch.ones(2, requires_grad=True) * 2


class Bag:
    """An object that the garbage collector finds in its own circle."""

    def __init__(self, done):
        self.circle, self.done = self, done

    def __del__(self):
        self.done()


AGING = {
    "young": lambda: gc.collect(0),
    "middle": lambda: gc.collect(1),
    "old": lambda: gc.collect(2),
    "frozen": lambda: (gc.freeze(), gc.unfreeze()),
}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("together", [True, False])
def test_it_finds_what_a_whole_search_finds(seed, together, monkeypatch):
    monkeypatch.setattr(_retained, "TOGETHER", together)
    chance, tensors = random.Random(seed), []
    gc.disable()
    try:
        for _ in range(40):
            step = chance.randrange(6)
            if step == 0:
                tensors.append(on_the_way())
            elif step == 1 and tensors:
                chance.choice(tensors).retain_grad()
            elif step == 2 and tensors:
                tensors.pop(chance.randrange(len(tensors)))
            elif step == 3:
                chance.choice([*AGING.values()])()
            else:
                assert found() == every()
    finally:
        gc.enable()


@pytest.mark.parametrize("first", AGING)
@pytest.mark.parametrize("second", AGING)
def test_a_tensor_may_grow_old_before_it_keeps_its_gradient(first, second):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    retained()
    AGING[first]()
    retained()
    AGING[second]()
    y.retain_grad()
    seegrad.gradient_graph(y.sum())
    assert y.grad is None
    assert id(y) in found()


def test_a_leaf_may_become_a_result():
    total, x = torch.zeros(2), torch.ones(2, requires_grad=True)
    gc.collect()
    retained()
    total += x
    total.retain_grad()
    seegrad.gradient_graph(total.sum())
    assert total.grad is None


def test_a_tensor_that_only_the_graph_keeps():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    z = (y * y).sum()
    gc.collect()
    retained()
    del y
    seegrad.gradient_graph(z)
    assert z.grad_fn.next_functions[0][0]._saved_self.grad is None


def test_a_class_that_is_new():
    retained()

    class Own(torch.Tensor):
        pass

    y = on_the_way().as_subclass(Own)
    y.retain_grad()
    assert id(y) in found()


def test_inside_of_a_collection():
    y = on_the_way()
    y.retain_grad()
    retained()
    seen = []
    for age in (0, 1, 2):
        bag = Bag(lambda: seen.append(id(y) in found()))
        for younger in range(age):
            gc.collect(younger)
        retained()
        del bag
        gc.collect(age)
    assert seen == [True] * 3


def test_it_keeps_nothing_alive():
    y = on_the_way()
    gc.collect()
    retained()
    gone = weakref.ref(y)
    del y
    assert gone() is None


def test_it_leaves_no_garbage():
    retained()
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            retained()
            gc.collect(0)
            retained()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_modules_can_still_swap_their_tensors():
    model = nn.BatchNorm1d(2)
    gc.collect()
    retained()
    torch.utils.swap_tensors(model.weight, nn.Parameter(torch.zeros(2)))
    assert model.weight.tolist() == [0, 0]

    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        retained()
        model.load_state_dict(nn.BatchNorm1d(2).state_dict())
        assert model.weight.tolist() == [1, 1]
    finally:
        torch.__future__.set_swap_module_params_on_conversion(False)


def test_threads_that_search_and_collect():
    tensors = [on_the_way() for _ in range(20)]
    for tensor in tensors:
        tensor.retain_grad()
    wanted, missed = {id(t) for t in tensors}, []

    def search(age):
        for _ in range(10):
            gc.collect(age)
            missed.extend(wanted - found())

    threads = [threading.Thread(target=search, args=(age,)) for age in (0, 1, 0, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []
