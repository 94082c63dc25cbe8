"""Label Studio's three exports: whose label lands where, and what is no label."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from intermt.errors import InputError
from intermt.formats.reading.html_text import is_html, text_and_pictures
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerShown,
    LabelRow,
    ReadOptions,
    RowProblem,
    SideChoice,
    SideScore,
    SideText,
    SkippedRow,
)
from tests.formats.reading_files import kind_of, load, only_problem, write_json

LEFT, RIGHT = "f" * 32, "0" * 32
REAL = Path(__file__).parents[3] / "shared" / "data" / "label_studio"
MAP = ReadOptions(
    columns={
        "item": "item_id",
        "messages": "dialogue",
        "text_a": "answer_a_html",
        "text_b": "answer_b_html",
        "pictures_b": "images_b",
        "choice": "pref",
        "rationale": "rationale",
    }
)


def result(**controls: Any) -> list[dict[str, Any]]:
    kinds = {"better": "choices", "score": "choices"}
    made = []
    for name, said in controls.items():
        kind = kinds.get(name.partition("_")[0], "textarea")
        value = {"choices": [said]} if kind == "choices" else {"text": said}
        made.append({"from_name": name, "to_name": "x", "type": kind, "value": value})
    return made


def annotation(n: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": n,
        "completed_by": 7,
        "was_cancelled": False,
        "created_at": "2026-03-01T10:00:00Z",
        "updated_at": "2026-03-01T12:00:00.5+02:00",
        "lead_time": 4.5,
        "result": result(better_overall="left"),
        **more,
    }


def task(*annotations: Any, level: str = "local", **more: Any) -> dict[str, Any]:
    about = {"task": "t1", "level": level, "left": LEFT, "right": RIGHT, "shown_first": "b"}
    data = {"intermt": about, "prefix_html": "<p>Hi</p>", "left_html": "", "right_html": ""}
    return {"id": 5, "data": data, "annotations": list(annotations), **more}


def read_tasks(tmp_path: Path, *tasks: Any, **options: Any) -> list[Any]:
    return load(write_json(tmp_path / "x", list(tasks)), None, ReadOptions(**options))


def one(tmp_path: Path, *annotations: Any, **options: Any) -> LabelRow:
    (row,) = read_tasks(tmp_path, task(*annotations), **options)
    assert isinstance(row, LabelRow), row
    return row


# --- tasks of ours -------------------------------------------------------------------------


def test_left_and_right_are_the_candidates_that_stood_there(tmp_path: Path) -> None:
    said = result(
        score_left_text_quality="0",
        score_right_text_quality="3",
        better_text_quality="right",
        better_overall="tie",
        critique_left=["wrong colour", "second line"],
        rationale=["both fine"],
    )
    row = one(tmp_path, annotation(result=said))
    assert (row.a, row.b, row.shown_first) == (AnswerId(LEFT), AnswerId(RIGHT), "a")
    assert row.scores == (SideScore("a", "text_quality", 0), SideScore("b", "text_quality", 3))
    assert row.choices == (SideChoice("text_quality", "b"), SideChoice("overall", "tie"))
    assert row.texts == (
        SideText("a", "critique", None, "wrong colour"),
        SideText("a", "critique", None, "second line"),
        SideText(None, "rationale", None, "both fine"),
    )
    assert (row.task_key, row.rater, row.role, row.kind) == ("t1", "7", "annotator", "human")
    assert row.rated_at == datetime(2026, 3, 1, 10, 0, 0, 500000)
    assert row.seconds == 4.5


def test_the_role_is_the_one_that_the_user_gives(tmp_path: Path) -> None:
    assert one(tmp_path, annotation(), role="verifier").role == "verifier"


@pytest.mark.parametrize(
    ("who", "name"),
    [
        (10, "10"),
        ("anna@lab.example", "anna@lab.example"),
        ({"id": 3, "email": "anna@lab.example", "first_name": "A"}, "anna@lab.example"),
        ({"id": 3}, "3"),
        (None, "unnamed 1"),
    ],
)
def test_an_annotator_has_the_name_that_the_export_has(tmp_path: Path, who: Any, name: str) -> None:
    assert one(tmp_path, annotation(completed_by=who)).rater == name


def test_annotations_that_nobody_signed_are_of_several_people(tmp_path: Path) -> None:
    late = annotation(2, completed_by=None, created_at="2026-03-02T10:00:00Z")
    first = annotation(9, completed_by=None)
    rows = read_tasks(tmp_path, task(late, first))
    assert [row.rater for row in rows] == ["unnamed 2", "unnamed 1"]


def test_what_is_no_label_is_counted_by_kind(tmp_path: Path) -> None:
    refused = {"accepted": False, "created_at": "2026-03-03"}
    passed = {"accepted": True, "created_at": "2026-03-02"}
    rows = read_tasks(
        tmp_path,
        task(
            annotation(1, was_cancelled=True),
            annotation(2, result=[]),
            annotation(3, reviews=[refused, passed]),
            annotation(4, reviews=[passed]),
            drafts=[{"id": 1}, 8],
            predictions=[3, {"id": 4, "result": result(better_overall="left")}],
        ),
        task(),
        {**task(), "annotations": None, "completions": [annotation(5, skipped=True)]},
    )
    kinds = [row.kind if isinstance(row, SkippedRow) else type(row).__name__ for row in rows]
    assert kinds == [
        *("cancelled", "empty", "rejected", "LabelRow", "draft", "draft"),
        *("prediction", "prediction", "pending", "cancelled"),
    ]


def test_predictions_are_a_judges_and_never_a_persons(tmp_path: Path) -> None:
    made = {"id": 4, "model_version": "m", "result": result(better_overall="right")}
    (row,) = read_tasks(tmp_path, task(predictions=[made]), predictions_as="my judge")
    assert isinstance(row, LabelRow)
    assert (row.rater, row.role, row.kind) == ("my judge", "judge", "model")
    assert row.shown_first is None
    assert row.choices == (SideChoice("overall", "b"),)
    problem = only_problem(read_tasks(tmp_path, task(predictions=[3]), predictions_as="j"))
    assert "in full" in problem.expected


@pytest.mark.parametrize(
    ("more", "field", "expected"),
    [
        ({"result": result(score_left_text_quality="4")}, "score_left_text_quality", "0 to 3"),
        ({"result": result(score_left_text_quality="-1")}, "score_left_text_quality", "0 to 3"),
        ({"result": result(score_left_helpfulness="1")}, "score_left_helpfulness", "a local"),
        ({"result": result(better_overall="both")}, "better_overall", "left, right, tie"),
        ({"result": "x"}, "result", "list"),
        ({"updated_at": "yesterday"}, "updated_at", "a time"),
        ({"was_cancelled": "no"}, "was_cancelled", "true or false"),
        ({"completed_by": {"first_name": "A"}}, "completed_by", "email"),
        ({"lead_time": -1}, "lead_time", "seconds"),
    ],
)
def test_a_bad_annotation_leaves_the_others_good(
    tmp_path: Path, more: dict[str, Any], field: str, expected: str
) -> None:
    rows = read_tasks(tmp_path, task(annotation(1), annotation(2, **more), drafts=[{"id": 1}]))
    good, problem, draft = rows
    assert isinstance(good, LabelRow)
    assert isinstance(draft, SkippedRow)
    assert isinstance(problem, RowProblem)
    assert problem.field == field
    assert expected in problem.expected
    assert problem.where.endswith("item 1 (id 5), annotation 2")
    assert problem.raw is not None
    alone = json.loads(problem.raw)
    assert [one["id"] for one in alone["annotations"]] == [2]
    assert alone["drafts"] == []
    assert alone["data"]["intermt"]["task"] == "t1"


def test_a_task_that_is_broken_is_one_problem(tmp_path: Path) -> None:
    for bad in (task(data=[]), task(annotations={}), task(drafts="x")):
        path = write_json(tmp_path / "x", [bad])
        assert only_problem(load(path, "label-studio")).raw == json.dumps(bad).encode()


def test_minus_one_is_a_score_of_style_alone(tmp_path: Path) -> None:
    said = result(score_left_style_coherence="-1")
    (row,) = read_tasks(tmp_path, task(annotation(result=said), level="global"))
    assert row.scores == (SideScore("a", "style_coherence", -1),)


# --- the same work in every export ---------------------------------------------------------


def flat(made: dict[str, Any], done: dict[str, Any]) -> dict[str, Any]:
    """An annotation as JSON_MIN has it."""
    row = {**made["data"], "id": made["id"]}
    for said in done["result"]:
        (value,) = said["value"].values()
        row[said["from_name"]] = value[0] if len(value) == 1 else said["value"]
    more = {"annotator": done["completed_by"], "annotation_id": done["id"]}
    return row | more | {k: done[k] for k in ("created_at", "updated_at", "lead_time")}


def as_csv(rows: list[dict[str, Any]], delimiter: str) -> str:
    columns = sorted({name for row in rows for name in row})
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    for row in rows:
        cells = (row.get(name, "") for name in columns)
        writer.writerow([json.dumps(c) if isinstance(c, list | dict) else c for c in cells])
    return file.getvalue()


def test_all_exports_of_one_annotation_say_the_same(tmp_path: Path) -> None:
    said = result(
        score_left_text_quality="2",
        better_overall="right",
        critique_right=["[not JSON", 'a "b",\nc'],
        refinement_left=["[1, 2]"],
    )
    done = annotation(result=said)
    whole = one(tmp_path, done)
    short = [flat(task(), done)]
    files = {"min": json.dumps(short), "csv": as_csv(short, ","), "tsv": as_csv(short, "\t")}
    for name, content in files.items():
        path = tmp_path / name
        path.write_text(content)
        assert kind_of(path) == "label-studio"
        (row,) = load(path)
        assert isinstance(row, LabelRow)
        # The columns of a table are in the order of their names.
        assert sorted(row.texts, key=str) == sorted(whole.texts, key=str), name
        for part in ("task_key", "rater", "a", "b", "scores", "choices", "rated_at", "seconds"):
            assert getattr(row, part) == getattr(whole, part), (name, part)


# --- tasks of others -----------------------------------------------------------------------


def test_tasks_of_others_need_a_map_and_the_error_says_what_there_is(tmp_path: Path) -> None:
    foreign = {"id": 1, "data": {"chat": "x"}, "annotations": [annotation()]}
    with pytest.raises(InputError, match="not made by annotate-export") as error:
        read_tasks(tmp_path, foreign)
    assert "chat" in error.value.todo
    assert "better_overall" in error.value.todo


@pytest.mark.skipif(not REAL.exists(), reason="the real export is not here")
@pytest.mark.real_data
@pytest.mark.parametrize("name", ["export.json", "export_min.json", "export.csv", "export.tsv"])
def test_a_real_export_of_others_comes_in_with_its_texts(name: str) -> None:
    rows = load(REAL / name, None, MAP)
    skipped = sorted(row.kind for row in rows if isinstance(row, SkippedRow))
    assert skipped == (["cancelled", "draft", "prediction"] if name == "export.json" else [])
    labels = [row for row in rows if isinstance(row, LabelRow)]
    assert len(labels) == 10
    assert len(rows) == 10 + len(skipped)
    first = next(row for row in labels if row.task_key == "1" and row.rater == "1")
    assert first.choices == (SideChoice("overall", "a"),)
    assert [text.text for text in first.texts] == [
        'B repeats, "quotes", comma\nnewline',
        "second — entry",
    ]
    assert isinstance(first.a, AnswerShown)
    assert first.a.source_id == "item-001"
    assert [message.text for message in first.a.messages[:3]] == [
        "How do I tie a bowline?",
        "Make a small loop first.\n[image 1]",
        "And then?",
    ]
    assert first.a.messages[3].text == "Answer A 1\n<Image, a picture>"
    assert first.a.messages[3].pictures[0].startswith("data:image/png;base64,")
    assert isinstance(first.b, AnswerShown)
    assert first.b.messages[3].pictures[0] == "img/s2.png"


def test_values_are_translated_and_a_control_comes_before_a_key(tmp_path: Path) -> None:
    said = [
        {"from_name": "best", "type": "choices", "value": {"choices": ["both_bad"]}},
        {"from_name": "q", "type": "rating", "value": {"rating": 5}},
    ]
    data = {"best": "x", "ask": "Why?", "x": {"one": "A."}, "y": "<through> it"}
    foreign = {"id": 1, "data": data, "annotations": [annotation(result=said)]}
    columns = {"prompt": "ask", "text_a": "x.one", "text_b": "y", "choice": "best"}
    columns["score_a.text_quality"] = "q"
    values = {"choice": {"both_bad": "tie"}, "score_a.text_quality": {"5": "3"}}
    (row,) = read_tasks(tmp_path, foreign, columns=columns, values=values)
    assert isinstance(row, LabelRow), row
    assert row.choices == (SideChoice("overall", "tie"),)
    assert row.scores == (SideScore("a", "text_quality", 3),)
    assert isinstance(row.b, AnswerShown)
    assert row.b.messages[-1].text == "<through> it"
    (problem,) = read_tasks(tmp_path, foreign, columns=columns)
    assert isinstance(problem, RowProblem)
    assert problem.field in ("choice", "score_a.text_quality")


# --- answers as HTML -----------------------------------------------------------------------


def test_html_is_the_text_in_it() -> None:
    html = (
        "<div><p>One &amp; <b>two</b></p><p>three<br>four</p>"
        "<script>no()</script><ul><li>a</li><li>b</li></ul><img src='x.png' alt='a <cat>'></div>"
    )
    assert is_html(html)
    text, pictures = text_and_pictures(html, with_tags=True)
    assert text == "One & two\nthree\nfour\na\nb\n<Image, a cat>"
    assert pictures == ["x.png"]
    assert text_and_pictures(html, with_tags=False)[0] == "One & two\nthree\nfour\na\nb"
    assert text_and_pictures("<pre>a\n  b</pre>", with_tags=True)[0] == "a\n  b"


@pytest.mark.parametrize("text", ["a <b>c</b>", "<through> it", "<p>x</p> end", "<Image, a>", ""])
def test_text_that_only_has_angle_brackets_is_text(text: str) -> None:
    assert not is_html(text)
