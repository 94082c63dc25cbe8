"""Votes as a table: one row for one rater's choice between two answers on one dimension.

The first line names the columns, in any order and case, spaces and hyphens for underscores;
commas, tabs or semicolons separate them. Columns (other names accepted in brackets):

- `rater` (annotator, worker, rater_id, annotator_id, worker_id): who voted; required
- `answer_a` (a, a_id, response_a), `answer_b` (b, b_id, response_b): the two answers; required.
  Without a seed: ids of 32 hex digits. With one: places in the seed question's tree, as in
  `1a.1b` (letters are answers, numbers after a dot are follow-up questions)
- `seed` (source_id): the seed question's source id
- `choice` (preference, vote): A, B or tie; also 1, 2, 0 or left, right. May be empty where
  both scores are given
- `dimension`: one of the nine or `overall`, the default
- `level`: local or global; by default the dimension's own, local for `overall`
- `role`: annotator, the default, or verifier
- `kind`: human, the default, or synthetic for invented votes
- `score_a`, `score_b`: the rater's scores of the two answers on the dimension
- `shown_first`: A or B, the answer that the rater saw first
- `rated_at` (created_at, submitted_at): ISO 8601; without an offset it is UTC
- `rationale` (reason), `critique_a`, `critique_b`, `refinement_a`, `refinement_b`: free text, kept
  as written
- `task` (task_id, task_key): the task's name. By default a hash of the row, so that
  reading a file again, under whatever name, gives the same names

An empty cell is a missing value. Rows with all cells empty are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from intermt.errors import InputError
from intermt.formats.reading.delimited import (
    Header,
    by_name,
    first_line,
    read_cells,
    read_header,
)
from intermt.formats.reading.fields import MISSING, BadRow, did_you_mean, names, text
from intermt.formats.reading.head import Head, look
from intermt.formats.reading.label_fields import LabelFields
from intermt.formats.reading.mapped_table import own_map, read_mapped
from intermt.formats.reading.rows import LabelRow, ReadOptions, Row, RowProblem, SkippedRow
from intermt.formats.reading.source import Source
from intermt.records import content_id

COLUMNS: dict[str, tuple[str, ...]] = {
    "rater": ("annotator", "worker", "rater_id", "annotator_id", "worker_id"),
    "role": (),
    "kind": (),
    "level": (),
    "dimension": (),
    "seed": ("source_id",),
    "answer_a": ("a", "a_id", "response_a"),
    "answer_b": ("b", "b_id", "response_b"),
    "choice": ("preference", "vote"),
    "score_a": (),
    "score_b": (),
    "shown_first": (),
    "rated_at": ("created_at", "submitted_at"),
    "rationale": ("reason",),
    "critique_a": (),
    "critique_b": (),
    "refinement_a": (),
    "refinement_b": (),
    "task": ("task_id", "task_key"),
}
"""Columns and the other names they may have."""

_BY_NAME = by_name(COLUMNS)
_FREE_TEXT = {"rationale", "critique_a", "critique_b", "refinement_a", "refinement_b"}
Cells = dict[str, str]


def looks_like(head: Head) -> bool:
    """Whether a first line names columns of a vote, or those of a tool that is known."""
    if head.shape != "text":
        return False
    header = read_header(head.line, _BY_NAME)
    known = set(header.columns) - {""}
    is_own = len(known) > 1 and bool(known & {"answer_a", "answer_b", "choice"})
    return is_own or bool(own_map(header.written))


def read(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A `LabelRow` for each row of the table; of a table of another tool, see `mapped_table`.

    Raises:
        InputError: The columns are not those of votes, or a quote is never closed.
        UsageError: A field that is mapped does not exist.
    """
    if options.columns or own_map(read_header(look(source).line, _BY_NAME).written):
        yield from read_mapped(source, options)
        return
    fields = LabelFields(options)
    lines = source.lines()
    n_before, line = first_line(lines)
    header = _checked_header(source.name, n_before + 1, line)
    for found in read_cells(source.name, lines, header.delimiter, n_before + 1):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, cells, raw = found
        try:
            yield _vote(where, _named(header.columns, cells), fields, raw)
        except BadRow as bad:
            yield bad.problem(where, raw)


def _checked_header(name: str, n: int, line: str) -> Header:
    header = read_header(line, _BY_NAME)
    columns, written = header.columns, header.written
    todo = f"known columns: {', '.join(COLUMNS)}; for other tables say with --map what is where"
    where = f"{name}:{n}"
    if "\r" in line.rstrip("\r"):
        raise InputError(
            "the lines end with carriage returns alone",
            where=where,
            todo="save the table with newlines at the ends of its lines",
        )
    unknown = [w for w, column in zip(written, columns, strict=True) if not column]
    if unknown:
        hints = [names([w]) + did_you_mean(w.strip(), _BY_NAME) for w in unknown[:12]]
        raise InputError(f"unknown columns: {', '.join(hints)}", where=where, todo=todo)
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise InputError(f"several columns for {', '.join(twice)}", where=where, todo=todo)
    missing = [column for column in ("rater", "answer_a", "answer_b") if column not in columns]
    if "choice" not in columns and not {"score_a", "score_b"} <= set(columns):
        missing.append("choice")
    if missing:
        raise InputError(f"missing columns: {', '.join(missing)}", where=where, todo=todo)
    return header


def _named(columns: list[str], cells: list[str]) -> Cells:
    if len(cells) != len(columns):
        raise BadRow("", len(cells), f"{len(columns)} cells, one for each column")
    # Decoded with escapes so that one bad byte does not move the borders of rows.
    named = {c: text(cell, c) for c, cell in zip(columns, cells, strict=True) if cell.strip()}
    return {c: cell if c in _FREE_TEXT else cell.strip() for c, cell in named.items()}


def _vote(where: str, cells: Cells, fields: LabelFields, raw: bytes) -> LabelRow | SkippedRow:
    for column in ("rater", "answer_a", "answer_b"):
        if column not in cells:
            raise BadRow(column, "", "a value")
    if "choice" not in cells and not {"score_a", "score_b"} <= set(cells):
        raise BadRow("choice", "", "A, B or tie")
    given = {"task": f"row:{content_id('row', cells)[:16]}"}
    found = fields.fields(cells, lambda column: cells.get(column, MISSING), given)
    return fields.row(where, found, raw=raw)
