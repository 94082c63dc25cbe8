"""How a judge gains from seeing more turns: the k x t matrix, its trend, and transfer.

`credits` are what all figures rest on: (K, n), for each pair whether the judge of the first k
turns names its winner (1, 0, or 1/2 for neither), averaged over repeats; NaN where that judge
says nothing of the pair. Intervals come from sums over seed trees, as pairs of one tree are
alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intermt.domain.bootstrap import MIN_CLUSTERS, Interval, wilson_of_clusters
from intermt.domain.correlation import Floats
from intermt.domain.head_path import Ints, Space
from intermt.domain.intervals import student_t, too_few
from intermt.domain.preference_head import (
    Booleans,
    accuracy_of,
    chosen_by_others,
    credits_of,
    crossed_margins,
    folds_for,
    folds_of,
    why_no_head,
)

N_FLIPS = 9999
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs in the space of their features.

    Attributes:
        coordinates: (n, r).
        targets: (n,) share of votes for the side whose features come first.
        turns: (n,) turn of the answers, or number of turns of the conversations.
        trees: (n,) number of the seed tree.
    """

    coordinates: Floats
    targets: Floats
    turns: Ints
    trees: Ints


@dataclass(frozen=True, slots=True)
class Cell:
    """How often the judge of the first k turns is right about pairs of turn t.

    Attributes:
        n: Pairs with a winner that it says something of.
        n_trees: Seed trees they come from.
        accuracy: Share of them, averaged over repeats.
        interval: Of that share.
    """

    k: int
    t: int
    n: int
    n_trees: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Average:
    """How often the judge of the first k turns is right about later turns.

    Attributes:
        n: Pairs of later turns with a winner.
        n_trees: Seed trees they come from.
        accuracy: The mean over cells t > k, each turn counting once.
        interval: Of that mean.
    """

    k: int
    n: int
    n_trees: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Trend:
    """What one more turn to learn from adds, on the same pairs.

    Attributes:
        slope: Accuracy per turn, within turns: no turn is compared with another.
        interval: Of the slope.
        p_value: How likely a slope as far from 0 is where more turns add nothing: the share of
            random flips of the signs of all trees that give one.
        n: Pairs that two judges or more speak of.
        n_trees: Seed trees they come from.
    """

    slope: float
    interval: Interval
    p_value: float
    n: int
    n_trees: int

    def rises(self, confidence: float) -> bool:
        """Whether a line that rises is better than a flat one."""
        return self.slope > 0 and self.p_value <= 1.0 - confidence

    def falls(self, confidence: float) -> bool:
        """Whether a line that falls is better than a flat one."""
        return self.slope < 0 and self.p_value <= 1.0 - confidence


# --- heads on the first k turns ----------------------------------------------------------


def head_credits(
    space: Space,
    pairs: Pairs,
    trained: Booleans,
    *,
    repeats: int,
    seed: int,
    most: int | None = None,
) -> Floats:
    """(n,) credits of heads that may learn from some pairs, each judged by heads of other trees.

    Every repeat splits the trees into folds anew and fits one head a fold, so that each pair
    is judged once a repeat, never by a head that saw its tree. NaN everywhere where no head
    can be fitted.

    Args:
        space: The space.
        pairs: All pairs.
        trained: (n,) those that heads may learn from.
        repeats: How often.
        seed: Makes other folds.
        most: Most pairs to learn from, drawn anew for every repeat; None for all.
    """
    total = np.zeros(len(pairs.targets))
    if why_no_head(pairs.coordinates[trained], pairs.targets[trained], pairs.trees[trained]):
        return np.full(len(total), np.nan)
    for repeat in range(repeats):
        folds = folds_of(pairs.trees, seed + repeat)
        used = trained
        if most is not None and trained.sum() > most:
            dice = np.random.default_rng([seed + repeat, most])
            used = np.zeros(len(total), dtype=np.bool_)
            used[dice.choice(np.flatnonzero(trained), most, replace=False)] = True
        margins = crossed_margins(space, pairs.coordinates, pairs.targets, folds, used)
        chosen = chosen_by_others(margins, pairs.targets, folds, used)
        total += credits_of(chosen, pairs.targets)
    return total / repeats


# --- figures -----------------------------------------------------------------------------


def matrix(
    found: Floats, turns: Ints, trees: Ints, confidence: float, n_folds: int = 0
) -> list[Cell]:
    """The cells k <= t that have a pair, by k and t; k is 1 for the first row of `found`.

    Cells k = t of heads, which learnt from other pairs of the same cell, need the number of
    folds, see `accuracy_of`.
    """
    cells = []
    for k, row in enumerate(found, start=1):
        for t in np.unique(turns[turns >= k]):
            at = turns == t
            if np.isnan(row[at]).all():
                continue
            seen = accuracy_of(row[at], trees[at], confidence, n_folds if t == k else 0)
            cells.append(Cell(k, int(t), seen.n, seen.n_groups, seen.value, seen.interval))
    return cells


