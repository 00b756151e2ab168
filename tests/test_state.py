"""What a call leaves as it was: a test for each promise, over every public function."""

import contextlib
import os
import random
import threading
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
from calls import CALLS, DRAWN, SHOWN, WITH_FUNCTION, Call, tensors, wave
from laws import assert_same

import seegrad

DESCRIPTORS = Path("/proc/self/fd")  # where the system lists them


class Acts(torch.autograd.Function):
    """The identity, whose backward pass does what a reader's own might do."""

    @staticmethod
    def forward(ctx, x, action):
        ctx.action = action
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        ctx.action()
        return gradient, None


def graph_of(f, x):
    """A graph in whose backward pass f is called."""
    with torch.inference_mode(False), torch.enable_grad(), torch.device("cpu"):
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        result = Acts.apply(wave(leaf), lambda: f(leaf.detach())).sum()
    return seegrad.gradient_graph(result)


X = {"x": [0.5, 1.0]}
IN_REDUCTION = Call(
    "reduce_gradient, how",
    lambda f, x: seegrad.reduce_gradient(wave, x, lambda y: f(y).sum()),
    X,
    wave,
)
IN_GRAPH = Call("gradient_graph", graph_of, X, wave)
FUNCTIONS = [*WITH_FUNCTION, *(c for c in DRAWN if c.f), IN_REDUCTION, IN_GRAPH]
ALL = [*CALLS, *DRAWN, *SHOWN, IN_REDUCTION, IN_GRAPH]
EVERY_CALL = pytest.mark.parametrize("call", ALL, ids=str)
EVERY_FUNCTION = pytest.mark.parametrize("call", FUNCTIONS, ids=str)
NUMERICAL = [c for c in FUNCTIONS if "numerical" in c.name or "plot" in c.name]


def run(call, action):
    """Call it with its f, which acts first."""

    def f(*xs):
        action()
        return call.f(*xs)

    return call.run(f, *call.points.values())


def process_state(state):
    """All of the global state, and what takes longer to ask for."""
    descriptors = len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.exists() else 0
    return state() | {"file descriptors": descriptors}


@contextlib.contextmanager
def kept(state):
    """A block that leaves no trace; the first call of all may open what stays open."""
    before = process_state(state)
    yield
    after = process_state(state)
    changed = [name for name in before if before[name] != after[name]]
    assert not changed


# ---------------------------------------------------------------- the caller's modes


@contextlib.contextmanager
def anomaly_mode():
    with torch.autograd.set_detect_anomaly(True):
        yield


@contextlib.contextmanager
def default_dtype():
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float16)
    try:
        yield
    finally:
        torch.set_default_dtype(usual)


MODES = {
    "no mode": contextlib.nullcontext,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "anomaly mode": anomaly_mode,
    "default dtype": default_dtype,
    "default device": lambda: torch.device("meta"),  # as an accelerator would be
}
EVERY_MODE = pytest.mark.parametrize("mode", MODES)


@EVERY_CALL
@EVERY_MODE
def test_a_call_leaves_no_trace(call, mode, state):
    call()
    with MODES[mode](), kept(state):
        call()


@pytest.mark.parametrize("call", CALLS, ids=str)
@EVERY_MODE
def test_a_result_is_the_same_in_any_mode_and_usable_outside(call, mode):
    expected = tensors(call())
    with MODES[mode]():
        results = tensors(call())
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)
    for name, result in results.items():
        assert_same(result, expected[name])
        assert not result.is_inference(), name
        (weight * result.detach()).sum().backward()  # saves the result


@EVERY_FUNCTION
@EVERY_MODE
def test_f_runs_without_the_callers_modes(call, mode):
    seen = set()

    def look():
        seen.add(
            (
                torch.is_inference_mode_enabled(),
                torch.is_autocast_enabled("cpu"),
                torch.is_anomaly_enabled(),
            )
        )

    with MODES[mode]():
        run(call, look)
    assert seen == {(False, False, False)}


@pytest.mark.parametrize(
    "call", [c for c in FUNCTIONS if c not in [*NUMERICAL, IN_GRAPH]], ids=str
)
@EVERY_MODE
def test_f_is_recorded_whatever_the_callers_mode(call, mode):
    seen = []
    with MODES[mode]():
        run(call, lambda: seen.append(torch.is_grad_enabled()))
    assert seen[0]


# ---------------------------------------------------------------- errors, interrupts


class FailureError(Exception):
    """Raised by a function under test."""


def fails():
    torch.rand(3)
    raise FailureError


@EVERY_FUNCTION
@EVERY_MODE
def test_an_error_in_f_leaves_no_trace(call, mode, state):
    answers = call.name.startswith("gradient_graph")  # it says why there is none
    usual = pytest.raises(ValueError, match="Failure")
    with MODES[mode](), kept(state), contextlib.nullcontext() if answers else usual:
        run(call, fails)


def interrupts():
    torch.rand(3)
    raise KeyboardInterrupt


def interrupts_in_a_mode():
    with torch.no_grad():
        raise KeyboardInterrupt


def interrupts_after_switching_off():
    torch.set_grad_enabled(False)
    raise KeyboardInterrupt


INTERRUPTS = [interrupts, interrupts_in_a_mode, interrupts_after_switching_off]


