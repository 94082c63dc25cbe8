"""The formats that can be read, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from intermt.errors import InputError, UsageError
from intermt.formats.reading import intermt_release, pair_lines, vote_table
from intermt.formats.reading.fields import did_you_mean
from intermt.formats.reading.head import Head, look
from intermt.formats.reading.rows import Row, RowProblem
from intermt.formats.reading.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        kind: Its name on the command line.
        holds: What such a file holds, in a few words.
        looks_like: Whether a file that begins like this is one.
        read: Its rows and problems.
    """

    kind: str
    holds: str
    looks_like: Callable[[Head], bool]
    read: Callable[[Source], Iterator[Row | RowProblem]]


FORMATS: tuple[Format, ...] = (
    Format(
        "intermt-bench",
        "conversations as InterMT releases them",
        intermt_release.looks_like,
        intermt_release.read,
    ),
    Format("jsonl", "pairs as `pair` writes them", pair_lines.looks_like, pair_lines.read),
    Format("csv", "a table of votes", vote_table.looks_like, vote_table.read),
)

KINDS: tuple[str, ...] = tuple(f.kind for f in FORMATS)


def detect(source: Source) -> str:
    """The kind of a file by what it holds; its name does not matter.

    The source can be read afterwards.

    Raises:
        InputError: Of no known kind, of several, empty, or broken in its first row; the
            message says what was seen.
    """
    head = look(source)
    fitting = [f.kind for f in FORMATS if f.looks_like(head)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"the format could be {' or '.join(fitting)}: the file is {head.seen}",
            where=source.name,
            todo="say which one with --from",
        )
    known = "; ".join(f"{f.kind} ({f.holds})" for f in FORMATS)
    raise InputError(
        f"the format is not known: the file is {head.seen}",
        where=source.name,
        todo=f"known formats: {known}; --from names one",
    )


def read(source: Source, kind: str) -> Iterator[Row | RowProblem]:
    """The rows of a file in order, and a `RowProblem` in place of each bad one.

    Reads as it goes, one row in memory at a time. A file that is broken as a whole may be
    noticed only behind its good rows: apply nothing before the iterator has ended.

    Raises:
        UsageError: There is no such kind.
        InputError: The file cannot be read as this kind.
    """
    for format_ in FORMATS:
        if format_.kind == kind:
            return format_.read(source)
    raise UsageError(
        f"no format is called {kind!r}{did_you_mean(kind, KINDS)}",
        todo=f"known formats: {', '.join(KINDS)}",
    )
