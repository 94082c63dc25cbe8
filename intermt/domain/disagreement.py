"""Observed and expected disagreement, the two sides of Krippendorff's alpha.

Only their quotient has a meaning: each level measures in a unit of its own.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from intermt.domain.bootstrap import cluster_codes
from intermt.domain.correlation import Floats, Ints, centred, mid_ranks, numbered

Measurement = Literal["nominal", "ordinal", "interval", "ratio"]

_BLOCK = 1_000_000
_HUGE = 2.0**1022
"""Above this the sum of two ratings may overflow."""


def disagreement(
    values: Floats, units: Ints, sizes: Ints, level: Measurement
) -> tuple[float, float]:
    """Observed and expected disagreement of pairable ratings, D_o and D_e.

    Args:
        values: (n,) finite ratings, unit after unit, not all equal; for ratio not negative.
        units: (n,) 0-based number of the unit of each rating.
        sizes: Ratings of each unit, two or more.
        level: Which difference function; see `agreement.krippendorff_alpha`.

    Returns:
        D_o and D_e in the same unit; D_e is above 0.
    """
    if level == "nominal":
        return _nominal(values, units, sizes)
    if level == "ratio":
        return _ratio(values, sizes)
    # The number of ratings between two values, each end counted half, is the difference of
    # their mid-ranks: the ordinal metric is the interval metric on mid-ranks.
    return _interval(mid_ranks(values) if level == "ordinal" else values, units, sizes)


def _interval(values: Floats, units: Ints, sizes: Ints) -> tuple[float, float]:
    """D_o and D_e by squared differences, from sums of squares instead of pairs."""
    values = centred(values)
    means = np.bincount(units, weights=values) / sizes
    within = np.bincount(units, weights=(values - means[units]) ** 2)
    observed = float((sizes * within / (sizes - 1)).sum()) / len(values)
    return observed, float((values**2).sum()) / (len(values) - 1)


def _nominal(values: Floats, units: Ints, sizes: Ints) -> tuple[float, float]:
    """D_o and D_e where any two different values are equally far apart."""
    found, codes = numbered(values)
    counts = np.bincount(codes, minlength=len(found))
    # Each rating adds the size of its cell, so that those of a unit add up to the squares.
    cells, n_cells = cluster_codes(units * len(found) + codes)
    in_cell = np.bincount(cells, minlength=n_cells)
    same = np.bincount(units, weights=in_cell[cells])
    n = len(values)
    observed = float(((sizes.astype(np.float64) ** 2 - same) / (sizes - 1)).sum()) / n
    return observed, (n**2 - int((counts**2).sum())) / (n * (n - 1))


def _ratio(values: Floats, sizes: Ints) -> tuple[float, float]:
    """D_o and D_e of non-negative values by `((x - y)/(x + y))^2`."""
    if values.max() > _HUGE:
        values = values / 2.0
    packed = np.full((len(sizes), int(sizes.max())), np.nan)
    packed[np.arange(packed.shape[1]) < sizes[:, None]] = values
    n = len(values)
    observed = 0.0
    for i in range(packed.shape[1]):
        for j in range(i + 1, packed.shape[1]):
            distance = _relative_distance(packed[:, i], packed[:, j])
            observed += 2.0 * float(np.nansum(distance / (sizes - 1)))
    distinct, counts = np.unique(values, return_counts=True)
    expected = 0.0
    step = max(1, _BLOCK // len(distinct))
    for start in range(0, len(distinct), step):
        block = slice(start, start + step)
        distance = _relative_distance(distinct[block, None], distinct[None, :])
        expected += float(counts[block] @ distance @ counts)
    return observed / n, expected / (n * (n - 1))


def _relative_distance(x: Floats, y: Floats) -> Floats:
    """Squared difference over sum; 0 for two zeros, NaN where either is missing."""
    total = x + y
    share: Floats = (x - y) / np.where(total == 0.0, 1.0, total)
    return share**2
