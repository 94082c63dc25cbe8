"""How good each rater is, judged by the others: one-coin Dawid-Skene and MACE.

Nobody knows the true labels; both models estimate them and the raters' competence together
by expectation maximisation (EM). They assume that raters err independently of each other,
that a rater is equally good at everything they labelled, and that most raters are better
than chance: of the two mirrored solutions the start leads to that one. Raters who copy each
other, or share a misunderstanding, look competent. Scales are taken as unordered: 2 instead
of 3 is as wrong as 0. The start is fixed, so equal labels give equal results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from intermt.domain.bootstrap import MIN_CLUSTERS, cluster_codes
from intermt.domain.competence_models import CompetenceModel, Estimate, Mace, OneCoin
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
    kind: type[CompetenceModel] = OneCoin if model == "one-coin" else Mace
    fitted = kind(fit, smoothing)
    found = _fitted(fitted, fitted.start(), tolerance, max_iterations)
    values[defined] = found.estimate.theta[defined]
    if clusters is not None:
        errors = _jackknife(fitted, fit, clusters, tolerance, found.estimate, seed)
        errors[~defined] = np.nan
    return Competences(
        values, tuple(told), n_labels, errors, found.n_iterations, found.converged, found.log
    )


# --- fitting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fitted:
    estimate: Estimate
    n_iterations: int
    converged: bool
    log: float


def _fitted(model: CompetenceModel, estimate: Estimate, tolerance: float, rounds: int) -> _Fitted:
    """EM with a leap after every two rounds (SQUAREM), taken back where it went too far.

    A leap only changes where the next round starts: the end is a fixed point of EM.
    Source: R. Varadhan and C. Roland, Simple and globally convergent methods for accelerating
    the convergence of any EM algorithm (2008), scheme S3.
    """
    trail: list[Estimate] = []
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


def _leapt(before: Estimate, first: Estimate, second: Estimate) -> Estimate:
    """Where the last two rounds of EM point to."""
    step = first.theta - before.theta
    bend = second.theta - first.theta - step
    length = max(1.0, float(np.linalg.norm(step)) / max(float(np.linalg.norm(bend)), SMALLEST))

    def ahead(x: Floats, y: Floats, z: Floats) -> Floats:
        there: Floats = x + 2.0 * length * (y - x) + length**2 * (z - 2.0 * y + x)
        return np.where((there > 0.0) & (there < 1.0), there, z)

    spread = ahead(before.spread, first.spread, second.spread)
    total = spread.sum(axis=-1, keepdims=True)
    return Estimate(ahead(before.theta, first.theta, second.theta), spread / total)


# --- standard errors ---------------------------------------------------------------------


def _jackknife(
    model: CompetenceModel,
    fit: CrowdLabels,
    clusters: ArrayLike,
    tolerance: float,
    whole: Estimate,
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
