"""Pairs out of votes, checked against a slow, plain retelling of the rules."""

from __future__ import annotations

import itertools
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.dimensions import OVERALL
from intermt.domain.pairing import (
    DROP_REASONS,
    Dropped,
    Funnel,
    PairFilters,
    PreferencePair,
    exact,
    make_pairs,
    pair_from_votes,
)
from intermt.domain.votes import Ballot, PairKey, Vote, gather_ballots
from intermt.errors import IntermtError, UsageError
from tests.domain.test_votes import preference, score

DIMENSIONS = ("text_quality", "context_coherence", OVERALL)
ROLES = {
    **{f"ann{i}": "annotator" for i in range(3)},
    "ver0": "verifier",
    "gpt": "judge",
}
PAIRS = tuple(PairKey("local", "prefix", "seed", a, b) for a, b in itertools.combinations("klm", 2))


def votes(text, role="annotator", difference=None):
    """One vote for each letter: a, b, or t for a tie."""
    names = {"a": "a", "b": "b", "t": "tie"}
    return [
        Vote("overall", f"{role}{i}", role, names[c], "preference", difference)
        for i, c in enumerate(text)
    ]


def outcome(text, verifiers="", **filters):
    cast = votes(text) + votes(verifiers, "verifier")
    return pair_from_votes(PAIRS[0], OVERALL, cast, PairFilters.of(**filters))


# --- single rules ------------------------------------------------------------------------


def test_the_majority_wins_and_ties_stay_in_the_denominator():
    pair = outcome("bbbat")
    assert (pair.chosen_id, pair.rejected_id) == ("l", "k")
    assert (pair.n_chosen, pair.n_rejected, pair.n_tie, pair.n_annotators) == (3, 1, 1, 5)
    assert pair.agreement == 0.6


@pytest.mark.parametrize("threshold", [0.8, "0.8", "0.80", Decimal("0.8"), Fraction(4, 5)])
def test_exactly_the_least_agreement_is_kept(threshold):
    assert isinstance(outcome("aaaab", min_agree=threshold), PreferencePair)
    assert outcome("aaabb", min_agree=threshold).reason == "below min-agree"