@EVERY_FUNCTION
@EVERY_MODE
@pytest.mark.parametrize("action", INTERRUPTS)
def test_an_interrupt_leaves_no_trace(call, mode, action, state):
    with MODES[mode](), kept(state), pytest.raises(KeyboardInterrupt):
        run(call, action)


@pytest.mark.parametrize("call", [*CALLS, *DRAWN], ids=str)
def test_bad_points_leave_no_trace(call, state):
    with kept(state), pytest.raises(TypeError):
        call(*["bad"] * len(call.points))


# ---------------------------------------------------------------- what f changes

LAYER = torch.nn.Dropout()
NORMAL = torch.distributions.Normal(0.0, 1.0)
CHANGES = {
    "recording": lambda: torch.set_grad_enabled(False),
    "default dtype": lambda: torch.set_default_dtype(torch.float16),
    "threads": lambda: torch.set_num_threads(3),
    "anomaly mode": lambda: torch.autograd.set_detect_anomaly(True),
    "torch.rand": lambda: torch.rand(3),
    "dropout": lambda: LAYER(torch.ones(8)),
    "a distribution": NORMAL.sample,
    "a seed": lambda: torch.manual_seed(1),
    "random": random.random,
    "random's gauss": lambda: random.gauss(0, 1),
    "NumPy's rand": lambda: np.random.rand(2),
    "NumPy's normal": lambda: np.random.standard_normal(),
}


@EVERY_FUNCTION
@pytest.mark.parametrize("change", CHANGES)
def test_what_f_changes_is_given_back(call, change, state):
    with kept(state), contextlib.suppress(ValueError):
        run(call, CHANGES[change])


@contextlib.contextmanager
def set_back():
    """A block after which all that the changes change is set back by hand."""
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    yield
    torch.set_grad_enabled(True)
    torch.set_default_dtype(dtype)
    torch.set_num_threads(threads)
    torch.autograd.set_detect_anomaly(False)
    torch.set_rng_state(states[0])
    random.setstate(states[1])
    np.random.set_state(states[2])


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_not_given_back_is_noticed(change, state):
    with set_back(), pytest.raises(AssertionError), kept(state):
        CHANGES[change]()


def draws(*xs):
    return xs[0] + torch.rand_like(xs[0])


# descend takes one point at a time, and has nothing to compare; diagnose says so.
AT_SEVERAL_POINTS = [
    call
    for call in WITH_FUNCTION
    if call.name != "descend"
    if not call.name.startswith("diagnose")
    if "unchecked" not in call.name
]


@pytest.mark.parametrize("call", AT_SEVERAL_POINTS, ids=str)
def test_a_random_function_is_refused_and_leaves_no_trace(call, state):
    with (
        kept(state),
        pytest.raises(seegrad.RandomFunctionError, match="the randomness out of f"),
    ):
        call.run(draws, *call.points.values())


# ---------------------------------------------------------------- other threads


def in_threads(count, work):
    """Run the work in several threads at once, and raise what one raises."""
    start, results = threading.Barrier(count), [None] * count

    def one(k):
        start.wait()
        try:
            results[k] = work()
        except BaseException as error:
            results[k] = error

    threads = [threading.Thread(target=one, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@EVERY_CALL
def test_eight_threads_at_once(call, state):
    expected = call()
    with kept(state):
        results = in_threads(8, call)
    if call in CALLS:
        for result in results:
            for name, tensor in tensors(result).items():
                assert_same(tensor, tensors(expected)[name])


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_eight_threads_in_anomaly_mode(call, state):
    with anomaly_mode(), kept(state):
        in_threads(8, call)


SOURCES = {
    "torch": lambda: torch.randint(2**62, ()).item(),
    "random": lambda: random.getrandbits(62),
    "NumPy": lambda: int(np.random.randint(2**62)),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "f", [torch.sin, torch.nn.Dropout().eval()], ids=["sin", "eval"]
)
def test_another_threads_numbers_stay_its_own(source, f):
    count, numbers = 60_000, []

    def other():
        numbers.extend(SOURCES[source]() for _ in range(count))

    thread = threading.Thread(target=other)
    with set_back():
        thread.start()
        while thread.is_alive():
            seegrad.derivative(f, [0.5, 1.0, 2.0])
            seegrad.numerical_derivative(f, [0.5, 1.0, 2.0])
        thread.join()
    assert len(set(numbers)) == count


@contextlib.contextmanager
def a_thread_that_waits():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("call", WITH_FUNCTION, ids=str)
@pytest.mark.parametrize("change", ["torch.rand", "dropout", "a distribution"])
def test_torchs_random_state_is_given_back_beside_a_thread_that_waits(
    call, change, state
):
    # As in a notebook, whose kernel has threads that wait for messages.
    with a_thread_that_waits(), kept(state):
        run(call, CHANGES[change])


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("call", [*DRAWN, *SHOWN], ids=str)
def test_nothing_is_warned_of_in_an_odd_style(call):
    with mpl.rc_context({"axes.facecolor": "black"}), warnings.catch_warnings():
        warnings.simplefilter("error")
        before = dict(mpl.rcParams)
        call()
        assert dict(mpl.rcParams) == before
