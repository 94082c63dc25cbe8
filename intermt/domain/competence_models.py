"""The models of a crowd's competence, and one round of EM in each.

`competence.competences` says what they assume, and fits them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from intermt.domain.bootstrap import cluster_codes, distinct
from intermt.domain.correlation import Floats, Ints
from intermt.domain.crowd import SMALLEST, CrowdLabels


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is estimated.

    Attributes:
        theta: (n_raters,) competence.
        spread: One-coin: (n_scales, width) how often each class is true. MACE: (n_raters,
            n_scales, width) what each rater answers out of habit.
    """

    theta: Floats
    spread: Floats


@dataclass(frozen=True, slots=True)
class _Part:
    """The labels on one scale.

    Attributes:
        things: (n_units,) the things that have any.
        kept: (n_units,) 1, or 0 for a thing that is left out.
        truths: (n,) place of each label in a table of (width, n_units): sums over the few
            classes are then sums of long rows.
        places: (n,) its place in a table of (n_raters, width).
    """

    things: Ints
    kept: Floats
    truths: Ints
    places: Ints


class CompetenceModel(ABC):
    """One round of EM on given labels.

    What a label says about the truth depends on its rater, scale and class alone, so both
    models read and write tables of (n_raters, n_scales, width). They go through the labels
    scale by scale: less of it at once is much faster.
    """

    def __init__(self, crowd: CrowdLabels, smoothing: float) -> None:
        self.smoothing = smoothing
        self.shape = crowd.n_raters, len(crowd.n_classes), crowd.width
        self.sizes = np.asarray(crowd.n_classes, dtype=np.float64)
        self.on = (np.arange(crowd.width) < self.sizes[:, None]).astype(np.float64)
        scales = crowd.scales[crowd.units]
        self._take([_part(crowd, scales == scale) for scale in range(self.shape[1])])

    def without(self, things: NDArray[np.bool_]) -> Self:
        """The same model where some things are left out.

        Args:
            things: (n_units,) which of the crowd's things.
        """
        rest = copy(self)
        rest._take([replace(p, kept=np.where(things[p.things], 0.0, 1.0)) for p in self.parts])
        return rest

    def _take(self, parts: Sequence[_Part]) -> None:
        self.parts = parts
        every_class = np.ones((self.shape[2], 1))
        self.counts, _ = self._summed([every_class * part.kept for part in parts])
        self.n: Floats = self.counts.sum(axis=(1, 2))

    @abstractmethod
    def start(self) -> Estimate:
        """Where EM starts."""

    @abstractmethod
    def step(self, estimate: Estimate) -> tuple[Estimate, float]:
        """A better estimate, and the log-likelihood of the one given."""

    def expected(
        self, if_true: Floats, if_not: Floats, prior: Floats
    ) -> tuple[Floats, Floats, float]:
        """Expected true labels in each place, expected things of each class, log-likelihood.

        Args:
            if_true: Log-probability of a label where its class is the true one, by place.
            if_not: The same where another class is.
            prior: (n_scales, width) log-probability that a class is true.
        """
        weights = if_true - if_not
        truths, log = [], float((if_not * self.counts).sum())
        for scale, part in enumerate(self.parts):
            logs = self._votes(part, weights[:, scale].ravel()[part.places])
            logs += prior[scale][:, None]
            highest = logs.max(axis=0)
            truth = np.exp(logs - highest)
            total = truth.sum(axis=0)
            truth *= part.kept / total
            truths.append(truth)
            log += float(((highest + np.log(total)) * part.kept).sum())
        return *self._summed(truths), log

    def penalty(self, estimate: Estimate) -> float:
        """What smoothing adds to the log-likelihood that EM climbs."""
        theta = np.clip(estimate.theta, SMALLEST, 1.0 - SMALLEST)
        spread = np.log(np.maximum(estimate.spread, SMALLEST)) * self.on
        return self.smoothing * float((np.log(theta) + np.log1p(-theta)).sum() + spread.sum())

    def competence(self, hits: Floats) -> Floats:
        """(n_raters,) share of hits, smoothed; 0.5 without labels and smoothing."""
        s = self.smoothing
        none = (self.n + 2.0 * s) == 0
        return np.where(none, 0.5, (hits + s) / np.where(none, 1.0, self.n + 2.0 * s))

    def distribution(self, counts: Floats) -> Floats:
        """Counts on scales as smoothed shares; equal ones where nothing was counted."""
        counts = (counts + self.smoothing) * self.on
        total = counts.sum(axis=-1, keepdims=True)
        even = self.on / self.sizes[:, None]
        return np.where(total > 0, counts / np.where(total > 0, total, 1.0), even)

    def _votes(self, part: _Part, weights: Floats | None = None) -> Floats:
        """(width, n_units) sums of weights of labels, or how many labels there are."""
        shape = self.shape[2], len(part.things)
        votes = np.bincount(part.truths, weights, minlength=shape[0] * shape[1])
        return np.asarray(votes.reshape(shape), dtype=np.float64)

    def _summed(self, truths: Sequence[Floats]) -> tuple[Floats, Floats]:
        """How likely classes are true, summed over labels by place, and over things.

        Args:
            truths: (width, n_units) for each scale.
        """
        n_raters, _, width = self.shape
        by_place = [
            np.bincount(part.places, truth.ravel()[part.truths], minlength=n_raters * width)
            for part, truth in zip(self.parts, truths, strict=True)
        ]
        return (
            np.stack([sums.reshape(n_raters, width) for sums in by_place], axis=1),
            np.stack([truth.sum(axis=1) for truth in truths]),
        )


