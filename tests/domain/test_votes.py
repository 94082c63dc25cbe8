"""Votes out of preferences and scores: which record counts, and what it says."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from intermt.domain.votes import Ballot, PairKey, cast_votes, gather_ballots, pairs_among
from intermt.errors import InputError
from intermt.records import PreferenceVote, Score, content_id

PAIR = PairKey("local", "prefix", "seed", "a1", "b1")
ROLES = {"ann": "annotator", "bob": "annotator", "vera": "verifier", "gpt": "judge"}


def _day(day):
    return None if day is None else datetime(2025, 5, day)


def preference(rater, dimension, choice, *, day=None, task="t", pair=PAIR):
    return PreferenceVote(
        vote_id=content_id("vote", task, rater, pair.a_id, pair.b_id, dimension),
        rater_id=rater,
        level=pair.level,
        mode=pair.mode,
        seed_id=pair.seed_id,
        a_id=pair.a_id,
        b_id=pair.b_id,
        dimension=dimension,
        choice=choice,
        dataset="d",
        task_key=task,
        rated_at=_day(day),
    )


def score(rater, target, dimension, value, *, day=None, task="t"):
    return Score(
        score_id=content_id("score", task, rater, target, dimension),
        rater_id=rater,
        target="node",
        target_id=target,
        dimension=dimension,
        value=value,
        dataset="d",
        task_key=task,
        rated_at=_day(day),
    )


def cast(preferences=(), a_scores=(), b_scores=()):
    """Votes on PAIR by (rater, dimension); scores are (rater, dimension, value)."""
    ballot = Ballot(
        PAIR,
        tuple(preferences),
        tuple(score(r, "a1", d, v) for r, d, v in a_scores),
        tuple(score(r, "b1", d, v) for r, d, v in b_scores),
    )
    return {(vote.rater_id, vote.dimension): vote for vote in cast_votes(ballot, ROLES)}


def test_a_stated_preference_wins_over_scores_which_still_give_the_difference():
    votes = cast(
        [preference("ann", "text_quality", "b")],
        [("ann", "text_quality", 3)],
        [("ann", "text_quality", 1)],
    )
    vote = votes["ann", "text_quality"]
    assert (vote.choice, vote.source, vote.difference) == ("b", "preference", Fraction(2))


@pytest.mark.parametrize(("of_a", "of_b", "choice"), [(3, 1, "a"), (0, 1, "b"), (2, 2, "tie")])
def test_without_a_preference_the_scores_decide(of_a, of_b, choice):
    votes = cast((), [("ann", "text_quality", of_a)], [("ann", "text_quality", of_b)])
    vote = votes["ann", "text_quality"]
    assert (vote.choice, vote.source, vote.difference) == (choice, "scores", of_a - of_b)


def test_one_score_or_the_scores_of_two_raters_are_no_vote():
    assert cast((), [("ann", "text_quality", 3)], [("bob", "text_quality", 0)]) == {}
    assert cast((), [("ann", "text_quality", 3)], [("ann", "context_coherence", 0)]) == {}


def test_the_latest_preference_counts_and_undated_ones_are_oldest():
    early = preference("ann", "text_quality", "a", day=1, task="t1")
    late = preference("ann", "text_quality", "b", day=2, task="t2")
    undated = preference("ann", "text_quality", "tie", task="t3")
    for order in ([early, late, undated], [undated, late, early], [late, undated, early]):
        assert cast(order)["ann", "text_quality"].choice == "b"


def test_the_latest_score_counts():
    a_scores = (score("ann", "a1", "text_quality", 3, day=1, task="t1"),)
    a_scores += (score("ann", "a1", "text_quality", 0, day=2, task="t2"),)
    b_scores = (score("ann", "b1", "text_quality", 2, day=1, task="t1"),)
    for order in (a_scores, a_scores[::-1]):
        votes = cast_votes(Ballot(PAIR, (), order, b_scores), ROLES)
        assert [(v.dimension, v.choice) for v in votes] == [("overall", "b"), ("text_quality", "b")]


def test_equal_dates_are_decided_by_id_not_by_order():
    one = preference("ann", "overall", "a", day=1, task="t1")
    other = preference("ann", "overall", "b", day=1, task="t2")
    expected = max(one, other, key=lambda vote: vote.vote_id).choice
    assert cast([one, other])["ann", "overall"].choice == expected
    assert cast([other, one])["ann", "overall"].choice == expected
    # The same record imported with two contents must not depend on the order either.
    twin = preference("ann", "overall", "tie", day=1, task="t1")
    assert cast([one, twin]) == cast([twin, one])


def test_an_overall_preference_stands_by_itself():
    votes = cast(
        [preference("ann", "overall", "b"), preference("ann", "text_quality", "a")],
        [("ann", "context_coherence", 3), ("ann", "text_quality", 1)],
        [("ann", "context_coherence", 0), ("ann", "text_quality", 1)],
    )
    overall = votes["ann", "overall"]
    assert (overall.choice, overall.source) == ("b", "preference")
    assert overall.difference == Fraction(3, 2)


def test_without_one_overall_is_the_mean_over_dimensions():
    votes = cast(
        [preference("ann", "text_quality", "b"), preference("ann", "visual_quality", "b")],
        [("ann", "context_coherence", 3)],
        [("ann", "context_coherence", 0)],
    )
    overall = votes["ann", "overall"]
    # Two preferences for b against three points of score for a.
    assert (overall.choice, overall.source, overall.difference) == ("a", "dimensions", 3)
    even = cast([preference("ann", "x", "a"), preference("ann", "y", "b")])["ann", "overall"]
    assert (even.choice, even.difference) == ("tie", None)


def test_judges_do_not_vote_and_verifiers_keep_their_role():
    votes = cast([preference(rater, "overall", "a") for rater in ("gpt", "vera", "bob")])
    assert {rater: vote.role for (rater, _), vote in votes.items()} == {
        "bob": "annotator",
        "vera": "verifier",
    }


def test_an_unknown_rater_is_an_input_error():
    with pytest.raises(InputError) as caught:
        cast([preference("nobody", "overall", "a")])
    assert caught.value.where == "nobody"


def test_ballots_gather_what_bears_on_each_pair_in_sorted_order():
    other = PairKey("local", "prefix", "seed", "a1", "c1")
    scores = [score("ann", target, "text_quality", 1) for target in ("c1", "a1", "zz")]
    stated = [preference("ann", "overall", "a", pair=other)]
    ballots = list(gather_ballots([PAIR], stated, scores))
    assert [ballot.pair for ballot in ballots] == [PAIR, other]
    assert [len(b.preferences) for b in ballots] == [0, 1]
    assert [s.target_id for s in ballots[1].a_scores + ballots[1].b_scores] == ["a1", "c1"]
    assert ballots[0].b_scores == ()


def test_pairs_among_candidates_are_sorted_and_each_once():
    pairs = list(pairs_among("global", "chain", "seed", ["z", "x", "y", "x"]))
    assert [(p.a_id, p.b_id) for p in pairs] == [("x", "y"), ("x", "z"), ("y", "z")]
    assert list(pairs_among("local", "prefix", "seed", ["x"])) == []


def test_a_pair_names_its_candidates_in_order():
    with pytest.raises(ValueError, match="sort before"):
        PairKey("local", "prefix", "seed", "b", "a")
