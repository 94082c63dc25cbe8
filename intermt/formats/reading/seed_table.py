"""Seed questions as a table, or as lines of a picture and a question.

A table's first line names the columns (`seed_fields.COLUMNS`), in any order and case, spaces
and hyphens for underscores; commas, tabs or semicolons separate them. Columns that are not
known are passed over. A cell of pictures holds one name, several with `|` between them, or a
JSON list.

Lines are for a folder of pictures: the names of the pictures, a tab, the question.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from intermt.errors import InputError
from intermt.formats.reading.delimited import by_name, first_line, read_cells, read_header
from intermt.formats.reading.fields import BadRow, names, text
from intermt.formats.reading.head import Head
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.seed_fields import BETWEEN_PICTURES, COLUMNS, SeedRow, seed_row
from intermt.formats.reading.source import Source

_BY_NAME = by_name(COLUMNS)


def names_columns(head: Head) -> bool:
    """Whether a first line names the column of the questions."""
    return head.shape == "text" and "text" in read_header(head.line, _BY_NAME).columns


def read_table(source: Source) -> Iterator[SeedRow | RowProblem]:
    """The seed questions of a table in order, and a problem in place of each bad row.

    Raises:
        InputError: A column is there twice, or a quote is never closed.
    """
    lines = source.lines()
    n_before, line = first_line(lines)
    header = read_header(line, _BY_NAME)
    known = [_key(name) for name in header.written if _key(name) in _BY_NAME]
    if twice := sorted({name for name in known if known.count(name) > 1}):
        raise InputError(
            f"several columns are called {names(twice)}",
            where=f"{source.name}:{n_before + 1}",
            todo="give each column a name of its own",
        )
    for found in read_cells(source.name, lines, header.delimiter, n_before + 1):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, cells, _ = found
        try:
            yield seed_row(where, _fields(header.written, header.columns, cells))
        except BadRow as bad:
            yield bad.problem(where)


def _fields(written: list[str], columns: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(columns):
        raise BadRow("", len(cells), f"{len(columns)} cells, one for each column")
    fields: dict[str, Any] = {}
    for name, column, cell in zip(written, columns, cells, strict=True):
        if column and cell.strip():
            plain = cell if column in ("text", "intention") else cell.strip()
            # Under the name it has, so that two names of one column can be told apart.
            value = text(plain, column)
            fields[_key(name)] = _several(value) if column == "images" else value
    return fields


def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _several(cell: str) -> list[Any]:
    if cell.startswith("["):
        try:
            listed = json.loads(cell)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return listed
    return [name.strip() for name in cell.split(BETWEEN_PICTURES)]


def read_lines(source: Source) -> Iterator[SeedRow | RowProblem]:
    """The seed question of each line of pictures and a question; blank lines are passed over."""
    for n, raw in enumerate(source.lines(), start=1):
        where = f"{source.name}:{n}"
        line = raw.decode(errors="surrogateescape").rstrip("\r")
        if not line.strip():
            continue
        try:
            pictures, tab, question = text(line, "").partition("\t")
            if not tab:
                raise BadRow("", line, "a picture, a tab and a question")
            yield seed_row(where, {"images": _several(pictures.strip()), "text": question.strip()})
        except BadRow as bad:
            yield bad.problem(where)
