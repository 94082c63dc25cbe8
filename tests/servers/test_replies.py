"""Nothing that a server can say makes a reader raise."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.records import Reply, ServerKind
from intermt.servers.calls import make_call
from intermt.servers.chat import choices
from intermt.servers.client import Client
from intermt.servers.embeddings import vectors
from intermt.servers.exchange import Answer
from intermt.servers.outcome import of_answer
from intermt.servers.replies import (
    MAX_ERROR_CHARS,
    NotJSONError,
    error_message,
    parse_json,
    redacted,
    without_picture_bytes,
)
from tests.servers.local import FAST, ask, no_pictures, server

# Names that readers look for, so that hypothesis gets past their first look.
NAMES = st.sampled_from(
    """choices message content finish_reason refusal index text image_url url images tool_calls
    data embedding results image caption b64_json error code usage prompt_tokens model
    type""".split()  # noqa: SIM905 - a list would be a line a name
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 600)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["length", "stop", "abort", "data:image/png;base64,AAAA", "content_filter"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


def chatty(message: Any, finish: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish}]}


ANY_REPLY = JSON | st.builds(chatty, st.dictionaries(NAMES, JSON, max_size=5), JSON)


@settings(max_examples=300, deadline=None)
@given(
    data=ANY_REPLY,
    kind=st.sampled_from(["chat", "draw", "edit", "retrieve", "embed"]),
    status=st.sampled_from([200, 200, 200, 201, 302, 400, 404, 429, 500]),
)
def test_every_json_is_read_as_some_outcome(data: Any, kind: ServerKind, status: int) -> None:
    call = make_call(server("http://a/v1"), kind, "/x", {"input": ["a"]}, model="m")
    outcome = asyncio.run(of_answer(call, Answer(status, {}, orjson.dumps(data)), ""))
    if outcome.reading.state == "ok":
        assert outcome.reading.error == ""
        assert status < 300
    else:
        assert outcome.reading.error
    reply = Reply(call.request_key, outcome.reading.state, data=outcome.data)
    assert all(isinstance(text, str) for text in choices(reply))
    vectors(reply)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_every_body_is_json_or_said_not_to_be(body: bytes) -> None:
    assert isinstance(error_message(body), str)
    with suppress(NotJSONError):
        orjson.dumps(parse_json(body))


@pytest.mark.parametrize("depth", [300, 1000, 5000, 100_000])
def test_deep_nesting_is_not_json_to_us(depth: int) -> None:
    body = b'{"error":' + b"[" * depth + b"]" * depth + b"}"
    with pytest.raises(NotJSONError):
        parse_json(body)
    assert error_message(body).startswith('{"error":[[')


def test_many_shallow_brackets_are_fine() -> None:
    body = orjson.dumps({"data": [{"embedding": [0.5]} for _ in range(5000)]})
    assert len(parse_json(body)["data"]) == 5000


@given(st.text(max_size=700), st.text(min_size=4, max_size=20))
def test_an_error_never_shows_the_key(text: str, key: str) -> None:
    shown = redacted(f"{text} {key} {text}", key)
    assert key not in shown.replace("[key]", "") or key in "[key]"
    assert len(shown) <= MAX_ERROR_CHARS


def test_picture_bytes_are_replaced_wherever_they_are() -> None:
    data = {"data": [{"b64_json": "QUJD", "n": 1}], "x": ["data:image/png;base64,QUJD", "text"]}
    assert without_picture_bytes(data) == {
        "data": [{"b64_json": "[4 characters of base64]", "n": 1}],
        "x": ["[data URI of 26 characters]", "text"],
    }


RAW = [
    b"",
    b"\r\n\r\n",
    b"garbage",
    b"HTTP/1.1 200\r\n\r\n{}",
    b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\n\xff\xfe: \x80\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/\xe4; charset=nope\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nSet-Cookie: \x00=\x01\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 301 Moved\r\nLocation: ://\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://caf\xe9/\xed\xa0\x80\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/0.9 200 OK\r\n\r\n{}",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x01\x00\x02\x02F",
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_no_raw_answer_makes_a_call_raise(raw: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    async def run() -> Reply:
        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            to = server(f"http://127.0.0.1:{port}/v1", max_attempts=2, timeout_s=0.5)
            async with Client(to, no_pictures, environ={}, pacing=FAST) as client:
                return await client.send(ask(to))

    reply = asyncio.run(run())
    assert reply.state in ("exhausted", "unparsed", "rejected")
    assert reply.error
    # The ledger takes it: half a character cannot be stored.
    assert reply.error.encode()


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/v1", "http://no-such-host.invalid/v1"])
def test_no_bad_address_makes_a_call_raise(url: str) -> None:
    async def run() -> Reply:
        to = server(url, max_attempts=1, timeout_s=5)
        async with Client(to, no_pictures, environ={}, pacing=FAST) as client:
            return await client.send(ask(to))

    reply = asyncio.run(run())
    assert (reply.state, reply.http_status) == ("exhausted", None)
    assert reply.url == url
