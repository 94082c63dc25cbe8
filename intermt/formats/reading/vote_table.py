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
- `rationale` (reason): free text, kept as written
- `task` (task_id, task_key): the task's name. By default a hash of the row, so that
  reading a file again, under whatever name, gives the same names

An empty cell is a missing value. Rows with all cells empty are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from intermt.dimensions import BY_KEY, LEVELS, OVERALL, Level
from intermt.errors import InputError
from intermt.formats.reading.delimited import (
    Header,
    by_name,
    first_line,
    read_cells,
    read_header,
)
from intermt.formats.reading.fields import (
    ID,
    BadRow,
    did_you_mean,
    dimension_key,
    names,
    one_of,
    score,
    text,
)
from intermt.formats.reading.head import Head
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerPlace,
    AnswerRef,
    LabelKind,
    LabelRole,
    Row,
    RowProblem,
    VoteRow,
)
from intermt.formats.reading.source import Source
from intermt.records import Choice, content_id

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
    "task": ("task_id", "task_key"),
}
"""Columns and the other names they may have."""

_BY_NAME = by_name(COLUMNS)
_CHOICES: dict[str, Choice] = {
    **dict.fromkeys(("a", "1", "left"), "a"),
    **dict.fromkeys(("b", "2", "right"), "b"),
    **dict.fromkeys(("tie", "0"), "tie"),
}
_PLACE = re.compile(r"1(?:[a-z]+|\.[1-9][0-9]*)*[a-z]")
Cells = dict[str, str]


def looks_like(head: Head) -> bool:
    """Whether a first line names an answer or a choice and one more column of a vote."""
    if head.shape != "text":
        return False
    known = set(read_header(head.line, _BY_NAME).columns) - {""}
    return len(known) > 1 and bool(known & {"answer_a", "answer_b", "choice"})


def read(source: Source) -> Iterator[Row | RowProblem]:
    """A `VoteRow` for each row of the table.

    Raises:
        InputError: The columns are not those of votes, or a quote is never closed.
    """
    lines = source.lines()
    n_before, line = first_line(lines)
    header = _checked_header(source.name, n_before + 1, line)
    for found in read_cells(source.name, lines, header.delimiter, n_before + 1):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, cells = found
        try:
            yield _vote(where, _named(header.columns, cells))
        except BadRow as bad:
            yield bad.problem(where)


def _checked_header(name: str, n: int, line: str) -> Header:
    header = read_header(line, _BY_NAME)
    columns, written = header.columns, header.written
    todo = f"known columns: {', '.join(COLUMNS)}"
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
        raise BadRow("", cells, f"{len(columns)} cells, one for each column")
    # Decoded with escapes so that one bad byte does not move the borders of rows.
    named = {c: text(cell, c) for c, cell in zip(columns, cells, strict=True) if cell.strip()}
    return {c: cell if c == "rationale" else cell.strip() for c, cell in named.items()}


def _vote(where: str, cells: Cells) -> VoteRow:
    for column in ("rater", "answer_a", "answer_b"):
        if column not in cells:
            raise BadRow(column, "", "a value")
    dimension = dimension_key(cells.get("dimension", OVERALL), "dimension")
    a, b = _answer(cells, "answer_a"), _answer(cells, "answer_b")
    if a == b:
        raise BadRow("answer_b", cells["answer_b"], "another answer than answer_a")
    score_a, score_b = _score(cells, "score_a", dimension), _score(cells, "score_b", dimension)
    choice: Choice | None = None
    if "choice" in cells or score_a is None or score_b is None:
        choice = _choice(cells.get("choice", ""), "choice", "A, B or tie")
    first = None
    if "shown_first" in cells:
        first = _choice(cells["shown_first"], "shown_first", "A or B")
        if first == "tie":
            raise BadRow("shown_first", cells["shown_first"], "A or B")
    roles, kinds = get_args(LabelRole), get_args(LabelKind)
    return VoteRow(
        where=where,
        task_key=cells.get("task") or f"row:{content_id('row', cells)[:16]}",
        rater=cells["rater"],
        role=cast(LabelRole, one_of(cells.get("role", "annotator"), roles, "role")),
        kind=cast(LabelKind, one_of(cells.get("kind", "human"), kinds, "kind")),
        level=_level(cells, dimension),
        dimension=dimension,
        a=a,
        b=b,
        choice=choice,
        shown_first=cast(Literal["a", "b"] | None, first),
        rated_at=_time(cells["rated_at"]) if "rated_at" in cells else None,
        score_a=score_a,
        score_b=score_b,
        rationale=cells.get("rationale"),
    )


def _level(cells: Cells, dimension: str) -> Level:
    own = None if dimension == OVERALL else BY_KEY[dimension].level
    level = cast(Level, one_of(cells.get("level", own or "local"), LEVELS, "level"))
    if own is not None and level != own:
        raise BadRow("level", cells["level"], f"{own}: {dimension} is a {own} dimension")
    return level


def _answer(cells: Cells, column: str) -> AnswerRef:
    plain = cells[column].lower()
    if "seed" not in cells:
        if not ID.fullmatch(plain):
            raise BadRow(column, cells[column], "an id of 32 hex digits, or a place and a seed")
        return AnswerId(plain)
    if not _PLACE.fullmatch(plain):
        raise BadRow(column, cells[column], "the place of an answer, as in 1a or 1a.1b")
    return AnswerPlace(cells["seed"], plain)


def _choice(cell: str, column: str, expected: str) -> Choice:
    choice = _CHOICES.get(cell.lower())
    if choice is None:
        raise BadRow(column, cell, expected)
    return choice


def _score(cells: Cells, column: str, dimension: str) -> int | None:
    if column not in cells:
        return None
    if dimension == OVERALL:
        raise BadRow(column, cells[column], "nothing: only the nine dimensions are scored")
    return score(cells[column], BY_KEY[dimension], column)


def _time(cell: str) -> datetime:
    try:
        time = datetime.fromisoformat(cell)
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError):
        expected = "a time as in 2026-03-01T14:30:00Z"
        raise BadRow("rated_at", cell, expected) from None
