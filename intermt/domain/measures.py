"""Statistics as functions of how often each cluster is drawn.

A measure gives its value on all rows, and a function that gives its values on many resamples at
once: a resample is a row of `times`, how often each cluster is in it. A jackknife is one with 0
for the clusters left out. Values agree with `correlation` and `agreement`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from intermt.domain.bootstrap import cluster_sums
from intermt.domain.correlation import MIN_PAIRS, Floats, Ints, pearson

Resampler = Callable[[Floats], Floats]
"""Takes (b, n_clusters) times; gives (b,) values, NaN where a resample has none."""

Booleans = NDArray[np.bool_]

SIDES = ("the judge", "people")
"""What the two columns of a comparison are called where one of them is constant."""

_FLAT = 1e-12


class Measure(Protocol):
    """A statistic.

    Attributes:
        n_columns: Numbers that a row has.
        is_share: Whether every row is a share, so that Wilson's interval can stand in where
            all rows are 0 or all are 1.
    """

    @property
    def n_columns(self) -> int:
        """Numbers that a row has."""

    @property
    def is_share(self) -> bool:
        """Whether it is a mean of shares."""

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """The value on (n, n_columns) rows, or why there is none."""

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """The function from times to values; `codes` are (n,) cluster numbers."""


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of one column."""

    is_share: bool = False
    n_columns: int = 1

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """The mean; undefined of nothing."""
        return (float(data.mean()), None) if len(data) else (None, "too few items (0, 1 needed)")

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Means of resamples."""
        sums = cluster_sums(_with_ones(data), codes, n_clusters)

        def run(times: Floats) -> Floats:
            n, total = (times @ sums).T
            return _ratio(total, n)

        return run


@dataclass(frozen=True, slots=True)
class GroupGap:
    """The mean of the second column where the first is 1, less that where it is 0.

    Attributes:
        groups: What to call the rows with 1 and those with 0.
    """

    groups: tuple[str, str]
    is_share: bool = False
    n_columns: int = 2

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """The difference; undefined where a group has no row."""
        inside = data[:, 0] > 0
        groups = zip(self.groups, (inside, ~inside), strict=True)
        empty = [name for name, rows in groups if not rows.any()]
        if empty:
            return None, f"too few items: no {' and no '.join(empty)}"
        return float(data[inside, 1].mean() - data[~inside, 1].mean()), None

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Differences of resamples."""
        inside, values = data[:, 0], data[:, 1]
        columns = np.stack([inside, 1 - inside, inside * values, (1 - inside) * values], axis=1)
        sums = cluster_sums(columns, codes, n_clusters)

        def run(times: Floats) -> Floats:
            n, n_other, total, other = (times @ sums).T
            return _ratio(total, n) - _ratio(other, n_other)

        return run


@dataclass(frozen=True, slots=True)
class Pearson:
    """Pearson's r of two columns.

    Attributes:
        names: What to call the columns where one is constant.
    """

    names: tuple[str, str] = SIDES
    is_share: bool = False
    n_columns: int = 2

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """R, or why there is none; see `correlation.pearson`."""
        found = pearson(data[:, 0], data[:, 1], self.names)
        return found.value, found.undefined

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Values of r; a side is constant where its variance is below 1e-12 of all rows'."""
        x, y = _standardised(data[:, 0]), _standardised(data[:, 1])
        columns = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], axis=1)
        sums = cluster_sums(columns, codes, n_clusters)

        def run(times: Floats) -> Floats:
            n, sx, sy, sxx, syy, sxy = (times @ sums).T
            mean_x, mean_y = _ratio(sx, n), _ratio(sy, n)
            return _correlation(
                _ratio(sxy, n) - mean_x * mean_y,
                _ratio(sxx, n) - mean_x**2,
                _ratio(syy, n) - mean_y**2,
            )

        return run


