"""Ids that are hashes of what they name."""

from __future__ import annotations

import hashlib
import json

# Made once: `json.dumps` would make one for each of the millions of ids of an import.
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def content_id(kind: str, *parts: object) -> str:
    """A 32-character hex id of what `parts` say, under a kind of its own.

    Parts are anything JSON holds; equal parts give equal ids on every machine. 128 bits of
    SHA-256, so that two records among a billion meet with probability below 1e-20.
    """
    text = _CANONICAL.encode([kind, *parts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
