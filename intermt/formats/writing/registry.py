"""The formats that preference pairs can be written in."""

from __future__ import annotations

from intermt.errors import UsageError
from intermt.formats.writing import pair_lines
from intermt.formats.writing.pairs import PairFormat

FORMATS: tuple[PairFormat, ...] = (pair_lines.FORMAT,)
"""A new one is its module, a line here and a test."""

NAMES: tuple[str, ...] = tuple(format_.name for format_ in FORMATS)


def find(name: str) -> PairFormat:
    """The format of this name.

    Raises:
        UsageError: There is none.
    """
    for format_ in FORMATS:
        if format_.name == name:
            return format_
    raise UsageError(f"no format is called {name!r}", todo=f"formats: {', '.join(NAMES)}")
