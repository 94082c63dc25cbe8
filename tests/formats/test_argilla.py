from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.reading.rows import (
    AnswerId,
    AnswerShown,
    LabelRow,
    ReadOptions,
    Row,
    RowProblem,
    SideChoice,
    SideScore,
    SkippedRow,
)
from tests.formats.reading_files import kind_of, load, only_problem, write_json

A, B = "a" * 32, "b" * 32


def nested(**more: Any) -> dict[str, Any]:
    return {
        "id": "c7-2",
        "_server_id": "0d0c",
        "status": "completed",
        "fields": {"prompt": "Where is the cat?"},
        "metadata": {"answer_a": A, "answer_b": B},
        "suggestions": {},
        "responses": {
            "text_quality_a": [{"value": 0, "user_id": "u1"}, {"value": 2, "user_id": "u2"}],
            "text_quality_b": [{"value": 3, "user_id": "u1"}],
            "overall": [{"value": "B", "user_id": "u1"}],
            "rationale": [{"value": "A lies.\n ", "user_id": "u1"}],
        },
        "vectors": {},
        **more,
    }


def flat(**more: Any) -> dict[str, Any]:
    return {
        "id": "c7-2",
        "status": "pending",
        "_server_id": "0d0c",
        "answer": A,
        "text_quality.responses": [3, 2, None],
        "text_quality.responses.users": ["u1", "u2", "u3"],
        "text_quality.responses.status": ["submitted", "discarded", "draft"],
        "text_quality.suggestion": 1,
        "text_quality.suggestion.score": 0.8,
        "text_quality.suggestion.agent": "judge",
        **more,
    }


def rows_of(tmp_path: Path, record: Any, **options: Any) -> list[Row | RowProblem]:
    return load(write_json(tmp_path / "x", [record]), "argilla", ReadOptions(**options))


def test_each_user_is_a_row_and_zero_is_a_score(tmp_path: Path) -> None:
    first, second = rows_of(tmp_path, nested())
    assert isinstance(first, LabelRow)
    assert isinstance(second, LabelRow)
    assert (first.rater, first.task_key, first.a, first.b) == (
        "u1",
        "c7-2",
        AnswerId(A),
        AnswerId(B),
    )
    assert first.scores == (SideScore("a", "text_quality", 0), SideScore("b", "text_quality", 3))
    assert first.choices == (SideChoice("overall", "b"),)
    assert [(t.side, t.kind, t.text) for t in first.texts] == [(None, "rationale", "A lies.\n ")]
    assert second.scores == (SideScore("a", "text_quality", 2),)
    assert second.choices == ()
    assert "user u2" in second.where


def test_only_submitted_responses_are_labels(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, flat())
    assert [type(row) for row in rows] == [LabelRow, SkippedRow, SkippedRow, SkippedRow]
    assert [row.kind for row in rows] == ["human", "discarded", "draft", "prediction"]  # type: ignore[union-attr]
    assert rows[0].scores == (SideScore("a", "text_quality", 3),)  # type: ignore[union-attr]


def test_a_pending_record_that_does_not_say_more_gives_no_labels(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, nested(status="pending"))
    assert [row.kind for row in rows if isinstance(row, SkippedRow)] == ["pending"] * 2


def test_a_record_nobody_answered_is_pending(tmp_path: Path) -> None:
    suggested = {"text_quality_a": {"value": 2, "score": None, "agent": None}}
    rows = rows_of(tmp_path, nested(responses={}, suggestions=suggested))
    assert [row.kind for row in rows if isinstance(row, SkippedRow)] == ["pending", "prediction"]


def test_suggestions_come_as_a_judge_where_the_user_says_so(tmp_path: Path) -> None:
    suggested = {"text_quality_a": {"value": 2, "score": 0.8, "agent": "judge"}}
    *_, row = rows_of(tmp_path, nested(suggestions=suggested), predictions_as="m-1")
    assert isinstance(row, LabelRow)
    assert (row.rater, row.role, row.kind) == ("m-1", "judge", "model")
    assert row.scores == (SideScore("a", "text_quality", 2),)
    assert row.choices == ()
    assert row.texts == ()


def test_a_mapped_rater_is_no_judge(tmp_path: Path) -> None:
    record = nested(metadata={"who": "anna"}, suggestions={"q": {"value": 1}})
    record |= {"fields": {"node": A}, "responses": {"q": [{"value": 0, "user_id": "u"}]}}
    columns = {"rater": "who", "answer": "node", "score.L4": "q"}
    rows = rows_of(tmp_path, record, columns=columns, predictions_as="m")
    assert [(row.rater, row.kind) for row in rows if isinstance(row, LabelRow)] == [
        ("anna", "human"),
        ("m", "model"),
    ]


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ([{"value": "a", "rank": 1}, {"value": "b", "rank": 2}], "a"),
        ([{"value": "a", "rank": 2}, {"value": "b", "rank": 1}], "b"),
        ([{"value": "B", "rank": 1}, {"value": "A", "rank": 1}], "tie"),
        (["b", "a"], "b"),
        (["tie"], "tie"),
        ("left", "a"),
    ],
)
def test_a_ranking_of_two_is_a_choice(tmp_path: Path, value: Any, choice: str) -> None:
    responses = {"better_text_quality": [{"value": value, "user_id": "u"}]}
    (row,) = rows_of(tmp_path, nested(responses=responses))
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("text_quality", choice),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        [{"value": "a", "rank": 1}],
        [{"value": "a", "rank": 1}, {"value": "a", "rank": 2}],
        [{"value": "a", "rank": None}, {"value": "b", "rank": 2}],
        ["a", "b", "tie"],
        {"a": 1},
        True,
    ],
)
def test_what_ranks_nothing_is_a_problem(tmp_path: Path, value: Any) -> None:
    responses = {"overall": [{"value": value, "user_id": "u"}]}
    problem = only_problem(rows_of(tmp_path, nested(responses=responses)))
    assert "choice" in problem.field


