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

Build = Callable[[Sequence[Message], int | None], Call]
"""Makes the call from messages and the longest side of their pictures."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A call as it will be made.

    Attributes:
        call: The call; still over the limit where nothing helps, and then rejected.
        notes: What was done to it, for the record.
    """

    call: Call
    notes: tuple[str, ...] = ()


def fitted(rule: LimitRule, server: Server, messages: Sequence[Message], build: Build) -> Fitted:
    """The call that asks `messages`, changed by the rule where it is over a limit."""
    whole = build(messages, None)
    over = "" if rule == "fail" else why_over(server, whole)
    if not over:
        return Fitted(whole)
    changed = _shrunk if rule == "shrink" else _without_oldest
    return changed(server, messages, build, over) or Fitted(whole)


def _shrunk(server: Server, messages: Sequence[Message], build: Build, over: str) -> Fitted | None:
    side = server.max_image_px
    while side > SMALLEST_PX:
        side = max(SMALLEST_PX, side // 2)
        call = build(messages, side)
        if not why_over(server, call):
            return Fitted(call, (f"pictures sent with at most {side} px a side: {over}",))
    return None


def _without_oldest(
    server: Server, messages: Sequence[Message], build: Build, over: str
) -> Fitted | None:
    n_pictures = sum(isinstance(p, ImagePart) for m in messages for p in m.parts)
    for n_left_out in range(1, n_pictures + 1):
        call = build(_left_out(messages, n_left_out), None)
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
