"""Bradley-Terry heads: golden values, symmetries, planted truth, and what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from intermt.domain.head_path import RIDGES, Space, cross_entropy, fit_path
from intermt.domain.preference_head import (
    Head,
    NoHead,
    accuracy_of,
    chosen_by_others,
    credits_of,
    crossed_margins,
    fit_head,
    folds_of,
)


def drawn(seed, n, d, *, strength=2.0, n_groups=20):
    """Differences on unlike scales, outcomes of a logistic law, groups, and the law."""
    generator = np.random.default_rng(seed)
    scales = generator.uniform(0.1, 5.0, d)
    differences = generator.normal(size=(n, d)) * scales
    law = generator.normal(size=d) / np.sqrt(d) / scales * strength
    chance = 1 / (1 + np.exp(-differences @ law))
    targets = (generator.random(n) < chance).astype(float)
    return differences, targets, generator.integers(0, n_groups, n), law


def fitted(differences, targets, groups, seed=0):
    space = Space.of(differences)
    return space, fit_head(space, space.coordinates(differences), targets, groups, seed=seed)


def weights_at(differences, targets, ridge):
    """Weights on the features as given, at a ridge per unit."""
    space = Space.of(differences)
    coordinates = space.coordinates(differences)
    *_, last = fit_path(space, coordinates, targets, ridges=(ridge,), exact=True)
    return space, space.axes @ last


@pytest.mark.parametrize(("n", "d"), [(200, 20), (60, 200), (40, 40), (500, 1)])
@pytest.mark.parametrize("ridge", [1.0, 1e-2, 1e-4])
def test_weights_are_those_of_logistic_regression(n, d, ridge):
    differences, targets, *_ = drawn(3, n, d)
    space, weights = weights_at(differences, targets, ridge)
    oracle = LogisticRegression(
        C=1 / (ridge * space.unit * n),
        fit_intercept=False,
        solver="newton-cholesky",
        tol=1e-12,
        max_iter=10_000,
    ).fit(differences / space.scale, targets)
    assert np.abs(oracle.coef_[0] - weights).max() < 1e-6


def test_a_tie_is_half_a_win_for_either_side():
    differences, targets, *_ = drawn(4, 150, 6)
    targets[:30] = 0.5
    space, weights = weights_at(differences, targets, 1e-2)
    # Each pair twice, won once by either side where nobody won.
    twice = np.concatenate([np.ceil(targets), np.floor(targets)])
    oracle = LogisticRegression(
        C=1 / (1e-2 * space.unit * 300), fit_intercept=False, solver="newton-cholesky", tol=1e-12
    ).fit(np.tile(differences / space.scale, (2, 1)), twice)
    assert np.abs(oracle.coef_[0] - weights).max() < 1e-6


def test_the_slope_of_the_loss_is_nothing_at_the_weights():
    differences, _, groups, _ = drawn(5, 120, 9)
    targets = np.random.default_rng(5).uniform(size=120)
    space, head = fitted(differences, targets, groups)
    standard = differences / space.scale
    chance = 1 / (1 + np.exp(-standard @ head.weights))
    slope = standard.T @ (chance - targets) / 120 + head.ridge * head.weights
    assert np.abs(slope).max() < 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), flips=st.integers(0, 2**32 - 1))
def test_swapping_the_sides_of_any_pairs_changes_nothing(seed, flips):
    differences, targets, groups, _ = drawn(seed, 40, 4)
    signs = np.where(np.random.default_rng(flips).random(40) < 0.5, -1.0, 1.0)
    _, head = fitted(differences, targets, groups)
    _, other = fitted(
        differences * signs[:, None], np.where(signs < 0, 1 - targets, targets), groups
    )
    assert np.allclose(head.weights, other.weights, atol=1e-7)
    assert head.accuracy.value == other.accuracy.value


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), power=st.integers(-6, 6))
def test_units_of_features_do_not_count(seed, power):
    differences, targets, groups, _ = drawn(seed, 40, 4)
    units = np.array([10.0**power, 1.0, 3.0, 0.01])
    space, head = fitted(differences, targets, groups)
    other_space, other = fitted(differences * units, targets, groups)
    assert np.allclose(head.weights, other.weights, rtol=1e-6, atol=1e-8)
    assert np.allclose(other_space.scale, space.scale * units)


def test_the_order_of_pairs_does_not_count():
    differences, targets, groups, _ = drawn(6, 90, 5)
    order = np.random.default_rng(0).permutation(90)
    _, head = fitted(differences, targets, groups)
    _, other = fitted(differences[order], targets[order], groups[order])
    assert np.allclose(head.weights, other.weights, atol=1e-8)
    assert head.ridge == pytest.approx(other.ridge)
    assert head.accuracy.value == pytest.approx(other.accuracy.value)


def test_a_planted_law_is_found():
    differences, targets, groups, law = drawn(7, 4000, 10, strength=3.0, n_groups=400)
    space, head = fitted(differences, targets, groups)
    found = head.weights / space.scale
    assert np.corrcoef(found, law)[0, 1] > 0.98
    fresh, outcomes, *_ = drawn(8, 4000, 10)
    outcomes = (fresh @ law > 0).astype(float)
    assert np.mean((fresh @ found > 0) == outcomes) > 0.95
    chance = 1 / (1 + np.exp(-differences @ law))
    best = np.mean(np.where(differences @ law > 0, chance, 1 - chance))
    assert head.accuracy.interval.low <= best <= head.accuracy.interval.high


def test_noise_teaches_nothing():
    inside = []
    for seed in range(30):
        differences, _, groups, _ = drawn(seed, 120, 12)
        targets = np.random.default_rng(seed + 1000).integers(0, 2, 120).astype(float)
        _, head = fitted(differences, targets, groups)
        inside.append(head.accuracy.interval.low <= 0.5 <= head.accuracy.interval.high)
        assert head.log_loss < 0.72
    assert np.mean(inside) >= 0.9


def test_more_features_than_pairs_are_fitted_in_as_many_axes_as_there_are_pairs():
    differences, targets, groups, _ = drawn(9, 30, 500)
    space, head = fitted(differences, targets, groups)
    assert space.axes.shape == (500, 30)
    assert np.allclose(space.axes.T @ space.axes, np.eye(30), atol=1e-8)
    assert head.weights.shape == (500,)


def test_features_that_are_the_same_on_both_sides_weigh_nothing():
    differences, targets, groups, _ = drawn(10, 80, 5)
    differences[:, 2] = 0.0
    space, head = fitted(differences, targets, groups)
    assert abs(head.weights[2]) < 1e-12
    assert space.scale[2] == 1.0
    without = np.delete(differences, 2, axis=1)
    _, other = fitted(without, targets, groups)
    assert np.allclose(np.delete(head.weights, 2), other.weights, atol=1e-8)


def test_outcomes_that_can_be_told_apart_perfectly_have_weights_all_the_same():
    differences, _, groups, law = drawn(11, 60, 3)
    _, head = fitted(differences, (differences @ law > 0).astype(float), groups)
    assert np.isfinite(head.weights).all()
    assert head.accuracy.value > 0.9


@pytest.mark.parametrize(
    ("n", "target", "n_groups", "zero", "why"),
    [
        (0, None, 5, False, "no pairs"),
        (9, None, 5, False, "too few pairs with a winner (9, 10 needed)"),
        (50, 0.5, 5, False, "all 50 pairs are ties"),
        (50, None, 1, False, "all pairs come from one seed tree"),
        (50, None, 5, True, "the two sides of every pair have the same embedding"),
    ],
)
def test_what_cannot_be_fitted_says_so(n, target, n_groups, zero, why):
    differences, targets, groups, _ = drawn(12, n, 3)
    if target is not None:
        targets[:] = target
    if zero:
        differences[:] = 0.0
    _, head = fitted(differences.reshape(n, 3), targets, groups % n_groups)
    assert isinstance(head, NoHead)
    assert head.why.startswith(why)


def test_two_groups_are_enough():
    differences, targets, groups, _ = drawn(13, 60, 3)
    _, head = fitted(differences, targets, groups % 2)
    assert isinstance(head, Head)
    assert (head.n_folds, head.n_groups) == (2, 2)
    assert head.accuracy.n_groups == 2


# --- cross-validation --------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=80), st.integers(0, 99))
def test_a_group_is_in_one_fold(groups, seed):
    codes = np.array(groups)
    folds = folds_of(codes, seed)
    for group in set(groups):
        assert len(set(folds[codes == group])) == 1
    assert set(folds) == set(range(min(5, len(set(groups)))))


def test_no_pair_is_judged_by_a_head_that_saw_its_group():
    differences, targets, groups, _ = drawn(14, 60, 4, n_groups=10)
    space = Space.of(differences)
    coordinates = space.coordinates(differences)
    folds = folds_of(groups, 0)
    before = crossed_margins(space, coordinates, targets, folds)
    changed = targets.copy()
    changed[folds == 0] = 1 - changed[folds == 0]
    after = crossed_margins(space, coordinates, changed, folds)
    # How far the path of ridges is followed hangs on the losses; the strongest is always there.
    assert np.array_equal(before[0, folds == 0], after[0, folds == 0])
    assert not np.allclose(before[0, folds == 1], after[0, folds == 1])


def test_heads_learn_from_those_pairs_alone_that_they_may_learn_from():
    differences, targets, groups, _ = drawn(15, 80, 4, n_groups=10)
    space = Space.of(differences)
    coordinates = space.coordinates(differences)
    folds = folds_of(groups, 1)
    trained = np.arange(80) < 40
    before = crossed_margins(space, coordinates, targets, folds, trained)
    changed = np.where(trained, targets, 1 - targets)
    after = crossed_margins(space, coordinates, changed, folds, trained)
    assert np.array_equal(before, after)
    chosen = chosen_by_others(before, targets, folds, trained)
    assert np.array_equal(chosen, chosen_by_others(after, changed, folds, trained))


def test_the_ridge_of_a_fold_is_the_best_on_the_others():
    n_ridges, n = len(RIDGES), 30
    folds = np.arange(n) % 3
    targets = np.ones(n)
    margins = np.zeros((n_ridges, n))
    # The others of fold 0 do best at ridge 2, those of 1 and 2 at ridge 5.
    margins[2, folds == 1] = margins[2, folds == 2] = 3.0
    margins[5, folds == 0] = 9.0
    chosen = chosen_by_others(margins, targets, folds)
    assert (chosen[folds == 0] == margins[2, folds == 0]).all()
    assert (chosen[folds == 1] == margins[5, folds == 1]).all()


def test_credits_and_accuracy():
    margins = np.array([2.0, -1.0, 0.0, np.nan, 3.0, -2.0])
    targets = np.array([0.9, 0.8, 1.0, 1.0, 0.5, 0.0])
    credit = credits_of(margins, targets)
    assert np.array_equal(credit, [1, 0, 0.5, np.nan, np.nan, 1], equal_nan=True)
    seen = accuracy_of(credit, np.array([0, 0, 1, 1, 2, 2]), 0.95)
    assert (seen.n, seen.n_groups, seen.value) == (4, 3, 0.625)
    assert cross_entropy(np.array([0.0]), np.array([1.0]))[0] == pytest.approx(np.log(2))
