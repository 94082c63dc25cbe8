"""Pearson, Spearman and Kendall's tau-b, with their missing values stated.

Agrees with scipy.stats to 1e-9 without importing it. A constant side or fewer than
`MIN_PAIRS` pairs has no correlation: `value` is None and `undefined` says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_PAIRS = 3
"""Fewest pairs: two points that differ always correlate by exactly 1 or -1."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation coefficient and what it rests on.

    Attributes:
        value: From -1 to 1; None where `undefined` says why.
        n: Pairs in which neither side is missing.
        undefined: Why there is no value; None if there is one.
    """

    value: float | None
    n: int
    undefined: str | None = None


def pearson(x: ArrayLike, y: ArrayLike, names: tuple[str, str] = ("x", "y")) -> Correlation:
    """Pearson's product-moment correlation.

    `r = sum (x - mx)(y - my) / sqrt(sum (x - mx)^2 * sum (y - my)^2)`, computed on values
    scaled and shifted first, so that neither a huge common offset nor a huge range costs
    digits. Pairs with a NaN are left out. Undefined with fewer than `MIN_PAIRS` pairs, a
    constant side or an infinite value.

    Args:
        x: (n,) numbers, NaN for missing.
        y: (n,) numbers, NaN for missing.
        names: What to call the two sides where one of them is constant.

    Returns:
        r and the number of pairs.

    Raises:
        ValueError: The lengths differ.

    Source: K. Pearson (1895).

    >>> round(pearson([0, 1, 2, 3], [1, 1, 3, 3]).value, 4)
    0.8944
    """
    x, y, undefined = _pairs(x, y, names)
    if undefined is None and not (np.isfinite(x).all() and np.isfinite(y).all()):
        undefined = "a value is infinite"
    value = None if undefined else _product_moment(x, y)
    return Correlation(value, len(x), undefined)


def spearman(x: ArrayLike, y: ArrayLike, names: tuple[str, str] = ("x", "y")) -> Correlation:
    """Spearman's rank correlation: Pearson's of the ranks.

    Equal values share the mean of their ranks. Missing values and undefined states as in
    `pearson`, but infinite values have a rank like any other.

    Source: C. Spearman (1904).
    """
    x, y, undefined = _pairs(x, y, names)
    value = None if undefined else _product_moment(mid_ranks(x), mid_ranks(y))
    return Correlation(value, len(x), undefined)


def kendall_tau_b(x: ArrayLike, y: ArrayLike, names: tuple[str, str] = ("x", "y")) -> Correlation:
    """Kendall's tau-b, the rank correlation that allows for ties on both sides.

    `tau_b = (C - D) / sqrt((n0 - n1)(n0 - n2))` with C concordant and D discordant pairs,
    n0 = n (n - 1) / 2, n1 and n2 the pairs tied in x and in y. Counts are exact integers.
    Discordant pairs are counted while merge-sorting (n log n). Missing values and
    undefined states as in `spearman`.

    Source: M. G. Kendall, The treatment of ties in ranking problems (1945);
    W. R. Knight, A computer method for calculating Kendall's tau (1966).
    """
    x, y, undefined = _pairs(x, y, names)
    if undefined is not None:
        return Correlation(None, len(x), undefined)
    _, ranks_x, ties_x = np.unique(x, return_inverse=True, return_counts=True)
    _, ranks_y, ties_y = np.unique(y, return_inverse=True, return_counts=True)
    joint = ranks_x * len(ties_y) + ranks_y
    _, ties_both = np.unique(joint, return_counts=True)
    n_pairs = len(x) * (len(x) - 1) // 2
    tied_x, tied_y, tied_both = (_n_pairs(ties) for ties in (ties_x, ties_y, ties_both))
    # Within equal x the y ascend, so pairs tied in x are never counted as discordant.
    discordant = _inversions(ranks_y[np.argsort(joint)])
    concordant = n_pairs - tied_x - tied_y + tied_both - discordant
    tau = (concordant - discordant) / math.sqrt(n_pairs - tied_x) / math.sqrt(n_pairs - tied_y)
    return Correlation(max(-1.0, min(1.0, tau)), len(x))


def mid_ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of the ranks they cover."""
    found, codes = numbered(values)
    counts = np.bincount(codes, minlength=len(found))
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2.0)[codes]
    return ranks


def numbered(values: Floats) -> tuple[Floats, Ints]:
    """The different values in ascending order, and the 0-based number of each one given."""
    # Looking few different ones up takes a fraction of the time of sorting all.
    found = np.unique(values)
    return found, np.searchsorted(found, values).astype(np.int64)


def _pairs(
    x: ArrayLike, y: ArrayLike, names: tuple[str, str] = ("x", "y")
) -> tuple[Floats, Floats, str | None]:
    """The complete pairs, and why they have no correlation, if they have none."""
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if left.ndim != 1 or left.shape != right.shape:
        raise ValueError(f"x and y must be of one length, not {left.shape} and {right.shape}")
    both = ~(np.isnan(left) | np.isnan(right))
    left, right = left[both], right[both]
    if len(left) < MIN_PAIRS:
        return left, right, f"too few pairs ({len(left)}, {MIN_PAIRS} needed)"
    constant = [side for side, v in zip(names, (left, right), strict=True) if (v == v[0]).all()]
    return left, right, f"constant: {' and '.join(constant)}" if constant else None


def _product_moment(x: Floats, y: Floats) -> float:
    """Pearson's r of finite values that are not constant."""
    x, y = centred(x), centred(y)
    r = float(np.dot(x, y)) / math.sqrt(float(np.dot(x, x))) / math.sqrt(float(np.dot(y, y)))
    return max(-1.0, min(1.0, r))


def centred(values: Floats) -> Floats:
    """Finite values less their mean, in a unit that makes the largest of the order of 1."""
    # Powers of two and the first value take out scale and offset without rounding.
    values = _to_order_one(values)
    values = _to_order_one(values - values[0])
    centred: Floats = values - values.mean()
    return centred


def _to_order_one(values: Floats) -> Floats:
    """Values times the power of two that brings the largest into [0.25, 0.5)."""
    _, exponent = np.frexp(np.abs(values).max())
    scaled: Floats = np.ldexp(values, -int(exponent) - 1)
    return scaled


def _n_pairs(counts: Ints) -> int:
    """How many pairs groups of these sizes hold."""
    return int((counts * (counts - 1) // 2).sum())


def _inversions(ranks: Ints) -> int:
    """Pairs i < j with ranks[i] > ranks[j], counted while merge-sorting.

    Merging two sorted halves moves an element of the right half forward by as many places
    as the left half holds elements greater than it.
    """
    place = np.arange(len(ranks), dtype=np.int64)
    span = int(ranks.max()) + 1
    total, width = 0, 1
    while width < len(ranks):
        width *= 2
        order = np.argsort(place // width * span + ranks, kind="stable")
        forward = order - place
        total += int(forward[forward > 0].sum())
        ranks = ranks[order]
    return total
