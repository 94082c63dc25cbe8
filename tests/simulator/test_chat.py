from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

import httpx
import pytest

from intermt.simulator import InProcess, Simulator
from intermt.simulator.dice import Dice
from intermt.simulator.pictures import draw_picture
from intermt.simulator.wire import FINGERPRINT, MARK
from tests.simulator.asking import QUESTION, chat, plain_png, said, user

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {
                "type": "object",
                "properties": {"caption": {"type": "string"}},
                "required": ["caption"],
            },
        },
    }
    for name in ("draw_picture", "look_up_weather")
]


def test_a_reply_has_the_shape_of_the_api(client: httpx.Client) -> None:
    reply = chat(client, user(QUESTION), model="any-name")
    assert reply["object"] == "chat.completion"
    assert reply["id"].startswith("chatcmpl-")
    assert reply["model"] == "any-name"
    assert reply["system_fingerprint"] == FINGERPRINT
    (choice,) = reply["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert said(reply).startswith(MARK)
    usage = reply["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@pytest.mark.parametrize(
    "change",
    [{"model": "simulated-b"}, {"seed": 2}, {"temperature": 0.5}, {"messages": [user("Why?")]}],
    ids=str,
)
def test_what_counts_changes_the_answer(client: httpx.Client, change: dict[str, Any]) -> None:
    usual = {"messages": [user(QUESTION)], "model": "simulated-a", "seed": 1}
    one = client.post("chat/completions", json=usual).json()
    other = client.post("chat/completions", json=usual | change).json()
    assert said(one) != said(other)


@pytest.mark.parametrize(
    "change", [{"user": "me"}, {"metadata": {"run": "7"}}, {"n": 2}, {"logprobs": True}], ids=str
)
def test_what_does_not_count_leaves_the_answer(
    client: httpx.Client, change: dict[str, Any]
) -> None:
    assert said(chat(client, user(QUESTION), **change)) == said(chat(client, user(QUESTION)))


def test_at_temperature_zero_the_seed_does_not_count(client: httpx.Client) -> None:
    texts = {said(chat(client, user(QUESTION), temperature=0, seed=n)) for n in range(5)}
    assert len(texts) == 1
    warm = {said(chat(client, user(QUESTION), temperature=1, seed=n)) for n in range(5)}
    assert len(warm) == 5


def test_two_servers_with_one_seed_answer_alike_and_with_another_not() -> None:
    body = {"messages": [user(QUESTION, plain_png())], "n": 3, "logprobs": True}
    replies = []
    for seed in (1, 1, 2):
        with InProcess(Simulator(seed=seed)) as base_url:
            replies.append(httpx.post(f"{base_url}/chat/completions", json=body).content)
    assert replies[0] == replies[1] != replies[2]


def test_a_picture_of_ours_counts_by_its_caption_alone(client: httpx.Client) -> None:
    one, other = (draw_picture("a kettle", (64 * n, 64), Dice.of(n)) for n in (1, 2))
    texts = [said(chat(client, user("Is it good?", data))) for data in (one, other, plain_png())]
    assert texts[0] == texts[1] != texts[2]


def test_several_choices_differ(client: httpx.Client) -> None:
    reply = chat(client, user(QUESTION), n=20)
    assert [choice["index"] for choice in reply["choices"]] == list(range(20))
    assert len({choice["message"]["content"] for choice in reply["choices"]}) == 20


def test_six_answers_in_ten_carry_a_picture_tag(client: httpx.Client) -> None:
    texts = [
        choice["message"]["content"]
        for question in range(8)
        for choice in chat(client, user(f"{QUESTION} {question}"), n=50)["choices"]
    ]
    counts = Counter(len(re.findall(r"<\s*Image, [^<>]+>", text)) for text in texts)
    assert set(counts) == {0, 1, 2}
    assert 0.5 < 1 - counts[0] / len(texts) < 0.7
    assert 0 < sum("< Image" in text for text in texts) < 40
    sentences = [len(re.findall(r"[.?!](?:\s|$)", text)) for text in texts]
    assert min(sentences) >= 1
    assert max(sentences) <= 4


@pytest.mark.parametrize("n_tokens", [1, 3, 10])
def test_the_length_limit_is_kept_and_named(client: httpx.Client, n_tokens: int) -> None:
    whole = said(chat(client, user(QUESTION)))
    for field in ("max_tokens", "max_completion_tokens"):
        reply = chat(client, user(QUESTION), **{field: n_tokens})
        assert reply["choices"][0]["finish_reason"] == "length"
        assert reply["usage"]["completion_tokens"] == n_tokens
        assert whole.startswith(said(reply))


def test_stop_ends_the_answer_before_it(client: httpx.Client) -> None:
    whole = said(chat(client, user(QUESTION)))
    cut = chat(client, user(QUESTION), stop=[" ", "]"])
    assert said(cut) == whole[: whole.index("]")]
    assert cut["choices"][0]["finish_reason"] == "stop"


def test_log_probabilities_have_the_shape_of_the_api(client: httpx.Client) -> None:
    reply = chat(client, user(QUESTION), logprobs=True, top_logprobs=4)
    entries = reply["choices"][0]["logprobs"]["content"]
    assert "".join(entry["token"] for entry in entries) == said(reply)
    assert len(entries) == reply["usage"]["completion_tokens"]
    for entry in entries:
        assert bytes(entry["bytes"]).decode() == entry["token"]
        tops = entry["top_logprobs"]
        assert len(tops) == len({top["token"] for top in tops}) == 4
        assert tops[0]["token"] == entry["token"]
        values = [top["logprob"] for top in tops]
        assert values == sorted(values, reverse=True)
        assert values[0] < 0
        assert sum(math.exp(value) for value in values) < 1
    none = chat(client, user(QUESTION), logprobs=True)["choices"][0]["logprobs"]["content"]
    assert {len(entry["top_logprobs"]) for entry in none} == {0}


def test_a_stream_says_the_same_in_pieces(client: httpx.Client) -> None:
    whole = chat(client, user(QUESTION), max_tokens=9)
    body = {"messages": [user(QUESTION)], "max_tokens": 9, "stream": True}
    body["stream_options"] = {"include_usage": True}
    response = client.post("chat/completions", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line[6:] for line in response.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    assert chunks.pop()["usage"] == whole["usage"]
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(pieces) == said(whole)
    assert len(pieces) == 11
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * 10 + ["length"]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


def test_tools_on_offer_are_sometimes_called(client: httpx.Client) -> None:
    choices = chat(client, user(QUESTION), n=64, tools=TOOLS)["choices"]
    called = [choice for choice in choices if choice["finish_reason"] == "tool_calls"]
    assert 0.1 < len(called) / len(choices) < 0.5
    for choice in called:
        (call,) = choice["message"]["tool_calls"]
        assert call["type"] == "function"
        assert call["function"]["name"] == "draw_picture"
        assert json.loads(call["function"]["arguments"])["caption"].startswith(MARK)
    assert len({c["message"]["tool_calls"][0]["id"] for c in called}) == len(called)
    assert {choice["message"]["content"] is None for choice in called} == {True, False}


def test_after_a_tools_result_comes_text_without_tags(client: httpx.Client) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "draw_picture", "arguments": "{}"}}
    history = [
        user(QUESTION),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "the picture is made"},
    ]
    for choice in chat(client, *history, n=40, tools=TOOLS)["choices"]:
        assert choice["finish_reason"] == "stop"
        assert "Image," not in choice["message"]["content"]


