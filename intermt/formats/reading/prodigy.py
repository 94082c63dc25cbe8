"""Prodigy's `db-out`: one annotated task a line.

`{"answer": "accept" | "reject" | "ignore", "options"?: [{"id", "text"}], "accept"?: [ids],
"user_input"?, "meta"?: {}, "_task_hash", "_annotator_id"?, "_session_id"?, "_timestamp"?}`.

An accepted task is a label; one that was rejected or ignored is not. Only in a comparison
(`mapping`: which of A and B is shown as the one to accept) does `reject` say something: that
the other one is better. Fields may be keys of the task or of its `meta`. The option that was
picked is a choice where the task has two answers, else a score, on the `dimension` of the meta
data; `user_input` is the rationale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from intermt.formats.reading.fields import MISSING, BadRow, is_blank, text
from intermt.formats.reading.head import Head
from intermt.formats.reading.json_rows import json_objects
from intermt.formats.reading.label_fields import LabelFields
from intermt.formats.reading.paths import inside
from intermt.formats.reading.rows import ReadOptions, Row, RowProblem, SkippedRow
from intermt.formats.reading.source import Source

_ANSWERS = ("accept", "reject", "ignore")
_MARKS = ("_task_hash", "_input_hash", "_view_id", "_annotator_id", "_session_id", "_timestamp")
_OWN = {"answer", "accept", "options", "config", "mapping", "meta", "A", "B", "reject", "input"}
_TWO = {"answer_a", "answer_b", "text_a", "text_b", "pictures_b"}


def looks_like(head: Head) -> bool:
    """Whether the first object is a task as Prodigy puts it out."""
    return head.first.get("answer") in _ANSWERS and any(mark in head.first for mark in _MARKS)


def read(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A `LabelRow` or `SkippedRow` for each task."""
    fields = LabelFields(options)
    for found in json_objects(source):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, task, raw = found
        try:
            yield _row(where, task, fields, raw)
        except BadRow as bad:
            yield bad.problem(where, raw)


def _row(where: str, task: dict[str, Any], fields: LabelFields, raw: bytes) -> Row:
    answer = task.get("answer", MISSING)
    if is_blank(answer):
        return SkippedRow(where, "pending")
    if answer not in _ANSWERS:
        raise BadRow("answer", answer, f"one of {', '.join(_ANSWERS)}")
    meta = task.get("meta")
    if not is_blank(meta) and not isinstance(meta, dict):
        raise BadRow("meta", meta, "an object")
    is_comparison = isinstance(task.get("mapping"), dict)
    if answer == "ignore":
        return SkippedRow(where, "cancelled")
    if answer == "reject" and not is_comparison:
        return SkippedRow(where, "rejected")
    known = meta or {}
    names = [n for n in task if n not in _OWN and not n.startswith("_")]
    names += [n for n in known if n not in names]

    def value_of(column: str) -> Any:
        if column in known and column in _OWN and not fields.is_mapped:
            return known[column]
        found = inside(task, column)
        return inside(known, column) if found is MISSING else found

    given = _given(task)
    if is_comparison:
        given |= _compared(task, answer)
    found = fields.fields(names, value_of, given)
    if not is_comparison and not fields.is_mapped:
        picked = "choice" if _TWO & set(found) else "score"
        found |= {} if _is_nothing(task.get("accept")) else {picked: task["accept"]}
    return fields.row(where, found, raw=raw)


def _given(task: dict[str, Any]) -> dict[str, Any]:
    rater = next(
        (task[key] for key in ("_annotator_id", "_session_id") if not is_blank(task.get(key))),
        MISSING,
    )
    return {
        "task": task.get("_task_hash", MISSING),
        "rater": rater,
        "rated_at": task.get("_timestamp", MISSING),
        "rationale": task.get("user_input", MISSING),
    }


def _compared(task: dict[str, Any], answer: str) -> dict[str, Any]:
    """What a comparison shows and says; A and B as the file has them, wherever they stood."""
    mapping = task["mapping"]
    better = [side for side in ("A", "B") if mapping.get(side) == answer]
    if sorted(map(str, mapping.values())) != ["accept", "reject"] or len(better) != 1:
        raise BadRow("mapping", mapping, "which of A and B is to accept and which to reject")
    shown = {
        name: _said(task.get(key, MISSING), key)
        for name, key in (("prompt", "input"), ("text_a", "A"), ("text_b", "B"))
    }
    return {"choice": better[0]} | shown


def _said(value: Any, field: str) -> Any:
    if isinstance(value, dict):
        return value.get("text", MISSING)
    return value if is_blank(value) else text(value, field)


def _is_nothing(value: Any) -> bool:
    return is_blank(value) or value == []
