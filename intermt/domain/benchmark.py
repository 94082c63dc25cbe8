"""InterMT-Bench: from matched rows to what the figures of its three tasks rest on.

Rows come matched: what was asked of one judge on one item and dimension, beside what people
said. A reply that stated no verdict leaves the figure and lowers its coverage. Figures that
compare with people leave out rows without a human label. `figures` says what a figure carries,
`pair_outcomes` has the pairs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from intermt.dimensions import OVERALL
from intermt.domain.figures import Case, Evidence
from intermt.domain.measures import Mean, Measure, Pearson, QuadraticKappa
from intermt.domain.rank_measures import KendallTauB, Spearman

GRADES = (1, 2, 3, 4, 5)
"""The grades of crucial-step recognition; 5 is best."""

SCORE_MEASURES: dict[str, Measure] = {
    "pearson": Pearson(),
    "exact_agreement": Mean(is_share=True),
    "spearman": Spearman(),
    "kendall_tau_b": KendallTauB(),
    "weighted_kappa": QuadraticKappa(),
    "mean_absolute_error": Mean(),
    "coverage": Mean(is_share=True),
}
"""The statistics of scores, those that were published first."""

CRUCIAL_STEP_STATISTICS = ("mean_grade", *(f"grade_{grade}" for grade in GRADES), "coverage")
"""The statistics of crucial steps, the published one first."""

_CORRELATIONS = ("pearson", "spearman", "kendall_tau_b")
NONE = math.nan


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One item of scoring evaluation on one dimension.

    Attributes:
        dimension: A dimension key or `overall`.
        cluster: The conversation or seed question it belongs to.
        replies: The judge's score in each reply asked for; None where it states none.
        human: The scores people gave; for `overall`, each person's mean over dimensions.
        item: The item, by a name that is equal for all judges.
        estimates: Beside each reply a real-valued score, on any scale; None where there is
            none. Empty for none at all.
    """

    dimension: str
    cluster: str
    replies: tuple[int | None, ...]
    human: tuple[float, ...]
    item: str = ""
    estimates: tuple[float | None, ...] = ()

    @property
    def numbers(self) -> list[float]:
        """What correlates: of each reply the estimate if there is one, else the score."""
        return stated_numbers(self.replies, self.estimates)


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One item of crucial-step recognition.

    Attributes:
        cluster: The conversation or seed question it belongs to.
        grades: The grade in each reply asked for, 1 to 5; None where it states none.
        item: The item, by a name that is equal for all judges.
        estimates: Beside each reply a real-valued grade; None where there is none. Empty for
            none at all.
    """

    cluster: str
    grades: tuple[int | None, ...]
    item: str = ""
    estimates: tuple[float | None, ...] = ()


def stated_numbers(values: Sequence[int | None], estimates: Sequence[float | None]) -> list[float]:
    """Of each reply the estimate if there is one, else the value; none of those with neither."""
    both = zip(values, estimates or (None,) * len(values), strict=True)
    numbers = (estimate if estimate is not None else value for value, estimate in both)
    return [float(number) for number in numbers if number is not None]


def mean_of(values: Sequence[float], n: int | None = None) -> float:
    """The sum over n, or over how many there are; NaN of nothing."""
    n = len(values) if n is None else n
    return sum(values) / n if n else NONE


# --- scores ------------------------------------------------------------------------------


def score_evidence(rows: Iterable[ScoreRow]) -> dict[str, Evidence]:
    """What the statistics of scoring evaluation rest on.

    pearson, spearman, kendall_tau_b: over items, the mean of the judge's stated numbers
    against the mean of people's scores.
    exact_agreement: mean over items of the share of (reply, person) combinations with equal
    scores: how often a reply equals a person's score. With one reply and one person an item
    it is plain equality; nothing is rounded.
    weighted_kappa: Cohen's, quadratic weights on the scale from 0 to 3, over the same
    combinations, items weighing alike. Scores of -1 say that there was nothing to score; they
    are left out.
    mean_absolute_error: mean over items of the mean |score - person's score|.
    All but weighted_kappa take -1 for a number, as the published figures do; notes count the
    items either way.
    coverage: mean over all items, labelled or not, of the share of replies that state a
    verdict.
    The three that compare single scores need scores on the scale: not estimates, and not on
    `overall`, which nobody scores.
    """
    cases: dict[str, dict[str, list[Case]]] = {name: {} for name in SCORE_MEASURES}
    with_minus_one: Counter[str] = Counter()
    for row in rows:
        for name, case in _score_cases(row, with_minus_one):
            cases[name].setdefault(row.dimension, []).append(case)
    return {
        name: Evidence(measure, cases[name], _remarks(name, with_minus_one))
        for name, measure in SCORE_MEASURES.items()
    }


def _remarks(name: str, n_items: Mapping[str, int]) -> dict[str, str]:
    """What became of -1 under a statistic, by dimension with such items."""
    if name == "coverage":
        return {}
    said = "left out" if name == "weighted_kappa" else "counts as a number"
    return {key: f"-1 {said} on {_items(n)}" for key, n in n_items.items() if n}


def _score_cases(row: ScoreRow, with_minus_one: Counter[str]) -> Iterable[tuple[str, Case]]:
    numbers = row.numbers
    asked, share = len(row.replies), mean_of([1.0] * len(numbers), len(row.replies))
    yield "coverage", Case(row.cluster, asked, len(numbers), (share,), row.item)
    if not row.human:
        return
    pair = Case(row.cluster, asked, len(numbers), (mean_of(numbers), mean_of(row.human)), row.item)
    for name in _CORRELATIONS:
        yield name, pair
    if row.dimension == OVERALL:
        return
    stated = [score for score in row.replies if score is not None]
    counts = (row.cluster, asked, len(stated))
    equal = [float(score == human) for score in stated for human in row.human]
    yield "exact_agreement", Case(*counts, (mean_of(equal),), row.item)
    apart = [abs(score - human) for score in stated for human in row.human]
    yield "mean_absolute_error", Case(*counts, (mean_of(apart),), row.item)
    judge, people = ([s for s in side if s >= 0] for side in (stated, row.human))
    with_minus_one[row.dimension] += len(judge) + len(people) < len(stated) + len(row.human)
    moments = (mean_of(judge), mean_of(people), _mean_square(judge), _mean_square(people))
    yield "weighted_kappa", Case(*counts, moments, row.item)


# --- crucial steps -----------------------------------------------------------------------


def crucial_step_evidence(rows: Iterable[GradeRow], dimension: str) -> dict[str, Evidence]:
    """What the statistics of crucial-step recognition rest on, all under one dimension.

    mean_grade: mean over items of the mean of the estimates where there are any, else of the
    stated grades.
    grade_1 to grade_5: mean over items of the share of stated grades that are this one.
    coverage: mean over items of the share of replies that state a grade.
    """
    cases: dict[str, list[Case]] = {name: [] for name in CRUCIAL_STEP_STATISTICS}
    for row in rows:
        stated = [grade for grade in row.grades if grade is not None]
        numbers = stated_numbers(row.grades, row.estimates)
        counts = (row.cluster, len(row.grades), len(numbers))
        values = {"mean_grade": mean_of(numbers)}
        values["coverage"] = mean_of([1.0] * len(numbers), len(row.grades))
        for grade in GRADES:
            values[f"grade_{grade}"] = mean_of([float(given == grade) for given in stated])
        for name, value in values.items():
            cases[name].append(Case(*counts, (value,), row.item))
    return {
        name: Evidence(Mean(is_share=name != "mean_grade"), {dimension: found})
        for name, found in cases.items()
    }


# --- inside ------------------------------------------------------------------------------


def _mean_square(values: Sequence[float]) -> float:
    return mean_of([value * value for value in values])


def _items(n: int) -> str:
    return f"{n:,} item" if n == 1 else f"{n:,} items"
