"""preserve_state and no_graph: what they keep, what they ask, what they leave alone."""

import contextlib
import random
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from seegrad.checks import state

CPU = torch.device("cpu")
X = torch.ones(3)


def draws(x):
    return x + torch.rand(3)


@contextlib.contextmanager
def beside_a_thread(work):
    """Another thread that works while the block runs."""
    start, end = threading.Event(), threading.Event()

    def run():
        work()
        start.set()
        end.wait()

    thread = threading.Thread(target=run)
    thread.start()
    start.wait()
    try:
        yield
    finally:
        end.set()
        thread.join()


@contextlib.contextmanager
def set_back():
    """A block that may draw."""
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    yield states
    torch.set_rng_state(states[0])
    random.setstate(states[1])
    np.random.set_state(states[2])


def nothing():
    pass


def torch_state():
    return torch.get_rng_state().numpy().tobytes()


def numpy_state():
    return str(np.random.get_state(legacy=False))  # its position is in the string


DRAWS = {
    "torch": (lambda: torch.rand(3), torch_state),
    "random": (random.random, random.getstate),
    "random's gauss": (lambda: random.gauss(0, 1), random.getstate),
    "NumPy": (np.random.rand, numpy_state),
}
EVERY_DRAW = pytest.mark.parametrize("draw", DRAWS)


# ---------------------------------------------------------------- random states


@EVERY_DRAW
def test_a_draw_is_noticed_and_given_back(draw):
    action, get = DRAWS[draw]
    before = get()
    with state.preserve_state(CPU) as states:
        action()
        assert states.drew()
    assert get() == before


def fail(action, error):
    action()
    raise error


@EVERY_DRAW
def test_a_draw_is_given_back_after_an_interrupt(draw):
    action, get = DRAWS[draw]
    before = get()
    with pytest.raises(KeyboardInterrupt), state.preserve_state(CPU):
        fail(action, KeyboardInterrupt)
    assert get() == before


def test_the_second_number_of_a_pair_is_given_back():
    # NumPy and Python draw two at a time and keep one: to take it moves nothing else.
    with set_back():
        kept = np.random.standard_normal(2)[1], [random.gauss(), random.gauss()][1]
    with set_back():
        np.random.standard_normal()
        random.gauss()
        with state.preserve_state(CPU) as states:
            assert (np.random.standard_normal(), random.gauss()) == kept
            assert states.drew()
        assert (np.random.standard_normal(), random.gauss()) == kept


@EVERY_DRAW
def test_what_another_thread_draws_is_left_alone(draw):
    action, get = DRAWS[draw]
    with set_back():
        before = get()
        with (
            beside_a_thread(nothing),
            state.preserve_state(CPU, torch.sin, X),
            beside_a_thread(action),
        ):
            pass
        assert get() != before


@EVERY_DRAW
def test_what_a_thread_draws_that_has_ended_is_left_alone(draw):
    action, get = DRAWS[draw]
    go = threading.Event()

    def waits_and_draws():
        go.wait()
        action()

    thread = threading.Thread(target=waits_and_draws)
    thread.start()
    with set_back():
        before = get()
        with state.preserve_state(CPU, torch.sin, X) as states:
            go.set()
            thread.join()
            assert not states.alone()  # now, but not all the time
        assert get() != before


def interrupts(x):
    raise KeyboardInterrupt


def uses_vmap_no_more(x):
    return torch.autograd.grad(x.clone().requires_grad_().sum(), x)


ASKED = {
    "draws": (draws, True, True),
    "drops": (torch.nn.Dropout(), True, True),
    "drops nothing": (torch.nn.Dropout().eval(), False, False),
    "draws nothing": (torch.sin, False, False),
    "looks at values": (lambda x: x * x.sum().item() if x[0] > 0 else x, False, False),
    "can't be asked": (uses_vmap_no_more, True, False),
    "unknown": (None, True, False),
}


@pytest.mark.parametrize("case", ASKED)
def test_beside_a_thread_that_waits_f_is_asked(case):
    f, may_have, surely = ASKED[case]
    with set_back() as (before, *_), beside_a_thread(nothing):
        with state.preserve_state(CPU, f, X) as states:
            torch.rand(3)
            assert states.drew() is may_have
        assert torch.equal(torch.get_rng_state(), before) is surely


