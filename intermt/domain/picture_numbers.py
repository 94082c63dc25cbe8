"""Numbers of pictures: 1, 2, ... through a conversation, as its models are told them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intermt.domain.tool_routing import Speaker
from intermt.records import ImagePart, Message, Part, TextPart


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of a conversation.

    Attributes:
        sha256: Its content address.
        key: What it contributes to the id of a node that shows it.
        speaker: Who showed it.
    """

    sha256: str
    key: str
    speaker: Speaker


def shown_in(history: Sequence[Message]) -> list[Shown]:
    """The pictures of a conversation in order; the place of each, from 1, is its number.

    Missing ones have no number.
    """
    return [
        Shown(part.sha256, part.key, "user" if message.role == "user" else "assistant")
        for message in history
        for part in message.parts
        if isinstance(part, ImagePart) and part.sha256 is not None
    ]


def numbered(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with `[picture N]` on a line before each picture, counted from 1."""
    count = 0
    told: list[Message] = []
    for message in messages:
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ImagePart) and part.sha256 is not None:
                count += 1
                parts.append(TextPart(f"\n[picture {count}]\n"))
            parts.append(part)
        told.append(Message(message.role, tuple(parts)))
    return tuple(told)
