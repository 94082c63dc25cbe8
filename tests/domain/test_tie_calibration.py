"""Tie-calibrated accuracy: which epsilon, on what it is chosen, and what comes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.figures import Resampling, figure_of
from intermt.domain.tie_calibration import NumberedPair, best_epsilon, tie_calibrated

NAMES = {1: "a", -1: "b", 0: "tie"}
FEW = Resampling(n_resamples=50)


def by_definition(gaps, human, epsilon):
    """(C + T_both) / n, counted as the paper writes it."""
    concordant = tied_both = 0
    for gap, said in zip(gaps, human, strict=True):
        tied = abs(gap) <= epsilon
        concordant += not tied and gap * said > 0
        tied_both += tied and said == 0
    return (concordant + tied_both) / len(gaps)


@given(
    st.lists(st.tuples(st.integers(-6, 6), st.sampled_from([-1, 0, 1])), min_size=1, max_size=30)
)
def test_the_best_epsilon_is_that_of_trying_all(rows):
    gaps, human = np.array([g / 2 for g, _ in rows]), np.array([h for _, h in rows])
    found = best_epsilon(gaps, human)
    tried = {e: by_definition(gaps, human, e) for e in {0.0, *np.abs(gaps)}}
    assert tried[found] == max(tried.values())
    assert found == min(e for e, share in tried.items() if share == tried[found])


def pairs(gaps, human, trees=None):
    trees = range(len(gaps)) if trees is None else trees
    return [
        NumberedPair("d", f"t{tree}", gap, NAMES[said], f"p{i}")
        for i, (gap, said, tree) in enumerate(zip(gaps, human, trees, strict=True))
    ]


def accuracy(rows, seed=0):
    evidence = tie_calibrated(rows, seed)
    return figure_of(evidence.measure, evidence.cases.get("d", ()), FEW, evidence.notes.get("d"))


def test_a_judge_whose_small_gaps_are_peoples_ties_is_always_right():
    generator = np.random.default_rng(0)
    human = generator.integers(-1, 2, size=60)
    gaps = human * generator.uniform(1, 2, size=60) + (human == 0) * generator.uniform(
        -0.2, 0.2, size=60
    )
    found = accuracy(pairs(gaps.tolist(), human.tolist()))
    assert found.value > 0.95
    assert "in 5 folds" in found.note


def test_numbers_that_say_nothing_get_no_more_than_the_commonest_answer():
    shares = []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        human = generator.choice([-1, 0, 1], p=[0.3, 0.4, 0.3], size=40)
        found = accuracy(pairs(generator.normal(size=40).tolist(), human.tolist()), seed)
        shares.append(found.value)
    # The best epsilon on the same pairs would give clearly more than the share of ties.
    assert np.mean(shares) < 0.4


def test_the_epsilon_of_a_tree_is_never_chosen_on_it():
    rows = pairs([0.5, 0.5, 0.5, -2.0], [0, 0, 0, -1], trees=[0, 0, 0, 1])
    evidence = tie_calibrated(rows, 0)
    values = [case.values[0] for case in evidence.cases["d"]]
    # Tree 1 alone says that nothing is a tie, tree 0 alone that a half is one.
    assert values == [0.0, 0.0, 0.0, 1.0]
    assert "epsilon 0 to 0.5 in 2 folds, 0.5 on all pairs" in evidence.notes["d"]


def test_pairs_without_numbers_lower_the_coverage():
    found = accuracy(pairs([1.0, None, -1.0, 2.0], [1, 1, -1, 1]))
    assert (found.value, found.n, found.n_asked, found.coverage) == (1.0, 3, 4, 0.75)


@pytest.mark.parametrize("trees", [[], [0, 0, 0]])
def test_fewer_than_two_trees_leave_nothing_to_choose_on(trees):
    found = accuracy(pairs([1.0] * len(trees), [1] * len(trees), trees))
    assert (found.value, found.n) == (None, 0)
    if trees:
        assert found.note == "epsilon needs 2 seed trees with such pairs, there are 1"


def test_sums_that_differ_in_their_last_bit_are_equal_gaps():
    gaps = [0.1 + 0.2, 0.3, -0.3, 1.0]
    assert best_epsilon(np.array(gaps), np.array([0, 0, 0, 1])) == pytest.approx(0.3)
    found = accuracy(pairs(gaps, [0, 0, 0, 1], [0, 1, 2, 3]))
    assert not math.isnan(found.value)
