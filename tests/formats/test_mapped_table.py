from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.dimensions import BY_KEY
from intermt.errors import InputError, UsageError
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerPlace,
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


def mapped(*pairs: str, **values: dict[str, str]) -> ReadOptions:
    return ReadOptions(dict(pair.split("=", 1) for pair in pairs), values)


def table(tmp_path: Path, *rows: dict[str, str], **form: Any) -> Path:
    out = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n", **form)
    writer.writeheader()
    writer.writerows(rows)
    file = tmp_path / "x"
    file.write_text(out.getvalue(), newline="")
    return file


def label(row: Row | RowProblem) -> LabelRow:
    assert isinstance(row, LabelRow), row
    return row


VENDOR = {
    "task_id": "c7",
    "worker_id": "W12",
    "turn": "2",
    "ua": A,
    "ub": B,
    "preference": "A",
    "tq_a": "3",
    "tq_b": "0",
    "comment": "B invents a cat",
    "status": "approved",
    "time_spent_secs": "41",
}
VENDOR_MAP = mapped(
    "task=task_id",
    "rater=worker_id",
    "answer_a=ua",
    "answer_b=ub",
    "choice=preference",
    "score_a.L4=tq_a",
    "score_b.text_quality=tq_b",
    "rationale=comment",
    "status=status",
    "seconds=time_spent_secs",
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_wide_table_is_read_by_the_map_alone(tmp_path: Path, delimiter: str) -> None:
    file = table(tmp_path, VENDOR, delimiter=delimiter)
    assert kind_of(file, VENDOR_MAP) == "csv"
    (row,) = load(file, None, VENDOR_MAP)
    assert label(row).scores == (
        SideScore("a", "text_quality", 3),
        SideScore("b", "text_quality", 0),
    )
    assert label(row).choices == (SideChoice("overall", "a"),)
    assert (label(row).rater, label(row).task_key, label(row).seconds) == ("W12", "c7", 41.0)
    assert [t.text for t in label(row).texts] == ["B invents a cat"]
    assert label(row).raw == delimiter.join(VENDOR.values()).encode()


def test_a_long_table_names_the_dimension_in_a_column(tmp_path: Path) -> None:
    rows = [
        {"w": "anna", "node": A, "what": "L4", "points": "2.0"},
        {"w": "anna", "node": A, "what": "Context Coherence", "points": "0"},
        {"w": "anna", "node": A, "what": "L1", "points": ""},
    ]
    options = mapped("rater=w", "answer=node", "dimension=what", "score=points")
    first, second, third = load(table(tmp_path, *rows), "csv", options)
    assert label(first).scores == (SideScore("a", "text_quality", 2),)
    assert label(second).scores == (SideScore("a", "context_coherence", 0),)
    assert label(first).task_key == label(second).task_key
    assert third == SkippedRow(f"{tmp_path}/x:4", "empty")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *(("Rejected", "rejected"), ("cancelled", "cancelled"), ("Skipped", "cancelled")),
        *(("draft", "draft"), ("discarded", "discarded"), ("pending", "pending")),
        *(("approved", None), ("Submitted", None), ("", None)),
    ],
)
def test_the_status_says_what_counts(tmp_path: Path, status: str, kind: str | None) -> None:
    (row,) = load(table(tmp_path, VENDOR | {"status": status}), "csv", VENDOR_MAP)
    assert (row.kind if isinstance(row, SkippedRow) else None) == kind


def test_values_are_translated_as_the_user_says(tmp_path: Path) -> None:
    options = ReadOptions(
        VENDOR_MAP.columns,
        {
            "choice": {"both_bad": "tie"},
            "score_a.L4": {"good": "3"},
            "score_b": {"n/a": ""},
            "status": {"paid": "approved"},
        },
    )
    cells = {"preference": "Both_Bad", "tq_a": "good", "tq_b": "n/a", "status": "paid"}
    (row,) = load(table(tmp_path, VENDOR | cells), "csv", options)
    assert label(row).choices == (SideChoice("overall", "tie"),)
    assert label(row).scores == (SideScore("a", "text_quality", 3),)


