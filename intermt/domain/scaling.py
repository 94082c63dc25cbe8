"""How a judge gains from seeing more turns: the k x t matrix, its curve, and transfer.

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

from intermt.domain.bootstrap import MIN_CLUSTERS, Interval, times_drawn, wilson_of_clusters
from intermt.domain.correlation import Floats
from intermt.domain.intervals import student_t, too_few
from intermt.domain.preference_head import (
    Booleans,
    Ints,
    Space,
    accuracy_of,
    chosen_by_others,
    credits_of,
    crossed_margins,
    folds_for,
    folds_of,
    why_no_head,
)

N_RESAMPLES = 1000
N_FLIPS = 9999
LEAST_TURNS_FOR_CURVE = 4
_PACES: Floats = np.geomspace(0.25, 40.0, 60)
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


@dataclass(frozen=True, slots=True)
class Curve:
    """The saturating curve `a - b exp(-k / c)` through the cells t > k.

    Each turn has a level of its own; `a` is their mean, weighted by pairs.

    Attributes:
        ceiling: a, what accuracy tends to.
        ceiling_interval: Of a.
        drop: b, how far below the ceiling the curve is at k = 0.
        pace: c, in turns: after c more turns about two thirds of what is missing are gained.
        pace_interval: Of c; where an end is that of the range that was tried, the data set no
            bound there.
        gain: What the last k adds to the first.
        gain_interval: Of that.
        averages: By k the mean of the fitted cells t > k.
    """

    ceiling: float
    ceiling_interval: Interval
    drop: float
    pace: float
    pace_interval: Interval
    gain: float
    gain_interval: Interval
    averages: dict[int, float]

    @property
    def saturates(self) -> bool:
        """Whether the fit found a bend: c is not the largest that was tried."""
        return self.pace < float(_PACES[-1])


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


def curve(
    found: Floats,
    turns: Ints,
    trees: Ints,
    *,
    seed: int,
    confidence: float,
    n_resamples: int = N_RESAMPLES,
) -> Curve | str:
    """The saturating curve with intervals over resampled trees, or why there is none.

    For each pace c of a fixed range the rest is weighted least squares, cells counting by
    their pairs; the c with the least squares is taken. Percentile intervals.
    """
    grid = _Grid.of(found, turns, trees)
    if len(set(grid.k)) < LEAST_TURNS_FOR_CURVE - 1:
        return (
            f"a curve needs judges of {LEAST_TURNS_FOR_CURVE - 1} different numbers of turns, all"
            f" with later turns to be tried on; there are {len(set(grid.k))}"
        )
    n_trees = grid.sums.shape[0]
    if n_trees < MIN_CLUSTERS:
        return f"too few seed trees ({n_trees}, {MIN_CLUSTERS} needed)"
    (point,) = grid.fitted(grid.means(np.ones((1, n_trees))))
    drawn = np.concatenate(
        [
            grid.fitted(grid.means(times[start : start + _BLOCK]))
            for times in times_drawn(n_trees, n_resamples, seed)
            for start in range(0, len(times), _BLOCK)
        ]
    )
    ceiling, drop, pace, gain = (float(x) for x in point)
    ends = [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]
    low, high = np.quantile(drawn, ends, axis=0, method="closest_observation")
    spans = [
        Interval(float(a), float(b), confidence, "percentile", n_trees, n_resamples)
        for a, b in zip(low, high, strict=True)
    ]
    return Curve(ceiling, spans[0], drop, pace, spans[2], gain, spans[3], grid.averages(drop, pace))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The cells t > k and what trees add to them.

    Attributes:
        k: (m,) of each cell.
        t: (m,) likewise.
        sums: (C, m) sum of credits of each tree.
        sizes: (C, m) number of pairs likewise.
    """

    k: Ints
    t: Ints
    sums: Floats
    sizes: Floats

    @classmethod
    def of(cls, found: Floats, turns: Ints, trees: Ints) -> _Grid:
        """The grid; turns that only one judge speaks of teach no curve, but have a level."""
        labels, codes = np.unique(trees, return_inverse=True)
        keys, sums, sizes = [], [], []
        for k, row in enumerate(found, start=1):
            for t in np.unique(turns[turns > k]):
                at = (turns == t) & ~np.isnan(row)
                if at.any():
                    keys.append((k, int(t)))
                    sums.append(np.bincount(codes[at], row[at], minlength=len(labels)))
                    sizes.append(np.bincount(codes[at], minlength=len(labels)))
        cells = np.array(keys, dtype=np.int64).reshape(-1, 2)
        shape = (len(keys), len(labels))
        return cls(
            cells[:, 0],
            cells[:, 1],
            np.array(sums, dtype=np.float64).reshape(shape).T,
            np.array(sizes, dtype=np.float64).reshape(shape).T,
        )

    def means(self, times: Floats) -> tuple[Floats, Floats]:
        """(b, m) means and sizes of the cells where each tree counts so many times."""
        sizes = times @ self.sizes
        return (times @ self.sums) / np.maximum(sizes, 1.0), sizes

    def fitted(self, resampled: tuple[Floats, Floats]) -> Floats:
        """(b, 4): ceiling, drop, pace and gain of each resample.

        With a level for each turn, the slope against x = exp(-k / c) is that of both less
        their means within the turn.
        """
        values, sizes = resampled
        x = np.exp(-self.k[None, :] / _PACES[:, None])
        same = (self.t[:, None] == self.t[None, :]).astype(np.float64)
        per_turn = np.maximum(sizes @ same, 1e-12)
        y_mean = (sizes * values) @ same / per_turn
        x_mean = np.einsum("bm,cm,mj->bcj", sizes, x, same) / per_turn[:, None, :]
        x_off, y_off = x[None] - x_mean, values - y_mean
        squares = np.einsum("bm,bcm->bc", sizes, x_off**2)
        shared = np.einsum("bm,bcm->bc", sizes * y_off, x_off)
        slopes = np.where(squares > 0, shared / np.where(squares > 0, squares, 1.0), 0.0)
        best = np.argmax(slopes * shared, axis=1)
        rows = np.arange(len(values))
        slope, pace = slopes[rows, best], _PACES[best]
        levels = y_mean - slope[:, None] * x_mean[rows, best]
        ceiling = (sizes * levels).sum(axis=1) / np.maximum(sizes.sum(axis=1), 1e-12)
        first, last = float(self.k.min()), float(self.k.max())
        gain = slope * (np.exp(-last / pace) - np.exp(-first / pace))
        return np.stack([ceiling, -slope, pace, gain], axis=1)

    def averages(self, drop: float, pace: float) -> dict[int, float]:
        """By k the mean of the fitted cells t > k."""
        values, sizes = self.means(np.ones((1, len(self.sums))))
        fall = -drop * np.exp(-self.k / pace)
        fitted = np.zeros(len(self.k))
        for t in np.unique(self.t):
            at = self.t == t
            share = sizes[0, at] / sizes[0, at].sum()
            fitted[at] = fall[at] + float((share * (values[0, at] - fall[at])).sum())
        return {int(k): float(fitted[self.k == k].mean()) for k in np.unique(self.k)}


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
