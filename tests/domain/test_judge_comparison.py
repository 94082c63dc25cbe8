"""Two judges on the same items: differences, intervals and tests."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intermt.domain.benchmark import ScoreRow, score_evidence
from intermt.domain.figures import AVERAGE, Case, Evidence, Resampling
from intermt.domain.judge_comparison import differences, holm, mcnemar_exact, sign_flip
from intermt.domain.measures import Mean, Pearson

TEXT = "text_quality"
HOW = Resampling(n_resamples=400)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_test(better, worse):
    found = mcnemar_exact(better, worse)
    if better + worse:
        expected = stats.binomtest(better, better + worse, 0.5).pvalue
        assert found == pytest.approx(expected, abs=1e-9)
    else:
        assert found == 1.0


def test_mcnemar_of_many_items_has_a_value():
    assert mcnemar_exact(6000, 6000) == 1.0
    assert 0 < mcnemar_exact(5800, 6200) < 0.001


@given(st.lists(st.integers(-3, 3), max_size=8))
def test_sign_flips_of_few_clusters_are_all_tried(contributions):
    sums = [
        sum(s * c for s, c in zip(signs, contributions, strict=True))
        for signs in product((-1, 1), repeat=len(contributions))
    ]
    expected = np.mean([abs(s) >= abs(sum(contributions)) for s in sums])
    assert sign_flip(np.array(contributions, dtype=float), 0) == pytest.approx(expected)


def test_sign_flips_of_many_clusters_agree_with_scipy():
    values = np.random.default_rng(2).normal(0.25, 1, size=60)
    oracle = stats.permutation_test(
        (values,),
        np.sum,
        permutation_type="samples",
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    )
    assert sign_flip(values, 0) == pytest.approx(oracle.pvalue, abs=0.01)
    assert sign_flip(values, 0) == sign_flip(values, 0)
    assert sign_flip(values + 100, 0) == pytest.approx(1 / 20_001)


def test_sign_flips_reject_as_often_as_they_say_where_judges_are_alike():
    generator = np.random.default_rng(0)
    rejected = np.mean([sign_flip(generator.normal(size=12), 0) <= 0.05 for _ in range(600)])
    assert 0.03 <= rejected <= 0.07


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_a_p_and_keeps_their_order(ps):
    adjusted = holm(ps)
    assert all(a >= p for a, p in zip(adjusted, ps, strict=True))
    order = np.argsort(ps, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def shares(values, dimension=TEXT, first=0):
    cases = [Case(f"t{i // 3}", 1, 1, (float(v),), str(first + i)) for i, v in enumerate(values)]
    return Evidence(Mean(is_share=True), {dimension: cases})


def compare(one, other, **how):
    return differences(one, other, "local", HOW, **{"with_mcnemar": True, **how})


def test_only_items_that_both_judged_count():
    one, other = shares([1, 1, 0, 1, 0, np.nan]), shares([0, 0, 1, 0, 0, 1, 1, 1], first=1)
    found = compare(one, other)[TEXT]
    # Items 1 to 4; the items before and after belong to one judge alone.
    assert (found.n, found.one, found.other) == (4, 0.5, 0.25)
    assert found.value == 0.25
    assert (found.n_better, found.n_worse) == (1, 0)
    assert found.mcnemar == 1.0


def test_the_difference_has_the_interval_of_paired_resamples():
    generator = np.random.default_rng(0)
    hard = generator.random(180) < 0.5
    one, other = hard | (generator.random(180) < 0.3), hard | (generator.random(180) < 0.1)
    found = compare(shares(one), shares(other))[TEXT]
    assert found.value == pytest.approx(one.mean() - other.mean())
    gaps = one.astype(float) - other
    error = np.sqrt(np.square((gaps - gaps.mean()).reshape(60, 3).sum(axis=1)).sum()) / 180
    assert found.high - found.low == pytest.approx(2 * 1.98 * error, rel=0.15)
    assert found.low < found.value < found.high
    assert found.p_value < 0.05


def test_a_judge_beside_itself_differs_in_nothing():
    one = shares([1, 0, 1, 1, 0, 1])
    found = compare(one, one)[TEXT]
    assert (found.value, found.p_value, found.mcnemar) == (0.0, 1.0, 1.0)
    assert found.low is None
    assert "same value" in found.undefined


def test_exchanging_the_judges_changes_the_sign_alone():
    generator = np.random.default_rng(3)
    one, other = (shares(generator.random(60) < p) for p in (0.6, 0.4))
    there, back = compare(one, other)[TEXT], compare(other, one)[TEXT]
    assert there.value == -back.value
    assert (there.p_value, there.mcnemar) == (back.p_value, back.mcnemar)
    assert there.low == pytest.approx(-back.high, abs=1e-9)


def test_correlations_have_a_difference_and_an_interval_but_no_p_value():
    generator = np.random.default_rng(0)
    people = generator.integers(0, 4, size=120)

    def judged(noise):
        said = np.clip(np.round(people + noise * generator.normal(size=120)), 0, 3).astype(int)
        return score_evidence(
            ScoreRow(key, f"t{i // 3}", (int(s),), (int(h),), f"{i}")
            for key in (TEXT, "context_coherence")
            for i, (s, h) in enumerate(zip(said, people, strict=True))
        )

    good, bad = judged(0.5)["pearson"], judged(2.5)["pearson"]
    found = compare(good, bad, with_mcnemar=False)
    assert isinstance(good.measure, Pearson)
    assert list(found) == ["context_coherence", TEXT, AVERAGE]
    assert found[TEXT].low > 0.2
    assert found[TEXT].p_value is None
    assert found[AVERAGE].value == pytest.approx(found[TEXT].value)
    assert found[AVERAGE].low == pytest.approx(found[TEXT].low)


def test_what_cannot_be_compared_says_why():
    one = Evidence(Pearson(), {TEXT: [Case(f"t{i}", 1, 1, (i, 1.0), str(i)) for i in range(5)]})
    found = compare(one, one, with_mcnemar=False)
    assert found[TEXT].value is None
    assert found[TEXT].undefined == "constant: people"
    assert AVERAGE not in found
    apart = compare(shares([1, 0, 1]), shares([1, 0, 1], first=50))[TEXT]
    assert (apart.value, apart.n, apart.undefined) == (None, 0, "too few items (0, 1 needed)")
    assert compare(shares([1]), shares([1], "context_coherence")) == {}
    single = compare(shares([1, 0]), shares([0, 0]))[TEXT]
    assert (single.p_value, single.low) == (None, None)
    assert "too few clusters" in single.undefined
