"""BCa intervals: their formula, their ends, and how often they cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from intermt.domain.bootstrap import times_drawn
from intermt.domain.correlation import pearson
from intermt.domain.figures import Case, Resampling, Sample, figure_of, interval_of_mean
from intermt.domain.intervals import bca_interval, student_t, wilson_at_the_end
from intermt.domain.measures import (
    GroupGap,
    MacroF1,
    Mean,
    NominalKappa,
    PartialPearson,
    Pearson,
    QuadraticKappa,
)
from intermt.domain.rank_measures import KendallTauB, Spearman

EVERY = [
    Mean(),
    Mean(is_share=True),
    GroupGap(("own", "others")),
    Pearson(),
    PartialPearson(("x", "y", "z")),
    QuadraticKappa(),
    NominalKappa(3),
    MacroF1(3),
    Spearman(),
    KendallTauB(),
]


def cases(values, size=1):
    rows = np.asarray(values, dtype=float).reshape(len(values), -1)
    return [Case(f"c{i // size:05}", 1, 1, tuple(row)) for i, row in enumerate(rows)]


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 30, 59, 1000, 1001, 10_000])
@pytest.mark.parametrize("share", [0.025, 0.5, 0.9, 0.975, 0.999])
def test_student_t_is_scipys(share, degrees):
    expected = stats.t.ppf(share, degrees)
    assert student_t(share, degrees) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_with_many_clusters_it_is_scipys_bca():
    values = np.random.default_rng(0).exponential(size=3000)
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    found = figure_of(Mean(), cases(values), Resampling(n_resamples=4000))
    width = oracle.high - oracle.low
    assert found.low == pytest.approx(oracle.low, abs=0.04 * width)
    assert found.high == pytest.approx(oracle.high, abs=0.04 * width)


def test_few_clusters_give_a_wider_interval_than_quantiles():
    drawn = np.linspace(-3, 3, 2001)
    few, many = (bca_interval(0.0, drawn, np.zeros(5), n, 0.95) for n in (8, 5000))
    assert many.high == pytest.approx(2.85, abs=0.01)
    assert few.high > many.high + 0.05
    assert few.low == pytest.approx(-few.high, abs=0.01)


def test_skewed_contributions_move_both_ends_the_same_way():
    drawn = np.random.default_rng(0).normal(size=4000)
    skewed = -np.random.default_rng(1).exponential(size=40)
    plain, moved = (bca_interval(0.0, drawn, left, 40, 0.95) for left in (np.zeros(40), skewed))
    assert moved.low > plain.low
    assert moved.high > plain.high


@pytest.mark.parametrize("n_clusters", [0, 1])
def test_fewer_than_two_clusters_have_no_interval(n_clusters):
    found = bca_interval(0.5, np.full(20, 0.5), np.full(1, 0.5), n_clusters, 0.95)
    assert (found.low, found.high) == (None, None)
    assert found.undefined == f"too few clusters ({n_clusters}, 2 needed)"


def test_resamples_without_a_value_are_left_out_or_too_many():
    drawn = np.append(np.linspace(0, 1, 96), [np.nan] * 4)
    found = bca_interval(0.5, drawn, np.array([np.nan, 0.4, 0.6]), 5, 0.95)
    assert found.low is not None
    assert found.n_undefined == 4
    found = bca_interval(0.5, np.append(drawn, np.nan), np.zeros(3), 5, 0.95)
    assert found.low is not None
    found = bca_interval(0.5, np.append(drawn, [np.nan] * 3), np.zeros(3), 5, 0.95)
    assert found.undefined == "no value on 7 of 103 resamples"


def test_a_share_of_nothing_or_all_has_a_width():
    found = figure_of(Mean(is_share=True), cases([1.0] * 12, size=2), Resampling(n_resamples=50))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == wilson_at_the_end(1.0, 6, 0.95).low
    assert 0.5 < found.low < 0.7
    single = figure_of(Mean(is_share=True), cases([0.0], size=2), Resampling(n_resamples=50))
    assert single.undefined == "no interval: too few clusters (1, 2 needed)"


def test_a_constant_that_is_no_share_has_no_interval():
    found = figure_of(Mean(), cases([2.5] * 6), Resampling(n_resamples=50))
    assert (found.value, found.low) == (2.5, None)
    assert found.undefined == "no interval: the same value on every resample"


def test_order_of_cases_and_names_of_clusters_change_nothing():
    generator = np.random.default_rng(0)
    rows = cases(generator.normal(size=(40, 2)), size=4)
    shuffled = [rows[i] for i in generator.permutation(40)]
    renamed = [Case("x" + c.cluster, 1, 1, c.values) for c in rows]
    how = Resampling(n_resamples=100)
    first = figure_of(Pearson(), rows, how)
    for other in (figure_of(Pearson(), shuffled, how), figure_of(Pearson(), renamed, how)):
        assert (other.low, other.high) == pytest.approx((first.low, first.high), abs=1e-9)


def test_more_clusters_than_jackknife_groups_make_no_difference_to_speak_of(monkeypatch):
    values = np.random.default_rng(0).exponential(size=600)
    how = Resampling(n_resamples=1000)
    grouped = figure_of(Mean(), cases(values), how)
    monkeypatch.setattr("intermt.domain.figures.MOST_GROUPS", 600)
    alone = figure_of(Mean(), cases(values), how)
    assert grouped.low == pytest.approx(alone.low, abs=0.05 * (alone.high - alone.low))
    assert grouped.high == pytest.approx(alone.high, abs=0.05 * (alone.high - alone.low))


def test_an_average_draws_trees_once_for_all_its_dimensions():
    generator = np.random.default_rng(0)
    samples = []
    for first in (0, 10):
        x = generator.integers(0, 4, size=80).astype(float)
        y = np.clip(x + generator.integers(-1, 2, size=80), 0, 3)
        names = tuple(f"c{first + i % 20:02}" for i in range(80))
        samples.append(Sample(np.stack([x, y], axis=1), names))
    numbers = [np.array([int(name[1:]) for name in sample.clusters]) for sample in samples]

    def mean_r(times):
        found = []
        for sample, own in zip(samples, numbers, strict=True):
            rows = np.repeat(sample.data, times.astype(int)[own], axis=0)
            found.append(pearson(rows[:, 0], rows[:, 1]).value)
        return np.nan if None in found else sum(found) / 2

    (drawn,) = times_drawn(30, 200, 4)
    value = mean_r(np.ones(30))
    left_out = np.array([mean_r(times) for times in 1 - np.eye(30)])
    slow = bca_interval(value, np.array([mean_r(t) for t in drawn]), left_out, 30, 0.9)
    fast = interval_of_mean(Pearson(), samples, value, Resampling(0.9, 200, 4))
    assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=1e-9)
    assert fast.n_clusters == 30


@pytest.mark.parametrize("measure", EVERY, ids=lambda m: type(m).__name__)
@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.lists(st.integers(0, 1), min_size=4, max_size=4)),
        max_size=14,
    ),
    st.sets(st.integers(0, 13)),
)
def test_whatever_the_data_a_figure_is_a_number_or_says_why(measure, rows, silent):
    made = [
        Case(f"t{tree}", 1, 1, (np.nan,) * measure.n_columns if i in silent else tuple(row))
        for i, (tree, numbers) in enumerate(rows)
        for row in [[float(n) for n in numbers[: measure.n_columns]]]
    ]
    found = figure_of(measure, made, Resampling(n_resamples=30))
    assert (found.value is None) <= (found.undefined is not None)
    assert (found.low is None) == (found.undefined is not None)
    assert (found.low is None) == (found.high is None)
    for number in (found.value, found.low, found.high):
        assert number is None or np.isfinite(number)
    if found.low is not None:
        assert found.low <= found.high
