"""Pair comparison: verdicts over both orders, and what the figures of pairs rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from intermt.domain.benchmark import NONE, mean_of
from intermt.domain.figures import Case, Evidence
from intermt.domain.measures import MacroF1, Mean, Measure, NominalKappa
from intermt.domain.pairing import majority
from intermt.records import Choice, content_id

Outcome = Literal["a", "b", "tie", "inconsistent", "unparsed"]
OUTCOMES: tuple[Outcome, ...] = ("a", "b", "tie", "inconsistent", "unparsed")
CLASSES: tuple[Choice, ...] = ("a", "b", "tie")
Order = Literal["a", "b", ""]

PAIR_MEASURES: dict[str, Measure] = {
    "accuracy": Mean(is_share=True),
    "cohen_kappa": NominalKappa(len(CLASSES)),
    "macro_f1": MacroF1(len(CLASSES)),
    "consistency": Mean(is_share=True),
    "first_slot": Mean(is_share=True),
    "tie_rate": Mean(is_share=True),
    "coverage": Mean(is_share=True),
}
"""The statistics of pairs, the published one first."""


@dataclass(frozen=True, slots=True)
class PairReply:
    """One reply of a judge that was asked which of two is better.

    Attributes:
        order: The side shown first, `a` or `b`; "" where it is not known or there is none.
        sample: 0-based number of the repetition.
        choice: What it chose, undone from the order shown; None where it states nothing.
        estimate: By how much a is better than b, on any scale; None where it is not known.
    """

    order: Order
    sample: int
    choice: Choice | None
    estimate: float | None = None


@dataclass(frozen=True, slots=True)
class PairRow:
    """One item of pair comparison on one dimension.

    Attributes:
        dimension: A dimension key or `overall`.
        cluster: The conversation or seed question it belongs to.
        replies: Every reply asked for, over orders and repetitions.
        human: The choices people made.
        item: The item, by a name that is equal for all judges.
    """

    dimension: str
    cluster: str
    replies: tuple[PairReply, ...]
    human: tuple[Choice, ...]
    item: str = ""

    @property
    def winner(self) -> Literal["a", "b"] | None:
        """The candidate that more people chose; None where equally many chose either."""
        return majority(self.human.count("a"), self.human.count("b"))

    @property
    def verdicts(self) -> dict[Order, Choice | None]:
        """By order asked, what most of its repetitions say; None where none states anything.

        A tie says neither; where as many say a as b, the verdict is a tie.
        """
        by_order: dict[Order, list[Choice]] = {}
        for reply in self.replies:
            said = by_order.setdefault(reply.order, [])
            if reply.choice is not None:
                said.append(reply.choice)
        return {order: _most(said) if said else None for order, said in by_order.items()}

    @property
    def outcome(self) -> Outcome:
        """The verdict over all orders asked.

        `unparsed` where the replies of an order state nothing, else `inconsistent` where two
        orders differ.
        """
        verdicts = set(self.verdicts.values())
        if None in verdicts or not verdicts:
            return "unparsed"
        return "inconsistent" if len(verdicts) > 1 else next(v for v in verdicts if v)


def _most(said: Sequence[Choice]) -> Choice:
    n_a, n_b, n_tie = (said.count(choice) for choice in CLASSES)
    most = majority(n_a, n_b)
    return "tie" if most is None or n_tie > max(n_a, n_b) else most


def pair_evidence(rows: Iterable[PairRow], tie_credit: float = 0.5) -> dict[str, Evidence]:
    """What the statistics of pair comparison rest on.

    accuracy, over items with a winner among people: the mean over the orders asked of 1 (its
    verdict is the winner), 0 (the other) or `tie_credit`. A judge that always takes the first
    position and is asked in both orders gets 0.5, that is chance.
    cohen_kappa, macro_f1: the outcome against people's winner, or their tie, over a, b and
    tie; inconsistent counts as tie, unparsed is left out.
    consistency: mean over items of the share of the repetitions parsed in both orders with the
    same verdict (twice tie is the same); only items that were asked in both orders.
    first_slot: mean over items of the share of choices for the candidate shown first; 0.5 is
    no preference for a position. Only replies of which it is known.
    tie_rate: mean over items of the share of the parsed replies that say tie.
    coverage: mean over items of the share of replies that state a verdict.
    The last four do not depend on people and use all rows, labelled or not.
    """
    cases: dict[str, dict[str, list[Case]]] = {name: {} for name in PAIR_MEASURES}
    for row in rows:
        classes = _class_case(row)
        made = {
            "accuracy": _accuracy_case(row, tie_credit),
            "cohen_kappa": classes,
            "macro_f1": classes,
            "consistency": _consistency_case(row),
            "first_slot": _first_slot_case(row),
            "tie_rate": _tie_case(row),
            "coverage": _coverage_case(row),
        }
        for name, case in made.items():
            if case is not None:
                cases[name].setdefault(row.dimension, []).append(case)
    return {name: Evidence(PAIR_MEASURES[name], found) for name, found in cases.items()}


def outcomes(rows: Iterable[PairRow]) -> dict[str, dict[Outcome, int]]:
    """How many items have each outcome, by dimension."""
    counted: dict[str, Counter[Outcome]] = {}
    for row in rows:
        counted.setdefault(row.dimension, Counter())[row.outcome] += 1
    return {
        key: {outcome: counts[outcome] for outcome in OUTCOMES} for key, counts in counted.items()
    }


def in_one_order(row: PairRow, seed: int) -> PairRow:
    """The row with one reply alone: the first in an order that the seed draws for its item.

    Equal seeds draw the same order for all dimensions of an item and for all judges that were
    asked in the same orders.
    """
    orders = sorted({reply.order for reply in row.replies})
    if not orders:
        return row
    order = orders[int(content_id("order", seed, row.item), 16) % len(orders)]
    first = min((r for r in row.replies if r.order == order), key=lambda r: r.sample)
    return replace(row, replies=(first,))


# --- what one item contributes -----------------------------------------------------------


def _accuracy_case(row: PairRow, tie_credit: float) -> Case | None:
    winner = row.winner
    if winner is None:
        return None
    stated = [verdict for verdict in row.verdicts.values() if verdict is not None]
    credit = [tie_credit if v == "tie" else float(v == winner) for v in stated]
    return Case(row.cluster, len(row.replies), _n_stated(row), (mean_of(credit),), row.item)


def _class_case(row: PairRow) -> Case | None:
    if not row.human:
        return None
    outcome = row.outcome
    said: Choice = outcome if outcome in CLASSES else "tie"
    classes = (float(CLASSES.index(said)), float(CLASSES.index(row.winner or "tie")))
    values = (NONE, NONE) if outcome == "unparsed" else classes
    return Case(row.cluster, len(row.replies), _n_stated(row), values, row.item)


def _consistency_case(row: PairRow) -> Case | None:
    by_order: dict[Order, dict[int, Choice | None]] = {"a": {}, "b": {}, "": {}}
    for reply in row.replies:
        by_order[reply.order][reply.sample] = reply.choice
    both = by_order["a"].keys() & by_order["b"].keys()
    if not both:
        return None
    verdicts = [(by_order["a"][sample], by_order["b"][sample]) for sample in sorted(both)]
    same = [float(first == second) for first, second in verdicts if None not in (first, second)]
    n_parsed = sum(choice is not None for verdict in verdicts for choice in verdict)
    return Case(row.cluster, 2 * len(verdicts), n_parsed, (mean_of(same),), row.item)


def _first_slot_case(row: PairRow) -> Case | None:
    known = [reply for reply in row.replies if reply.order]
    if not known:
        return None
    first = [float(reply.choice == reply.order) for reply in known if reply.choice in ("a", "b")]
    n_stated = sum(reply.choice is not None for reply in known)
    return Case(row.cluster, len(known), n_stated, (mean_of(first),), row.item)


def _tie_case(row: PairRow) -> Case:
    ties = [float(reply.choice == "tie") for reply in row.replies if reply.choice is not None]
    return Case(row.cluster, len(row.replies), len(ties), (mean_of(ties),), row.item)


def _coverage_case(row: PairRow) -> Case:
    share = mean_of([1.0] * _n_stated(row), len(row.replies))
    return Case(row.cluster, len(row.replies), _n_stated(row), (share,), row.item)


def _n_stated(row: PairRow) -> int:
    return sum(reply.choice is not None for reply in row.replies)
