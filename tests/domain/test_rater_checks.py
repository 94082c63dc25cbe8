"""Checks of answering without looking: exact values, and how often they are wrong."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from intermt.domain.bootstrap import wilson, wilson_of_clusters
from intermt.domain.rater_checks import (
    Check,
    alternating_answers,
    constant_answers,
    first_side_choices,
    holm,
    smallest,
)


def test_one_answer_everywhere_is_as_likely_as_the_others_make_it():
    chances = [[0.5, 0.5], [0.25, 0.75], [0.5, 0.5]]
    assert constant_answers([1, 1, 1], chances).p == pytest.approx(0.25 * 0.75 + 0.25 * 0.25)
    assert constant_answers([1, 0, 1], chances).p == 1.0
    assert constant_answers([0, 0], [[1.0, 0.0]] * 2).p == 1.0
    assert constant_answers([0], [[0.5, 0.5]]).p is None


@pytest.mark.parametrize("labels", ["0101", "00112", "012012", "0101010"])
def test_the_normal_distribution_is_near_the_exact_one(labels: str):
    def repeats(order: tuple) -> int:
        return sum(x == y for x, y in pairwise(order))

    counts = Counter(repeats(order) for order in permutations(labels))
    exact = sum(n for k, n in counts.items() if k <= repeats(tuple(labels))) / counts.total()
    assert alternating_answers(list(labels)).p == pytest.approx(exact, abs=0.08)


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.9, 0.1], [0.4, 0.4, 0.2], [0.25] * 4])
@pytest.mark.parametrize("n", [6, 12, 40])
def test_honest_orders_are_flagged_no_more_often_than_said(shares: list[float], n: int):
    dice = np.random.default_rng(0)
    found = [alternating_answers(dice.choice(len(shares), n, p=shares)).p for _ in range(1500)]
    ps = np.array([1.0 if p is None else p for p in found])
    for level in (0.1, 0.01):
        assert (ps <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / 1500)


@pytest.mark.parametrize("cycle", [[0, 1], [0, 1, 2], [0, 1, 2, 3], [1, 1, 0, 2, 0, 1]])
def test_regular_changes_are_found(cycle: list[int]):
    p = alternating_answers(cycle * (60 // len(cycle))).p
    if len(cycle) < 5:
        assert p < 1e-3
    assert alternating_answers(sorted(cycle * 10)).p > 0.99


@pytest.mark.parametrize(
    ("labels", "reason"), [([0, 1], "too few"), ([1] * 20, "constant"), ([], "too few")]
)
def test_what_has_no_order_says_so(labels: list[int], reason: str):
    check = alternating_answers(labels)
    assert check.p is None
    assert reason in check.undefined


def test_all_different_answers_alternate_by_necessity():
    assert alternating_answers([0, 1, 2, 3]).p == 1.0


@given(st.integers(0, 80), st.integers(0, 80))
def test_the_sign_test_is_that_of_scipy(first: int, second: int):
    check = first_side_choices(first, second)
    if first + second == 0:
        assert check.p is None
    else:
        expected = binomtest(first, first + second).pvalue
        assert check.p == pytest.approx(expected, rel=1e-9)


def test_the_sign_test_of_very_many_does_not_overflow():
    assert first_side_choices(100_000, 0).p == 0.0
    assert first_side_choices(50_000, 50_000).p == 1.0


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_between_the_p_and_bonferroni(ps: list[float]):
    corrected = holm(ps)
    for p, c in zip(ps, corrected, strict=True):
        assert p <= c <= min(1.0, p * len(ps)) + 1e-12
    assert [c for _, c in sorted(zip(ps, corrected, strict=True))] == sorted(corrected)


def test_holm_of_known_values():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_several_checks_of_one_rater_count_as_several():
    checks = [Check(0.01, 5), Check(None, 2, "why"), Check(0.5, 7)]
    assert smallest(checks) == Check(0.02, 12)
    assert smallest([Check(None, 2, "why")]).undefined == "why"
    assert smallest([]).p is None


def test_the_interval_of_clusters_is_wilsons_where_cases_are_independent():
    error = (0.8 * 0.2 / 50) ** 0.5
    one, other = wilson_of_clusters(0.8, 50, error), wilson(40, 50)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    wide = wilson_of_clusters(0.8, 50, 2 * error)
    assert wide.low < other.low
    assert wide.high > other.high
    sure = wilson_of_clusters(0.8, 50, error / 9)
    assert (sure.low, sure.high) == pytest.approx((other.low, other.high))
    perfect = wilson_of_clusters(1.0, 20, 0.0)
    assert 0.8 < perfect.low < perfect.high == 1.0
    assert wilson_of_clusters(0.5, 9, None).undefined == "too few clusters (1, 2 needed)"
    assert wilson_of_clusters(0.0, 0, None).undefined == "too few cases (0, 1 needed)"
