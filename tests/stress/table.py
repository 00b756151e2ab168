"""Run the stress suite, print its table, and fail where it misses a goal.

python tests/stress/table.py                          the size of the tests
python tests/stress/table.py --size full --json FILE  all of it, and the counts
"""

import argparse
import json
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from cases import drawn
from faults import AT_ZERO, FAULTS, cancellations, oscillations
from mixing import elementwise, mixing, randoms
from smooth import smooth_cases
from values import TRAPS, far_orders, judge, nested, values

import seegrad

NAMES = ("smooth", "faults", "batches", "honest", "points", "values")
SIZES = {  # faults and batches: of each kind
    "tests": dict(zip(NAMES, (200, 8, 3, 20, 40, 50), strict=True)),
    "some": dict(zip(NAMES, (1000, 40, 10, 60, 300, 300), strict=True)),
    "full": dict(zip(NAMES, (10_000, 116, 40, 200, 300, 2000), strict=True)),
}
RENAMED = {"mixes points": "not elementwise"}

# ---------------------------------------------------------------- verdicts


def diagnosed(case):
    """The kind of the first point, or the error's name."""
    try:
        found = seegrad.diagnose(case.f, *case.xs).kind
    except Exception as error:
        return failed(error)
    kind = str(np.ravel(found)[0])
    return RENAMED.get(kind, kind)


def failed(error):
    return f"{type(error).__name__}: {error}"


REFUSALS = {
    "NotElementwiseError": "refused",
    "NonlinearBackwardError": "not linear",
    "RandomFunctionError": "random",
}
WEIGHT = 1.5  # the other variable's value, which the first one's slope is times


CALLS = {
    "derivative": lambda f, x: seegrad.derivative(f, x),
    "derivative, order 2": lambda f, x: seegrad.derivative(f, x, order=2),
    "derivative, order 3": lambda f, x: seegrad.derivative(f, x, order=3),
    "gradient": lambda f, x: seegrad.gradient(
        lambda a, b: f(a) * b, x, torch.full_like(x, WEIGHT)
    )[0],
    "numerical_derivative": lambda f, x: seegrad.numerical_derivative(f, x),
}


def order_of(call):
    return int(call[-1]) if call[-1].isdigit() else 1


def tried(case, call):
    """What a call makes of a function of many points; None where it isn't asked."""
    by_values = call == "numerical_derivative"
    if order_of(call) > case.orders or (by_values and not case.values):
        return None
    try:
        found = CALLS[call](case.f, case.x)
    except Exception as error:
        return REFUSALS.get(type(error).__name__) or failed(error)
    if by_values or case.group in ("values mix", "random"):
        return "let through"
    alone = same(found, one_by_one(case, call))
    if case.group == "gradients mix":
        return "let through, right by chance" if alone else "let through, wrong"
    return "right" if alone else "wrong"


def one_by_one(case, call):
    """The derivative by nested autograd, each point alone."""
    weight = WEIGHT if call == "gradient" else 1
    points = case.x.reshape(-1, *(1,) * case.x.ndim)
    slopes = [nested(lambda x: case.f(x) * weight, p, order_of(call)) for p in points]
    return torch.stack(slopes).reshape(case.x.shape)


def same(found, expected):
    found, expected = found.double(), expected.double()
    off, size = (found - expected).abs(), expected.abs() + expected.abs().max() / 10
    return bool((off <= 0.01 * size).all())


# ---------------------------------------------------------------- sections


class Counts:
    """Rows of functions: what was said of them, and whether that is right."""

    def __init__(self):
        self.rows = {}

    def add(self, row, case, verdict, allowed):
        good = "right" if verdict in allowed else "wrong"
        if verdict == "unclear" and good == "wrong":
            good = "unclear"
        said = self.rows.setdefault(row, {"right": {}, "unclear": {}, "wrong": {}})
        said[good].setdefault(verdict, []).append(case)

    def count(self, row, *goods):
        """How many functions of the rows of such a name were judged so."""
        return sum(
            len(cases)
            for name, said in self.rows.items()
            for good in goods
            for cases in said[good].values()
            if name.startswith(row)
        )


def smooth_section(size, counts):
    for case in drawn(smooth_cases(), size["smooth"]):
        counts.add(case.group, case, diagnosed(case), case.kinds)


def fault_section(size, counts):
    for strategy in FAULTS.values():
        for case in drawn(strategy, size["faults"]):
            counts.add(f"fault: {case.group}", case, diagnosed(case), case.kinds)


def honest_section(size, counts):
    for strategy in (oscillations, cancellations):
        for case in drawn(strategy(), size["honest"]):
            counts.add(case.group, case, diagnosed(case), case.kinds)


def batch_section(size, counts):
    """The kinds of several points are the kinds of each alone."""
    for kind in AT_ZERO:
        for case in drawn(FAULTS[kind], size["batches"]):
            if case.xs[0].numel() < 2 or kind == "random":
                continue
            together = np.ravel(seegrad.diagnose(case.f, *case.xs).kind)
            alone = [kind_alone(case, k) for k in range(len(together))]
            said = "the same" if together.tolist() == alone else "not the same"
            counts.add("several points and each alone", case, said, {"the same"})


