"""Tools as they are offered, called and answered."""

from __future__ import annotations

from typing import Any

import pytest

from intermt.config import Server
from intermt.records import ImagePart, Message, Reply, TextPart
from intermt.servers.chat import chat_call
from intermt.servers.limits import estimated_tokens, why_over
from intermt.servers.tool_calls import (
    ToolCall,
    ToolRound,
    read_tool_calls,
    tools_on_offer,
    with_tools,
)

SERVER = Server("s", "chat", ("http://127.0.0.1:1/v1",), max_images=2, max_context_tokens=4000)


def asked(*parts: Any, **more: Any) -> Any:
    message = Message("user", (*parts, TextPart("What is it?")))
    return chat_call(SERVER, [message], model="m", temperature=0, max_tokens=100, **more)


def reply(*calls: Any) -> Reply:
    message = {"role": "assistant", "content": None, "tool_calls": list(calls)}
    return Reply("k", "ok", data={"choices": [{"message": message}]})


def called(name: str, arguments: Any, call_id: Any = "c1") -> dict[str, Any]:
    return {"id": call_id, "function": {"name": name, "arguments": arguments}}


def test_calls_are_read() -> None:
    found = read_tool_calls(
        reply(
            called("draw", '{"caption": "a fox"}'),
            called("edit", {"picture": 1, "instruction": "red"}, None),
        )
    )
    assert found[0] == ToolCall("c1", "draw", {"caption": "a fox"}, '{"caption":"a fox"}')
    assert (found[1].call_id, found[1].arguments["picture"]) == ("call_1", 1)


@pytest.mark.parametrize("arguments", ["", "{", "[1]", "null", None, 5, '"x"'])
def test_arguments_that_are_no_object_read_as_none_given(arguments: Any) -> None:
    (call,) = read_tool_calls(reply(called("draw", arguments)))
    assert (call.arguments, call.written) == ({}, "{}")


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"choices": []}, {"choices": [5]}, {"choices": [{"message": {}}]},
     {"choices": [{"message": {"tool_calls": {}}}]}],
)  # fmt: skip
def test_replies_without_calls(data: Any) -> None:
    assert read_tool_calls(Reply("k", "ok", data=data)) == ()


def test_odd_calls_have_no_name() -> None:
    assert [c.name for c in read_tool_calls(reply(None, {}, {"function": {"name": 3}}))] == [""] * 3


def test_a_round_goes_back_with_results_and_pictures() -> None:
    plain = asked(ImagePart("ab", key="k"))
    calls = (ToolCall("c1", "draw", {"caption": "a"}, '{"caption":"a"}'),)
    rounds = [ToolRound("Look.", calls, ("Picture 2 is there.",), ((2, "cd"),))]
    call = with_tools(SERVER, plain, ("draw",), rounds, is_last=True)
    messages = call.body["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "tool", "user"]
    assert messages[1]["tool_calls"][0]["function"]["arguments"] == '{"caption":"a"}'
    assert messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"]
    assert messages[3]["content"][1]["image_url"] == {"sha256": "cd"}
    assert call.images == ("ab", "cd")
    assert call.body["tool_choice"] == "none"
    assert [t["function"]["name"] for t in call.body["tools"]] == ["draw"]


def test_offering_tools_is_another_question_and_the_plain_one_stays_the_same() -> None:
    plain = asked()
    offered = with_tools(SERVER, plain, ("draw", "edit"), (), is_last=False)
    assert offered.request_key != plain.request_key
    assert "tools" not in plain.body
    assert "tool_choice" not in offered.body
    assert tools_on_offer(["edit"])[0]["function"]["parameters"]["required"] == [
        "picture",
        "instruction",
    ]


# --- limits ------------------------------------------------------------------------------


def test_limits_are_named() -> None:
    one = ImagePart("ab", key="k")
    assert why_over(SERVER, asked(one, one)) == ""
    assert "max_images = 2" in why_over(SERVER, asked(one, one, one))
    assert "max_context_tokens = 4000" in why_over(SERVER, asked(TextPart("word " * 4000)))
    assert why_over(Server("s", "chat", ()), asked(one, one, one, TextPart("x" * 99999))) == ""


def test_smaller_pictures_take_fewer_tokens_and_are_another_question() -> None:
    one = ImagePart("ab", key="k")
    full, small = asked(one), asked(one, max_image_px=256)
    assert full.request_key == asked(one).request_key != small.request_key
    assert estimated_tokens(small, 1024) < estimated_tokens(full, 1024) / 2
    assert 1300 < estimated_tokens(full, 1024) - estimated_tokens(asked(), 1024) < 1400


def test_text_in_other_scripts_counts_by_the_character() -> None:
    latin, chinese = asked(TextPart("a" * 400)), asked(TextPart("梨" * 400))
    assert estimated_tokens(chinese, 1) - estimated_tokens(latin, 1) == 300
