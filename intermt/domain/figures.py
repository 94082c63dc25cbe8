"""Figures with all that is needed to trust them or not, and tables of them.

Every figure carries the items it rests on, its coverage (the share of replies that stated a
verdict) and a bootstrap interval over clusters, see `intervals`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from intermt.dimensions import Level, dimensions_of
from intermt.domain.bootstrap import MIN_CLUSTERS, Interval, cluster_codes, times_drawn
from intermt.domain.correlation import Floats, Ints
from intermt.domain.intervals import MOST_GROUPS, bca_interval, too_few, wilson_at_the_end
from intermt.domain.measures import Measure, Resampler
from intermt.records import JudgeTask

AVERAGE = "average"
"""In place of a dimension: the mean over the dimensions of the level (L_avg, G_avg)."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one item contributes to a figure.

    Attributes:
        cluster: The conversation or seed question it belongs to.
        n_asked: Replies asked for.
        n_parsed: Replies of these that stated a verdict.
        values: As many numbers as the measure has columns; NaN where no reply gave one.
        item: The item, by a name that is equal for all judges.
    """

    cluster: str
    n_asked: int
    n_parsed: int
    values: tuple[float, ...]
    item: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a statistic of one judge on one level rests on.

    Attributes:
        measure: The statistic.
        cases: By dimension.
        notes: What to say beside the figure of a dimension.
    """

    measure: Measure
    cases: Mapping[str, Sequence[Case]]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and everything needed to trust it or not.

    Attributes:
        value: The figure; None where `undefined` says why.
        n: Items it rests on.
        n_asked: Replies asked for on the items that could count.
        n_parsed: Replies of these that stated a verdict.
        low: Lower end of the interval; None where there is none.
        high: Upper end.
        n_clusters: Clusters the items come from.
        undefined: Why there is no value or, beside a value, why it has no interval; None
            if both are there.
        note: What else to know of it, as how a constant in it was chosen; None if nothing.
    """

    value: float | None
    n: int
    n_asked: int
    n_parsed: int
    low: float | None = None
    high: float | None = None
    n_clusters: int = 0
    undefined: str | None = None
    note: str | None = None

    @property
    def coverage(self) -> float | None:
        """Replies that stated a verdict / replies asked for; None if none was asked for."""
        return self.n_parsed / self.n_asked if self.n_asked else None


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of the figures of a level's dimensions, L_avg or G_avg.

    Attributes:
        value: Unweighted mean over the dimensions that have a figure; None if none has.
        n_defined: Dimensions that have one.
        n_dimensions: Dimensions of the level.
        low: Lower end of the interval; clusters are drawn for all dimensions together.
        high: Upper end.
        n_clusters: Clusters that the items of all its dimensions come from.
        undefined: Why there is no value or no interval; None if both are there.
    """

    value: float | None
    n_defined: int
    n_dimensions: int
    low: float | None = None
    high: float | None = None
    n_clusters: int = 0
    undefined: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One statistic of one judge on one level.

    Attributes:
        task: score or pair.
        level: local or global.
        statistic: What the figures are.
        figures: By dimension, those of the level in the order of their ids, then others
            that occur (`overall`).
        average: Over the dimensions of the level alone.
    """

    task: JudgeTask
    level: Level
    statistic: str
    figures: Mapping[str, Figure]
    average: Average


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: nominal coverage, number of resamples, seed."""

    confidence: float = 0.95
    n_resamples: int = 2000
    seed: int = 0


def tables_of(
    task: JudgeTask, level: Level, evidence: Mapping[str, Evidence], resampling: Resampling
) -> dict[str, Table]:
    """A table for each statistic."""
    return {name: _table(task, level, name, found, resampling) for name, found in evidence.items()}


