from __future__ import annotations

from datetime import datetime
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


def task(**more: Any) -> dict[str, Any]:
    return {
        "text": "shown to the annotator",
        "options": [{"id": str(n), "text": f"{n} points"} for n in range(4)],
        "accept": ["0"],
        "user_input": "wrong colour ",
        "answer": "accept",
        "meta": {"answer": A, "dimension": "text_quality"},
        "_input_hash": -12,
        "_task_hash": 77,
        "_session_id": "votes-anna",
        "_annotator_id": "votes-anna",
        "_timestamp": 1730000000,
        "_view_id": "choice",
        **more,
    }


def only(tmp_path: Path, given: dict[str, Any], **options: Any) -> Row | RowProblem:
    (row,) = load(write_json(tmp_path / "x", given), "prodigy", ReadOptions(**options))
    return row


def test_the_accepted_option_is_a_score_on_the_dimension_of_the_meta_data(tmp_path: Path) -> None:
    row = only(tmp_path, task())
    assert isinstance(row, LabelRow)
    assert (row.rater, row.task_key, row.a, row.b) == ("votes-anna", "77", AnswerId(A), None)
    assert row.scores == (SideScore("a", "text_quality", 0),)
    assert row.rated_at == datetime(2024, 10, 27, 3, 33, 20)
    assert [(t.side, t.kind, t.dimension, t.text) for t in row.texts] == [
        ("a", "rationale", "text_quality", "wrong colour ")
    ]


def test_with_two_answers_the_accepted_option_is_a_choice(tmp_path: Path) -> None:
    row = only(tmp_path, task(accept=["tie"], meta={"answer_a": A, "answer_b": B}))
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("overall", "tie"),)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("reject", "rejected"), ("ignore", "cancelled"), (None, "pending")],
)
def test_only_accepted_tasks_are_labels(tmp_path: Path, answer: str | None, kind: str) -> None:
    row = only(tmp_path, task(answer=answer))
    assert isinstance(row, SkippedRow)
    assert row.kind == kind


def test_nothing_accepted_and_nothing_written_is_empty(tmp_path: Path) -> None:
    row = only(tmp_path, task(accept=[], user_input=""))
    assert isinstance(row, SkippedRow)
    assert row.kind == "empty"


@pytest.mark.parametrize(
    ("mapping", "answer", "choice"),
    [
        ({"A": "accept", "B": "reject"}, "accept", "a"),
        ({"A": "accept", "B": "reject"}, "reject", "b"),
        ({"B": "accept", "A": "reject"}, "accept", "b"),
        ({"B": "accept", "A": "reject"}, "reject", "a"),
    ],
)
def test_a_comparison_is_undone(
    tmp_path: Path, mapping: dict[str, str], answer: str, choice: Any
) -> None:
    sides = {"A": {"text": "first"}, "B": {"text": "second"}}
    shown = {mapping[side]: sides[side] for side in "AB"}
    given = {"input": {"text": "q"}, **sides, **shown, "mapping": mapping}
    row = only(tmp_path, {**given, "answer": answer, "_task_hash": 1})
    assert isinstance(row, LabelRow)
    assert isinstance(row.a, AnswerShown)
    assert isinstance(row.b, AnswerShown)
    assert [m.text for m in (*row.a.messages, *row.b.messages)] == ["q", "first", "q", "second"]
    assert row.choices == (SideChoice("overall", choice),)
    assert row.rater == "unnamed"


def test_an_ignored_comparison_is_no_label(tmp_path: Path) -> None:
    given = task(mapping={"A": "accept", "B": "reject"}, A="x", B="y", answer="ignore")
    assert isinstance(only(tmp_path, given), SkippedRow)


def test_what_is_mapped_is_read_and_nothing_else(tmp_path: Path) -> None:
    given = task(meta={"item": "c7", "node": A, "pick": "L3"})
    columns = {"answer": "meta.node", "dimension": "pick", "score": "accept", "task": "item"}
    row = only(tmp_path, given, columns=columns)
    assert isinstance(row, LabelRow)
    assert row.task_key == "c7"
    assert row.scores == (SideScore("a", "context_coherence", 0),)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"answer": "maybe"}, "answer"),
        ({"accept": ["1", "2"]}, "score"),
        ({"accept": ["4"]}, "score"),
        ({"meta": [1]}, "meta"),
        ({"meta": {"answer": A}}, "score"),
        ({"meta": {}}, "prompt"),
        ({"meta": {"dimension": "L4"}}, "prompt"),
        ({"mapping": {"A": "accept", "B": "accept"}}, "mapping"),
        ({"mapping": {"A": {}}}, "mapping"),
        ({"_timestamp": "soon"}, "rated_at"),
        ({"_timestamp": 1e300}, "rated_at"),
        ({"_annotator_id": ["x"]}, "rater"),
    ],
)
def test_a_task_that_cannot_be_used_says_why(
    tmp_path: Path, more: dict[str, Any], field: str
) -> None:
    row = only(tmp_path, task(**more))
    assert isinstance(row, RowProblem), row
    assert row.field == field
    assert only_problem([row]).raw


def test_tasks_are_recognised(tmp_path: Path) -> None:
    assert kind_of(write_json(tmp_path / "x", task())) == "prodigy"