@dataclass(frozen=True, slots=True)
class PartialPearson:
    """Pearson's r of the first two columns, the third held fixed.

    `(r12 - r13 r23) / sqrt((1 - r13^2)(1 - r23^2))`: the correlation of what a straight line on
    the third column leaves of the first and of the second. Undefined where it leaves nothing.

    Attributes:
        names: What to call the columns.

    Source: G. U. Yule, On the theory of correlation for any number of variables (1907).
    """

    names: tuple[str, str, str]
    is_share: bool = False
    n_columns: int = 3

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """The partial correlation, or why there is none."""
        if len(data) < MIN_PAIRS + 1:
            return None, f"too few items ({len(data)}, {MIN_PAIRS + 1} needed)"
        constant = [n for n, v in zip(self.names, data.T, strict=True) if (v == v[0]).all()]
        if constant:
            return None, f"constant: {' and '.join(constant)}"
        run = self.resampler(data, np.zeros(len(data), dtype=np.int64), 1)
        value = float(run(np.ones((1, 1)))[0])
        if np.isnan(value):
            return None, f"{self.names[2]} says all there is to know of another"
        return value, None

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Partial correlations of resamples."""
        x, y, z = (_standardised(column) for column in data.T)
        products = [x, y, z, x * x, y * y, z * z, x * y, x * z, y * z]
        sums = cluster_sums(np.stack([np.ones(len(x)), *products], axis=1), codes, n_clusters)

        def run(times: Floats) -> Floats:
            n, *totals = (times @ sums).T
            mx, my, mz, xx, yy, zz, xy, xz, yz = (_ratio(total, n) for total in totals)
            vx, vy, vz = xx - mx**2, yy - my**2, zz - mz**2
            r12 = _correlation(xy - mx * my, vx, vy)
            r13 = _correlation(xz - mx * mz, vx, vz)
            r23 = _correlation(yz - my * mz, vy, vz)
            return _correlation(r12 - r13 * r23, 1 - r13**2, 1 - r23**2)

        return run


@dataclass(frozen=True, slots=True)
class QuadraticKappa:
    """Cohen's kappa with quadratic weights, from means and mean squares of two sides.

    `1 - E(x - y)^2 / E(x - y')^2`, y' drawn apart from x. It does not change with classes that
    nobody used. The columns are, of each item, the means of x, y, x^2 and y^2 over its ratings,
    so that every combination of a reply and a person counts and every item weighs the same.

    Source: J. Cohen, Weighted kappa (Psychological Bulletin 70, 1968).
    """

    is_share: bool = False
    n_columns: int = 4

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """Kappa; undefined with fewer than 2 items and where a side is constant."""
        if len(data) < 2:
            return None, f"too few items ({len(data)}, 2 needed)"
        spread = data[:, 2:].mean(axis=0) - data[:, :2].mean(axis=0) ** 2
        sides = zip(SIDES, spread, strict=True)
        constant = [name for name, variance in sides if variance <= _FLAT]
        if constant:
            return None, f"constant: {' and '.join(constant)}"
        run = self.resampler(data, np.zeros(len(data), dtype=np.int64), 1)
        return float(run(np.ones((1, 1)))[0]), None

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Values of kappa on resamples."""
        x, y, xx, yy = data.T
        columns = np.stack([np.ones(len(x)), x, y, xx, yy, x * y], axis=1)
        sums = cluster_sums(columns, codes, n_clusters)

        def run(times: Floats) -> Floats:
            n, *totals = (times @ sums).T
            mx, my, mxx, myy, mxy = (_ratio(total, n) for total in totals)
            varied = (mxx - mx**2 > _FLAT) & (myy - my**2 > _FLAT)
            by_chance = np.where(varied, mxx + myy - 2 * mx * my, np.nan)
            kappa: Floats = 1 - (mxx + myy - 2 * mxy) / by_chance
            return kappa

        return run


