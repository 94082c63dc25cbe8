"""Intervals and standard errors for figures whose cases come in clusters.

Turns of one conversation, and conversations of one seed question, are not independent.
All functions here treat clusters as the units that were sampled. Random draws come from a
numpy Generator made from `seed`; nothing else is random.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intermt.domain.correlation import Floats, Ints

MIN_CLUSTERS = 2
"""Fewest clusters: resampling one gives the same data every time."""

MAX_UNDEFINED_SHARE = 0.05
"""Where more resamples than this share have no value, no interval is given: the others are
no longer a fair picture of the statistic's spread."""

_SLACK = 1e-9
_BLOCK = 2_000_000
_KEPT_CELLS = 32_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval and how it was made.

    Attributes:
        low: Lower end; None where `undefined` says why.
        high: Upper end; None likewise.
        confidence: Nominal coverage, as in 0.95.
        method: `percentile` or `bca` (bootstrap over clusters), or `wilson`.
        n_clusters: Clusters that were resampled; for `wilson` the number of cases.
        n_resamples: Resamples drawn; 0 where none were needed.
        n_undefined: Resamples on which the statistic had no value.
        undefined: Why there is no interval; None if there is one.
    """

    low: float | None
    high: float | None
    confidence: float
    method: str
    n_clusters: int
    n_resamples: int = 0
    n_undefined: int = 0
    undefined: str | None = None


@dataclass(frozen=True, slots=True)
class StandardError:
    """A standard error of a mean and what it rests on.

    Attributes:
        value: The standard error; None where `undefined` says why.
        n: Values that entered.
        n_clusters: Clusters they come from.
        undefined: Why there is no value; None if there is one.
    """

    value: float | None
    n: int
    n_clusters: int
    undefined: str | None = None


def cluster_bootstrap(
    statistic: Callable[..., float | None],
    clusters: ArrayLike,
    *data: ArrayLike,
    n_resamples: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The bootstrap interval of a statistic, clusters drawn whole.

    Draws as many clusters as there are, with replacement, takes all their rows as often as
    they were drawn, and calls `statistic` on those rows. The interval runs between the
    (1 - confidence)/2 and (1 + confidence)/2 quantiles of the values (percentile method).
    The order of rows and the names of clusters do not matter as long as they sort alike.

    Undefined with fewer than `MIN_CLUSTERS` clusters, and where the statistic has no value
    on more than `MAX_UNDEFINED_SHARE` of the resamples; fewer such resamples are left out
    and counted. `figures` draws the same clusters and needs far less time.

    Args:
        statistic: Takes as many arrays as `data` has; gives a number, or None or NaN where
            it has no value.
        clusters: (n,) labels, strings or integers.
        *data: Arrays with n rows each.
        n_resamples: How many resamples.
        confidence: Nominal coverage, between 0 and 1.
        seed: Seed of the draws.

    Returns:
        The interval, or why there is none.

    Raises:
        ValueError: Lengths differ, or `confidence` or `n_resamples` is out of range.

    Source: A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application
    (1997), section 3.8; C. A. Field and A. H. Welsh, Bootstrapping clustered data (2007).
    """
    _check(confidence, n_resamples)
    columns = [np.asarray(column) for column in data]
    codes, n_clusters = cluster_codes(clusters)
    if not columns or any(len(column) != len(codes) for column in columns):
        raise ValueError("data and clusters must have the same number of rows")
    if n_clusters < MIN_CLUSTERS:
        return percentile_interval(None, n_clusters, confidence)
    rows = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=n_clusters)
    starts = np.cumsum(sizes) - sizes
    values = np.full(n_resamples, np.nan)
    draws = (drawn for block in _draws(n_clusters, n_resamples, seed) for drawn in block)
    for i, drawn in enumerate(draws):
        length = sizes[drawn]
        offset = np.repeat(starts[drawn] - (np.cumsum(length) - length), length)
        chosen = rows[offset + np.arange(len(offset))]
        value = statistic(*(column[chosen] for column in columns))
        values[i] = np.nan if value is None else value
    return percentile_interval(values, n_clusters, confidence)


