"""Means, shares and correlations out of sums over clusters, with intervals that need no rows.

For figures over hundreds of thousands of labels: a store adds up each cluster, and what is
left to do does not depend on how many labels there are.
"""

from __future__ import annotations

import math

import numpy as np

from intermt.domain.bootstrap import MIN_CLUSTERS, wilson_of_clusters
from intermt.domain.correlation import MIN_PAIRS, Floats
from intermt.domain.estimate import Estimate
from intermt.domain.intervals import student_t
from intermt.domain.jackknife import parts_of, with_interval

_FLAT = 1e-12


def mean_of_sums(
    n: Floats,
    totals: Floats,
    confidence: float = 0.95,
    scale: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """The mean of all values, with a t interval over clusters.

    `mean -+ t(C - 1) SE`, the SE of `bootstrap.clustered_standard_error` for C clusters, cut to
    the scale. Undefined of nothing; no interval with fewer than `bootstrap.MIN_CLUSTERS`
    clusters, and where all clusters have the same mean.

    Args:
        n: (C,) values in each cluster.
        totals: (C,) their sums.
        confidence: Nominal coverage.
        scale: The least and the greatest value there can be.
    """
    kept = n > 0
    n, totals = n[kept], totals[kept]
    if not len(n):
        return Estimate(None, undefined="too few labels (0, 1 needed)")
    mean = float(totals.sum() / n.sum())
    error = _standard_error(n, totals, mean)
    if error is None:
        why = f"too few clusters ({len(n)}, {MIN_CLUSTERS} needed)"
        return Estimate(mean, undefined=f"no interval: {why}")
    if error <= _FLAT:
        return Estimate(mean, undefined="no interval: the same mean in every cluster")
    reach = student_t((1.0 + confidence) / 2.0, len(n) - 1) * error
    return Estimate(mean, max(scale[0], mean - reach), min(scale[1], mean + reach))


def share_of_sums(n: Floats, hits: Floats, confidence: float = 0.95) -> Estimate:
    """The share of hits, with Wilson's interval for clusters; see `wilson_of_clusters`.

    Undefined of nothing; no interval with fewer than `bootstrap.MIN_CLUSTERS` clusters.

    Args:
        n: (C,) cases in each cluster.
        hits: (C,) how many of them are hits.
        confidence: Nominal coverage.
    """
    kept = n > 0
    n, hits = n[kept], hits[kept]
    if not len(n):
        return Estimate(None, undefined="too few labels (0, 1 needed)")
    share = float(hits.sum() / n.sum())
    found = wilson_of_clusters(share, int(n.sum()), _standard_error(n, hits, share), confidence)
    why = None if found.undefined is None else f"no interval: {found.undefined}"
    return Estimate(share, found.low, found.high, why)


def correlation_of_sums(
    n: Floats, x: Floats, y: Floats, xx: Floats, yy: Floats, xy: Floats, confidence: float = 0.95
) -> Estimate:
    """Pearson's r of all rows, with its jackknife interval over clusters.

    Undefined with fewer than `correlation.MIN_PAIRS` rows, and where a side does not vary (its
    variance is below 1e-12 of its mean square).

    Args:
        n: (C,) rows in each cluster.
        x: (C,) sums of one side; `y` of the other.
        y: See x.
        xx: (C,) sums of its squares; `yy` likewise, `xy` of products.
        yy: See xx.
        xy: See xx.
        confidence: Nominal coverage.
    """
    kept = n > 0
    sums = np.stack([n, x, y, xx, yy, xy], axis=1)[kept]
    total = sums.sum(axis=0)
    if total[0] < MIN_PAIRS:
        return Estimate(None, undefined=f"too few pairs ({total[0]:.0f}, {MIN_PAIRS} needed)")
    value = float(_pearsons(total[None])[0])
    if math.isnan(value):
        return Estimate(None, undefined="constant: one of the two is the same everywhere")
    parts, n_parts = parts_of(np.arange(len(sums)), len(sums))
    each = np.stack([np.bincount(parts, column, minlength=n_parts) for column in sums.T], axis=1)
    left_out = _pearsons(total - each)
    return with_interval(value, left_out, len(sums), confidence, is_correlation=True)


def _pearsons(sums: Floats) -> Floats:
    """(b,) r of (b, 6) sums; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n = sums[:, 0]
        mean_x, mean_y, xx, yy, xy = (sums[:, 1:] / n[:, None]).T
        var_x, var_y = xx - mean_x**2, yy - mean_y**2
        varied = (n >= MIN_PAIRS) & (var_x > _FLAT * xx) & (var_y > _FLAT * yy)
        r = (xy - mean_x * mean_y) / np.sqrt(var_x) / np.sqrt(var_y)
    found: Floats = np.where(varied, np.clip(r, -1.0, 1.0), np.nan)
    return found


def _standard_error(n: Floats, totals: Floats, mean: float) -> float | None:
    """Of a mean, clusters apart; None with fewer than two."""
    n_clusters = len(n)
    if n_clusters < MIN_CLUSTERS:
        return None
    squares = float(((totals - n * mean) ** 2).sum())
    return math.sqrt(squares * n_clusters / (n_clusters - 1)) / float(n.sum())
