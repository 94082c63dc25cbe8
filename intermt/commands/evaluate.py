"""Verdicts beside what people said: the tables of InterMT-Bench for a store's own judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from intermt.commands.eval_comparison import (
    PUBLISHED,
    Comparison,
    comparisons,
    published_beside,
    why_not_comparable,
)
from intermt.commands.eval_config import TASKS, EvalConfig, chosen_judges, wanted_statistics
from intermt.commands.fail_under import STATISTICS, Check, Threshold, checks
from intermt.commands.judge_evidence import Compat, EvidenceReader, Found, Later, Scope
from intermt.commands.measured import Measured, of_figure, of_table
from intermt.dimensions import LEVELS, Level
from intermt.domain.benchmark import GRADES
from intermt.domain.figures import Resampling, figure_of, tables_of
from intermt.domain.pair_outcomes import Outcome
from intermt.domain.published import PublishedFigure
from intermt.errors import MissingInputError
from intermt.records import Progress
from intermt.store.connect import Store
from intermt.store.verdicts import JudgeSummary


@dataclass(frozen=True, slots=True)
class Grades:
    """How often a judge's descriptions of crucial steps got each grade.

    Attributes:
        judge: Name of the judge.
        model: The model behind it, if known.
        simulated: Whether a stand-in judged, graded, or wrote what was judged.
        synthetic_labels: Whether references it was graded against are invented.
        distribution: Graded replies by grade, 1 to 5.
        n: Graded replies.
    """

    judge: str
    model: str | None
    simulated: bool
    synthetic_labels: bool
    distribution: Mapping[int, int]
    n: int


@dataclass(frozen=True, slots=True)
class PairOutcomes:
    """How many pairs have each outcome on one dimension.

    Attributes:
        judge: Name of the judge.
        simulated: Whether a stand-in judged, or wrote what was judged.
        level: local or global.
        dimension: A dimension key or `overall`.
        counts: Pairs by outcome: a, b, tie, inconsistent (the orders differ), unparsed (an
            order states nothing).
        n: Pairs that the judge was asked about.
    """

    judge: str
    simulated: bool
    level: Level
    dimension: str
    counts: Mapping[Outcome, int]
    n: int


@dataclass(frozen=True, slots=True)
class EvalResult:
    """Every figure that the store's verdicts and labels allow.

    Attributes:
        simulated: Whether any figure rests on what a stand-in answered.
        synthetic_labels: Whether any rests on invented labels.
        figures: By judge, task, level and statistic, dimensions in the order of their ids.
        grades: The grades of each judge with crucial-step verdicts.
        gaps: What could not be compared with people, and why.
        checks: What became of each condition.
        compat: How it was counted: `default` or `paper`.
        outcomes: Of each judge's pairs, by level and dimension.
        comparisons: Differences between judges.
        published: The paper's figures for the tasks and levels evaluated, where asked for.
        notes: What to know of comparisons.
    """

    simulated: bool
    synthetic_labels: bool
    figures: tuple[Measured, ...]
    grades: tuple[Grades, ...]
    gaps: tuple[str, ...]
    checks: tuple[Check, ...]
    compat: Compat = "default"
    outcomes: tuple[PairOutcomes, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    published: tuple[PublishedFigure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every condition holds."""
        return all(check.passed for check in self.checks)


