"""Making a call fit the limits of its server, by a rule that the user chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from intermt.config import Server
from intermt.records import Call, ImagePart, Message, TextPart
from intermt.servers.limits import why_over

LimitRule = Literal["fail", "shrink", "drop-oldest"]
"""What is done with a call that is over a limit of its server: nothing (it is rejected with
the limit named), sending its pictures smaller, or leaving out the oldest ones."""

SMALLEST_PX = 256

Build = Callable[[Sequence[Message], int | None, int], Call]
"""Makes the call from messages, the longest side of their pictures, and how many of the
pictures that tools made for this very answer are left out, the oldest first."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A call as it will be made.

    Attributes:
        call: The call; still over the limit where nothing helps, and then rejected.
        notes: What was done to it, for the record.
    """

    call: Call
    notes: tuple[str, ...] = ()


def fitted(
    rule: LimitRule, server: Server, messages: Sequence[Message], build: Build, n_made: int = 0
) -> Fitted:
    """The call that asks `messages`, changed by the rule where it is over a limit.

    Args:
        rule: The rule.
        server: Whom to ask.
        messages: The conversation.
        build: Makes the call.
        n_made: Pictures that tools have made for this answer so far.
    """
    whole = build(messages, None, 0)
    over = "" if rule == "fail" else why_over(server, whole)
    if not over:
        return Fitted(whole)
    if rule == "shrink":
        return _shrunk(server, messages, build, over) or Fitted(whole)
    return _without_oldest(server, messages, build, over, n_made) or Fitted(whole)


def _shrunk(server: Server, messages: Sequence[Message], build: Build, over: str) -> Fitted | None:
    side = server.max_image_px
    while side > SMALLEST_PX:
        side = max(SMALLEST_PX, side // 2)
        call = build(messages, side, 0)
        if not why_over(server, call):
            return Fitted(call, (f"pictures sent with at most {side} px a side: {over}",))
    return None


def _without_oldest(
    server: Server, messages: Sequence[Message], build: Build, over: str, n_made: int
) -> Fitted | None:
    n_earlier = sum(isinstance(p, ImagePart) for m in messages for p in m.parts)
    n_pictures = n_earlier + n_made
    for n_left_out in range(1, n_pictures + 1):
        shorter = _left_out(messages, n_left_out)
        call = build(shorter, None, max(0, n_left_out - n_earlier))
        if not why_over(server, call):
            note = f"the {n_left_out} oldest of {n_pictures} pictures left out: {over}"
            return Fitted(call, (note,))
    return None


def _left_out(messages: Sequence[Message], n: int) -> list[Message]:
    """The messages with a note in place of each of the first `n` pictures."""
    shorter: list[Message] = []
    for message in messages:
        parts = list(message.parts)
        for i, part in enumerate(parts):
            if isinstance(part, ImagePart) and n > 0:
                parts[i] = TextPart("[this picture was shown earlier and is left out here]\n")
                n -= 1
        shorter.append(Message(message.role, tuple(parts)))
    return shorter
