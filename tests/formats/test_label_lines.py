"""Label lines as the annotation page writes them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.reading.rows import (
    AnswerId,
    LabelRow,
    PairRow,
    ReadOptions,
    RowProblem,
    SideChoice,
    SideScore,
    SideText,
    SkippedRow,
)
from tests.formats.reading_files import kind_of, load, only_problem, pair

A, B = "f" * 32, "0" * 32


def line(**more: Any) -> dict[str, Any]:
    return {
        "intermt_label": 1,
        "task": "t",
        "level": "local",
        "rater": "anna",
        "role": "annotator",
        "kind": "human",
        "a": A,
        "b": B,
        "shown_first": "b",
        "choices": {"overall": "A", "text_quality": "tie"},
        "scores": {"a": {"text_quality": 0}, "b": {"text_quality": 3}},
        "texts": [{"side": "b", "kind": "critique", "dimension": None, "text": " as is\n"}],
        "rated_at": "2026-03-01T10:00:00.250Z",
        "seconds": 12.5,
        "state": "submitted",
        **more,
    }


def read_lines(tmp_path: Path, *lines: Any, **options: Any) -> list[Any]:
    path = tmp_path / "x"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return load(path, "jsonl", ReadOptions(**options))


def test_a_line_is_read_whole(tmp_path: Path) -> None:
    (row,) = read_lines(tmp_path, line())
    assert row == LabelRow(
        where=f"{tmp_path / 'x'}:1",
        task_key="t",
        rater="anna",
        role="annotator",
        kind="human",
        level="local",
        a=AnswerId(A),
        b=AnswerId(B),
        scores=(SideScore("a", "text_quality", 0), SideScore("b", "text_quality", 3)),
        choices=(SideChoice("overall", "a"), SideChoice("text_quality", "tie")),
        texts=(SideText("b", "critique", None, " as is\n"),),
        shown_first="b",
        rated_at=datetime(2026, 3, 1, 10, 0, 0, 250000),
        seconds=12.5,
    )
    assert json.loads(row.raw) == line()
    assert kind_of(tmp_path / "x") == "jsonl"


def test_pairs_and_labels_may_stand_in_one_file(tmp_path: Path) -> None:
    rows = read_lines(tmp_path, pair(), line())
    assert [type(row) for row in rows] == [PairRow, LabelRow]


def test_one_candidate_alone_has_scores_only(tmp_path: Path) -> None:
    alone = line(b=None, choices={}, scores={"a": {"L4": 1}}, texts=[], shown_first=None)
    (row,) = read_lines(tmp_path, alone)
    assert (row.b, row.scores) == (None, (SideScore("a", "text_quality", 1),))
    problem = only_problem(read_lines(tmp_path, line(b=None, scores={}, texts=[])))
    assert (problem.field, problem.expected) == ("choices", "nothing: there is one candidate only")


def test_skipped_and_empty_lines_are_no_labels(tmp_path: Path) -> None:
    nothing = {"choices": {"overall": None}, "scores": {}, "texts": None}
    rows = read_lines(tmp_path, line(state="skipped"), line(**nothing))
    assert [row.kind for row in rows if isinstance(row, SkippedRow)] == ["cancelled", "empty"]


@pytest.mark.parametrize(
    ("role", "given", "expected"),
    [
        ("annotator", None, "annotator"),
        ("annotator", "verifier", "verifier"),
        ("verifier", None, "verifier"),
        ("verifier", "annotator", "verifier"),
        (None, "verifier", "verifier"),
    ],
)
def test_who_verifies_is_said_by_the_line_or_the_user(
    tmp_path: Path, role: str | None, given: str | None, expected: str
) -> None:
    (row,) = read_lines(tmp_path, line(role=role), role=given)
    assert row.role == expected


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"intermt_label": 2}, "intermt_label"),
        ({"a": "x"}, "a"),
        ({"b": A}, "b"),
        ({"level": "both"}, "level"),
        ({"rater": " "}, "rater"),
        ({"rater": 3}, "rater"),
        ({"role": "judge"}, "role"),
        ({"kind": "model"}, "kind"),
        ({"task": None}, "task"),
        ({"choices": {"overall": "C"}}, "choices.overall"),
        ({"choices": {"helpfulness": "A"}}, "choices"),
        ({"choices": {"L4": "A", "text_quality": "B"}}, "choices"),
        ({"choices": ["A"]}, "choices"),
        ({"scores": {"a": {"text_quality": 4}}}, "scores.a.text_quality"),
        ({"scores": {"a": {"text_quality": -1}}}, "scores.a.text_quality"),
        ({"scores": {"a": {"text_quality": True}}}, "scores.a.text_quality"),
        ({"scores": {"a": {"overall": 1}}}, "scores.a"),
        ({"scores": {"left": {}}}, "scores"),
        ({"texts": [{"side": "c", "kind": "critique", "text": "x"}]}, "texts[0].side"),
        ({"texts": [{"kind": "praise", "text": "x"}]}, "texts[0].kind"),
        ({"texts": [{"kind": "critique", "text": "a\0"}]}, "texts[0].text"),
        ({"rated_at": "soon"}, "rated_at"),
        ({"seconds": "long"}, "seconds"),
        ({"state": "open"}, "state"),
        ({"shown_first": "c"}, "shown_first"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, more: dict[str, Any], field: str) -> None:
    bad = line(**more)
    good, problem = read_lines(tmp_path, line(), bad)
    assert isinstance(good, LabelRow)
    assert isinstance(problem, RowProblem)
    assert problem.field == field
    assert problem.where.endswith(":2")
    assert problem.raw is not None
    assert json.loads(problem.raw) == bad
