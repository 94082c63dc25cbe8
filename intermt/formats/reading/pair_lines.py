"""Preference pairs in the form that `pair --format jsonl` writes, one object a line.

`{"pair_id", "level", "mode", "dimension", "seed_id", "turn", "prefix", "chosen", "rejected",
"chosen_id", "rejected_id", "agreement", "n_annotators", "n_votes": {"chosen", "rejected",
"tie"}, "margin", "verified", "split"}`; `prefix`, `chosen` and `rejected` are lists of
`{"role", "content": [{"type": "text", "text"} | {"type": "image", "path", "sha256"}]}`.
`turn`, `agreement`, `margin`, `verified` and `split` may be null or absent, `simulated` and
`synthetic` (true or false) absent. Other keys are passed over.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast, get_args

from intermt.dimensions import BY_KEY, LEVELS, OVERALL, Level
from intermt.formats.reading.fields import (
    ID,
    BadRow,
    dimension_key,
    is_blank,
    one_of,
    optional_text,
    text,
    whole_number,
)
from intermt.formats.reading.head import Head
from intermt.formats.reading.json_rows import field
from intermt.formats.reading.rows import (
    PairMessage,
    PairPicture,
    PairRow,
    VoteCounts,
)
from intermt.records import PairMode

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ROLES = ("system", "user", "assistant")
# Whoever rebuilds the votes of a pair makes one record for each that is counted here.
_MOST = 1_000_000


def _flag(row: dict[str, Any], name: str) -> bool:
    value = field(row, name)
    if is_blank(value):
        return False
    if not isinstance(value, bool):
        raise BadRow(name, value, "true or false")
    return value


_SIDES = ("chosen", "rejected", "tie")


def looks_like(head: Head) -> bool:
    """Whether the first object has the sides and the votes of a pair."""
    return head.has("pair_id", "chosen", "rejected", "n_votes")


def pair(where: str, row: dict[str, Any]) -> PairRow:
    """The pair that an object is.

    Raises:
        BadRow: It is none.
    """
    level = cast(Level, one_of(field(row, "level"), LEVELS, "level"))
    dimension = dimension_key(text(field(row, "dimension"), "dimension"), "dimension")
    if dimension != OVERALL and BY_KEY[dimension].level != level:
        raise BadRow("dimension", dimension, f"overall or a {level} dimension")
    chosen_id, rejected_id = _id(row, "chosen_id"), _id(row, "rejected_id")
    if chosen_id == rejected_id:
        raise BadRow("rejected_id", rejected_id, "another answer than chosen_id")
    agreement = _number(row, "agreement")
    if agreement is not None and not 0 <= agreement <= 1:
        raise BadRow("agreement", agreement, "a share from 0 to 1, or null")
    turn = field(row, "turn")
    verified = field(row, "verified")
    if not (is_blank(verified) or isinstance(verified, bool)):
        raise BadRow("verified", verified, "true, false or null")
    votes = field(row, "n_votes")
    if not isinstance(votes, dict):
        raise BadRow("n_votes", votes, "an object with chosen, rejected and tie")
    return PairRow(
        where=where,
        pair_id=_id(row, "pair_id"),
        level=level,
        mode=cast(PairMode, one_of(field(row, "mode"), get_args(PairMode), "mode")),
        dimension=dimension,
        seed_id=_id(row, "seed_id"),
        prefix=_messages(row, "prefix"),
        chosen=_messages(row, "chosen"),
        rejected=_messages(row, "rejected"),
        chosen_id=chosen_id,
        rejected_id=rejected_id,
        n_votes=VoteCounts(*(_count(field(votes, s), f"n_votes.{s}") for s in _SIDES)),
        n_annotators=_count(field(row, "n_annotators"), "n_annotators"),
        turn=None if is_blank(turn) else _count(turn, "turn", at_least=1),
        agreement=agreement,
        margin=_number(row, "margin"),
        verified=verified if isinstance(verified, bool) else None,
        split=optional_text(field(row, "split"), "split"),
        simulated=_flag(row, "simulated"),
        synthetic=_flag(row, "synthetic"),
    )


def _id(row: dict[str, Any], name: str) -> str:
    value = field(row, name)
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise BadRow(name, value, "an id of 32 hex digits, as pair writes it")
    return value


def _count(value: Any, name: str, *, at_least: int = 0) -> int:
    number = whole_number(value)
    if number is None or isinstance(value, str) or not at_least <= number <= _MOST:
        raise BadRow(name, value, f"a whole number from {at_least} to {_MOST}")
    return number


def _number(row: dict[str, Any], name: str) -> float | None:
    value = field(row, name)
    if is_blank(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRow(name, value, "a number or null")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadRow(name, value, "a number of ordinary size, or null")
    return number


def _messages(row: dict[str, Any], name: str) -> tuple[PairMessage, ...]:
    value = field(row, name)
    if not isinstance(value, list) or not (value or name == "prefix"):
        raise BadRow(name, value, "a list of messages")
    return tuple(_message(message, f"{name}[{i}]") for i, message in enumerate(value))


def _message(message: Any, name: str) -> PairMessage:
    if not isinstance(message, dict):
        raise BadRow(name, message, "an object with role and content")
    role = field(message, "role")
    content = field(message, "content")
    if role not in _ROLES:
        raise BadRow(f"{name}.role", role, f"one of {', '.join(_ROLES)}")
    if not isinstance(content, list):
        raise BadRow(f"{name}.content", content, "a list of texts and images")
    parts = (_part(part, f"{name}.content[{i}]") for i, part in enumerate(content))
    return PairMessage(role, tuple(parts))


def _part(part: Any, name: str) -> str | PairPicture:
    if isinstance(part, dict) and part.get("type") == "text":
        return text(field(part, "text"), f"{name}.text")
    if isinstance(part, dict) and part.get("type") == "image":
        path = optional_text(field(part, "path"), f"{name}.path")
        sha256 = optional_text(field(part, "sha256"), f"{name}.sha256")
        if sha256 is not None and not _SHA256.fullmatch(sha256):
            raise BadRow(f"{name}.sha256", sha256, "64 hex digits")
        if path is None and sha256 is None:
            raise BadRow(name, part, "an image with a path or a sha256")
        return PairPicture(path, sha256)
    raise BadRow(name, part, 'an object of type "text" or "image"')