def _part(crowd: CrowdLabels, rows: NDArray[np.bool_]) -> _Part:
    """These labels, all on one scale."""
    part = crowd.kept(rows)
    # Thing by thing: adding to one rater's place many times in a row takes longer.
    part = part.kept(np.argsort(part.units, kind="stable"))
    things, (codes, n_units) = distinct(part.units), cluster_codes(part.units)
    places = part.raters * crowd.width + part.labels
    return _Part(things, np.ones(n_units), part.labels * n_units + codes, places)


class OneCoin(CompetenceModel):
    """A rater is right, or draws one of the other classes."""

    def start(self) -> Estimate:
        """As if the truth were spread as the votes on each thing are."""
        votes = [self._votes(part) for part in self.parts]
        return self._maximised(*self._summed([each / each.sum(axis=0) for each in votes]))

    def step(self, estimate: Estimate) -> tuple[Estimate, float]:
        """A better estimate, and the log-likelihood of the one given."""
        theta = np.clip(estimate.theta, SMALLEST, 1.0 - SMALLEST)[:, None, None]
        if_true = np.broadcast_to(np.log(theta), self.shape)
        if_not = np.broadcast_to(np.log1p(-theta) - np.log(self.sizes - 1.0)[:, None], self.shape)
        hits, of_class, log = self.expected(if_true, if_not, _log(estimate.spread))
        return self._maximised(hits, of_class), log

    def _maximised(self, hits: Floats, of_class: Floats) -> Estimate:
        return Estimate(self.competence(hits.sum(axis=(1, 2))), self.distribution(of_class))


class Mace(CompetenceModel):
    """A rater looks, or answers out of habit."""

    def start(self) -> Estimate:
        """Every rater half looking, half guessing evenly."""
        even = np.broadcast_to(self.on / self.sizes[:, None], self.shape)
        return Estimate(np.full(self.shape[0], 0.5), even)

    def step(self, estimate: Estimate) -> tuple[Estimate, float]:
        """A better estimate, and the log-likelihood of the one given."""
        theta = np.clip(estimate.theta, SMALLEST, 1.0 - SMALLEST)[:, None, None]
        by_habit = (1.0 - theta) * np.maximum(estimate.spread, SMALLEST)
        if_true, if_not = np.log(theta + by_habit), np.log(by_habit)
        hits, _, log = self.expected(if_true, if_not, _log(self.on / self.sizes[:, None]))
        looked = hits * theta / (theta + by_habit)
        better = self.competence(looked.sum(axis=(1, 2)))
        return Estimate(better, self.distribution(self.counts - looked)), log


def _log(shares: Floats) -> Floats:
    """Logarithms, minus infinity for a class that its scale does not have."""
    logs: Floats = np.log(np.maximum(shares, SMALLEST))
    return np.where(shares > 0, logs, -np.inf)
