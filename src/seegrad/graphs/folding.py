"""What repeats becomes one: steps in a row, and branches that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from seegrad.graphs.walk import Walk

REPEATS = 3  # from so many on, equal steps become one
# Their operands are all alike, so it doesn't matter which one a branch is.
COLLECT = ("CatBackward0", "StackBackward0")
NOWHERE = -1


class Fold(NamedTuple):
    """What is drawn of a walk, and where its steps and links went."""

    steps: list[int]  # of each node that is drawn, the first step
    step_counts: list[int]
    places: list[int]  # of each step, the node
    links: list[int]  # of each edge that is drawn, the first link
    link_counts: list[int]
    outputs: list[
        int | None
    ]  # of each edge, the target's; None where there are several
    edges: list[int]  # of each link, the edge; NOWHERE inside of a node


def unfolded(walk: Walk) -> Fold:
    """Each step and each link for itself."""
    steps, links = list(range(len(walk.steps))), list(range(len(walk.links.sources)))
    pairs = zip(walk.links.sources, walk.links.targets, strict=True)
    if any(source >= target for source, target in pairs):
        return _grouped(walk, steps)
    outputs: list[int | None] = [*walk.links.outputs]
    return Fold(steps, [1] * len(steps), steps, links, [1] * len(links), outputs, links)


def folded(walk: Walk) -> Fold:
    """Steps that repeat become one node: first those in a row, then equal branches."""
    numbers: dict[object, int] = {}
    signatures = [
        numbers.setdefault(k if step.kind == "result" else step, len(numbers))
        for k, step in enumerate(walk.steps)
    ]
    if len(signatures) - len(numbers) < REPEATS - 1:
        return unfolded(walk)
    runs = _runs(walk, signatures)
    branches = _branches(walk, signatures, runs)
    members = Counter([branches[run] for run in branches])
    return _grouped(
        walk, [branches[r] if members[branches[r]] >= REPEATS else r for r in runs]
    )


def _runs(walk: Walk, signatures: list[int]) -> list[int]:
    """Steps in a row of the same operation get the number of the row's first step."""
    feeders = Counter(walk.links.targets)
    run = list(range(len(signatures)))
    length = [1] * len(run)
    latest = NOWHERE
    for source, target in zip(walk.links.sources, walk.links.targets, strict=True):
        if (
            signatures[source] == signatures[target]
            and source != latest
            and feeders[target] == 1
            and walk.steps[source].label == walk.steps[source].operation != ""
        ):
            latest = source  # a row goes on to one step only
            run[target] = run[source]
            length[run[source]] += 1
    return [first if length[first] >= REPEATS else k for k, first in enumerate(run)]


def _branches(walk: Walk, signatures: list[int], runs: list[int]) -> dict[int, int]:
    """Runs that are alike in themselves, above and below share the first's number."""
    down: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    up: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    lengths = Counter(runs)
    sources, targets, _, operands = walk.links
    for source, target, operand in zip(sources, targets, operands, strict=True):
        run, other = runs[source], runs[target]
        if run != other:
            collects = walk.steps[run].operation in COLLECT
            place = NOWHERE if collects or lengths[run] > 1 else operand
            down[run].add((place, other))
            up[other].add((place, run))
    order = _in_order({run: {t for _, t in around} for run, around in down.items()})
    numbers: dict[object, int] = {}
    below: dict[int, int] = {}
    for run in reversed(order):
        seen = frozenset([(place, below[other]) for place, other in down[run]])
        below[run] = numbers.setdefault((signatures[run], seen), len(numbers))
    above: dict[int, int] = {}
    for run in order:
        seen = frozenset([(place, above[other]) for place, other in up[run]])
        above[run] = numbers.setdefault((signatures[run], seen), len(numbers))
    first: dict[tuple[int, int], int] = {}
    return {run: first.setdefault((below[run], above[run]), run) for run in order}


def _grouped(walk: Walk, groups: list[int]) -> Fold:
    """One node a group, one edge for all links from one group to another alike."""
    counts = Counter(groups)
    unlike = [len(step.shapes) > 1 and len({*step.shapes}) > 1 for step in walk.steps]
    links: dict[tuple[int, int, int], list[int]] = {}
    keys: list[tuple[int, int, int] | None] = []
    every = zip(*walk.links, strict=True)
    for link, (source, target, output, operand) in enumerate(every):
        group, other = groups[source], groups[target]
        if group == other:
            keys.append(None)
            continue
        key = (group, other, operand)
        if counts[group] > 1 or counts[other] > 1:
            # Operands are alike here, and outputs if they have one shape.
            place = NOWHERE - 1 - output if unlike[target] else NOWHERE
            key = (group, other, place)
        keys.append(key)
        links.setdefault(key, []).append(link)

    onward: dict[int, list[int]] = {group: [] for group in counts}
    for group, other, _ in links:
        onward[group].append(other)
    order = _in_order(onward)
    nodes = {group: number for number, group in enumerate(order)}
    edges = sorted(links, key=lambda key: nodes[key[0]])  # of one node, as they came
    numbers = {key: number for number, key in enumerate(edges)}
    several = [{walk.links.outputs[link] for link in links[key]} for key in edges]
    return Fold(
        steps=order,
        step_counts=[counts[group] for group in order],
        places=[nodes[group] for group in groups],
        links=[links[key][0] for key in edges],
        link_counts=[len(links[key]) for key in edges],
        outputs=[out.pop() if len(out) == 1 else None for out in several],
        edges=[NOWHERE if key is None else numbers[key] for key in keys],
    )


def _in_order(onward: Mapping[int, Collection[int]]) -> list[int]:
    """The numbers, each after all that lead to it, the smallest that is ready first."""
    if all(number < min(around) for number, around in onward.items() if around):
        return sorted(onward)
    waiting = Counter([target for around in onward.values() for target in around])
    ready = [number for number in onward if not waiting[number]]
    heapify(ready)
    order = []
    while ready:
        number = heappop(ready)
        order.append(number)
        for target in onward[number]:
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, target)
    return order