@dataclass(frozen=True, slots=True)
class NominalKappa:
    """Cohen's kappa of two columns of class numbers below `n_classes`.

    `(p_o - p_e) / (1 - p_e)`; undefined with fewer than 2 rows and where a side is constant.

    Source: J. Cohen, A coefficient of agreement for nominal scales (1960).
    """

    n_classes: int
    is_share: bool = False
    n_columns: int = 2

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """Kappa, or why there is none."""
        if len(data) < 2:
            return None, f"too few items ({len(data)}, 2 needed)"
        sides = zip(SIDES, data.T, strict=True)
        constant = [name for name, column in sides if (column == column[0]).all()]
        if constant:
            return None, f"constant: {' and '.join(constant)}"
        return _once(self, data), None

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Values of kappa on resamples."""
        sums = cluster_sums(_cells(data, self.n_classes), codes, n_clusters)

        def run(times: Floats) -> Floats:
            table = (times @ sums).reshape(-1, self.n_classes, self.n_classes)
            n = table.sum(axis=(1, 2))
            rows, columns = table.sum(axis=2), table.sum(axis=1)
            varied = (rows.max(axis=1) < n) & (columns.max(axis=1) < n)
            observed = _ratio(np.trace(table, axis1=1, axis2=2), n)
            expected = np.where(varied, _ratio((rows * columns).sum(axis=1), n * n), np.nan)
            kappa: Floats = (observed - expected) / (1 - expected)
            return kappa

        return run


@dataclass(frozen=True, slots=True)
class MacroF1:
    """The mean over classes of F1 of the first column (judge) against the second (people).

    F1 of a class is `2 TP / (2 TP + FP + FN)`; classes that neither side used are left out.
    """

    n_classes: int
    is_share: bool = False
    n_columns: int = 2

    def of(self, data: Floats) -> tuple[float | None, str | None]:
        """Macro F1; undefined of nothing."""
        if not len(data):
            return None, "too few items (0, 1 needed)"
        return _once(self, data), None

    def resampler(self, data: Floats, codes: Ints, n_clusters: int) -> Resampler:
        """Values of macro F1 on resamples."""
        sums = cluster_sums(_cells(data, self.n_classes), codes, n_clusters)

        def run(times: Floats) -> Floats:
            table = (times @ sums).reshape(-1, self.n_classes, self.n_classes)
            hits = np.diagonal(table, axis1=1, axis2=2)
            named = table.sum(axis=1) + table.sum(axis=2)
            used = named > 0
            f1 = np.divide(2 * hits, named, out=np.zeros_like(named), where=used)
            return _ratio(f1.sum(axis=1), used.sum(axis=1).astype(np.float64))

        return run


# --- inside ------------------------------------------------------------------------------


def _once(measure: Measure, data: Floats) -> float:
    """The value on all rows, by way of a single resample that has each row once."""
    run = measure.resampler(data, np.zeros(len(data), dtype=np.int64), 1)
    return float(run(np.ones((1, 1)))[0])


def _cells(data: Floats, n_classes: int) -> Floats:
    """(n, n_classes^2) with a 1 for the combination of classes that each row has."""
    place = (data[:, 0] * n_classes + data[:, 1]).astype(np.int64)
    cells: Floats = np.eye(n_classes * n_classes)[place]
    return cells


def _with_ones(data: Floats) -> Floats:
    return np.concatenate([np.ones((len(data), 1)), data], axis=1)


def _correlation(covariance: Floats, var_x: Floats, var_y: Floats) -> Floats:
    return scaled(covariance, var_x, var_y, (var_x > _FLAT) & (var_y > _FLAT))


def scaled(product: Floats, square_x: Floats, square_y: Floats, varied: Booleans) -> Floats:
    """`product / sqrt(square_x * square_y)`, from -1 to 1; NaN where not varied."""
    roots = [np.sqrt(np.where(varied, square, np.nan)) for square in (square_x, square_y)]
    r: Floats = np.clip(product / roots[0] / roots[1], -1.0, 1.0)
    return r


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """Quotients, NaN where the divisor is 0."""
    quotient: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom != 0)
    return quotient


def _standardised(values: Floats) -> Floats:
    """Values less their mean, in standard deviations; all 0 where they are constant."""
    shifted = values - values[0]
    centred: Floats = shifted - shifted.mean()
    spread = float(np.sqrt((centred**2).mean()))
    return centred / spread if spread > 0 else np.zeros(len(values))
