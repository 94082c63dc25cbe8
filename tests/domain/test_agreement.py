"""Agreement coefficients: golden values, properties, and independent implementations."""

from __future__ import annotations

import math

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from intermt.domain.agreement import (
    exact_agreement,
    gwet_ac2,
    krippendorff_alpha,
    weighted_kappa,
)
from intermt.errors import InputError

LEVELS = ("nominal", "ordinal", "interval", "ratio")
WEIGHTS = ("identity", "linear", "quadratic", "ordinal")


def _row(text):
    return [math.nan if mark == "." else float(mark) for mark in text.split()]


# Krippendorff's example of four coders and twelve units.
EXAMPLE = np.array(
    [
        _row("1 2 3 3 2 1 4 1 2 . . ."),
        _row("1 2 3 3 2 2 4 1 2 5 . 3"),
        _row(". 3 3 3 2 3 4 2 2 5 1 ."),
        _row("1 2 3 3 2 4 4 1 2 5 1 ."),
    ]
).T

tables = arrays(
    np.float64,
    st.tuples(st.integers(0, 9), st.integers(0, 5)),
    elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, math.nan]),
)


@pytest.mark.parametrize(
    ("level", "expected"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_alpha_of_krippendorffs_example(level, expected):
    alpha = krippendorff_alpha(EXAMPLE, level)
    assert alpha.value == pytest.approx(expected, abs=1e-6)
    assert (alpha.n_units, alpha.n_raters, alpha.n_pairable, alpha.n_ratings) == (12, 4, 11, 40)
    assert alpha.undefined is None


@pytest.mark.parametrize(
    ("weights", "expected"), [("identity", 0.77544), ("ordinal", 0.89894), ("quadratic", 0.91400)]
)
def test_ac2_of_krippendorffs_example(weights, expected):
    result = gwet_ac2(EXAMPLE, weights)
    assert result.value == pytest.approx(expected, abs=1e-5)
    assert (result.n_units, result.n_raters, result.n_pairable, result.n_ratings) == (12, 4, 11, 41)


def test_standard_error_of_ac1_is_gwets():
    assert gwet_ac2(EXAMPLE, "identity").standard_error == pytest.approx(0.14295, abs=1e-5)


def test_quadratic_kappa_golden():
    a, b = [0, 1, 2, 3, 3, 2, 1, 0, 2, 2], [0, 1, 3, 3, 2, 2, 1, 1, 2, 0]
    assert weighted_kappa(a, b, "quadratic").value == pytest.approx(0.666667, abs=1e-6)


@given(tables, st.sampled_from(LEVELS))
def test_alpha_agrees_with_the_krippendorff_package(scores, level):
    alpha = krippendorff_alpha(scores, level)
    if alpha.value is None:
        return
    oracle = krippendorff.alpha(
        reliability_data=scores.T, level_of_measurement=level, value_domain=[0.0, 1.0, 2.0, 3.0]
    )
    assert alpha.value == pytest.approx(oracle, abs=1e-9)


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 8), st.integers(2, 4)),
        elements=st.one_of(st.just(math.nan), st.floats(0.1, 50.0)),
    ),
    st.sampled_from(LEVELS),
)
def test_alpha_of_real_numbers_agrees_with_the_krippendorff_package(scores, level):
    alpha = krippendorff_alpha(scores, level)
    if alpha.value is None:
        return
    pairable = scores[(~np.isnan(scores)).sum(axis=1) >= 2]
    spread = np.nanmax(pairable) - np.nanmin(pairable)
    assume(spread > 1e-3)
    oracle = krippendorff.alpha(reliability_data=scores.T, level_of_measurement=level)
    assert alpha.value == pytest.approx(oracle, abs=1e-9)


@given(tables, st.sampled_from(LEVELS), st.randoms(use_true_random=False))
def test_alpha_does_not_depend_on_the_order_of_raters_or_units(scores, level, random):
    columns = random.sample(range(scores.shape[1]), scores.shape[1])
    rows = random.sample(range(scores.shape[0]), scores.shape[0])
    before = krippendorff_alpha(scores, level)
    after = krippendorff_alpha(scores[rows][:, columns], level)
    assert after.value == pytest.approx(before.value, abs=1e-12)
    assert (after.n_units, after.n_raters, after.undefined) == (
        before.n_units,
        before.n_raters,
        before.undefined,
    )


