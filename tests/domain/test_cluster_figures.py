from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr

from intermt.domain.bootstrap import clustered_standard_error, wilson_of_clusters
from intermt.domain.cluster_figures import correlation_of_sums, mean_of_sums, share_of_sums
from intermt.domain.intervals import student_t

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=40)


def sums(clusters: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = np.bincount(clusters, minlength=7).astype(float)
    return n, np.bincount(clusters, values, minlength=7)


@settings(deadline=None)
@given(rows=ROWS)
def test_a_mean_is_that_of_the_rows_with_their_clustered_standard_error(rows):
    clusters, values = np.array(rows).T
    found = mean_of_sums(*sums(clusters, values))
    assert found.value == pytest.approx(values.mean())
    error = clustered_standard_error(values, clusters)
    if found.low is None:
        assert error.value is None or error.value == pytest.approx(0, abs=1e-9)
        assert found.undefined.startswith("no interval")
    else:
        reach = student_t(0.975, error.n_clusters - 1) * error.value
        assert (found.low, found.high) == pytest.approx(
            (values.mean() - reach, values.mean() + reach)
        )


@settings(deadline=None)
@given(rows=ROWS)
def test_a_share_has_wilsons_interval_of_clusters(rows):
    clusters, values = np.array(rows).T
    hits = (values == 3).astype(float)
    found = share_of_sums(*sums(clusters, hits))
    error = clustered_standard_error(hits, clusters).value
    wanted = wilson_of_clusters(hits.mean(), len(hits), error)
    assert found.value == pytest.approx(hits.mean())
    if wanted.low is None:
        assert found.low is None
    else:
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def moments(x: np.ndarray, y: np.ndarray, clusters: np.ndarray) -> list[np.ndarray]:
    return [
        np.bincount(clusters, column) for column in (np.ones(len(x)), x, y, x * x, y * y, x * y)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_correlation_is_scipys(seed: int):
    dice = np.random.default_rng(seed)
    x = dice.normal(7, 1, 200)
    y = np.round(x + dice.normal(0, 2, 200))
    found = correlation_of_sums(*moments(x, y, np.arange(200) // 4))
    assert found.value == pytest.approx(pearsonr(x, y).statistic, abs=1e-9)
    assert found.low < found.value < found.high


def test_a_planted_correlation_is_within_its_interval_in_most_worlds():
    held = 0
    for seed in range(200):
        dice = np.random.default_rng(seed)
        tree = dice.normal(size=(40, 2)) @ np.array([[1.0, 0.5], [0.0, 0.75**0.5]])
        rows = np.repeat(tree, 3, axis=0)
        noise = dice.normal(size=(120, 2)) @ np.array([[1.0, 0.5], [0.0, 0.75**0.5]])
        x, y = (rows + noise).T
        found = correlation_of_sums(*moments(x, y, np.arange(120) // 3))
        held += found.low <= 0.5 <= found.high
    assert held >= 180


def test_states_without_a_figure():
    nothing = np.empty(0)
    assert mean_of_sums(nothing, nothing).undefined == "too few labels (0, 1 needed)"
    assert share_of_sums(nothing, nothing).undefined == "too few labels (0, 1 needed)"
    assert correlation_of_sums(*[nothing] * 6).undefined == "too few pairs (0, 3 needed)"
    one = mean_of_sums(np.array([4.0]), np.array([6.0]))
    assert (one.value, one.low) == (1.5, None)
    wide = mean_of_sums(np.ones(2), np.array([0.0, 3.0]), scale=(0.0, 3.0))
    assert (wide.value, wide.low, wide.high, wide.undefined) == (1.5, 0.0, 3.0, None)
    assert mean_of_sums(np.ones(2), np.array([0.0, 3.0])).low < -10
    same = mean_of_sums(np.array([2.0, 3.0]), np.array([6.0, 9.0]))
    assert (same.value, same.low) == (3.0, None)
    x = np.arange(9.0)
    flat = correlation_of_sums(*moments(x, np.full(9, 3.0), np.arange(9)))
    assert flat.undefined == "constant: one of the two is the same everywhere"
    line = correlation_of_sums(*moments(x, 2 * x, np.arange(9)))
    assert line.value == pytest.approx(1.0)
    assert line.undefined.startswith("no interval: perfect")
    always = share_of_sums(np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    assert always.value == 1.0
    assert always.low < 1.0
