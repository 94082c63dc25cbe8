"""JSON Schemas that hold a judge's reply to the form the prompts ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intermt.dimensions import find_dimension


def score_schema(dimensions: Sequence[str], with_reason: bool) -> dict[str, Any]:
    """The schema of a reply with one score for each dimension."""
    scores: dict[str, Any] = {}
    for name in dimensions:
        dimension = find_dimension(name)
        lowest = 0 if dimension is None else dimension.lowest
        scores[name] = {"type": "integer", "enum": list(range(lowest, 4))}
    return _object(scores, with_reason)


def preference_schema(
    dimensions: Sequence[str], with_reason: bool, allow_tie: bool
) -> dict[str, Any]:
    """The schema of a reply with one choice for each dimension."""
    choices = ["A", "B", "tie"] if allow_tie else ["A", "B"]
    return _object(
        {name: {"type": "string", "enum": list(choices)} for name in dimensions}, with_reason
    )


def grade_schema(with_reason: bool) -> dict[str, Any]:
    """The schema of a reply with a grade from 1 to 5."""
    return _object({"grade": {"type": "integer", "enum": [1, 2, 3, 4, 5]}}, with_reason)


def _object(fields: Mapping[str, Any], with_reason: bool) -> dict[str, Any]:
    # Models write fields in the order of the schema: with the reason first they think first.
    properties = {**({"reason": {"type": "string"}} if with_reason else {}), **fields}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
