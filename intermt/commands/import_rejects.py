"""Bad rows in their original form, in a file that can be mended and imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from intermt.errors import UsageError

Shape = Literal["json-list", "json-lines", "text"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a file stand in it.

    Attributes:
        shape: A JSON list, JSON lines, or a table.
        header: The first line of a table; empty otherwise.
    """

    shape: Shape
    header: bytes = b""


def layout_of_all(layouts: Sequence[tuple[str, Layout]]) -> Layout:
    """The one layout that all inputs have, by the name of each.

    Raises:
        UsageError: They have several, so that one file cannot take the bad rows of all.
    """
    (first, layout), *others = layouts
    for name, other in others:
        if other != layout:
            raise UsageError(
                f"the bad rows of {first} and {name} do not go in one file: the files differ in"
                " form or in columns",
                todo="import them one by one, each with a --rejects of its own",
            )
    return layout


def check_rejects(path: Path, files: Sequence[str]) -> None:
    """Check that a file of rejects would not replace an input.

    Raises:
        UsageError: It would.
    """
    for name in files:
        if os.path.realpath(name) == os.path.realpath(path):
            raise UsageError(
                f"--rejects names an input: {name}", todo="give the bad rows a file of their own"
            )


class Rejects:
    """Writes bad rows in a layout, as they come.

    Args:
        file: Where they go.
        layout: The layout of the files that they are from.
    """

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        self._file = file
        self._is_list = layout.shape == "json-list"
        self._n = 0
        if self._is_list:
            file.write(b"[")
        elif layout.header:
            file.write(layout.header + b"\n")

    def add(self, raw: bytes) -> None:
        """Write a row."""
        if self._is_list:
            self._file.write((b",\n" if self._n else b"\n") + raw)
        else:
            self._file.write(raw + b"\n")
        self._n += 1

    def end(self) -> None:
        """Write what comes behind the last row."""
        if self._is_list:
            self._file.write(b"\n]\n")
