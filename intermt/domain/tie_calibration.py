"""Pair accuracy of judges that give numbers: what is a tie is calibrated first.

Two numbers are hardly ever equal, people's ties are common. A difference of at most epsilon is
therefore taken as a tie, with the epsilon that serves the judge best; chosen on other seed trees
than those it is used on, so that the accuracy is not optimistic.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from intermt.domain.bootstrap import MIN_CLUSTERS
from intermt.domain.correlation import Floats, Ints
from intermt.domain.figures import Case, Evidence
from intermt.domain.measures import Mean
from intermt.records import Choice, content_id

TIE_CALIBRATED = "tie_calibrated_accuracy"
MOST_FOLDS = 5

_SIGNS: dict[Choice, int] = {"a": 1, "b": -1, "tie": 0}
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class NumberedPair:
    """Two candidates that people compared and a judge gave numbers to.

    Attributes:
        dimension: A dimension key or `overall`.
        cluster: The seed question.
        gap: The number of a less that of b; None where one is missing.
        human: What most people chose.
        item: The pair, by a name that is equal for all judges.
    """

    dimension: str
    cluster: str
    gap: float | None
    human: Choice
    item: str = ""


def best_epsilon(gaps: Floats, human: Ints) -> float:
    """The least epsilon with the largest share of right answers.

    0 and the absolute gaps are tried. `human` has 1 for a, -1 for b, 0 for a tie; the answer
    is a tie where `|gap| <= epsilon`, else the sign of the gap.
    """
    size = np.round(np.abs(gaps), _DIGITS)
    order = np.argsort(size, kind="stable")
    size, signs, human = size[order], np.sign(gaps)[order], human[order]
    # Making it a tie wins a point where people tied and costs one where the sign was right.
    gain = (human == 0).astype(np.int64) - ((signs == human) & (size > 0))
    total = np.cumsum(gain)
    last = np.append(size[1:] != size[:-1], True)
    candidates, gains = size[last], total[last]
    if candidates[0] > 0:
        candidates, gains = np.append(0.0, candidates), np.append(0, gains)
    return float(candidates[np.argmax(gains)])


def tie_calibrated(pairs: Iterable[NumberedPair], seed: int) -> Evidence:
    """What the tie-calibrated accuracy acc*_eq rests on: of each pair 1 or 0.

    `(C + T) / n`: C pairs ordered as people did, T ties of both, n pairs. Seed trees are dealt
    into up to `MOST_FOLDS` folds by a hash of the seed; the epsilon of a fold is the best one
    on all others. The note says which ones these are, and which is the best on all pairs.

    Source: D. Deutsch, G. Foster and M. Freitag, Ties Matter: Meta-Evaluating Modern Metrics
    with Pairwise Accuracy and Tie Calibration (EMNLP 2023).
    """
    grouped: dict[str, list[NumberedPair]] = {}
    for pair in pairs:
        grouped.setdefault(pair.dimension, []).append(pair)
    cases: dict[str, list[Case]] = {}
    notes: dict[str, str] = {}
    for dimension, rows in grouped.items():
        right, notes[dimension] = _right(rows, seed)
        cases[dimension] = [
            Case(row.cluster, 1, row.gap is not None, (value,), row.item)
            for row, value in zip(rows, right, strict=True)
        ]
    return Evidence(Mean(is_share=True), cases, notes)


def _right(rows: Sequence[NumberedPair], seed: int) -> tuple[list[float], str]:
    """Of each pair 1 if right, 0 if wrong, NaN without numbers; and how it was decided."""
    gaps = np.array([math.nan if row.gap is None else row.gap for row in rows], dtype=np.float64)
    human = np.array([_SIGNS[row.human] for row in rows], dtype=np.int64)
    known = ~np.isnan(gaps)
    trees = sorted(
        {row.cluster for row, there in zip(rows, known, strict=True) if there},
        key=lambda name: content_id("fold", seed, name),
    )
    right = np.full(len(rows), np.nan)
    if len(trees) < MIN_CLUSTERS:
        why = f"epsilon needs {MIN_CLUSTERS} seed trees with such pairs, there are {len(trees)}"
        return right.tolist(), why
    n_folds = min(MOST_FOLDS, len(trees))
    fold_of = {name: i % n_folds for i, name in enumerate(trees)}
    folds = np.array([fold_of.get(row.cluster, -1) for row in rows])
    chosen = []
    for fold in range(n_folds):
        here, others = known & (folds == fold), known & (folds != fold)
        epsilon = best_epsilon(gaps[others], human[others])
        chosen.append(epsilon)
        right[here] = _answers(gaps[here], epsilon) == human[here]
    ends = (
        f"{min(chosen):.4g}"
        if min(chosen) == max(chosen)
        else (f"{min(chosen):.4g} to {max(chosen):.4g}")
    )
    best = best_epsilon(gaps[known], human[known])
    return right.tolist(), f"epsilon {ends} in {n_folds} folds, {best:.4g} on all pairs"


def _answers(gaps: Floats, epsilon: float) -> Ints:
    tied = np.round(np.abs(gaps), _DIGITS) <= epsilon
    return np.where(tied, 0, np.sign(gaps)).astype(np.int64)
