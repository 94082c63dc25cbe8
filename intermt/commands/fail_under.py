"""Conditions on figures: `TASK[.LEVEL][.DIMENSION].STATISTIC=X`.

Every figure that a condition is about must reach X. What is left out matches everything: all
levels, and all dimensions that have labelled items, the average and `overall` included. An
undefined figure does not reach anything, and neither does a judge without such a figure that
was asked for by name. An average that lacks a dimension of its level says too little to meet
anything: named, it fails; where no dimension is named, its dimensions count alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from intermt.commands.measured import AVERAGE, Measured
from intermt.dimensions import LEVELS, OVERALL, Level, dimensions_of, find_dimension
from intermt.domain.benchmark import CRUCIAL_STEP_STATISTICS, SCORE_MEASURES
from intermt.domain.judge_bias import PAIR_BIAS, SCORE_BIAS
from intermt.domain.pair_outcomes import PAIR_MEASURES
from intermt.domain.tie_calibration import TIE_CALIBRATED
from intermt.errors import UsageError
from intermt.records import JudgeTask

BIAS = (*SCORE_BIAS, *PAIR_BIAS)
"""Statistics that are computed where they are asked for."""

_MORE_IS_NOT_BETTER = ("mean_absolute_error", *BIAS)

STATISTICS: dict[JudgeTask, tuple[str, ...]] = {
    "score": (*SCORE_MEASURES, TIE_CALIBRATED, *SCORE_BIAS),
    "pair": (*PAIR_MEASURES, TIE_CALIBRATED, *PAIR_BIAS),
    "crucial-step": CRUCIAL_STEP_STATISTICS,
}
"""The statistics of each task, the published one first."""

_FORM = "TASK[.LEVEL][.DIMENSION].STATISTIC=X, as in pair.local.overall.accuracy=0.55"
# A mean of ten figures that are all 0.55 may differ from 0.55 in its last bit.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one condition.

    Attributes:
        metric: What it is about, as written.
        at_least: What every figure must reach.
        passed: Whether all do.
        n_figures: Figures it is about.
        failures: One line on each figure that does not reach it, and on each judge that was
            named and has none.
    """

    metric: str
    at_least: float
    passed: bool
    n_figures: int
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A condition as it was understood.

    Attributes:
        metric: As written.
        task: score, pair or crucial-step.
        level: local or global; None for both.
        dimension: A dimension key, `overall` or `average`; None for all.
        statistic: One of `STATISTICS`.
        at_least: What figures must reach.
    """

    metric: str
    task: JudgeTask
    level: Level | None
    dimension: str | None
    statistic: str
    at_least: float

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """The condition that a text states.

        Raises:
            UsageError: It states none.
        """
        metric, equals, number = text.partition("=")
        metric = metric.strip()
        task, *between, statistic = metric.split(".") if "." in metric else (metric, "")
        if not equals or task not in STATISTICS:
            raise UsageError(f"--fail-under {text!r} is no condition", todo=f"write {_FORM}")
        if statistic not in STATISTICS[task]:
            raise UsageError(
                f"--fail-under {text!r}: {task} has no statistic {statistic!r}",
                todo=f"{task} has {', '.join(STATISTICS[task])}; write {_FORM}",
            )
        if statistic in _MORE_IS_NOT_BETTER:
            raise UsageError(
                f"--fail-under {text!r}: a judge is not better for more {statistic}, and a"
                " condition is that a figure is at least X",
                todo="take a statistic of which more is better, or compare the figure in --json",
            )
        level: Level | None = None
        if between and between[0] in LEVELS:
            level = cast(Level, between.pop(0))
        dimension = _dimension(between, level, text) if between else None
        return cls(metric, task, level, dimension, statistic, _number(number, text))

    def about(self, figure: Measured) -> bool:
        """Whether the condition is about a figure."""
        return (
            figure.task == self.task
            and figure.statistic == self.statistic
            and self.level in (None, figure.level)
            and (
                figure.n_asked > 0 if self.dimension is None else self.dimension == figure.dimension
            )
        )


def _dimension(names: Sequence[str], level: Level | None, text: str) -> str:
    name = ".".join(names)
    if name in (OVERALL, AVERAGE):
        return name
    found = find_dimension(name)
    if found is None or level not in (None, found.level):
        of_level = f"{level} " if level else ""
        raise UsageError(
            f"--fail-under {text!r}: {name!r} is not a {of_level}dimension",
            todo=f"write {_FORM}; a dimension is a name, L1 to G5, {OVERALL} or {AVERAGE}",
        )
    return found.key


def _number(number: str, text: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(
            f"--fail-under {text!r}: {number.strip()!r} is not a number", todo=f"write {_FORM}"
        )
    return value


def checks(
    thresholds: Sequence[Threshold], figures: Sequence[Measured], named: Sequence[str]
) -> tuple[Check, ...]:
    """What becomes of each condition; `named` are the judges asked for by name.

    Raises:
        UsageError: A condition is about none of the figures.
    """
    return tuple(_check(threshold, figures, named) for threshold in thresholds)


def _check(threshold: Threshold, figures: Sequence[Measured], named: Sequence[str]) -> Check:
    matching = [
        figure
        for figure in figures
        if threshold.about(figure)
        and not (threshold.dimension is None and _lacking(figure, figures))
    ]
    if not matching:
        own = [figure for figure in figures if figure.n_asked and figure.task == threshold.task]
        there = sorted({name_of(figure) for figure in own or figures if figure.n_asked})
        raise UsageError(
            f"--fail-under {threshold.metric}: there is no such figure",
            todo=f"there are: {', '.join(there) or 'none'}",
        )
    failures = [
        line
        for figure in matching
        if (line := _failure(figure, threshold.at_least, _lacking(figure, figures))) is not None
    ]
    having = {figure.judge for figure in matching}
    failures += [f"{judge}: has no such figure" for judge in named if judge not in having]
    return Check(threshold.metric, threshold.at_least, not failures, len(matching), tuple(failures))


def _lacking(figure: Measured, figures: Sequence[Measured]) -> tuple[str, ...]:
    """Ids of the dimensions of its level that an average goes without; of others none."""
    if figure.dimension != AVERAGE:
        return ()
    whose = (figure.judge, figure.model, figure.task, figure.level, figure.statistic)
    there = {
        other.dimension
        for other in figures
        if (other.judge, other.model, other.task, other.level, other.statistic) == whose
        if other.value is not None
    }
    return tuple(d.id for d in dimensions_of(figure.level) if d.key not in there)


def _failure(figure: Measured, at_least: float, without: Sequence[str]) -> str | None:
    """Why a figure does not reach a number, or None."""
    if figure.value is None:
        return f"{figure.judge}: {name_of(figure)} is undefined ({figure.undefined})"
    said = f"{figure.judge}: {name_of(figure)} is {figure.value:.4g} (n={figure.n})"
    if without:
        n = len(dimensions_of(figure.level))
        return (
            f"{said} over {n - len(without)} of {n} dimensions: there is no {figure.statistic}"
            f" of {', '.join(without)}"
        )
    return None if figure.value >= at_least - _ROUNDING else said


def name_of(figure: Measured) -> str:
    """The full name of a figure, as a condition may state it."""
    return f"{figure.task}.{figure.level}.{figure.dimension}.{figure.statistic}"
