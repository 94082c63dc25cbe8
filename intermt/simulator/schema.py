"""JSON that is valid under a JSON schema, for the part of the language the stand-in knows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from intermt.simulator.wire import ApiError

Path = tuple[str | int, ...]
"""Where a value stands: names of properties, numbers of array items and of alternatives."""

_DEEPEST = 64
_MOST_ITEMS = 1000
_MOST_CHARACTERS = 100_000
_SPREAD = 10

_NOTES = frozenset({"title", "description", "default", "examples", "$schema", "$id", "$comment"})
_KNOWN: dict[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"minLength", "maxLength"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
    "null": frozenset(),
}


class Voice(Protocol):
    """Decides what stands in the places that a schema leaves open."""

    def choose(self, path: Path, options: Sequence[Any]) -> Any:
        """One of the options."""

    def whole(self, path: Path, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""

    def fraction(self, path: Path) -> float:
        """A number from 0 to 1."""

    def words(self, path: Path) -> str:
        """A text of any length."""

    def flag(self, path: Path) -> bool:
        """Yes or no."""


def fill(schema: Any, voice: Voice, path: Path = ()) -> Any:
    """A value that is valid under `schema`, in the words of `voice`.

    Known are `type` (also a list of types), `enum`, `const`, `anyOf`, `properties`,
    `required`, `additionalProperties`, `items`, `minItems`, `maxItems`, `minimum`,
    `maximum`, `minLength`, `maxLength`, and everything that only annotates. All properties
    are given, also those that are not required.

    Raises:
        ApiError: Another keyword, a schema no value fits, or one nested too deeply.
    """
    if schema is True:
        schema = {"type": "string"}
    if not isinstance(schema, Mapping) or len(path) > _DEEPEST:
        raise _cannot("is no object or is nested too deeply", path)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        options = schema["enum"]
        if not isinstance(options, list) or not options:
            raise _cannot("enum must be a list that is not empty", path)
        return voice.choose(path, options)
    if "anyOf" in schema:
        return _fill_any(schema, voice, path)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return _fill_any({"anyOf": [_narrowed(schema, one) for one in kind]}, voice, path)
    return _fill_kind(kind, schema, voice, path)


def _fill_kind(kind: Any, schema: Mapping[str, Any], voice: Voice, path: Path) -> Any:
    known = _KNOWN.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise _cannot(f"type {kind!r} is not known", path)
    if unknown := sorted(set(schema) - known - _NOTES - {"type"}):
        raise _cannot(f"the keyword {unknown[0]!r} is not known for {kind}", path)
    match kind:
        case "object":
            return _fill_object(schema, voice, path)
        case "array":
            low, high = _sizes(schema, "minItems", "maxItems", _MOST_ITEMS, path)
            count = voice.whole((*path, "number of items"), low, min(high, max(low, 3)))
            items = schema.get("items", True)
            return [fill(items, voice, (*path, number)) for number in range(count)]
        case "string":
            low, high = _sizes(schema, "minLength", "maxLength", _MOST_CHARACTERS, path)
            return voice.words(path)[:high].ljust(low, ".")
        case "integer":
            bottom, top = _bounds(schema, path)
            low, high = math.ceil(bottom), math.floor(top)
            if low > high:
                raise _cannot("no whole number lies between minimum and maximum", path)
            return voice.whole(path, low, high)
        case "number":
            bottom, top = _bounds(schema, path)
            value = round(bottom + voice.fraction(path) * (top - bottom), 3)
            return min(max(value, bottom), top)
        case "boolean":
            return voice.flag(path)
    return None


def _fill_object(schema: Mapping[str, Any], voice: Voice, path: Path) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    others = schema.get("additionalProperties", True)
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        raise _cannot("properties must be an object and required a list", path)
    wanted = dict(properties)
    for name in required:
        if name in wanted:
            continue
        if others is False or not isinstance(name, str):
            raise _cannot(f"{name!r} is required but not allowed", path)
        wanted[name] = others
    return {name: fill(part, voice, (*path, name)) for name, part in wanted.items()}


def _fill_any(schema: Mapping[str, Any], voice: Voice, path: Path) -> Any:
    alternatives = schema["anyOf"]
    if unknown := sorted(set(schema) - _NOTES - {"anyOf"}):
        raise _cannot(f"the keyword {unknown[0]!r} is not known beside anyOf", path)
    if not isinstance(alternatives, list) or not alternatives:
        raise _cannot("anyOf and a list of types must not be empty", path)
    number = voice.whole((*path, "alternative"), 0, len(alternatives) - 1)
    return fill(alternatives[number], voice, (*path, number))


def _narrowed(schema: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """The schema for one type of several, without keywords that belong to the others."""
    foreign = {word for name, words in _KNOWN.items() if name != kind for word in words}
    own = _KNOWN.get(kind, frozenset()) if isinstance(kind, str) else frozenset()
    return {k: v for k, v in schema.items() if k not in foreign - own} | {"type": kind}


def _bounds(schema: Mapping[str, Any], path: Path) -> tuple[float, float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    for bound in (low, high):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
            raise _cannot("minimum and maximum must be numbers", path)
    if low is None:
        low = 0 if high is None or high >= 0 else high - _SPREAD
    if high is None:
        high = low + _SPREAD
    if low > high:
        raise _cannot("minimum is above maximum", path)
    return low, high


def _sizes(
    schema: Mapping[str, Any], least: str, most: str, limit: int, path: Path
) -> tuple[int, int]:
    low, high = schema.get(least, 0), schema.get(most, limit)
    for size in (low, high):
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise _cannot(f"{least} and {most} must be whole numbers from 0", path)
    if low > min(high, limit):
        raise _cannot(f"{least} is above {most} or above {limit}", path)
    return low, high


def _cannot(why: str, path: Path) -> ApiError:
    where = "".join(f"/{name}" for name in path) or "/"
    return ApiError(f"the JSON schema at {where}: {why}", "response_format")
