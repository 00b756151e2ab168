"""The kinds that a diagnosis tells apart, the most serious first, and their messages.

For each kind there is what is true, what PyTorch answered and what to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

ANSWER = "PyTorch answered {answer}"
WORDS = {
    "not elementwise": (
        "f is not elementwise: a value depends on other points",
        "A derivative a point does not exist for it",
        "Write f without sum, mean, sort or softmax over the points, or use "
        "torch.func.jacrev for its Jacobian",
    ),
    "random": (
        "f gives another value each time it is called",
        "A derivative belongs to one fixed function",
        "Draw the random numbers once, outside f",
    ),
    "not connected": (
        "no path of the autograd graph leads from f's result to x",
        "PyTorch has no slope to answer, and differences say {numerical}",
        "Leave out .detach(), .item(), torch.tensor(...) and torch.no_grad() inside f, "
        "and use torch functions",
    ),
    "outside the domain": (
        "f has no finite value",
        ANSWER,
        "Choose a point where f is defined",
    ),
    "overflow": (
        "a number inside f is too large or too small for the dtype",
        ANSWER,
        "Choose another point, a wider dtype, or a form that stays in range, such as "
        "torch.sigmoid, torch.tanh or torch.logsumexp",
    ),
    "jump": (
        "f jumps, so it has no derivative",
        ANSWER,
        "Choose a point beside it, or a smooth step such as torch.sigmoid",
    ),
    "vertical tangent": (
        "f is vertical, so it has no finite derivative",
        ANSWER,
        "Choose a point beside it",
    ),
    "cusp": (
        "f has a cusp: its slope is {left} on the left and {right} on the right",
        ANSWER,
        "Choose a point beside it, or add a small number under the root",
    ),
    "no backward pass": (
        "f has an operation without a backward pass, and differences say {numerical}",
        "PyTorch has no slope to answer",
        "Replace that operation: calling backward() on f's result names it",
    ),
    "nonlinear backward": (
        "f has the slope {slope}",
        ANSWER + ", and f's backward pass is not linear: twice the weight does not "
        "give twice the gradient",
        "Leave out hooks and backward passes of your own that clamp, round or take the "
        "sign of a gradient",
    ),
    "cut graph": (
        "f has the slope {slope}",
        ANSWER + ", because part of f is detached",
        "Leave out .detach(), .item(), .data, float() and torch.no_grad() inside f, or "
        "a backward pass of your own that does not match it",
    ),
    "wrong slope": (
        "f has the slope {slope}",
        ANSWER + ", because pieces of f have no slope here",
        "Write f as one smooth piece",
    ),
    "edge of the domain": (
        "f ends: its slope is {left} on the left and {right} on the right",
        ANSWER,
        "Choose a point inside the domain",
    ),
    "corner": (
        "f has a corner: its slope is {left} on the left and {right} on the right",
        ANSWER + ", which is a choice and no derivative",
        "Choose a point beside it, or a smooth form such as torch.sqrt(x**2 + 1e-6) "
        "for abs and softplus for relu",
    ),
    "tie": (
        "two pieces of f tie: its slope is {left} on the left and {right} on the right",
        ANSWER + ", half of the slope for each piece",
        "Choose a point beside it, or a smooth form such as torch.logaddexp for "
        "maximum",
    ),
    "unclear": (
        "the values of f do not tell whether it has a derivative: differences say "
        "{numerical}",
        ANSWER,
        "Rounding inside f may hide its slope, or f may change within a very short "
        "distance: try float64 points, a form of f that does not subtract nearly equal "
        "numbers, or a plot of f around the point",
    ),
    "smooth": ("f has the derivative {slope}", ANSWER + ", which is right"),
}
RANKS = {kind: rank for rank, kind in enumerate(WORDS)}
NAN = (
    "f has the slope {slope}",
    ANSWER + ", because its backward pass multiplies 0 by inf or nan, as in a branch "
    "that torch.where leaves out",
    "Give that branch a harmless input with a second torch.where inside it",
)
NO_PLANE = "f has no tangent plane: the slopes along the axes don't give the others"


def about_one(kind: str, rows: Sequence[Sequence[float]], where: str) -> str:
    """Truth, answer and remedy about one point.

    The rows are the slopes left, right, by autograd and by differences, and the point,
    a number for each variable; `where` begins the first sentence.
    """
    left, right, answer, numerical, at = rows
    names = ["x"] if len(at) == 1 else [f"x{k}" for k in range(len(at))]
    point = ", ".join(f"{name} = {x:.6g}" for name, x in zip(names, at, strict=True))
    # Several variables: the one along which the slopes differ most.
    spread = np.ptp([left, right, answer], axis=0)
    k = int(np.argmax(np.nan_to_num(spread, nan=np.inf)))
    truth, *others = WORDS[kind]
    if kind == "corner" and left == right:
        truth = NO_PLANE
    if kind == "wrong slope" and np.isnan(answer[k]):
        truth, *others = NAN
    along = f" along {names[k]}" if len(at) > 1 and "{" in truth else ""
    words = {
        "left": _number(left[k]),
        "right": _number(right[k]),
        "slope": _number((left[k] + right[k]) / 2),
        "answer": f"{answer[k]:.4g}",
        "numerical": _number(numerical[k]),
    }
    sentences = [f"{where}{point} {truth}{along}", *others]
    return " ".join(f"{sentence.format(**words)}." for sentence in sentences)


def about_many(counts: Mapping[str, int]) -> str:
    """How many points there are of each kind, which starts a message about several."""
    total = sum(counts.values())
    if not total:
        return "There are no points."
    if len(counts) > 1:
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        return f"Of {total} points: {kinds}."
    if "smooth" in counts:
        return (
            f"f has a derivative at each of the {total} points, and PyTorch answered "
            "it rightly."
        )
    return f"All {total} points: {next(iter(counts))}."


def _number(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.4g}"
