"""Spearman's rho and Kendall's tau-b as measures: values on many resamples at once.

A resample changes how often each pair of values occurs and not which values there are. Pairs of
values are therefore counted once per resample (a cell of a table of x by y), and ranks and
concordant pairs come from the counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from intermt.domain.correlation import Floats, Ints, kendall_tau_b, spearman
from intermt.domain.measures import SIDES, Resampler, scaled

_MOST_CELLS = 4_000_000
_BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class Spearman:
    """Spearman's rank correlation of two columns."""

    is_share: bool = False
    n_columns: int = 2

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """Rho, or why there is none; see `correlation.spearman`."""
        found = spearman(data[:, 0], data[:, 1], SIDES)
        return found.value, found.undefined

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Values of rho; of a resample the ranks are its own."""
        table = _Table.of(data, codes, n_clusters)

        def run(times: Floats) -> Floats:
            return np.concatenate([_rho(counts, table) for counts in table.counts(times)])

        return run


@dataclass(frozen=True, slots=True)
class KendallTauB:
    """Kendall's tau-b of two columns."""

    is_share: bool = False
    n_columns: int = 2

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """Tau-b, or why there is none; see `correlation.kendall_tau_b`."""
        found = kendall_tau_b(data[:, 0], data[:, 1], SIDES)
        return found.value, found.undefined

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Values of tau-b; pairs of a row with its own copy are tied on both sides."""
        # People's scores have few values, a reward model's as many as there are items.
        swapped = len(np.unique(data[:, 1])) > len(np.unique(data[:, 0]))
        table = _Table.of(data[:, ::-1] if swapped else data, codes, n_clusters)

        def run(times: Floats) -> Floats:
            return np.concatenate([_tau(counts, table) for counts in table.counts(times)])

        return run


@dataclass(frozen=True, slots=True)
class _Table:
    """The distinct pairs of values, and which rows and clusters have them.

    Attributes:
        x: (k,) number of each cell's x among the distinct ones; ascending.
        y: (k,) number of its y.
        n_x: Distinct values of x.
        n_y: Distinct values of y.
        per_cluster: (n_clusters, k) rows of each cluster in each cell; None if that is large.
        rows: (n,) clusters of the rows in the order of their cells.
        starts: (k,) where each cell's rows begin.
    """

    x: Ints
    y: Ints
    n_x: int
    n_y: int
    per_cluster: Floats | None
    rows: Ints
    starts: Ints

    @classmethod
    def of(cls, data: Floats, codes: Ints, n_clusters: int) -> _Table:
        values_x, x = np.unique(data[:, 0], return_inverse=True)
        values_y, y = np.unique(data[:, 1], return_inverse=True)
        cells, cell = np.unique(x * len(values_y) + y, return_inverse=True)
        order = np.argsort(cell, kind="stable")
        sizes = np.bincount(cell, minlength=len(cells))
        per_cluster = None
        if len(cells) * n_clusters <= _MOST_CELLS:
            flat = np.bincount(codes * len(cells) + cell, minlength=n_clusters * len(cells))
            per_cluster = flat.reshape(n_clusters, len(cells)).astype(np.float64)
        return cls(
            cells // len(values_y),
            cells % len(values_y),
            len(values_x),
            len(values_y),
            per_cluster,
            codes[order],
            np.cumsum(sizes) - sizes,
        )

    def counts(self, times: Floats) -> Iterator[Floats]:
        """Blocks (b, k): how often each resample has each cell."""
        wide = len(self.rows) if self.per_cluster is None else len(self.x)
        step = max(1, _BLOCK // max(1, wide))
        for start in range(0, len(times), step):
            block = times[start : start + step]
            if self.per_cluster is not None:
                yield block @ self.per_cluster
            else:
                yield np.add.reduceat(block[:, self.rows], self.starts, axis=1)


def _rho(counts: Floats, table: _Table) -> Floats:
    totals_x = _grouped(counts, table.x, table.n_x)
    totals_y = _grouped(counts, table.y, table.n_y)
    n = counts.sum(axis=1)
    middle = (n + 1)[:, None] / 2
    # Ranks from 1, less their mean; equal values share the mean of the ranks they cover.
    rank_x = np.cumsum(totals_x, axis=1) - (totals_x - 1) / 2 - middle
    rank_y = np.cumsum(totals_y, axis=1) - (totals_y - 1) / 2 - middle
    product = (counts * rank_x[:, table.x] * rank_y[:, table.y]).sum(axis=1)
    spread_x, spread_y = (totals_x * rank_x**2).sum(axis=1), (totals_y * rank_y**2).sum(axis=1)
    varied = (totals_x.max(axis=1) < n) & (totals_y.max(axis=1) < n)
    return scaled(product, spread_x, spread_y, varied)


def _tau(counts: Floats, table: _Table) -> Floats:
    totals_x = _grouped(counts, table.x, table.n_x)
    totals_y = _grouped(counts, table.y, table.n_y)
    n = counts.sum(axis=1)
    below = np.zeros_like(totals_x)
    concordant = np.zeros(len(counts))
    discordant = np.zeros(len(counts))
    by_y = np.argsort(table.y, kind="stable")
    ends = np.searchsorted(table.y[by_y], np.arange(table.n_y + 1))
    for level in range(table.n_y):
        cells = by_y[ends[level] : ends[level + 1]]
        x, here = table.x[cells], counts[:, cells]
        up_to = np.cumsum(below, axis=1)
        concordant += (here * (up_to[:, x] - below[:, x])).sum(axis=1)
        discordant += (here * (up_to[:, -1:] - up_to[:, x])).sum(axis=1)
        below[:, x] += here
    pairs = n * (n - 1) / 2
    untied_x = pairs - (totals_x * (totals_x - 1) / 2).sum(axis=1)
    untied_y = pairs - (totals_y * (totals_y - 1) / 2).sum(axis=1)
    varied = (untied_x > 0) & (untied_y > 0)
    return scaled(concordant - discordant, untied_x, untied_y, varied)


def _grouped(counts: Floats, groups: Ints, n_groups: int) -> Floats:
    """(b, n_groups) sums of the cells of each group; every group has a cell."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(n_groups))
    sums: Floats = np.add.reduceat(counts[:, order], starts, axis=1)
    return sums
