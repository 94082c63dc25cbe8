from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from intermt.domain.image_tags import find_tags
from intermt.formats.reading.registry import detect, read
from intermt.formats.reading.rows import ConversationRow
from intermt.formats.reading.source import open_source
from intermt.records import SCENARIOS
from intermt.sample import sample_files

FILES = sample_files()
ITEMS = json.loads(FILES.conversations.read_text("utf-8"))
SEEDS = [json.loads(line) for line in FILES.seeds.read_text("utf-8").splitlines()]
SCORE = "crucial_step_recognition"


@pytest.fixture(scope="module")
def rows() -> list[ConversationRow]:
    with open_source(FILES.conversations) as source:
        assert detect(source) == "intermt-bench"
        found = list(read(source, "intermt-bench"))
    assert all(isinstance(row, ConversationRow) for row in found)
    return found


def _uuids(item: dict) -> list[str]:
    return [turn[key] for turn in item["conversations"] for key in ("prompt_uuid", "response_uuid")]


def test_the_conversations_are_read_without_problems(rows):
    assert [row.source_id for row in rows] == [item["id"] for item in ITEMS]
    assert 8 <= len(rows) == len({row.source_id for row in rows}) <= 10
    assert all(3 <= len(row.turns) <= 5 for row in rows)
    assert {row.scenario for row in rows} == set(SCENARIOS)
    assert {row.task for row in rows} <= {seed["task"] for seed in SEEDS}
    assert len({row.task for row in rows}) >= 6


def test_every_label_is_read_as_synthetic(rows):
    labels = [label for row in rows for label in (*row.scores, *row.feedback)]
    assert len(labels) == 2 * len(rows)
    assert {label.rater_kind for label in labels} == {"synthetic"}


def test_every_score_occurs_and_every_conversation_has_a_reason(rows):
    scores = [score for row in rows for score in row.scores]
    assert {(score.dimension, score.turn) for score in scores} == {(SCORE, None)}
    assert set(Counter(score.value for score in scores)) == {0, 1, 2, 3}
    assert all(len(reason.text) > 150 for row in rows for reason in row.feedback)


def test_items_have_the_keys_of_the_released_file():
    for item in ITEMS:
        assert list(item) == ["id", "scenario", "task", "conversations", "annotation"]
        assert list(item["annotation"]) == ["kind", SCORE, f"reason_{SCORE}"]
        for turn in item["conversations"]:
            keys = "prompt prompt_images prompt_uuid response response_images response_uuid"
            assert list(turn) == ["round", *keys.split()]


def test_uuids_are_equal_exactly_where_two_conversations_begin_alike():
    assert {UUID(uuid).version for item in ITEMS for uuid in _uuids(item)} == {5}
    shared = {}
    for a, b in itertools.combinations(ITEMS, 2):
        one, two = _uuids(a), _uuids(b)
        n = sum(x == y for x, y in zip(one, two, strict=False))
        assert one[:n] == two[:n]
        assert not set(one[n:]) & set(two[n:])
        if n:
            shared[a["id"], b["id"]] = n
    # The gardens also share the third question; only its two answers differ.
    assert shared == {
        ("garden-seat", "garden-pear-tree-lost"): 5,
        ("lighthouse-lanterns", "lighthouse-second-page"): 4,
    }


def test_prompts_show_pictures_of_the_seed_questions():
    known = {name for seed in SEEDS for name in seed["images"]}
    for item in ITEMS:
        first, *others = [turn["prompt_images"] for turn in item["conversations"]]
        assert first
        assert set(first) <= known
        assert not any(others)


def test_exactly_the_two_pictures_that_the_readme_names_are_left_out():
    named = {
        name
        for item in ITEMS
        for turn in item["conversations"]
        for name in (*turn["prompt_images"], *turn["response_images"])
        if name
    }
    folder = FILES.conversations.parent
    missing = {name for name in named if not (folder / name).is_file()}
    assert missing == {"pictures/chain-hands.png", "pictures/story-second-page.png"}
    readme = (folder / "README.md").read_text("utf-8")
    assert all(f"`{name}`" in readme for name in missing)
    assert all(Path(name).parent == Path("pictures") for name in named)


def test_tags_and_pictures_agree_but_for_the_two_oddities_that_the_readme_names():
    odd = []
    for item in ITEMS:
        for turn in item["conversations"]:
            tags = find_tags(turn["response"])
            names = [name for name in turn["response_images"] if name]
            if len(tags) != len(names):
                odd.append((item["id"], turn["round"], "no picture"))
            if not all(tag.exact for tag in tags):
                odd.append((item["id"], turn["round"], "stray"))
    assert odd == [("two-lamps-questions", 4, "no picture"), ("one-room-flat-desk", 1, "stray")]
