"""JSON lines of our own: pairs as `pair` writes them, labels as the annotation page does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from intermt.formats.reading import label_lines, pair_lines
from intermt.formats.reading.head import Head
from intermt.formats.reading.json_rows import json_rows
from intermt.formats.reading.rows import (
    LabelRow,
    PairRow,
    ReadOptions,
    Row,
    RowProblem,
    SkippedRow,
)
from intermt.formats.reading.source import Source


def looks_like(head: Head) -> bool:
    """Whether the first object is a pair or a label of ours."""
    return pair_lines.looks_like(head) or label_lines.looks_like(head)


def read(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A row for each pair and label of the file."""

    def parse(where: str, row: dict[str, Any]) -> LabelRow | PairRow | SkippedRow:
        if label_lines.MARK in row:
            return label_lines.label(where, row, options)
        return pair_lines.pair(where, row)

    return json_rows(source, parse)
