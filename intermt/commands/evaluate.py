"""Verdicts beside what people said: the tables of InterMT-Bench for a store's own judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from intermt.commands.eval_comparison import (
    PUBLISHED,
    Comparison,
    comparisons,
    published_beside,
    why_not_comparable,
)
from intermt.commands.fail_under import BIAS, STATISTICS, Check, Threshold, checks
from intermt.commands.judge_evidence import (
    PUBLISHED_STATISTICS,
    Compat,
    EvidenceReader,
    Found,
    Later,
    Scope,
)
from intermt.commands.measured import Measured, of_figure, of_table
from intermt.dimensions import LEVELS, Level
from intermt.domain.benchmark import GRADES
from intermt.domain.figures import Resampling, figure_of, tables_of
from intermt.domain.pair_outcomes import Outcome
from intermt.domain.published import PublishedFigure, published_figures
from intermt.errors import MissingInputError, UsageError
from intermt.records import JudgeTask, Progress
from intermt.store import verdicts as stored
from intermt.store.connect import Store
from intermt.store.scope import datasets
from intermt.store.verdicts import JudgeSummary

TASKS: tuple[JudgeTask, ...] = ("score", "pair", "crucial-step")


@dataclass(frozen=True, slots=True)
class EvalConfig:
    """What to evaluate and how.

    Attributes:
        tasks: Tasks to evaluate.
        levels: Levels to evaluate; crucial-step is global.
        judges: Names of the judges; empty for every judge with verdicts.
        dataset: Only items of this collection, chosen as `judge` chooses them.
        resampling: How intervals are made.
        fail_under: Conditions as in `pair.local.overall.accuracy=0.55`.
        statistics: Only these; empty for all but bias.
        compare: Judges to compare the others with; `published` for the paper's figures.
        compat: `paper` counts as the paper does, see `judge_evidence`.
        bias: Whether to measure bias too.
    """

    tasks: tuple[JudgeTask, ...] = TASKS
    levels: tuple[Level, ...] = LEVELS
    judges: tuple[str, ...] = ()
    dataset: str | None = None
    resampling: Resampling = field(default_factory=Resampling)
    fail_under: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    compat: Compat = "default"
    bias: bool = False


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
    if config.tasks == ("crucial-step",) and "global" not in config.levels:
        raise UsageError(
            "crucial steps are recognised in whole conversations, not in single turns",
            todo="leave out --level, or use --level global",
        )
    wanted = _wanted(config, thresholds)
    with store.reading() as db:
        judges = _chosen(db, store, config)
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


# --- what is asked for -------------------------------------------------------------------


def _wanted(config: EvalConfig, thresholds: Sequence[Threshold]) -> set[str]:
    """The statistics to compute: those asked for, and those that conditions are about."""
    tasks = [t for t in config.tasks if t != "crucial-step" or "global" in config.levels]
    _check_statistics(config, tasks)
    _check_conditions(config, thresholds, tasks)
    bias = [name for name in BIAS if any(name in STATISTICS[task] for task in tasks)]
    if config.bias and not bias:
        raise UsageError(
            "--bias is measured in scores and pairs, not in crucial steps",
            todo="leave out --bias, or take --task score, pair or all",
        )
    if config.compat == "paper":
        _check_paper(config, thresholds)
    known = {name for names in STATISTICS.values() for name in names}
    wanted = set(config.statistics) or known - set(BIAS)
    if config.bias:
        wanted |= set(bias)
    wanted |= {threshold.statistic for threshold in thresholds}
    return wanted if config.compat == "default" else wanted & set(PUBLISHED_STATISTICS)


def _check_statistics(config: EvalConfig, tasks: Sequence[JudgeTask]) -> None:
    """Check that a task that is evaluated has each statistic that was named.

    Raises:
        UsageError: None has it, or the paper has figures of none of them.
    """
    for name in config.statistics:
        of = [task for task, names in STATISTICS.items() if name in names]
        if not of:
            raise UsageError(f"there is no statistic {name!r}", todo=_which(tuple(STATISTICS)))
        if not set(of) & set(tasks):
            level = f" at --level {config.levels[0]}" if len(config.levels) == 1 else ""
            raise UsageError(
                f"--statistic {name} belongs to {' and '.join(of)}, not to"
                f" {' or '.join(tasks)}{level}",
                todo=_which(tasks),
            )
    if PUBLISHED in config.compare and config.statistics:
        there = dict.fromkeys(f.statistic for f in published_figures() if f.task in tasks)
        if not there.keys() & set(config.statistics):
            raise UsageError(
                f"--compare {PUBLISHED}: the paper has no {' or '.join(config.statistics)}",
                todo=f"of {', '.join(tasks)} it has {', '.join(there)};"
                f" leave out --statistic or --compare {PUBLISHED}",
            )


def _which(tasks: Sequence[JudgeTask]) -> str:
    return "; ".join(f"{task} has {', '.join(STATISTICS[task])}" for task in tasks)


def _check_conditions(
    config: EvalConfig, thresholds: Sequence[Threshold], tasks: Sequence[JudgeTask]
) -> None:
    """Check that conditions are about what is evaluated.

    Raises:
        UsageError: One is about another task or level.
    """
    for condition in thresholds:
        if condition.task not in tasks:
            raise UsageError(
                f"--fail-under {condition.metric} is about {condition.task}, and"
                f" {', '.join(tasks)} is evaluated",
                todo="take another --task or --level, or leave them out",
            )
        if condition.level is not None and condition.level not in config.levels:
            raise UsageError(
                f"--fail-under {condition.metric} is about the {condition.level} level, and the"
                f" {config.levels[0]} one is evaluated",
                todo="take another --level, or leave it out",
            )


def _check_paper(config: EvalConfig, thresholds: Sequence[Threshold]) -> None:
    """Check that all that was named is counted as the paper counts.

    Raises:
        UsageError: Something is not.
    """
    counted = f"--compat paper counts {', '.join(PUBLISHED_STATISTICS)}"
    if config.bias:
        raise UsageError(
            "--compat paper does not measure bias",
            todo=f"leave out --bias or --compat paper; {counted}",
        )
    for name in (*config.statistics, *(t.statistic for t in thresholds)):
        if name not in PUBLISHED_STATISTICS:
            raise UsageError(
                f"--compat paper has no {name}", todo=f"{counted}; leave out --compat paper"
            )


def _chosen(db: Any, store: Store, config: EvalConfig) -> list[JudgeSummary]:
    """The judges to evaluate.

    Raises:
        MissingInputError: A judge or the dataset is not there.
    """
    if config.dataset is not None and config.dataset not in (there := datasets(db)):
        raise MissingInputError(
            f"there is no dataset {config.dataset!r}",
            where=str(store.folder),
            todo=f"the store has {', '.join(there) or 'none yet'}",
        )
    known = stored.judges(db)
    names = {judge.name for judge in known}
    others = [name for name in config.compare if name != PUBLISHED]
    for name in (*config.judges, *others):
        if name not in names:
            raise MissingInputError(
                f"there are no verdicts of a judge called {name!r}",
                todo=f"judges with verdicts: {', '.join(sorted(names)) or 'none'}",
            )
    if not config.judges:
        return known
    return [judge for judge in known if judge.name in (*config.judges, *others)]


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
