"""Reward calls: what is sent, and every form of reply that is, or is not, one number."""

from __future__ import annotations

import math
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from intermt.config import RewardEndpoint, Server
from intermt.records import Call, ImagePart, Message, TextPart
from intermt.servers.reward import (
    NotARewardError,
    lacks_endpoint,
    read_reward,
    reward_call,
    reward_of,
)
from tests.servers.local import answer, png, sent, server

ASKED = Message("user", (TextPart("Why does it rain?"),))
ANSWERED = Message("assistant", (TextPart("Warm air rises."),))


def call(to: Server, endpoint: RewardEndpoint = "classify") -> Call:
    return reward_call(to, [ASKED, ANSWERED], endpoint=endpoint, model="rm")


def classified(*probs: Any) -> dict[str, Any]:
    """A reply of vLLM's /classify."""
    entry = {"index": 0, "label": "LABEL_0", "probs": list(probs), "num_classes": len(probs)}
    return {"object": "list", "model": "rm", "data": [entry], "usage": {"prompt_tokens": 9}}


def pooled(*values: Any) -> dict[str, Any]:
    """A reply of vLLM's /pooling."""
    entry = {"index": 0, "object": "pooling", "data": list(values)}
    return {"object": "list", "model": "rm", "data": [entry], "usage": {"prompt_tokens": 9}}


@pytest.mark.parametrize(
    ("endpoint", "data", "more"),
    [
        ("classify", classified(-1.25), {}),
        ("pooling", pooled(-1.25), {"encoding_format": "float"}),
    ],
)
def test_a_conversation_is_sent_beside_v1_and_a_number_comes_back(
    endpoint: RewardEndpoint, data: Any, more: dict[str, str]
) -> None:
    asked: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.path, await request.json()))
        return answer(data)

    reply = sent(handler, lambda to: call(to, endpoint))
    messages = [
        {"role": "user", "content": "Why does it rain?"},
        {"role": "assistant", "content": "Warm air rises."},
    ]
    body = {"model": "rm", "messages": messages, "use_activation": False, **more}
    assert asked == [(f"/{endpoint}", body)]
    assert (reply.state, reply.text, reply.tokens_in) == ("ok", "-1.25", 9)
    assert reward_of(call(server("http://a/v1"), endpoint), reply).value == -1.25


def test_pictures_stay_with_the_answer_they_belong_to() -> None:
    asked: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return answer(classified(0.5))

    picture = ImagePart("ab" * 32, tag="<Image, rain>")
    shown = Message("assistant", (TextPart("Here: "), picture))

    def with_picture(to: Server) -> Call:
        return reward_call(to, [ASKED, shown], endpoint="classify", model="rm")

    reply = sent(handler, with_picture, images=lambda _: png())
    assert reply.state == "ok", reply.error
    (first, last) = asked[0]["messages"]
    assert first == {"role": "user", "content": "Why does it rain?"}
    assert last["role"] == "assistant"
    text, sent_picture = last["content"]
    assert text == {"type": "text", "text": "Here: "}
    assert sent_picture["image_url"]["url"].startswith("data:image/png;base64,")


def test_of_token_wise_rewards_the_last_counts() -> None:
    made = call(server("http://a/v1"), "pooling")
    reading = read_reward(made, pooled([0.5], [-7.0], [2.25]))
    assert (reading.state, reading.text) == ("ok", "2.25")

    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return answer(pooled([0.5], [-7.0], [2.25]))

    found = reward_of(made, sent(handler, lambda to: call(to, "pooling")))
    assert (found.value, found.is_last_token) == (2.25, True)


@pytest.mark.parametrize(
    ("endpoint", "data", "words"),
    [
        ("classify", {}, "no list called data"),
        ("classify", {"data": []}, "no list called data"),
        ("classify", {"data": [1.0]}, "no list called data"),
        ("classify", {"data": classified(1.0)["data"] * 2}, "no list called data"),
        ("classify", pooled(1.0), "no list of numbers called probs"),
        ("pooling", classified(1.0), "no list of numbers called data"),
        ("pooling", {"data": [{"data": "AACAPw=="}]}, "no list of numbers called data"),
        ("classify", classified(), "no list of numbers called probs"),
        ("classify", classified(None), "not a number"),
        ("classify", classified("0.5"), "not a number"),
        ("classify", classified(True), "not a number"),
        ("classify", classified(10**400), "infinite"),
        ("pooling", pooled([]), "not a number"),
        ("pooling", pooled([0.5], [None]), "not a number"),
        ("classify", classified(0.5, 0.5), "gives 2 numbers for a conversation"),
        ("pooling", pooled(0.1, 0.2, 0.3), "gives 3 numbers for a conversation"),
        ("pooling", pooled([0.1, 0.2], [0.3, 0.4]), "gives 2 numbers for every token"),
    ],
)
def test_anything_but_one_finite_number_is_unparsed_and_says_why(
    endpoint: RewardEndpoint, data: Any, words: str
) -> None:
    reading = read_reward(call(server("http://a/v1"), endpoint), data)
    assert reading.state == "unparsed"
    assert words in reading.error


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_nan_and_infinities_are_no_rewards(written: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        text = f'{{"data": [{{"index": 0, "probs": [{written}], "num_classes": 1}}]}}'
        return web.Response(text=text, content_type="application/json")

    reply = sent(handler, call)
    assert reply.state == "unparsed"
    with pytest.raises(NotARewardError):
        reward_of(call(server("http://a/v1")), reply)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "probs", "index"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(data=_JSON, endpoint=st.sampled_from(["classify", "pooling"]))
def test_no_reply_breaks_the_reader(data: Any, endpoint: RewardEndpoint) -> None:
    reading = read_reward(call(server("http://a/v1"), endpoint), data)
    assert reading.state in ("ok", "unparsed")
    assert reading.state != "ok" or math.isfinite(float(reading.text))


def test_the_key_is_of_conversation_model_and_endpoint() -> None:
    to = server("http://a/v1")
    other = [ASKED, Message("assistant", (TextPart("It does not."),))]
    keys = {
        call(to).request_key,
        call(to, "pooling").request_key,
        reward_call(to, other, endpoint="classify", model="rm").request_key,
        reward_call(to, [ASKED, ANSWERED], endpoint="classify", model="rm2").request_key,
        call(server("http://b/v1")).request_key,
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("status", "words", "lacking"),
    [
        (404, "Not Found", True),
        (405, "Method Not Allowed", True),
        (501, "not implemented", True),
        (400, "The model does not support Classification API", True),
        (400, "The model does not support Pooling API", True),
        (400, "messages is missing", False),
        (401, "Unauthorized", False),
    ],
)
def test_a_server_without_the_endpoint_is_told_from_one_that_turns_a_request_down(
    status: int, words: str, lacking: bool
) -> None:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return answer({"error": {"message": words, "code": status}}, status=status)

    reply = sent(handler, call)
    assert reply.state == "rejected"
    assert lacks_endpoint(reply) is lacking
