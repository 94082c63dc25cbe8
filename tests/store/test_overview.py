from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from intermt.records import (
    Conversation,
    Image,
    ImagePart,
    PictureUse,
    PreferenceVote,
    Rater,
    Score,
    Seed,
)
from intermt.store import overview
from intermt.store.connect import Store
from intermt.store.rated import comparable
from intermt.store.scope import datasets, mark_continued, narrow
from tests.store.samples import answered, feedback, node, small_tree, verdict


def counted(store: Store, dataset: str | None = None, level: Any = None) -> dict[str, Any]:
    with store.reading() as db:
        narrow(db, dataset, level)
        mark_continued(db)
        return {
            **overview.conversation_facts(db),
            **overview.tree_facts(db),
            **overview.picture_facts(db, dataset),
            **overview.tag_facts(db),
            **overview.label_facts(db),
            **overview.verdict_facts(db),
            **overview.request_facts(db),
        }


def conversation(key: str, *path: Any, dataset: str = "d", **more: Any) -> Conversation:
    return Conversation(
        key, dataset, key, path[0].node_id, tuple(n.node_id for n in path), len(path) // 2, **more
    )


def missing(name: str, tag: str | None = None, why: str = "not found") -> ImagePart:
    return ImagePart(name=name, tag=tag, missing=why, key=name)


def uses(key: str, *path: Any) -> list[PictureUse]:
    return [
        PictureUse(key, n.node_id, i, part.name, part.sha256, part.missing)
        for n in path
        for i, part in enumerate(n.parts)
        if isinstance(part, ImagePart)
    ]


def test_an_empty_store_has_zeros_and_no_averages(store: Store):
    facts = counted(store.create())
    for key, value in facts.items():
        if key.startswith("n_"):
            assert value in (0, {}) or set(value.values()) == {0}, key
        else:
            assert value in (None, []), key
    with store.reading() as db:
        narrow(db, None, None)
        assert comparable(db) == []


def test_a_tree_and_everything_said_of_it(store: Store):
    store.write(small_tree())
    facts = counted(store)
    assert (facts["n_conversations"], facts["n_turns"], facts["n_trees"]) == (1, 2, 1)
    assert (facts["n_nodes"], facts["n_prompts"], facts["n_answers"]) == (5, 2, 3)
    assert facts["n_conversations_by_n_turns"] == {"2": 1}
    assert facts["max_depth_turns"] == 2
    assert facts["n_prompts_by_n_answers"] == {"1": 1, "2": 1}
    assert facts["mean_answers_per_prompt"] == 1.5
    assert facts["n_answers_by_n_prompts"] == {"0": 2, "1": 1}
    assert facts["max_prompts_per_answer"] == 1
    assert facts["n_scores_by_dimension"] == {
        "text_quality": {"0": 0, "1": 0, "2": 0, "3": 1},
        "helpfulness": {"0": 0, "1": 0, "2": 1, "3": 0},
    }
    assert [(v["dimension"], v["n_votes"], v["n_pairs"]) for v in facts["votes"]] == [
        ("overall", 1, 1)
    ]
    assert facts["n_feedback_by_kind"] == {"critique": 1}
    assert [(r["role"], r["kind"], r["n_raters"]) for r in facts["raters"]] == [
        ("annotator", "human", 1),
        ("judge", "jury", 1),
        ("judge", "model", 1),
    ]
    assert facts["n_raters"] == 3
    assert [(v["judge"], v["n_ok"], v["n_failed"]) for v in facts["verdicts"]] == [
        ("judge", 1, 0),
        ("jury", 1, 0),
    ]
    assert facts["n_requests_by_state"] == {"ok": 1}


