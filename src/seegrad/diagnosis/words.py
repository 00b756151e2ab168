"""The kinds that a diagnosis tells apart: the most serious first.

For each there is what is true, what PyTorch answered and what to write.
"""

ANSWER = "PyTorch answered {answer}"
WORDS = {
    "mixes points": (
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
        "f's numbers are too large for the dtype",
        ANSWER,
        "Choose a smaller point, a wider dtype, or a form that stays small, such as "
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
    "cut graph": (
        "f has the slope {slope}",
        ANSWER + ", because part of f is detached",
        "Leave out .detach(), .item(), .data, float() and torch.no_grad() inside f, or "
        "a backward pass of your own that does not match it",
    ),
    "wrong slope": (
        "f has the slope {slope}",
        ANSWER + ", because pieces of f have no slope here",
        "Write f as one smooth piece, and where torch.where leaves out a branch that "
        "is nan or inf, give that branch a harmless input with a second torch.where",
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
    "smooth": ("f has the derivative {slope}", ANSWER + ", which is right"),
}
RANKS = {kind: rank for rank, kind in enumerate(WORDS)}
SMOOTH = RANKS["smooth"]
