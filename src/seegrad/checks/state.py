"""What a call leaves as it was: PyTorch's modes and settings, and the random states.

A thread's modes can always be given back. The random states, the default dtype and
anomaly mode belong to the process: where one has changed while other threads were
alive, the change may be theirs, and setting it back would undo it under their feet.
"""

from __future__ import annotations

import operator
import pickle
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

Function = Callable[..., object]
Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

WITH_AUTOCAST = ("cpu", "cuda", "mps", "xpu")


def not_compiled(f: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Run f as it is inside of ``torch.compile``, too.

    Else each of our functions would be looked through, for seconds, and computed anew
    by rules that differ: NumPy's arithmetic, for example, becomes PyTorch's.
    """

    @wraps(f)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        if torch.compiler.is_compiling():
            plain: Callable[Parameters, Returned]
            plain = torch.compiler.disable(f)  # type: ignore[no-untyped-call]
            return plain(*args, **kwargs)
        return f(*args, **kwargs)

    return run


@contextmanager
def preserve_state(
    device: torch.device, f: Function | None = None, *xs: Tensor
) -> Iterator[RandomStates]:
    """Record gradients here whatever the caller's modes, and give all state back.

    Inside, recording is on, and inference mode, autocast and anomaly mode are off. In
    the end all is as it was, however the block is left, as far as no other thread can
    have changed it. With f and points for it, PyTorch's random state is given back
    beside other threads too: if need be, f is called once more to see if it draws.
    """
    states = RandomStates(device, f, xs)
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    anomaly = torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
    recording = torch.is_grad_enabled()
    try:
        with _modes(torch.enable_grad()):
            yield states
            states.drew()  # may ask f, which can't be called after an error
    finally:
        torch.set_grad_enabled(recording)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if states.alone():
            torch.set_default_dtype(dtype)
            torch.autograd.set_detect_anomaly(*anomaly)
        states.give_back()


@contextmanager
def no_graph() -> Iterator[None]:
    """Compute plain tensors: no graph, no inference tensors and no autocast."""
    with _modes(torch.no_grad()):
        yield


@contextmanager
def _modes(grad: AbstractContextManager[object]) -> Iterator[None]:
    """A mode of recording, and neither inference, autocast nor anomaly mode."""
    with ExitStack() as modes:
        if torch.is_inference_mode_enabled():
            modes.enter_context(torch.inference_mode(False))
        modes.enter_context(grad)
        for kind in filter(torch.is_autocast_enabled, WITH_AUTOCAST):
            modes.enter_context(torch.autocast(kind, enabled=False))
        if torch.is_anomaly_enabled():
            modes.enter_context(torch.autograd.set_detect_anomaly(False))
        yield


class RandomStates:
    """The generators that f can draw from without being given one."""

    def __init__(
        self, device: torch.device, f: Function | None, xs: Sequence[Tensor]
    ) -> None:
        self._f, self._xs = f, xs
        self._was_alone = threading.active_count() == 1
        self._torch = [Generator(torch.get_rng_state, torch.set_rng_state)]
        if device.type == "cuda":
            get = partial(torch.cuda.get_rng_state, device)
            self._torch.append(
                Generator(get, partial(torch.cuda.set_rng_state, device=device))
            )
        self._others = [Generator(random.getstate, random.setstate)]
        if "numpy.random" in sys.modules:  # else nobody can have drawn from it yet
            self._others.append(Generator(_get_numpy_state, _set_numpy_state))
        self._torch_by_f = False
        self._drew: bool | None = None

    def alone(self) -> bool:
        """Whether no other thread was alive in the beginning, and none is now."""
        return self._was_alone and threading.active_count() == 1

    def drew(self) -> bool:
        """Whether f may have drawn a random number. Ask when it was called for good.

        Beside other threads f is called once more, to see whether it draws by PyTorch.
        Whose Python's and NumPy's numbers were can't be told there, and each counts.
        """
        if self._drew is None:
            self._drew = self._moved()
        return self._drew

    def _moved(self) -> bool:
        by_torch = any(generator.moved() for generator in self._torch)
        if by_torch and not self.alone():
            asked = [Generator(known.get, known.put) for known in self._torch]
            draws = _draws(self._f, self._xs)
            others_draw = any(generator.moved() for generator in asked)
            self._torch_by_f = bool(draws) and not others_draw
            by_torch = draws is not False
        return by_torch or any(generator.moved() for generator in self._others)

    def give_back(self) -> None:
        """Set back what f has moved, and surely no other thread."""
        if self._drew is False:
            return
        alone = self.alone()
        ours = self._torch if alone or self._torch_by_f else []
        for generator in [*ours, *(self._others if alone else [])]:
            if generator.moved():
                generator.give_back()


class Generator:
    """A random state and how to set it."""

    def __init__(self, get: Callable[[], Any], put: Callable[[Any], object]) -> None:
        self.get, self.put = get, put
        self.before = get()

    def moved(self) -> bool:
        """Whether it is another state than in the beginning."""
        now = self.get()
        same = torch.equal if isinstance(now, Tensor) else operator.eq
        return not same(now, self.before)

    def give_back(self) -> None:
        """Set it to the state that it had in the beginning."""
        self.put(self.before)


def _get_numpy_state() -> bytes:
    """NumPy's random state, to be compared at once: it is a dict of arrays."""
    return pickle.dumps(sys.modules["numpy.random"].get_state(legacy=False))


def _set_numpy_state(state: bytes) -> None:
    sys.modules["numpy.random"].set_state(pickle.loads(state))


def _draws(f: Function | None, xs: Sequence[Tensor]) -> bool | None:
    """Whether f draws by PyTorch in this thread, or None if that can't be told.

    Inside ``torch.func.vmap`` PyTorch refuses to draw, and allows whatever else f does
    with tensors that aren't mapped over. So no number is drawn here.
    """
    if f is None:
        return None

    def look(unused: Tensor) -> Tensor:
        f(*(x.detach().clone() for x in xs))
        return unused

    try:
        torch.func.vmap(look, randomness="error")(torch.zeros(1, device="cpu"))
    except Exception as error:  # PyTorch's refusal, or f's own
        return True if "randomness error mode" in str(error) else None
    return False
