"""Label Studio's exports: JSON (tasks with annotations), JSON_MIN and CSV (annotations).

JSON: a list of `{"id", "data": {}, "annotations": [{"id", "completed_by", "was_cancelled",
"result": [{"from_name", "type", "value"}], "created_at", "updated_at", "lead_time"}], "drafts",
"predictions"}`; old exports say `completions` for annotations and `skipped` for cancelled ones.
One row is one annotation, draft or prediction; a task without any of them is one row, too.

JSON_MIN and CSV: one object or table row for each annotation, the keys of `data` and the names
of the controls side by side, with `id`, `annotation_id`, `annotator`, `created_at`,
`updated_at` and `lead_time`. Label Studio leaves cancelled annotations, drafts and predictions
out of these.

`label_studio_labels` tells what the controls of an annotation say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from intermt.formats.reading.delimited import first_line, read_cells, read_header
from intermt.formats.reading.fields import MISSING, BadRow, is_blank, text
from intermt.formats.reading.head import Head, look
from intermt.formats.reading.json_rows import json_objects
from intermt.formats.reading.label_studio_labels import (
    LabelMaker,
    Work,
    controls_of,
    is_rejected,
    parsed,
    plain_value,
)
from intermt.formats.reading.rows import ReadOptions, Row, RowProblem, SkippedRow
from intermt.formats.reading.source import Source
from intermt.records import UNNAMED_RATER

_WORK = ("annotations", "completions")
_OWN = ("id", "annotation_id", "annotator", "created_at", "updated_at", "lead_time")
_COLUMNS = {"annotation_id", "annotator", "created_at", "updated_at", "lead_time"}
_NOT_DATA = {*_OWN, "agreement", "history"}


def looks_like(head: Head) -> bool:
    """Whether the first object is a task with annotations, or the columns are an export's."""
    if head.shape == "text":
        return set(read_header(head.line, {name: name for name in _COLUMNS}).columns) >= _COLUMNS
    if isinstance(head.first.get("data"), dict):
        return any(isinstance(head.first.get(key), list) for key in (*_WORK, "predictions"))
    return head.has("id", "annotation_id", "annotator", "updated_at", "lead_time")


