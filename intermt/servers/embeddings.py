"""Embedding calls and the vectors of their replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intermt.config import Server
from intermt.records import Call, Message, Reply
from intermt.servers.calls import make_call
from intermt.servers.chat import message_bodies, pictures_of
from intermt.servers.replies import Reading

PATH = "/embeddings"

BEYOND = "numbers beyond 32 bits"
_LARGEST = 3.4e38


def embed_call(server: Server, texts: Sequence[str], *, model: str) -> Call:
    """The call that asks for one vector per text."""
    body = {"input": list(texts), "encoding_format": "float"}
    return make_call(server, "embed", PATH, body, model=model)


def embed_messages_call(server: Server, messages: Sequence[Message], *, model: str) -> Call:
    """The call that asks for one vector of a whole conversation, its pictures included.

    vLLM takes messages of a chat here for multimodal embedding models, and applies the
    model's own chat template.
    """
    written = message_bodies(messages, in_place=True)
    body = {"messages": written, "encoding_format": "float"}
    return make_call(server, "embed", PATH, body, model=model, images=pictures_of(written))


def read_embeddings(call: Call, data: Any) -> Reading:
    """Whether a reply holds a vector for all that `call` asks about, all of one length."""
    found = _vectors(data)
    if found is None:
        return Reading("unparsed", error="the reply has no list of embeddings as numbers")
    wanted = len(call.body["input"]) if "input" in call.body else 1
    if len(found) != wanted:
        return Reading("unparsed", error=f"{len(found)} embeddings for {wanted} texts")
    if not all(abs(x) <= _LARGEST for vector in found for x in vector):
        return Reading("unparsed", error=BEYOND)
    if len({len(vector) for vector in found}) > 1:
        return Reading("unparsed", error="the embeddings are of different lengths")
    return Reading("ok")


def vectors(reply: Reply) -> list[list[float]]:
    """The vectors of an ok reply, in the order of what was asked about."""
    return _vectors(reply.data) or []


def _vectors(data: Any) -> list[list[float]] | None:
    found = data.get("data") if isinstance(data, dict) else None
    if not isinstance(found, list):
        return None
    by_index: dict[int, list[float]] = {}
    for place, entry in enumerate(found):
        vector = entry.get("embedding") if isinstance(entry, dict) else None
        if not isinstance(vector, list) or not vector:
            return None
        if not all(isinstance(x, int | float) and not isinstance(x, bool) for x in vector):
            return None
        index = entry.get("index")
        by_index[index if isinstance(index, int) else place] = vector
    if sorted(by_index) != list(range(len(found))):
        return None
    return [by_index[i] for i in range(len(found))]
