"""Figures as a flat list: each with everything it is about and rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intermt.dimensions import OVERALL, Level, dimensions_of
from intermt.domain.figures import AVERAGE, Figure, Table
from intermt.records import JudgeTask

__all__ = ["AVERAGE", "Judged", "Measured", "column", "of_figure", "of_table"]


@dataclass(frozen=True, slots=True)
class Judged:
    """Whom figures are about, and what they must be marked with.

    Attributes:
        judge: Name of the judge.
        model: The model behind it, if known.
        simulated: Whether a stand-in judged, or wrote what was judged.
        synthetic_labels: Whether labels that were used are invented ones.
    """

    judge: str
    model: str | None
    simulated: bool
    synthetic_labels: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of one judge.

    Attributes:
        judge: Name of the judge.
        model: The model behind it, if known.
        simulated: Whether a stand-in judged, or wrote what was judged.
        synthetic_labels: Whether labels that were used are invented ones.
        task: score, pair or crucial-step.
        level: local or global.
        statistic: What the figure is, as in `pearson`.
        dimension: A dimension key, `overall`, or `average` over the level's dimensions.
        value: The figure; None where `undefined` says why.
        low: Lower end of the interval; None where there is none.
        high: Upper end.
        confidence: Nominal coverage of the interval.
        n: Items it rests on; of an average the sum over its dimensions.
        n_asked: Replies asked for on the items that could count; of an average on all
            dimensions of the level, those without a figure too.
        coverage: Replies that stated a verdict / replies asked for; None if none was.
        n_clusters: Seed trees the items come from.
        undefined: Why there is no value or no interval, or that an average lacks some
            dimensions; None if nothing is missing.
        note: What else to know of it, as how a constant in it was chosen; None if nothing.
    """

    judge: str
    model: str | None
    simulated: bool
    synthetic_labels: bool
    task: JudgeTask
    level: Level
    statistic: str
    dimension: str
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    n_asked: int
    coverage: float | None
    n_clusters: int
    undefined: str | None
    note: str | None = None


def column(level: Level, dimension: str) -> str:
    """The short name of a figure in tables: L1 to G5, L_avg, L_all for `overall`."""
    names = {d.key: d.id for d in dimensions_of(level)}
    names |= {AVERAGE: f"{level[0].upper()}_avg", OVERALL: f"{level[0].upper()}_all"}
    return names.get(dimension, dimension)


def of_figure(
    about: Judged,
    task: JudgeTask,
    level: Level,
    statistic: str,
    dimension: str,
    figure: Figure,
    confidence: float,
) -> Measured:
    """A figure with its names."""
    return Measured(
        about.judge,
        about.model,
        about.simulated,
        about.synthetic_labels,
        task,
        level,
        statistic,
        dimension,
        figure.value,
        figure.low,
        figure.high,
        confidence,
        figure.n,
        figure.n_asked,
        figure.coverage,
        figure.n_clusters,
        figure.undefined,
        figure.note,
    )


def of_table(about: Judged, table: Table, confidence: float) -> Iterator[Measured]:
    """The figures of a table: the level's dimensions, their average, then `overall`."""

    def named(dimension: str, figure: Figure) -> Measured:
        return of_figure(
            about, table.task, table.level, table.statistic, dimension, figure, confidence
        )

    keys = [d.key for d in dimensions_of(table.level)]
    for key in keys:
        yield named(key, table.figures[key])
    yield named(AVERAGE, _average(table, keys))
    for key, figure in table.figures.items():
        if key not in keys:
            yield named(key, figure)


def _average(table: Table, keys: list[str]) -> Figure:
    """The average as a figure that rests on what its dimensions rest on.

    Its n is that of the dimensions that have a figure; its coverage that of all, or a judge
    that states one dimension of four would seem to state everything.
    """
    average = table.average
    every = [table.figures[key] for key in keys]
    remarks = [average.undefined] if average.undefined else []
    if 0 < average.n_defined < average.n_dimensions:
        remarks.append(f"over {average.n_defined} of {average.n_dimensions} dimensions")
    return Figure(
        average.value,
        sum(figure.n for figure in every if figure.value is not None),
        sum(figure.n_asked for figure in every),
        sum(figure.n_parsed for figure in every),
        average.low,
        average.high,
        average.n_clusters,
        "; ".join(remarks) or None,
    )
