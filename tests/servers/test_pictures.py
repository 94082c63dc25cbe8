from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from intermt.config import Server
from intermt.records import Call, Reply
from intermt.servers.pictures import draw_call, edit_call, retrieve_call
from tests.servers.local import answer, b64, png, sent, server

A = "a" * 64


def draw(to: Server) -> Call:
    return draw_call(to, "a red cat", model="flux")


def find(to: Server) -> Call:
    return retrieve_call(to, "a red cat", 2)


def replying(data: Any) -> Callable[[web.Request], Any]:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return answer(data)

    return handler


def drawn(entry: Any) -> Reply:
    return sent(replying({"created": 1, "data": [entry]}), draw)


def test_a_drawn_picture_comes_back_whole() -> None:
    bodies: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        bodies.append((request.path, await request.json()))
        return answer({"data": [{"b64_json": b64(png()), "revised_prompt": "a cat, red"}]})

    reply = sent(handler, lambda to: draw_call(to, "a red cat", model="flux", seed=3))
    assert (reply.state, reply.picture, reply.text) == ("ok", png(), "a cat, red")
    assert b64(png()) not in str(reply.data)
    assert bodies == [
        (
            "/v1/images/generations",
            {
                "model": "flux",
                "prompt": "a red cat",
                "size": "512x512",
                "response_format": "b64_json",
                "seed": 3,
            },
        )
    ]


def bmp() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "BMP")
    return out.getvalue()


def half_jpeg() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(out, "JPEG")
    return out.getvalue()[: len(out.getvalue()) // 2]


def huge() -> bytes:
    out = io.BytesIO()
    Image.new("1", (8_100, 8_100)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"url": "http://elsewhere.invalid/1.png"}, "not fetched"),
        ({"b64_json": "%%%"}, "not base64"),
        ({"b64_json": "ä"}, "not base64"),
        ({"b64_json": b64(b"hello")}, "not a picture"),
        ({"b64_json": b64(bmp())}, "of format BMP"),
        ({"b64_json": b64(half_jpeg())}, "damaged"),
        ({"b64_json": b64(huge())}, "pixels"),
        ({"b64_json": None}, "no picture"),
        ({}, "no picture"),
        ("text", "no picture"),
    ],
)
def test_what_is_no_usable_picture_is_unparsed(entry: Any, words: str) -> None:
    reply = drawn(entry)
    assert (reply.state, reply.picture, reply.attempts) == ("unparsed", None, 1)
    assert words in reply.error


def test_a_data_uri_is_taken_too() -> None:
    assert drawn({"b64_json": f"data:image/png;base64,{b64(png())}"}).picture == png()


@pytest.mark.parametrize(("data", "state"), [({"data": []}, "empty"), ({"images": []}, "unparsed")])
def test_replies_without_pictures(data: Any, state: str) -> None:
    assert sent(replying(data), draw).state == state


def test_an_edit_is_a_form_with_the_picture_as_a_file() -> None:
    seen: dict[str, Any] = {}
    tries = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal tries
        tries += 1
        form = await request.post()
        assert request.content_type == "multipart/form-data"
        if tries == 1:
            return web.Response(status=500)
        for name, value in form.items():
            if isinstance(value, web.FileField):
                seen[name] = (value.filename, value.content_type, value.file.read())
            else:
                seen[name] = value
        return answer({"data": [{"b64_json": b64(png(3, 3))}]})

    def call(to: Server) -> Call:
        return edit_call(to, A, "make it “blue”\r\n--x", model="kontext", size="256x256", seed=1)

    reply = sent(handler, call, images=lambda _: png())
    assert (reply.state, reply.attempts, reply.picture) == ("ok", 2, png(3, 3))
    assert seen == {
        "image": (f"{A[:16]}.png", "image/png", png()),
        "model": "kontext",
        "prompt": "make it “blue”\r\n--x",
        "size": "256x256",
        "seed": "1",
        "response_format": "b64_json",
    }


def test_an_edits_picture_is_in_its_key() -> None:
    to = server("http://gpu/v1")
    keys = {
        call.request_key
        for call in (
            edit_call(to, A, "blue", model="m"),
            edit_call(to, "b" * 64, "blue", model="m"),
            edit_call(to, A, "red", model="m"),
            edit_call(to, A, "red", model="m", sample=1),
            draw_call(to, "red", model="m"),
            draw_call(to, "red", model="m", seed=1),
        )
    }
    assert len(keys) == 6
    assert edit_call(to, A, "blue", model="m").images == (A,)


def result(content: bytes, caption: str = "cat") -> dict[str, Any]:
    image = {"b64_json": b64(content)}
    return {"caption": caption, "score": 0.9, "source": "set", "licence": "CC0", "image": image}


def test_the_first_usable_result_is_retrieved() -> None:
    bodies: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        bodies.append((request.path, await request.json()))
        return answer({"results": [result(b"x", "bad"), result(png(), "good")]})

    reply = sent(handler, find)
    assert bodies == [("/v1/retrieve", {"query": "a red cat", "n": 2})]
    assert (reply.state, reply.text, reply.picture) == ("ok", "good", png())
    assert reply.data["results"][1]["licence"] == "CC0"
    assert b64(png()) not in str(reply.data)


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"results": []}, "empty"),
        ({"results": [result(b"x")]}, "unparsed"),
        ({"results": ["x"]}, "unparsed"),
        ({"results": {}}, "unparsed"),
        ({}, "unparsed"),
    ],
)
def test_retrieval_without_a_picture(data: Any, state: str) -> None:
    reply = sent(replying(data), find)
    assert (reply.state, reply.picture) == (state, None)
