"""Cluster bootstrap, Wilson intervals and clustered standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intermt.domain.bootstrap import (
    cluster_bootstrap,
    clustered_standard_error,
    wilson,
)
from intermt.domain.correlation import pearson


def _mean(values):
    return float(values.mean())


def _of_mean(values, clusters, **how):
    return cluster_bootstrap(_mean, clusters, np.asarray(values), **how)


def _r(x, y):
    return pearson(x, y).value


def _clustered(seed, n_clusters=40, size=6, within=0.5):
    """Values with a shared effect in each cluster."""
    generator = np.random.default_rng(seed)
    effects = np.repeat(generator.normal(size=n_clusters), size)
    values = effects + within * generator.normal(size=n_clusters * size)
    return values, np.repeat(np.arange(n_clusters), size)


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    values, clusters = _clustered(0, n_clusters=8)
    order = random.sample(range(len(values)), len(values))
    before = _of_mean(values, clusters, n_resamples=50)
    after = _of_mean(values[order], clusters[order], n_resamples=50)
    assert (after.low, after.high) == pytest.approx((before.low, before.high), abs=1e-12)


def test_labels_may_be_strings_and_the_seed_decides():
    values, clusters = _clustered(0)
    names = [f"c{c:03}" for c in clusters]
    assert _of_mean(values, names) == _of_mean(values, clusters)
    assert _of_mean(values, names, seed=1) != _of_mean(values, names, seed=2)


def test_clusters_are_drawn_whole():
    seen = []

    def sizes(values, labels):
        seen.append(np.unique(labels, return_counts=True))
        return float(values.mean())

    clusters = np.array([0, 1, 1, 2, 2, 2])
    cluster_bootstrap(sizes, clusters, np.arange(6.0), clusters, n_resamples=50)
    assert len(seen) == 50
    for labels, counts in seen:
        times = counts / (labels + 1)
        assert (times == times.astype(int)).all()
        assert times.sum() == 3


def test_intervals_cover_as_often_as_they_say():
    covered = 0
    for seed in range(200):
        values, clusters = _clustered(seed, n_clusters=50, size=4)
        interval = _of_mean(values, clusters, n_resamples=400, confidence=0.9, seed=seed)
        covered += interval.low <= 0.0 <= interval.high
    assert 0.82 <= covered / 200 <= 0.96


def test_ignoring_clusters_would_be_too_narrow():
    values, clusters = _clustered(0)
    honest = _of_mean(values, clusters)
    naive = _of_mean(values, np.arange(len(values)))
    assert honest.high - honest.low > 1.7 * (naive.high - naive.low)


def test_wider_confidence_is_a_wider_interval():
    values, clusters = _clustered(0)
    narrow = _of_mean(values, clusters, confidence=0.8)
    wide = _of_mean(values, clusters, confidence=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize("labels", [[], ["a", "a", "a"]])
def test_fewer_than_two_clusters_have_no_interval(labels):
    values = np.arange(len(labels), dtype=float)
    for interval in (
        _of_mean(values, labels),
        cluster_bootstrap(_mean, labels, values),
    ):
        assert (interval.low, interval.high) == (None, None)
        assert "too few clusters" in interval.undefined
        assert interval.n_clusters == len(set(labels))


def test_too_many_resamples_without_a_value_mean_no_interval():
    clusters = np.arange(4)
    x, y = [3.0, 3.0, 3.0, 1.0], [0.0, 1.0, 2.0, 3.0]
    interval = cluster_bootstrap(_r, clusters, x, y, n_resamples=200)
    assert interval.low is None
    assert interval.n_undefined > 10
    assert "no value on" in interval.undefined
    never = cluster_bootstrap(lambda _: None, clusters, x, n_resamples=20)
    assert never.n_undefined == 20
    assert never.low is None


def test_many_clusters_are_resampled_in_blocks_with_the_same_result(monkeypatch):
    values, clusters = _clustered(0)
    whole = _of_mean(values, clusters, n_resamples=101)
    monkeypatch.setattr("intermt.domain.bootstrap._BLOCK", 7 * 40)
    blocks = _of_mean(values, clusters, n_resamples=101)
    assert (blocks.low, blocks.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_scipy(k, n, confidence):
    k = min(k, n)
    interval = wilson(k, n, confidence)
    oracle = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), abs=1e-9)
    assert 0.0 <= interval.low <= k / n <= interval.high <= 1.0


def test_wilson_takes_halves_and_states_that_nothing_was_counted():
    assert wilson(4, 10).low < wilson(4.5, 10).low < wilson(5, 10).low
    empty = wilson(0, 0)
    assert (empty.low, empty.high) == (None, None)
    assert "too few" in empty.undefined
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(3, 2)


def test_standard_error_with_one_value_in_each_cluster_is_the_usual_one():
    values = np.random.default_rng(0).normal(size=30)
    result = clustered_standard_error(values, np.arange(30))
    assert result.value == pytest.approx(stats.sem(values), abs=1e-12)
    assert (result.n, result.n_clusters) == (30, 30)


def test_standard_error_grows_with_the_likeness_within_clusters():
    values, clusters = _clustered(0)
    clustered = clustered_standard_error(values, clusters).value
    assert clustered > 1.7 * stats.sem(values)
    # Copies of one value add nothing.
    few = np.random.default_rng(1).normal(size=20)
    copied = clustered_standard_error(np.repeat(few, 5), np.repeat(np.arange(20), 5))
    assert copied.value == pytest.approx(stats.sem(few), abs=1e-12)


def test_standard_error_needs_two_clusters():
    result = clustered_standard_error([1.0, 2.0, math.nan], ["a", "a", "b"])
    assert result.value is None
    assert (result.n, result.n_clusters) == (2, 1)
    assert "too few clusters" in result.undefined


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="confidence"):
        _of_mean([1.0, 2.0], [0, 1], confidence=95)
    with pytest.raises(ValueError, match="n_resamples"):
        _of_mean([1.0, 2.0], [0, 1], n_resamples=0)
    with pytest.raises(ValueError, match="rows"):
        cluster_bootstrap(_mean, [0, 1], [1.0])