def test_the_beginning_of_a_conversation_is_none_of_its_own(store: Store):
    root = node(None, "user", "q", missing("p"))
    path = [root]
    for i in range(5):
        path.append(node(path[-1], "user" if i % 2 else "assistant", f"{i}"))
    other = node(root, "assistant", "another", n_tags=1)
    lines = {"one": path[:2], "two": path[:4], "three": path, "other": [root, other]}
    store.write(
        [*path, other, *(conversation(key, *nodes) for key, nodes in lines.items()),
         conversation("again", *path)]
    )  # fmt: skip
    store.write([use for key, nodes in lines.items() for use in uses(key, *nodes)])
    facts = counted(store)
    assert (facts["n_conversations"], facts["n_conversations_continued"]) == (3, 2)
    assert facts["n_turns"] == 7
    assert facts["n_conversations_by_n_turns"] == {"1": 1, "3": 2}
    assert facts["n_pictures_named"] == facts["n_pictures_missing"] == 2
    assert facts["n_conversations_by_n_pictures"] == {"0": 1, "1": 2}
    assert facts["n_conversations_by_dataset"] == {"d": 3}
    assert sum(facts["n_turns_by_tags_and_pictures"].values()) == 7
    assert facts["n_conversations_by_n_image_tags"] == {"0": 2, "1": 1}


def test_shared_turns_count_once_as_nodes_and_twice_in_conversations(store: Store):
    root = node(None, "user", "q", missing("p"))
    shared = node(root, "assistant", missing("r", "<Image, r>"), n_tags=1)
    left, right = node(shared, "user", "l"), node(shared, "user", "r")
    text = node(left, "assistant", "<image: x>", n_stray_tags=1)
    bare = node(right, "assistant", "bare", missing("s"), missing("t", why="refused: a URL"))
    paths = {"c1": (root, shared, left, text), "c2": (root, shared, right, bare)}
    store.write(
        [
            root, shared, left, right, text, bare,
            *(conversation(key, *path) for key, path in paths.items()),
            *(use for key, path in paths.items() for use in uses(key, *path)),
        ]
    )  # fmt: skip
    facts = counted(store)
    assert (facts["n_nodes"], facts["n_turns"]) == (6, 4)
    assert (facts["n_pictures_named"], facts["n_picture_names"]) == (6, 4)
    assert (facts["n_pictures_missing"], facts["n_pictures_refused"]) == (5, 1)
    assert facts["n_pictures_missing_by_reason"] == {"not found": 5, "refused: a URL": 1}
    assert facts["n_pictures_of_nodes_missing"] == 4
    assert facts["mean_pictures_per_conversation"] == 3.0
    assert facts["max_pictures_per_conversation"] == 4
    assert (facts["n_image_tags"], facts["n_image_tags_of_answers"]) == (2, 1)
    assert (facts["n_stray_image_tags"], facts["n_stray_image_tags_of_answers"]) == (1, 1)
    assert facts["n_turns_by_tags_and_pictures"] == {
        "neither": 0, "equal": 2, "more_tags": 1, "more_pictures": 1,
    }  # fmt: skip
    assert facts["n_answers_by_tags_and_pictures"]["equal"] == 1


