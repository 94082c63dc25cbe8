"""How good each rater is, judged by the others: one-coin Dawid-Skene and MACE.

Nobody knows the true labels; both models estimate them and the raters' competence together
by expectation maximisation (EM). They assume that raters err independently of each other,
that a rater is equally good at everything they labelled, and that most raters are better
than chance: of the two mirrored solutions the start leads to that one. Raters who copy each
other, or share a misunderstanding, look competent. Scales are taken as unordered: 2 instead
of 3 is as wrong as 0. The start is fixed, so equal labels give equal results.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intermt.domain.bootstrap import MIN_CLUSTERS, cluster_codes, distinct
from intermt.domain.correlation import Floats, Ints
from intermt.domain.crowd import SMALLEST, CrowdLabels, shared, why_not_told

Model = Literal["one-coin", "mace"]

SMOOTHING = 0.5
"""Invented labels for each outcome that a probability is estimated of: with few labels they
keep estimates off 0 and 1, with many they do not matter."""

MAX_ITERATIONS = 1000
TOLERANCE = 1e-6
N_DELETED = 20
"""Parts that the clusters are dealt into for the jackknife."""


@dataclass(frozen=True, slots=True)
class Competences:
    """One competence for each rater.

    Attributes:
        values: (n_raters,) one-coin: the probability of giving the true label. MACE: the
            probability of looking at the thing instead of answering out of habit. NaN where
            `undefined` says why.
        undefined: For each rater why there is no value; None where there is one.
        n_labels: (n_raters,) labels on things that others labelled too; only these enter.
        standard_errors: (n_raters,) from leaving out parts of the clusters; NaN where there
            is none, all NaN without clusters.
        n_iterations: Rounds of EM.
        converged: Whether the last round changed no competence by `tolerance`.
        log_likelihood: Natural logarithm of the labels' probability under the estimates.
    """

    values: Floats
    undefined: tuple[str | None, ...]
    n_labels: Ints
    standard_errors: Floats
    n_iterations: int
    converged: bool
    log_likelihood: float


def competences(
    crowd: CrowdLabels,
    model: Model,
    *,
    clusters: ArrayLike | None = None,
    smoothing: float = SMOOTHING,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    seed: int = 0,
) -> Competences:
    """Every rater's competence under a model.

    **one-coin**: rater j gives the true one of K classes with probability theta_j and each
    other class with (1 - theta_j) / (K - 1); classes are true with shares that are estimated
    for each scale. Chance is 1/K, a rater below it misleads.
    **mace**: with probability theta_j a rater gives the true label, else one drawn from a
    distribution of their own for the scale, whatever the thing is; all classes are equally
    likely to be true. 0 is a rater whose answers do not depend on the thing. A rater who
    misleads is not worse than that.

    Maximises the likelihood times `theta^s (1 - theta)^s` (and the product of each
    distribution to the power s), s being `smoothing`; with 0 it is the maximum likelihood.

    With `clusters` the standard errors are those of the delete-a-group jackknife: clusters
    are dealt at random (`seed`) into `N_DELETED` parts, or one each where there are fewer,
    and the model is fitted without each part. So they hold the uncertainty about the truth
    too, and that things of one cluster are alike. None for a rater all of whose labels lie
    in one part.

    Args:
        crowd: The labels. Things that one rater alone labelled are left out.
        model: Which model.
        clusters: (n_units,) what each thing belongs to.
        smoothing: Invented labels for each outcome.
        tolerance: EM ends where no competence changes more.
        max_iterations: EM ends after so many rounds; `converged` says whether it was done.
        seed: Seed of the dealing.

    Source: A. P. Dawid and A. M. Skene (1979); Y. Zhang et al., Spectral methods meet EM
    (2016) for one coin; D. Hovy et al., Learning whom to trust with MACE (2013); P. S. Kott,
    The delete-a-group jackknife (2001).
    """
    if smoothing < 0 or tolerance <= 0 or max_iterations < 1:
        raise ValueError("smoothing is 0 or more, tolerance above 0, one iteration at least")
    told = why_not_told(crowd)
    met = crowd.kept(shared(crowd))
    n_labels = np.bincount(met.raters, minlength=crowd.n_raters)
    defined = np.array([why is None for why in told], dtype=bool)
    values = np.full(crowd.n_raters, np.nan)
    errors = np.full(crowd.n_raters, np.nan)
    if not defined.any():
        return Competences(values, tuple(told), n_labels, errors, 0, True, 0.0)
    # Raters without a value say nothing about the others: no thing links them.
    fit = met.kept(defined[met.raters])
    kind: type[_Model] = _OneCoin if model == "one-coin" else _Mace
    fitted = kind(fit, smoothing)
    found = _fitted(fitted, fitted.start(), tolerance, max_iterations)
    values[defined] = found.estimate.theta[defined]
    if clusters is not None:
        errors = _jackknife(fitted, fit, clusters, tolerance, found.estimate, seed)
        errors[~defined] = np.nan
    return Competences(
        values, tuple(told), n_labels, errors, found.n_iterations, found.converged, found.log
    )


# --- the models --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Estimate:
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


class _Model(ABC):
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
    def start(self) -> _Estimate:
        """Where EM starts."""

    @abstractmethod
    def step(self, estimate: _Estimate) -> tuple[_Estimate, float]:
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

    def penalty(self, estimate: _Estimate) -> float:
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


class _OneCoin(_Model):
    def start(self) -> _Estimate:
        """As if the truth were spread as the votes on each thing are."""
        votes = [self._votes(part) for part in self.parts]
        return self._maximised(*self._summed([each / each.sum(axis=0) for each in votes]))

    def step(self, estimate: _Estimate) -> tuple[_Estimate, float]:
        theta = np.clip(estimate.theta, SMALLEST, 1.0 - SMALLEST)[:, None, None]
        if_true = np.broadcast_to(np.log(theta), self.shape)
        if_not = np.broadcast_to(np.log1p(-theta) - np.log(self.sizes - 1.0)[:, None], self.shape)
        hits, of_class, log = self.expected(if_true, if_not, _log(estimate.spread))
        return self._maximised(hits, of_class), log

    def _maximised(self, hits: Floats, of_class: Floats) -> _Estimate:
        return _Estimate(self.competence(hits.sum(axis=(1, 2))), self.distribution(of_class))


class _Mace(_Model):
    def start(self) -> _Estimate:
        """Every rater half looking, half guessing evenly."""
        even = np.broadcast_to(self.on / self.sizes[:, None], self.shape)
        return _Estimate(np.full(self.shape[0], 0.5), even)

    def step(self, estimate: _Estimate) -> tuple[_Estimate, float]:
        theta = np.clip(estimate.theta, SMALLEST, 1.0 - SMALLEST)[:, None, None]
        by_habit = (1.0 - theta) * np.maximum(estimate.spread, SMALLEST)
        if_true, if_not = np.log(theta + by_habit), np.log(by_habit)
        hits, _, log = self.expected(if_true, if_not, _log(self.on / self.sizes[:, None]))
        looked = hits * theta / (theta + by_habit)
        better = self.competence(looked.sum(axis=(1, 2)))
        return _Estimate(better, self.distribution(self.counts - looked)), log


def _log(shares: Floats) -> Floats:
    """Logarithms, minus infinity for a class that its scale does not have."""
    logs: Floats = np.log(np.maximum(shares, SMALLEST))
    return np.where(shares > 0, logs, -np.inf)


@dataclass(frozen=True, slots=True)
class _Fitted:
    estimate: _Estimate
    n_iterations: int
    converged: bool
    log: float


def _fitted(model: _Model, estimate: _Estimate, tolerance: float, rounds: int) -> _Fitted:
    """EM with a leap after every two rounds (SQUAREM), taken back where it went too far.

    A leap only changes where the next round starts: the end is a fixed point of EM.
    Source: R. Varadhan and C. Roland, Simple and globally convergent methods for accelerating
    the convergence of any EM algorithm (2008), scheme S3.
    """
    trail: list[_Estimate] = []
    fallback, reached, log, n = estimate, -np.inf, 0.0, 0
    while n < rounds:
        better, log = model.step(estimate)
        n += 1
        height = log + model.penalty(estimate)
        if not trail and height < reached:
            estimate, reached = fallback, -np.inf
            continue
        if np.abs(better.theta - estimate.theta).max() < tolerance:
            return _Fitted(better, n, True, log)
        trail = [*trail, estimate]
        estimate = better
        if len(trail) == 2:
            fallback, reached = better, height
            estimate = _leapt(trail[0], trail[1], better)
            trail = []
    return _Fitted(estimate, n, False, log)


def _leapt(before: _Estimate, first: _Estimate, second: _Estimate) -> _Estimate:
    """Where the last two rounds of EM point to."""
    step = first.theta - before.theta
    bend = second.theta - first.theta - step
    length = max(1.0, float(np.linalg.norm(step)) / max(float(np.linalg.norm(bend)), SMALLEST))

    def ahead(x: Floats, y: Floats, z: Floats) -> Floats:
        there: Floats = x + 2.0 * length * (y - x) + length**2 * (z - 2.0 * y + x)
        return np.where((there > 0.0) & (there < 1.0), there, z)

    spread = ahead(before.spread, first.spread, second.spread)
    total = spread.sum(axis=-1, keepdims=True)
    return _Estimate(ahead(before.theta, first.theta, second.theta), spread / total)


# --- standard errors ---------------------------------------------------------------------


def _jackknife(
    model: _Model,
    fit: CrowdLabels,
    clusters: ArrayLike,
    tolerance: float,
    whole: _Estimate,
    seed: int,
) -> Floats:
    """(n_raters,) standard errors over parts of the clusters, NaN where there are none."""
    labels = np.asarray(clusters)
    if labels.shape != (fit.n_units,):
        raise ValueError(f"clusters must be one for each thing, not of shape {labels.shape}")
    codes, n_clusters = cluster_codes(labels[fit.units])
    if n_clusters < MIN_CLUSTERS:
        return np.full(fit.n_raters, np.nan)
    n_parts = min(N_DELETED, n_clusters)
    part = np.random.default_rng(seed).permutation(n_clusters)[codes] % n_parts
    part_of_thing = np.zeros(fit.n_units, np.int64)
    part_of_thing[fit.units] = part
    here = np.stack(
        [np.bincount(fit.raters[part == p], minlength=fit.n_raters) for p in range(n_parts)]
    )
    without = np.full((n_parts, fit.n_raters), np.nan)
    for p in range(n_parts):
        rest = model.without(part_of_thing == p)
        without[p] = _fitted(rest, whole, tolerance, MAX_ITERATIONS).estimate.theta
    without[here == here.sum(axis=0)] = np.nan
    deviations = without - without.mean(axis=0)
    errors: Floats = np.sqrt((n_parts - 1.0) / n_parts * (deviations**2).sum(axis=0))
    return errors