def percentile_interval(values: Floats | None, n_clusters: int, confidence: float) -> Interval:
    """The interval between two quantiles of resampled values, NaN being no value.

    None for `values` says that there were too few clusters to resample.
    """
    if values is None:
        few = f"too few clusters ({n_clusters}, {MIN_CLUSTERS} needed)"
        return Interval(None, None, confidence, "percentile", n_clusters, undefined=few)
    defined = values[~np.isnan(values)]
    n_undefined = len(values) - len(defined)
    why = too_few_resamples(len(values), confidence)
    if why is None and n_undefined > MAX_UNDEFINED_SHARE * len(values):
        why = f"no value on {n_undefined} of {len(values)} resamples"
    if why is not None:
        return Interval(
            None, None, confidence, "percentile", n_clusters, len(values), n_undefined, why
        )
    low, high = np.quantile(defined, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return Interval(
        float(low), float(high), confidence, "percentile", n_clusters, len(values), n_undefined
    )


def too_few_resamples(n_resamples: int, confidence: float) -> str | None:
    """Why so many resamples give no interval, or None.

    Less than one value is expected beyond either end: the ends would be the smallest and the
    largest value, however many were drawn, and the interval too narrow.

    >>> too_few_resamples(39, 0.95)
    'too few resamples (39, 40 needed for 95%)'
    """
    needed = math.ceil(2.0 / (1.0 - confidence) - _SLACK)
    if n_resamples >= needed:
        return None
    return f"too few resamples ({n_resamples:,}, {needed:,} needed for {100 * confidence:g}%)"


def wilson(k: float, n: float, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion of independent cases.

    `(p + z^2/2n -+ z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n)` with p = k/n. Stays inside
    0 to 1 and has a width even where k is 0 or n. k may hold halves (a tie counted as half
    a success). Undefined with n = 0. For cases that come in clusters it is too narrow: use
    `wilson_of_clusters`.

    Raises:
        ValueError: k is not between 0 and n, or `confidence` is out of range.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical
    inference (JASA 22, 1927).

    >>> round(wilson(8, 10).low, 4)
    0.4902
    """
    _check(confidence, 1)
    if not 0 <= k <= n:
        raise ValueError(f"k must lie between 0 and n, not {k} of {n}")
    if n == 0:
        return Interval(
            None, None, confidence, "wilson", 0, undefined="too few cases (0, 1 needed)"
        )
    z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    p = k / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1.0 - p) / n + z * z / (4 * n * n))
    low, high = ((centre + sign * half) / (1.0 + z * z / n) for sign in (-1.0, 1.0))
    # Where k is 0 or n the end is exact; rounding must not push it past the value.
    return Interval(
        0.0 if k == 0 else max(0.0, low),
        1.0 if k == n else min(1.0, high),
        confidence,
        "wilson",
        math.floor(n),
    )


def wilson_of_clusters(
    share: float, n: int, standard_error: float | None, confidence: float = 0.95
) -> Interval:
    """Wilson's interval of a share whose cases are alike or not known for sure.

    The cases count as `share (1 - share) / standard_error^2` independent ones, but never as
    more than `n`: a share of 0 or 1 has the standard error 0 and still an interval. Undefined
    without a standard error and with n = 0. `n_clusters` is that number, rounded down.

    Args:
        share: Between 0 and 1.
        n: Cases.
        standard_error: Of the share, clusters and all; None or NaN where there is none.
        confidence: Nominal coverage.

    Source: E. L. Korn and B. I. Graubard, Confidence intervals for proportions with small
    expected number of positive counts estimated from survey data (1998), with Wilson's
    interval instead of Clopper and Pearson's.
    """
    if n and (standard_error is None or math.isnan(standard_error)):
        why = f"too few clusters (1, {MIN_CLUSTERS} needed)"
        return Interval(None, None, confidence, "wilson", 1, undefined=why)
    effective = float(n)
    if standard_error:
        effective = min(effective, share * (1.0 - share) / standard_error**2)
    return wilson(share * effective, effective, confidence)


def clustered_standard_error(values: ArrayLike, clusters: ArrayLike) -> StandardError:
    """The standard error of a mean whose cases come in clusters.

    `sqrt(C/(C - 1) * sum_c (sum_{i in c} (x_i - mean))^2) / n` for C clusters and n values;
    with one value in each cluster it is the usual s / sqrt(n). NaN values are left out.
    Undefined with fewer than `MIN_CLUSTERS` clusters. Constant values have the standard
    error 0: that is what the formula says, and no state of its own.

    Raises:
        ValueError: The lengths differ.

    Source: K.-Y. Liang and S. L. Zeger (1986); E. Miller, Adding error bars to evals (2024).
    """
    column, codes, n_clusters = _complete(clusters, values)
    if n_clusters < MIN_CLUSTERS:
        why = f"too few clusters ({n_clusters}, {MIN_CLUSTERS} needed)"
        return StandardError(None, len(column), n_clusters, why)
    deviations = column[:, 0] - column[:, 0].mean()
    sums = np.bincount(codes, weights=deviations, minlength=n_clusters)
    variance = float((sums**2).sum()) * n_clusters / (n_clusters - 1)
    return StandardError(math.sqrt(variance) / len(column), len(column), n_clusters)


def cluster_codes(clusters: ArrayLike) -> tuple[Ints, int]:
    """0-based numbers of the clusters in sorted order of their labels, and how many."""
    labels = np.asarray(clusters).reshape(-1)
    if (present := _present(labels)) is not None:
        return (np.cumsum(present) - 1)[labels], int(present.sum())
    found, codes = np.unique(labels, return_inverse=True)
    return codes.reshape(-1).astype(np.int64), len(found)


def distinct(labels: ArrayLike) -> NDArray[Any]:
    """The different labels, sorted."""
    given = np.asarray(labels).reshape(-1)
    present = _present(given)
    return np.unique(given) if present is None else np.flatnonzero(present)


def _present(labels: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Which of the numbers from 0 on occur; None where that takes more room than labels do."""
    if labels.dtype.kind != "i" or not len(labels):
        return None
    if labels.min() < 0 or labels.max() > 8 * len(labels) + 100_000:
        return None
    return np.bincount(labels) > 0


def _complete(clusters: ArrayLike, *columns: ArrayLike) -> tuple[Floats, Ints, int]:
    """Rows without NaN as (n, k), their cluster numbers, and how many clusters are left."""
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    labels = np.asarray(clusters)
    if any(array.shape != labels.shape or array.ndim != 1 for array in arrays):
        raise ValueError("values and clusters must be of one length")
    table = np.stack(arrays, axis=1)
    whole = ~np.isnan(table).any(axis=1)
    codes, n_clusters = cluster_codes(labels[whole])
    return table[whole], codes, n_clusters


def _check(confidence: float, n_resamples: int) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, not {n_resamples}")


def _draws(n_clusters: int, n_resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Blocks (b, n_clusters) of drawn cluster numbers; one row is one resample."""
    generator = np.random.default_rng(seed)
    step = max(1, _BLOCK // n_clusters)
    for start in range(0, n_resamples, step):
        size = (min(step, n_resamples - start), n_clusters)
        yield generator.integers(0, n_clusters, size=size)


def resampled_sums(
    columns: Floats, codes: Ints, n_clusters: int, n_resamples: int, seed: int
) -> Floats:
    """(n_resamples, k) column sums of the resampled rows."""
    sums = cluster_sums(columns, codes, n_clusters)
    return np.concatenate([block @ sums for block in times_drawn(n_clusters, n_resamples, seed)])


def cluster_sums(columns: Floats, codes: Ints, n_clusters: int) -> Floats:
    """(n_clusters, k) sums of the columns over each cluster's rows."""
    return np.stack([np.bincount(codes, c, minlength=n_clusters) for c in columns.T], axis=1)


def times_drawn(n_clusters: int, n_resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks (b, n_clusters) of how often each resample has each cluster.

    Equal arguments draw the same clusters, so that values of several figures over one set of
    clusters can be combined resample by resample.
    """
    few = n_clusters * n_resamples <= _KEPT_CELLS
    for block in (_kept_times if few else _times)(n_clusters, n_resamples, seed):
        yield block.astype(np.float64)


def _times(n_clusters: int, n_resamples: int, seed: int) -> Iterator[NDArray[np.uint16]]:
    """Blocks (b, n_clusters): how often each resample has each cluster."""
    for drawn in _draws(n_clusters, n_resamples, seed):
        times = np.empty(drawn.shape, np.uint16)
        for i, row in enumerate(drawn):
            times[i] = np.bincount(row, minlength=n_clusters)
        yield times


@lru_cache(maxsize=2)
def _kept_times(n_clusters: int, n_resamples: int, seed: int) -> tuple[NDArray[np.uint16], ...]:
    # The figures of a table mostly share their clusters, and drawing is the dearest part.
    return tuple(_times(n_clusters, n_resamples, seed))
