"""Intervals out of estimates with a part of the clusters left out at a time.

For statistics that need every row again on each resample (ranks, the margins of every rater):
at most `MOST_PARTS` values instead of thousands.
"""

from __future__ import annotations

import math

import numpy as np

from intermt.domain.bootstrap import MIN_CLUSTERS
from intermt.domain.correlation import Floats, Ints
from intermt.domain.estimate import Estimate
from intermt.domain.intervals import student_t

MOST_PARTS = 200
"""Parts; clusters beyond are left out some at a time."""

_SURE = 1.0 - 1e-12


def parts_of(codes: Ints, n_clusters: int) -> tuple[Ints, int]:
    """The part of each row by the number of its cluster, and how many parts there are."""
    n_parts = max(1, min(n_clusters, MOST_PARTS))
    return codes % n_parts, n_parts


def with_interval(
    value: float, left_out: Floats, n_clusters: int, confidence: float, *, is_correlation: bool
) -> Estimate:
    """A statistic between -1 and 1 with its jackknife interval.

    `value -+ t(G - 1) SE` with `SE^2 = (G - 1)/G sum (x_g - mean)^2` over G parts; of a
    correlation on Fisher's scale `z = artanh(r)`, on which its spread does not depend on r.

    No interval with fewer than `bootstrap.MIN_CLUSTERS` clusters, where a part is all that
    gives the statistic a value, where all parts give the same, and where a correlation is 1 or
    -1, as a whole or without a part: Fisher's scale has no end.

    Args:
        value: The statistic of all clusters.
        left_out: (G,) the statistic without each part; NaN where it has none.
        n_clusters: Clusters.
        confidence: Nominal coverage.
        is_correlation: Whether to go by Fisher's scale.

    Source: B. Efron and C. Stein, The jackknife estimate of variance (1981); P. S. Kott, The
    delete-a-group jackknife (2001); R. A. Fisher, On the probable error of a coefficient of
    correlation (1921).
    """
    if n_clusters < MIN_CLUSTERS:
        return _without(value, f"too few clusters ({n_clusters}, {MIN_CLUSTERS} needed)")
    if np.isnan(left_out).any():
        return _without(value, "without some of the clusters it has no value")
    if is_correlation and abs(value) >= _SURE:
        return _without(value, "perfect correlation: nothing varies around it")
    if is_correlation and float(np.abs(left_out).max()) >= _SURE:
        why = f"without one of {len(left_out)} parts of the trees the correlation is perfect"
        return _without(value, f"{why}, so its spread cannot be told")
    scale = np.arctanh if is_correlation else np.asarray
    values = np.asarray(scale(left_out), dtype=np.float64)
    n_parts = len(values)
    error = math.sqrt((n_parts - 1) / n_parts * float(((values - values.mean()) ** 2).sum()))
    if error <= 1e-12:
        return _without(value, "the same value whichever clusters are left out")
    reach = student_t((1.0 + confidence) / 2.0, n_parts - 1) * error
    centre = math.atanh(value) if is_correlation else value
    ends = [centre - reach, centre + reach]
    low, high = map(math.tanh, ends) if is_correlation else (max(-1.0, ends[0]), min(1.0, ends[1]))
    return Estimate(value, low, high)


def _without(value: float, why: str) -> Estimate:
    return Estimate(value, undefined=f"no interval: {why}")
