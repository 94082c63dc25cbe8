"""Rows for trainers that take pictures: placeholders in the text, paths beside it.

A trainer that counts placeholders would take a literal `<image>` in somebody's text for a
picture. Such a word gets a space after its bracket, `< image>`, which a reader understands
and no trainer counts.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

import orjson

from intermt.formats.writing.pairs import ByteSink, PairRecord, PairWriter, Pictures
from intermt.formats.writing.parquet_file import ParquetFile, Type
from intermt.formats.writing.text_rows import PAIR_KINDS, Row, about, line_faults
from intermt.records import ImagePart, Message, TextPart

PLACEHOLDER = "<image>"
COUNTED = (PLACEHOLDER, "<video>", "<audio>")
"""What trainers take for a picture, a film or a sound, wherever it stands."""

GUESSED_BYTES = 10 * 2**20
"""`datasets` gives columns their types by this much of a file of JSON lines."""

ABOUT_COLUMNS: dict[str, Type] = {
    "margin": "float",
    "strength": "float",
    "pair_id": "text",
    "dimension": "text",
    "simulated": "bool",
    "synthetic": "bool",
    "split": "text",
}
"""The columns of `text_rows.about`; `split` is null where none was asked for."""

RowOf = Callable[[PairRecord, Pictures], Row]
Check = Callable[[Path, Pictures], tuple[int, list[str]]]


class _Lines:
    def __init__(self, sink: ByteSink, pictures: Pictures, row_of: RowOf) -> None:
        self._sink = sink
        self._pictures = pictures
        self._row_of = row_of

    def write(self, pair: PairRecord) -> None:
        """Write one pair."""
        row = self._row_of(pair, self._pictures) | about(pair)
        self._sink.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Nothing: the last line is the end."""


class _Table:
    def __init__(
        self, sink: ByteSink, pictures: Pictures, columns: Mapping[str, Type], row_of: RowOf
    ) -> None:
        self._file = ParquetFile(sink, columns)
        self._pictures = pictures
        self._row_of = row_of

    def write(self, pair: PairRecord) -> None:
        """Write one pair."""
        self._file.write(self._row_of(pair, self._pictures))

    def close(self) -> None:
        """Write what ends the file."""
        self._file.close()


def lines_of(row_of: RowOf) -> Callable[[ByteSink, Pictures], PairWriter]:
    """Makes writers of JSON lines with what `row_of` says, and what is known of the pair."""
    return lambda sink, pictures: _Lines(sink, pictures, row_of)


def table_of(
    columns: Mapping[str, Type], row_of: RowOf
) -> Callable[[ByteSink, Pictures], PairWriter]:
    """Makes writers of Parquet files with what `row_of` says in these columns."""
    return lambda sink, pictures: _Table(sink, pictures, columns, row_of)


def line_check(
    faults_of: Callable[[Row, Pictures], Iterable[str]],
    lists: tuple[str, ...] = (),
    guessed_rows: float = math.inf,
    kinds: Mapping[str, type] = PAIR_KINDS,
) -> Check:
    """Makes a `PairFormat.check` of JSON lines.

    Args:
        faults_of: What is wrong with one row.
        lists: Keys of lists that may be empty. One that is empty all through the first
            `GUESSED_BYTES` and not empty later makes `datasets` fail.
        guessed_rows: Rows after which the trainer fails likewise.
        kinds: Keys that every row has, and the kinds of their values.
    """

    def check(file: Path, pictures: Pictures) -> tuple[int, list[str]]:
        n_rows, n_bytes = 0, 0
        faults: list[str] = []
        empty = set(lists)
        with file.open("rb") as stream:
            for line in stream:
                found = line_faults(line, lambda row: faults_of(row, pictures), kinds)
                filled = {key for key in empty if not found and orjson.loads(line)[key]}
                if n_bytes > GUESSED_BYTES or n_rows >= guessed_rows:
                    found += [f"{key} {_TOO_LATE}" for key in sorted(filled)]
                empty -= filled
                n_rows += 1
                n_bytes += len(line)
                faults.extend(f"row {n_rows}: {fault}" for fault in found)
        return n_rows, faults

    return check


_TOO_LATE = (
    "has the first pictures of the file, so late that the trainer's loader has taken the column"
    " for one of empty lists and fails; shuffled lines load (-o - | shuf)"
)


