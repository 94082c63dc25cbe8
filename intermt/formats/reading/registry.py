"""The formats that can be read, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from intermt.errors import InputError, UsageError
from intermt.formats.reading import (
    argilla,
    intermt_release,
    label_studio,
    own_lines,
    prodigy,
    vote_table,
)
from intermt.formats.reading.fields import did_you_mean
from intermt.formats.reading.head import Head, look
from intermt.formats.reading.rows import ReadOptions, Row, RowProblem
from intermt.formats.reading.source import Source

Option = Literal["map", "role", "predictions-as"]
LABELS: tuple[Option, ...] = ("map", "role")
"""What says something about labels in columns or fields with free names."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        kind: Its name on the command line.
        holds: What such a file holds, in a few words.
        looks_like: Whether a file that begins like this is one.
        read: Its rows and problems.
        heeds: The options that say something about such a file.
    """

    kind: str
    holds: str
    looks_like: Callable[[Head], bool]
    read: Callable[[Source, ReadOptions], Iterator[Row | RowProblem]]
    heeds: tuple[Option, ...] = ()


FORMATS: tuple[Format, ...] = (
    Format(
        "intermt-bench",
        "conversations, scores or preferences as InterMT releases them",
        intermt_release.looks_like,
        intermt_release.read,
        LABELS,
    ),
    Format(
        "jsonl",
        "pairs as `pair` writes them, labels as the annotation page writes them",
        own_lines.looks_like,
        own_lines.read,
        ("role",),
    ),
    Format(
        "label-studio",
        "an export of Label Studio: JSON, JSON_MIN, CSV or TSV",
        label_studio.looks_like,
        label_studio.read,
        (*LABELS, "predictions-as"),
    ),
    Format(
        "argilla",
        "records of Argilla: to_json, to_list or to_datasets",
        argilla.looks_like,
        argilla.read,
        (*LABELS, "predictions-as"),
    ),
    Format("prodigy", "tasks of Prodigy's db-out", prodigy.looks_like, prodigy.read, LABELS),
    Format(
        "csv",
        "a table of votes; with --map any table",
        vote_table.looks_like,
        vote_table.read,
        LABELS,
    ),
)

_NOTHING_SAID = ReadOptions()

KINDS: tuple[str, ...] = tuple(f.kind for f in FORMATS)


def detect(source: Source, options: ReadOptions = _NOTHING_SAID) -> str:
    """The kind of a file by what it holds; its name does not matter.

    The source can be read afterwards. Where the user says what is where, a file of no other
    kind is a table.

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
    if options.columns and head.shape != "empty":
        return "csv"
    known = "; ".join(f"{f.kind} ({f.holds})" for f in FORMATS)
    raise InputError(
        f"the format is not known: the file is {head.seen}",
        where=source.name,
        todo=f"known formats: {known}; --from names one",
    )


def read(
    source: Source, kind: str, options: ReadOptions = _NOTHING_SAID
) -> Iterator[Row | RowProblem]:
    """The rows of a file in order, and a `RowProblem` in place of each bad one.

    Reads as it goes, one row in memory at a time. A file that is broken as a whole may be
    noticed only behind its good rows: apply nothing before the iterator has ended.

    Raises:
        UsageError: There is no such kind, or an option says nothing about it.
        InputError: The file cannot be read as this kind.
    """
    format_ = _named(kind)
    for option in _given(options):
        if option not in format_.heeds:
            raise UsageError(
                f"--{option} says nothing about {source.name}: it is {kind}, {format_.holds}",
                todo="leave it out",
            )
    return format_.read(source, options)


def _given(options: ReadOptions) -> list[Option]:
    given: dict[Option, object] = {
        "map": options.columns or options.values,
        "role": options.role,
        "predictions-as": options.predictions_as,
    }
    return [option for option, value in given.items() if value]


def _named(kind: str) -> Format:
    for format_ in FORMATS:
        if format_.kind == kind:
            return format_
    raise UsageError(
        f"no format is called {kind!r}{did_you_mean(kind, KINDS)}",
        todo=f"known formats: {', '.join(KINDS)}",
    )
