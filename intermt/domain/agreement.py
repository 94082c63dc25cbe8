"""How far raters agree: Krippendorff's alpha, Gwet's AC2, weighted kappa, exact agreement.

Every function reports what it cannot say: where a coefficient has no value (all ratings
equal, too few of them) `value` is None and `undefined` says why. It is never 0, 1 or NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from intermt.domain.correlation import Floats
from intermt.domain.disagreement import Measurement, disagreement
from intermt.errors import InputError

Weights = Literal["identity", "linear", "quadratic", "ordinal"]

MIN_UNITS = 2
"""Fewest units rated twice: with one, alpha is 0 or undefined whatever the raters say."""


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha and what it rests on.

    Attributes:
        value: 1 is perfect agreement, 0 what chance gives, below 0 is systematic
            disagreement; None where `undefined` says why.
        level: The difference function used: nominal, ordinal, interval or ratio.
        n_units: Units with at least one rating.
        n_raters: Raters with at least one rating.
        n_pairable: Units with two or more ratings; only these enter alpha.
        n_ratings: Ratings in those units (Krippendorff's n, the pairable values).
        undefined: Why there is no value; None if there is one.
    """

    value: float | None
    level: Measurement
    n_units: int
    n_raters: int
    n_pairable: int
    n_ratings: int
    undefined: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A chance-corrected or plain agreement coefficient and what it rests on.

    Attributes:
        value: The coefficient; None where `undefined` says why.
        statistic: Which coefficient it is: `AC2`, `weighted kappa` or `exact agreement`.
        weights: The agreement weights used; `identity` makes AC2 the AC1.
        n_units: Units with at least one rating.
        n_raters: Raters with at least one rating.
        n_pairable: Units with two or more ratings.
        n_ratings: All ratings that enter.
        observed: Weighted share of agreement that was observed, 0 to 1; None where no
            unit has two ratings.
        expected: The share expected by chance; None for exact agreement.
        standard_error: Gwet's standard error of AC2 over units; None elsewhere.
        undefined: Why there is no value; None if there is one.
    """

    value: float | None
    statistic: str
    weights: Weights
    n_units: int
    n_raters: int
    n_pairable: int
    n_ratings: int
    observed: float | None = None
    expected: float | None = None
    standard_error: float | None = None
    undefined: str | None = None


# --- Krippendorff's alpha ----------------------------------------------------------------


def krippendorff_alpha(scores: ArrayLike, level: Measurement) -> Alpha:
    """Krippendorff's alpha of a table of ratings with gaps.

    `alpha = 1 - D_o / D_e`. Over units u with m_u >= 2 ratings, n ratings in all:
    `D_o = 1/n * sum_u 1/(m_u - 1) * sum_{i != j in u} d2(x_i, x_j)` and
    `D_e = 1/(n (n - 1)) * sum_{i != j} d2(x_i, x_j)` over all ratings of those units.
    d2 is 0 or 1 (nominal), `(x - y)^2` (interval), `((x - y)/(x + y))^2` (ratio), and for
    ordinal the squared number of ratings between the two values, each end counted half.
    This ordinal metric is not Gwet's ordinal weights (see `gwet_ac2`); the two give
    different figures. Values nobody used never matter, so no list of classes is needed.

    Undefined where fewer than two raters or `MIN_UNITS` units with two ratings are left,
    all pairable ratings are equal (D_e = 0), a rating is infinite, or, for ratio, negative.
    Time grows with n log n; for ratio also with the square of the number of distinct values.

    Args:
        scores: (n_units, n_raters), NaN for missing.
        level: Which difference function.

    Raises:
        ValueError: `scores` is not a table or `level` is not known.

    Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).

    >>> round(krippendorff_alpha([[0, 0], [1, 1], [3, 3], [3, 2]], "ordinal").value, 4)
    0.9103
    """
    if level not in get_args(Measurement):
        raise ValueError(f"level must be one of {', '.join(get_args(Measurement))}, not {level!r}")
    table = _table(scores)
    present = ~np.isnan(table)
    per_unit = present.sum(axis=1)
    pairable = per_unit >= 2
    ratings = table[pairable]
    kept = present[pairable]
    values = ratings[kept]
    units = np.repeat(np.arange(len(ratings)), per_unit[pairable])
    value = None
    undefined = _why_undefined(table, values)
    if undefined is None and level == "ratio" and values.min() < 0:
        undefined = "negative ratings have no ratio"
    if undefined is None:
        observed, expected = disagreement(values, units, per_unit[pairable], level)
        value = 1.0 - observed / expected
    return Alpha(
        value=value,
        level=level,
        n_units=int((per_unit > 0).sum()),
        n_raters=int(present.any(axis=0).sum()),
        n_pairable=int(pairable.sum()),
        n_ratings=len(values),
        undefined=undefined,
    )


# --- Gwet's AC2 --------------------------------------------------------------------------


def gwet_ac2(
    scores: ArrayLike, weights: Weights, *, categories: Sequence[float] | None = None
) -> Agreement:
    """Gwet's AC2 of a table of ratings with gaps; AC1 with `identity`.

    `AC2 = (p_a - p_e) / (1 - p_e)`. With r_ik raters putting unit i into class k, r_i in
    all, `r*_ik = sum_l w_kl r_il`: p_a is the mean over units with r_i >= 2 of
    `sum_k r_ik (r*_ik - 1) / (r_i (r_i - 1))`; `p_e = T_w / (q (q - 1)) * sum_k pi_k
    (1 - pi_k)` with q classes, T_w the sum of all weights and pi_k the mean over all rated
    units of r_ik / r_i. Unlike alpha and kappa it keeps its meaning where nearly all
    ratings fall into one class, as scores from 0 to 3 do.

    Weights are of agreement, 1 on the diagonal: `identity`; `linear` and `quadratic` fall
    with the (squared) difference of the class values; `ordinal` is Gwet's
    `1 - C(|k - l| + 1, 2) / C(q, 2)` over class positions, which is not Krippendorff's
    ordinal metric: irrCAC prints an "alpha" with these weights that differs from alpha.

    The number of classes changes p_e. Give `categories` (0 to 3) where the scale is known;
    otherwise the values that occur are the classes.

    Undefined where all ratings are equal (also if more classes are named: there is nothing
    that could have disagreed), fewer than two raters, or fewer than `MIN_UNITS` units have
    two ratings. `observed` is then still given where any unit has two ratings.

    Args:
        scores: (n_units, n_raters), NaN for missing.
        weights: identity, linear, quadratic or ordinal.
        categories: The classes of the scale, any order.

    Raises:
        InputError: A rating is none of `categories`.
        ValueError: `scores` is not a table or `weights` is not known.

    Source: K. L. Gwet, Handbook of Inter-Rater Reliability, 4th ed. (2014), ch. 6.
    """
    _check_weights(weights)
    table = _table(scores)
    present = ~np.isnan(table)
    n_raters = int(present.any(axis=0).sum())
    per_unit = present.sum(axis=1)
    table, present, per_unit = (x[per_unit > 0] for x in (table, present, per_unit))
    values = table[present]
    twice = per_unit >= 2
    undefined = _why_undefined(table, values, n_pairable=int(twice.sum()))
    observed = expected = value = error = None
    if np.isfinite(values).all() and twice.any():
        classes = _classes(values, categories)
        cells = np.repeat(np.arange(len(table)), per_unit) * len(classes)
        cells += np.searchsorted(classes, values)
        counts = np.bincount(cells, minlength=len(table) * len(classes)).astype(np.float64)
        matrix = _weight_matrix(classes, weights)
        observed, expected, value, error = _ac2(counts.reshape(len(table), -1), matrix)
    return Agreement(
        value=value if undefined is None else None,
        statistic="AC2",
        weights=weights,
        n_units=len(table),
        n_raters=n_raters,
        n_pairable=int(twice.sum()),
        n_ratings=len(values),
        observed=observed,
        expected=expected if undefined is None else None,
        standard_error=error if undefined is None else None,
        undefined=undefined,
    )


def _ac2(counts: Floats, weights: Floats) -> tuple[float, float, float, float | None]:
    """p_a, p_e, AC2 and its standard error (None with one unit) from r_ik, r_i >= 1."""
    n, q = counts.shape
    raters = counts.sum(axis=1)
    twice = raters >= 2
    pairs = np.where(twice, raters * (raters - 1.0), 1.0)
    agreeing = (counts * (counts @ weights - 1.0)).sum(axis=1) * twice / pairs
    observed = float(agreeing[twice].mean())
    shares = (counts / raters[:, None]).mean(axis=0)
    factor = float(weights.sum()) / (q * (q - 1)) if q > 1 else 0.0
    expected = factor * float((shares * (1.0 - shares)).sum())
    value = (observed - expected) / (1.0 - expected)
    if n < MIN_UNITS:
        return observed, expected, value, None
    unit_expected = factor * (counts @ (1.0 - shares)) / raters
    unit_value = (n / twice.sum()) * (agreeing - expected * twice) / (1.0 - expected)
    unit_value -= 2.0 * (1.0 - value) * (unit_expected - expected) / (1.0 - expected)
    error = float(np.sqrt(((unit_value - value) ** 2).sum() / (n * (n - 1.0))))
    return observed, expected, value, error


# --- two raters --------------------------------------------------------------------------


def weighted_kappa(
    a: ArrayLike, b: ArrayLike, weights: Weights, *, categories: Sequence[float] | None = None
) -> Agreement:
    """Cohen's weighted kappa of two raters, or of a judge and people.

    `kappa = (p_o - p_e) / (1 - p_e)`, p_o the mean agreement weight of the pairs given, p_e
    that of all combinations of a's and b's ratings. Weights as in `gwet_ac2`: linear and
    quadratic depend on the class values, so classes nobody used do not change kappa with
    them; they do with `ordinal`. Pairs with a NaN are left out.

    Undefined with fewer than `MIN_UNITS` pairs and where either side is constant: then
    observed and expected agreement are equal by construction, and 0 would say nothing.

    Args:
        a: (n,) ratings of one side, NaN for missing.
        b: (n,) ratings of the other side.
        weights: identity, linear, quadratic or ordinal.
        categories: The classes of the scale; the values that occur if not given.

    Returns:
        Kappa, `n_pairable` being the number of pairs.

    Raises:
        InputError: A rating is none of `categories`.
        ValueError: The lengths differ or `weights` is not known.

    Source: J. Cohen, Weighted kappa (Psychological Bulletin 70, 1968).
    """
    _check_weights(weights)
    left, right, n_units, n_raters = _two(a, b)
    value = observed = expected = undefined = None
    if len(left) < MIN_UNITS:
        undefined = f"too few pairs ({len(left)}, {MIN_UNITS} needed)"
    elif not (np.isfinite(left).all() and np.isfinite(right).all()):
        undefined = "a rating is infinite"
    elif _constant(left) or _constant(right):
        undefined = "constant: one side gave the same rating everywhere"
    else:
        classes = _classes(np.concatenate([left, right]), categories)
        q = len(classes)
        rows, columns = np.searchsorted(classes, left), np.searchsorted(classes, right)
        joint = np.bincount(rows * q + columns, minlength=q * q).reshape(q, q) / len(left)
        matrix = _weight_matrix(classes, weights)
        by_chance = np.outer(joint.sum(axis=1), joint.sum(axis=0))
        observed, expected = float((matrix * joint).sum()), float((matrix * by_chance).sum())
        missed, missed_by_chance = ((1.0 - matrix) * joint).sum(), (1.0 - matrix) * by_chance
        value = 1.0 - float(missed / missed_by_chance.sum())
    return Agreement(
        value=value,
        statistic="weighted kappa",
        weights=weights,
        n_units=n_units,
        n_raters=n_raters,
        n_pairable=len(left),
        n_ratings=2 * len(left),
        observed=observed,
        expected=expected,
        undefined=undefined,
    )


def exact_agreement(a: ArrayLike, b: ArrayLike) -> Agreement:
    """The share of pairs in which both sides gave the same rating.

    Pairs with a NaN are left out. Not corrected for chance: two raters who both always say
    3 agree in full, so a constant side is no reason for a missing value. Undefined only
    where no pair is left.

    Args:
        a: (n,) ratings of one side, NaN for missing.
        b: (n,) ratings of the other side.

    Returns:
        The share as `value` and `observed`; `n_pairable` is the number of pairs.

    Raises:
        ValueError: The lengths differ.
    """
    left, right, n_units, n_raters = _two(a, b)
    share = float((left == right).mean()) if len(left) else None
    return Agreement(
        value=share,
        statistic="exact agreement",
        weights="identity",
        n_units=n_units,
        n_raters=n_raters,
        n_pairable=len(left),
        n_ratings=2 * len(left),
        observed=share,
        undefined=None if len(left) else "too few pairs (0, 1 needed)",
    )


# --- what they share ---------------------------------------------------------------------


def _table(scores: ArrayLike) -> Floats:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"scores must be (n_units, n_raters), not of shape {table.shape}")
    return table


def _two(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats, int, int]:
    """Complete pairs of two sides, then how many units and raters have any rating."""
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if left.ndim != 1 or left.shape != right.shape:
        raise ValueError(f"a and b must be of one length, not {left.shape} and {right.shape}")
    has = ~np.isnan(np.stack([left, right]))
    both = has.all(axis=0)
    return left[both], right[both], int(has.any(axis=0).sum()), int(has.any(axis=1).sum())


def _why_undefined(table: Floats, values: Floats, n_pairable: int | None = None) -> str | None:
    """Why no chance-corrected value can be given for these ratings, or None."""
    present = ~np.isnan(table)
    if n_pairable is None:
        n_pairable = int((present.sum(axis=1) >= 2).sum())
    n_raters = int(present.any(axis=0).sum())
    if n_raters < 2:
        return f"too few raters ({n_raters}, 2 needed)"
    if n_pairable < MIN_UNITS:
        return f"too few units with two ratings ({n_pairable}, {MIN_UNITS} needed)"
    if not np.isfinite(values).all():
        return "a rating is infinite"
    if _constant(values):
        return f"constant: every rating is {values[0]:g}"
    return None


def _constant(values: Floats) -> bool:
    return bool((values == values[0]).all())


def _check_weights(weights: str) -> None:
    if weights not in get_args(Weights):
        raise ValueError(f"weights must be one of {', '.join(get_args(Weights))}, not {weights!r}")


def _classes(values: Floats, categories: Sequence[float] | None) -> Floats:
    """The classes in ascending order; raises where a value is none of them."""
    if categories is None:
        return np.unique(values)
    classes = np.unique(np.asarray(categories, dtype=np.float64))
    strangers = np.setdiff1d(values, classes)
    if len(strangers):
        raise InputError(
            f"A rating of {strangers[0]:g} is not on the scale "
            f"{', '.join(f'{c:g}' for c in classes)}.",
            todo="Correct the rating, or name the scale it was given on.",
        )
    return classes


def _weight_matrix(classes: Floats, weights: Weights) -> Floats:
    """(q, q) weights of agreement, 1 on the diagonal, 0 for the two ends of the scale."""
    q = len(classes)
    if q == 1 or weights == "identity":
        return np.eye(q)
    if weights == "ordinal":
        apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
        return 1.0 - (apart + 1) * apart / (q * (q - 1.0))
    distance: Floats = np.abs(np.subtract.outer(classes, classes)) / (classes[-1] - classes[0])
    return 1.0 - (distance if weights == "linear" else distance**2)