def averages(found: Floats, turns: Ints, trees: Ints, confidence: float) -> list[Average]:
    """Of each k the mean accuracy over the turns after it; none where there is no such turn.

    The standard error is that of a sum of cell means, by tree; the interval is Wilson's with
    as many cases as have this error.
    """
    rows = []
    for k, row in enumerate(found, start=1):
        at = (turns > k) & ~np.isnan(row)
        n = int(at.sum())
        if not n:
            continue
        later, codes, sizes = np.unique(turns[at], return_inverse=True, return_counts=True)
        means = np.bincount(codes, row[at]) / sizes
        share = float(means.mean())
        parts = (row[at] - means[codes]) / (sizes[codes] * len(later))
        error, n_trees = _error_of_sum(parts, trees[at])
        interval = wilson_of_clusters(share, n, error, confidence)
        rows.append(Average(k, n, n_trees, share, interval))
    return rows


def trend(found: Floats, turns: Ints, trees: Ints, *, seed: int, confidence: float) -> Trend | None:
    """What one more turn adds; None where no turn has two judges or more.

    `slope = sum_i sum_k (k - mean k) credit_ik / sum_i sum_k (k - mean k)^2` over the pairs i
    and the k < t that say something of it: least squares with a level for each pair.
    """
    steps = np.arange(1, len(found) + 1, dtype=np.float64)[:, None]
    used = (steps < turns[None, :]) & ~np.isnan(found)
    n_judges = used.sum(axis=0)
    several = n_judges >= 2
    if not several.any():
        return None
    used, judged = used[:, several], np.nan_to_num(found[:, several])
    centred = np.where(used, steps - (steps * used).sum(axis=0) / n_judges[several], 0.0)
    parts = (centred * judged).sum(axis=0) / float((centred**2).sum())
    labels, codes = np.unique(trees[several], return_inverse=True)
    by_tree: Floats = np.bincount(codes, parts).astype(np.float64)
    slope, n_trees = float(parts.sum()), len(labels)
    if n_trees < MIN_CLUSTERS:
        return Trend(slope, too_few(n_trees, confidence), 1.0, int(several.sum()), n_trees)
    spread = by_tree - slope / n_trees
    error = math.sqrt(float((spread**2).sum()) * n_trees / (n_trees - 1))
    reach = student_t((1.0 + confidence) / 2.0, n_trees - 1) * error
    interval = Interval(slope - reach, slope + reach, confidence, "student", n_trees)
    return Trend(slope, interval, _flipped(by_tree, seed), int(several.sum()), n_trees)


# --- transfer ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transfer:
    """How often heads trained on one kind of pair are right about another kind.

    Attributes:
        trained: Number of the kind they learnt from.
        tested: Number of the kind they are tried on.
        n_trained: Pairs they may learn from.
        n: Pairs with a winner they are tried on.
        n_trees: Seed trees these come from.
        accuracy: Share of them, averaged over repeats.
        interval: Of that share.
    """

    trained: int
    tested: int
    n_trained: int
    n: int
    n_trees: int
    accuracy: float
    interval: Interval


def transfers(
    space: Space, pairs: Pairs, kinds: Ints, *, repeats: int, seed: int, confidence: float
) -> list[Transfer]:
    """Every kind learnt from, tried on every kind; trees are kept apart as ever."""
    rows = []
    known: Sequence[int] = [int(kind) for kind in np.unique(kinds)]
    for learnt in known:
        trained = kinds == learnt
        found = head_credits(space, pairs, trained, repeats=repeats, seed=seed)
        for tried in known:
            at = kinds == tried
            if np.isnan(found[at]).all():
                continue
            n_folds = folds_for(pairs.trees) if tried == learnt else 0
            seen = accuracy_of(found[at], pairs.trees[at], confidence, n_folds)
            n_trained = int(trained.sum())
            rows.append(
                Transfer(learnt, tried, n_trained, seen.n, seen.n_groups, seen.value, seen.interval)
            )
    return rows


def _error_of_sum(parts: Floats, trees: Ints) -> tuple[float | None, int]:
    """The standard error of a sum of parts whose expectation is 0, by tree; number of trees."""
    _, codes = np.unique(trees, return_inverse=True)
    sums = np.bincount(codes, parts)
    n = len(sums)
    if n < MIN_CLUSTERS:
        return None, n
    return math.sqrt(float((sums**2).sum()) * n / (n - 1)), n


def _flipped(by_tree: Floats, seed: int) -> float:
    """The share of random sign flips whose sum is as far from 0 as the sum itself."""
    # Sums that are equal but for rounding are as far.
    least = abs(float(by_tree.sum())) - 1e-9 * float(np.abs(by_tree).sum())
    generator = np.random.default_rng(seed)
    n_far = 0
    for start in range(0, N_FLIPS, _BLOCK):
        size = (min(_BLOCK, N_FLIPS - start), len(by_tree))
        signs = generator.integers(0, 2, size=size) * 2.0 - 1.0
        n_far += int((np.abs(signs @ by_tree) >= least).sum())
    return (1 + n_far) / (1 + N_FLIPS)