def _table(
    task: JudgeTask, level: Level, statistic: str, evidence: Evidence, resampling: Resampling
) -> Table:
    keys = [dimension.key for dimension in dimensions_of(level)]
    others = sorted(evidence.cases.keys() - set(keys))
    figures = {
        key: figure_of(
            evidence.measure, evidence.cases.get(key, ()), resampling, evidence.notes.get(key)
        )
        for key in (*keys, *others)
    }
    values = {key: value for key in keys if (value := figures[key].value) is not None}
    if not values:
        reasons = {"; ".join(filter(None, (f.undefined, f.note))) for f in figures.values()}
        why = "no dimension has a figure"
        why += f": {reasons.pop()}" if len(reasons) == 1 else ""
        return Table(task, level, statistic, figures, Average(None, 0, len(keys), undefined=why))
    value = sum(values.values()) / len(values)
    samples = [Sample.of(evidence.measure, evidence.cases[key]) for key in values]
    interval = interval_of_mean(evidence.measure, samples, value, resampling)
    average = Average(
        value=value,
        n_defined=len(values),
        n_dimensions=len(keys),
        low=interval.low,
        high=interval.high,
        n_clusters=interval.n_clusters,
        undefined=None if interval.undefined is None else f"no interval: {interval.undefined}",
    )
    return Table(task, level, statistic, figures, average)


def figure_of(
    measure: Measure, cases: Sequence[Case], resampling: Resampling, note: str | None = None
) -> Figure:
    """The figure of the cases that have a value, with its interval."""
    n_asked, n_parsed = sum(c.n_asked for c in cases), sum(c.n_parsed for c in cases)
    sample = Sample.of(measure, cases)
    n, n_clusters = len(sample.data), len(set(sample.clusters))
    value, undefined = measure.of(sample.data)
    if value is None:
        return Figure(
            None, n, n_asked, n_parsed, n_clusters=n_clusters, undefined=undefined, note=note
        )
    interval = interval_of_mean(measure, [sample], value, resampling)
    if interval.undefined is not None:
        undefined = f"no interval: {interval.undefined}"
    return Figure(
        value, n, n_asked, n_parsed, interval.low, interval.high, n_clusters, undefined, note
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of a measure.

    Attributes:
        data: (n, n_columns).
        clusters: Of each row.
    """

    data: Floats
    clusters: tuple[str, ...]

    @classmethod
    def of(cls, measure: Measure, cases: Iterable[Case]) -> Sample:
        """The rows of the cases that have a value."""
        usable = [case for case in cases if not any(map(math.isnan, case.values))]
        data = np.array([case.values for case in usable], dtype=np.float64)
        return cls(
            data.reshape(len(usable), measure.n_columns), tuple(case.cluster for case in usable)
        )


def interval_of_mean(
    measure: Measure, samples: Sequence[Sample], value: float, resampling: Resampling
) -> Interval:
    """The interval of the mean of a measure over samples, clusters drawn once for all."""
    codes, n_clusters = joint_codes(samples)
    if n_clusters >= 1 and measure.is_share:
        first = samples[0].data[0, 0]
        if first in (0.0, 1.0) and all((s.data == first).all() for s in samples):
            return wilson_at_the_end(value, n_clusters, resampling.confidence)
    runs = [measure.resampler(s.data, c, n_clusters) for s, c in zip(samples, codes, strict=True)]
    return interval_of_runs(runs, [1.0 / len(runs)] * len(runs), value, n_clusters, resampling)


def interval_of_runs(
    runs: Sequence[Resampler],
    weights: Sequence[float],
    value: float,
    n_clusters: int,
    resampling: Resampling,
) -> Interval:
    """The interval of a weighted sum of statistics over the same clusters."""
    if n_clusters < MIN_CLUSTERS:
        return too_few(n_clusters, resampling.confidence)

    def total(times: Floats) -> Floats:
        parts = [weight * run(times) for run, weight in zip(runs, weights, strict=True)]
        summed: Floats = np.sum(parts, axis=0)
        return summed

    blocks = times_drawn(n_clusters, resampling.n_resamples, resampling.seed)
    drawn = np.concatenate([total(times) for times in blocks])
    return bca_interval(
        value, drawn, total(_left_out(n_clusters)), n_clusters, resampling.confidence
    )


def joint_codes(samples: Sequence[Sample]) -> tuple[list[Ints], int]:
    """Cluster numbers of the rows of each sample, equal for equal clusters, and how many."""
    codes, n_clusters = cluster_codes([name for sample in samples for name in sample.clusters])
    ends = np.cumsum([len(sample.clusters) for sample in samples])
    return np.split(codes, ends[:-1]), n_clusters


def _left_out(n_clusters: int) -> Floats:
    """(g, n_clusters) times of jackknife samples, some clusters left out of each."""
    n_groups = min(n_clusters, MOST_GROUPS)
    groups = np.arange(n_clusters) % n_groups
    times: Floats = (groups[None, :] != np.arange(n_groups)[:, None]).astype(np.float64)
    return times
