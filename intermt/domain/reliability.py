"""Agreement figures with their intervals, many of them over the same resamples.

Everything reported here depends on a unit's ratings only through how many raters chose each
class, so a resample of clusters needs sums over clusters and no table: alpha, AC2 and the
agreement rate of 2,000 resamples cost one matrix product. The values themselves come from
`agreement`; `cluster_bootstrap` over its functions gives the same intervals, slowly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import numpy as np

from intermt.domain.agreement import MIN_UNITS, gwet_ac2, krippendorff_alpha
from intermt.domain.bootstrap import (
    MIN_CLUSTERS,
    cluster_codes,
    distinct,
    percentile_interval,
    resampled_sums,
)
from intermt.domain.correlation import Floats, Ints
from intermt.domain.estimate import Estimate
from intermt.domain.figures import Resampling
from intermt.domain.intervals import wilson_at_the_end
from intermt.domain.rater_kappa import rater_kappa

Key = TypeVar("Key", bound=Hashable)

NOT_POOLED = "not pooled over dimensions: each has a scale and a chance level of its own"

NO_DISTANCE = "AC2 is for scores: it weighs how far apart labels are, and choices are not"

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Sample:
    """Ratings of one group of things on one scale.

    Attributes:
        table: (n_units, k) ratings, NaN for missing; columns need not be raters.
        clusters: (n_units,) what each unit belongs to.
        classes: The classes of the scale.
        measurement: Difference function of alpha: `ordinal` for scores, with which AC2 is
            given too, `nominal` for choices.
        n_raters: Raters with at least one rating.
        raters: (n_units, k) who gave each rating; of two sides that are compared, which side.
        names: What the classes are called; () for their numbers.
        rate_only: Whether nothing but the agreement rate is wanted, as of things on several
            scales; the other figures are then undefined.
        unnamed: Numbers in `raters` that are nobody's: which ratings are one person's is not
            known, so kappa, which goes by each rater's habits, leaves theirs out.
    """

    table: Floats
    clusters: Ints
    classes: tuple[int, ...]
    measurement: Literal["nominal", "ordinal"]
    n_raters: int
    raters: Ints
    names: tuple[str, ...] = ()
    rate_only: bool = False
    unnamed: Ints = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the ratings of one sample agree.

    Attributes:
        n_units: Units with at least one rating.
        n_raters: Raters with at least one rating.
        n_pairable: Units with two or more ratings.
        n_ratings: All ratings.
        n_clusters: Clusters of the units.
        alpha: Krippendorff's alpha.
        ac2: Gwet's AC2 with quadratic weights; no value for choices.
        kappa: Cohen's kappa, weighted quadratically for scores; see `rater_kappa`.
        rate: Mean over pairable units of the share of rater pairs that agree exactly.
    """

    n_units: int
    n_raters: int
    n_pairable: int
    n_ratings: int
    n_clusters: int
    alpha: Estimate
    ac2: Estimate
    kappa: Estimate
    rate: Estimate


def packed(units: Ints, values: Floats, raters: Ints) -> tuple[Floats, Ints]:
    """(n_units, most ratings) tables of ratings given one by one, and who gave each.

    A row is a unit; rows are in ascending order of `units`. Where there is no rating the first
    has NaN, the second 0.
    """
    order = np.argsort(units, kind="stable")
    _, starts, sizes = np.unique(units[order], return_index=True, return_counts=True)
    shape = (len(sizes), int(sizes.max(initial=0)))
    table, people = np.full(shape, np.nan, order="F"), np.zeros(shape, np.int64, order="F")
    place = (
        np.repeat(np.arange(len(sizes)), sizes),
        np.arange(len(order)) - np.repeat(starts, sizes),
    )
    table[place], people[place] = values[order], raters[order]
    return table, people


