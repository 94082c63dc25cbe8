"""What a terminal is shown, and what stands in its place where nobody watches.

tqdm is imported only to write to a terminal.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from intermt.errors import StoreIOError

JOINERS = "\u200c\u200d"
"""Between letters or emoji: they take no room."""


def one_line(text: str) -> str:
    """The text on one line without control characters.

    What is quoted from files and servers could otherwise move the cursor or fake a line. Joiners
    stay: emoji, Persian and Indian scripts are written with them, and they move nothing.
    """
    return "".join(
        c if c.isprintable() or c in JOINERS else " " if c.isspace() else f"\\x{ord(c):02x}"
        for c in " ".join(text.split())
    )


def counted(n: int, what: str) -> str:
    """A number of things in words, as in `1 answer` and `1,200 answers`."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads the stream on a screen that can draw."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def open_stdout() -> TextIO:
    """Standard output, which the caller may have closed.

    Raises:
        StoreIOError: It is closed; what should be written would be lost without a word.
    """
    if sys.stdout is None:
        raise StoreIOError("standard output is closed", todo="run the command with a stdout")
    return sys.stdout


def to_stderr(text: str) -> None:
    """Write a line for people, at once."""
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


# --- tables ------------------------------------------------------------------------------

_GAP = 2
_LEAST_NAME = 20


def table_lines(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str = "",
    wide: int | None = None,
) -> list[str]:
    """A table as aligned plain text, a string per line.

    Args:
        columns: Their headings.
        rows: Their cells.
        title: A line above.
        wide: Columns of the terminal; None for no end. In a table that is wider, the first
            column is cut as far as needed, to 20 at most; the others that still do not fit stand
            below, beside the first one again. Their cells are cut only where one alone is too
            wide for that.
    """
    cells, numeric = _cells(columns, rows)
    lines = [title] if title else []
    if wide is None:
        return lines + _aligned(columns, cells, numeric)
    table = [list(columns), *cells]
    widths = [max(width(line[i]) for line in table) for i in range(len(columns))]
    rest = sum(n + _GAP for n in widths[1:])
    named = [shortened(line[0], max(wide - rest, _LEAST_NAME)) for line in table]
    if len(set(named)) == len({line[0] for line in table}):
        table = [[name, *line[1:]] for name, line in zip(named, table, strict=True)]
        widths[0] = max(map(width, named))
    most = max(wide - widths[0] - _GAP, _LEAST_NAME)
    table = [[line[0], *(shortened(cell, most) for cell in line[1:])] for line in table]
    widths[1:] = [min(n, most) for n in widths[1:]]
    for block in _blocks(widths, wide):
        some = [[line[i] for i in block] for line in table]
        lines += _aligned(some[0], some[1:], [numeric[i] for i in block])
    return lines


def _blocks(widths: Sequence[int], wide: int) -> list[list[int]]:
    """Which columns stand side by side: the first one in every block, the others in one each."""
    blocks, taken = [[0]], widths[0]
    for i, n in enumerate(widths[1:], 1):
        if taken + _GAP + n > wide and len(blocks[-1]) > 1:
            blocks.append([0])
            taken = widths[0]
        blocks[-1].append(i)
        taken += _GAP + n
    return blocks


def _cells(
    columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[list[list[str]], list[bool]]:
    """The cells as text, and which columns hold only numbers."""
    values = [list(row) for row in rows]
    numeric = [bool(values) and all(_is_number(r[i]) for r in values) for i in range(len(columns))]
    return [[_cell(value) for value in row] for row in values], numeric


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    return one_line(str(value))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def width(text: str) -> int:
    """The columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(c) or c in JOINERS
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def shortened(text: str, columns: int) -> str:
    """A text in so many columns, its middle left out where it is longer.

    Names of models and servers differ at their beginning or at their end.
    """
    if width(text) <= columns:
        return text
    head, tail = "", ""
    while width(head) + width(tail) + 1 < columns:
        if width(head) <= width(tail):
            head += text[len(head)]
        else:
            tail = text[-len(tail) - 1] + tail
    return f"{head if width(head + tail) < columns else head[:-1]}…{tail}"


def _aligned(
    columns: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]
) -> list[str]:
    lines = [list(columns), *cells]
    widths = [max(width(line[i]) for line in lines) for i in range(len(columns))]

    def padded(text: str, i: int) -> str:
        space = " " * (widths[i] - width(text))
        return space + text if numeric[i] else text + space

    return [(" " * _GAP).join(padded(t, i) for i, t in enumerate(line)).rstrip() for line in lines]


# --- progress ----------------------------------------------------------------------------


class NotesOnly:
    """Progress where nobody watches: at most notes are said."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def start(self, what: str, total: int | None, unit: str) -> None:
        """Say nothing."""

    def advance(self, n: int = 1) -> None:
        """Say nothing."""

    def grow(self, n: int) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Write the note to stderr."""
        if not self._quiet:
            to_stderr(text)

    def stop(self) -> None:
        """Say nothing."""


class Bars:
    """Progress at a terminal: a bar with rate and time left."""

    def __init__(self) -> None:
        self._bar: Any = None

    def start(self, what: str, total: int | None, unit: str) -> None:
        """Show a new bar; one that is still there ends."""
        from tqdm import tqdm

        # The monitor is a thread that only serves bars updated less than every ten seconds.
        tqdm.monitor_interval = 0
        self.stop()
        self._bar = tqdm(
            desc=what,
            total=total,
            unit=f" {unit}",
            file=sys.stderr,
            dynamic_ncols=True,
            mininterval=0.2,
        )

    def advance(self, n: int = 1) -> None:
        """Move the bar on."""
        if self._bar is not None:
            self._bar.update(n)

    def grow(self, n: int) -> None:
        """Make the bar longer."""
        if self._bar is not None:
            self._bar.total = (self._bar.total or 0) + n
            self._bar.refresh()

    def note(self, text: str) -> None:
        """Write the note above the bar."""
        if self._bar is None:
            to_stderr(text)
        else:
            self._bar.write(text, file=sys.stderr)

    def stop(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
