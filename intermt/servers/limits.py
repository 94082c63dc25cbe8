"""What a chat call takes of a server's limits, estimated before it is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from intermt.config import Server
from intermt.records import Call

_PIXELS_PER_TOKEN = 28 * 28
"""As vision models of the Qwen family count; others take fewer tokens a picture."""
_ASCII_PER_TOKEN = 4
_PER_MESSAGE = 4


def why_over(server: Server, call: Call) -> str:
    """Which limit of the server a call exceeds, in words; "" if none that is known."""
    most = server.max_images
    if most is not None and len(call.images) > most:
        return f"{len(call.images)} pictures, but max_images = {most} for server {server.name!r}"
    room = server.max_context_tokens
    if call.kind != "chat" or room is None:
        return ""
    n_tokens = estimated_tokens(call, server.max_image_px)
    if n_tokens <= room:
        return ""
    return (
        f"about {n_tokens} tokens ({len(call.images)} pictures of at most"
        f" {call.max_image_px or server.max_image_px} px and the answer included), but"
        f" max_context_tokens = {room} for server {server.name!r}"
    )


def estimated_tokens(call: Call, max_image_px: int) -> int:
    """Tokens of a chat call's prompt and its longest answer together, rather too many.

    Every picture counts as a square of the longest side that is sent.
    """
    side = call.max_image_px or max_image_px
    n_text = _text_tokens(call.body.get("messages")) + _text_tokens(call.body.get("tools"))
    n_messages = len(call.body.get("messages") or ())
    n_pictures = len(call.images) * math.ceil(side * side / _PIXELS_PER_TOKEN)
    n_answer = int(call.body.get("max_tokens") or 0)
    return math.ceil(n_text) + _PER_MESSAGE * n_messages + n_pictures + n_answer


def _text_tokens(value: Any) -> float:
    if isinstance(value, str):
        n_ascii = sum(c < "\x80" for c in value)
        return n_ascii / _ASCII_PER_TOKEN + len(value) - n_ascii
    if isinstance(value, Mapping):
        # A picture is named by its hash, which is not sent.
        return sum(_text_tokens(item) for name, item in value.items() if name != "image_url")
    if isinstance(value, Sequence):
        return sum(_text_tokens(item) for item in value)
    return 0.0