def reliabilities(
    samples: Mapping[Key, Sample], resampling: Resampling | None = None
) -> dict[Key, Reliability]:
    """Alpha, AC2 and agreement rate of every sample, with intervals over clusters.

    Samples over the same clusters share their resamples. The intervals are those of
    `bootstrap.cluster_bootstrap`: undefined with fewer than `MIN_CLUSTERS` clusters, and
    where too many resamples have no value. Where all resamples have the same value there is
    none either, but of a rate of 0 or 1 that of `intervals.wilson_at_the_end`.

    Raises:
        InputError: A rating is none of the sample's classes.
    """
    how = resampling or Resampling()
    alike: defaultdict[bytes, list[Key]] = defaultdict(list)
    for key, sample in samples.items():
        alike[distinct(sample.clusters).tobytes()].append(key)
    found: dict[Key, Reliability] = {}
    for keys in alike.values():
        counted = [_counts(samples[key]) for key in keys]
        resampled = _resampled([samples[key] for key in keys], counted, how)
        for key, counts, sums in zip(keys, counted, resampled, strict=True):
            found[key] = _reliability(samples[key], counts, sums, how.confidence)
    return {key: found[key] for key in samples}


def _reliability(
    sample: Sample, counts: Floats, sums: Floats | None, confidence: float
) -> Reliability:
    per_unit = counts.sum(axis=1)
    twice = per_unit >= 2
    n_pairable = int(twice.sum())
    n_clusters = len(distinct(sample.clusters))

    def estimate(value: float | None, undefined: str | None, resampled: Floats | None) -> Estimate:
        if value is None:
            return Estimate(None, undefined=undefined)
        interval = percentile_interval(resampled, n_clusters, confidence)
        low, high, why = interval.low, interval.high, interval.undefined
        if low is not None and high is not None and high - low <= _SAME:
            low, high, why = None, None, "the same value on every resample"
        return Estimate(value, low, high, None if why is None else f"no interval: {why}")

    ordinal = sample.measurement == "ordinal"
    spread = None if sums is None else _Sums(sums, len(sample.classes))
    why_not = NOT_POOLED if sample.rate_only else _too_few(sample.n_raters, n_pairable)
    if why_not is not None:
        alpha = ac2 = kappa = Estimate(None, undefined=why_not)
    else:
        same = _constant(sample, counts[twice])
        kappa = _kappa(sample, confidence) if same is None else Estimate(None, undefined=same)
        found = krippendorff_alpha(sample.table, sample.measurement)
        alphas = None if spread is None else _alphas(spread, ordinal, sample.classes)
        alpha = estimate(found.value, same or found.undefined, alphas)
        if ordinal:
            gwet = gwet_ac2(sample.table, "quadratic", categories=sample.classes)
            ac2s = None if spread is None else _ac2s(spread, sample.classes)
            ac2 = estimate(gwet.value, _constant(sample, counts) or gwet.undefined, ac2s)
    agreeing = _agreeing(counts)[twice]
    rate = estimate(
        float(agreeing.mean()) if n_pairable else None,
        "nothing was rated twice",
        None if spread is None else _rates(spread),
    )
    if rate.value in (0.0, 1.0) and (n := len(distinct(sample.clusters[twice]))) >= MIN_CLUSTERS:
        end = wilson_at_the_end(rate.value, n, confidence)
        rate = Estimate(rate.value, end.low, end.high)
    return Reliability(
        n_units=int((per_unit > 0).sum()),
        n_raters=sample.n_raters,
        n_pairable=n_pairable,
        n_ratings=int(per_unit.sum()),
        n_clusters=n_clusters,
        alpha=alpha,
        ac2=ac2 if ordinal else Estimate(None, undefined=NO_DISTANCE),
        kappa=kappa,
        rate=rate,
    )


def _kappa(sample: Sample, confidence: float) -> Estimate:
    table, n_unnamed = sample.table, len(sample.unnamed)
    if n_unnamed:
        table = np.where(np.isin(sample.raters, sample.unnamed), np.nan, table)
    found = rater_kappa(
        table,
        sample.raters,
        sample.clusters,
        sample.classes,
        quadratic=sample.measurement == "ordinal",
        confidence=confidence,
    )
    if not n_unnamed or found.value is not None:
        return found
    return replace(found, undefined=f"{found.undefined}, {n_unnamed} unnamed left out")


