"""A Bradley-Terry head: which of two answers people prefer, from the difference of features.

`P(a before b) = 1 / (1 + exp(-w . (x_a - x_b)))`, without an intercept, so that swapping the
sides turns every probability p into 1 - p. The target of a pair is the share of votes for a,
a tie counting as half a win for either side; the loss of a pair is its cross-entropy, and a
head minimises `mean loss + ridge / 2 * |w|^2` over standardised features.

Source: R. A. Bradley and M. E. Terry, Rank analysis of incomplete block designs (Biometrika 39,
1952); half wins for ties: W. N. Glenn and H. A. David, Ties in paired-comparison experiments
(Biometrics 16, 1960).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intermt.domain.bootstrap import (
    Interval,
    cluster_codes,
    clustered_standard_error,
    wilson_of_clusters,
)
from intermt.domain.correlation import Floats
from intermt.domain.head_path import RIDGES, Ints, Space, cross_entropy, fit_path

Booleans = NDArray[np.bool_]

MIN_PAIRS = 10
"""Fewest pairs with a winner that a head is fitted to."""
N_FOLDS = 5
_FAR_OFF = 0.05


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often a head is right about pairs that it was not fitted to.

    Attributes:
        n: Pairs with a winner.
        n_groups: Groups they come from.
        value: Share of them where it names the winner; a difference of exactly 0 counts half.
        interval: Wilson's, for cases that come in groups.
    """

    n: int
    n_groups: int
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Head:
    """A fitted head.

    Attributes:
        weights: (d,) on features divided by `Space.scale`.
        ridge: The ridge it was fitted with.
        n_pairs: Pairs it was fitted to.
        n_ties: Those of them that nobody won.
        n_groups: Groups they come from.
        n_folds: Folds of the cross-validation.
        log_loss: Mean cross-entropy on pairs of other folds, at this ridge.
        accuracy: The same for being right; the ridge for a fold is chosen on the other folds.
    """

    weights: Floats
    ridge: float
    n_pairs: int
    n_ties: int
    n_groups: int
    n_folds: int
    log_loss: float
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class NoHead:
    """Why there is no head."""

    why: str


def why_no_head(coordinates: Floats, targets: Floats, groups: Ints) -> str:
    """Why no head can be fitted to these pairs; "" if one can."""
    if len(targets) == 0:
        return "no pairs"
    n_decided = int((targets != 0.5).sum())
    if n_decided == 0:
        return f"all {len(targets)} pairs are ties"
    if n_decided < MIN_PAIRS:
        return f"too few pairs with a winner ({n_decided}, {MIN_PAIRS} needed)"
    if len(np.unique(groups)) < 2:
        return "all pairs come from one seed tree; two are needed to choose the ridge"
    if not np.any(coordinates):
        return "the two sides of every pair have the same embedding"
    return ""


def fit_head(
    space: Space,
    coordinates: Floats,
    targets: ArrayLike,
    groups: ArrayLike,
    *,
    seed: int = 0,
    confidence: float = 0.95,
) -> Head | NoHead:
    """The head of some pairs, its ridge chosen by grouped cross-validation.

    Of `RIDGES` the one with the least mean loss on pairs of other folds; of equal ones the
    strongest. The same arguments give the same head; the order of the pairs does not count.

    Args:
        space: The space.
        coordinates: (n, r) differences in it.
        targets: (n,) share of votes for a, ties counting half.
        groups: (n,) labels; pairs of one group are never on both sides of a fold.
        seed: Makes other folds.
        confidence: Of the interval of the accuracy.
    """
    wanted = np.asarray(targets, dtype=np.float64)
    codes, n_groups = cluster_codes(groups)
    if why := why_no_head(coordinates, wanted, codes):
        return NoHead(why)
    folds = folds_of(codes, seed)
    n_folds = int(folds.max()) + 1
    margins = crossed_margins(space, coordinates, wanted, folds)
    losses = cross_entropy(margins, wanted).mean(axis=1)
    best = int(np.argmin(losses))
    *_, weights = fit_path(space, coordinates, wanted, ridges=RIDGES[: best + 1], exact=True)
    credit = credits_of(chosen_by_others(margins, wanted, folds), wanted)
    return Head(
        weights=space.axes @ weights,
        ridge=RIDGES[best] * space.unit,
        n_pairs=len(wanted),
        n_ties=int((wanted == 0.5).sum()),
        n_groups=n_groups,
        n_folds=n_folds,
        log_loss=float(losses[best]),
        accuracy=accuracy_of(credit, codes, confidence, n_folds),
    )