@pytest.mark.parametrize(
    ("cells", "field", "expected"),
    [
        ({"preference": "both_bad"}, "choice", "A, B or tie"),
        ({"tq_a": "-1"}, "score_a.text_quality", "0 to 3"),
        ({"tq_a": "٣"}, "score_a.text_quality", "0 to 3"),
        ({"tq_a": "2.5"}, "score_a.text_quality", "0 to 3"),
        ({"tq_a": "2e0"}, "score_a.text_quality", "0 to 3"),
        ({"tq_a": "NaN"}, "score_a.text_quality", "0 to 3"),
        ({"status": "paid"}, "status", "approved"),
        ({"time_spent_secs": "-1"}, "seconds", "seconds"),
        ({"time_spent_secs": "inf"}, "seconds", "seconds"),
        ({"worker_id": " "}, "rater", "who gave"),
        ({"ua": ""}, "answer_a", "32 hex digits"),
        ({"ua": B}, "answer_b", "another answer"),
        ({"comment": "a\0b"}, "comment", "NUL"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(
    tmp_path: Path, cells: dict[str, str], field: str, expected: str
) -> None:
    rows = load(table(tmp_path, VENDOR, VENDOR | cells), "csv", VENDOR_MAP)
    problem = only_problem(rows[1:])
    assert (problem.where, problem.field) == (f"{tmp_path}/x:3", field)
    assert expected in problem.expected


@pytest.mark.parametrize("cell", ["2", "2.0", " 2 ", "2.00"])
def test_numbers_may_be_written_as_text(tmp_path: Path, cell: str) -> None:
    (row,) = load(table(tmp_path, VENDOR | {"tq_a": cell}), "csv", VENDOR_MAP)
    assert label(row).scores[0].value == 2


def test_bad_text_in_a_column_nobody_asks_for_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(f"r,a,b,c,notes\nw,{A},{B},B,".encode() + b"caf\xe9\0\n")
    (row,) = load(file, "csv", mapped("rater=r", "answer_a=a", "answer_b=b", "choice=c"))
    assert label(row).choices == (SideChoice("overall", "b"),)


def test_places_in_the_tree_of_a_seed_question(tmp_path: Path) -> None:
    cells = {"q": "q-7", "x": "1a.1a", "y": "1a.1b", "best": "1a.1b", "w": "anna"}
    options = mapped("seed=q", "answer_a=x", "answer_b=y", "choice=best", "rater=w")
    (row,) = load(table(tmp_path, cells), "csv", options)
    assert (label(row).a, label(row).b) == (
        AnswerPlace("q-7", "1a.1a"),
        AnswerPlace("q-7", "1a.1b"),
    )
    assert label(row).choices == (SideChoice("overall", "b"),)


def test_answers_that_the_table_shows(tmp_path: Path) -> None:
    history = [{"from": "human", "value": "one"}, {"from": "gpt", "value": "two"}]
    cells = {
        "chat": json.dumps(history),
        "ask": "three",
        "m1": "four",
        "m2": "",
        "img": "p.png| q.png",
        "img2": '["r.png"]',
        "pick": "four",
        "who": "anna",
        "conv": "c-1",
    }
    options = mapped(
        *("messages=chat", "prompt=ask", "text_a=m1", "text_b=m2", "pictures=img"),
        *("pictures_b=img2", "choice.G2=pick", "rater=who", "item=conv"),
    )
    (row,) = load(table(tmp_path, cells), "csv", options)
    assert label(row).level == "global"
    assert isinstance(row.a, AnswerShown)  # type: ignore[union-attr]
    assert isinstance(row.b, AnswerShown)  # type: ignore[union-attr]
    assert row.a.source_id == "c-1"  # type: ignore[union-attr]
    assert [m.text for m in row.a.messages] == ["one", "two", "three", "four"]  # type: ignore[union-attr]
    assert row.a.messages[0].pictures == ("p.png", "q.png")  # type: ignore[union-attr]
    assert row.b.messages[-1].pictures == ("r.png",)  # type: ignore[union-attr]
    assert label(row).choices == (SideChoice("helpfulness", "a"),)


def test_one_shown_conversation_is_scored_as_a_whole(tmp_path: Path) -> None:
    chat = json.dumps(["one", "two", "three", "four"])
    cells = {"chat": chat, "style": "-1", "who": "anna"}
    options = mapped("messages=chat", "score.G5=style", "rater=who")
    (row,) = load(table(tmp_path, cells), "csv", options)
    assert label(row).level == "global"
    assert label(row).scores == (SideScore("a", "style_coherence", -1),)


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        ("hello", "a list of messages"),
        ("[]", "a list of messages"),
        ('["one"]', "an answer at the end"),
        ('[{"role": "robot", "content": "x"}]', "user or assistant"),
        ('[{"role": "system", "content": "x"}]', "user or assistant"),
        ('[{"role": "user"}, "two"]', "text or a picture"),
        ('[{"role": "assistant", "content": "x"}]', "a prompt first"),
        ('[{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]', "in turn"),
        ('[{"role": "user", "content": [{"type": "video"}]}, "x"]', "text"),
        ("[" * 5000, "a list of messages"),
    ],
)
def test_messages_that_are_no_conversation(tmp_path: Path, chat: str, expected: str) -> None:
    options = mapped("messages=chat", "score.G5=style", "rater=who")
    cells = {"chat": chat, "style": "0", "who": "x"}
    assert expected in only_problem(load(table(tmp_path, cells), "csv", options)).expected


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["ratr=w"], "did you mean rater"),
        (["score.quality=w"], "no dimension"),
        (["task.L4=w"], "no dimensions"),
        (["score.L4=w", "score.text_quality=x"], "mapped twice"),
    ],
)
def test_a_map_that_cannot_be_is_a_usage_error(tmp_path: Path, pairs: list[str], said: str) -> None:
    file = table(tmp_path, {"w": "1", "x": "2"})
    with pytest.raises(UsageError, match=said):
        load(file, "csv", mapped(*pairs))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("who,a", "no column is called best (did you mean best)"),
        ("who,bset,a,b", "did you mean bset"),
        ("who,best,best,a", "2 columns are called best"),
        ("", "no column is called"),
    ],
)
def test_a_column_that_is_not_there_is_an_input_error(
    tmp_path: Path, header: str, said: str
) -> None:
    file = tmp_path / "x"
    file.write_text(header + "\n1,2,3,4\n")
    with pytest.raises(InputError) as caught:
        load(file, "csv", mapped("choice=best"))
    assert said.replace(" (did you mean best)", "") in caught.value.what