def run(
    store: Store,
    config: EvalConfig,
    progress: Progress,
    beside: Callable[[Any, frozenset[str]], None] | None = None,
) -> EvalResult:
    """Evaluate judges against people.

    Everything is read in one go, so that all figures are of the same moment; what takes longer
    comes when the store is closed again.

    Args:
        store: Where verdicts and labels are.
        config: What to evaluate and how.
        progress: Where to report.
        beside: Called with the database while it is open, and the names of the judges of whom
            there is something, for what else must be of that moment.

    Raises:
        MissingInputError: A judge or the dataset is not there, or there is nothing to evaluate.
        UsageError: A condition or a statistic cannot be understood or is about no figure,
            options exclude each other, or there is no judge to compare with.
    """
    thresholds = [Threshold.parse(text) for text in config.fail_under]
    wanted = wanted_statistics(config, thresholds)
    with store.reading() as db:
        judges = chosen_judges(db, store, config)
        scope = Scope(config.dataset, config.compat, frozenset(wanted), config.resampling.seed)
        reader = EvidenceReader(db, scope)
        read = list(_read(reader, judges, config, wanted, progress))
        if beside is not None and read:
            beside(db, frozenset(name for name, _ in read))
    found = [one for _, later in read for one in _kept(later(), wanted)]
    if not found:
        raise _nothing(reader.gaps, config)
    figures = tuple(figure for one in found for figure in _figures(one, config.resampling))
    compared = comparisons(found, config.compare, config.resampling)
    published = published_beside(figures) if PUBLISHED in config.compare else ()
    return EvalResult(
        simulated=any(one.about.simulated for one in found),
        synthetic_labels=any(one.about.synthetic_labels for one in found),
        figures=figures,
        grades=tuple(_grades(one) for one in found if one.grades),
        gaps=tuple(reader.gaps),
        checks=checks(thresholds, figures, config.judges),
        compat=config.compat,
        outcomes=tuple(row for one in found for row in _outcomes(one)),
        comparisons=compared,
        published=published,
        notes=why_not_comparable(found, config.compat) if published else (),
    )


# --- what comes out ----------------------------------------------------------------------


def _read(
    reader: EvidenceReader,
    judges: Sequence[JudgeSummary],
    config: EvalConfig,
    wanted: set[str],
    progress: Progress,
) -> Iterator[tuple[str, Later]]:
    """What there is of each judge, task and level, with the judge's name."""
    steps = [
        (judge, task, level)
        for judge in judges
        for task in TASKS
        for level in LEVELS
        if (task, level) in judge.tasks and task in config.tasks and level in config.levels
        if wanted & set(STATISTICS[task])
    ]
    progress.start("evaluating", len(steps), "tables")
    for judge, task, level in steps:
        later = reader.read(judge, task, level)
        if later is not None:
            yield judge.name, later
        progress.advance()
    progress.stop()


def _kept(found: Sequence[Found], wanted: set[str]) -> Iterator[Found]:
    for one in found:
        kept = {name: evidence for name, evidence in one.evidence.items() if name in wanted}
        if kept:
            yield replace(one, evidence=kept)


def _figures(found: Found, resampling: Resampling) -> Iterator[Measured]:
    confidence = resampling.confidence
    if found.task != "crucial-step":
        tables = tables_of(found.task, found.level, found.evidence, resampling)
        for table in tables.values():
            yield from of_table(found.about, table, confidence)
        return
    for statistic, evidence in found.evidence.items():
        for key, cases in evidence.cases.items():
            figure = figure_of(evidence.measure, cases, resampling)
            yield of_figure(
                found.about, found.task, found.level, statistic, key, figure, confidence
            )


def _grades(found: Found) -> Grades:
    about = found.about
    return Grades(
        about.judge,
        about.model,
        about.simulated,
        about.synthetic_labels,
        {grade: found.grades.get(grade, 0) for grade in GRADES},
        sum(found.grades.values()),
    )


def _outcomes(found: Found) -> Iterator[PairOutcomes]:
    for key, counts in found.outcomes.items():
        about = found.about
        yield PairOutcomes(
            about.judge, about.simulated, found.level, key, counts, sum(counts.values())
        )


def _nothing(gaps: Sequence[str], config: EvalConfig) -> MissingInputError:
    if gaps:
        return MissingInputError(
            f"there is nothing to evaluate: {'; '.join(gaps)}",
            todo="judge what people have labelled, or import labels of what was judged",
        )
    about = [" or ".join(config.tasks), " or ".join(config.levels)]
    about += [f"by {' or '.join(config.judges)}"] if config.judges else []
    return MissingInputError(
        f"there is nothing to evaluate: no verdicts ({', '.join(about)})",
        todo="let a judge work first: intermt judge",
    )
