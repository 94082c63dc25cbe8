"""Single values of labels in the spellings that tools and people use for them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from intermt.formats.reading.fields import MISSING, BadRow, is_blank, whole_number
from intermt.records import Choice

CHOICES: dict[str, Choice] = {
    **dict.fromkeys(("a", "1", "left"), "a"),
    **dict.fromkeys(("b", "2", "right"), "b"),
    **dict.fromkeys(("tie", "0"), "tie"),
}
"""What may be said of two answers, in any case."""

_ACCEPTED = "A, B or tie; also 1, 2, 0, left, right, or the answer's own name"

Skipped = Literal["cancelled", "draft", "discarded", "pending", "rejected"]

STATES: dict[str, Skipped | None] = {
    **dict.fromkeys(("approved", "accepted", "accept", "submitted", "completed", "done"), None),
    **dict.fromkeys(("rejected", "reject"), "rejected"),
    **dict.fromkeys(
        ("cancelled", "canceled", "skipped", "skip", "ignored", "ignore", "expired", "returned"),
        "cancelled",
    ),
    "draft": "draft",
    "discarded": "discarded",
    **dict.fromkeys(("pending", "open", "assigned"), "pending"),
}
"""What a status says about a label; None for one that counts."""

_SIDES = (("a", "answer_a", "text_a"), ("b", "answer_b", "text_b"))
_LATEST_SECONDS = 100_000_000_000
# How marketplaces for crowd work write times; they know their own two zones only.
_CROWD_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [0-9]{1,2} [0-9:]{8}) (PST|PDT|UTC|GMT) ([0-9]{4})"
)
_ZONES = {"PST": -8, "PDT": -7, "UTC": 0, "GMT": 0}


def choice_of(value: Any, field: str, shown: Mapping[str, Any]) -> Choice | None:
    """What a value says of answers A and B; None where it says nothing.

    A value may be one of `CHOICES`, alone or alone in a list; the id or the text that the
    file has for one of the two; or a ranking of the two, as names in order or as objects with
    `value` and `rank`, where equal ranks are a tie.

    Args:
        value: As read.
        field: What it stands in.
        shown: The fields of the row, for ids and texts.

    Raises:
        BadRow: Something else.
    """
    if is_blank(value) or value == []:
        return None
    if isinstance(value, list):
        if len(value) == 1 and not isinstance(value[0], dict | list):
            return choice_of(value[0], field, shown)
        return _ranked(value, field, shown)
    number = whole_number(value)
    if isinstance(value, str) or number is not None:
        plain = str(value).strip()
        # Tables write numbers as 2.0 where one of a column is missing.
        word = plain.lower() if number is None else str(number)
        if (choice := CHOICES.get(word)) is not None:
            return choice
        named: list[Choice] = [
            side  # type: ignore[misc]
            for side, *places in _SIDES
            if any(plain == str(shown[place]).strip() for place in places if place in shown)
        ]
        if len(named) == 1:
            return named[0]
    raise BadRow(field, value, _ACCEPTED)


def _ranked(value: list[Any], field: str, shown: Mapping[str, Any]) -> Choice:
    ranking = "or both answers, the better one first or each with its value and rank"
    bad = BadRow(field, value, f"{_ACCEPTED}; {ranking}")
    if len(value) != 2:
        raise bad
    if all(isinstance(one, dict) for one in value):
        named = [choice_of(one.get("value", MISSING), field, shown) for one in value]
        ranks = [one.get("rank") for one in value]
        if not all(isinstance(rank, int | float) and not math.isnan(rank) for rank in ranks):
            raise bad
    else:
        named = [choice_of(one, field, shown) for one in value]
        ranks = [1, 2]
    if set(named) != {"a", "b"}:
        raise bad
    if ranks[0] == ranks[1]:
        return "tie"
    best = named[0] if ranks[0] < ranks[1] else named[1]
    return "a" if best == "a" else "b"


def status_of(value: Any) -> Skipped | None:
    """Why a label of this status does not count; None where it does.

    Raises:
        BadRow: No status that is known.
    """
    if is_blank(value):
        return None
    plain = value.strip().lower() if isinstance(value, str) else ""
    if plain not in STATES:
        raise BadRow("status", value, f"one of {', '.join(STATES)}")
    return STATES[plain]


def time_of(value: Any, field: str) -> datetime | None:
    """A time in naive UTC; None where there is none.

    Reads ISO 8601 (UTC where no offset is given), seconds or milliseconds since 1970 as a
    number, and `Tue Mar 01 14:30:00 PST 2026`.

    Raises:
        BadRow: No time.
    """
    if is_blank(value):
        return None
    try:
        if isinstance(value, str):
            time = _crowd_time(value.strip()) or datetime.fromisoformat(value.strip())
            return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) > _LATEST_SECONDS else value
            return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        pass
    raise BadRow(field, value, "a time as in 2026-03-01T14:30:00Z")


def _crowd_time(value: str) -> datetime | None:
    found = _CROWD_TIME.fullmatch(value)
    if found is None:
        return None
    day, zone, year = found.groups()
    time = datetime.strptime(f"{day} {year}", "%b %d %H:%M:%S %Y")
    return time.replace(tzinfo=timezone(timedelta(hours=_ZONES[zone])))


def seconds_of(value: Any, field: str) -> float | None:
    """A length of time in seconds; None where there is none.

    Raises:
        BadRow: No number, or below zero.
    """
    if is_blank(value):
        return None
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            seconds = float(value)
            if math.isfinite(seconds) and seconds >= 0:
                return seconds
    except (ValueError, OverflowError):
        pass
    raise BadRow(field, value, "a number of seconds, or nothing")
