"""Known accuracy, bias, ties, noise and failures are recovered, with honest intervals."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from intermt.domain.benchmark import score_evidence
from intermt.domain.figures import Resampling, figure_of
from intermt.domain.pair_outcomes import pair_evidence
from tests.domain.planted_judges import DIMENSION, PlantedPairJudge, PlantedScoreJudge

N_RUNS = 800
N_TREES = 60
N_ITEMS = 4
HOW = Resampling(n_resamples=400)


def coverage(evidence_of, truth, seed, n_runs=N_RUNS):
    """Of each statistic the share of runs whose interval holds the truth, and the mean value."""
    generator = np.random.default_rng(seed)
    hits, total = Counter(), Counter()
    for _ in range(n_runs):
        evidence = evidence_of(generator)
        for name, expected in truth.items():
            figure = figure_of(evidence[name].measure, evidence[name].cases[DIMENSION], HOW)
            hits[name] += figure.low <= expected <= figure.high
            total[name] += figure.value
    return {name: (hits[name] / n_runs, total[name] / n_runs) for name in truth}


def test_a_pair_judges_planted_rates_lie_in_their_intervals():
    judge = PlantedPairJudge()
    found = coverage(
        lambda generator: pair_evidence(judge.rows(generator, N_TREES, N_ITEMS)), judge.truth, 0
    )
    for name, (share, mean) in found.items():
        assert 0.93 <= share <= 0.97, (name, found)
        assert mean == pytest.approx(judge.truth[name], abs=0.005)


def test_a_score_judges_planted_noise_lies_in_its_intervals():
    judge = PlantedScoreJudge()
    said, human = judge.scores(np.random.default_rng(99), 100_000, N_ITEMS)
    truth = {
        "pearson": stats.pearsonr(said, human).statistic,
        "spearman": stats.spearmanr(said, human).statistic,
        "kendall_tau_b": stats.kendalltau(said, human).statistic,
        "exact_agreement": float((said == human).mean()),
        "weighted_kappa": cohen_kappa_score(said, human, weights="quadratic"),
        "mean_absolute_error": float(np.abs(said - human).mean()),
        "coverage": 1 - judge.fails,
    }
    found = coverage(
        lambda generator: score_evidence(judge.rows(generator, N_TREES, N_ITEMS)), truth, 0
    )
    for name, (share, mean) in found.items():
        assert 0.93 <= share <= 0.97, (name, found)
        assert mean == pytest.approx(truth[name], abs=0.01)
