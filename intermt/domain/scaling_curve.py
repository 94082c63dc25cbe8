"""The saturating curve through a k x t matrix: how much a judge still gains from more turns.

Credits are those of `scaling`; its intervals, too, come from sums over seed trees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from intermt.domain.bootstrap import MIN_CLUSTERS, Interval, times_drawn
from intermt.domain.correlation import Floats
from intermt.domain.head_path import Ints

N_RESAMPLES = 1000
LEAST_TURNS_FOR_CURVE = 4
_PACES: Floats = np.geomspace(0.25, 40.0, 60)
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Curve:
    """The saturating curve `a - b exp(-k / c)` through the cells t > k.

    Each turn has a level of its own; `a` is their mean, weighted by pairs.

    Attributes:
        ceiling: a, what accuracy tends to; a number that can be named where `no_ceiling` is "".
        ceiling_interval: Of a, within [0, 1].
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
    def no_ceiling(self) -> str:
        """Why accuracy tends to no ceiling that can be named; "" if it does.

        Nothing holds the fit below 1: a curve that would end above it follows what is all but
        a straight line, and bending it by force would invent a ceiling.
        """
        if self.pace >= float(_PACES[-1]):
            return "no bend within the data: of the curves tried the straightest fits best"
        if self.ceiling > 1.0:
            return (
                f"the curve that fits best would end at {self.ceiling:.2f}, and no accuracy is"
                " above 1"
            )
        return ""


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
    # What no accuracy can be, or gain, is cut off: the rest holds the truth as often.
    top, gained = _within(spans[0], 0.0, 1.0), _within(spans[3], -1.0, 1.0)
    return Curve(ceiling, top, drop, pace, spans[2], gain, gained, grid.averages(drop, pace))


def _within(interval: Interval, least: float, most: float) -> Interval:
    """The part of an interval that lies between two numbers."""
    assert interval.low is not None
    assert interval.high is not None
    low, high = np.clip((interval.low, interval.high), least, most)
    return replace(interval, low=float(low), high=float(high))


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
