"""How one number goes with another, bin by bin: calibration of judges against people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from intermt.domain.figures import Case, Resampling, figure_of
from intermt.domain.measures import Mean

N_GROUPS = 5
"""Bins of a judge whose scores are on no common scale, with about as many items in each."""

AGREEMENT_EDGES = (0.0, 0.6, 0.7, 0.8, 0.9, 1.0, math.inf)
"""Bins of the share of people on the winning side; all of them is a bin of its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read off one item.

    Attributes:
        x: What items are binned by.
        y: What is averaged.
        cluster: The conversation or seed question the item belongs to.
    """

    x: float
    y: float
    cluster: str


@dataclass(frozen=True, slots=True)
class Bin:
    """The items of one bin.

    Attributes:
        x: Their mean x.
        y: Their mean y.
        low: Lower end of the interval of y; None where `undefined` says why.
        high: Upper end.
        n: Items.
        n_clusters: Clusters they come from.
        undefined: Why there is no interval; None if there is one.
    """

    x: float
    y: float
    low: float | None
    high: float | None
    n: int
    n_clusters: int
    undefined: str | None


def binned(
    readings: Sequence[Reading],
    edges: Sequence[float],
    resampling: Resampling,
    *,
    is_share: bool = False,
) -> tuple[Bin, ...]:
    """The bins between neighbouring edges that have items, in order.

    A bin holds what is at least its lower and below its upper edge; items outside all bins are
    left out. Intervals are those of figures: a bootstrap over clusters.

    Args:
        readings: The items.
        edges: From the lowest on.
        resampling: How intervals are made.
        is_share: Whether y is a share of an item's replies.
    """
    bins = []
    for lower, upper in pairwise(edges):
        inside = [reading for reading in readings if lower <= reading.x < upper]
        if not inside:
            continue
        cases = [Case(reading.cluster, 1, 1, (reading.y,)) for reading in inside]
        mean = figure_of(Mean(is_share=is_share), cases, resampling)
        assert mean.value is not None
        x = math.fsum(reading.x for reading in inside) / len(inside)
        bins.append(
            Bin(x, mean.value, mean.low, mean.high, mean.n, mean.n_clusters, mean.undefined)
        )
    return tuple(bins)


def score_edges(values: Sequence[float], scale: range | None) -> tuple[float, ...]:
    """Edges for a judge's scores: around each score of the scale, or groups of like size.

    Without a scale the values are cut into `N_GROUPS` groups, equal ones staying together.
    """
    if scale is not None:
        return tuple(score - 0.5 for score in (*scale, scale[-1] + 1))
    cuts = np.quantile(np.array(values), np.linspace(0.0, 1.0, N_GROUPS + 1)[:-1])
    return (*sorted(set(cuts.tolist())), math.inf)
