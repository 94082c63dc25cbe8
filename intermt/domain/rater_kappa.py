"""Cohen's kappa of two sides, and its generalisation to many raters with gaps.

Unlike alpha and AC2 it needs to know who gave each rating: chance is what two raters would
agree on if each kept to their own habits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from intermt.domain.agreement import MIN_UNITS
from intermt.domain.bootstrap import cluster_codes
from intermt.domain.correlation import Floats, Ints
from intermt.domain.estimate import Estimate
from intermt.domain.jackknife import parts_of, with_interval


def rater_kappa(
    table: Floats,
    raters: Ints,
    clusters: Ints,
    classes: Sequence[int],
    *,
    quadratic: bool,
    confidence: float = 0.95,
) -> Estimate:
    """Kappa of a table of ratings, with its jackknife interval over clusters.

    `1 - D_o / D_e`. D_o is the mean over units with two ratings or more of the mean d of their
    pairs of raters, d being 0 or 1, or `(k - l)^2` with quadratic weights. D_e is the mean d
    of a rating of one rater and a rating of another one, drawn from all ratings in those
    units. With two raters it is Cohen's (weighted) kappa, with more and no gaps Conger's.

    Undefined with fewer than two raters or `agreement.MIN_UNITS` such units, where all ratings
    are equal, and where one of only two raters is constant, since then D_o is D_e by
    construction.

    Args:
        table: (n_units, k) ratings, NaN for missing.
        raters: (n_units, k) 0-based number of who gave each; any number where it is missing.
        clusters: (n_units,) what each unit belongs to.
        classes: The values that occur, and others of the scale.
        quadratic: Whether ratings that are further apart weigh more.
        confidence: Nominal coverage.

    Source: J. Cohen, Weighted kappa (1968); A. J. Conger, Integration and generalization of
    kappas for multiple raters (1980).
    """
    twice = (~np.isnan(table)).sum(axis=1) >= 2
    table, raters = table[twice], raters[twice]
    present = ~np.isnan(table)
    numbers, n_people = cluster_codes(raters[present])
    if n_people < 2:
        return Estimate(None, undefined=f"too few raters ({n_people}, 2 needed)")
    if len(table) < MIN_UNITS:
        why = f"too few things rated twice ({len(table)}, {MIN_UNITS} needed)"
        return Estimate(None, undefined=why)
    scale = np.unique(np.asarray(classes, dtype=np.float64))
    apart = (scale[:, None] - scale[None, :]) ** 2 if quadratic else 1.0 - np.eye(len(scale))
    codes, n_clusters = cluster_codes(clusters[twice])
    parts, n_parts = parts_of(codes, n_clusters)

    units = np.repeat(np.arange(len(table)), present.sum(axis=1))
    places = np.searchsorted(scale, table[present])
    each = np.bincount(units * len(scale) + places, minlength=len(table) * len(scale))
    counts = each.reshape(len(table), -1).astype(np.float64)
    n = counts.sum(axis=1)
    differing = np.einsum("uk,kl,ul->u", counts, apart, counts, optimize=True) / (n * (n - 1.0))
    observed = np.bincount(parts, differing, minlength=n_parts)
    n_units = np.bincount(parts, minlength=n_parts).astype(np.float64)
    cells = (parts[units] * n_people + numbers) * len(scale) + places
    shape = (n_parts, n_people, len(scale))
    given = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)

    whole = given.sum(axis=0)
    if n_people == 2 and (whole > 0).sum(axis=1).min() == 1:
        return Estimate(None, undefined="constant: one side gave the same rating everywhere")
    value = float(_kappas(observed.sum()[None], n_units.sum()[None], whole[None], apart)[0])
    if np.isnan(value):
        return Estimate(None, undefined=f"constant: every rating is {table[present][0]:g}")
    left_out = _kappas(
        observed.sum() - observed, n_units.sum() - n_units, whole[None] - given, apart
    )
    return with_interval(value, left_out, n_clusters, confidence, is_correlation=False)


def _kappas(observed: Floats, n_units: Floats, given: Floats, apart: Floats) -> Floats:
    """(b,) kappas of (b,) sums and (b, n_raters, n_classes) counts; NaN where there is none."""
    per_rater = given.sum(axis=2)
    pairs = per_rater.sum(axis=1) ** 2 - (per_rater**2).sum(axis=1)
    pooled = given.sum(axis=1)
    differing = np.einsum("bk,kl,bl->b", pooled, apart, pooled, optimize=True)
    differing -= np.einsum("brk,kl,brl->b", given, apart, given, optimize=True)
    varied = (n_units > MIN_UNITS - 0.5) & (differing > 0.5)
    ratio = np.full(len(observed), np.nan)
    expected = n_units * differing
    np.divide(observed * pairs, expected, out=ratio, where=varied)
    kappas: Floats = 1.0 - ratio
    return kappas