def test_f_is_asked_at_the_end_too():
    with set_back() as (before, *_), beside_a_thread(nothing):
        with state.preserve_state(CPU, draws, X):
            torch.rand(3)
        assert torch.equal(torch.get_rng_state(), before)


def test_f_is_not_called_where_nothing_was_drawn():
    with beside_a_thread(nothing), state.preserve_state(CPU, interrupts, X):
        pass


def test_f_is_not_called_where_no_thread_could_have_drawn():
    with state.preserve_state(CPU, interrupts, X) as states:
        torch.rand(3)
        assert states.drew()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_f_is_not_called_after_an_error(error):
    calls = []
    with (
        set_back(),
        beside_a_thread(nothing),
        pytest.raises(error),
        state.preserve_state(CPU, calls.append, X),
    ):
        fail(lambda: torch.rand(3), error)
    assert not calls


def test_asking_draws_nothing_and_leaves_the_points_alone():
    x = X.clone()

    def changes(given):
        given.mul_(2)
        return draws(given)

    before = torch.get_rng_state()
    with (
        beside_a_thread(nothing),
        set_back(),
        state.preserve_state(CPU, changes, x) as states,
    ):
        torch.rand(3)
        moved = torch.get_rng_state()
        assert states.drew()
        assert torch.equal(torch.get_rng_state(), moved)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(x, X)


def test_nothing_is_given_back_while_another_thread_draws():
    # Its draws are noticed while f is asked.
    def draws_while_another_does(x):
        with beside_a_thread(lambda: torch.rand(3)):
            return draws(x)

    with set_back() as (before, *_), beside_a_thread(nothing):
        with state.preserve_state(CPU, draws_while_another_does, X):
            torch.rand(3)
        assert not torch.equal(torch.get_rng_state(), before)


def test_a_cuda_devices_random_state_is_given_back(monkeypatch):
    # There is no such device here: its calls are stood in for, in PyTorch's words.
    states = {"cuda:1": torch.zeros(3)}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: states[str(device)])
    monkeypatch.setattr(
        torch.cuda,
        "set_rng_state",
        lambda state, device: states.update({str(device): state}),
    )
    with state.preserve_state(torch.device("cuda:1")) as random_states:
        states["cuda:1"] = torch.ones(3)
        assert random_states.drew()
    assert states["cuda:1"].tolist() == [0, 0, 0]


def test_a_generator_that_was_never_loaded_has_no_state_to_keep(monkeypatch):
    before = numpy_state()
    with monkeypatch.context() as patch, set_back():
        patch.delitem(sys.modules, "numpy.random")
        with state.preserve_state(CPU):
            np.random.rand()
        assert numpy_state() != before


def test_numpys_random_module_is_not_loaded():
    code = (
        "import sys, torch, seegrad\n"
        "seegrad.derivative(torch.sin, [1.0])\n"
        "assert 'numpy.random' not in sys.modules\n"
        "seegrad.derivative(torch.nn.Dropout(0.0), [1.0])\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    if tuple(map(int, np.__version__.split(".")[:2])) < (2, 4):
        pytest.skip("this NumPy loads it itself")
    subprocess.run([sys.executable, "-c", code], check=True)


# ---------------------------------------------------------------- modes and settings


def test_recording_is_on_and_every_other_mode_off():
    with (
        torch.inference_mode(),
        torch.autocast("cpu"),
        torch.autocast("cuda", enabled=torch.cuda.is_available()),
        torch.autograd.set_detect_anomaly(True),
        state.preserve_state(CPU),
    ):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")
        assert not torch.is_autocast_enabled("cuda")
        assert not torch.is_anomaly_enabled()


def test_the_number_of_threads_is_given_back():
    usual = torch.get_num_threads()
    with state.preserve_state(CPU):
        torch.set_num_threads(usual + 1)
    assert torch.get_num_threads() == usual


def test_a_graph_is_not_recorded_and_every_other_mode_off():
    with torch.inference_mode(), torch.autocast("cpu"), state.no_graph():
        assert not torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")


def test_a_dtype_that_another_thread_sets_is_left_alone():
    usual = torch.get_default_dtype()
    with beside_a_thread(nothing), state.preserve_state(CPU):
        torch.set_default_dtype(torch.float64)
    assert torch.get_default_dtype() == torch.float64
    torch.set_default_dtype(usual)
