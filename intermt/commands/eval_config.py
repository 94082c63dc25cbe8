"""What `eval` is to measure and how, and whether that can be meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from intermt.commands.eval_comparison import PUBLISHED
from intermt.commands.fail_under import BIAS, STATISTICS, Threshold
from intermt.commands.judge_evidence import PUBLISHED_STATISTICS, Compat
from intermt.commands.known_datasets import require_dataset
from intermt.dimensions import LEVELS, Level
from intermt.domain.figures import Resampling
from intermt.domain.published import published_figures
from intermt.errors import MissingInputError, UsageError
from intermt.records import JudgeTask
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


def wanted_statistics(config: EvalConfig, thresholds: Sequence[Threshold]) -> set[str]:
    """The statistics to compute: those asked for, and those that conditions are about.

    Raises:
        UsageError: A statistic or a condition is about nothing that is evaluated, or options
            exclude each other.
    """
    if config.tasks == ("crucial-step",) and "global" not in config.levels:
        raise UsageError(
            "crucial steps are recognised in whole conversations, not in single turns",
            todo="leave out --level, or use --level global",
        )
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


def chosen_judges(db: Any, store: Store, config: EvalConfig) -> list[JudgeSummary]:
    """The judges to evaluate.

    Raises:
        MissingInputError: A judge or the dataset is not there.
    """
    require_dataset(config.dataset, datasets(db), store)
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
