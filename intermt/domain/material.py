"""How a conversation is laid out inside one message, for models that read or judge it.

Each message stands under a heading, between two lines that carry a mark made from a hash of
the whole material. Text written by others cannot contain that mark, so it can fake neither a
heading nor the end of a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from intermt.records import ImagePart, Message, Part, TextPart


def fence_for(messages: Sequence[Message]) -> str:
    """A mark that no text of these messages contains, the same on every machine."""
    digest = hashlib.sha256()
    for message in messages:
        for part in message.parts:
            text = part.text if isinstance(part, TextPart) else f"{part.name}{part.tag}{part.key}"
            digest.update(f"{message.role}\0{text}\0".encode("utf-8", "surrogatepass"))
    return f"material-{digest.hexdigest()[:16]}"


def turn_numbers(messages: Sequence[Message], begin: int = 1) -> list[int]:
    """The turn of each message: every user message after an answer begins a new one."""
    numbers: list[int] = []
    turn, answered = begin, False
    for message in messages:
        if message.role == "user" and answered:
            turn, answered = turn + 1, False
        answered = answered or message.role == "assistant"
        numbers.append(turn)
    return numbers


def conversation_parts(messages: Sequence[Message], fence: str, begin: int = 1) -> list[Part]:
    """The messages under headings such as `### Turn 2, user`, each fenced.

    Args:
        messages: Both sides in order.
        fence: See `fence_for`.
        begin: Turn of the first message.
    """
    parts: list[Part] = []
    for message, turn in zip(messages, turn_numbers(messages, begin), strict=True):
        parts.append(TextPart(f"### Turn {turn}, {message.role}"))
        parts.extend(fenced_parts(message, fence))
    return parts


def fenced_parts(message: Message, fence: str) -> list[Part]:
    """The text and pictures of one message between its two marked lines."""
    inside = _merged([shown for part in message.parts for shown in tagged(part)], "")
    return [TextPart(f"<<< {fence}"), *inside, TextPart(f">>> {fence}")]


def tagged(part: Part) -> list[Part]:
    """A part as a reader sees it: a picture stands behind the tag that asked for it."""
    if isinstance(part, TextPart):
        return [part]
    tag: list[Part] = [TextPart(part.tag)] if part.tag else []
    return [*tag, shown(part)]


def shown(part: ImagePart) -> Part:
    """The picture, or a bracketed note that names it and says why it is missing."""
    if part.sha256 is not None and part.missing is None:
        return replace(part, tag=None)
    name = part.name or "a picture without a name"
    return TextPart(f" [picture missing from this record: {name} ({part.missing or 'not there'})]")


def on_lines(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with neighbouring texts made one text, each beginning a line."""
    return tuple(_merged(parts, "\n"))


def _merged(parts: Iterable[Part], between: str) -> list[Part]:
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, TextPart) and isinstance(last, TextPart):
            merged[-1] = TextPart(f"{last.text}{between}{part.text}")
        else:
            merged.append(part)
    return merged