def kind_alone(case, place):
    try:
        return str(seegrad.diagnose(case.f, *(x[[place]] for x in case.xs)).kind[0])
    except ValueError:  # f raises for a point outside of its domain
        return "outside the domain"


def point_section(size, counts):
    for strategy in (mixing, randoms, elementwise):
        for case in drawn(strategy(), size["points"]):
            for call in CALLS:
                said = tried(case, call)
                if said is not None:
                    counts.add(f"{case.group}: {call}", case, said, answers(case, call))


def answers(case, call):
    """What may come of a call."""
    if case.group == "random":
        return {"random"}
    if case.group != "elementwise":
        return {"refused"} if case.linear else {"refused", "not linear"}
    right = "let through" if call == "numerical_derivative" else "right"
    return {right} if case.linear else {right, "not linear"}


def value_section(size, counts):
    for strategy in (values, far_orders):
        for value in drawn(strategy(), size["values"]):
            said = judge(value, seegrad.derivative)
            counts.add(value.group, value, said, {"right", "lost by autograd"})
    x = torch.zeros((), dtype=torch.float64)
    for name, f in TRAPS.items():
        for order in range(1, 5):
            answer = seegrad.derivative(f, x, order=order)
            lost = torch.isnan(answer), torch.isnan(nested(f, x, order))
            said = "right" if lost[0] == lost[1] else "wrong"
            counts.add(
                "derivative, nan branch", f"order {order} of {name}", said, {"right"}
            )


SECTIONS = {
    "smooth": smooth_section,
    "faults": fault_section,
    "honest": honest_section,
    "batches": batch_section,
    "points": point_section,
    "values": value_section,
}


def run(size, section):
    """The counts of a section, of a size."""
    counts = Counts()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        SECTIONS[section](SIZES[size], counts)
    return counts


# ---------------------------------------------------------------- goals

UNCLEAR = 0.005  # of smooth functions, at most
NAMED = 0.99  # of planted faults, at least


def missed(section, counts):
    """The goals that a section misses, as sentences."""
    tried = counts.count("", "right", "unclear", "wrong")
    wrong, unclear = counts.count("", "wrong"), counts.count("", "unclear")
    if section == "smooth":
        goals = {
            "a smooth function raised a false alarm": wrong,
            f"more than {UNCLEAR:.1%} were unclear": unclear > UNCLEAR * tried,
        }
    elif section == "faults":
        named = counts.count("", "right")
        goals = {
            f"less than {NAMED:.0%} were named rightly": named < NAMED * tried,
            "a fault was called smooth": any(
                "smooth" in said["wrong"] for said in counts.rows.values()
            ),
        }
    else:
        goals = {"something wrong was said": wrong + unclear}
    return [f"{section}: {goal}" for goal, failed in goals.items() if failed]


# ---------------------------------------------------------------- as a table


def plain(counts):
    """The rows as dictionaries that JSON can hold."""
    return [
        {"row": row, **{good: tally(said[good]) for good in said}}
        for row, said in sorted(counts.rows.items())
    ]


def tally(said):
    """How often each was said, the most often first; of errors their kind."""
    total = Counter()
    for verdict, cases in said.items():
        total[verdict.split(":")[0]] += len(cases)
    return dict(total.most_common())


def markdown(rows):
    """The rows as a table."""
    lines = ["| functions | tried | right | unclear | wrong |", "|---|--:|--:|--:|---|"]
    for row in rows:
        right, unclear = (sum(row[good].values()) for good in ("right", "unclear"))
        wrong = ", ".join(f"{name} {count}" for name, count in row["wrong"].items())
        tried = right + unclear + sum(row["wrong"].values())
        lines.append(f"| {row['row']} | {tried} | {right} | {unclear} | {wrong} |")
    return "\n".join(lines)


def examples(counts, most):
    """The shortest functions of which something wrong was said."""
    for row, said in sorted(counts.rows.items()):
        for verdict, cases in (*said["unclear"].items(), *said["wrong"].items()):
            yield f"\n{row}, {verdict} ({len(cases)}):"
            for case in sorted(cases, key=lambda case: len(repr(case)))[:most]:
                yield f"    {case!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="tests")
    parser.add_argument("--section", choices=SECTIONS, action="append")
    parser.add_argument("--examples", type=int, default=3, help="shown a wrong verdict")
    parser.add_argument("--json", type=Path, help="write the counts to this file")
    asked = parser.parse_args()
    rows, goals = [], []
    for section in asked.section or SECTIONS:
        counts = run(asked.size, section)
        rows += plain(counts)
        goals += missed(section, counts)
        print(markdown(plain(counts)), *examples(counts, asked.examples), sep="\n")
        print(flush=True)
    if asked.json:
        lines = ",\n".join(f" {json.dumps(row)}" for row in rows)
        asked.json.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    if goals:
        sys.exit("Missed: " + "; ".join(goals) + ".")


if __name__ == "__main__":
    main()
