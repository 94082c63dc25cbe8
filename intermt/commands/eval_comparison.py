"""Judges beside each other, and beside the figures of the paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from intermt.commands.judge_evidence import Compat, Found
from intermt.commands.measured import Measured
from intermt.dimensions import Level
from intermt.domain.figures import Resampling
from intermt.domain.judge_comparison import Difference, differences, holm
from intermt.domain.published import PublishedFigure, published_figures, published_source
from intermt.errors import UsageError
from intermt.records import JudgeTask

PUBLISHED = "published"
"""In place of a judge's name: the paper's judges."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A judge's figure less another's on the items that both judged.

    Attributes:
        judge: Name of the judge.
        other: Name of the judge it is compared with.
        simulated: Whether a stand-in judged for either, or wrote what was judged.
        synthetic_labels: Whether labels that were used are invented ones.
        task: score, pair or crucial-step.
        level: local or global.
        statistic: What the figure is.
        dimension: A dimension key, `overall`, or `average` over the level's dimensions.
        value: The judge's figure on these items.
        other_value: The other's.
        difference: The first less the second; None where `undefined` says why.
        low: Lower end of the interval; None where there is none.
        high: Upper end.
        confidence: Nominal coverage of the interval.
        n: Items that both judged; of an average the sum over its dimensions.
        n_clusters: Seed trees they come from.
        p_value: Of a sign-flip test over seed trees, for means and shares; None for others.
        p_holm: The same adjusted for all p values of the run.
        p_mcnemar: Of McNemar's exact test over items, for accuracy on one dimension.
        n_better: For that test: items on which the judge did better.
        n_worse: Items on which it did worse.
        undefined: Why there is no difference or no interval; None if both are there.
    """

    judge: str
    other: str
    simulated: bool
    synthetic_labels: bool
    task: JudgeTask
    level: Level
    statistic: str
    dimension: str
    value: float | None
    other_value: float | None
    difference: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    n_clusters: int
    p_value: float | None
    p_holm: float | None
    p_mcnemar: float | None
    n_better: int | None
    n_worse: int | None
    undefined: str | None


def comparisons(
    found: Sequence[Found], others: Iterable[str], resampling: Resampling
) -> tuple[Comparison, ...]:
    """Every judge less each of the others, on every figure that both have.

    Raises:
        UsageError: There is no judge beside one of the others.
    """
    made = []
    for name in others:
        if name == PUBLISHED:
            continue
        if not any(one.about.judge != name for one in found):
            raise UsageError(
                f"--compare {name}: there is no other judge to compare it with",
                todo="name another judge with --judge, or let another one judge the same items",
            )
        against = [one for one in found if one.about.judge == name]
        made += [
            comparison
            for one in found
            if one.about.judge != name
            for other in against
            if (one.task, one.level) == (other.task, other.level)
            for comparison in _compared(one, other, resampling)
        ]
    tested = [i for i, comparison in enumerate(made) if comparison.p_value is not None]
    for i, p in zip(tested, holm([made[i].p_value or 0.0 for i in tested]), strict=True):
        made[i] = replace(made[i], p_holm=p)
    return tuple(made)


def _compared(one: Found, other: Found, resampling: Resampling) -> Iterable[Comparison]:
    for statistic in one.evidence:
        if statistic not in other.evidence:
            continue
        found = differences(
            one.evidence[statistic],
            other.evidence[statistic],
            one.level,
            resampling,
            with_mcnemar=statistic == "accuracy",
        )
        for dimension, difference in found.items():
            yield _comparison(one, other, statistic, dimension, difference, resampling.confidence)


def _comparison(
    one: Found,
    other: Found,
    statistic: str,
    dimension: str,
    found: Difference,
    confidence: float,
) -> Comparison:
    return Comparison(
        judge=one.about.judge,
        other=other.about.judge,
        simulated=one.about.simulated or other.about.simulated,
        synthetic_labels=one.about.synthetic_labels or other.about.synthetic_labels,
        task=one.task,
        level=one.level,
        statistic=statistic,
        dimension=dimension,
        value=found.one,
        other_value=found.other,
        difference=found.value,
        low=found.low,
        high=found.high,
        confidence=confidence,
        n=found.n,
        n_clusters=found.n_clusters,
        p_value=found.p_value,
        p_holm=None,
        p_mcnemar=found.mcnemar,
        n_better=found.n_better,
        n_worse=found.n_worse,
        undefined=found.undefined,
    )


# --- the paper ---------------------------------------------------------------------------


def published_beside(figures: Sequence[Measured]) -> tuple[PublishedFigure, ...]:
    """The paper's figures for the statistics and levels that there are figures of."""
    there = {(figure.task, figure.level, figure.statistic) for figure in figures}
    return tuple(f for f in published_figures() if (f.task, f.level, f.statistic) in there)


def why_not_comparable(found: Sequence[Found], compat: Compat) -> tuple[str, ...]:
    """What makes the paper's figures and those of this store no comparison of like with like."""
    tasks = {one.task for one in found}
    reasons = [
        f"published figures: {published_source()}",
        "other items: the paper's conversations, answers and pairs are not those of this store",
        "other people: the paper's annotators are not those whose labels were used here",
        "published without n, coverage or intervals; replies that could not be read were left"
        " out uncounted",
        "other prompts, and models that go by a published name may have changed since",
    ]
    if "pair" in tasks and compat == "default":
        reasons.append(
            "pairs: the paper asks in one random order and counts a judge's tie as an error, here"
            " all orders asked count and a tie is half a point; --compat paper counts as it does"
        )
    if "crucial-step" in tasks:
        reasons.append("crucial steps: the grade depends on the grading model, which is another")
    if any(one.about.simulated for one in found):
        reasons.append("SIMULATED judges are no models at all")
    if any(one.about.synthetic_labels for one in found):
        reasons.append("SYNTHETIC labels are nobody's judgement")
    return tuple(reasons)
