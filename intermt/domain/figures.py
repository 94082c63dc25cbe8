"""Figures with all that is needed to trust them or not, and tables of them.

Every figure carries the items it rests on, its coverage (the share of replies that stated a
verdict) and a percentile-bootstrap interval over clusters, see `bootstrap`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from intermt.dimensions import Level, dimensions_of
from intermt.domain.bootstrap import (
    MIN_CLUSTERS,
    Interval,
    bootstrap_mean,
    bootstrap_pearson,
    cluster_codes,
    percentile_interval,
    resampled_means,
    resampled_pearson,
)
from intermt.domain.correlation import Floats, Ints, pearson
from intermt.records import JudgeTask


@dataclass(frozen=True, slots=True)
class Case:
    """What one item contributes to a figure.

    Attributes:
        cluster: The conversation or seed question it belongs to.
        n_asked: Replies asked for.
        n_parsed: Replies of these that stated a verdict.
        value: The item's value; NaN where no reply gave one.
        other: What `value` is correlated with; unused for means.
    """

    cluster: str
    n_asked: int
    n_parsed: int
    value: float
    other: float = 0.0


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
    """

    value: float | None
    n: int
    n_asked: int
    n_parsed: int
    low: float | None = None
    high: float | None = None
    n_clusters: int = 0
    undefined: str | None = None

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


@dataclass(frozen=True, slots=True)
class _Case:
    """One item's contribution: `value` (and `other`, for a correlation), NaN for none."""

    cluster: str
    n_asked: int
    n_parsed: int
    value: float
    other: float = 0.0


def tables_of(
    task: JudgeTask,
    level: Level,
    cases: Mapping[str, Mapping[str, Sequence[Case]]],
    resampling: Resampling,
) -> dict[str, Table]:
    """A table for each statistic; `cases` by statistic, then dimension.

    The statistic called `pearson` correlates, all others are means.
    """
    return {name: _table(task, level, name, by_key, resampling) for name, by_key in cases.items()}


def _table(
    task: JudgeTask,
    level: Level,
    statistic: str,
    cases: Mapping[str, Sequence[Case]],
    resampling: Resampling,
) -> Table:
    keys = [dimension.key for dimension in dimensions_of(level)]
    others = sorted(cases.keys() - set(keys))
    figures = {
        key: figure_of(statistic, cases.get(key, ()), resampling) for key in (*keys, *others)
    }
    values = {key: value for key in keys if (value := figures[key].value) is not None}
    if not values:
        why = "no dimension has a figure"
        return Table(task, level, statistic, figures, Average(None, 0, len(keys), undefined=why))
    of_level = {key: cases[key] for key in values}
    interval = _joint_interval(statistic, of_level, resampling)
    average = Average(
        value=sum(values.values()) / len(values),
        n_defined=len(values),
        n_dimensions=len(keys),
        low=interval.low,
        high=interval.high,
        n_clusters=interval.n_clusters,
        undefined=None if interval.undefined is None else f"no interval: {interval.undefined}",
    )
    return Table(task, level, statistic, figures, average)


def figure_of(statistic: str, cases: Sequence[Case], resampling: Resampling) -> Figure:
    """Pearson's r of the cases for `pearson`, else their mean, with its interval."""
    n_asked, n_parsed = sum(c.n_asked for c in cases), sum(c.n_parsed for c in cases)
    values, others, clusters = _arrays(cases)
    n, n_clusters = len(values), len(set(clusters))
    if statistic == "pearson":
        correlation = pearson(values, others, names=("the judge", "people"))
        value, undefined = correlation.value, correlation.undefined
    else:
        value = float(values.mean()) if n else None
        undefined = None if n else "too few items (0, 1 needed)"
    if value is None:
        return Figure(None, n, n_asked, n_parsed, n_clusters=n_clusters, undefined=undefined)
    how = asdict(resampling)
    interval = (
        bootstrap_pearson(values, others, clusters, **how)
        if statistic == "pearson"
        else bootstrap_mean(values, clusters, **how)
    )
    if interval.undefined is not None:
        undefined = f"no interval: {interval.undefined}"
    return Figure(value, n, n_asked, n_parsed, interval.low, interval.high, n_clusters, undefined)


def _joint_interval(
    statistic: str, cases: Mapping[str, Sequence[Case]], resampling: Resampling
) -> Interval:
    """The interval of the mean over dimensions, clusters drawn once for all of them."""
    arrays = [_arrays(of_dimension) for of_dimension in cases.values()]
    labels = [label for _, _, clusters in arrays for label in clusters]
    codes, n_clusters = cluster_codes(labels)
    if n_clusters < MIN_CLUSTERS:
        return percentile_interval(None, n_clusters, resampling.confidence)
    total = np.zeros(resampling.n_resamples)
    start = 0
    for values, others, clusters in arrays:
        own: Ints = codes[start : start + len(clusters)]
        start += len(clusters)
        draws = (own, n_clusters, resampling.n_resamples, resampling.seed)
        if statistic == "pearson":
            total += resampled_pearson(values, others, *draws)
        else:
            total += resampled_means(values, *draws)
    return percentile_interval(total / len(arrays), n_clusters, resampling.confidence)


def _arrays(cases: Sequence[Case]) -> tuple[Floats, Floats, list[str]]:
    """Values, their counterparts and clusters of the cases that have a value."""
    usable = [case for case in cases if not math.isnan(case.value)]
    return (
        np.array([case.value for case in usable], dtype=np.float64),
        np.array([case.other for case in usable], dtype=np.float64),
        [case.cluster for case in usable],
    )
