"""The token stream of a chat reply, in the form of OpenAI's `logprobs`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intermt.records import Reply, TokenChoice

_ROUNDING = 1e-3


def token_stream(reply: Reply) -> tuple[TokenChoice, ...]:
    """The tokens of the (first) answer in order; empty where the server gives none.

    What a model thinks before it answers may be part of the stream. A token that the server
    did not give a probability for has no likely tokens.
    """
    choices = reply.data.get("choices") if isinstance(reply.data, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    logprobs = first.get("logprobs") if isinstance(first, dict) else None
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        return ()
    return tuple(_token(entry) for entry in content)


def _token(entry: dict[str, Any]) -> TokenChoice:
    text = _bytes(entry)
    others = entry.get("top_logprobs")
    found = list(_likely(others if isinstance(others, list) else ()))
    # A sampled token need not be among the likeliest ones.
    if text not in (other for other, _ in found):
        found += _likely([entry])
    return TokenChoice(text, tuple(found))


def _likely(entries: Iterable[Any]) -> Iterable[tuple[bytes, float]]:
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        logprob = entry.get("logprob")
        # Minus infinity comes as null, or as a very low number.
        if isinstance(logprob, bool) or not isinstance(logprob, int | float):
            continue
        # Rounding may take a certain token a little above 0; what is far above is none.
        if logprob <= _ROUNDING:
            yield _bytes(entry), min(float(logprob), 0.0)


def _bytes(entry: dict[str, Any]) -> bytes:
    """The bytes of a token; a piece of a character is no text of its own."""
    given = entry.get("bytes")
    are_bytes = isinstance(given, list) and all(isinstance(b, int) and 0 <= b < 256 for b in given)
    if given and are_bytes:
        return bytes(given)
    token = entry.get("token")
    return token.encode("utf-8", "surrogatepass") if isinstance(token, str) else b""
