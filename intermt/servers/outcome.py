"""What one attempt of a call amounts to: an end, or a reason to try again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from intermt.records import Call, CallState, ServerKind
from intermt.servers.chat import read_chat
from intermt.servers.embeddings import read_embeddings
from intermt.servers.exchange import Answer, NoAnswerError
from intermt.servers.pacing import retry_after_s
from intermt.servers.pictures import read_drawn, read_retrieved
from intermt.servers.pool import Health
from intermt.servers.replies import (
    NotJSONError,
    Reading,
    error_message,
    error_status,
    is_error,
    is_filtered,
    is_simulated,
    parse_json,
    without_picture_bytes,
    without_secret,
)
from intermt.servers.reward import read_reward

_READERS: Mapping[ServerKind, Callable[[Call, Any], Reading]] = {
    "chat": read_chat,
    "draw": read_drawn,
    "edit": read_drawn,
    "retrieve": read_retrieved,
    "embed": read_embeddings,
    "reward": read_reward,
}
# llama.cpp answers 500 to pictures for a model without eyes and to tools without a template.
_CANNOT = re.compile(r"\b(?:not supported|unsupported|requires? --[a-z])", re.IGNORECASE)
_NOT_IMPLEMENTED = 501
# Decoding a picture takes long enough to hold up every other call.
_IN_THREAD: frozenset[ServerKind] = frozenset({"draw", "edit", "retrieve"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt, understood.

    Attributes:
        reading: How the call ends, if this is its last attempt.
        health: What the pool should know.
        status: HTTP status; None if no answer came.
        data: The JSON, without picture bytes and key.
        simulated: Whether a stand-in answered.
    """

    reading: Reading
    health: Health
    status: int | None = None
    data: Any = None
    simulated: bool = False


def is_retried(status: int) -> bool:
    """Whether an HTTP status may be another one next time."""
    return status in (408, 425, 429) or status >= 500


def of_no_answer(error: NoAnswerError) -> Outcome:
    """The outcome of a connection that failed or a deadline that passed."""
    reading = Reading("exhausted", error=str(error), again=True)
    return Outcome(reading, Health(answered=False, congested=error.timed_out))


async def of_answer(call: Call, answer: Answer, secret: str) -> Outcome:
    """The outcome of an HTTP answer to a call."""
    body = without_secret(answer.body, secret)
    if answer.over_cap:
        reading = Reading("exhausted", error=f"reply over {len(answer.body)} bytes")
        return Outcome(reading, Health(), answer.status)
    if not answer.is_success:
        return _of_error(answer, body)
    try:
        data = parse_json(body)
    except NotJSONError as error:
        text = f"HTTP {answer.status} with {error}"
        return Outcome(
            Reading("unparsed", error=text, again=True), Health(answered=False), answer.status
        )
    if is_error(data):
        if (status := error_status(data)) is not None:
            return _of_error(replace(answer, status=status), body)
        words = error_message(body)
        reading = Reading("unparsed", error=f"HTTP {answer.status} with an error: {words}")
    elif call.kind in _IN_THREAD:
        reading = await asyncio.to_thread(_READERS[call.kind], call, data)
    else:
        reading = _READERS[call.kind](call, data)
    if b"b64_json" in body or b";base64," in body:
        data = without_picture_bytes(data)
    simulated = is_simulated(answer.headers, data)
    return Outcome(reading, Health(answered=not reading.again), answer.status, data, simulated)


def _of_error(answer: Answer, body: bytes) -> Outcome:
    status = answer.status
    words = error_message(body)
    text = f"HTTP {status}: {words}"
    simulated = is_simulated(answer.headers, None)
    cannot = status == _NOT_IMPLEMENTED or (status >= 500 and _CANNOT.search(words))
    if is_retried(status) and not cannot:
        health = Health(
            answered=status < 500,
            congested=status in (408, 429, 503),
            pause_s=retry_after_s(answer.headers.get("retry-after")),
        )
        reading = Reading("exhausted", error=text, again=True)
        return Outcome(reading, health, status, simulated=simulated)
    if 300 <= status < 400:
        # Bytes that are no UTF-8 come as half a character, which JSON cannot hold.
        target = answer.headers.get("location", "nowhere").encode(errors="replace").decode()
        text = f"HTTP {status}: redirects to {target}; redirects are not followed"
    state: CallState = "refused" if status == 400 and is_filtered(body) else "rejected"
    return Outcome(Reading(state, error=text), Health(), status, simulated=simulated)
