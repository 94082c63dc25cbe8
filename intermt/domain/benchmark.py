"""InterMT-Bench: from matched rows to the tables of its three tasks.

Rows come matched: what was asked of one judge on one item and dimension, beside what people
said. A reply that stated no verdict leaves the figure and lowers its coverage. Figures that
compare with people leave out rows without a human label. `figures` says what a figure
carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from intermt.dimensions import Level
from intermt.domain.figures import Case, Figure, Resampling, Table, figure_of, tables_of
from intermt.domain.pairing import majority
from intermt.records import Choice

GRADES = (1, 2, 3, 4, 5)
"""The grades of crucial-step recognition; 5 is best."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One item of scoring evaluation on one dimension.

    Attributes:
        dimension: A dimension key.
        cluster: The conversation or seed question it belongs to.
        replies: The judge's score in each reply asked for; None where it states none.
        human: The scores people gave.
    """

    dimension: str
    cluster: str
    replies: tuple[int | None, ...]
    human: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PairReply:
    """One reply of a judge that was asked which of two is better.

    Attributes:
        order: The side shown first, `a` or `b`; "" where it is not known.
        sample: 0-based number of the repetition.
        choice: What it chose, undone from the order shown; None where it states nothing.
    """

    order: Literal["a", "b", ""]
    sample: int
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class PairRow:
    """One item of pair comparison on one dimension.

    Attributes:
        dimension: A dimension key or `overall`.
        cluster: The conversation or seed question it belongs to.
        replies: Every reply asked for, over orders and repetitions.
        human: The choices people made.
    """

    dimension: str
    cluster: str
    replies: tuple[PairReply, ...]
    human: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One item of crucial-step recognition.

    Attributes:
        cluster: The conversation or seed question it belongs to.
        grades: The grade in each reply asked for, 1 to 5; None where it states none.
    """

    cluster: str
    grades: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class CrucialStepResult:
    """Crucial-step recognition of one judge.

    Attributes:
        mean: Mean grade over items.
        distribution: Replies that gave each grade from 1 to 5.
    """

    mean: Figure
    distribution: Mapping[int, int]


# --- the three tasks ---------------------------------------------------------------------


def score_tables(
    rows: Iterable[ScoreRow], level: Level, resampling: Resampling | None = None
) -> dict[str, Table]:
    """Tables `pearson` and `exact_agreement` of scoring evaluation.

    pearson: over items, the mean of the judge's parsed scores against the mean of people's.
    exact_agreement: mean over items of the share of (reply, person) combinations with equal
    scores: how often a reply equals a person's score. With one reply and one person an item
    it is plain equality; nothing is rounded.
    """
    cases: dict[str, dict[str, list[Case]]] = {"pearson": {}, "exact_agreement": {}}
    for row in rows:
        if not row.human:
            continue
        stated = [score for score in row.replies if score is not None]
        counts = (row.cluster, len(row.replies), len(stated))
        equal = [score == human for score in stated for human in row.human]
        pair = Case(*counts, _mean(stated), _mean(row.human))
        cases["pearson"].setdefault(row.dimension, []).append(pair)
        cases["exact_agreement"].setdefault(row.dimension, []).append(Case(*counts, _mean(equal)))
    return tables_of("score", level, cases, resampling or Resampling())


def pair_tables(
    rows: Iterable[PairRow], level: Level, resampling: Resampling | None = None
) -> dict[str, Table]:
    """Tables `accuracy`, `consistency`, `first_slot` and `tie_rate` of pair comparison.

    Each is a mean over items, an item counting with the mean over its own replies.

    accuracy: people's winner is the candidate more of them chose; items where equally many
    chose either, ties apart, are left out. A parsed reply counts 1 (the winner), 0 (the
    other) or 0.5 (tie), both orders alike: a judge that always takes the first position and
    is asked in both orders gets 0.5, that is chance.
    consistency: of the repetitions parsed in both orders, the share with the same verdict
    (twice tie is the same); only items that were asked in both orders.
    first_slot: of the replies that chose a candidate, the share that chose the one shown
    first; 0.5 is no preference for a position. Only replies of which it is known.
    tie_rate: of the parsed replies, the share that say tie.
    The last three do not depend on people and use all rows, labelled or not.
    """
    cases: dict[str, dict[str, list[Case]]] = {name: {} for name in _PAIR_CASES}
    for row in rows:
        for name, make in _PAIR_CASES.items():
            case = make(row)
            if case is not None:
                cases[name].setdefault(row.dimension, []).append(case)
    return tables_of("pair", level, cases, resampling or Resampling())


def crucial_step_result(
    rows: Iterable[GradeRow], resampling: Resampling | None = None
) -> CrucialStepResult:
    """The mean grade over items and how often each grade was given.

    An item with several replies counts with the mean of those that state a grade.
    """
    distribution = dict.fromkeys(GRADES, 0)
    cases = []
    for row in rows:
        stated = [grade for grade in row.grades if grade is not None]
        for grade in stated:
            distribution[grade] += 1
        cases.append(Case(row.cluster, len(row.grades), len(stated), _mean(stated)))
    return CrucialStepResult(figure_of("mean", cases, resampling or Resampling()), distribution)


# --- what one pair item contributes ------------------------------------------------------


def _accuracy_case(row: PairRow) -> Case | None:
    winner = majority(row.human.count("a"), row.human.count("b"))
    if winner is None:
        return None
    stated = [reply.choice for reply in row.replies if reply.choice is not None]
    credit = [0.5 if choice == "tie" else float(choice == winner) for choice in stated]
    return Case(row.cluster, len(row.replies), len(stated), _mean(credit))


def _consistency_case(row: PairRow) -> Case | None:
    by_order: dict[str, dict[int, Choice | None]] = {"a": {}, "b": {}, "": {}}
    for reply in row.replies:
        by_order[reply.order][reply.sample] = reply.choice
    both = by_order["a"].keys() & by_order["b"].keys()
    if not both:
        return None
    verdicts = [(by_order["a"][sample], by_order["b"][sample]) for sample in sorted(both)]
    same = [first == second for first, second in verdicts if None not in (first, second)]
    n_parsed = sum(choice is not None for verdict in verdicts for choice in verdict)
    return Case(row.cluster, 2 * len(verdicts), n_parsed, _mean(same))


def _first_slot_case(row: PairRow) -> Case | None:
    known = [reply for reply in row.replies if reply.order]
    if not known:
        return None
    first = [reply.choice == reply.order for reply in known if reply.choice in ("a", "b")]
    n_stated = sum(reply.choice is not None for reply in known)
    return Case(row.cluster, len(known), n_stated, _mean(first))


def _tie_case(row: PairRow) -> Case:
    ties = [reply.choice == "tie" for reply in row.replies if reply.choice is not None]
    return Case(row.cluster, len(row.replies), _n_stated(row), _mean(ties))


def _n_stated(row: PairRow) -> int:
    return sum(reply.choice is not None for reply in row.replies)


_PAIR_CASES: dict[str, Callable[[PairRow], Case | None]] = {
    "accuracy": _accuracy_case,
    "consistency": _consistency_case,
    "first_slot": _first_slot_case,
    "tie_rate": _tie_case,
}


def _mean(values: Sequence[float]) -> float:
    """The mean; NaN of nothing."""
    return sum(values) / len(values) if values else float("nan")
