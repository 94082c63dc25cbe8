from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from intermt.domain.estimate import Estimate
from intermt.domain.rater_kappa import rater_kappa

SCALE = (0, 1, 2, 3)


def kappa(table: np.ndarray, clusters: np.ndarray | None = None, **how: bool) -> Estimate:
    raters = np.broadcast_to(np.arange(table.shape[1]), table.shape)
    groups = np.arange(len(table)) if clusters is None else clusters
    return rater_kappa(table, raters, groups, SCALE, quadratic=how.get("quadratic", True))


def plainly(table: list[list[float]], *, quadratic: bool) -> float:
    """The definition, by loops over ratings."""

    def apart(x: float, y: float) -> float:
        return (x - y) ** 2 if quadratic else float(x != y)

    units = [[x for x in row if x == x] for row in table]
    observed = []
    for row in (row for row in units if len(row) > 1):
        pairs = list(combinations(row, 2))
        observed.append(sum(apart(*pair) for pair in pairs) / len(pairs))
    given_by: dict[int, list[float]] = {}
    for row in table:
        if sum(x == x for x in row) > 1:
            for rater, x in enumerate(row):
                if x == x:
                    given_by.setdefault(rater, []).append(x)
    chance = [
        apart(x, y)
        for one, other in combinations(given_by, 2)
        for x in given_by[one]
        for y in given_by[other]
    ]
    return 1 - (sum(observed) / len(observed)) / (sum(chance) / len(chance))


def test_two_raters_are_cohens_weighted_kappa():
    a, b = [0, 1, 2, 3, 3, 2, 1, 0, 2, 2], [0, 1, 3, 3, 2, 2, 1, 1, 2, 0]
    found = kappa(np.array([a, b], dtype=float).T)
    assert found.value == pytest.approx(0.666667, abs=1e-6)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("quadratic", "weights"), [(True, "quadratic"), (False, None)])
@pytest.mark.parametrize("seed", range(5))
def test_scikit_learn_gives_the_same(seed: int, quadratic: bool, weights: str | None):
    dice = np.random.default_rng(seed)
    a = dice.integers(0, 4, 50)
    b = np.where(dice.random(50) < 0.5, a, dice.integers(0, 4, 50))
    found = kappa(np.stack([a, b], axis=1).astype(float), quadratic=quadratic)
    assert found.value == pytest.approx(cohen_kappa_score(a, b, weights=weights, labels=SCALE))


@settings(deadline=None, max_examples=60)
@given(
    table=arrays(np.float64, (9, 4), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan])),
    quadratic=st.booleans(),
)
def test_many_raters_with_gaps_are_the_plain_definition(table: np.ndarray, quadratic: bool):
    found = kappa(table, quadratic=quadratic)
    if found.value is not None:
        assert found.value == pytest.approx(plainly(table.tolist(), quadratic=quadratic))


def test_the_jackknife_leaves_out_a_cluster_at_a_time():
    dice = np.random.default_rng(1)
    a = dice.integers(0, 4, 60)
    table = np.stack([a, np.clip(a + dice.integers(-1, 2, 60), 0, 3)], axis=1).astype(float)
    clusters = np.arange(60) % 12
    found = kappa(table, clusters)
    left_out = np.array([kappa(table[clusters != c]).value for c in range(12)])
    error = np.sqrt(11 / 12 * ((left_out - left_out.mean()) ** 2).sum())
    assert (found.high - found.low) / 2 == pytest.approx(2.200985 * error, rel=1e-5)


def test_why_there_is_no_kappa():
    nan = np.nan
    assert kappa(np.array([[1, nan], [2, nan]])).undefined == "too few raters (0, 2 needed)"
    one_thing = kappa(np.array([[1, 2], [2, nan], [nan, 1]]))
    assert one_thing.undefined == "too few things rated twice (1, 2 needed)"
    same = kappa(np.full((5, 3), 3.0))
    assert same.undefined == "constant: every rating is 3"
    one_sided = kappa(np.array([[3, 3], [3, 2], [3, 1]], dtype=float))
    assert one_sided.undefined == "constant: one side gave the same rating everywhere"
    one_tree = kappa(np.array([[1, 2], [3, 3], [0, 1]], dtype=float), np.zeros(3, dtype=int))
    assert one_tree.value is not None
    assert one_tree.undefined == "no interval: too few clusters (1, 2 needed)"
    perfect = kappa(np.repeat(np.arange(8) % 4, 2).reshape(8, 2).astype(float))
    assert perfect.value == 1.0
    assert "no interval" in perfect.undefined


def test_where_raters_only_guess_the_interval_holds_nothing_in_most_worlds():
    held = 0
    for seed in range(100):
        dice = np.random.default_rng(seed)
        found = kappa(dice.integers(0, 4, (80, 3)).astype(float), np.arange(80) // 2)
        held += found.low <= 0 <= found.high
    assert held >= 88
