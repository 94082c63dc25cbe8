"""One answer out of the labels of many: Dawid-Skene with full confusion matrices.

For choices between two candidates see also `paired_comparison.bradley_terry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intermt.domain.correlation import Floats, Ints
from intermt.domain.crowd import SMALLEST, CrowdLabels, vote_shares

SMOOTHING = 0.5
MAX_ITERATIONS = 1000
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """What the true labels are likely to be, and how each rater confuses them.

    Attributes:
        posterior: (n_units, n_classes) probability of each class being the true one; a
            thing without labels has `shares`. Where `undefined` says why there is no model,
            the plain share of the thing's raters that chose each class (0 without any).
        shares: (n_classes,) how often each class is true.
        confusion: (n_raters, n_classes, n_classes) probability of each given label (last)
            by true class (second); from smoothing alone for a rater without labels.
        n_iterations: Rounds of EM.
        converged: Whether the last round changed no posterior by `tolerance`.
        log_likelihood: Natural logarithm of the labels' probability under the estimates.
        undefined: Why no model was fitted; None if one was.
    """

    posterior: Floats
    shares: Floats
    confusion: Floats
    n_iterations: int
    converged: bool
    log_likelihood: float
    undefined: str | None = None


def dawid_skene(
    crowd: CrowdLabels,
    *,
    mirror: Sequence[int] | None = None,
    smoothing: float = SMOOTHING,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> DawidSkene:
    """The true labels by the model of Dawid and Skene, each rater with a confusion matrix.

    A rater gives label l where k is true with probability `confusion[j, k, l]`, whatever the
    thing and whatever others say. EM starts from the share of votes and ends at a maximum of
    the likelihood times every probability to the power `smoothing` (invented labels, one for
    each cell; with 0 it is the maximum likelihood). Classes are taken as unordered.

    `mirror` says which class stands for which where the two sides of a comparison are
    swapped: (1, 0, 2) for a, b and tie. A rater then treats both sides alike and neither is
    better a priori, so which candidate is called a never changes the outcome.

    Without a model (fewer than two raters, or all labels equal) the votes themselves are
    given and `undefined` says why: with one rater nothing is known but what they said.

    Args:
        crowd: Labels, all on one scale.
        mirror: For each class the one it becomes; its own inverse.
        smoothing: Invented labels for each cell of each matrix, and for each class.
        tolerance: EM ends where no posterior changes more.
        max_iterations: EM ends after so many rounds; `converged` says whether it was done.

    Raises:
        ValueError: There are several scales, or `mirror` is not its own inverse.

    Source: A. P. Dawid and A. M. Skene, Maximum likelihood estimation of observer
    error-rates using the EM algorithm (1979).
    """
    if len(crowd.n_classes) != 1:
        raise ValueError("all things must be labelled on one scale")
    k = crowd.width
    swapped: Ints = np.asarray(range(k) if mirror is None else mirror, dtype=np.int64)
    if sorted(swapped) != list(range(k)) or (swapped[swapped] != np.arange(k)).any():
        raise ValueError(f"mirror must swap classes in pairs, not {mirror!r}")
    votes = vote_shares(crowd)
    undefined = _why_no_model(crowd)
    if undefined is not None:
        even, none = np.full(k, 1.0 / k), np.full((crowd.n_raters, k, k), np.nan)
        return DawidSkene(votes, even, none, 0, True, 0.0, undefined)
    labelled = np.flatnonzero(votes.sum(axis=1))
    truth = votes[labelled].T
    rows = np.searchsorted(labelled, crowd.units).astype(np.int64)
    n, converged, log = 0, False, 0.0
    while not converged and n < max_iterations:
        shares, confusion = _maximised(crowd, truth, rows, swapped, smoothing)
        better, log = _expected(crowd, rows, shares, confusion)
        converged = bool(np.abs(better - truth).max() < tolerance)
        truth, n = better, n + 1
    posterior = np.broadcast_to(shares, votes.shape).copy()
    posterior[labelled] = truth.T
    return DawidSkene(posterior, shares, confusion, n, converged, log)


def _why_no_model(crowd: CrowdLabels) -> str | None:
    n_raters = len(np.unique(crowd.raters))
    if n_raters < 2:
        return f"too few raters ({n_raters}, 2 needed)"
    if (crowd.labels == crowd.labels[0]).all():
        return "constant: all labels are the same"
    return None


def _maximised(
    crowd: CrowdLabels, truth: Floats, rows: Ints, swapped: Ints, smoothing: float
) -> tuple[Floats, Floats]:
    """Shares of classes and confusion matrices that fit the expected true labels."""
    k = crowd.width
    places = crowd.raters * k + crowd.labels
    counts = np.stack(
        [np.bincount(places, row[rows], minlength=crowd.n_raters * k) for row in truth], axis=1
    )
    table = counts.reshape(crowd.n_raters, k, k).transpose(0, 2, 1) + smoothing
    # counts is (raters * given, true); the table is by rater, true class, given label.
    table = table + table[:, swapped][:, :, swapped]
    total = table.sum(axis=2, keepdims=True)
    confusion = np.where(total > 0, table / np.where(total > 0, total, 1.0), 1.0 / k)
    shares = truth.sum(axis=1) + smoothing
    shares = shares + shares[swapped]
    return shares / shares.sum(), confusion


def _expected(
    crowd: CrowdLabels, rows: Ints, shares: Floats, confusion: Floats
) -> tuple[Floats, float]:
    """(n_classes, n_labelled) posterior of the true class, and the log-likelihood."""
    n = int(rows.max()) + 1
    logs = np.log(np.maximum(confusion, SMALLEST))
    evidence = np.stack(
        [
            np.bincount(rows, logs[crowd.raters, true, crowd.labels], minlength=n)
            for true in range(crowd.width)
        ]
    )
    evidence += np.log(np.maximum(shares, SMALLEST))[:, None]
    highest = evidence.max(axis=0)
    posterior: Floats = np.exp(evidence - highest)
    total = posterior.sum(axis=0)
    return posterior / total, float((highest + np.log(total)).sum())