def _too_few(n_raters: int, n_pairable: int) -> str | None:
    if n_raters < 2:
        return f"too few raters ({n_raters}, 2 needed)"
    if n_pairable < MIN_UNITS:
        return f"too few things rated twice ({n_pairable}, {MIN_UNITS} needed)"
    return None


def _constant(sample: Sample, counts: Floats) -> str | None:
    """That the ratings of these units are all the same, where they are."""
    used = np.flatnonzero(counts.any(axis=0))
    if len(used) != 1:
        return None
    name = sample.names[used[0]] if sample.names else f"{sample.classes[used[0]]:g}"
    return f"constant: every rating is {name}"


# --- what is summed over clusters --------------------------------------------------------


def _counts(sample: Sample) -> Floats:
    """(n_units, q) raters that put each unit into each class."""
    # Column by column: sums along short rows take several times as long.
    counts = np.zeros((len(sample.table), len(sample.classes)), order="F")
    for place, value in enumerate(sample.classes):
        for column in sample.table.T:
            counts[:, place] += column == value
    return counts


def _agreeing(counts: Floats) -> Floats:
    """(n_units,) share of rater pairs that agree; 0 where there are none."""
    n = counts.sum(axis=1)
    pairs = np.where(n >= 2, n * (n - 1.0), 1.0)
    share: Floats = (counts * (counts - 1.0)).sum(axis=1) / pairs
    return share


def _columns(sample: Sample, counts: Floats) -> Floats:
    """(n_units, 4 + q + q (q + 1) / 2) what `_Sums` names, per unit."""
    n = counts.sum(axis=1)
    twice = (n >= 2).astype(np.float64)
    if sample.rate_only:
        return np.stack([n > 0, twice, _agreeing(counts) * twice, n * 0], axis=1)
    pairs = np.where(n >= 2, n * (n - 1.0), 1.0)
    weights = _quadratic(sample.classes)
    weighted = (counts * (counts @ weights - 1.0)).sum(axis=1) * twice / pairs
    shares = counts / np.maximum(n, 1.0)[:, None]
    # How often two raters of a unit gave the classes c and k, over m - 1.
    met = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(counts.shape[1])
    met[:, diagonal, diagonal] -= counts
    met *= (twice / np.maximum(n - 1.0, 1.0))[:, None, None]
    first = np.stack([n > 0, twice, _agreeing(counts) * twice, weighted], axis=1)
    half = np.triu_indices(counts.shape[1])
    return np.concatenate([first, shares, met[:, half[0], half[1]]], axis=1)


class _Sums:
    """Sums over the units of each resample, by name; the first axis is the resample."""

    def __init__(self, sums: Floats, q: int) -> None:
        n_units, n_pairable, self.agreeing, self.weighted = sums.T[:4]
        # The factors leave a trace of rounding, and a resample without a pair must have 0.
        self.n_units, self.n_pairable = np.rint(n_units), np.rint(n_pairable)
        self.shares = sums[:, 4 : 4 + q]
        rows, columns = np.triu_indices(q)
        self.met = np.empty((len(sums), q, q))
        if sums.shape[1] > 4:
            self.met[:, rows, columns] = self.met[:, columns, rows] = sums[:, 4 + q :]