def test_a_dataset_is_its_conversations_and_what_was_said_of_them(store: Store):
    root = node(None, "user", "q")
    mine, theirs = node(root, "assistant", "mine"), node(root, "assistant", "theirs")
    pruned = node(root, "assistant", "pruned", ImagePart("ab" * 32, "x.png", key="x"))
    other = node(None, "user", "elsewhere")
    end = node(other, "assistant", "there")
    a, b = sorted((mine.node_id, theirs.node_id))
    store.write(
        [
            root, mine, theirs, pruned, other, end,
            Seed(root.node_id, "d", "s", task="naming", language="en"),
            Seed(other.node_id, "e", "s"),
            Image("ab" * 32, "png", 1, 1, 10),
            Image("cd" * 32, "png", 1, 1, 99),
            conversation("c1", root, mine),
            conversation("c2", root, theirs, dataset="e", task="other"),
            conversation("c3", other, end, dataset="e"),
            Rater("r", "ann", "annotator", "human"),
            Score("s1", "r", "node", mine.node_id, "text_quality", 3, "table", "t"),
            Score("s2", "r", "node", end.node_id, "text_quality", 1, "table", "t"),
            Score("s3", "r", "conversation", "c1", "helpfulness", 1, "table", "t"),
            PreferenceVote(
                "v", "r", "local", "prefix", root.node_id, a, b, "overall", "tie", "table", "t"
            ),
            feedback("f", target_id=end.node_id, dataset="table"),
            verdict("w", a_id=mine.node_id),
            answered("k"),
        ]
    )  # fmt: skip
    everything, d = counted(store), counted(store, "d")
    assert (everything["n_nodes"], everything["n_scores"], everything["n_trees"]) == (6, 3, 2)
    # `theirs` is on a path of another dataset alone; `pruned` on none, in a tree of d.
    assert (d["n_nodes"], d["n_trees"], d["n_conversations"]) == (3, 1, 1)
    assert d["n_conversations_by_task"] == {"naming": 1}
    assert everything["n_conversations_by_task"] == {"naming": 1, "not stated": 1, "other": 1}
    assert d["n_trees_by_language"] == {"en": 1}
    assert (d["n_image_files"], d["n_image_bytes"]) == (1, 10)
    assert (d["n_scores"], d["n_votes"], d["n_feedback"], d["n_verdicts"]) == (2, 1, 0, 1)
    assert counted(store, "table")["n_scores"] == 3
    assert counted(store, "table")["n_conversations"] == 0
    local = counted(store, "d", "local")
    assert (local["n_scores"], local["n_votes"]) == (1, 1)
    assert counted(store, None, "global")["n_verdicts"] == 0
    with store.reading() as db:
        assert datasets(db) == ["d", "e", "table"]


def test_what_is_invented_or_simulated_is_counted_apart(store: Store):
    root = node(None, "user", "q", simulated=True, model="stand-in")
    end = node(root, "assistant", "x", simulated=True, model="stand-in")
    a, b = sorted((root.node_id, end.node_id))
    store.write(
        [
            root, end, conversation("c", root, end, simulated=True),
            Rater("r", "A", "annotator", "synthetic"),
            Rater("j", "J", "judge", "model", simulated=True),
            Score("s", "r", "node", end.node_id, "text_quality", 3, "d", "t"),
            PreferenceVote(
                "v", "r", "local", "prefix", root.node_id, a, b, "overall", "a", "d", "t"
            ),
            feedback("f", target_id=end.node_id),
            verdict("w", a_id=end.node_id, simulated=True),
            answered("k", simulated=True),
        ]
    )  # fmt: skip
    facts = counted(store)
    for key in ("conversations", "nodes", "verdicts", "requests"):
        assert facts[f"n_{key}_simulated"] == facts[f"n_{key}"] > 0
    for key in ("scores", "votes", "feedback"):
        assert facts[f"n_{key}_synthetic"] == facts[f"n_{key}"] == 1
    assert facts["n_answers_by_model"] == {"stand-in": 1}
    assert [r["simulated"] for r in facts["raters"]] == [False, True]


def test_the_latest_label_of_a_rater_counts(store: Store):
    first = Score("z", "r", "node", "n", "text_quality", 0, "d", "t", rated_at=datetime(2026, 1, 1))
    vote = PreferenceVote("v1", "r", "local", "prefix", "s", "a", "b", "overall", "a", "d", "t")
    store.write(
        [
            Rater("r", "ann", "annotator", "human"),
            first,
            replace(first, score_id="a", value=2, rated_at=datetime(2026, 1, 2)),
            replace(first, score_id="zz", value=1, rated_at=None),
            vote,
            replace(vote, vote_id="v2", choice="b", rated_at=datetime(2026, 1, 1)),
        ]
    )
    facts = counted(store)
    assert (facts["n_scores"], facts["n_scores_superseded"]) == (1, 2)
    assert facts["n_scores_by_dimension"]["text_quality"]["2"] == 1
    assert (facts["n_votes"], facts["n_votes_superseded"]) == (1, 1)
    with store.reading() as db:
        narrow(db, None, None)
        score, vote_labels = comparable(db)
    assert (score.what, score.values.tolist()) == ("score", [[2.0]])
    assert (vote_labels.what, vote_labels.values.tolist()) == ("vote", [[1.0]])


