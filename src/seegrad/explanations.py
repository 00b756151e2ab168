"""explain_grad: why a tensor's .grad is None, read off the tensor and its result."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from seegrad.checks import arguments, state
from seegrad.graphs.walk import leaves_below
from seegrad.results import Result

N_SHOWN = 6  # a gradient of more numbers is summed up

# Results that readers take for their leaf, by the start of the operation's name.
MISTAKEN = {
    "ToCopyBackward": "It was moved or converted by .to(), .double() or .cuda(): write "
    "the dtype and the device where the tensor is made, or call .requires_grad_() "
    "last.",
    "SelectBackward": "It is a part of another tensor: write x.grad[0], not x[0].grad.",
    "SliceBackward": "It is a part of another tensor: write x.grad[:2], not "
    "x[:2].grad.",
    "IndexBackward": "It is a part of another tensor: write x.grad[mask], not "
    "x[mask].grad.",
    "UnbindBackward": "It is a part of another tensor: loop over x.grad, not over x.",
}


NOTHING_LEFT = (
    "- backward() was not called yet.",
    "- .grad was cleared since, by zero_grad() or by hand.",
    "- torch.autograd.grad() was used: it returns the gradient and stores none.",
)
NOT_RECORDED = (
    "- It was asked too late: requires_grad_() was called after the result was "
    "computed. Call it before, and compute the result again.",
    "- It was cut off before the result, by detach(), no_grad() or .item(): leave that "
    "out.",
    "- The result was computed from another tensor, such as a copy: look at that one.",
)


@dataclass(frozen=True, repr=False)
class GradExplanation(Result):
    """Why a tensor has a ``.grad`` or has none. Made by `explain_grad`.

    ``print`` shows its message.
    """

    reason: str
    """"present", or why not: "lazy", "dtype", "inference", "requires_grad",
    "not a leaf", "not reached", "in the graph" or "not in the graph"."""
    message: str
    """What was seen, why, and what to write, in a few lines."""

    def __str__(self) -> str:
        return self.message


@state.not_compiled
def explain_grad(tensor: Tensor, result: Tensor | None = None) -> GradExplanation:
    """Tell why a tensor's ``.grad`` is None, and what to write instead.

    Parameters
    ----------
    tensor : tensor
        The tensor itself, of any shape and dtype. It is only looked at.
    result : tensor, optional
        What was computed, on which ``backward()`` was or will be called. Its graph is
        only looked at, and tells more where nothing is wrong with the tensor itself.

    Returns
    -------
    GradExplanation
        `reason`, a short key, and `message`, to be printed. The reason is the first of
        these that holds:

        - "lazy": a parameter of a lazy module that was not called yet.
        - "present": there is a ``.grad``; the message sums it up.
        - "dtype": whole numbers and booleans have no gradient.
        - "inference": the tensor was made in ``torch.inference_mode()``.
        - "requires_grad": nothing is recorded for this tensor.
        - "not a leaf": it is the result of an operation, and only leaves keep one.
        - "not reached": all is set, but no ``backward()`` left anything. With a result,
          instead of this:
        - "in the graph": the result depends on the tensor, so nothing is cut.
        - "not in the graph": it was recorded without the tensor.

    Raises
    ------
    TypeError
        If tensor or result isn't a tensor.

    See Also
    --------
    gradient_graph : See what a result depends on.

    Notes
    -----
    Neither a tensor nor a graph remembers its past. Where several causes leave the same
    behind, such as ``detach()`` and ``no_grad()``, or a copy and a ``requires_grad_()``
    that came after the result, the message names them all and says how to tell which it
    was.

    Examples
    --------
    >>> import torch, seegrad
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> y.backward()
    >>> seegrad.explain_grad(y).reason
    'not a leaf'
    >>> print(seegrad.explain_grad(x))
    .grad is there.
    Seen: a leaf of shape () and dtype torch.float32, with requires_grad=True.
    It holds 6.

    A gradient that was asked for too late:

    >>> x = torch.tensor(3.0)
    >>> y = x * x
    >>> x.requires_grad_().requires_grad
    True
    >>> seegrad.explain_grad(x, y).reason
    'not in the graph'
    """
    tensor = arguments.any_tensor(tensor, "tensor", _pass_instead(tensor))
    if result is not None:
        result = arguments.any_tensor(
            result, "result", "Pass the tensor that backward() is called on."
        )
    if is_lazy(tensor):
        return GradExplanation("lazy", "\n".join(_lazy()))
    gradient = _grad_of(tensor)
    if gradient is not None:
        return _explained(tensor, "present", ".grad is there.", *_present(gradient))
    for reason, holds, lines in (
        ("dtype", not _differentiable(tensor), _dtype),
        ("inference", tensor.is_inference(), _inference),
        ("requires_grad", not tensor.requires_grad, _untracked),
        ("not a leaf", not tensor.is_leaf, _not_a_leaf),
    ):
        if holds:
            return _explained(tensor, reason, *lines(tensor))
    if result is None:
        return _explained(tensor, "not reached", *_not_reached())
    return _beside(tensor, result)


def _pass_instead(value: object) -> str:
    if value is None:
        return "If it is what .grad holds, pass the tensor itself, x and not x.grad."
    return "Pass the tensor whose .grad you read; of a model, one of its parameters()."


def _grad_of(tensor: Tensor) -> Tensor | None:
    with warnings.catch_warnings():  # PyTorch warns when one asks a tensor in between
        warnings.simplefilter("ignore")
        return tensor.grad


def _differentiable(tensor: Tensor) -> bool:
    return tensor.dtype.is_floating_point or tensor.dtype.is_complex


def _explained(tensor: Tensor, reason: str, first: str, *rest: str) -> GradExplanation:
    return GradExplanation(reason, "\n".join([first, f"Seen: {_seen(tensor)}", *rest]))


def _seen(tensor: Tensor) -> str:
    kind = "a leaf" if tensor.is_leaf else f"the result of {_operation(tensor)}"
    shape = "nested" if tensor.is_nested else tuple(tensor.shape)
    return (
        f"{kind} of shape {shape} and dtype {tensor.dtype}, with "
        f"requires_grad={tensor.requires_grad}."
    )


def _operation(tensor: Tensor) -> str:
    return tensor.grad_fn.name() if tensor.grad_fn is not None else "an operation"


# ---------------------------------------------------------------- the reasons


def _lazy() -> tuple[str, ...]:
    return (
        ".grad is None: the parameter is lazy, and has no values yet.",
        "Seen: a parameter without a shape.",
        "Its module makes them when it is called with data for the first time: call it "
        "once before you make the optimizer.",
    )


def _dtype(tensor: Tensor) -> tuple[str, ...]:
    return (
        f".grad is None: {tensor.dtype} has no gradient.",
        "A slope asks what a small nudge does, and here there are no small nudges.",
        "Write torch.tensor([3.0, 4.0], requires_grad=True), with decimal points, or "
        "x = x.double().requires_grad_() before you compute.",
        "An index, as from argmax, or a comparison has no gradient at all.",
    )


def _inference(tensor: Tensor) -> tuple[str, ...]:
    return (
        ".grad is None: the tensor was made in torch.inference_mode().",
        "Nothing was recorded there, and most operations refuse to record it later.",
        "Write torch.no_grad() in place of inference_mode(), or, outside of it, "
        "x = x.clone().requires_grad_().",
    )


def _untracked(tensor: Tensor) -> tuple[str, ...]:
    if isinstance(tensor, torch.nn.Parameter):
        return (
            ".grad is None: the parameter is frozen, its requires_grad is off.",
            "Call .requires_grad_() on it before you compute, to train it.",
        )
    return (
        ".grad is None: requires_grad is off, so nothing is recorded.",
        "From here these look alike:",
        "- You made it and did not ask: write torch.tensor(..., requires_grad=True).",
        "- It was cut off by .detach(), .data, .item(), NumPy or torch.tensor(y): "
        "leave that out.",
        "- It was computed under torch.no_grad(): compute it outside.",
        "- It was computed from tensors that require no gradient: ask for it there.",
        "To tell which, go back to the line that made it, and print .requires_grad of "
        "what went in. True in, False out: it was cut there.",
    )


def _not_a_leaf(tensor: Tensor) -> tuple[str, ...]:
    if tensor.retains_grad:
        return (
            ".grad is None: it will be kept here, but no backward() has left any "
            "since retain_grad() was called.",
            "Call retain_grad() first, then backward() on a result that depends on it.",
        )
    name = _operation(tensor)
    mistaken = [text for start, text in MISTAKEN.items() if name.startswith(start)]
    return (
        ".grad is None: the tensor is not a leaf.",
        "PyTorch keeps .grad only for leaves, which you made. What was computed from "
        "them passes its gradient on and forgets it. After x = x - step the name x "
        "stands for such a result, too.",
        *mistaken,
        "Ask the leaf that it was computed from. Or call .retain_grad() on it before "
        "backward(). Or write torch.autograd.grad(result, tensor).",
    )


def _not_reached() -> tuple[str, ...]:
    return (
        ".grad is None: no backward() has left anything here.",
        "From here these look alike:",
        *NOTHING_LEFT,
        *NOT_RECORDED,
        "To tell which, pass the result too: print(seegrad.explain_grad(x, result)).",
    )


def _beside(tensor: Tensor, result: Tensor) -> GradExplanation:
    """What the result's graph tells of a leaf that has nothing wrong with itself."""
    if any(leaf is tensor for leaf in leaves_below([result])):
        return _explained(
            tensor,
            "in the graph",
            ".grad is None: the result depends on the tensor, but no backward() has "
            "left anything here.",
            "Nothing is cut. From here these look alike:",
            *NOTHING_LEFT,
            "Call result.backward(), and look at .grad before anything clears it.",
        )
    return _explained(
        tensor,
        "not in the graph",
        ".grad is None: the result was recorded without this tensor, so no backward() "
        "from it comes here.",
        *([] if result.requires_grad else ["Nothing at all was recorded for it."]),
        "From here these look alike:",
        *NOT_RECORDED,
        "To tell which, compute the result again, as before, and ask again. Is the "
        "tensor in the graph now? Then it was asked too late.",
    )


