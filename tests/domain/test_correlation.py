"""Correlations against scipy, on ordinary and on hostile numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intermt.domain.correlation import kendall_tau_b, mid_ranks, pearson, spearman

ORACLES = [
    (pearson, lambda x, y: stats.pearsonr(x, y).statistic),
    (spearman, lambda x, y: stats.spearmanr(x, y).statistic),
    (kendall_tau_b, lambda x, y: stats.kendalltau(x, y, variant="b").statistic),
]
COEFFICIENTS = [pearson, spearman, kendall_tau_b]

A = [0, 1, 2, 3, 3, 2, 1, 0, 2, 2]
B = [0, 1, 3, 3, 2, 2, 1, 1, 2, 0]

small = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), min_size=3, max_size=40)


def test_golden_values():
    assert pearson(A, B).value == pytest.approx(0.669864, abs=1e-6)
    assert spearman(A, B).value == pytest.approx(0.690587, abs=1e-6)
    assert kendall_tau_b(A, B).value == pytest.approx(0.602796, abs=1e-6)


@pytest.mark.parametrize(("ours", "oracle"), ORACLES)
@given(pairs=small)
def test_tied_scores_agree_with_scipy(ours, oracle, pairs):
    x, y = (list(side) for side in zip(*pairs, strict=True))
    result = ours(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert result.value is None
        assert "constant" in result.undefined
    else:
        assert result.value == pytest.approx(oracle(x, y), abs=1e-9)
        assert result.n == len(pairs)


@pytest.mark.parametrize(("ours", "oracle"), ORACLES)
@pytest.mark.parametrize("seed", range(5))
def test_real_numbers_agree_with_scipy(ours, oracle, seed):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=1001)
    y = 0.3 * x + generator.standard_t(2, size=1001)
    assert ours(x, y).value == pytest.approx(oracle(x, y), abs=1e-9)


@pytest.mark.parametrize(("ours", "oracle"), ORACLES)
@pytest.mark.parametrize("seed", range(3))
def test_a_huge_common_offset_costs_no_digits(ours, oracle, seed):
    # Whole numbers below 2^53 are shifted without rounding, so the answer is known.
    generator = np.random.default_rng(seed)
    x, y = generator.integers(0, 50, 300), generator.integers(0, 50, 300)
    result = ours(x + 2.0**52, y - 2.0**52)
    assert result.value == pytest.approx(oracle(x, y), abs=1e-9)


@pytest.mark.parametrize("ours", COEFFICIENTS)
@pytest.mark.parametrize("scale", [1e308, 1e-300, 5e-324])
def test_extreme_scales_neither_overflow_nor_vanish(ours, scale):
    assert ours([0, scale, 0, scale], [1, 2, 1, 2]).value == pytest.approx(1.0, abs=1e-12)
    assert ours([0, scale, 0, scale], [2, 1, 2, 1]).value == pytest.approx(-1.0, abs=1e-12)
    assert ours([-scale, scale, 0], [1, 2, 1.5]).value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("ours", COEFFICIENTS)
@given(pairs=small)
def test_symmetric_bounded_and_blind_to_order(ours, pairs):
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    result = ours(x, y)
    if result.value is None:
        return
    assert -1.0 <= result.value <= 1.0
    assert ours(y, x).value == pytest.approx(result.value, abs=1e-12)
    assert ours(x[::-1], y[::-1]).value == pytest.approx(result.value, abs=1e-12)
    assert ours(-x, y).value == pytest.approx(-result.value, abs=1e-12)
    assert ours(x, x).value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("ours", COEFFICIENTS)
def test_missing_values_leave_pairs_out(ours):
    nan = math.nan
    gaps = ours([*A, nan, 3, nan], [*B, 3, nan, nan])
    assert gaps == ours(A, B)
    assert gaps.n == 10


@pytest.mark.parametrize("ours", COEFFICIENTS)
@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([], [], "too few"),
        ([1, 2], [1, 2], "too few"),
        ([1, 2, math.nan, 4], [1, math.nan, 3, 4], "too few"),
        ([3, 3, 3, 3], [0, 1, 2, 3], "constant: x"),
        ([0, 1, 2, 3], [0.1, 0.1, 0.1, 0.1], "constant: y"),
        ([3, 3, 3], [3, 3, 3], "constant: x and y"),
    ],
)
def test_what_has_no_value_says_why(ours, x, y, reason):
    result = ours(x, y)
    assert result.value is None
    assert result.undefined.startswith(reason)


def test_infinite_values_have_a_rank_but_no_product_moment():
    x, y = [0, 1, 2, math.inf], [0, 1, 2, 3]
    assert "infinite" in pearson(x, y).undefined
    assert spearman(x, y).value == pytest.approx(1.0)
    assert kendall_tau_b(x, y).value == pytest.approx(1.0)


def test_lengths_must_match():
    for ours in COEFFICIENTS:
        with pytest.raises(ValueError, match="length"):
            ours([1, 2, 3], [1, 2])


def test_a_constant_side_is_called_by_its_name():
    assert pearson([3, 3, 3], [1, 2, 3], names=("the judge", "people")).undefined == (
        "constant: the judge"
    )


@given(st.lists(st.integers(-3, 3), min_size=1))
def test_mid_ranks_agree_with_scipy(values):
    array = np.array(values, dtype=float)
    assert mid_ranks(array).tolist() == stats.rankdata(array).tolist()


def test_tau_b_of_many_values_does_not_compare_every_pair():
    # 200,000 values are 2e10 pairs: only an n log n count ends within the test's time.
    x = np.arange(200_000)
    half = np.concatenate([x[1::2], x[::2]])
    expected = stats.kendalltau(x, half).statistic
    assert kendall_tau_b(x, half).value == pytest.approx(expected, abs=1e-9)