def test_a_label_by_number_is_no_label(tmp_path: Path) -> None:
    record = flat(**{"overall.suggestion": 0, "answer": None, "answer_a": A, "answer_b": B})
    record |= {"text_quality.suggestion": None, "text_quality.responses": None}
    *_, problem = rows_of(tmp_path, record, predictions_as="m")
    assert only_problem([problem]).field == "overall.suggestion"
    said = {"choice": {"0": "tie"}}
    *_, row = rows_of(tmp_path, record, predictions_as="m", values=said)
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("overall", "tie"),)


def test_a_number_is_no_suggestion_for_a_question_answered_in_words(tmp_path: Path) -> None:
    words = flat(**{"text_quality.responses": ["3", "2", None], "text_quality.suggestion": None})
    file = write_json(tmp_path / "x", [words, flat()])
    *_, last = load(file, "argilla", ReadOptions(predictions_as="m"))
    assert only_problem([last]).field == "text_quality.suggestion"
    rating = load(write_json(file, [flat()]), "argilla", ReadOptions(predictions_as="m"))
    assert isinstance(rating[-1], LabelRow)


def test_a_bad_response_costs_only_itself_and_can_be_mended(tmp_path: Path) -> None:
    record = nested()
    record["responses"]["text_quality_a"][1]["value"] = 7
    first, second = rows_of(tmp_path, record)
    assert isinstance(first, LabelRow)
    problem = only_problem([second])
    assert problem.field == "score_a.text_quality"
    assert problem.raw is not None
    mended = json.loads(problem.raw)
    mended["responses"]["text_quality_a"][0]["value"] = 2
    (again,) = rows_of(tmp_path, mended)
    assert again.rater == "u2"  # type: ignore[union-attr]


def test_a_bad_flat_response_can_be_mended_alone(tmp_path: Path) -> None:
    record = flat(**{"text_quality.responses": [9, 2, None]})
    problem = only_problem(rows_of(tmp_path, record)[:1])
    assert problem.raw is not None
    alone = json.loads(problem.raw)
    assert alone["text_quality.responses"] == [9]
    assert alone["text_quality.responses.users"] == ["u1"]
    assert alone["text_quality.responses.status"] == ["submitted"]
    assert alone["text_quality.suggestion"] is None


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (nested(responses=[]), "responses"),
        (nested(responses={"overall": "A"}), "responses.overall"),
        (nested(responses={"overall": ["A"]}), "responses.overall[0]"),
        (nested(responses={"overall": [{"value": "A"}]}), "responses.overall[0].user_id"),
        (nested(fields=[1]), "fields"),
        (flat(**{"text_quality.responses.users": ["u1"]}), "text_quality.responses.users"),
        (flat(**{"text_quality.responses.status": ["x"]}), "text_quality.responses.status"),
        (
            nested(responses={"overall": [{"value": v, "user_id": "u"} for v in "AB"]}),
            "responses.overall[1]",
        ),
    ],
)
def test_a_record_of_another_shape_is_one_problem(
    tmp_path: Path, record: dict[str, Any], field: str
) -> None:
    assert only_problem(rows_of(tmp_path, record)).field == field


def test_a_status_nobody_knows_is_a_problem(tmp_path: Path) -> None:
    record = flat(**{"text_quality.responses.status": ["archived", "discarded", "draft"]})
    assert only_problem(rows_of(tmp_path, record)[:1]).field == "status"


def test_answers_that_the_record_shows_come_with_their_history(tmp_path: Path) -> None:
    chat = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ]
    record = nested(
        fields={"chat": chat, "reply": "four", "image": "data:image/png;base64,AA=="},
        metadata={},
        responses={"quality": [{"value": 1, "user_id": "u"}]},
    )
    columns = {"messages": "chat", "text": "reply", "pictures": "image", "score.L4": "quality"}
    (row,) = rows_of(tmp_path, record, columns=columns)
    assert isinstance(row, LabelRow)
    assert isinstance(row.a, AnswerShown)
    assert [m.text for m in row.a.messages] == ["one", "two", "three", "four"]
    assert row.a.messages[0].pictures == ("data:image/png;base64,AA==",)
    assert row.b is None
    assert row.scores == (SideScore("a", "text_quality", 1),)


def test_both_forms_are_recognised(tmp_path: Path) -> None:
    assert kind_of(write_json(tmp_path / "x", [nested()])) == "argilla"
    assert kind_of(write_json(tmp_path / "x", flat())) == "argilla"
    unanswered = {k: v for k, v in flat().items() if "responses" not in k}
    assert kind_of(write_json(tmp_path / "x", unanswered)) == "argilla"