def test_tool_choice_is_obeyed(client: httpx.Client) -> None:
    def names(**options: Any) -> set[str | None]:
        choices = chat(client, user(QUESTION), n=40, tools=TOOLS, **options)["choices"]
        calls = [choice["message"].get("tool_calls") for choice in choices]
        return {call[0]["function"]["name"] if call else None for call in calls}

    named = {"type": "function", "function": {"name": "look_up_weather"}}
    assert names(tool_choice=named) == {"look_up_weather"}
    assert names(tool_choice="required") == {"draw_picture", "look_up_weather"}
    assert names(tool_choice="none") == {None}
    reply = chat(client, user(QUESTION), tools=TOOLS, tool_choice="required", stream=False)
    body = {"messages": [user(QUESTION)], "tools": TOOLS, "tool_choice": "required", "stream": True}
    streamed = client.post("chat/completions", json=body).text
    assert json.dumps(reply["choices"][0]["message"]["tool_calls"][0]["id"]) in streamed


@pytest.mark.parametrize(
    ("system", "pattern"),
    [
        ("You play the user of an assistant.", r"\?$"),
        ("Write the follow-up question this person asks next.", r"\?$"),
        ("Name the crucial steps of the conversation.", r"\n1\. .*\n2\. .*\n3\. "),
        ("You grade a text from 1 to 5.", r"\ngrade: [1-5]$"),
        (
            "Give local scores for text_quality and context_coherence.",
            r"\ncontext_coherence: [0-3]\ntext_quality: [0-3]$",
        ),
        ("You are a helpful assistant.", r"[.>?]$"),
    ],
)
def test_the_system_message_decides_the_role(
    client: httpx.Client, system: str, pattern: str
) -> None:
    text = said(chat(client, {"role": "system", "content": system}, user(QUESTION)))
    assert text.startswith(MARK)
    assert re.search(pattern, text), text


