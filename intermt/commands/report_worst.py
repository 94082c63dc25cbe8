"""Where judges and people are farthest from each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from intermt.commands.report_plots import PairItem, ScoredItem, marks_of, on_common_scale
from intermt.dimensions import BY_KEY, OVERALL, Level
from intermt.store.report import Item
from intermt.store.verdicts import Graded

N_CASES = 20
_BEST_GRADE = 5
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How far one judge is from people on one item.

    Attributes:
        item: What was judged.
        judge: Name of the judge.
        seed_id: Root of the tree.
        size: 0 (they agree) to 1.
        why: The same in words.
        marks: What has to be read with it.
    """

    item: Item
    judge: str
    seed_id: str
    size: float
    why: str
    marks: tuple[str, ...]


def of_scores(judge: str, items: Sequence[ScoredItem]) -> list[Disagreement]:
    """Answers or conversations by the mean distance of their scores over dimensions."""
    by_item: defaultdict[str, list[ScoredItem]] = defaultdict(list)
    # A judge with a scale of its own is not far from people for that.
    for item in items if on_common_scale(items) else ():
        if item.dimension in BY_KEY:
            by_item[item.item_id].append(item)
    found = []
    for key, scored in by_item.items():
        shares = []
        for item in scored:
            scale = BY_KEY[item.dimension].scores
            shares.append(abs(_mean(item.numbers) - _mean(item.human)) / (scale[-1] - scale[0]))
        worst = scored[shares.index(max(shares))]
        level = BY_KEY[worst.dimension].level
        why = (
            f"Off by {_mean(shares):.0%} of the scale on average; on"
            f" {called(worst.dimension)} {judge} says {_mean(worst.numbers):.2g}, people say"
            f" {_mean(worst.human):.2g}."
        )
        found.append(
            Disagreement(
                Item("score", level, key, None),
                judge,
                worst.seed_id,
                _mean(shares),
                why,
                marks_of(scored),
            )
        )
    return found


def of_pairs(judge: str, items: Iterable[PairItem], level: Level) -> list[Disagreement]:
    """Pairs by how sure people are of the winner that the judge does not choose."""
    by_pair: defaultdict[tuple[str, str], list[PairItem]] = defaultdict(list)
    for item in items:
        by_pair[item.a_id, item.b_id].append(item)
    found = []
    for (a, b), compared in by_pair.items():
        sizes = [item.margin * (1.0 - item.credit) for item in compared]
        worst = compared[sizes.index(max(sizes))]
        on = "Overall" if worst.dimension == OVERALL else f"On {called(worst.dimension)}"
        why = (
            f"{on} {worst.agreement:.0%} of people chose one side,"
            f" and {1 - worst.credit:.0%} of what {judge} said went to the other."
        )
        found.append(
            Disagreement(
                Item("pair", level, a, b),
                judge,
                worst.seed_id,
                _mean(sizes),
                why,
                marks_of(compared),
            )
        )
    return found


def of_grades(judge: str, items: Iterable[Graded]) -> list[Disagreement]:
    """Conversations by how bad the grade of the judge's description is."""
    found = []
    for item in items:
        stated = [grade for grade in item.grades if grade is not None]
        if not stated:
            continue
        mean = _mean(stated)
        found.append(
            Disagreement(
                Item("crucial-step", "global", item.item_id, None),
                judge,
                item.seed_id,
                (_BEST_GRADE - mean) / (_BEST_GRADE - 1),
                f"What {judge} took for the crucial steps got the grade {mean:.2g} of"
                f" {_BEST_GRADE} against what people described.",
                marks_of([item]),
            )
        )
    return found


def worst(found: Iterable[Disagreement], n: int = N_CASES) -> list[Disagreement]:
    """The `n` worst, tasks, levels and judges taking turns, each item once.

    Where they agree there is nothing to show, so there may be fewer.
    """
    groups: defaultdict[tuple[str, str, str], list[Disagreement]] = defaultdict(list)
    for one in found:
        if one.size > _EPSILON:
            groups[one.item.task, one.item.level, one.judge].append(one)
    for group in groups.values():
        group.sort(key=lambda one: (-one.size, one.item.a_id, one.item.b_id or ""))
    chosen: list[Disagreement] = []
    seen: set[Item] = set()
    # Each turn gives every task its worst, then the next judge's worst, and so on.
    turns: defaultdict[tuple[str, str], int] = defaultdict(int)
    order = []
    for key in groups:
        order.append((turns[key[:2]], key))
        turns[key[:2]] += 1
    queues = [groups[key] for _, key in sorted(order, key=lambda o: o[0])]
    while len(chosen) < n and any(queues):
        for queue in queues:
            while queue and queue[0].item in seen:
                queue.pop(0)
            if queue and len(chosen) < n:
                chosen.append(queue.pop(0))
                seen.add(chosen[-1].item)
    rank = list(dict.fromkeys((one.item.task, one.item.level) for one in chosen))
    return sorted(chosen, key=lambda one: (rank.index((one.item.task, one.item.level)), -one.size))


def called(dimension: str) -> str:
    """A dimension within a sentence."""
    if dimension in BY_KEY:
        return f"{BY_KEY[dimension].id} {BY_KEY[dimension].name.lower()}"
    return dimension


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
