"""How dimensions go together: the correlation of every two columns of a table with gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intermt.domain.bootstrap import cluster_codes
from intermt.domain.correlation import Correlation, Floats, Ints, pearson, spearman
from intermt.domain.estimate import Estimate
from intermt.domain.jackknife import parts_of, with_interval
from intermt.domain.measures import Pearson
from intermt.domain.rank_measures import Spearman


@dataclass(frozen=True, slots=True)
class MapCell:
    """Two columns of a table.

    Attributes:
        n: Rows that have a value in both.
        n_clusters: Clusters of these rows.
        pearson: Pearson's r.
        spearman: Spearman's rho.
    """

    n: int
    n_clusters: int
    pearson: Estimate
    spearman: Estimate


def dimension_map(
    table: Floats, clusters: Ints, names: Sequence[str], confidence: float = 0.95
) -> dict[tuple[int, int], MapCell]:
    """Every two columns i < j, by their numbers.

    A cell uses the rows that have both values. States without a value are those of
    `correlation.pearson`; intervals are those of `jackknife.with_interval`, ranks being made
    anew without each part.

    Args:
        table: (n, k) values, NaN for missing.
        clusters: (n,) what each row belongs to.
        names: (k,) what to call the columns.
        confidence: Nominal coverage.
    """
    present = ~np.isnan(table)
    found = {}
    for i in range(table.shape[1]):
        for j in range(i + 1, table.shape[1]):
            both = present[:, i] & present[:, j]
            found[i, j] = _cell(
                table[both, i], table[both, j], clusters[both], (names[i], names[j]), confidence
            )
    return found


def _cell(
    x: Floats, y: Floats, clusters: Ints, names: tuple[str, str], confidence: float
) -> MapCell:
    codes, n_clusters = cluster_codes(clusters)
    r, rho = pearson(x, y, names), spearman(x, y, names)
    if r.value is None or rho.value is None:
        return MapCell(len(x), n_clusters, _undefined(r), _undefined(rho))
    parts, n_parts = parts_of(codes, n_clusters)
    data, all_but_one = np.stack([x, y], axis=1), 1.0 - np.eye(n_parts)
    estimates = [
        with_interval(
            value,
            measure.resampler(data, parts, n_parts)(all_but_one),
            n_clusters,
            confidence,
            is_correlation=True,
        )
        for value, measure in ((r.value, Pearson()), (rho.value, Spearman()))
    ]
    return MapCell(len(x), n_clusters, *estimates)


def _undefined(found: Correlation) -> Estimate:
    return Estimate(None, undefined=found.undefined)