def test_a_role_can_be_named(client: httpx.Client) -> None:
    text = said(chat(client, user(QUESTION), metadata={"intermt_role": "steps"}))
    assert text.startswith(f"{MARK}Crucial steps:\n1. ")


def test_what_a_user_says_in_a_plain_chat_does_not_change_the_role(client: httpx.Client) -> None:
    system = {"role": "system", "content": "You are a helpful assistant."}
    text = said(chat(client, system, user("What are the key steps? Answer as the user would.")))
    assert not text.startswith(f"{MARK}Crucial steps")
    assert not text.endswith("?")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "poet", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        (
            {"messages": [{"role": "user", "content": [{"type": "audio"}]}]},
            "messages[0].content[0]",
        ),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]"),
        ({"messages": [user("x")], "n": 0}, "n"),
        ({"messages": [user("x")], "n": True}, "n"),
        ({"messages": [user("x")], "temperature": "hot"}, "temperature"),
        ({"messages": [user("x")], "max_tokens": 0}, "max_tokens"),
        ({"messages": [user("x")], "max_completion_tokens": 0}, "max_completion_tokens"),
        ({"messages": [user("x")], "seed": 1.5}, "seed"),
        ({"messages": [user("x")], "stream": "yes"}, "stream"),
        ({"messages": [user("x")], "stop": [""]}, "stop"),
        ({"messages": [user("x")], "model": 3}, "model"),
        ({"messages": [user("x")], "top_logprobs": 2}, "top_logprobs"),
        ({"messages": [user("x")], "response_format": {"type": "yaml"}}, "response_format"),
        ({"messages": [user("x")], "response_format": "json"}, "response_format"),
        ({"messages": [user("x")], "response_format": {"type": "json_schema"}}, "response_format"),
        ({"messages": [user("x")], "tools": {}}, "tools"),
        ({"messages": [user("x")], "tools": [{}]}, "tools"),
        ({"messages": [user("x")], "tool_choice": "required"}, "tool_choice"),
        ({"messages": [user("x")], "metadata": {"intermt_role": "king"}}, "metadata.intermt_role"),
    ],
    ids=str,
)
def test_a_bad_request_is_refused_naming_the_field(
    client: httpx.Client, body: dict[str, Any], param: str
) -> None:
    response = client.post("chat/completions", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["param"] == param
    assert error["code"] == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x.png",
        "file:///etc/hostname",
        "data:image/png;base64,????",
        "data:image/png;base64,AAAA",
        "data:image/png,raw",
        None,
    ],
)
def test_a_picture_that_cannot_be_read_is_refused(client: httpx.Client, url: str | None) -> None:
    part = {"type": "image_url", "image_url": {"url": url}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    response = client.post("chat/completions", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "messages[0].content[0]"
