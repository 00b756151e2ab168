"""What a call leaves as it was: grad mode, inference mode and random state."""

from __future__ import annotations

import torch


class preserve_state:  # noqa: N801, it is used as a function; @contextmanager is slower
    """Record gradients here whatever the caller's mode, and give all state back."""

    def __init__(self, device: torch.device) -> None:
        self.cuda = device if device.type == "cuda" else None

    def __enter__(self) -> None:
        self.state = torch.default_generator.get_state()
        if self.cuda:
            self.cuda_state = torch.cuda.get_rng_state(self.cuda)
        # Entering PyTorch's modes takes longer than asking for them.
        usual = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        self.modes = () if usual else (torch.inference_mode(False), torch.enable_grad())
        for mode in self.modes:
            mode.__enter__()

    def __exit__(self, *error: object) -> None:
        for mode in reversed(self.modes):
            mode.__exit__(None, None, None)
        torch.default_generator.set_state(self.state)
        if self.cuda:
            torch.cuda.set_rng_state(self.cuda_state, self.cuda)


class no_graph:  # noqa: N801, as above
    """Compute plain tensors: no graph, and no inference tensors either."""

    def __enter__(self) -> None:
        plain = torch.no_grad()
        inferring = torch.is_inference_mode_enabled()
        self.modes = (torch.inference_mode(False), plain) if inferring else (plain,)
        for mode in self.modes:
            mode.__enter__()

    def __exit__(self, *error: object) -> None:
        for mode in reversed(self.modes):
            mode.__exit__(None, None, None)
