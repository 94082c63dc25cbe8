"""Tables of text: the line that names the columns, and the cells of the rows below it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from intermt.errors import InputError
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.source import MAX_ROW_BYTES

_DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Header:
    """What a first line says when it is read as names of columns.

    Attributes:
        delimiter: What separates them.
        columns: The known columns in order, "" for each unknown one.
        written: The names as they stand there.
    """

    delimiter: str
    columns: list[str]
    written: list[str]

    @property
    def n_known(self) -> int:
        """Columns that are known."""
        return sum(column != "" for column in self.columns)


def by_name(columns: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The column that each name means, from columns with their other names."""
    return {name: column for column, more in columns.items() for name in (column, *more)}


def read_header(line: str, known: Mapping[str, str]) -> Header:
    """The header that a line is, by the delimiter under which most of it is known.

    Args:
        line: Without its newline.
        known: See `by_name`; case does not matter, nor spaces or hyphens for underscores.
    """
    best = Header(",", [], [])
    for delimiter in _DELIMITERS:
        try:
            written = next(csv.reader([line.rstrip("\r")], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        plain = [re.sub(r"[ -]", "_", name.strip().lower()) for name in written]
        header = Header(delimiter, [known.get(name, "") for name in plain], written)
        if (header.n_known, len(written)) > (best.n_known, len(best.columns)):
            best = header
    return best


def first_line(lines: Iterator[bytes]) -> tuple[int, str]:
    """How many blank lines come first, and the line behind them; empty if there is none."""
    for n, line in enumerate(lines):
        if line.strip():
            return n, line.decode(errors="surrogateescape")
    return 0, ""


def read_cells(
    name: str, lines: Iterator[bytes], delimiter: str, n_above: int
) -> Iterator[tuple[str, list[str], bytes] | RowProblem]:
    """Place, cells and bytes of each row below the header; empty rows are passed over.

    Bytes that are no UTF-8 become halves of surrogate pairs, so that one of them does not
    move the borders of rows.

    Args:
        name: What the file is called.
        lines: The lines that are left.
        delimiter: What separates cells.
        n_above: Lines above these.

    Raises:
        InputError: A quote is never closed.
    """
    # The module's own limit of 128 KB a cell is for all of the process and can only be set so.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))
    taken: list[bytes] = []

    def texts() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line.decode(errors="surrogateescape") + "\n"

    rows = csv.reader(texts(), delimiter=delimiter, strict=True)
    while True:
        taken.clear()
        where = f"{name}:{n_above + 1 + rows.line_num}"
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield replace(_broken(error, where, n_above + rows.line_num), raw=b"\n".join(taken))
            continue
        if any(cell.strip() for cell in cells):
            yield where, cells, b"\n".join(taken)


def _broken(error: csv.Error, where: str, last_line: int) -> RowProblem:
    """The problem with a row that is no CSV.

    Raises:
        InputError: A quote that is never closed has taken in the rest of the file.
    """
    reason = str(error)
    if "unexpected end" in reason or "field limit" in reason:
        raise InputError(
            "a quote is opened here and not closed",
            where=where,
            todo='close it; a quote inside a quoted cell is written twice: ""',
        ) from error
    return RowProblem(where, "", f"a row that goes wrong in line {last_line}", f"CSV ({reason})")