def test_labels_that_can_be_compared(store: Store):
    root = node(None, "user", "q")
    x, y = node(root, "assistant", "x"), node(root, "assistant", "y")

    def score(rater: str, target: Any, value: int) -> Score:
        return Score(
            f"{rater}{target.node_id}",
            rater,
            "node",
            target.node_id,
            "text_quality",
            value,
            "d",
            "t",
        )

    store.write(
        [
            root, x, y,
            Rater("a", "A", "annotator", "human"),
            Rater("b", "B", "annotator", "synthetic"),
            Rater("v", "V", "verifier", "human"),
            Rater("j", "J", "judge", "model", simulated=True),
            Rater("k", "K", "judge", "model"),
            score("a", x, 3), score("b", x, 2), score("a", y, 0), score("v", x, 3),
            verdict("w1", judge_id="j", a_id=x.node_id, value=1, simulated=True),
            verdict("w2", judge_id="j", a_id=x.node_id, value=2, sample=1, simulated=True),
            verdict("w3", "unparsed", judge_id="j", a_id=y.node_id, value=None),
            verdict("w4", judge_id="k", a_id=root.node_id, value=2),
            verdict("w5", judge_id="k", a_id=x.node_id, task="crucial-step", value=5),
        ]
    )  # fmt: skip
    with store.reading() as db:
        narrow(db, None, None)
        groups = comparable(db)
    found = {(g.other, g.judge_id): g for g in groups if g.side == "annotator"}
    assert list(found) == [
        ("annotator", None), ("judge", "j"), ("judge", "k"), ("verifier", None),
    ]  # fmt: skip
    assert sorted(found["annotator", None].values[:, 0]) == [0, 2, 3]
    assert len(set(found["annotator", None].raters[:, 0])) == 2
    assert sorted(map(tuple, found["verifier", None].values)) == [(2, 3), (3, 3)]
    assert sorted(map(tuple, found["judge", "j"].values)) == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert found["judge", "k"].values.shape == (0, 2)
    assert {g.n_units for g in found.values()} == {2}
    assert len(np.unique(np.concatenate([g.clusters for g in found.values()]))) == 1
    assert [found[k].simulated for k in (("judge", "j"), ("verifier", None))] == [True, False]
    assert found["annotator", None].synthetic


@pytest.mark.parametrize("choice", ["a", "b", "tie"])
def test_votes_of_judges_meet_votes_of_people(store: Store, choice: Any):
    store.write(
        [
            Rater("r", "A", "annotator", "human"),
            Rater("j", "J", "judge", "model"),
            PreferenceVote(
                "v", "r", "global", "chain", "s", "c1", "c2", "helpfulness", choice, "d", "t"
            ),
            verdict(
                "w", task="pair", level="global", a_id="c1", b_id="c2", dimension="helpfulness",
                value=None, choice="b", order="a",
            ),
            verdict(
                "x", task="pair", level="local", a_id="c1", b_id="c2", dimension="helpfulness",
                value=None, choice="b", order="a",
            ),
        ]
    )  # fmt: skip
    with store.reading() as db:
        narrow(db, None, None)
        groups = comparable(db)
    assert [(g.level, g.other) for g in groups] == [("global", "annotator"), ("global", "judge")]
    assert groups[1].values.tolist() == [[["a", "b", "tie"].index(choice), 1]]
