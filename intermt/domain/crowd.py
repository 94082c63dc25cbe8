"""Labels of many raters on many things, by number: what the crowd models read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intermt.domain.correlation import Floats, Ints

SMALLEST = 1e-10
"""Probabilities stay this far from 0 and 1, so that one contradiction never rules out all."""


@dataclass(frozen=True, slots=True)
class CrowdLabels:
    """Who labelled what and how.

    Attributes:
        units: (n,) 0-based things.
        raters: (n,) 0-based raters; each labels a thing once at most.
        labels: (n,) 0-based classes of the thing's scale.
        n_raters: How many raters there are, those without labels included.
        scales: (n_units,) which scale each thing is labelled on.
        n_classes: How many classes each scale has, two or more.
    """

    units: Ints
    raters: Ints
    labels: Ints
    n_raters: int
    scales: Ints
    n_classes: tuple[int, ...]

    @property
    def n_units(self) -> int:
        """How many things there are, those without labels included."""
        return len(self.scales)

    @property
    def width(self) -> int:
        """Classes of the largest scale."""
        return max(self.n_classes)

    def kept(self, rows: NDArray[np.bool_] | Ints) -> CrowdLabels:
        """The same raters and things with some of the labels, or in another order."""
        return CrowdLabels(
            self.units[rows],
            self.raters[rows],
            self.labels[rows],
            self.n_raters,
            self.scales,
            self.n_classes,
        )


def crowd_labels(
    units: ArrayLike,
    raters: ArrayLike,
    labels: ArrayLike,
    n_classes: int | tuple[int, ...],
    *,
    scales: ArrayLike | None = None,
    n_units: int | None = None,
    n_raters: int | None = None,
) -> CrowdLabels:
    """Checked labels; all on one scale unless `scales` says which scale each thing has.

    Raises:
        ValueError: Lengths differ, a number is out of range, a scale has fewer than two
            classes, or a rater labelled a thing twice.
    """
    us, rs, ls = (np.asarray(x, dtype=np.int64).reshape(-1) for x in (units, raters, labels))
    if not len(us) == len(rs) == len(ls):
        raise ValueError("units, raters and labels must be of one length")
    sizes = (n_classes,) if isinstance(n_classes, int) else n_classes
    n_things = int(us.max(initial=-1)) + 1 if n_units is None else n_units
    n_people = int(rs.max(initial=-1)) + 1 if n_raters is None else n_raters
    on = np.zeros(n_things, np.int64) if scales is None else np.asarray(scales, dtype=np.int64)
    if not sizes or min(sizes) < 2:
        raise ValueError(f"a scale has two classes or more, not {min(sizes, default=0)}")
    if len(on) < n_things or (len(on) and not 0 <= on.min() <= on.max() < len(sizes)):
        raise ValueError("every thing needs one of the scales")
    if len(us):
        inside = us.min() >= 0 and us.max() < len(on)
        classes = np.asarray(sizes)[on[us]] if inside else us * 0
        if rs.min() < 0 or rs.max() >= n_people or ls.min() < 0 or (ls >= classes).any():
            raise ValueError("a unit, rater or label is out of range")
        keys = np.sort(us * n_people + rs)
        if (keys[1:] == keys[:-1]).any():
            raise ValueError("a rater labelled a thing twice")
    return CrowdLabels(us, rs, ls, n_people, on, sizes)


def vote_shares(crowd: CrowdLabels) -> Floats:
    """(n_units, width) share of each thing's raters that chose each class; 0 without any."""
    counts = np.bincount(
        crowd.units * crowd.width + crowd.labels, minlength=crowd.n_units * crowd.width
    ).reshape(crowd.n_units, crowd.width)
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def shared(crowd: CrowdLabels) -> NDArray[np.bool_]:
    """(n,) whether somebody else labelled the same thing."""
    several: NDArray[np.bool_] = np.bincount(crowd.units, minlength=crowd.n_units)[crowd.units] > 1
    return several


def why_not_told(crowd: CrowdLabels) -> list[str | None]:
    """Why each rater's competence cannot be told from these labels; None where it can.

    What two raters' labels show is how often the two agree, one figure for two unknowns.
    Three who meet pairwise give three figures for three unknowns, and so on: the competences
    of raters linked by common things are determined where their links contain a ring of odd
    length, and never where they do not (two alone, a chain, a ring of four).
    """
    met = crowd.kept(shared(crowd))
    order = np.lexsort((met.raters, met.units))
    units, raters = met.units[order], met.raters[order]
    same = units[1:] == units[:-1]
    links = np.unique(raters[:-1][same] * crowd.n_raters + raters[1:][same])
    neighbours: list[list[int]] = [[] for _ in range(crowd.n_raters)]
    for x, y in zip(*divmod(links, max(crowd.n_raters, 1)), strict=True):
        neighbours[x].append(int(y))
        neighbours[y].append(int(x))
    crowded = np.zeros(crowd.n_raters, dtype=bool)
    crowded[raters[np.bincount(units, minlength=1)[units] > 2]] = True
    component = np.full(crowd.n_raters, -1)
    odd: list[bool] = []
    for first in range(crowd.n_raters):
        if component[first] < 0:
            members, ring = _coloured(first, neighbours)
            component[members] = len(odd)
            odd.append(ring or bool(crowded[members].any()))
    varied = _varied(met, component)
    told = []
    for rater, number in enumerate(component):
        why = None
        if not neighbours[rater]:
            why = "nobody else labelled the same things"
        elif not varied[number]:
            why = "constant: all who labelled the same things gave one label"
        elif not odd[number]:
            why = "not determined: these raters meet in no ring of three (or five, seven, ...)"
        told.append(why)
    return told


def _coloured(first: int, neighbours: list[list[int]]) -> tuple[list[int], bool]:
    """All who are linked to a rater, and whether their links hold a ring of odd length."""
    colour = {first: False}
    waiting, odd = [first], False
    while waiting:
        here = waiting.pop()
        for there in neighbours[here]:
            if there not in colour:
                colour[there] = not colour[here]
                waiting.append(there)
            odd = odd or colour[there] == colour[here]
    return list(colour), odd


def _varied(met: CrowdLabels, component: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the labels of each set of linked raters differ on any scale."""
    varied = np.zeros(int(component.max(initial=-1)) + 1, dtype=bool)
    n_scales = len(met.n_classes)
    place = component[met.raters] * n_scales + met.scales[met.units]
    given = np.unique(place * met.width + met.labels) // met.width
    places, n_labels = np.unique(given, return_counts=True)
    varied[places[n_labels > 1] // n_scales] = True
    return varied