# ---------------------------------------------------------------- a gradient


def _present(gradient: Tensor) -> tuple[str, ...]:
    with state.no_graph():
        return _summary(gradient)


def _summary(gradient: Tensor) -> tuple[str, ...]:
    if gradient.is_nested:
        return ("It is nested.",)
    if gradient.layout is not torch.strided:
        return (f"It is stored as {gradient.layout}.",)
    if gradient.device.type == "meta":
        return ("It has no values, on the meta device.",)
    if gradient.numel() == 0:
        return ("It is empty.",)
    widest = torch.complex128 if gradient.is_complex() else torch.float64
    values = gradient.detach().cpu().to(widest).flatten()
    if len(values) <= N_SHOWN:
        lines = [f"It holds {', '.join(f'{v:.6g}' for v in values.tolist())}."]
    else:
        sizes = values.abs()
        lines = [
            f"It holds {len(values)} numbers, of sizes {sizes.min():.6g} to "
            f"{sizes.max():.6g}."
        ]
    bad = int((~values.isfinite()).sum())
    if bad:
        lines.append(f"Not finite: {bad} of {len(values)}.")
    elif not values.any():
        lines.append(
            "All of it is zero: either the slope is, or zero_grad(set_to_none=False) "
            "cleared it."
        )
    return tuple(lines)
