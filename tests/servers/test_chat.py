from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from intermt.records import Call, ImagePart, Message, Part, TextPart
from intermt.servers.chat import chat_call
from intermt.servers.client import Client
from tests.servers.local import FAST, answer, ask, b64, png, said, server, serving

A, B, C = "a" * 64, "b" * 64, "c" * 64
GPU = server("http://gpu1:8000/v1")


def user(*parts: Part) -> Message:
    return Message("user", parts)


def assistant(*parts: Part) -> Message:
    return Message("assistant", parts)


def call(*messages: Message, **options: Any) -> Call:
    return chat_call(
        GPU, messages, **{"model": "m", "temperature": 0.5, "max_tokens": 9, **options}
    )


def image(sha256: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"sha256": sha256}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_text_alone_is_a_plain_string() -> None:
    made = call(Message("system", (TextPart("Be brief."),)), user(TextPart("a"), TextPart("b")))
    assert made.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "ab"},
    ]
    assert made.images == ()


def test_text_and_pictures_keep_their_order() -> None:
    made = call(user(TextPart("x"), ImagePart(A), ImagePart(B), TextPart("y")))
    content = made.body["messages"][0]["content"]
    assert content == [text("x"), image(A), image(B), text("y")]
    assert made.images == (A, B)


def test_a_missing_picture_is_said_in_words() -> None:
    gone = ImagePart(None, name="img/7.png", missing="not found")
    tagged = ImagePart(None, name="8.png", tag="<Image, a cat>", missing="draw failed")
    made = call(user(TextPart("See"), gone, TextPart("and"), tagged, ImagePart(A), ImagePart()))
    first, picture, last = made.body["messages"][0]["content"]
    assert first["text"].splitlines() == [
        "See",
        "[picture missing: img/7.png (not found)]",
        "and",
        "[picture missing: <Image, a cat> (draw failed)]",
    ]
    assert picture == image(A)
    assert last["text"] == "[picture missing: without a name]\n"
    assert made.images == (A,)


def test_an_assistants_pictures_move_to_the_next_user_message() -> None:
    made = call(
        user(TextPart("draw two")),
        assistant(
            TextPart("Here:"), ImagePart(A, tag="<Image, a cat>"), ImagePart(B), TextPart("ok?")
        ),
        user(TextPart("more"), ImagePart(C)),
        assistant(TextPart("yes")),
    )
    _, second, third, fourth = made.body["messages"]
    assert second["role"] == "assistant"
    assert second["content"].splitlines() == [
        "Here:",
        "<Image, a cat> [picture 1]",
        "[picture 2]",
        "ok?",
    ]
    assert third["content"] == [
        text("[picture 1 of the assistant's answer above]\n"),
        image(A),
        text("[picture 2 of the assistant's answer above]\n"),
        image(B),
        text("more"),
        image(C),
    ]
    assert fourth == {"role": "assistant", "content": "yes"}
    assert made.images == (A, B, C)


def test_a_last_assistants_pictures_get_a_user_message_of_their_own() -> None:
    made = call(user(TextPart("draw")), assistant(ImagePart(A)))
    assert made.body["messages"][2] == {
        "role": "user",
        "content": [text("[picture 1 of the assistant's answer above]\n"), image(A)],
    }


def test_options_are_there_only_when_given() -> None:
    assert set(call(user(TextPart("x"))).body) == {"model", "messages", "temperature", "max_tokens"}
    assert "model" not in call(user(TextPart("x")), model="").body
    schema = {"type": "object", "properties": {"score": {"type": "integer"}}}
    tool = {"type": "function", "function": {"name": "draw"}}
    body = call(
        user(TextPart("x")),
        top_p=0.9,
        seed=0,
        n=3,
        logprobs=5,
        tools=[tool],
        response_schema=schema,
        schema_name="scores",
    ).body
    assert (body["top_p"], body["seed"], body["n"], body["tools"]) == (0.9, 0, 3, [tool])
    assert (body["logprobs"], body["top_logprobs"]) == (True, 5)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "scores", "schema": schema, "strict": True},
    }


def test_a_body_is_json_as_it_stands() -> None:
    made = call(user(TextPart("x"), ImagePart(A)), response_schema={"type": "object"})
    assert json.loads(json.dumps(made.body)) == made.body


def test_the_key_is_of_the_question_alone() -> None:
    key = ask(GPU).request_key
    elsewhere = server(
        "http://gpu9/v1",
        name="other",
        timeout_s=1,
        max_in_flight=2,
        api_key_env="K",
        max_attempts=9,
    )
    assert ask(elsewhere).request_key == key
    different = [
        ask(GPU, "ho"),
        ask(GPU, sample=1),
        ask(GPU, temperature=0.1),
        ask(GPU, model="other"),
        ask(GPU, prompt_hash="p2"),
        ask(GPU, seed=1),
        ask(GPU, n=2),
        ask(GPU, response_schema={"type": "object"}),
        call(user(TextPart("hi"), ImagePart(A))),
        call(user(TextPart("hi"), ImagePart(B))),
        call(user(ImagePart(A), TextPart("hi"))),
    ]
    assert len({key, *(c.request_key for c in different)}) == len(different) + 1


def test_pictures_go_out_as_data_uris_encoded_once() -> None:
    asked: list[str] = []
    bodies: list[Any] = []

    def images(sha256: str) -> bytes:
        asked.append(sha256)
        return png(colour=1 if sha256 == A else 2)

    async def handler(request: Any) -> Any:
        bodies.append(await request.json())
        return answer(said(), 200 if len(bodies) % 2 == 0 else 500)

    async def run() -> None:
        async with (
            serving(handler) as url,
            Client(server(url), images, environ={}, pacing=FAST) as client,
        ):
            for sample in range(3):
                made = call(user(ImagePart(A), ImagePart(B), ImagePart(A)), sample=sample)
                reply = await client.send(made)
                assert (reply.state, reply.attempts) == ("ok", 2)

    asyncio.run(run())
    assert sorted(asked) == [A, B]
    urls = [part["image_url"]["url"] for part in bodies[0]["messages"][0]["content"]]
    first, second = (f"data:image/png;base64,{b64(png(colour=c))}" for c in (1, 2))
    assert urls == [first, second, first]
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize("odd", ["\ud83d", 2**70])
def test_what_fast_json_cannot_write_is_sent_with_its_pictures(odd: Any) -> None:
    got: list[Any] = []

    async def handler(request: Any) -> Any:
        got.append(await request.json())
        return answer(said())

    async def run() -> None:
        async with (
            serving(handler) as url,
            Client(server(url), lambda _: png(), environ={}, pacing=FAST) as client,
        ):
            schema = {"odd": odd}
            made = call(user(ImagePart(A), TextPart("x")), response_schema=schema)
            assert (await client.send(made)).state == "ok"

    asyncio.run(run())
    assert got[0]["response_format"]["json_schema"]["schema"] == {"odd": odd}
    content = got[0]["messages"][0]["content"]
    assert content[0]["image_url"]["url"] == f"data:image/png;base64,{b64(png())}"
