"""The files of an import: opened as often as needed, their rows in batches."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from intermt.commands.import_rejects import Layout, Shape
from intermt.commands.import_source import open_import, repeatable
from intermt.formats.reading import registry
from intermt.formats.reading.head import look
from intermt.formats.reading.rows import (
    AnswerShown,
    ConversationRow,
    LabelRow,
    PairRow,
    Row,
    RowProblem,
    SkippedRow,
)
from intermt.formats.reading.source import STDIN, Source

if TYPE_CHECKING:
    from intermt.commands.annotate_import import ImportConfig

AUTO = "auto"
_ROWS_AT_ONCE = 8000
_BYTES_AT_ONCE = 16 * 1024 * 1024


class ImportFile:
    """One input that can be read as often as needed.

    Attributes:
        name: What it is called in messages.
        format: Recognised or given.
        dataset: The collection its rows belong to.
        folder: Where its pictures are looked up.
        fetch: What gives the pictures that it names by URL; None where they are refused.
    """

    def __init__(self, name: str, config: ImportConfig, stack: contextlib.ExitStack) -> None:
        self._path = repeatable(name, stack)
        self.folder = config.images or (Path() if name == STDIN else Path(name).parent)
        self.fetch: Callable[[str], bytes] | None = None
        if config.fetch_images:
            # The client costs every other import its start.
            from intermt.commands.picture_fetching import picture_fetching

            self.fetch = stack.enter_context(picture_fetching())
        self.name = "stdin" if name == STDIN else name
        self._options = config.reading
        if config.format == AUTO:
            with self._open() as source:
                self.format = registry.detect(source, self._options)
        else:
            self.format = config.format
        self.dataset = config.dataset or self.format

    def layout(self) -> Layout:
        """How its rows stand in it."""
        with self._open() as source:
            head = look(source)
        shape: Shape = "text" if head.shape == "empty" else head.shape
        return Layout(shape, head.line.encode(errors="surrogateescape"))

    def rows(self) -> Iterator[Row | RowProblem]:
        """The rows, from the start."""
        with self._open() as source:
            yield from registry.read(source, self.format, self._options)

    def batches(self) -> Iterator[list[Row | RowProblem]]:
        """The rows in batches that fit in memory, however large a row is."""
        batch: list[Row | RowProblem] = []
        n_bytes = 0
        for row in self.rows():
            batch.append(row)
            n_bytes += _size(row)
            if len(batch) == _ROWS_AT_ONCE or n_bytes > _BYTES_AT_ONCE:
                yield batch
                batch, n_bytes = [], 0
        if batch:
            yield batch

    def _open(self) -> Source:
        source = open_import(self._path)
        source.name = self.name
        if self.name == "stdin":
            source.stem = "stdin"
        return source


def _size(row: Row | RowProblem) -> int:
    """About how many bytes a row holds."""
    if isinstance(row, SkippedRow):
        return 0
    size = len(row.raw or b"")
    if isinstance(row, LabelRow):
        for ref in (row.a, row.b):
            if isinstance(ref, AnswerShown):
                size += sum(len(m.text) + sum(map(len, m.pictures)) for m in ref.messages)
    elif isinstance(row, ConversationRow | PairRow):
        size *= 2
    return size