def table_check(faults_of: Callable[[Row, Pictures], Iterable[str]]) -> Check:
    """Makes a `PairFormat.check` of Parquet files, for what is wrong with one row."""

    def check(file: Path, pictures: Pictures) -> tuple[int, list[str]]:
        assert pictures.table is not None, "only the store reads Parquet"
        n_rows = 0
        faults: list[str] = []
        for row in pictures.table(file):
            n_rows += 1
            faults.extend(f"row {n_rows}: {fault}" for fault in faults_of(row, pictures))
        return n_rows, faults

    return check


# --- messages ----------------------------------------------------------------------------


def escaped(text: str, counted: tuple[str, ...] = COUNTED) -> str:
    """The text with a space in what a trainer would count."""
    for word in counted:
        text = text.replace(word, f"< {word[1:]}")
    return text


def with_placeholders(
    messages: Iterable[Message], counted: tuple[str, ...] = COUNTED
) -> list[tuple[str, str]]:
    """Role and text of each message, `<image>` where a picture stands."""
    return [
        (
            message.role,
            # In one piece: a word may begin in one part and end in the next.
            PLACEHOLDER.join(escaped(text, counted) for text in _between_pictures(message)),
        )
        for message in messages
    ]


def blocks(message: Message) -> list[dict[str, str | None]]:
    """The parts of a message as `type` and `text`; a picture has no text."""
    return [
        {"type": "text", "text": part.text}
        if isinstance(part, TextPart)
        else {"type": "image", "text": None}
        for part in message.parts
    ]


def plain(message: Message) -> str:
    """All text of a message without its pictures."""
    return "".join(_between_pictures(message))


def addresses(messages: Iterable[Message]) -> list[str]:
    """The hashes of the pictures in reading order.

    Raises:
        ValueError: One is missing.
    """
    found = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                if part.sha256 is None:
                    raise ValueError("a missing picture where the trainer needs a file")
                found.append(part.sha256)
    return found


def paths(messages: Iterable[Message], pictures: Pictures) -> list[str]:
    """The paths of the pictures in reading order.

    Raises:
        ValueError: One has no file.
    """
    return [_path(sha256, pictures) for sha256 in addresses(messages)]


def embedded(messages: Iterable[Message], pictures: Pictures) -> list[dict[str, Any]]:
    """The pictures in reading order, with bytes and file name.

    Raises:
        ValueError: One has no file.
    """
    return [
        {"bytes": pictures.read(sha256), "path": PurePath(_path(sha256, pictures)).name}
        for sha256 in addresses(messages)
    ]


def _path(sha256: str, pictures: Pictures) -> str:
    path = pictures.path_of(sha256)
    if path is None:
        raise ValueError("a missing picture where the trainer needs a file")
    return path


def _between_pictures(message: Message) -> list[str]:
    texts = [""]
    for part in message.parts:
        if isinstance(part, TextPart):
            texts[-1] += part.text
        else:
            texts.append("")
    return texts


# --- what is wrong with a written row ----------------------------------------------------


def count_faults(texts: Iterable[str], n_pictures: int, *, name: str) -> list[str]:
    """Whether placeholders are as many as pictures, in words if not."""
    n = sum(text.count(PLACEHOLDER) for text in texts)
    if n == n_pictures:
        return []
    return [f"{n} {PLACEHOLDER} for {n_pictures} pictures in {name}"]


def block_faults(messages: Iterable[Mapping[str, Any]], n_pictures: int, *, name: str) -> list[str]:
    """Whether picture blocks are as many as pictures, in words if not."""
    n = sum(block["type"] == "image" for message in messages for block in message["content"])
    if n == n_pictures:
        return []
    return [f"{n} places for {n_pictures} pictures in {name}"]


def embedded_faults(images: Iterable[Mapping[str, Any]], *, name: str) -> list[str]:
    """Whether embedded pictures are the files that they are named after, in words if not."""
    faults = []
    for image in images:
        # The reader takes bytes that are UTF-8 for text.
        data = image["bytes"].encode() if isinstance(image["bytes"], str) else image["bytes"]
        if PurePath(image["path"]).stem != hashlib.sha256(data).hexdigest():
            faults.append(f"a picture in {name} is not the one it is named after")
    return faults
