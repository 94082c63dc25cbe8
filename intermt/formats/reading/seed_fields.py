"""What a seed question is made of, under the same names in every kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from intermt.formats.reading.fields import MISSING, BadRow, is_blank, names, one_of, text
from intermt.formats.reading.rows import RowProblem
from intermt.records import SCENARIOS, content_id

COLUMNS: dict[str, tuple[str, ...]] = {
    "text": ("question", "prompt"),
    "id": ("source_id",),
    "images": ("image", "pictures", "picture"),
    "source": (),
    "licence": ("license",),
    "task": ("task_type",),
    "scenario": (),
    "language": ("lang",),
    "intention": (),
}
"""Columns, keys or fields, and the other names they may have."""

BETWEEN_PICTURES = "|"
"""What separates the names of several pictures in one cell or line of text."""

_A_PICTURE = "the name of a picture file, or one embedded as bytes"


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """A picture that a file holds in itself."""

    content: bytes
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A seed question as its file has it.

    Attributes:
        where: See `RowProblem`.
        source_id: The file's id, or a hash of the question where it gives none.
        pictures: Names as the file has them, or the pictures themselves.
        scenario: One of `records.SCENARIOS`, or None.
        intention: What the simulated user really wants.
    """

    where: str
    source_id: str
    text: str
    pictures: tuple[str | EmbeddedPicture, ...] = ()
    source: str | None = None
    licence: str | None = None
    task: str | None = None
    scenario: str | None = None
    language: str | None = None
    intention: str | None = None


def seed_or_problem(where: str, fields: Mapping[str, Any]) -> SeedRow | RowProblem:
    """The seed question that a row's fields make, or why they make none."""
    try:
        return seed_row(where, fields)
    except BadRow as bad:
        return bad.problem(where)


def seed_row(where: str, fields: Mapping[str, Any]) -> SeedRow:
    """The seed question that a row's fields make; other fields than `COLUMNS` are passed over.

    Raises:
        BadRow: They make none.
    """
    question = _text(_one(fields, "text"), "text")
    if question is None:
        raise BadRow("text", MISSING, "the question, under one of text, question, prompt")
    pictures = _pictures(_one(fields, "images"))
    given_id = _one(fields, "id")
    if not is_blank(given_id) and not isinstance(given_id, str | int):
        raise BadRow("id", _shown(given_id), "text or a whole number")
    scenario = _text(_one(fields, "scenario"), "scenario")
    contents = [p if isinstance(p, str) else sha256(p.content).hexdigest() for p in pictures]
    return SeedRow(
        where=where,
        source_id=(
            content_id("seed", question, *contents)
            if is_blank(given_id)
            else text(str(given_id), "id")
        ),
        text=question,
        pictures=pictures,
        source=_text(_one(fields, "source"), "source"),
        licence=_text(_one(fields, "licence"), "licence"),
        task=_text(_one(fields, "task"), "task"),
        scenario=None if scenario is None else one_of(scenario, SCENARIOS, "scenario"),
        language=_text(_one(fields, "language"), "language"),
        intention=_text(_one(fields, "intention"), "intention"),
    )


def _one(fields: Mapping[str, Any], column: str) -> Any:
    """The value of a column under whichever of its names it has, or `MISSING`.

    Raises:
        BadRow: It has several values.
    """
    spellings = (column, *COLUMNS[column])
    given = [name for name in spellings if not is_blank(fields.get(name, MISSING))]
    if not given:
        return MISSING
    if len(given) > 1 and any(fields[name] != fields[given[0]] for name in given):
        raise BadRow(column, " and ".join(given), f"one of {', '.join(spellings)}")
    return fields[given[0]]


def _text(value: Any, column: str) -> str | None:
    if isinstance(value, bytes):
        raise BadRow(column, _shown(value), "text")
    return None if is_blank(value) else text(value, column)


def _pictures(value: Any) -> tuple[str | EmbeddedPicture, ...]:
    if is_blank(value):
        return ()
    given = value if isinstance(value, list) else [value]
    found = [_picture(one, f"images[{n}]") for n, one in enumerate(given)]
    return tuple(picture for picture in found if picture is not None)


def _picture(value: Any, column: str) -> str | EmbeddedPicture | None:
    name = None
    if isinstance(value, dict):
        if not value.keys() & {"bytes", "path"}:
            raise BadRow(column, f"an object with {names(value) or 'no keys'}", _A_PICTURE)
        name = _text(value.get("path", MISSING), f"{column}.path")
        value = value.get("bytes")
        if value is None:
            value = name
    if is_blank(value):
        return None
    if isinstance(value, bytes):
        return EmbeddedPicture(value, name)
    if not isinstance(value, str):
        raise BadRow(column, value, _A_PICTURE)
    return text(value, column)


def _shown(value: Any) -> Any:
    """The value, as something that can be put in words."""
    return f"{len(value)} bytes that are no text" if isinstance(value, bytes) else value
