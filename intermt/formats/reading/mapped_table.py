"""Tables of other tools: CSV, TSV, or objects with a key for each column.

Where a field is says the user (`label_fields`); all other columns are passed over. Two kinds of
tables say it themselves by their columns: batches of Mechanical Turk (`AssignmentId`,
`WorkerId`, `Input.NAME`, `Answer.NAME`) and comparisons of crowd-kit (`worker`, `left`,
`right`, `label`).

A table may be wide (a column for each dimension) or long (a column that names the dimension).
Cells that hold JSON lists or objects may be looked into by paths with dots.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from intermt.errors import InputError
from intermt.formats.reading.delimited import Header, first_line, read_cells, read_header
from intermt.formats.reading.fields import MISSING, BadRow, did_you_mean, names, text
from intermt.formats.reading.json_rows import first_character, json_objects
from intermt.formats.reading.label_fields import LabelFields, own_columns
from intermt.formats.reading.paths import inside
from intermt.formats.reading.rows import ReadOptions, Row, RowProblem
from intermt.formats.reading.source import Source

_BATCH = {"AssignmentId", "WorkerId"}
_BATCH_FIELDS = {
    "task": "HITId",
    "rater": "WorkerId",
    "status": "AssignmentStatus",
    "rated_at": "SubmitTime",
    "seconds": "WorkTimeInSeconds",
}
_COMPARISON = {"worker": "rater", "left": "answer_a", "right": "answer_b", "label": "choice"}
_PREFIXES = ("Answer.", "Input.")


def own_map(written: list[str]) -> dict[str, str]:
    """Fields by column, for a table whose columns show which tool it is from; else empty."""
    there = [name.strip() for name in written]
    if set(there) >= _BATCH:
        fields = {field: name for field, name in _BATCH_FIELDS.items() if name in there}
        for prefix in _PREFIXES:
            bare = {n.removeprefix(prefix): n for n in there if n.startswith(prefix)}
            for field, name in own_columns(tuple(bare)).items():
                fields.setdefault(field, bare[name])
        return fields
    if set(there) >= set(_COMPARISON):
        more = {f: n for f, n in own_columns(tuple(there)).items() if n not in _COMPARISON}
        return more | {field: name for name, field in _COMPARISON.items()}
    return {}


def read_mapped(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A `LabelRow` or `SkippedRow` for each row of a table.

    Args:
        source: CSV, TSV or JSON objects.
        options: See `ReadOptions`; where `columns` is empty the table's own columns count.

    Raises:
        InputError: A column is not there or there twice, or a quote is never closed.
        UsageError: A field that is mapped does not exist.
    """
    if first_character(source) in (b"[", b"{"):
        fields = LabelFields(options)
        for found in json_objects(source):
            if isinstance(found, RowProblem):
                yield found
            else:
                where, value, raw = found
                yield _row(where, value, fields, raw)
        return
    lines = source.lines()
    n_before, line = first_line(lines)
    header = read_header(line, _by_name(options))
    where = f"{source.name}:{n_before + 1}"
    columns = options.columns or own_map(header.written)
    _check(header, columns, where)
    fields = LabelFields(ReadOptions(columns, options.values, options.role, options.predictions_as))
    wanted = _wanted(header.written, columns)
    for cells in read_cells(source.name, lines, header.delimiter, n_before + 1):
        if isinstance(cells, RowProblem):
            yield cells
            continue
        at, values, raw = cells
        try:
            row = _named(values, len(header.written), wanted)
        except BadRow as bad:
            yield bad.problem(at, raw)
            continue
        yield _row(at, row, fields, raw)


def _by_name(options: ReadOptions) -> dict[str, str]:
    named = [*options.columns.values(), *_BATCH, *_COMPARISON]
    return {name.strip().lower().replace(" ", "_").replace("-", "_"): name for name in named}


def _check(header: Header, columns: Mapping[str, str], where: str) -> None:
    written = [name.strip() for name in header.written]
    for field, column in columns.items():
        plain = column.strip()
        n = written.count(plain) or written.count(plain.partition(".")[0])
        if n != 1:
            raise InputError(
                f"{'no column is' if n == 0 else f'{n} columns are'} called {names([plain])}"
                f"{did_you_mean(plain, written)}, which {field} is mapped to",
                where=where,
                todo=f"the table has {names(written)}",
            )


def _wanted(written: list[str], columns: Mapping[str, str]) -> list[tuple[int, str]]:
    """Place and name of the columns that are asked for."""
    named = {column.strip() for column in columns.values()}
    named |= {column.partition(".")[0] for column in named}
    plain = [name.strip() for name in written]
    return [(at, name) for at, name in enumerate(plain) if name in named]


def _named(cells: list[str], n_columns: int, wanted: list[tuple[int, str]]) -> dict[str, Any]:
    if len(cells) != n_columns:
        raise BadRow("", len(cells), f"{n_columns} cells, one for each column")
    # Decoded with escapes so that one bad byte does not move the borders of rows; only what
    # is asked for has to be good text.
    return {name: text(cells[at], name) for at, name in wanted}


def _row(where: str, row: dict[str, Any], fields: LabelFields, raw: bytes) -> Row | RowProblem:
    try:
        found = fields.fields(row, lambda column: _value(row, column), {})
        return fields.row(where, found, raw=raw)
    except BadRow as bad:
        return bad.problem(where, raw)


def _value(row: Mapping[str, Any], column: str) -> Any:
    column = column.strip()
    if column in row or "." not in column:
        return row.get(column, MISSING)
    head, _, path = column.partition(".")
    held = row.get(head, MISSING)
    if isinstance(held, str):
        try:
            held = json.loads(held)
        except (ValueError, RecursionError):
            return MISSING
    return inside({"": held}, f".{path}")
