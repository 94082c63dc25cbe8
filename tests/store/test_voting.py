from __future__ import annotations

from dataclasses import replace

import pytest

from intermt.records import (
    Conversation,
    ImagePart,
    PictureUse,
    PreferenceVote,
    Rater,
    Score,
    Seed,
)
from intermt.store import voting
from intermt.store.voting import Place
from tests.store.samples import node, small_tree

ROOT = node(None, "user", "What is this?")
SIDES = [node(ROOT, "assistant", text) for text in ("A heron.", "A boat.", "A tree.")]
MORE = node(SIDES[0], "user", "And now?")
LATER = [node(MORE, "assistant", text) for text in ("Still a heron.", "A cloud.")]
TREE = [Seed(ROOT.node_id, "d", "s"), ROOT, *SIDES, MORE, *LATER]


def ids(*nodes):
    return tuple(sorted(n.node_id for n in nodes))


def score(rater, target, dimension="text_quality", dataset="d", kind="node", value=1):
    key = f"{rater}-{target}-{dimension}-{dataset}"
    return Score(key, rater, kind, target, dimension, value, dataset, "t")


def vote(rater, a, b, dataset="d", level="local", mode="prefix"):
    low, high = sorted((a, b))
    return PreferenceVote(
        f"{rater}-{low}", rater, level, mode, ROOT.node_id, low, high, "overall", "a", dataset, "t"
    )


def rater(name):
    return Rater(name, name, "annotator", "human", "d")


def conversation(name, *path, dataset="d"):
    return Conversation(name, dataset, name, ROOT.node_id, tuple(n.node_id for n in path), 1)


def labels(store, *records, level="local", dataset=None):
    store.write([*TREE, *records])
    with store.reading() as db:
        return voting.labels(db, level, dataset)


def test_records_come_back_as_they_were_written(store):
    a, b = ids(*SIDES[:2])
    said = vote("r", a, b)
    given = [score("r", a), score("q", b)]
    found = labels(store, said, *given, rater("r"), rater("q"))
    assert found.preferences == [said]
    assert sorted(found.scores, key=lambda s: s.score_id) == sorted(given, key=lambda s: s.score_id)
    assert found.raters == {"r": rater("r"), "q": rater("q")}
    assert found.places == {i: Place(ROOT.node_id, i, 1) for i in (a, b)}
    assert found.scored_together == []


def test_siblings_scored_by_one_rater_on_one_dimension_stand_together(store):
    records = [
        *(score("r", n.node_id) for n in SIDES),
        *(score("q", n.node_id) for n in SIDES[:2]),
        # Another dimension, another question, another rater: none of them compares.
        score("x", SIDES[1].node_id),
        score("x", SIDES[2].node_id, "context_coherence"),
        score("y", SIDES[0].node_id),
        score("y", LATER[0].node_id),
        score("z", LATER[0].node_id),
        score("w", LATER[1].node_id),
    ]
    found = labels(store, *records)
    assert sorted(found.scored_together) == sorted(
        [(ROOT.node_id, ids(*SIDES)), (ROOT.node_id, ids(*SIDES[:2]))]
    )
    # Only scores that bear on a pair are read.
    assert {s.target_id for s in found.scores} == set(ids(*SIDES))


def test_raters_who_scored_the_same_make_one_group(store):
    records = [score(r, n.node_id) for r in "pqr" for n in SIDES[:2]]
    assert labels(store, *records).scored_together == [(ROOT.node_id, ids(*SIDES[:2]))]


def test_questions_that_somebody_scored_are_no_candidates(store):
    records = [score("r", ROOT.node_id), score("r", SIDES[0].node_id)]
    assert labels(store, *records).scored_together == []


def test_whole_conversations_of_one_seed_stand_together(store):
    talks = [
        conversation("c1", ROOT, SIDES[0]),
        conversation("c2", ROOT, SIDES[1]),
        conversation("c3", ROOT, SIDES[0], MORE, LATER[0]),
    ]
    records = [
        *talks,
        *(score("r", c.conversation_id, "helpfulness", kind="conversation") for c in talks),
    ]
    found = labels(store, *records, level="global")
    assert found.scored_together == [(ROOT.node_id, ("c1", "c2", "c3"))]
    assert found.places["c3"] == Place(ROOT.node_id, LATER[0].node_id, 1)
    assert labels(store, level="local").scored_together == []


def test_a_dataset_is_that_of_votes_and_scores(store):
    a, b = ids(*SIDES[:2])
    records = [
        vote("r", a, b, dataset="pilot"),
        vote("q", a, b, dataset="main"),
        *(score("r", i, dataset=name) for i in (a, b) for name in ("pilot", "main")),
    ]
    found = labels(store, *records, dataset="pilot")
    assert [v.rater_id for v in found.preferences] == ["r"]
    assert {s.dataset for s in found.scores} == {"pilot"}
    assert len(labels(store).preferences) == 2
    with store.reading() as db:
        assert voting.datasets(db, "local") == {"d": 0, "main": 3, "pilot": 3}
        assert voting.datasets(db, "global") == {"d": 0, "main": 0, "pilot": 0}


def test_what_is_not_in_the_store_has_no_place_and_no_rater(store):
    found = labels(store, vote("ghost", "0" * 32, "1" * 32))
    assert len(found.preferences) == 1
    assert found.places == {}
    assert found.raters == {}


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


def test_one_record_of_each_kind_fits(store):
    store.write(small_tree())
    with store.reading() as db:
        found = voting.labels(db, "local", None)
    assert len(found.preferences) == 1
    assert [s.target for s in found.scores] == ["node"]
    assert replace(found.raters["r"], kind="human") == found.raters["r"]
