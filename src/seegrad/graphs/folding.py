"""What repeats becomes one: runs of one operation, and branches that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

from seegrad.graphs.walk import Link, Walk, in_order

REPEATS = 3  # from so many on, equal steps become one
# Their operands are all alike, so it doesn't matter which one a branch is.
COLLECT = ("CatBackward0", "StackBackward0")
NOWHERE = -1


class Fold(NamedTuple):
    """What is drawn of a walk, and where its steps and links went."""

    groups: list[list[int]]  # the steps of each node that is drawn
    places: list[int]  # of each step, the node
    edges: list[list[Link]]  # the links of each edge that is drawn
    ways: list[int]  # of each link, the edge; NOWHERE inside of a node


def unfolded(walk: Walk) -> Fold:
    """Each step and each link for itself."""
    return _grouped(walk, list(range(len(walk.steps))))


def folded(walk: Walk) -> Fold:
    """Steps that repeat become one node: first those in a row, then equal branches."""
    numbers: dict[object, int] = {}
    looks = [
        numbers.setdefault((k if step.kind == "result" else step), len(numbers))
        for k, step in enumerate(walk.steps)
    ]
    runs = _runs(walk, looks)
    branches = _branches(walk, looks, runs)
    members = Counter(branches[run] for run in set(runs))
    groups = [branches[r] if members[branches[r]] >= REPEATS else r for r in runs]
    return _grouped(walk, groups)


def _runs(walk: Walk, looks: list[int]) -> list[int]:
    """Steps in a row of the same operation get the number of the row's first step."""
    feeders = Counter([link.target for link in walk.links])
    run = list(range(len(looks)))
    length = [1] * len(run)
    latest = NOWHERE
    for source, target, _, _ in walk.links:
        step = walk.steps[source]
        if (
            looks[source] == looks[target]
            and source != latest
            and feeders[target] == 1
            and step.label == step.operation != ""
        ):
            latest = source  # a row goes on to one step only
            run[target] = run[source]
            length[run[source]] += 1
    return [first if length[first] >= REPEATS else k for k, first in enumerate(run)]


def _branches(walk: Walk, looks: list[int], runs: list[int]) -> dict[int, int]:
    """Runs that are alike in themselves, above and below share the first's number."""
    down: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    up: dict[int, set[tuple[int, int]]] = {run: set() for run in runs}
    lengths = Counter(runs)
    for source, target, _, operand in walk.links:
        run, other = runs[source], runs[target]
        if run != other:
            collects = walk.steps[run].operation in COLLECT
            place = NOWHERE if collects or lengths[run] > 1 else operand
            down[run].add((place, other))
            up[other].add((place, run))
    order = _groups_in_order({run: {t for _, t in down[run]} for run in down})
    numbers: dict[object, int] = {}
    below: dict[int, int] = {}
    for run in reversed(order):
        seen = frozenset([(place, below[other]) for place, other in down[run]])
        below[run] = numbers.setdefault((looks[run], seen), len(numbers))
    above: dict[int, int] = {}
    for run in order:
        seen = frozenset([(place, above[other]) for place, other in up[run]])
        above[run] = numbers.setdefault((looks[run], seen), len(numbers))
    first: dict[tuple[int, int], int] = {}
    return {run: first.setdefault((below[run], above[run]), run) for run in order}


def _grouped(walk: Walk, groups: list[int]) -> Fold:
    """One node a group, one edge for all links from one group to another alike."""
    members: dict[int, list[int]] = {}
    for step, group in enumerate(groups):
        members.setdefault(group, []).append(step)
    links: dict[tuple[int, int, int], list[Link]] = {}
    keys = []
    for link in walk.links:
        group, other = groups[link.source], groups[link.target]
        key = (group, other, link.operand)
        if len(members[group]) > 1 or len(members[other]) > 1:
            # Operands are alike here, and outputs if they have one shape.
            unlike = len(set(walk.steps[link.target].shapes)) > 1
            key = (group, other, NOWHERE - 1 - link.output if unlike else NOWHERE)
        keys.append(key if group != other else None)
        if group != other:
            links.setdefault(key, []).append(link)

    onward: dict[int, list[int]] = {group: [] for group in members}
    for group, other, _ in links:
        onward[group].append(other)
    order = _groups_in_order(onward)
    ids = {group: number for number, group in enumerate(order)}
    edges = sorted(links, key=lambda key: ids[key[0]])  # of one node, as they came
    ways = {key: number for number, key in enumerate(edges)}
    return Fold(
        groups=[members[group] for group in order],
        places=[ids[group] for group in groups],
        edges=[links[key] for key in edges],
        ways=[NOWHERE if key is None else ways[key] for key in keys],
    )


def _groups_in_order(onward: Mapping[int, Collection[int]]) -> list[int]:
    """The groups, each after all that lead to it; of those ready the smallest first."""
    groups = list(onward)
    numbers = {group: number for number, group in enumerate(groups)}
    targets = [[numbers[other] for other in onward[group]] for group in groups]
    return [groups[number] for number in in_order(targets, groups)]
