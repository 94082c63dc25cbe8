from __future__ import annotations

from datetime import datetime

import pytest

from intermt.records import Feedback, ImagePart, PictureUse, PreferenceVote, Rater, Score, Seed
from intermt.store import voting
from tests.store.samples import node

ROOT = node(None, "user", "What is this?")
SIDES = [node(ROOT, "assistant", text) for text in ("A heron.", "A boat.")]
A, B = sorted(n.node_id for n in SIDES)
PEOPLE = [
    Rater("r", "ann", "annotator", "human", "d"),
    Rater("q", "ann", "annotator", "synthetic", "e"),
    Rater("j", "ann", "judge", "model"),
]


def vote(name, dataset="d", choice="a", rated_at=None, rater="r"):
    return PreferenceVote(
        name,
        rater,
        "local",
        "prefix",
        ROOT.node_id,
        A,
        B,
        "overall",
        choice,
        dataset,
        "t",
        rated_at=rated_at,
    )


def score(name, dataset="d", rater="r"):
    return Score(name, rater, "node", A, "text_quality", 1, dataset, "t")


def wrote(name, text, rater="r", dataset="d", kind="critique", dimension=None):
    return Feedback(name, rater, "node", A, kind, dimension, text, dataset, "t")


def test_collections_come_with_their_votes_and_scores(store):
    store.write([Seed("s", "d", "s"), vote("1", "pilot"), vote("2", "main"), score("3", "main")])
    with store.reading() as db:
        assert voting.datasets(db, "local") == {"d": 0, "main": 2, "pilot": 1}
        assert voting.datasets(db, "global") == {"d": 0, "main": 0, "pilot": 0}


def test_a_fingerprint_is_that_of_the_labels_in_any_order(store):
    def marks(*records):
        store.write(records)
        with store.reading() as db:
            return voting.fingerprint(db, "local", None)

    seen = [
        marks(vote("1")),
        marks(vote("2")),
        marks(score("3")),
        marks(vote("4", rated_at=datetime(2026, 1, 1))),
    ]
    assert len(set(seen)) == 4
    assert {len(mark) for mark in seen} == {32}
    with store.reading() as db:
        assert voting.fingerprint(db, "global", None) == "0" * 32
        assert voting.fingerprint(db, "local", "other") == "0" * 32


def test_names_stand_for_all_raters_of_that_name_but_judges(store):
    store.write(PEOPLE)
    with store.reading() as db:
        assert voting.raters_named(db, ["ann", "bob"]) == {"ann": ["q", "r"], "bob": []}


def test_invented_labels_are_heard_where_they_were_given(store):
    store.write([*PEOPLE, vote("1")])
    with store.reading() as db:
        assert not voting.heard_synthetic(db, "local")
    store.write([score("2", rater="q")])
    with store.reading() as db:
        assert voting.heard_synthetic(db, "local")
        assert not voting.heard_synthetic(db, "global")


def test_comments_come_by_candidate_without_those_of_judges_and_excluded_raters(store):
    store.write(
        [
            *PEOPLE,
            wrote("1", "too long", dimension="text_quality"),
            wrote("2", "dull", rater="q", dataset="e"),
            wrote("3", "fine", rater="j"),
            wrote("4", "shorten it", kind="refinement"),
        ]
    )
    with store.reading() as db:
        found = voting.comments(db, "local", [A, B], None, ())
        assert [(c.kind, c.text) for c in found[A]] == [
            ("critique", "dull"),
            ("critique", "too long"),
            ("refinement", "shorten it"),
        ]
        assert B not in found
        assert [c.text for c in voting.comments(db, "local", [A], "e", ())[A]] == ["dull"]
        assert len(voting.comments(db, "local", [A], None, ["r"])[A]) == 1


@pytest.mark.parametrize("backwards", [False, True])
def test_the_name_of_a_missing_picture_does_not_depend_on_who_came_first(store, backwards):
    gone = node(ROOT, "assistant", ImagePart(None, "y.png", None, "not found", "k"))
    uses = [
        PictureUse("c1", gone.node_id, 0, "y.png", None, "not found"),
        PictureUse("c2", gone.node_id, 0, "x.png", None, "refused: no"),
        PictureUse("c3", gone.node_id, 0, None, None, "not found"),
        PictureUse("c4", gone.node_id, 1, "there.png", "ab" * 32, None),
    ]
    for use in uses[::-1] if backwards else uses:
        store.write([use])
    with store.reading() as db:
        found = voting.missing_pictures(db, [gone.node_id])
    assert found == {(gone.node_id, 0): ("x.png", "refused: no")}
