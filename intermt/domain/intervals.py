"""Intervals out of resampled values that cover as often as they say, with few clusters too.

The percentile interval has two faults where clusters are few: it is too narrow, and it does not
follow a skewed distribution. BCa mends the second; taking Student's t with C - 1 degrees of
freedom, and C instead of C - 1 in the variance, mends the first.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from intermt.domain.bootstrap import (
    MAX_UNDEFINED_SHARE,
    MIN_CLUSTERS,
    Interval,
    too_few_resamples,
    wilson,
)
from intermt.domain.correlation import Floats

MOST_GROUPS = 200
"""Jackknife groups: clusters beyond are left out some at a time."""

_MANY_DEGREES = 1000
_NORMAL = NormalDist()
_METHOD = "bca"
_SAME = 1e-9


def bca_interval(
    value: float, drawn: Floats, left_out: Floats, n_clusters: int, confidence: float
) -> Interval:
    """The expanded BCa interval of a statistic.

    Quantiles of the resampled values at `Phi(z0 + (z0 + z) / (1 - a (z0 + z)))`, with z0 the
    normal quantile of the share of resampled values below the statistic (equal ones count
    half), a the acceleration of the jackknife, and z not the normal quantile but
    `t(C - 1) sqrt(C / (C - 1))` for C clusters.

    Undefined with fewer than `bootstrap.MIN_CLUSTERS` clusters, with too few resamples for the
    nominal coverage, where more than `bootstrap.MAX_UNDEFINED_SHARE` of the resamples have no
    value, and where all have the same: then resampling does not say how sure it is.

    Args:
        value: The statistic on all clusters.
        drawn: (b,) its values on resamples of the clusters, NaN for none.
        left_out: (g,) its values without some clusters each, NaN for none.
        n_clusters: Clusters.
        confidence: Nominal coverage.

    Source: B. Efron, Better bootstrap confidence intervals (JASA 82, 1987); T. C. Hesterberg,
    What teachers should know about the bootstrap (The American Statistician 69, 2015).
    """
    if n_clusters < MIN_CLUSTERS:
        return too_few(n_clusters, confidence)
    defined = np.sort(drawn[~np.isnan(drawn)])
    n_undefined = len(drawn) - len(defined)
    why = too_few_resamples(len(drawn), confidence)
    if why is None and n_undefined > MAX_UNDEFINED_SHARE * len(drawn):
        why = f"no value on {n_undefined} of {len(drawn)} resamples"
    if why is None and defined[-1] - defined[0] <= _SAME * max(1.0, abs(value)):
        why = "the same value on every resample"
    if why is not None:
        return Interval(None, None, confidence, _METHOD, n_clusters, len(drawn), n_undefined, why)
    bias, acceleration = _bias(value, defined), _acceleration(left_out)
    shares = []
    for sign in (-1.0, 1.0):
        reach = sign * student_t((1.0 + confidence) / 2.0, n_clusters - 1)
        z = bias + reach * math.sqrt(n_clusters / (n_clusters - 1))
        # Beyond the pole of the correction the end is that of the resampled values.
        slope = 1.0 - acceleration * z
        shares.append(_NORMAL.cdf(bias + z / slope) if slope > 0 else float(z > 0))
    low, high = np.quantile(defined, shares)
    return Interval(
        float(low), float(high), confidence, _METHOD, n_clusters, len(drawn), n_undefined
    )


def wilson_at_the_end(share: float, n_clusters: int, confidence: float) -> Interval:
    """The interval of a share that is 0 or 1 in every row.

    Resampling gives the same share again and again, and no width. Wilson's interval counts
    each cluster as one case, as if all its rows were copies of one.
    """
    if n_clusters < MIN_CLUSTERS:
        return too_few(n_clusters, confidence)
    return wilson(round(share) * n_clusters, n_clusters, confidence)


def too_few(n_clusters: int, confidence: float) -> Interval:
    """No interval, for want of clusters."""
    why = f"too few clusters ({n_clusters}, {MIN_CLUSTERS} needed)"
    return Interval(None, None, confidence, _METHOD, n_clusters, undefined=why)


@lru_cache(maxsize=4096)
def student_t(share: float, degrees: int) -> float:
    """The quantile of Student's t, to 7 digits, for whole degrees of freedom.

    >>> round(student_t(0.975, 10), 6)
    2.228139
    """
    if share < 0.5:
        return -student_t(1.0 - share, degrees)
    if degrees > _MANY_DEGREES:
        z = _NORMAL.inv_cdf(share)
        second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * degrees**2)
        return z + (z**3 + z) / (4.0 * degrees) + second
    low, high = 0.0, 2.0
    while _t_within(high, degrees) < 2.0 * share - 1.0:
        low, high = high, 2.0 * high
    for _ in range(100):
        middle = (low + high) / 2.0
        if _t_within(middle, degrees) < 2.0 * share - 1.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _t_within(t: float, degrees: int) -> float:
    """The probability of lying between -t and t.

    Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 26.7.3 and 4.
    """
    angle = math.atan2(t, math.sqrt(degrees))
    cosine2 = math.cos(angle) ** 2
    odd = degrees % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for k in range(2 + odd, degrees + 1, 2):
        total += term
        term *= cosine2 * (k - 1) / k
    if not odd:
        return math.sin(angle) * total
    return 2.0 / math.pi * (angle + math.sin(angle) * total)


def _bias(value: float, defined: Floats) -> float:
    """The normal quantile of the share of resampled values below the statistic."""
    # A value computed in another order of sums may differ in its last bits.
    near = _SAME * max(1.0, abs(value))
    below = np.searchsorted(defined, value - near, "left")
    up_to = np.searchsorted(defined, value + near, "right")
    share = float(below + up_to) / 2.0 / len(defined)
    edge = 0.5 / len(defined)
    return _NORMAL.inv_cdf(min(max(share, edge), 1.0 - edge))


def _acceleration(left_out: Floats) -> float:
    """A sixth of the skewness of what the clusters contribute; 0 where nothing varies."""
    defined = left_out[~np.isnan(left_out)]
    if len(defined) < MIN_CLUSTERS:
        return 0.0
    contributions = defined.mean() - defined
    scale = float((contributions**2).sum())
    if scale <= 1e-24:
        return 0.0
    return float((contributions**3).sum()) / (6.0 * math.sqrt(scale) ** 3)