@given(tables, st.sampled_from(WEIGHTS), st.randoms(use_true_random=False))
def test_ac2_does_not_depend_on_the_order_of_raters_or_units(scores, weights, random):
    columns = random.sample(range(scores.shape[1]), scores.shape[1])
    rows = random.sample(range(scores.shape[0]), scores.shape[0])
    before = gwet_ac2(scores, weights)
    after = gwet_ac2(scores[rows][:, columns], weights)
    assert after.value == pytest.approx(before.value, abs=1e-12)
    assert after.standard_error == pytest.approx(before.standard_error, abs=1e-12)


@given(tables, st.sampled_from(LEVELS), st.sampled_from(WEIGHTS))
def test_a_rater_without_ratings_changes_nothing(scores, level, weights):
    wider = np.column_stack([scores, np.full(len(scores), math.nan)])
    assert krippendorff_alpha(wider, level) == krippendorff_alpha(scores, level)
    assert gwet_ac2(wider, weights) == gwet_ac2(scores, weights)


@given(tables)
def test_nominal_coefficients_do_not_depend_on_the_names_of_classes(scores):
    renamed = scores.copy()
    for old, new in {0.0: 7.0, 1.0: -2.0, 2.0: 0.5, 3.0: 1e6}.items():
        renamed[scores == old] = new
    alpha, other = krippendorff_alpha(scores, "nominal"), krippendorff_alpha(renamed, "nominal")
    assert alpha.value == pytest.approx(other.value, abs=1e-12)
    ac1, other_ac1 = gwet_ac2(scores, "identity"), gwet_ac2(renamed, "identity")
    assert ac1.value == pytest.approx(other_ac1.value, abs=1e-12)


@given(tables)
def test_ordinal_alpha_depends_on_order_alone_and_interval_alpha_not_on_the_unit(scores):
    ordinal = krippendorff_alpha(scores, "ordinal").value
    assert krippendorff_alpha(np.exp(scores), "ordinal").value == pytest.approx(ordinal, abs=1e-9)
    interval = krippendorff_alpha(scores, "interval").value
    shifted = krippendorff_alpha(scores * 8.0 + 2.0**40, "interval").value
    assert shifted == pytest.approx(interval, abs=1e-9)


@given(tables, st.sampled_from(LEVELS), st.sampled_from(WEIGHTS))
def test_every_table_has_a_value_or_a_reason(scores, level, weights):
    for result in (krippendorff_alpha(scores, level), gwet_ac2(scores, weights)):
        assert (result.value is None) == (result.undefined is not None)
        assert result.value is None or (math.isfinite(result.value) and result.value <= 1 + 1e-12)


def test_perfect_agreement_is_one():
    scores = [[0, 0, 0], [1, 1, 1], [3, 3, math.nan], [2, 2, 2]]
    for level in LEVELS:
        assert krippendorff_alpha(scores, level).value == pytest.approx(1.0, abs=1e-12)
    for weights in WEIGHTS:
        assert gwet_ac2(scores, weights).value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_extreme_ranges_neither_overflow_nor_vanish(level):
    huge = krippendorff_alpha([[0, 1e308], [1e308, 1e308], [0, 0], [0, 0]], level)
    tiny = krippendorff_alpha([[0, 5e-324], [5e-324, 5e-324], [0, 0], [0, 0]], level)
    plain = krippendorff_alpha([[0, 1], [1, 1], [0, 0], [0, 0]], level)
    assert huge.value == pytest.approx(plain.value)
    assert tiny.value == pytest.approx(plain.value)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((5, 3), 3.0), "constant"),
        (np.full((5, 3), math.nan), "too few raters"),
        (np.empty((0, 3)), "too few raters"),
        (np.empty((4, 0)), "too few raters"),
        ([[1.0], [2.0]], "too few raters"),
        ([[1.0, 2.0]], "too few units"),
        ([[1.0, math.nan], [math.nan, 2.0], [1.0, 1.0]], "too few units"),
        ([[1.0, math.inf], [1.0, 2.0]], "infinite"),
    ],
)
def test_what_has_no_value_says_why(scores, reason):
    for level in LEVELS:
        alpha = krippendorff_alpha(scores, level)
        assert alpha.value is None
        assert reason in alpha.undefined
    for weights in WEIGHTS:
        result = gwet_ac2(scores, weights, categories=None)
        assert (result.value, result.standard_error, result.expected) == (None, None, None)
        assert reason in result.undefined


def test_constant_ratings_stay_undefined_on_a_known_scale_but_show_what_was_observed():
    result = gwet_ac2(np.full((5, 3), 3.0), "linear", categories=[0, 1, 2, 3])
    assert result.value is None
    assert "constant" in result.undefined
    assert result.observed == 1.0


