"""Bradley-Terry with ties: closed forms, other implementations, an optimiser, components."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from intermt.domain.paired_comparison import bradley_terry

GAMES = (
    [(0, 1)] * 7 + [(1, 0)] * 3 + [(1, 2)] * 6 + [(2, 1)] * 4 + [(0, 2)] * 8 + [(2, 0)] * 5
    + [(3, 0)] * 2 + [(0, 3)] * 6 + [(2, 3)] * 5 + [(3, 2)] * 5
)  # fmt: skip
"""Winner and loser."""

outcomes = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2)).filter(
        lambda game: game[0] != game[1]
    ),
    min_size=1,
    max_size=40,
)


def columns(games: list) -> list:
    return [list(column) for column in zip(*games, strict=True)]


def test_two_candidates_have_a_closed_form():
    found = bradley_terry([0] * 30, [1] * 30, [0] * 12 + [1] * 8 + [2] * 10, 2, prior=0.0)
    assert found.strengths[0] - found.strengths[1] == pytest.approx(math.log(12 / 8))
    assert found.tie == pytest.approx(10 / math.sqrt(12 * 8))
    assert found.probabilities(0, 1) == pytest.approx((12 / 30, 8 / 30, 10 / 30))
    assert found.probabilities(1, 0) == pytest.approx((8 / 30, 12 / 30, 10 / 30))
    shares = 12 * math.log(12 / 30) + 8 * math.log(8 / 30) + 10 * math.log(10 / 30)
    assert found.log_likelihood == pytest.approx(shares)


def test_without_ties_it_is_that_of_choix_and_evalica():
    # choix 0.4.1, ilsr_pairwise(4, games, alpha=0); evalica 0.4.2, bradley_terry: 9 digits alike
    expected = [0.5640541724, -0.0281325766, -0.2040517866, -0.3318698092]
    winners, losers = columns(GAMES)
    found = bradley_terry(winners, losers, [0] * len(GAMES), 4, prior=0.0)
    assert found.strengths == pytest.approx(expected, abs=1e-8)
    assert found.tie == 0.0
    assert found.probabilities(0, 3)[2] == 0.0


def heights(x: np.ndarray, games: list, prior: float) -> float:
    """The function that is climbed, by its definition."""
    total = 0.0
    for i, j, outcome in games:
        shares = [math.exp(x[i]), math.exp(x[j]), math.exp(x[-1] + (x[i] + x[j]) / 2)]
        total += math.log(shares[outcome] / sum(shares))
    for strength in x[:-1]:
        total += prior * math.log(1 / (1 + math.exp(-strength)) / (1 + math.exp(strength)))
    nu = math.exp(x[-1])
    return total + prior * math.log(nu / (2 + nu) * 2 / (2 + nu))


@settings(deadline=None, max_examples=25)
@given(outcomes, st.sampled_from([0.1, 0.5, 2.0]))
def test_it_is_the_maximum_that_an_optimiser_finds(games: list, prior: float):
    found = bradley_terry(*columns(games), 5, prior=prior)
    assert found.converged
    best = minimize(lambda x: -heights(x, games, prior), np.zeros(6), tol=1e-10).x
    assert math.log(found.tie) == pytest.approx(best[-1], abs=1e-3)
    for component in set(found.components):
        here = [i for i in range(5) if found.components[i] == component and found.n_comparisons[i]]
        if here:
            theirs = best[here] - best[here].mean()
            assert found.strengths[here] == pytest.approx(theirs, abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(outcomes, st.randoms(use_true_random=False))
def test_sides_order_and_numbers_do_not_matter(games: list, random):
    found = bradley_terry(*columns(games), 5)
    renamed = random.sample(range(5), 5)
    other = []
    for i, j, outcome in random.sample(games, len(games)):
        turned = random.random() < 0.5
        left, right = (j, i) if turned else (i, j)
        outcome = (1, 0, 2)[outcome] if turned else outcome
        other.append((renamed[left], renamed[right], outcome))
    again = bradley_terry(*columns(other), 5)
    assert again.strengths[renamed] == pytest.approx(found.strengths, abs=1e-6, nan_ok=True)
    assert again.tie == pytest.approx(found.tie, rel=1e-6)


def test_one_who_always_won_is_strongest_and_not_infinite():
    games = [(0, 1, 0), (0, 2, 0), (1, 2, 0), (1, 2, 2)]
    found = bradley_terry(*columns(games), 3)
    assert found.strengths[0] > found.strengths[1] > found.strengths[2]
    win, loss, tie = found.probabilities(0, 2)
    assert 0.5 < win < 1
    assert win + loss + tie == pytest.approx(1.0)
    without = bradley_terry(*columns(games), 3, prior=0.0)
    assert without.undefined.startswith("no finite maximum")
    assert np.isnan(without.strengths).all()
    assert without.probabilities(0, 1) is None


def test_more_votes_outweigh_the_prior():
    strengths = [
        np.ptp(bradley_terry([0] * n * 3, [1] * n * 3, ([0, 0, 1] * n), 2).strengths)
        for n in (1, 10, 1000)
    ]
    assert strengths[0] < strengths[1] < strengths[2]
    assert strengths[2] == pytest.approx(math.log(2), abs=0.01)


def test_candidates_that_nothing_links_have_no_order():
    found = bradley_terry([0, 2, 0, 5], [1, 3, 1, 3], [0, 1, 2, 0], 7)
    assert found.components.tolist() == [0, 0, 1, 1, 2, 1, 3]
    assert found.probabilities(0, 2) is None
    assert found.probabilities(2, 5) is not None
    assert np.isnan(found.strengths[[4, 6]]).all()
    for component in (0, 1):
        members = found.strengths[found.components == component]
        assert np.nansum(members) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("prior", [0.0, 0.5])
def test_all_ties(prior: float):
    found = bradley_terry([0, 1, 2], [1, 2, 0], [2, 2, 2], 3, prior=prior)
    if prior:
        assert found.strengths == pytest.approx([0.0] * 3, abs=1e-9)
        assert found.probabilities(0, 1)[2] > 0.5
    else:
        assert found.undefined == "no finite maximum: all comparisons are ties"


def test_nothing_compared():
    found = bradley_terry([], [], [], 2)
    assert found.undefined == "nothing was compared"
    assert found.probabilities(0, 1) is None


def test_an_intransitive_ring_is_a_draw():
    found = bradley_terry([0, 1, 2] * 4, [1, 2, 0] * 4, [0] * 12, 3, prior=0.0)
    assert found.strengths == pytest.approx([0.0] * 3, abs=1e-9)


def test_a_long_chain_and_many_small_sets_converge():
    chain = bradley_terry(range(500), range(1, 501), [0, 1, 2, 0] * 125, 501)
    assert chain.converged
    dice = np.random.default_rng(0)
    sets, left = dice.integers(0, 800, 4000), dice.integers(0, 4, 4000)
    right = (left + dice.integers(1, 4, 4000)) % 4
    many = bradley_terry(sets * 4 + left, sets * 4 + right, dice.integers(0, 3, 4000), 3200)
    assert many.converged
    assert many.tie == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0], [0], [0], 1), "itself"),
        (([0], [1], [3], 2), "outcomes"),
        (([0], [2], [0], 2), "out of range"),
        (([0, 1], [1], [0], 2), "one length"),
    ],
)
def test_wrong_comparisons_are_refused(arguments: tuple, said: str):
    with pytest.raises(ValueError, match=said):
        bradley_terry(*arguments)
    with pytest.raises(ValueError, match="prior"):
        bradley_terry([0], [1], [0], 2, prior=-1.0)
