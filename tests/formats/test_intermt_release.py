from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.reading.rows import ConversationRow, FeedbackRow, MessageRow, ScoreRow
from tests.formats.reading_files import conversation, load, only_problem, write_json

G3 = "crucial_step_recognition"


def one(tmp_path: Path, item: Any) -> ConversationRow:
    (row,) = load(write_json(tmp_path / "x.json", [item]), "intermt-bench")
    assert isinstance(row, ConversationRow), row
    return row


def problem_of(tmp_path: Path, item: Any) -> tuple[str, str, str, str]:
    file = write_json(tmp_path / "x.json", [item])
    p = only_problem(load(file, "intermt-bench"))
    return p.where.removeprefix(str(file)), p.field, p.value, p.expected


def test_a_conversation_comes_as_written(tmp_path: Path) -> None:
    item = conversation(2, scenario="Unclear-Cognition", category="C", task="T", annotation={G3: 0})
    row = one(tmp_path, item)
    assert row.source_id == "7"
    assert row.turns[0] == (
        MessageRow("question 1", ("images/1.png",), "p1"),
        MessageRow("answer 1\n<Image, a cat>", (), "r1"),
    )
    assert row.turns[1][0].pictures == ()
    assert (row.scenario, row.category, row.task) == ("unclear_cognition", "C", "T")
    assert row.scores == (ScoreRow(G3, 0, None, "unnamed", "annotator"),)


def test_pictures_uuids_and_labels_may_be_absent(tmp_path: Path) -> None:
    item = {
        "id": "x-1",
        "conversations": [
            {"round": 1, "prompt": "q", "response": "", "response_images": [None, " ", "a.png"]}
        ],
        "scenario": None,
        "annotation": {},
    }
    row = one(tmp_path, item)
    assert row.turns == ((MessageRow("q"), MessageRow("", ("a.png",))),)
    assert (row.scenario, row.scores, row.feedback) == (None, (), ())


@pytest.mark.parametrize(
    ("value", "score"),
    [(0, 0), (3, 3), (3.0, 3), ("3", 3), (" 2.0 ", 2), (-0.0, 0), (None, None), ("", None)],
)
def test_a_score_is_read_and_a_missing_one_is_not_zero(
    tmp_path: Path, value: Any, score: int | None
) -> None:
    row = one(tmp_path, conversation(annotation={G3: value}))
    assert row.scores == (() if score is None else (ScoreRow(G3, score, None),))


@pytest.mark.parametrize(
    "value", [True, False, 2.5, "2.5", "high", 7, -1, "-1", [3], {}, 1e308, 10**400, "３", "+3"]
)
def test_what_is_no_score_is_a_problem(tmp_path: Path, value: Any) -> None:
    where, field, shown, expected = problem_of(tmp_path, conversation(annotation={G3: value}))
    assert where == ": item 1 (id 7)"
    assert field == f"annotation.{G3}"
    assert shown
    assert "0 to 3" in expected


def test_only_style_coherence_may_be_minus_one(tmp_path: Path) -> None:
    row = one(tmp_path, conversation(annotation={"visual_style_coherence": -1}))
    assert row.scores == (ScoreRow("style_coherence", -1, None),)
    problem = problem_of(tmp_path, conversation(annotation={"G5": -2}))
    assert "-1 to 3" in problem[3]


def test_reasons_are_rationales_and_turns_have_labels_of_their_own(tmp_path: Path) -> None:
    item = conversation(
        2, annotation={"G3": 2, f"reason_{G3}": " why \n", "reason_helpfulness": ""}
    )
    item["conversations"][1]["annotation"] = {"L4": 1, "reason_text_quality": "long"}
    row = one(tmp_path, item)
    assert row.scores == (ScoreRow(G3, 2, None), ScoreRow("text_quality", 1, 2))
    assert row.feedback == (
        FeedbackRow("rationale", G3, " why \n", None),
        FeedbackRow("rationale", "text_quality", "long", 2),
    )