def test_alpha_is_undefined_where_only_unpaired_ratings_differ():
    scores = [[3, 3], [3, 3], [0, math.nan]]
    assert "constant" in krippendorff_alpha(scores, "ordinal").undefined


def test_ratio_alpha_refuses_negative_ratings():
    assert "negative" in krippendorff_alpha([[-1, 1], [1, 1], [2, 2]], "ratio").undefined


def test_empty_classes_change_ac2_but_not_quadratic_kappa():
    scores = [[2, 2], [3, 3], [3, 3], [2, 3]]
    a, b = zip(*scores, strict=True)
    known = gwet_ac2(scores, "identity", categories=[0, 1, 2, 3]).value
    assert known > gwet_ac2(scores, "identity").value
    kappa = weighted_kappa(a, b, "quadratic")
    assert kappa.value == weighted_kappa(a, b, "quadratic", categories=[3, 0, 1, 2]).value


def test_ac1_keeps_its_meaning_where_nearly_all_scores_are_three():
    scores = np.full((100, 2), 3.0)
    scores[0, 0] = scores[1, 1] = 2.0
    assert gwet_ac2(scores, "identity").value > 0.95
    assert weighted_kappa(scores[:, 0], scores[:, 1], "identity").value < 0.0


def test_a_rating_off_the_scale_is_an_input_error():
    with pytest.raises(InputError, match="4 is not on the scale"):
        gwet_ac2([[0, 1], [4, 1]], "linear", categories=[0, 1, 2, 3])
    with pytest.raises(InputError, match="4 is not on the scale"):
        weighted_kappa([0, 4], [1, 0], "linear", categories=[0, 1, 2, 3])


@pytest.mark.parametrize("weights", ["identity", "linear", "quadratic"])
@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_kappa_agrees_with_scikit_learn(weights, pairs):
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    kappa = weighted_kappa(a, b, weights, categories=[0, 1, 2, 3])
    if len(pairs) < 2:
        assert "too few" in kappa.undefined
    elif len(set(a)) == 1 or len(set(b)) == 1:
        assert kappa.value is None
        assert "constant" in kappa.undefined
    else:
        name = None if weights == "identity" else weights
        oracle = cohen_kappa_score(a, b, weights=name, labels=[0, 1, 2, 3])
        assert kappa.value == pytest.approx(oracle, abs=1e-9)
        by_definition = (kappa.observed - kappa.expected) / (1 - kappa.expected)
        assert kappa.value == pytest.approx(by_definition, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1), st.randoms())
def test_two_sided_coefficients_are_symmetric(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    x, y = [p[1] for p in shuffled], [p[0] for p in shuffled]
    assert exact_agreement(a, b) == exact_agreement(x, y)
    for weights in WEIGHTS:
        one, other = weighted_kappa(a, b, weights), weighted_kappa(x, y, weights)
        assert one.value == pytest.approx(other.value, abs=1e-12)


def test_missing_ratings_leave_pairs_out():
    nan = math.nan
    full = weighted_kappa([0, 1, 2, 3], [0, 1, 3, 3], "linear")
    gaps = weighted_kappa([0, nan, 1, 2, 3, nan], [0, 2, 1, 3, 3, nan], "linear")
    assert gaps.value == full.value
    assert (gaps.n_pairable, gaps.n_units) == (4, 5)


def test_exact_agreement_counts_equal_pairs():
    result = exact_agreement([3, 3, math.nan, 0, 1], [3, 2, 3, 0, math.nan])
    assert result.value == pytest.approx(2 / 3)
    assert (result.n_pairable, result.n_units, result.n_raters) == (3, 5, 2)
    assert exact_agreement([3, 3], [3, 3]).value == 1.0
    nothing = exact_agreement([math.nan], [1.0])
    assert nothing.value is None
    assert "too few" in nothing.undefined


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="level"):
        krippendorff_alpha(EXAMPLE, "metric")
    with pytest.raises(ValueError, match="weights"):
        gwet_ac2(EXAMPLE, "radical")
    with pytest.raises(ValueError, match="weights"):
        weighted_kappa([1, 2], [1, 2], "none")
    with pytest.raises(ValueError, match="shape"):
        krippendorff_alpha([1.0, 2.0], "nominal")
    with pytest.raises(ValueError, match="length"):
        exact_agreement([1, 2], [1])
