"""Seed questions of a text file: JSON, a table, or lines of a picture and a question.

Which one it is shows in what the file holds, not in its name. The names of keys and columns
are the same everywhere: `seed_fields.COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterator

from intermt.errors import InputError
from intermt.formats.reading.head import look
from intermt.formats.reading.json_rows import first_character, json_rows
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.seed_fields import SeedRow, seed_row
from intermt.formats.reading.seed_table import names_columns, read_lines, read_table
from intermt.formats.reading.source import Source


def read_seeds(source: Source) -> Iterator[SeedRow | RowProblem]:
    """The seed questions of a file in order, and a problem in place of each bad one.

    Raises:
        InputError: None of the known kinds of file, or broken as a whole.
    """
    first = first_character(source)
    if first in (b"[", b"{", b""):
        yield from json_rows(source, seed_row)
        return
    head = look(source)
    if names_columns(head):
        yield from read_table(source)
    elif "\t" in head.line:
        yield from read_lines(source)
    else:
        raise InputError(
            f"the format is not known: the file is {head.seen}",
            where=source.name,
            todo="give a JSON list, JSON lines, a table whose first line names a column text,"
            " question or prompt, Parquet, or lines of a picture, a tab and a question",
        )
