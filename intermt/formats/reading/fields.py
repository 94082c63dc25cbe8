"""Checks of single values: what may stand in a field, and a `BadRow` if something else does."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable

from intermt.dimensions import BY_KEY, DIMENSIONS, OVERALL, Dimension, find_dimension
from intermt.formats.reading.rows import RowProblem

MISSING = object()
"""Stands for a field that is not there; unlike None it cannot come out of a file."""

ID = re.compile(r"[0-9a-f]{32}")
_WHOLE = re.compile(r"-?[0-9]{1,2}(?:\.0+)?")
_SHOWN_CHARACTERS = 60


class BadRow(Exception):
    """A row that cannot be used; `at` narrows the place down, as in `turn 3`."""

    def __init__(self, field: str, value: object, expected: str, *, at: str = "") -> None:
        super().__init__(field)
        self.field = field
        self.value = value
        self.expected = expected
        self.at = at

    def problem(self, where: str, raw: bytes | None = None) -> RowProblem:
        """The problem to report for the row at `where`; `raw` is the row itself."""
        place = f"{where}, {self.at}" if self.at else where
        # Names of columns come out of files too.
        field = self.field if self.field.isprintable() else ascii(self.field)
        return RowProblem(place, field, show(self.value), self.expected, raw)


def show(value: object) -> str:
    """A value on one short line, safe to print at a terminal."""
    if value is MISSING:
        return "missing"
    if isinstance(value, str):
        text = value[:_SHOWN_CHARACTERS]
        shown = json.dumps(text, ensure_ascii=not text.isprintable())
        return shown if len(text) == len(value) else f"{shown}... ({len(value)} characters)"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object with {names(value) or 'no keys'}"
    shown = json.dumps(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}..."


def names(keys: Iterable[object], most: int = 12) -> str:
    """Keys or columns in one short list; empty if there are none."""
    every = [str(key)[:_SHOWN_CHARACTERS] for key in keys]
    shown = [
        key if key.isprintable() and key.strip() == key != "" else ascii(key)
        for key in every[:most]
    ]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(shown) + more


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean X?)`, or nothing where nothing known is close."""
    close = difflib.get_close_matches(name[:_SHOWN_CHARACTERS].lower(), list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def is_blank(value: object) -> bool:
    """Whether a value says nothing: absent, null or empty text. Zero says something."""
    return value is MISSING or value is None or (isinstance(value, str) and not value.strip())


def text(value: object, field: str) -> str:
    """The text as written.

    Raises:
        BadRow: Not text, or with NUL characters or halves of surrogate pairs in it, which
            no database and no UTF-8 file can hold.
    """
    if not isinstance(value, str):
        raise BadRow(field, value, "text")
    if "\0" in value:
        around = value[max(0, value.index("\0") - 20) :]
        raise BadRow(field, around, f"text without NUL (at character {value.index(chr(0)) + 1})")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            around = value[max(0, error.start - 20) :]
            raise BadRow(field, around, f"UTF-8 (at character {error.start + 1})") from None
    return value


def optional_text(value: object, field: str) -> str | None:
    """The text as written, or None where there is none."""
    return None if is_blank(value) else text(value, field)


def whole_number(value: object) -> int | None:
    """The whole number that `3`, `3.0`, `"3"` and `"3.0"` mean; None for all else.

    True and false are not numbers here, nor are texts of more than two digits.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    return None


def score(value: object, dimension: Dimension, field: str) -> int | None:
    """A score on the dimension's scale; None where none was given. Zero is a score.

    Raises:
        BadRow: Something that is not a whole number on the scale.
    """
    if is_blank(value):
        return None
    number = whole_number(value)
    if number is None or not dimension.allows(number):
        scale = f"a whole number from {dimension.lowest} to {dimension.highest}"
        raise BadRow(field, value, f"{scale}, or nothing")
    return number


def dimension_key(name: str, field: str) -> str:
    """Key of the dimension that a name means, or `overall`.

    Raises:
        BadRow: Neither.
    """
    plain = name.strip().lower()
    if plain in (OVERALL, "overall_preference"):
        return OVERALL
    if (dimension := find_dimension(name)) is not None:
        return dimension.key
    hint = did_you_mean(plain, [OVERALL, *BY_KEY])
    known = ", ".join(f"{d.id} {d.key}" for d in DIMENSIONS)
    raise BadRow(field, name, f"overall or one of {known}{hint}")


def one_of(value: object, known: Iterable[str], field: str) -> str:
    """The member of `known` that a text means, in any case, hyphens for underscores.

    Raises:
        BadRow: None of them.
    """
    members = list(known)
    if isinstance(value, str):
        if value in members:
            return value
        plain = value.strip().lower()
        for member in members:
            if plain.replace("-", "_") == member.replace("-", "_"):
                return member
    raise BadRow(field, value, f"one of {', '.join(members)}")