@pytest.mark.parametrize(
    ("annotation", "field", "expected"),
    [
        ({"helpfullness": 2}, "annotation.helpfullness", "did you mean helpfulness?"),
        ({"reason_beauty": "x"}, "annotation.reason_beauty", "G1 context_awareness"),
        ({"a\x1b[2J": 2}, r"annotation.'a\x1b[2J'", "G1 context_awareness"),
        ({"": 2}, "annotation.''", "G1 context_awareness"),
        ({"L4": 2}, "annotation.L4", "a dimension of a whole conversation"),
        ({"G2": 2, "helpfulness": 3}, "annotation.helpfulness", "one score"),
        ({"reason_G3": 5}, "annotation.reason_G3", "text"),
        ([1], "annotation", "an object"),
    ],
)
def test_labels_that_cannot_be_used(
    tmp_path: Path, annotation: Any, field: str, expected: str
) -> None:
    problem = problem_of(tmp_path, conversation(annotation=annotation))
    assert problem[1] == field
    assert expected in problem[3]


@pytest.mark.parametrize(
    ("turn", "field", "value"),
    [
        ({"round": 3}, "round", "3"),
        ({"round": True}, "round", "true"),
        ({"round": None}, "round", "null"),
        ({"prompt": None}, "prompt", "null"),
        ({"prompt": " "}, "prompt", '" "'),
        ({"response": 5}, "response", "5"),
        ({"response": "a\ud800b"}, "response", '"a\\ud800b"'),
        ({"response": "a\0b"}, "response", '"a\\u0000b"'),
        ({"response_images": "a.png"}, "response_images", '"a.png"'),
        ({"response_images": ["", 7]}, "response_images[1]", "7"),
        ({"prompt_uuid": 7}, "prompt_uuid", "7"),
        ({"annotation": {"G2": 1}}, "annotation.G2", "1"),
    ],
)
def test_a_turn_that_cannot_be_used_is_named(
    tmp_path: Path, turn: dict[str, Any], field: str, value: str
) -> None:
    item = conversation(2)
    item["conversations"][1].update(turn)
    file = tmp_path / "x.json"
    file.write_text(json.dumps([item]))
    problem = only_problem(load(file))
    assert problem.where == f"{file}: item 1 (id 7), turn 2"
    assert (problem.field, problem.value) == (field, value)
    assert problem.message.isprintable()


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"id": None}, "id", "null"),
        ({"id": True}, "id", "true"),
        ({"id": 1.5}, "id", "1.5"),
        ({"id": ""}, "id", '""'),
        ({"conversations": []}, "conversations", "a list of 0"),
        ({"conversations": {"a": 1}}, "conversations", "an object with a"),
        ({"conversations": ["x"]}, "conversations", '"x"'),
        ({"scenario": "party"}, "scenario", '"party"'),
        ({"task": 5}, "task", "5"),
    ],
)
def test_a_conversation_that_cannot_be_used_is_named(
    tmp_path: Path, change: dict[str, Any], field: str, value: str
) -> None:
    problem = problem_of(tmp_path, conversation() | change)
    assert problem[1:3] == (field, value)


@pytest.mark.parametrize("field", ["id", "conversations"])
def test_what_must_be_there_is_missed(tmp_path: Path, field: str) -> None:
    item = conversation()
    del item[field]
    assert problem_of(tmp_path, item)[1:3] == (field, "missing")


def test_equal_uuids_stay_equal_across_conversations(tmp_path: Path) -> None:
    items = [conversation(2, id=n) for n in (1, 2)]
    first, second = load(write_json(tmp_path / "x.json", items))
    assert isinstance(first, ConversationRow)
    assert isinstance(second, ConversationRow)
    assert [m.source_key for t in first.turns for m in t] == ["p1", "r1", "p2", "r2"]
    assert first.turns == second.turns


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [({}, "human"), ({"kind": ""}, "human"), ({"kind": "human"}, "human")]
    + [({"kind": spelling}, "synthetic") for spelling in ("synthetic", " Synthetic")],
)
def test_labels_are_human_unless_their_annotation_says_otherwise(
    tmp_path: Path, kind: dict[str, str], read_as: str
) -> None:
    item = conversation(2, annotation={G3: 2, "reason_G3": "why", **kind})
    item["conversations"][1]["annotation"] = {"L4": 1}
    row = one(tmp_path, item)
    whole, turn = row.scores
    assert (whole.rater_kind, turn.rater_kind) == (read_as, "human")
    assert row.feedback[0].rater_kind == read_as


@pytest.mark.parametrize("kind", ["model", "invented", 1, ["synthetic"]])
def test_an_unknown_kind_of_label_is_a_problem(tmp_path: Path, kind: Any) -> None:
    problem = problem_of(tmp_path, conversation(annotation={"kind": kind, G3: 2}))
    assert problem[1] == "annotation.kind"
    assert problem[3] == "one of human, synthetic"
