"""Votes and pairs out of records in SQL, checked against a slow, plain retelling of the rules."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime
from fractions import Fraction
from functools import partial
from random import Random
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.dimensions import OVERALL
from intermt.domain.pairing import PairFilters, least_margins, least_votes
from intermt.errors import InputError
from intermt.records import PreferenceVote, Rater, Score, content_id
from intermt.store import casting, schema, tallying
from intermt.store.casting import PARTS, LabelScope
from intermt.store.inserting import insert
from intermt.store.rows import to_row
from intermt.store.tallying import DROP_REASONS, Rules
from tests.store.samples import node

DIMENSIONS = ("text_quality", "context_coherence", OVERALL)
ROLES = {**{f"ann{i}": "annotator" for i in range(3)}, "ver0": "verifier", "gpt": "judge"}
RATERS = [
    Rater(name, name, role, "synthetic" if name == "ann2" else "human", "d")
    for name, role in ROLES.items()
]
ROOT = node(None, "user", "What is this?")
ANSWERS = sorted((node(ROOT, "assistant", text) for text in "KLM"), key=lambda n: n.node_id)
K, L, M = (n.node_id for n in ANSWERS)


class Pair(NamedTuple):
    a_id: str
    b_id: str


PAIRS = tuple(Pair(*two) for two in itertools.combinations((K, L, M), 2))


def _day(day):
    return None if day is None else datetime(2025, 5, day)


def preference(rater, dimension, choice, *, day=None, task="t", pair=PAIRS[0]):
    return PreferenceVote(
        content_id("vote", task, rater, *pair, dimension),
        rater,
        "local",
        "prefix",
        ROOT.node_id,
        *pair,
        dimension,
        choice,
        "d",
        task,
        rated_at=_day(day),
    )


def score(rater, target, dimension, value, *, day=None, task="t"):
    key = content_id("score", task, rater, target, dimension)
    return Score(key, rater, "node", target, dimension, value, "d", task, _day(day))


class Store:
    """A database in memory that every example fills anew."""

    def __init__(self):
        self.db = duckdb.connect(":memory:")
        schema.migrate(self.db)
        insert(self.db, [to_row(record) for record in (*RATERS, ROOT, *ANSWERS)])

    def cast(self, *records, scope=None):
        self.db.execute("DELETE FROM preference_vote; DELETE FROM score")
        insert(self.db, [to_row(record) for record in records])
        return casting.cast(self.db, scope or LabelScope("local"))

    def votes(self, *records, scope=None):
        """(choice, stated, difference) by rater and dimension, on the pair of K and L."""
        self.cast(*records, scope=scope)
        rows = self.db.execute(
            "SELECT rater_id, dimension, choice, stated, apart FROM cast_vote JOIN voter"
            " USING (rater) WHERE a_id = ? AND b_id = ?",
            PAIRS[0],
        ).fetchall()
        sides = {1: "a", -1: "b", 0: "tie"}
        found = {
            (rater, dimension): (sides[c], stated, None if d is None else Fraction(d, PARTS))
            for rater, dimension, c, stated, d in rows
        }
        assert len(found) == len(rows)
        return found

    def pairs(self, *records, dimensions=(OVERALL,), **filters):
        """The counts, and what passed, by pair and dimension."""
        self.cast(*records, scope=LabelScope("local", dimensions=dimensions))
        tallying.tally(self.db)
        want = filters.pop("want", None) or PairFilters.of(**filters)
        rules = Rules(
            "points" if want.aggregate == "mean" else "votes",
            partial(least_votes, want.min_agree),
            None if want.min_margin is None else partial(least_margins, want.min_margin),
            want.min_annotators,
            want.verified_only,
            want.keep_ties,
            want.per_prompt,
        )
        counts = tallying.decide(
            self.db, "local", "prefix", rules, max_turn=None, n_dimensions=len(dimensions)
        )
        passed = list(tallying.chosen(self.db, "local", "prefix"))
        return counts, {
            (Pair(*sorted((p.chosen_id, p.rejected_id))), p.dimension): p for p in passed
        }


@pytest.fixture(scope="module")
def store():
    made = Store()
    yield made
    made.db.close()


# --- single rules ------------------------------------------------------------------------


def test_a_stated_preference_wins_over_scores_which_still_give_the_difference(store):
    found = store.votes(
        preference("ann0", "text_quality", "b"),
        score("ann0", K, "text_quality", 3),
        score("ann0", L, "text_quality", 1),
    )
    assert found["ann0", "text_quality"] == ("b", True, 2)


@pytest.mark.parametrize(("of_a", "of_b", "choice"), [(3, 1, "a"), (0, 1, "b"), (2, 2, "tie")])
def test_without_a_preference_the_scores_decide(store, of_a, of_b, choice):
    found = store.votes(
        score("ann0", K, "text_quality", of_a), score("ann0", L, "text_quality", of_b)
    )
    assert found["ann0", "text_quality"] == (choice, False, of_a - of_b)
    assert found["ann0", OVERALL] == (choice, False, of_a - of_b)


def test_one_score_or_the_scores_of_two_raters_are_no_vote(store):
    for other in (score("ann1", L, "text_quality", 0), score("ann0", L, "context_coherence", 0)):
        assert store.votes(score("ann0", K, "text_quality", 3), other) == {}


def test_the_latest_label_counts_and_undated_ones_are_oldest(store):
    early = preference("ann0", OVERALL, "a", day=1, task="t1")
    late = preference("ann0", OVERALL, "b", day=2, task="t2")
    undated = preference("ann0", OVERALL, "tie", task="t3")
    for order in itertools.permutations((early, late, undated)):
        assert store.votes(*order) == {("ann0", OVERALL): ("b", True, None)}
    labels = store.cast(early, late, undated)
    assert labels.set_aside["replaced by a later one"] == 2
    scores = [
        score("ann0", K, "text_quality", 3, day=1, task="t1"),
        score("ann0", K, "text_quality", 0, day=2, task="t2"),
        score("ann0", L, "text_quality", 2),
    ]
    for order in itertools.permutations(scores):
        assert store.votes(*order)["ann0", "text_quality"] == ("b", False, -2)


def test_equal_dates_are_decided_by_id_not_by_order(store):
    one = preference("ann0", OVERALL, "a", day=1, task="t1")
    other = preference("ann0", OVERALL, "b", day=1, task="t2")
    expected = max(one, other, key=lambda vote: vote.vote_id).choice
    for order in ((one, other), (other, one)):
        assert store.votes(*order)["ann0", OVERALL][0] == expected


def test_an_overall_preference_stands_by_itself(store):
    found = store.votes(
        preference("ann0", OVERALL, "b"),
        preference("ann0", "text_quality", "a"),
        score("ann0", K, "context_coherence", 3),
        score("ann0", L, "context_coherence", 0),
        score("ann0", K, "text_quality", 1),
        score("ann0", L, "text_quality", 1),
    )
    assert found["ann0", OVERALL] == ("b", True, Fraction(3, 2))


def test_without_one_overall_is_the_mean_over_dimensions(store):
    found = store.votes(
        preference("ann0", "text_quality", "b"),
        preference("ann0", "visual_perceptual_quality", "b"),
        score("ann0", K, "context_coherence", 3),
        score("ann0", L, "context_coherence", 0),
    )
    # Two preferences for b against three points of score for a.
    assert found["ann0", OVERALL] == ("a", False, 3)
    even = store.votes(
        preference("ann0", "text_quality", "a"), preference("ann0", "context_coherence", "b")
    )
    assert even["ann0", OVERALL] == ("tie", False, None)


def test_judges_and_excluded_raters_do_not_vote_and_are_counted(store):
    said = [preference(rater, OVERALL, "a") for rater in ("gpt", "ver0", "ann0", "ann1")]
    scope = LabelScope("local", excluded=("ann1",))
    assert {rater for rater, _ in store.votes(*said, scope=scope)} == {"ver0", "ann0"}
    labels = store.cast(*said, scope=scope)
    assert (labels.n_votes, labels.n_scores) == (4, 0)
    assert labels.set_aside == {
        "of judges": 1,
        "of excluded raters": 1,
        "of raters below min-competence": 0,
        "of unnamed raters, whose competence nobody can tell": 0,
        "replaced by a later one": 0,
    }


def test_an_unknown_rater_is_an_input_error(store):
    with pytest.raises(InputError) as caught:
        store.cast(preference("nobody", OVERALL, "a"))
    assert caught.value.where == "nobody"


def ballots(text, verifiers=""):
    """One vote for each letter, a, b or t, of annotators who are there."""
    names = {"a": "a", "b": "b", "t": "tie"}
    return [
        *(preference(f"ann{i}", OVERALL, names[c]) for i, c in enumerate(text)),
        *(preference(f"ver{i}", OVERALL, names[c]) for i, c in enumerate(verifiers)),
    ]


@pytest.mark.parametrize("text", ["t", "tt", "ab", "abt"])
def test_without_a_majority_there_is_no_pair_unless_ties_are_kept(store, text):
    counts, passed = store.pairs(*ballots(text))
    assert passed == {}
    assert counts.dropped["no majority"] == 1
    _, passed = store.pairs(*ballots(text), ties="keep")
    (pair,) = passed.values()
    assert (pair.tie, pair.chosen_id, pair.strength) == (True, K, 0.5)
    assert pair.agreement == text.count("t") / len(text)
    all_agree = store.pairs(*ballots(text), ties="keep", min_agree=1)[1]
    assert bool(all_agree) == (set(text) == {"t"})


def test_verifiers_verify_and_do_not_count(store):
    def only(text, verifiers, **filters):
        counts, passed = store.pairs(*ballots(text, verifiers), **filters)
        return next(iter(passed.values()), None) or {k for k, n in counts.dropped.items() if n}

    assert only("aab", "").verified is None
    confirmed = only("aab", "a")
    assert (confirmed.verified, confirmed.n_chosen, confirmed.n_rejected) == (True, 2, 1)
    assert only("aab", "b").verified is False
    assert only("aab", "t").verified is False
    assert only("", "a") == {"no votes"}
    assert only("aab", "a", verified_only=True).verified is True
    assert only("aab", "b", verified_only=True) == {"not verified"}
    assert only("aab", "", verified_only=True) == {"not verified"}


def test_the_strongest_pairs_of_a_question_are_the_most_informative(store):
    said = [
        *(preference(f"ann{i}", OVERALL, "a", pair=PAIRS[0]) for i in range(2)),
        *(preference(f"ann{i}", OVERALL, "b", pair=PAIRS[1]) for i in range(3)),
        preference("ann0", OVERALL, "a", pair=PAIRS[2]),
    ]
    counts, passed = store.pairs(*said, per_prompt=1)
    assert [pair for pair, _ in passed] == [PAIRS[1]]
    assert (counts.kept, counts.dropped["beyond per-prompt"]) == (1, 2)


def test_the_mean_of_points_can_outvote_the_majority(store):
    said = [
        *(preference(f"ann{i}", OVERALL, "a") for i in range(2)),
        score("ann2", K, "text_quality", 0),
        score("ann2", L, "text_quality", 3),
    ]
    (by_votes,) = store.pairs(*said)[1].values()
    (by_mean,) = store.pairs(*said, aggregate="mean")[1].values()
    assert (by_votes.chosen_id, by_mean.chosen_id) == (K, L)
    assert (by_mean.agreement, by_mean.margin) == (1 / 3, 3.0)


def test_the_id_of_a_pair_is_that_of_its_candidates_and_dimension(store):
    (pair,) = store.pairs(*ballots("b"))[1].values()
    assert pair.pair_id == content_id("pair", "local", "prefix", K, L, OVERALL)


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
            random.choice([K, L, M]),
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
    st.integers(1, 3),
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


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40), filters)
def test_pairs_are_what_brute_force_finds_in_any_order_of_the_input(store, seed, n, want):
    prefs, scored, random = _records(seed, n)
    # An id is recorded once.
    prefs = list({vote.vote_id: vote for vote in prefs}.values())
    scored = list({one.score_id: one for one in scored}.values())
    counts, passed = store.pairs(*prefs, *scored, dimensions=DIMENSIONS, want=want)
    shuffled = random.sample([*prefs, *scored], len(prefs) + len(scored))
    assert store.pairs(*shuffled, dimensions=DIMENSIONS, want=want) == (counts, passed)
    expected_drops = Counter()
    spoken_of = 0
    for pair in PAIRS:
        outcomes = {d: _brute_outcome(pair, d, prefs, scored, want) for d in DIMENSIONS}
        heard = any(
            _brute_choice(r, d, pair, prefs, scored)[0]
            for r in ROLES
            if ROLES[r] != "judge"
            for d in DIMENSIONS
        )
        spoken_of += heard
        for dimension, expected in outcomes.items():
            found = passed.get((pair, dimension))
            if isinstance(expected, str):
                assert found is None
                expected_drops[expected] += heard
                continue
            chosen, n_chosen, total, n_tie, margin, verified = expected
            assert found.chosen_id == chosen
            assert {found.chosen_id, found.rejected_id} == set(pair)
            assert (found.n_chosen, found.n_tie) == (n_chosen, n_tie)
            assert found.n_chosen + found.n_rejected + found.n_tie == total
            assert found.agreement == n_chosen / total
            assert found.margin == (None if margin is None else float(margin))
            assert found.verified is verified
            assert 0.5 <= found.strength <= 1
    assert counts.n_pairs == spoken_of
    assert counts.dropped == {why: expected_drops[why] for why in DROP_REASONS}
    assert counts.considered == 3 * spoken_of == counts.kept + sum(counts.dropped.values())
    assert counts.kept == len(passed)
    # One dimension alone gives the same pairs as all together.
    alone = store.pairs(*prefs, *scored, dimensions=("text_quality",), want=want)[1]
    assert alone == {key: p for key, p in passed.items() if key[1] == "text_quality"}
