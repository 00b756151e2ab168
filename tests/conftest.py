"""What every test gets: no screen, no network, and an alarm for state left changed."""

import os
import random

import matplotlib as mpl
import numpy as np
import pytest
import torch
from hypothesis import settings
from pytest_socket import disable_socket

mpl.use("Agg")
from matplotlib import pyplot as plt

# The same examples each time by default; "explore" looks for new ones, and longer.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def global_state():
    """Everything a call could leave changed for the next one, by name."""
    generator, keys, *place = np.random.get_state()
    return {
        "torch's random state": torch.get_rng_state().numpy().tobytes(),
        "NumPy's random state": (generator, keys.tobytes(), place),
        "Python's random state": random.getstate(),
        "grad mode": torch.is_grad_enabled(),
        "inference mode": torch.is_inference_mode_enabled(),
        "autocast": (
            torch.is_autocast_enabled("cpu"),
            torch.get_autocast_dtype("cpu"),
            torch.is_autocast_cache_enabled(),
        ),
        "anomaly mode": (
            torch.is_anomaly_enabled(),
            torch.is_anomaly_check_nan_enabled(),
        ),
        "default device": torch.get_default_device(),
        "default dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "torch's print options": dict(vars(torch._tensor_str.PRINT_OPTS)),
        "NumPy's print options": np.get_printoptions(),
        "rcParams": dict(mpl.rcParams),
    }


def changes(before, after):
    return [name for name in before if before[name] != after[name]]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call():
    # Not a fixture: pytest-randomly seeds anew before fixtures are taken down, which
    # would hide what the test did to the random states.
    before = global_state()
    result = yield
    changed = changes(before, global_state())
    if changed:
        pytest.fail(f"the test left {', '.join(changed)} changed", pytrace=False)
    return result


@pytest.fixture(autouse=True)
def _no_network():
    disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _figures_closed():
    yield
    plt.close("all")


@pytest.fixture
def state():
    """The global state now, as a function, to compare before and after a call."""
    return global_state
