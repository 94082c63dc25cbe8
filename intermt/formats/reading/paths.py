"""Values inside objects, by paths with dots."""

from __future__ import annotations

from typing import Any

from intermt.formats.reading.fields import MISSING


def inside(value: dict[str, Any], path: str) -> Any:
    """What stands at a path, or `MISSING`.

    A key that is the whole path comes first; else dots go into objects, and numbers between
    dots into lists, from 0.
    """
    if path in value:
        return value[path]
    found: Any = value
    for key in path.split("."):
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return MISSING
    return found
