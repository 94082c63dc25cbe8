"""Each state a call can end in, and each cause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from intermt.records import ImagePart, Message
from intermt.servers.chat import chat_call, choices
from tests.servers.local import Handler, answer, ask, b64, png, said, sent


def always(respond: Callable[[], web.Response]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        await request.read()
        return respond()

    return handler


def replying(data: Any, status: int = 200, **headers: str) -> Handler:
    return always(
        lambda: answer(data, status, {k.replace("_", "-"): v for k, v in headers.items()})
    )


def test_an_answer_is_ok_with_all_it_reports() -> None:
    reply = sent(replying(said("four legs")))
    assert (reply.state, reply.text, reply.error) == ("ok", "four legs", "")
    assert (reply.tokens_in, reply.tokens_out, reply.model) == (7, 3, "tiny")
    assert (reply.http_status, reply.attempts, reply.simulated) == (200, 1, False)
    assert reply.url.startswith("http://127.0.0.1:")
    assert reply.latency_ms > 0
    assert reply.finished_at is not None
    assert reply.finished_at.tzinfo is None
    assert reply.data["choices"][0]["message"]["content"] == "four legs"


@pytest.mark.parametrize(
    ("data", "state", "error"),
    [
        (said(""), "empty", "no text"),
        (said(None), "empty", "no text"),
        (said(" \n"), "empty", "no text"),
        (said("half an ans", finish="length"), "truncated", "length limit"),
        (said("", finish="content_filter"), "refused", "content filter"),
        (said(None, refusal="I would rather not"), "refused", "I would rather not"),
        ({"choices": []}, "unparsed", "no choices"),
        ({"id": "x"}, "unparsed", "no choices"),
        ([], "unparsed", "no choices"),
        (None, "unparsed", "no choices"),
        ({"choices": [{"text": "old style"}]}, "unparsed", "no choices"),
        ({"choices": "many"}, "unparsed", "no choices"),
        (said(5), "unparsed", "neither text nor parts"),  # type: ignore[arg-type]
        ({"error": {"message": "engine is dead"}}, "unparsed", "engine is dead"),
    ],
)
def test_what_a_reply_says_decides_the_state(data: Any, state: str, error: str) -> None:
    reply = sent(replying(data))
    assert reply.state == state
    assert error in reply.error
    assert reply.attempts == 1


def test_a_cut_answer_keeps_its_text() -> None:
    assert sent(replying(said('{"score": 5, "rea', finish="length"))).text == '{"score": 5, "rea'


def test_a_tool_call_without_text_is_ok() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "draw", "arguments": "{}"}}
    reply = sent(replying(said(None, finish="tool_calls", tool_calls=[call])))
    assert (reply.state, reply.text) == ("ok", "")
    assert reply.data["choices"][0]["message"]["tool_calls"] == [call]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_thinking_stays_out_of_the_text(field: str) -> None:
    reply = sent(replying(said("B", **{field: "A or B? Let me see"})))
    assert reply.text == "B"
    assert reply.data["choices"][0]["message"][field] == "A or B? Let me see"
    assert sent(replying(said("", **{field: "hm"}))).state == "empty"


@pytest.mark.parametrize(
    ("text", "said_after"),
    [
        ("<think>A? no</think>\n\nB", "B"),
        ("A? no</think>\nB", "B"),
        (
            "the tags <think> and </think> mark thinking",
            "the tags <think> and </think> mark thinking",
        ),
        ("<think>never ends", "<think>never ends"),
    ],
)
def test_thinking_left_in_the_content_is_taken_out(text: str, said_after: str) -> None:
    reply = sent(replying(said(text)))
    assert reply.text == said_after
    assert reply.data["choices"][0]["message"]["content"] == text


def test_several_answers_are_ok_if_one_is() -> None:
    data = said("cut", finish="length")
    data["choices"] += [
        {"index": 2, "message": {"content": "second"}, "finish_reason": "stop"},
        {"index": 1, "message": {"content": "first"}, "finish_reason": "stop"},
    ]
    reply = sent(replying(data))
    assert (reply.state, reply.text) == ("ok", "first")
    assert choices(reply) == ["first", "second"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "bad temperature", "code": 400}}, "bad temperature"),
        ({"error": "no such thing"}, "no such thing"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ({"message": "nope"}, "nope"),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_4xx_is_rejected_once_in_the_servers_words(body: Any, words: str, status: int) -> None:
    reply = sent(replying(body, status))
    assert (reply.state, reply.http_status, reply.attempts) == ("rejected", status, 1)
    assert words in reply.error


def test_a_filtered_request_is_refused() -> None:
    error = {"error": {"message": "not allowed", "code": "content_policy_violation"}}
    assert sent(replying(error, 400)).state == "refused"


def test_a_redirect_is_not_followed() -> None:
    reply = sent(replying({}, 302, Location="http://elsewhere.invalid/"))
    assert reply.state == "rejected"
    assert "elsewhere.invalid" in reply.error


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "image input is not supported - hint: you may need to provide the mmproj"),
        (500, "tools param requires --jinja flag"),
        (503, "Unsupported response_format"),
        (501, "This server does not support completions."),
    ],
)
def test_what_a_server_cannot_do_is_rejected_at_once(status: int, words: str) -> None:
    reply = sent(replying({"error": {"code": status, "message": words}}, status))
    assert (reply.state, reply.attempts, reply.http_status) == ("rejected", 1, status)
    assert words in reply.error


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_to_the_end(status: int) -> None:
    reply = sent(replying({"error": {"message": "too busy"}}, status), max_attempts=3)
    assert (reply.state, reply.http_status, reply.attempts) == ("exhausted", status, 3)
    assert reply.error == f"HTTP {status}: too busy"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b"<html><head><style>b{}</style></head><h1>502  Bad</h1></html>",
            "HTML instead of JSON: 502 Bad",
        ),
        (b'{"choices": [', "broken JSON"),
        (b"", "an empty body"),
        (b"data: [DONE]", "broken JSON"),
    ],
)
def test_success_that_is_never_json_is_unparsed(body: bytes, words: str) -> None:
    reply = sent(always(lambda: web.Response(body=body)), max_attempts=2)
    assert (reply.state, reply.attempts, reply.data) == ("unparsed", 2, None)
    assert words in reply.error


def flaky(*first: Callable[[web.Request], Any]) -> Handler:
    """Fails in the given ways, one a request, and answers after that."""
    left = list(first)

    async def handler(request: web.Request) -> web.StreamResponse:
        await request.read()
        if not left:
            return answer(said("at last"))
        made = left.pop(0)(request)
        return await made if asyncio.iscoroutine(made) else made

    return handler


def reset(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def hang(request: web.Request) -> web.Response:
    await asyncio.sleep(5)
    return web.Response()


FAULTS: dict[str, Callable[[web.Request], Any]] = {
    "500": lambda _: web.Response(status=500, text="Internal Server Error"),
    "429": lambda _: web.Response(status=429, headers={"Retry-After": "0"}),
    "html": lambda _: web.Response(text="<html>proxy</html>", content_type="text/html"),
    "broken": lambda _: web.Response(text='{"a":'),
    "reset": reset,
    "cut": cut_body,
    "hang": hang,
    "abort": lambda _: answer(said("hal", finish="abort")),
    "inner": lambda _: answer({"error": {"message": "upstream busy", "code": 502}}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_passing_fault_is_tried_again(name: str) -> None:
    reply = sent(flaky(FAULTS[name]), timeout_s=0.2)
    assert (reply.state, reply.text, reply.attempts) == ("ok", "at last", 2)
    assert reply.error == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reset", "ServerDisconnected"),
        ("cut", "Payload"),
        ("hang", "within 0.05 s"),
        ("abort", "abort"),
    ],
)
def test_faults_that_persist_end_exhausted(name: str, words: str) -> None:
    reply = sent(flaky(*[FAULTS[name]] * 2), timeout_s=0.05, max_attempts=2)
    assert (reply.state, reply.attempts) == ("exhausted", 2)
    assert words in reply.error


def test_html_and_500_in_turn_are_exhausted() -> None:
    reply = sent(flaky(FAULTS["500"], FAULTS["html"]), max_attempts=2)
    assert reply.state == "exhausted"


def test_malformed_http_does_not_raise() -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(b"HTTP/9 what\r\nnonsense\r\n\r\n")
        request.transport.close()
        return web.Response()

    assert sent(handler, max_attempts=2).state == "exhausted"


def test_a_reply_over_the_cap_is_exhausted_at_once() -> None:
    reply = sent(replying(said("x" * 5000)), max_reply_bytes=4000)
    assert (reply.state, reply.attempts, reply.error) == ("exhausted", 1, "reply over 4000 bytes")


def test_a_long_error_body_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(status=400)
        await response.prepare(request)
        await response.write(b'{"error": {"message": "' + b"y" * 300_000)
        await asyncio.sleep(0.5)
        return response

    reply = sent(endless, timeout_s=0.3, max_attempts=1)
    assert (reply.state, reply.http_status) == ("rejected", 400)
    assert len(reply.error) == 500


def test_odd_unicode_and_numbers_are_read() -> None:
    body = b'{"choices":[{"message":{"content":"a\\ud83d \xff"},"logprobs":{"x":-Infinity}}]}'
    reply = sent(always(lambda: web.Response(body=body)))
    assert (reply.state, reply.text) == ("ok", "a� �")
    assert reply.data["choices"][0]["logprobs"] == {"x": None}


def test_deep_nesting_is_no_crash() -> None:
    assert (
        sent(always(lambda: web.Response(body=b"[" * 200_000)), max_attempts=1).state == "unparsed"
    )


def test_a_picture_in_a_chat_answer_is_kept_out_of_the_data() -> None:
    uri = f"data:image/png;base64,{b64(png())}"
    content = [{"type": "text", "text": "here"}, {"type": "image_url", "image_url": {"url": uri}}]
    reply = sent(replying(said(content)))  # type: ignore[arg-type]
    assert (reply.state, reply.text, reply.picture) == ("ok", "here", png())
    assert "base64" not in str(reply.data)


@pytest.mark.parametrize(
    ("data", "headers", "simulated"),
    [
        (said(), {"X_Intermt_Simulated": "1"}, True),
        (said() | {"system_fingerprint": "intermt-simulator-1"}, {}, True),
        (said() | {"system_fingerprint": "vllm-0.32.0"}, {}, False),
    ],
)
def test_a_stand_in_is_known(data: Any, headers: dict[str, str], simulated: bool) -> None:
    assert sent(replying(data, **headers)).simulated is simulated


def test_too_many_pictures_are_rejected_unsent() -> None:
    def call(to: Any) -> Any:
        message = Message("user", tuple(ImagePart(sha256=f"{i:064}") for i in range(3)))
        return chat_call(to, [message], model="m", temperature=0, max_tokens=5)

    async def handler(request: web.Request) -> web.Response:
        raise AssertionError("a request was made")

    reply = sent(handler, call, max_images=2, images=lambda _: png())
    assert (reply.state, reply.attempts, reply.http_status) == ("rejected", 0, None)
    assert "3 pictures, but max_images = 2" in reply.error


@pytest.mark.parametrize("content", [None, b"no picture", png()[:40]])
def test_an_unreadable_picture_is_rejected_unsent(content: bytes | None) -> None:
    def images(sha256: str) -> bytes:
        if content is None:
            raise FileNotFoundError(2, "No such file", f"images/{sha256}")
        return content

    def call(to: Any) -> Any:
        message = Message("user", (ImagePart(sha256="ab" * 32),))
        return chat_call(to, [message], model="m", temperature=0, max_tokens=5)

    reply = sent(replying(said()), call, images=images, max_image_px=4)
    assert (reply.state, reply.attempts) == ("rejected", 0)
    assert "picture " + "ab" * 32 in reply.error


KEY = "lab-0123456789abcdef"


def test_the_key_is_sent_and_never_shown() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return answer({"error": {"message": f"bad key {KEY}, header Bearer {KEY}"}}, 401)

    reply = sent(handler, api_key_env="LAB_KEY", environ={"LAB_KEY": f"{KEY}\n"})
    assert seen == [f"Bearer {KEY}"]
    assert KEY not in repr(reply)
    assert reply.error == "HTTP 401: bad key [key], header [key]"


def test_a_key_repeated_in_a_good_answer_is_taken_out() -> None:
    reply = sent(
        replying(said(f"your key is {KEY}")), api_key_env="LAB_KEY", environ={"LAB_KEY": KEY}
    )
    assert reply.text == "your key is [key]"
    assert KEY not in repr(reply)


def test_keys_of_others_are_taken_out_of_errors() -> None:
    reply = sent(replying({"error": {"message": "Incorrect API key: sk-proj-abc***xyz."}}, 401))
    assert "abc" not in reply.error


def test_a_request_with_the_key_of_nobody_has_no_authorization() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return answer(said())

    assert sent(handler).state == "ok"


def test_lone_surrogates_in_a_prompt_can_be_sent() -> None:
    got: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        got.append(await request.json())
        return answer(said())

    assert sent(handler, lambda to: ask(to, "odd \ud83d text")).state == "ok"
    assert got[0]["messages"][0]["content"] == "odd \ud83d text"


def test_cookies_are_neither_kept_nor_sent() -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        await request.read()
        seen.append(request.headers.get("cookie"))
        if len(seen) == 1:
            return web.Response(status=500, headers={"set-cookie": "lane=1; Path=/"})
        return answer(said())

    assert sent(handler).attempts == 2
    assert seen == [None, None]


def test_a_packed_reply_is_unpacked() -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        response = answer(said("unpacked"))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    assert sent(handler).text == "unpacked"