@given(st.integers(1, 40), st.data())
def test_a_share_written_as_a_decimal_is_compared_exactly(n, data):
    k = data.draw(st.integers(n // 2 + 1, n))
    hundredths = data.draw(st.integers(0, 100))
    kept = isinstance(outcome("a" * k + "t" * (n - k), min_agree=hundredths / 100), PreferencePair)
    assert kept == (100 * k >= hundredths * n)


@pytest.mark.parametrize("text", ["t", "tt", "ab", "abt", "aabb"])
def test_without_a_majority_there_is_no_pair(text):
    assert outcome(text).reason == "no majority"


def test_verifiers_verify_and_do_not_count():
    assert outcome("aab").verified is None
    confirmed = outcome("aab", "a")
    assert (confirmed.verified, confirmed.n_annotators) == (True, 3)
    assert outcome("aab", "b").verified is False
    assert outcome("aab", "t").verified is False
    assert outcome("aab", "ab").verified is False
    assert outcome("", "aa").reason == "no votes"
    assert outcome("ab", "a").reason == "no majority"


def test_only_confirmed_pairs_pass_verified_only():
    assert isinstance(outcome("aab", "a", verified_only=True), PreferencePair)
    assert outcome("aab", "b", verified_only=True).reason == "not verified"
    assert outcome("aab", "", verified_only=True).reason == "not verified"


def test_the_margin_is_the_winners_mean_lead_and_may_be_negative():
    cast = votes("b", difference=Fraction(2)) + votes("bb")[1:]
    pair = pair_from_votes(PAIRS[0], OVERALL, cast, PairFilters())
    assert pair.margin == -2.0
    lead = votes("aa", difference=Fraction(1, 3))
    at_least = PairFilters.of(min_margin="0.3333")
    assert pair_from_votes(PAIRS[0], OVERALL, lead, at_least).margin == pytest.approx(1 / 3)
    more = PairFilters.of(min_margin="0.3334")
    assert pair_from_votes(PAIRS[0], OVERALL, lead, more).reason == "below min-margin"
    half = votes("bb", difference=Fraction(-1, 2))
    assert pair_from_votes(PAIRS[0], OVERALL, half, PairFilters.of(min_margin=0.5)).margin == 0.5
    assert outcome("aa", min_margin=0).reason == "no scores for min-margin"


def test_the_first_filter_that_fails_is_named():
    strict = {"min_annotators": 4, "min_agree": 1, "min_margin": 1, "verified_only": True}
    assert outcome("aab", **strict).reason == "below min-annotators"
    assert outcome("aaab", **strict).reason == "below min-agree"
    assert outcome("aaaa", **strict).reason == "no scores for min-margin"


def test_the_pair_id_does_not_depend_on_the_winner():
    assert outcome("a").pair_id == outcome("b").pair_id
    others = pair_from_votes(PAIRS[1], OVERALL, votes("a"), PairFilters())
    assert outcome("a").pair_id != others.pair_id
    elsewhere = pair_from_votes(PAIRS[0], "text_quality", votes("a"), PairFilters())
    assert outcome("a").pair_id != elsewhere.pair_id


def test_thresholds_are_read_as_written():
    assert exact(0.1) + exact(0.2) == exact(0.3)
    assert exact(" 1e-2 ") == Fraction(1, 100)
    for bad in ("", "four", "nan", "inf", "1e999999999", float("nan")):
        with pytest.raises(UsageError):
            exact(bad)
    for bad in (-0.1, 1.01, "80"):
        with pytest.raises(IntermtError, match="between 0 and 1"):
            PairFilters.of(min_agree=bad)


# --- everything at once, against brute force ---------------------------------------------


def _records(seed, n):
    """n preferences and 2n scores over few raters, dates and tasks, so that many collide."""
    random = Random(seed)
    raters = sorted(ROLES)

    def when():
        return {"day": random.choice([None, 1, 2]), "task": random.choice(["t1", "t2"])}

    stated = [
        preference(
            random.choice(raters),
            random.choice(DIMENSIONS),
            random.choice(["a", "b", "tie"]),
            pair=random.choice(PAIRS),
            **when(),
        )
        for _ in range(n)
    ]
    scored = [
        score(
            random.choice(raters),
            random.choice("klm"),
            random.choice(DIMENSIONS[:2]),
            random.randint(0, 3),
            **when(),
        )
        for _ in range(2 * n)
    ]
    return stated, scored, random


filters = st.builds(
    PairFilters.of,
    st.sampled_from(["0", "0.5", "0.6", "0.75", "1"]),
    st.integers(0, 3),
    st.sampled_from([None, "-1", "0", "0.5", "1"]),
    st.booleans(),
)


def _newest(records, identity, content):
    def age(record):
        day = record.rated_at
        return ((0, 0) if day is None else (1, day.day), identity(record), content(record))

    return content(max(records, key=age)) if records else None


def _brute_choice(rater, dimension, pair, prefs, scored):
    """What a rater says: (choice, margin a-b or None), from all records every time."""

    def stated(d):
        mine = [
            p
            for p in prefs
            if (p.rater_id, p.dimension, p.a_id, p.b_id) == (rater, d, pair.a_id, pair.b_id)
        ]
        return _newest(mine, lambda p: p.vote_id, lambda p: p.choice)

    def points(target, d):
        mine = [s for s in scored if (s.rater_id, s.target_id, s.dimension) == (rater, target, d)]
        return _newest(mine, lambda s: s.score_id, lambda s: s.value)

    def lead(d):
        a, b = points(pair.a_id, d), points(pair.b_id, d)
        return None if a is None or b is None else a - b

    def sign(n):
        return "a" if n > 0 else "b" if n < 0 else "tie"

    if dimension != OVERALL:
        difference = lead(dimension)
        choice = stated(dimension)
        if choice is None and difference is not None:
            choice = sign(difference)
        return choice, difference
    leads = {d: lead(d) for d in DIMENSIONS[:2]}
    known = [n for n in leads.values() if n is not None]
    margin = Fraction(sum(known), len(known)) if known else None
    if stated(OVERALL) is not None:
        return stated(OVERALL), margin
    worth = {"a": 1, "b": -1, "tie": 0}
    parts = [
        worth[stated(d)] if stated(d) is not None else leads[d]
        for d in DIMENSIONS[:2]
        if stated(d) is not None or leads[d] is not None
    ]
    return (sign(Fraction(sum(parts), len(parts))) if parts else None), margin


def _brute_outcome(pair, dimension, prefs, scored, want):
    said = {r: _brute_choice(r, dimension, pair, prefs, scored) for r in ROLES}
    count = Counter(c for r, (c, _) in said.items() if c and ROLES[r] == "annotator")
    checks = [c for r, (c, _) in said.items() if c and ROLES[r] == "verifier"]
    leads = [m for r, (c, m) in said.items() if c and m is not None and ROLES[r] == "annotator"]
    total = sum(count.values())
    if total == 0:
        return "no votes"
    if count["a"] == count["b"]:
        return "no majority"
    winner = "a" if count["a"] > count["b"] else "b"
    if total < want.min_annotators:
        return "below min-annotators"
    if Fraction(count[winner], total) < want.min_agree:
        return "below min-agree"
    margin = None
    if leads:
        margin = Fraction(sum(leads), len(leads)) * (1 if winner == "a" else -1)
    if want.min_margin is not None and margin is None:
        return "no scores for min-margin"
    if want.min_margin is not None and margin < want.min_margin:
        return "below min-margin"
    verified = all(c == winner for c in checks) if checks else None
    if want.verified_only and verified is not True:
        return "not verified"
    chosen = pair.a_id if winner == "a" else pair.b_id
    return chosen, count[winner], total, count["tie"], margin, verified


@given(st.integers(0, 2**32), st.integers(0, 40), filters)
def test_pairs_are_what_brute_force_finds_in_any_order_of_the_input(seed, n, want):
    prefs, scored, random = _records(seed, n)
    outcomes = list(make_pairs(gather_ballots(PAIRS, prefs, scored), ROLES, DIMENSIONS, want))
    shuffled = make_pairs(
        gather_ballots(
            random.sample(PAIRS, 3),
            random.sample(prefs, len(prefs)),
            random.sample(scored, len(scored)),
        ),
        ROLES,
        DIMENSIONS,
        want,
    )
    assert list(shuffled) == outcomes
    funnel = Funnel()
    looked_at = itertools.product(PAIRS, DIMENSIONS)
    for (pair, dimension), found in zip(looked_at, outcomes, strict=True):
        funnel.count(found)
        expected = _brute_outcome(pair, dimension, prefs, scored, want)
        if isinstance(found, Dropped):
            assert (found.pair, found.dimension, found.reason) == (pair, dimension, expected)
            continue
        chosen, n_chosen, total, n_tie, margin, verified = expected
        assert (found.chosen_id, found.dimension) == (chosen, dimension)
        assert (found.n_chosen, found.n_annotators, found.n_tie) == (n_chosen, total, n_tie)
        assert found.agreement == n_chosen / total
        assert found.margin == (None if margin is None else float(margin))
        assert found.verified is verified
        assert {found.chosen_id, found.rejected_id} == {pair.a_id, pair.b_id}
    assert funnel.considered == 9 == funnel.kept + sum(funnel.dropped.values())
    assert tuple(funnel.dropped) == DROP_REASONS


def test_pairs_are_made_as_ballots_are_read():
    def endless():
        for i in itertools.count():
            pair = PairKey("local", "prefix", "seed", f"a{i:06}", f"b{i:06}")
            yield Ballot(pair, (preference("ann0", OVERALL, "a", pair=pair),))

    stream = make_pairs(endless(), ROLES, (OVERALL,), PairFilters())
    first = [pair.chosen_id for pair in itertools.islice(stream, 3)]
    assert first == ["a000000", "a000001", "a000002"]