def test_a_batch_of_mechanical_turk_needs_no_map(tmp_path: Path) -> None:
    cells = {
        "HITId": "h1",
        "AssignmentId": "a1",
        "WorkerId": "W1",
        "AssignmentStatus": "Approved",
        "SubmitTime": "Sun Mar 01 06:30:00 PST 2026",
        "WorkTimeInSeconds": "77",
        "Input.answer_a": A,
        "Input.answer_b": B,
        "Input.zzz": "?",
        "Answer.choice": "2",
        "Answer.text_quality_a": "0",
        "Approve": "",
        "Reject": "",
    }
    file = table(tmp_path, cells, cells | {"AssignmentStatus": "Rejected"}, quoting=csv.QUOTE_ALL)
    assert kind_of(file) == "csv"
    first, second = load(file)
    assert label(first).choices == (SideChoice("overall", "b"),)
    assert label(first).scores == (SideScore("a", "text_quality", 0),)
    assert (label(first).rater, label(first).seconds) == ("W1", 77.0)
    assert label(first).rated_at == datetime(2026, 3, 1, 14, 30)
    assert second == SkippedRow(f"{tmp_path}/x:3", "rejected")


def test_a_comparison_of_crowd_kit_needs_no_map(tmp_path: Path) -> None:
    cells = {"worker": "w", "left": A, "right": B, "label": B}
    file = table(tmp_path, cells, cells | {"label": A})
    assert kind_of(file) == "csv"
    assert [label(row).choices[0].choice for row in load(file)] == ["b", "a"]
    assert label(load(file)[0]).a == AnswerId(A)


def test_objects_are_tables_too(tmp_path: Path) -> None:
    item = {"meta": {"node": A}, "marks": [{"q": 3}], "by": 17}
    options = mapped("answer=meta.node", "score.L4=marks.0.q", "rater=by")
    file = write_json(tmp_path / "x", [item])
    assert kind_of(file, options) == "csv"
    (row,) = load(file, None, options)
    assert label(row).rater == "17"
    assert label(row).scores == (SideScore("a", "text_quality", 3),)


@given(st.data())
def test_labels_do_not_hang_on_the_order_of_columns(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    local = [key for key, d in BY_KEY.items() if d.level == "local"]
    cells = {"w": "anna", "x": A, "y": B}
    pairs = ["rater=w", "answer_a=x", "answer_b=y"]
    for key in local:
        for side in "ab":
            cells[f"{key}{side}"] = data.draw(st.sampled_from(["", "0", "1", "2", "3"]))
            pairs.append(f"score_{side}.{key}={key}{side}")
        cells[f"{key}?"] = data.draw(st.sampled_from(["", "A", "B", "tie"]))
        pairs.append(f"choice.{key}={key}?")
    folder = tmp_path_factory.mktemp("t")
    (plain,) = load(table(folder, cells), "csv", mapped(*pairs))
    order = data.draw(st.permutations(list(cells)))
    shuffled = table(folder, {column: cells[column] for column in order})
    assert load(shuffled, "csv", mapped(*data.draw(st.permutations(pairs)))) == [plain]
    said = [v for k, v in cells.items() if k not in "wxy" and v]
    if isinstance(plain, LabelRow):
        assert len(plain.scores) + len(plain.choices) == len(said)
        for s in plain.scores:
            assert cells[f"{s.dimension}{s.side}"] == str(s.value)
    else:
        assert not said