def read(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A row for each annotation, draft, prediction and task that nobody has worked on.

    Raises:
        InputError: The tasks are another project's, and `options` does not say what is what;
            or see `json_objects` and `read_cells`.
    """
    maker = LabelMaker(source.name, options)
    if look(source).shape == "text":
        yield from _table(source, maker)
        return
    for found in json_objects(source):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, value, raw = found
        if "annotation_id" in value and "data" not in value:
            yield maker.attempt(_flat(where, value, raw))
        else:
            yield from _task(where, value, raw, maker, options)


# --- tasks ---------------------------------------------------------------------------------


def _task(
    where: str, task: dict[str, Any], raw: bytes, maker: LabelMaker, options: ReadOptions
) -> Iterator[Row | RowProblem]:
    try:
        data = task.get("data", MISSING)
        if not isinstance(data, dict):
            raise BadRow("data", data, "an object with what the task shows")
        key = next((name for name in _WORK if not is_blank(task.get(name))), _WORK[0])
        done = _list(task, key)
        drafts, predictions = _list(task, "drafts"), _list(task, "predictions")
    except BadRow as bad:
        yield bad.problem(where, raw)
        return
    names = _unnamed(done)
    for n, annotation in enumerate(done):
        at = f"{where}, annotation {_id_of(annotation, n)}"
        alone = raw if len(done) == 1 and not drafts and not predictions else None
        alone = alone or _with_one(task, key, annotation)
        try:
            row = _annotation(at, task, data, annotation, names.get(n))
            yield maker.attempt(row, alone) if isinstance(row, Work) else row
        except BadRow as bad:
            yield bad.problem(at, alone)
    for _ in drafts:
        yield SkippedRow(where, "draft")
    for n, prediction in enumerate(predictions):
        at = f"{where}, prediction {_id_of(prediction, n)}"
        if options.predictions_as is None:
            yield SkippedRow(at, "prediction")
            continue
        alone = _with_one(task, "predictions", prediction)
        try:
            yield maker.attempt(_prediction(at, task, data, prediction), alone)
        except BadRow as bad:
            yield bad.problem(at, alone)
    if not (done or drafts or predictions):
        yield SkippedRow(where, "pending")


def _list(task: dict[str, Any], key: str) -> list[Any]:
    value = task.get(key)
    if is_blank(value):
        return []
    if not isinstance(value, list):
        raise BadRow(key, value, "a list")
    return value


def _annotation(
    where: str, task: dict[str, Any], data: dict[str, Any], annotation: Any, unnamed: str | None
) -> Work | SkippedRow:
    if not isinstance(annotation, dict):
        raise BadRow("annotation", annotation, "an object with completed_by and result")
    for key in ("was_cancelled", "skipped"):
        value = annotation.get(key)
        if not (is_blank(value) or isinstance(value, bool)):
            raise BadRow(key, value, "true or false")
        if value:
            return SkippedRow(where, "cancelled")
    if is_rejected(annotation):
        return SkippedRow(where, "rejected")
    who = annotation.get("completed_by")
    return Work(
        where=where,
        data=data,
        controls=controls_of(annotation.get("result", MISSING)),
        task=task.get("id", MISSING),
        rater=unnamed if is_blank(who) else _name_of(who),
        rated_at=_first_of(annotation, "updated_at", "created_at"),
        seconds=annotation.get("lead_time", MISSING),
    )


def _prediction(where: str, task: dict[str, Any], data: dict[str, Any], prediction: Any) -> Work:
    if not isinstance(prediction, dict):
        expected = "the prediction itself, not only its id: export with predictions in full"
        raise BadRow("prediction", prediction, expected)
    result = controls_of(prediction.get("result", MISSING))
    return Work(where, data, result, task.get("id", MISSING), None, is_prediction=True)


def _name_of(who: Any) -> Any:
    """How the short exports call the same annotator."""
    if isinstance(who, dict):
        found = _first_of(who, "email", "username", "id")
        if is_blank(found):
            raise BadRow("completed_by", who, "a person with an email or an id")
        return found
    return who


def _unnamed(done: list[Any]) -> dict[int, str]:
    """Names for annotations that nobody's name is on, the oldest first."""
    nobodys = [
        n
        for n, one in enumerate(done)
        if isinstance(one, dict) and is_blank(one.get("completed_by"))
    ]
    nobodys.sort(key=lambda n: (str(done[n].get("created_at")), str(done[n].get("id"))))
    return {n: f"{UNNAMED_RATER} {rank}" for rank, n in enumerate(nobodys, start=1)}


def _first_of(value: dict[str, Any], *keys: str) -> Any:
    return next((value[key] for key in keys if not is_blank(value.get(key))), MISSING)


def _id_of(value: Any, n: int) -> str:
    own = value.get("id") if isinstance(value, dict) else value
    return str(own) if isinstance(own, int) else f"number {n + 1}"


def _with_one(task: dict[str, Any], key: str, one: Any) -> bytes:
    """The task with one annotation or prediction alone."""
    emptied: dict[str, Any] = {k: [] for k in (*_WORK, "drafts", "predictions") if k in task}
    # ASCII, since half a character may be what is wrong with it.
    return json.dumps({**task, **emptied, key: [one]}).encode()


# --- one annotation a row ------------------------------------------------------------------


def _flat(where: str, row: dict[str, Any], raw: bytes) -> Work:
    data = {name: value for name, value in row.items() if name not in _NOT_DATA}
    intermt = data.get("intermt")
    if isinstance(intermt, str):
        data["intermt"] = parsed(intermt)
    return Work(
        where=where,
        data=data,
        controls={name: plain_value(value) for name, value in data.items()},
        task=row.get("id", MISSING),
        rater=_name_of(row.get("annotator")),
        rated_at=_first_of(row, "updated_at", "created_at"),
        seconds=row.get("lead_time", MISSING),
        raw=raw,
    )


def _table(source: Source, maker: LabelMaker) -> Iterator[Row | RowProblem]:
    lines = source.lines()
    n_before, line = first_line(lines)
    header = read_header(line, {name: name for name in _COLUMNS})
    for found in read_cells(source.name, lines, header.delimiter, n_before + 1):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, cells, raw = found
        try:
            if len(cells) != len(header.written):
                raise BadRow("", len(cells), f"{len(header.written)} cells, one for each column")
            row = {
                name: _cell(text(cell, name))
                for name, cell in zip(header.written, cells, strict=True)
                if cell.strip()
            }
            if "id" not in row:
                raise BadRow("id", MISSING, "the number of the task")
        except BadRow as bad:
            yield bad.problem(where, raw)
        else:
            yield maker.attempt(_flat(where, row, raw))


def _cell(cell: str) -> Any:
    """What a cell says: all but text stands there as JSON."""
    value = parsed(cell)
    if isinstance(value, dict) or (isinstance(value, list) and value):
        # Text that happens to look like a list stays text.
        is_json = isinstance(value, dict) or all(isinstance(one, dict | str) for one in value)
        return value if is_json else cell
    return cell
