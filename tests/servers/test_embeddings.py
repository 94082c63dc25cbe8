from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from intermt.config import Server
from intermt.records import Call, ImagePart, Message, TextPart
from intermt.servers.embeddings import embed_call, embed_messages_call, vectors
from tests.servers.local import answer, sent, server


def call(to: Server) -> Call:
    return embed_call(to, ["cat", "dog"], model="minilm")


def entry(index: int | None, *vector: Any) -> dict[str, Any]:
    return {"object": "embedding", "index": index, "embedding": list(vector)}


def test_vectors_come_in_the_order_of_the_texts() -> None:
    bodies: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        bodies.append((request.path, await request.json()))
        data = [entry(1, 0.5, 2), entry(0, 1.0, -1.0)]
        return answer({"data": data, "usage": {"prompt_tokens": 4}, "model": "minilm"})

    reply = sent(handler, call)
    assert bodies == [
        ("/v1/embeddings", {"model": "minilm", "input": ["cat", "dog"], "encoding_format": "float"})
    ]
    assert (reply.state, reply.tokens_in, reply.tokens_out) == ("ok", 4, None)
    assert vectors(reply) == [[1.0, -1.0], [0.5, 2]]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"data": []},
        {"data": [entry(0, 1.0)]},
        {"data": [entry(0, 1.0), entry(0, 1.0)]},
        {"data": [entry(0, 1.0), entry(1, 1.0, 2.0)]},
        {"data": [entry(0, 1.0), entry(1, "x")]},
        {"data": [entry(0, 1.0), entry(1)]},
        {"data": [entry(0, 1.0), {"embedding": "AAAA"}]},
    ],
)
def test_anything_but_one_vector_a_text_is_unparsed(data: Any) -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return answer(data)

    assert sent(handler, call).state == "unparsed"


def test_the_key_is_of_texts_and_model() -> None:
    to = server("http://a/v1")
    keys = {
        embed_call(to, ["a"], model="m").request_key,
        embed_call(to, ["b"], model="m").request_key,
        embed_call(to, ["a"], model="n").request_key,
        embed_call(server("http://b/v1"), ["a"], model="m").request_key,
    }
    assert len(keys) == 3


def of_messages(to: Server) -> Call:
    talk = [
        Message("user", (TextPart("What is this?"), ImagePart(missing="not found", name="a.png"))),
        Message("assistant", (TextPart("A weir."),)),
    ]
    return embed_messages_call(to, talk, model="vlm")


def test_a_conversation_has_one_vector() -> None:
    bodies: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return answer({"data": [entry(0, 0.5, 2)], "model": "vlm"})

    reply = sent(handler, of_messages)
    assert (reply.state, vectors(reply)) == ("ok", [[0.5, 2]])
    (body,) = bodies
    assert body["encoding_format"] == "float"
    assert [message["role"] for message in body["messages"]] == ["user", "assistant"]
    assert "[picture missing: a.png (not found)]" in body["messages"][0]["content"]
    assert "input" not in body


def test_two_vectors_for_a_conversation_are_none() -> None:
    async def handler(_: web.Request) -> web.Response:
        return answer({"data": [entry(0, 0.5), entry(1, 0.5)]})

    reply = sent(handler, of_messages)
    assert (reply.state, reply.error) == ("unparsed", "2 embeddings for 1 texts")


def test_pictures_of_a_conversation_are_part_of_what_is_asked() -> None:
    to = Server("s", "embed", ("http://x/v1",))
    picture = ImagePart(sha256="0" * 64, tag="<Image, a weir>")
    call = embed_messages_call(to, [Message("user", (picture,))], model="m")
    other = embed_messages_call(to, [Message("user", (ImagePart(sha256="1" * 64),))], model="m")
    assert call.images == ("0" * 64,)
    assert call.request_key != other.request_key