def folds_of(groups: Ints, seed: int) -> Ints:
    """(n,) the fold of each pair; whole groups, in folds of about as many pairs each.

    Groups are shuffled, then each goes to the fold that has the fewest pairs so far.
    """
    labels, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    filled = np.zeros(folds_for(groups), dtype=np.int64)
    fold_of = np.zeros(len(labels), dtype=np.int64)
    for group in order:
        fold_of[group] = int(np.argmin(filled))
        filled[fold_of[group]] += sizes[group]
    return fold_of[codes]


def folds_for(groups: Ints) -> int:
    """How many folds these groups make."""
    return min(N_FOLDS, len(np.unique(groups)))


def crossed_margins(
    space: Space,
    coordinates: Floats,
    targets: Floats,
    folds: Ints,
    trained: Booleans | None = None,
) -> Floats:
    """(ridges, n) what heads say of each pair that were fitted to pairs of other folds.

    Args:
        space: The space.
        coordinates: (n, r) differences in it.
        targets: (n,) share of votes for a.
        folds: (n,) the fold of each pair.
        trained: (n,) pairs that heads may be fitted to; None for all. NaN stands in the
            margins of a fold where there is no such pair in the others.

    Once the loss on the fold is far above its least, weaker ridges are not tried: what the
    last one says stands for theirs.
    """
    usable = np.ones(len(targets), dtype=np.bool_) if trained is None else trained
    margins = np.full((len(RIDGES), len(targets)), np.nan)
    for fold in range(int(folds.max()) + 1):
        apart = folds == fold
        rows = usable & ~apart
        if not rows.any():
            continue
        held = coordinates[apart]
        watched = usable[apart]
        least = np.inf
        for place, weights in enumerate(fit_path(space, coordinates[rows], targets[rows])):
            said = held @ weights
            margins[place:, apart] = said
            if watched.any():
                loss = float(cross_entropy(said, targets[apart])[watched].mean())
                least = min(least, loss)
                if loss > least + _FAR_OFF:
                    break
    return margins


def chosen_by_others(
    margins: Floats, targets: Floats, folds: Ints, trained: Booleans | None = None
) -> Floats:
    """(n,) of each pair the margin at the ridge that is best on the other folds.

    So no pair has a part in choosing the ridge by which it is judged. Only pairs that heads
    may be fitted to count towards the choice.
    """
    n_folds = int(folds.max()) + 1
    rated = ~np.isnan(margins[0]) & (True if trained is None else trained)
    loss = np.where(rated, cross_entropy(margins, targets), 0.0)
    sums = np.stack([loss[:, folds == fold].sum(axis=1) for fold in range(n_folds)])
    best = np.argmin(sums.sum(axis=0) - sums, axis=1)
    picked: Floats = margins[best[folds], np.arange(len(targets))]
    return picked


def credits_of(margins: Floats, targets: Floats) -> Floats:
    """(n,) 1 where the margin names the winner, 0 where the other, 1/2 where it is 0.

    NaN where nobody won and where there is no margin.
    """
    right = np.where(margins == 0, 0.5, (margins > 0) == (targets > 0.5))
    return np.where((targets == 0.5) | np.isnan(margins), np.nan, right)


def accuracy_of(credit: Floats, groups: Ints, confidence: float, n_folds: int = 0) -> Accuracy:
    """The mean of the credits that are not NaN, with an interval over groups.

    Args:
        credit: (n,) see `credits_of`.
        groups: (n,) the group of each pair.
        confidence: Nominal coverage.
        n_folds: Where heads learnt from the outcomes of other pairs among these, the number
            of folds: then outcomes of two folds are not independent, each having had a part in
            the heads that judge the other. The variance is taken `1 + K / (K - 1)` times, as
            by C. Nadeau and Y. Bengio, Inference for the generalization error (Machine
            Learning 52, 2003), which errs on the wide side.
    """
    rated = ~np.isnan(credit)
    values, codes = credit[rated], groups[rated]
    n = len(values)
    share = float(values.mean()) if n else float("nan")
    error = clustered_standard_error(values, codes).value
    if error is not None and n_folds > 1:
        error *= math.sqrt(1.0 + n_folds / (n_folds - 1))
    interval = wilson_of_clusters(share if n else 0.0, n, error, confidence)
    return Accuracy(n, len(np.unique(codes)), share, interval)
