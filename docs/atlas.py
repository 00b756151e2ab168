"""The atlas of corners and ties: what three frameworks say where a slope is in doubt.

``CASES`` is the data. A case names a function and a point, gives the exact slopes on
both sides, and spells the function once for each framework; ``ask`` runs the spellings.
``formula`` is the same function for mpmath, by which a test checks both slopes.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import last_build

INF, NONE = math.inf, None  # NONE: on this side the function has no real slope
TIE, TIE_LEFT, TIE_RIGHT = (3.0, 3.0, 1.0), (0, 0, 0), (1, 1, 0)


class Case(NamedTuple):
    """A function at a point; of a vector, the slopes along each of its axes."""

    kind: str
    name: str
    at: float | tuple[float, ...]
    left: float | tuple[float, ...] | None
    right: float | tuple[float, ...] | None
    formula: str
    torch: str
    tensorflow: str
    jax: str
    why: str


CASES = [
    # ------------------------------------------------------------ corners
    Case(
        "corners",
        "|x|",
        *(0.0, -1, 1, "abs(x)"),
        "x.abs()",
        "tf.abs(x)",
        "jnp.abs(x)",
        "PyTorch and TensorFlow multiply by sign(x), and sign(0) is 0. "
        "JAX asks whether x ≥ 0, and counts 0 to the right side.",
    ),
    Case(
        "corners",
        "max(0, x)",
        *(0.0, 0, 1, "max(0, x)"),
        "torch.maximum(torch.zeros_like(x), x)",
        "tf.maximum(tf.zeros_like(x), x)",
        "jnp.maximum(0, x)",
        "PyTorch and JAX share a tie between both arguments. TensorFlow gives all of "
        "it to the first, which here is the constant.",
    ),
    Case(
        "corners",
        "clip(x, 0, 1), lower end",
        *(0.0, 0, 1, "min(max(x, 0), 1)"),
        "x.clamp(0, 1)",
        "tf.clip_by_value(x, 0.0, 1.0)",
        "jnp.clip(x, 0, 1)",
        "PyTorch and TensorFlow let the gradient pass where x is not outside, and an "
        "end counts as inside. JAX clips by a maximum and a minimum, and shares ties.",
    ),
    Case(
        "corners",
        "clip(x, 0, 1), upper end",
        *(1.0, 1, 0, "min(max(x, 0), 1)"),
        "x.clamp(0, 1)",
        "tf.clip_by_value(x, 0.0, 1.0)",
        "jnp.clip(x, 0, 1)",
        "As at the lower end.",
    ),
    Case(
        "corners",
        "√x",
        *(0.0, NONE, INF, "sqrt(x)"),
        "x.sqrt()",
        "tf.sqrt(x)",
        "jnp.sqrt(x)",
        "The rule is 1 / (2√x), and 1 / 0 is infinite. So is the slope: all are right.",
    ),
    Case(
        "corners",
        "√(x²)",
        *(0.0, -1, 1, "sqrt(x**2)"),
        "(x**2).sqrt()",
        "tf.sqrt(x**2)",
        "jnp.sqrt(x**2)",
        "The root's rule says ∞, the square's rule says 0, and ∞ · 0 is nan. Nobody "
        "sees that together they are |x|.",
    ),
    Case(
        "corners",
        "length of a vector",
        *((0.0, 0.0), (-1, -1), (1, 1), "sqrt(x[0]**2 + x[1]**2)"),
        "torch.linalg.norm(x)",
        "tf.norm(x)",
        "jnp.linalg.norm(x)",
        "The rule is x divided by its length, here 0 / 0. PyTorch looks for a length "
        "of 0 and answers 0. The others divide.",
    ),
    Case(
        "corners",
        "round(x)",
        *(0.5, 0, INF, "nint(x)"),
        "x.round()",
        "tf.round(x)",
        "jnp.round(x)",
        "A staircase is flat nearly everywhere, so PyTorch and JAX say 0, on the jump, "
        "too. TensorFlow says None: it counts rounding as having no gradient.",
    ),
    # ------------------------------------------------------------ ties
    Case(
        "ties",
        "max of all",
        *(TIE, TIE_LEFT, TIE_RIGHT, "max(x)"),
        "x.max()",
        "tf.reduce_max(x)",
        "x.max()",
        "All share the gradient among the equal ones: that treats them alike, in "
        "whatever order they come.",
    ),
    Case(
        "ties",
        "amax",
        *(TIE, TIE_LEFT, TIE_RIGHT, "max(x)"),
        "x.amax()",
        "tf.math.reduce_max(x)",
        "jnp.amax(x)",
        "As for the maximum of all: amax returns a value and no place, so it shares.",
    ),
    Case(
        "ties",
        "max along an axis",
        *(TIE, TIE_LEFT, TIE_RIGHT, "max(x)"),
        "x.max(dim=0).values",
        "tf.reduce_max(x, axis=0)",
        "x.max(axis=0)",
        "In PyTorch max(dim) also returns the place it took the value from, and the "
        "gradient goes to that place. The others return no place, and share.",
    ),
    Case(
        "ties",
        "largest |x|",
        *(TIE, TIE_LEFT, TIE_RIGHT, "max(abs(k) for k in x)"),
        "torch.linalg.norm(x, torch.inf)",
        'tf.norm(x, float("inf"))',
        "jnp.linalg.norm(x, jnp.inf)",
        "The infinity norm is the maximum of the absolute values, and shares like it.",
    ),
    Case(
        "ties",
        "first of the sorted",
        *(TIE, TIE_LEFT, TIE_RIGHT, "sorted(x)[-1]"),
        "x.sort(descending=True).values[0]",
        'tf.sort(x, direction="DESCENDING")[0]',
        "jnp.sort(x, descending=True)[0]",
        "Sorting moves numbers, so each gradient goes back to one place. Which of two "
        "equal ones comes first is the sort's own business: JAX sorts upwards and "
        "turns the result round.",
    ),
    Case(
        "ties",
        "top 1",
        *(TIE, TIE_LEFT, TIE_RIGHT, "sorted(x)[-1]"),
        "x.topk(1).values[0]",
        "tf.math.top_k(x, 1).values[0]",
        "jax.lax.top_k(x, 1)[0][0]",
        "It returns places as well, and the gradient goes to the place that was taken.",
    ),
    Case(
        "ties",
        "running maximum, last",
        *(TIE, TIE_LEFT, TIE_RIGHT, "max(x)"),
        "x.cummax(0).values[-1]",
        "tf.scan(tf.maximum, x)[-1]",
        "jax.lax.cummax(x)[-1]",
        "PyTorch keeps the place of the latest equal one. TensorFlow has no such "
        "function: a scan with maximum favours the first. JAX shares.",
    ),
    Case(
        "ties",
        "value at the argmax",
        *(TIE, TIE_LEFT, TIE_RIGHT, "max(x)"),
        "x[x.argmax()]",
        "x[tf.argmax(x)]",
        "x[x.argmax()]",
        "Argmax names one place, the first, and indexing returns the gradient to it.",
    ),
    # ------------------------------------------------------------ the branch not taken
    Case(
        "the branch not taken",
        "√x where x > 0, else 0",
        *(-1.0, 0, 0, "sqrt(x) if x > 0 else 0"),
        "torch.where(x > 0, x.sqrt(), 0)",
        "tf.where(x > 0, tf.sqrt(x), 0.0)",
        "jnp.where(x > 0, jnp.sqrt(x), 0)",
        "Both branches are computed. The one not taken gets a gradient of 0, and its "
        "rule multiplies that by nan. TensorFlow's rule for the root returns 0 "
        "whenever 0 comes in.",
    ),
    Case(
        "the branch not taken",
        "log x where x > 0, else 0",
        *(0.0, 0, -INF, "log(x) if x > 0 else 0"),
        "torch.where(x > 0, x.log(), 0)",
        "tf.where(x > 0, tf.math.log(x), 0.0)",
        "jnp.where(x > 0, jnp.log(x), 0)",
        "The same with 0 · ∞. TensorFlow's logarithm has no such exception.",
    ),
    Case(
        "the branch not taken",
        "√x, where twice",
        *(-1.0, 0, 0, "sqrt(x) if x > 0 else 0"),
        "torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)",
        "tf.where(x > 0, tf.sqrt(tf.where(x > 0, x, 1.0)), 0.0)",
        "jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1)), 0)",
        "The cure: a harmless 1 goes into the root wherever its result is not used, so "
        "no nan arises.",
    ),
    Case(
        "the branch not taken",
        "log x, out of its domain",
        *(-1.0, NONE, NONE, "log(x)"),
        "x.log()",
        "tf.math.log(x)",
        "jnp.log(x)",
        "The value is nan, and the slope should be. But the rule is 1 / x, which knows "
        "nothing of domains.",
    ),
    # ---------------------------------------------------- spellings of max(x, 0)
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): relu",
        *(0.0, 0, 1, "max(x, 0)"),
        "torch.relu(x)",
        "tf.nn.relu(x)",
        "jax.nn.relu(x)",
        "Defined as 0 in all three. JAX's source names a study of what networks learn "
        "best with: D. Bertoin et al., Numerical influence of ReLU'(0) on "
        "backpropagation, 2021.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): where x > 0",
        *(0.0, 0, 1, "x if x > 0 else 0"),
        "torch.where(x > 0, x, 0)",
        "tf.where(x > 0, x, 0.0)",
        "jnp.where(x > 0, x, 0)",
        "0 > 0 is false, so the constant is taken, and its slope is 0.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): where x ≥ 0",
        *(0.0, 0, 1, "x if x >= 0 else 0"),
        "torch.where(x >= 0, x, 0)",
        "tf.where(x >= 0, x, 0.0)",
        "jnp.where(x >= 0, x, 0)",
        "0 ≥ 0 is true, so x is taken, and its slope is 1.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): x times (x > 0)",
        *(0.0, 0, 1, "x * (x > 0)"),
        "x * (x > 0)",
        "x * tf.cast(x > 0, x.dtype)",
        "x * (x > 0)",
        "The comparison counts as a constant, and at 0 it is 0.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): maximum",
        *(0.0, 0, 1, "max(x, 0)"),
        "torch.maximum(x, torch.zeros_like(x))",
        "tf.maximum(x, 0.0)",
        "jnp.maximum(x, 0)",
        "A tie between the arguments: PyTorch and JAX share it, and TensorFlow gives "
        "all of it to the first, which here is x.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): max of a stack",
        *(0.0, 0, 1, "max([x, 0])"),
        "torch.stack([x, torch.zeros_like(x)]).max()",
        "tf.reduce_max(tf.stack([x, 0.0]))",
        "jnp.stack([x, 0.0]).max()",
        "A maximum of all shares a tie, and half of it goes to the 0.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): max along an axis",
        *(0.0, 0, 1, "max([x, 0])"),
        "torch.stack([x, torch.zeros_like(x)]).max(dim=0).values",
        "tf.reduce_max(tf.stack([x, 0.0]), axis=0)",
        "jnp.stack([x, 0.0]).max(axis=0)",
        "PyTorch returns a place here, the first, and the gradient goes to it. The "
        "others share.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): clip from below",
        *(0.0, 0, 1, "max(x, 0)"),
        "x.clamp(min=0)",
        "tf.clip_by_value(x, 0.0, x.dtype.max)",
        "jnp.clip(x, min=0)",
        "PyTorch and TensorFlow count the end as inside. JAX's clip is a maximum, and "
        "shares.",
    ),
    Case(
        "spellings of max(x, 0)",
        "max(x, 0): (x + |x|) / 2",
        *(0.0, 0, 1, "(x + abs(x)) / 2"),
        "(x + x.abs()) / 2",
        "(x + tf.abs(x)) / 2",
        "(x + jnp.abs(x)) / 2",
        "It inherits what its |x| says at 0: half of 1 + 0, or half of 1 + 1.",
    ),
    Case(
        "spellings of max(x, 0)",
        "close to max(x, 0): sharp softplus",
        *(0.0, 0.5, 0.5, "log(1 + exp(1000 * x)) / 1000"),
        "torch.nn.functional.softplus(x, beta=1000)",
        "tf.nn.softplus(1000 * x) / 1000",
        "jax.nn.softplus(1000 * x) / 1000",
        "Smooth, so there is a slope, and it is ½: the curve only comes close to "
        "max(x, 0).",
    ),
    # ------------------------------------------------------------ holes
    Case(
        "holes",
        "x log x",
        *(0.0, NONE, -INF, "x * log(x) if x != 0 else 0"),
        "x * x.log()",
        "x * tf.math.log(x)",
        "x * jnp.log(x)",
        "0 · log 0 is 0 · (−∞), which is nan, and everything after it.",
    ),
    Case(
        "holes",
        "xlogy(x, x)",
        *(0.0, NONE, -INF, "x * log(x) if x != 0 else 0"),
        "torch.xlogy(x, x)",
        "tf.math.xlogy(x, x)",
        "jax.scipy.special.xlogy(x, x)",
        "The value is right, 0. The slope has a term x / y, which here is 0 / 0: nan "
        "in PyTorch and JAX. TensorFlow takes 0 for it: wrong, and no warning.",
    ),
    Case(
        "holes",
        "sin x / x",
        *(0.0, 0, 0, "sin(x) / x if x != 0 else 1"),
        "x.sin() / x",
        "tf.sin(x) / x",
        "jnp.sin(x) / x",
        "0 / 0. The curve has a hole here that a human would fill with 1.",
    ),
    Case(
        "holes",
        "sin x / x, hole filled by where",
        *(0.0, 0, 0, "sin(x) / x if x != 0 else 1"),
        "torch.where(x == 0, 1, x.sin() / x)",
        "tf.where(x == 0, 1.0, tf.sin(x) / x)",
        "jnp.where(x == 0, 1, jnp.sin(x) / x)",
        "The value is filled. The slope is not: nan from the branch not taken.",
    ),
    Case(
        "holes",
        "sinc(x)",
        *(0.0, 0, 0, "sin(pi * x) / (pi * x) if x != 0 else 1"),
        "torch.sinc(x)",
        "tf.experimental.numpy.sinc(x)",
        "jnp.sinc(x)",
        "PyTorch and JAX wrote a rule for it that knows the hole. TensorFlow builds it "
        "from where.",
    ),
]


# ---------------------------------------------------------------- asking


@dataclass(frozen=True)
class Atlas:
    """What each framework answered: by its name, one answer a case."""

    versions: dict[str, str]
    answers: dict[str, list[float | list[float] | None]]
    stored: bool  # TensorFlow's answers are those of the last full build


def ask():
    """Run every case in every framework, each with float64.

    On Linux a missing TensorFlow is an error. Elsewhere, where it may have no wheel,
    its answers are those that the last full build stored.
    """
    stored = not last_build.tensorflow_is_here()
    asked = {
        "PyTorch": ask_torch(),
        "TensorFlow": last_build.read_atlas() if stored else ask_tensorflow(),
        "JAX": ask_jax(),
    }
    versions = {name: version for name, (version, _) in asked.items()}
    return Atlas(versions, {name: found for name, (_, found) in asked.items()}, stored)


def ask_torch():
    import torch

    def slope(case):
        x = torch.tensor(case.at, dtype=torch.float64, requires_grad=True)
        y = eval(case.torch, {"torch": torch, "x": x})
        return torch.autograd.grad(y, x)[0].tolist()

    return torch.__version__.partition("+")[0], [slope(case) for case in CASES]


def ask_tensorflow():
    import tensorflow as tf

    def slope(case):
        x = tf.Variable(case.at, dtype=tf.float64)
        with tf.GradientTape() as tape:
            y = eval(case.tensorflow, {"tf": tf, "x": x})
        gradient = tape.gradient(y, x)
        if gradient is None:
            return None
        return tf.convert_to_tensor(gradient).numpy().tolist()

    return tf.__version__, [slope(case) for case in CASES]


def ask_jax():
    import jax
    import jax.numpy as jnp

    def slope(case):
        def f(x):
            return eval(case.jax, {"jax": jax, "jnp": jnp, "x": x})

        return jax.grad(f)(jnp.asarray(case.at, dtype=jnp.float64)).tolist()

    with jax.enable_x64(True):
        return jax.__version__, [slope(case) for case in CASES]


# ---------------------------------------------------------------- judging


def odd_ones(answers):
    """Which of three answers has no equal among the others."""
    texts = [text(answer) for answer in answers]
    return [texts.count(one) == 1 for one in texts]


def fits(case, answer):
    """Whether an answer lies between the left and the right slope, ends included.

    Where a side has no slope, the other side's is the only one.
    """
    if not isinstance(case.at, tuple):
        return between(case.left, answer, case.right)
    triples = zip(case.left, answer, case.right, strict=True)
    return all(between(*triple) for triple in triples)


def between(left, answer, right):
    ends = [end for end in (left, right) if end is not None]
    if answer is None or not ends:
        return False
    return min(ends) <= answer <= max(ends)


def text(number):
    """A slope as it is printed, with ∞ and a true minus sign."""
    if isinstance(number, (list, tuple)):
        return f"[{', '.join(text(part) for part in number)}]"
    if number is None:
        return "None"
    return f"{number + 0.0:g}".replace("inf", "∞").replace("-", "−")
