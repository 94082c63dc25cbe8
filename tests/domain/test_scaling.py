"""Figures of a scaling study: values by hand, planted laws, and noise that must stay noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit
from sklearn.linear_model import LogisticRegression

from intermt.domain.head_path import Space
from intermt.domain.scaling import (
    Pairs,
    averages,
    head_credits,
    matrix,
    transfers,
    trend,
)
from intermt.domain.scaling_curve import Curve, curve

NAN = np.nan


def forest(seed, *, n_trees=60, n_turns=5, d=8, per_turn=1, signal=3.0, grows=True):
    """Pairs of trees; of turn t the first t features count, or all where nothing grows."""
    generator = np.random.default_rng(seed)
    trees, turns = (
        axis.ravel()
        for axis in np.meshgrid(
            np.arange(n_trees).repeat(per_turn), np.arange(1, n_turns + 1), indexing="ij"
        )
    )
    differences = generator.normal(size=(len(trees), d))
    counted = np.arange(d)[None, :] < (turns[:, None] if grows else n_turns)
    lead = signal * (differences * counted).sum(axis=1) / np.sqrt(counted.sum(axis=1))
    targets = (generator.random(len(trees)) < 1 / (1 + np.exp(-lead))).astype(float)
    return differences, Pairs(differences, targets, turns, trees)


def studied(seed, repeats=1, equal=False, **options):
    """Credits of heads of the first k turns, with turns and trees."""
    differences, pairs = forest(seed, **options)
    space = Space.of(differences)
    pairs = Pairs(space.coordinates(differences), pairs.targets, pairs.turns, pairs.trees)
    most = int((pairs.turns == 1).sum()) if equal else None
    rows = [
        np.where(
            pairs.turns >= k,
            head_credits(space, pairs, pairs.turns <= k, repeats=repeats, seed=seed, most=most),
            NAN,
        )
        for k in range(1, int(pairs.turns.max()) + 1)
    ]
    return np.stack(rows), pairs.turns, pairs.trees


# --- by hand -----------------------------------------------------------------------------

TURNS = np.array([1, 2, 2, 3, 3, 3])
TREES = np.array([0, 0, 1, 0, 1, 2])
CREDITS = np.array(
    [
        [1.0, 1.0, 0.0, 0.0, 1.0, 0.0],
        [NAN, 1.0, 0.5, 1.0, 1.0, 0.0],
        [NAN, NAN, NAN, 1.0, 1.0, NAN],
    ]
)


def test_cells_are_means_over_the_pairs_of_a_turn():
    found = {(c.k, c.t): (c.n, c.n_trees, c.accuracy) for c in matrix(CREDITS, TURNS, TREES, 0.95)}
    assert found == {
        (1, 1): (1, 1, 1.0),
        (1, 2): (2, 2, 0.5),
        (1, 3): (3, 3, pytest.approx(1 / 3)),
        (2, 2): (2, 2, 0.75),
        (2, 3): (3, 3, pytest.approx(2 / 3)),
        (3, 3): (2, 2, 1.0),
    }


def test_an_average_counts_every_later_turn_once():
    found = {row.k: row for row in averages(CREDITS, TURNS, TREES, 0.95)}
    assert set(found) == {1, 2}
    assert found[1].accuracy == pytest.approx((0.5 + 1 / 3) / 2)
    assert (found[1].n, found[1].n_trees) == (5, 3)
    assert found[2].accuracy == pytest.approx(2 / 3)


def test_the_slope_is_that_of_least_squares_with_a_level_for_each_pair():
    found = trend(CREDITS, TURNS, TREES, seed=0, confidence=0.95)
    # Of the pairs of turn 3 alone two judges speak: k = 1 and 2.
    assert found is not None
    assert found.slope == pytest.approx(((1 - 0) + (1 - 1) + (0 - 0)) / 3)
    assert (found.n, found.n_trees) == (3, 3)


def test_with_one_judge_a_turn_there_is_no_trend():
    assert trend(CREDITS[:1], TURNS, TREES, seed=0, confidence=0.95) is None
    two = TURNS <= 2
    assert trend(CREDITS[:2, two], TURNS[two], TREES[two], seed=0, confidence=0.95) is None


def test_a_single_tree_has_figures_and_no_intervals():
    trees = np.zeros(6, dtype=np.int64)
    assert all(c.interval.low is None for c in matrix(CREDITS, TURNS, trees, 0.95))
    assert all(a.interval.low is None for a in averages(CREDITS, TURNS, trees, 0.95))
    found = trend(CREDITS, TURNS, trees, seed=0, confidence=0.95)
    assert found is not None
    assert (found.interval.low, found.p_value) == (None, 1.0)
    assert not found.rises(0.95)


def test_why_there_is_no_curve():
    assert "there are 2" in curve(CREDITS, TURNS, TREES, seed=0, confidence=0.95)
    many = np.tile([[0.0], [0.5], [1.0], [1.0]], (1, 6))
    turns = np.array([4, 4, 4, 5, 5, 5])
    one_tree = np.zeros(6, dtype=np.int64)
    assert "seed trees" in curve(many, turns, one_tree, seed=0, confidence=0.95)


@pytest.mark.parametrize("pace", [0.8, 2.0, 5.0])
def test_a_curve_without_noise_is_found_again(pace):
    turns = np.repeat(np.arange(2, 9), 6)
    trees = np.tile(np.arange(6), 7)
    levels = 0.8 - 0.01 * turns
    steps = np.arange(1, 9)[:, None]
    credit = np.where(steps < turns, levels - 0.3 * np.exp(-steps / pace), NAN)
    found = curve(credit, turns, trees, seed=0, confidence=0.95, n_resamples=50)
    assert isinstance(found, Curve)
    assert found.pace == pytest.approx(pace, rel=0.05)
    assert found.drop == pytest.approx(0.3, rel=0.08)
    # Turn t has t - 1 cells, each with 6 pairs.
    weights = np.arange(2, 9) - 1
    ceiling = np.average(0.8 - 0.01 * np.arange(2, 9), weights=weights)
    assert found.ceiling == pytest.approx(ceiling, abs=0.005)
    gain = 0.3 * (np.exp(-1 / pace) - np.exp(-7 / pace))
    assert found.gain == pytest.approx(gain, abs=0.005)
    means = {k: np.nanmean(credit[k - 1, turns > k]) for k in range(1, 8)}
    assert found.averages == pytest.approx(means, abs=0.003)


def test_the_curve_is_that_of_another_fitter():
    # One later turn for all k: an ordinary fit of three numbers.
    values = np.array([0.52, 0.61, 0.63, 0.655, 0.66])
    credit = np.tile(values[:, None], (1, 4))
    turns = np.full(4, 6)
    found = curve(credit, turns, np.arange(4), seed=0, confidence=0.95, n_resamples=20)
    assert isinstance(found, Curve)
    (a, b, c), _ = curve_fit(
        lambda k, a, b, c: a - b * np.exp(-k / c), np.arange(1, 6), values, p0=(0.6, 0.2, 1)
    )
    assert (found.ceiling, found.drop, found.pace) == pytest.approx((a, b, c), rel=0.05)


def credits_of_law(ceiling, drop, pace, n_turns, n_trees, seed):
    """Credits drawn from a curve; judges of two k often agree on a pair."""
    generator = np.random.default_rng(seed)
    turns = np.tile(np.arange(1, n_turns + 1), n_trees)
    steps = np.arange(1, n_turns + 1)[:, None]
    chance = ceiling - drop * np.exp(-steps / pace)
    own = generator.random((n_turns, len(turns)))
    luck = np.where(own < 0.6, generator.random(len(turns)), generator.random(own.shape))
    credit = np.where(steps <= turns, (luck < chance).astype(float), NAN)
    return credit, turns, np.repeat(np.arange(n_trees), n_turns)


@pytest.mark.parametrize(("ceiling", "drop"), [(0.8, 0.4), (0.95, 0.5)])
def test_a_planted_ceiling_is_found_and_never_above_1(ceiling, drop):
    named, inside, gains = [], [], []
    for seed in range(25):
        law = credits_of_law(ceiling, drop, 1.5, 5, 200, seed)
        found = curve(*law, seed=0, confidence=0.95, n_resamples=200)
        assert isinstance(found, Curve)
        low, high = found.ceiling_interval.low, found.ceiling_interval.high
        assert low is not None
        assert high is not None
        assert 0 <= low <= high <= 1
        named.append(not found.no_ceiling)
        inside.append(low <= ceiling <= high)
        gain = drop * (np.exp(-1 / 1.5) - np.exp(-4 / 1.5))
        gains.append(found.gain_interval.low <= gain <= found.gain_interval.high)
    assert np.mean(named) >= 0.6
    assert np.mean(inside) >= 0.85
    assert np.mean(gains) >= 0.85


def test_a_straight_line_has_no_ceiling():
    values = np.array([0.3, 0.5, 0.7, 0.9])
    found = curve(
        np.tile(values[:, None], (1, 6)), np.full(6, 5), np.arange(6), seed=0, confidence=0.95
    )
    assert isinstance(found, Curve)
    assert found.no_ceiling.startswith("no bend within the data")
    assert found.gain == pytest.approx(0.6, abs=0.01)


def test_a_curve_that_would_end_above_1_has_no_ceiling():
    values = 1.6 - 1.5 * np.exp(-np.arange(1, 5) / 6)
    found = curve(
        np.tile(values[:, None], (1, 6)), np.full(6, 5), np.arange(6), seed=0, confidence=0.95
    )
    assert isinstance(found, Curve)
    assert found.no_ceiling == (
        f"the curve that fits best would end at {found.ceiling:.2f}, and no accuracy is above 1"
    )
    assert (found.ceiling_interval.low, found.ceiling_interval.high) == (1.0, 1.0)


def test_a_line_that_falls_is_told_from_a_flat_one():
    turns, trees = np.full(30, 3), np.arange(30)
    falling = np.array([[1.0] * 30, [0.0] * 30, [NAN] * 30])
    found = trend(falling, turns, trees, seed=0, confidence=0.95)
    assert found is not None
    assert (found.falls(0.95), found.rises(0.95)) == (True, False)
    flat = trend(np.array([[1.0] * 30] * 3), turns, trees, seed=0, confidence=0.95)
    assert flat is not None
    assert (flat.falls(0.95), flat.rises(0.95)) == (False, False)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_the_order_of_pairs_and_the_names_of_trees_do_not_count(seed):
    generator = np.random.default_rng(seed)
    turns = generator.integers(2, 6, 40)
    trees = generator.integers(0, 8, 40)
    credit = np.where(
        np.arange(1, 6)[:, None] <= turns, generator.integers(0, 2, (5, 40)).astype(float), NAN
    )
    order = generator.permutation(40)
    here = trend(credit, turns, trees, seed=1, confidence=0.95)
    there = trend(credit[:, order], turns[order], trees[order] * 7 + 3, seed=1, confidence=0.95)
    assert here is not None
    assert there is not None
    assert here.slope == pytest.approx(there.slope)
    assert here.p_value == pytest.approx(there.p_value)
    cells = [c.accuracy for c in matrix(credit, turns, trees, 0.95)]
    again = matrix(credit[:, order], turns[order], trees[order] * 7 + 3, 0.95)
    assert cells == pytest.approx([c.accuracy for c in again])


def test_sign_flips_of_few_trees_are_counted_in_full():
    # Of five trees that all gain, 2 of 32 flips are as far: p is about 1/16.
    turns, trees = np.full(5, 3), np.arange(5)
    credit = np.array([[0.0] * 5, [1.0] * 5, [NAN] * 5])
    found = trend(credit, turns, trees, seed=0, confidence=0.95)
    assert found is not None
    assert found.p_value == pytest.approx(2 / 32, abs=0.01)
    assert not found.rises(0.95)


# --- planted laws ------------------------------------------------------------------------


def test_what_was_planted_is_found():
    expected = _known_without_end(20_000)
    turns = np.tile(np.arange(1, 6), 4)
    law = [[expected.get((k, t), NAN) for t in turns] for k in range(1, 6)]
    truth = curve(np.array(law), turns, np.repeat(np.arange(4), 5), seed=0, confidence=0.95)
    assert isinstance(truth, Curve)
    inside, gains = [], []
    for seed in range(10):
        credit, turns, trees = studied(seed, n_trees=300)
        found = trend(credit, turns, trees, seed=0, confidence=0.95)
        assert found is not None
        assert found.rises(0.95)
        cells = matrix(credit, turns, trees, 0.95, n_folds=5)
        # A head of 300 pairs is a little worse than one of as many as one likes.
        inside += [c.interval.low <= expected[c.k, c.t] <= c.interval.high + 0.02 for c in cells]
        bent = curve(credit, turns, trees, seed=0, confidence=0.95, n_resamples=200)
        assert isinstance(bent, Curve)
        gains.append(bent.gain_interval.low <= truth.gain <= bent.gain_interval.high)
    assert np.mean(inside) >= 0.9
    assert np.mean(gains) >= 0.8


def _known_without_end(n_trees):
    """What judges of the first k turns are worth who have seen very many pairs."""
    seen, learnt = forest(98, n_trees=n_trees)
    fresh, tried = forest(99, n_trees=n_trees)
    worth = {}
    for k in range(1, 6):
        early = learnt.turns <= k
        law = LogisticRegression(fit_intercept=False).fit(seen[early], learnt.targets[early])
        right = (fresh @ law.coef_[0] > 0) == (tried.targets > 0.5)
        worth |= {(k, t): right[tried.turns == t].mean() for t in range(k, 6)}
    return worth


def test_annotator_noise_brings_all_down_to_what_can_be_known():
    loud, *_ = studied(2, n_trees=200, signal=0.7)
    quiet, *_ = studied(2, n_trees=200, signal=6.0)
    assert np.nanmean(loud[4]) < np.nanmean(quiet[4]) - 0.1


def test_noise_has_no_law():
    rising, flat_rejected, inside = [], [], []
    for seed in range(60):
        credit, turns, trees = studied(seed + 500, n_trees=40, n_turns=4, d=5, signal=0.0)
        found = trend(credit, turns, trees, seed=seed, confidence=0.95)
        assert found is not None
        rising.append(found.rises(0.95))
        flat_rejected.append(found.p_value < 0.05)
        cells = matrix(credit, turns, trees, 0.95, n_folds=5)
        rows = averages(credit, turns, trees, 0.95)
        inside += [row.interval.low <= 0.5 <= row.interval.high for row in (*cells, *rows)]
    assert np.mean(rising) <= 0.1
    assert np.mean(flat_rejected) <= 0.1
    assert np.mean(inside) >= 0.9


def test_a_law_that_does_not_grow_leaves_little_to_gain():
    credit, turns, trees = studied(3, n_trees=300, grows=False, signal=5.0)
    found = trend(credit, turns, trees, seed=0, confidence=0.95)
    grown, turns, trees = studied(3, n_trees=300, signal=5.0)
    other = trend(grown, turns, trees, seed=0, confidence=0.95)
    assert found is not None
    assert other is not None
    assert found.slope < 0.3 * other.slope


def test_with_as_many_pairs_a_law_that_does_not_grow_is_flat():
    rejected = []
    for seed in range(30):
        credit, turns, trees = studied(
            seed + 40, n_trees=60, n_turns=4, d=5, grows=False, signal=3.0, equal=True
        )
        found = trend(credit, turns, trees, seed=seed, confidence=0.95)
        assert found is not None
        rejected.append(found.rises(0.95))
    assert np.mean(rejected) <= 0.2
    credit, turns, trees = studied(3, n_trees=300, equal=True)
    found = trend(credit, turns, trees, seed=0, confidence=0.95)
    assert found is not None
    assert found.rises(0.95)


def test_heads_that_cannot_be_fitted_say_nothing():
    differences, pairs = forest(4, n_trees=5)
    space = Space.of(differences)
    first = pairs.turns <= 1
    assert np.isnan(head_credits(space, pairs, first, repeats=2, seed=0)).all()


# --- transfer ----------------------------------------------------------------------------


def test_transfer_is_seen_where_both_kinds_go_by_the_same():
    differences, pairs = forest(5, n_trees=150, n_turns=2, grows=False, d=4, signal=4.0)
    space = Space.of(differences)
    pairs = Pairs(space.coordinates(differences), pairs.targets, pairs.turns, pairs.trees)
    kinds = pairs.turns - 1
    rows = {
        (r.trained, r.tested): r
        for r in transfers(space, pairs, kinds, repeats=2, seed=0, confidence=0.95)
    }
    assert set(rows) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert all(r.interval.low > 0.6 for r in rows.values())
    assert {r.n for r in rows.values()} == {150}
    assert {r.n_trained for r in rows.values()} == {150}


def test_opposite_kinds_transfer_below_chance():
    differences, pairs = forest(6, n_trees=150, n_turns=2, grows=False, d=4, signal=4.0)
    space = Space.of(differences)
    targets = np.where(pairs.turns == 1, pairs.targets, 1 - pairs.targets)
    pairs = Pairs(space.coordinates(differences), targets, pairs.turns, pairs.trees)
    rows = transfers(space, pairs, pairs.turns - 1, repeats=1, seed=0, confidence=0.95)
    across = [r.accuracy for r in rows if r.trained != r.tested]
    assert max(across) < 0.4
