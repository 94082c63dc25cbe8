"""The beginning of a file: enough to tell formats apart, and to say what was seen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from intermt.errors import InputError
from intermt.formats.reading.fields import names, show
from intermt.formats.reading.json_rows import JSON_SPACE, first_character, split_list
from intermt.formats.reading.source import Source


@dataclass(frozen=True, slots=True)
class Head:
    """What a file begins with.

    Attributes:
        shape: A JSON list, JSON lines, other text, or nothing at all.
        first: First object of a JSON file; empty for other shapes.
        line: First line of other text that is not blank; empty for JSON.
        seen: What a person would call it.
    """

    shape: Literal["json-list", "json-lines", "text", "empty"]
    first: dict[str, Any]
    line: str
    seen: str

    def has(self, *keys: str) -> bool:
        """Whether the first object has all these keys."""
        return all(key in self.first for key in keys)


def look(source: Source) -> Head:
    """What a file begins with; everything is left to be read.

    Reads no further than the end of the first row. Takes invalid UTF-8, repeated keys and
    NaN as they come: which format a file has does not hang on a bad first row.

    Raises:
        InputError: The JSON is cut short or broken in the first row, or that row is not an
            object.
    """
    first = first_character(source)
    if not first:
        return Head("empty", {}, "", "an empty file")
    if first == b"[":
        for _, raw in split_list(source.chunks(keep=True), source):
            keys = _keys(raw, f"{source.name}: item 1")
            return Head("json-list", keys, "", f"a JSON list of {_objects(keys)}")
        return Head("json-list", {}, "", "an empty JSON list")
    for n, raw in enumerate(source.lines(keep=True), start=1):
        line = raw.strip(JSON_SPACE)
        if line and first == b"{":
            keys = _keys(line, f"{source.name}:{n}")
            return Head("json-lines", keys, "", f"JSON lines of {_objects(keys)}")
        if line:
            text = raw.decode(errors="surrogateescape")
            return Head("text", {}, text, f"text that starts with {show(text)}")
    raise AssertionError("a file that is not blank has a line that is not blank")


def _objects(first: dict[str, Any]) -> str:
    return f"objects with {names(first) or 'no keys'}"


def _keys(raw: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode(errors="replace"))
    except (ValueError, RecursionError) as error:
        detail = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(
            f"the first row is not valid JSON: {detail[:200]}",
            where=where,
            todo="give a JSON list of objects, or JSON lines with one whole object on each",
        ) from error
    if not isinstance(value, dict):
        raise InputError(
            f"the first row is {show(value)}, not a JSON object",
            where=where,
            todo="give a JSON list of objects, or JSON lines with one whole object on each",
        )
    return value
