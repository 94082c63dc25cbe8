from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intermt.formats.reading.rows import (
    AnswerShown,
    ConversationRow,
    LabelRow,
    ReadOptions,
    Row,
    RowProblem,
    SideChoice,
    SkippedRow,
)
from tests.formats.reading_files import conversation, kind_of, load, only_problem, write_json


def turn(n: int, **more: Any) -> dict[str, Any]:
    return {
        "round": n,
        "prompt": f"question {n}",
        "prompt_images": [""] if n > 1 else ["images/a.png"],
        "response": f"answer {n}",
        "response_images": [],
        **more,
    }


def scores(**more: Any) -> dict[str, Any]:
    rounds = [
        {
            "round": n,
            "round_conversations": {k: v for k, v in turn(n).items() if k != "round"},
            "annotations": {"text_quality": n - 1, "perceptual_quality": None},
        }
        for n in (1, 2)
    ]
    whole = {"round": 0, "annotations": {"visual_style_coherence": -1, "G2": 0}}
    return {"conversations": [whole, *rounds], **more}


def pair(**more: Any) -> dict[str, Any]:
    return {
        "front_convs": [turn(1)],
        "paired_convs": {
            "round": 2,
            "prompt": "question 2",
            "prompt_images": [""],
            "response_1": "yes",
            "response_1_images": ["images/b.png"],
            "response_2": "no",
            "response_2_images": [""],
        },
        "local_overall_preference": {"text_quality": 1, "contextual_coherence": 2, "L1": 0},
        **more,
    }


def rows_of(tmp_path: Path, item: Any, **options: Any) -> list[Row | RowProblem]:
    file = write_json(tmp_path / "x", [item])
    assert kind_of(file) == "intermt-bench"
    return load(file, None, ReadOptions(**options))


def test_a_score_file_gives_conversations_with_labels_of_both_levels(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, scores())
    assert isinstance(row, ConversationRow)
    assert [(p.text, a.text) for p, a in row.turns] == [
        ("question 1", "answer 1"),
        ("question 2", "answer 2"),
    ]
    assert row.turns[0][0].pictures == ("images/a.png",)
    assert {(s.dimension, s.turn, s.value) for s in row.scores} == {
        ("style_coherence", None, -1),
        ("helpfulness", None, 0),
        ("text_quality", 1, 0),
        ("text_quality", 2, 1),
    }


def test_one_level_of_scores_may_be_missing(tmp_path: Path) -> None:
    item = scores()
    del item["conversations"][0]
    (row,) = rows_of(tmp_path, item)
    assert isinstance(row, ConversationRow)
    assert {s.turn for s in row.scores} == {1, 2}


def test_a_conversation_without_an_id_is_named_by_what_is_said(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, scores())
    (again,) = rows_of(tmp_path, scores())
    (other,) = rows_of(tmp_path, scores(id=5))
    assert row.source_id == again.source_id  # type: ignore[union-attr]
    assert row.source_id.startswith("said:")  # type: ignore[union-attr]
    assert other.source_id == "5"  # type: ignore[union-attr]


def test_a_pair_file_gives_choices_between_two_shown_answers(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, pair())
    assert isinstance(row, LabelRow)
    assert isinstance(row.a, AnswerShown)
    assert isinstance(row.b, AnswerShown)
    assert row.level == "local"
    assert [m.text for m in row.a.messages] == ["question 1", "answer 1", "question 2", "yes"]
    assert [m.text for m in row.b.messages] == ["question 1", "answer 1", "question 2", "no"]
    assert row.a.messages[-1].pictures == ("images/b.png",)
    assert row.b.messages[-1].pictures == ()
    assert row.a.source_id == row.b.source_id
    assert set(row.choices) == {
        SideChoice("text_quality", "a"),
        SideChoice("context_coherence", "b"),
    }


def test_zero_is_a_tie_only_where_the_user_says_so(tmp_path: Path) -> None:
    item = pair(local_overall_preference={"L1": 0})
    assert rows_of(tmp_path, item) == [SkippedRow(f"{tmp_path}/x: item 1", "empty")]
    (row,) = rows_of(tmp_path, item, values={"choice": {"0": "tie"}})
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("local_image_text_consistency", "tie"),)


def test_global_preferences(tmp_path: Path) -> None:
    item = pair(overall_preference={"G1": 2, "overall": 1}, local_overall_preference=None)
    (row,) = rows_of(tmp_path, item)
    assert isinstance(row, LabelRow)
    assert row.level == "global"
    assert set(row.choices) == {SideChoice("context_awareness", "b"), SideChoice("overall", "a")}


def test_all_forms_may_stand_in_one_file(tmp_path: Path) -> None:
    file = write_json(tmp_path / "x", [conversation(), scores(), pair()])
    assert [type(row) for row in load(file)] == [ConversationRow, ConversationRow, LabelRow]


@pytest.mark.parametrize("form", [conversation(annotation={"G3": 2}), scores()])
def test_labels_without_a_role_take_the_one_the_user_gives(
    tmp_path: Path, form: dict[str, Any]
) -> None:
    (row,) = rows_of(tmp_path, form, role="verifier")
    assert {s.role for s in row.scores} == {"verifier"}  # type: ignore[union-attr]


def changed(item: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *keys, last = path.split(".")
    holder: Any = item
    for key in keys:
        holder = holder[int(key) if key.isdecimal() else key]
    holder[int(last) if last.isdecimal() else last] = value
    return item


@pytest.mark.parametrize(
    ("form", "path", "value", "field"),
    [
        ("scores", "conversations.1.round", 3, "round"),
        ("scores", "conversations.2.annotations", {"G1": 2}, "annotations.G1"),
        ("scores", "conversations.0.annotations", {"L1": 2}, "annotations.L1"),
        ("scores", "conversations.2.annotations.text_quality", 4, "annotations.text_quality"),
        ("scores", "conversations.1.round_conversations", None, "round_conversations"),
        ("scores", "conversations.2.round_conversations.prompt", "", "prompt"),
        ("scores", "conversations.2", 7, "conversations"),
        ("pair", "paired_convs.round", 4, "paired_convs.round"),
        ("pair", "paired_convs.response_2", None, "response_2"),
        ("pair", "paired_convs.response_1_images", "x.png", "response_1_images"),
        ("pair", "front_convs.0.round", 2, "front_convs.round"),
        ("pair", "front_convs.0.response", 5, "response"),
        ("pair", "front_convs", {"x": 1}, "front_convs"),
        ("pair", "local_overall_preference.L9", 1, "local_overall_preference.L9"),
        ("pair", "local_overall_preference.G1", 1, "local_overall_preference.G1"),
        ("pair", "local_overall_preference.L1", 3, "local_overall_preference.L1"),
        ("pair", "local_overall_preference.L4", 1, "local_overall_preference.L4"),
        ("pair", "overall_preference", {"G1": 1}, "local_overall_preference"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(
    tmp_path: Path, form: str, path: str, value: Any, field: str
) -> None:
    item = changed(scores() if form == "scores" else pair(), path, value)
    file = write_json(tmp_path / "x", [item])
    assert only_problem(load(file, "intermt-bench")).field == field


def test_two_equal_answers_are_no_pair(tmp_path: Path) -> None:
    item = pair()
    item["paired_convs"] |= {"response_2": "yes", "response_2_images": ["images/b.png"]}
    assert only_problem(rows_of(tmp_path, item)).field == "response_2"