def _resampled(
    samples: Sequence[Sample], counted: Sequence[Floats], how: Resampling
) -> list[Floats | None]:
    """Each sample's sums over the resamples of the clusters that all of them share."""
    if all(not (counts.sum(axis=1) >= 2).any() for counts in counted):
        return [None] * len(samples)
    _, n_clusters = cluster_codes(samples[0].clusters)
    if n_clusters < MIN_CLUSTERS:
        return [None] * len(samples)
    per_cluster, back = [], []
    for sample, counts in zip(samples, counted, strict=True):
        codes, _ = cluster_codes(sample.clusters)
        # Few different rows of counts occur; each is worked out once.
        digits = (int(counts.max()) + 1) ** np.arange(counts.shape[1])
        pattern, n_patterns = cluster_codes((counts @ digits).astype(np.int64))
        one_each = np.zeros(n_patterns, np.int64)
        one_each[pattern] = np.arange(len(pattern))
        times = np.bincount(codes * n_patterns + pattern, minlength=n_clusters * n_patterns)
        narrow, widened = _factored(_columns(sample, counts[one_each]))
        per_cluster.append(times.reshape(n_clusters, n_patterns).astype(np.float64) @ narrow)
        back.append(widened)
    sums = resampled_sums(
        np.concatenate(per_cluster, axis=1),
        np.arange(n_clusters),
        n_clusters,
        how.n_resamples,
        how.seed,
    )
    ends = np.cumsum([block.shape[1] for block in per_cluster])[:-1]
    blocks = np.split(sums, ends, axis=1)
    return [block @ widened for block, widened in zip(blocks, back, strict=True)]


def _factored(columns: Floats) -> tuple[Floats, Floats]:
    """Two factors of columns, the first as narrow as can be.

    Where every unit has as many ratings, half of the columns follow from the others, and
    resampling is the dearer the more there are.
    """
    left, scale, right = np.linalg.svd(columns, full_matrices=False)
    kept = scale > 1e-12 * scale.max(initial=0.0)
    return left[:, kept] * scale[kept], right[kept]


# --- the figures of every resample -------------------------------------------------------


def _alphas(sums: _Sums, ordinal: bool, classes: Sequence[int]) -> Floats:
    """(n_resamples,) alpha of each resample, NaN where it has none."""
    totals = sums.met.sum(axis=2)
    n = totals.sum(axis=1)
    if ordinal:
        ascending = np.argsort(classes)
        ranks = np.empty_like(totals)
        ranks[:, ascending] = np.cumsum(totals[:, ascending], axis=1) - totals[:, ascending] / 2.0
        distance = (ranks[:, :, None] - ranks[:, None, :]) ** 2
    else:
        distance = np.broadcast_to(1.0 - np.eye(totals.shape[1]), sums.met.shape)
    observed = (sums.met * distance).sum(axis=(1, 2)) * (n - 1.0)
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    varied = (totals.max(axis=1) < n * (1.0 - _SAME)) & (sums.n_pairable > MIN_UNITS - 0.5)
    return np.where(varied, 1.0 - _divided(observed, np.where(varied, expected, 0.0)), np.nan)


def _rates(sums: _Sums) -> Floats:
    """(n_resamples,) agreement rate of each resample, NaN where it has none."""
    rates: Floats = np.clip(_divided(sums.agreeing, sums.n_pairable), 0.0, 1.0)
    return rates


def _ac2s(sums: _Sums, classes: Sequence[int]) -> Floats:
    """(n_resamples,) AC2 of each resample, NaN where it has none."""
    q = len(classes)
    observed = _divided(sums.weighted, sums.n_pairable)
    shares = sums.shares / np.maximum(sums.n_units, 1.0)[:, None]
    factor = float(_quadratic(classes).sum()) / (q * (q - 1))
    expected = factor * (shares * (1.0 - shares)).sum(axis=1)
    varied = (shares.max(axis=1) < 1.0 - _SAME) & (sums.n_pairable > MIN_UNITS - 0.5)
    return np.where(varied, (observed - expected) / (1.0 - expected), np.nan)


def _quadratic(classes: Sequence[int]) -> Floats:
    """(q, q) quadratic weights of agreement, as in `agreement.gwet_ac2`."""
    values = np.asarray(classes, dtype=np.float64)
    apart: Floats = np.subtract.outer(values, values) / (values.max() - values.min())
    return 1.0 - apart**2


def _divided(top: Floats, bottom: Floats) -> Floats:
    """Quotients, NaN where the divisor is 0."""
    quotient: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom != 0)
    return quotient
