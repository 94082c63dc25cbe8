"""Tool calls of chat models: which tools are offered, what was called, what came of it.

The API takes pictures from the user only, so what a tool made follows in a user message
behind the results of the round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from intermt.config import Server
from intermt.records import Call, Reply, ToolName
from intermt.servers.calls import make_call, picture
from intermt.servers.chat import PATH

_TEXT = {"type": "string", "minLength": 1}
_PARAMETERS: Mapping[ToolName, tuple[str, Mapping[str, Mapping[str, Any]]]] = {
    "draw": (
        "Make a new picture from a caption.",
        {
            "caption": _TEXT
            | {
                "description": "What the picture shows: subject, setting, viewpoint, style. "
                "The tool sees nothing else of the conversation."
            }
        },
    ),
    "edit": (
        "Change a picture of this conversation; what the instruction does not name stays.",
        {
            "picture": {
                "type": "integer",
                "minimum": 1,
                "description": "Number of the picture, as in [picture 2].",
            },
            "instruction": _TEXT | {"description": "What to change, in one sentence."},
        },
    ),
    "retrieve": (
        "Find an existing picture of a real place, person, thing or event.",
        {"query": _TEXT | {"description": "What the picture shows, in a few words."}},
    ),
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool by a model.

    Attributes:
        call_id: The model's name for the call.
        name: The function it named.
        arguments: The arguments, or "" as text for what is no JSON object.
        written: Arguments as they are sent back.
    """

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    written: str


@dataclass(frozen=True, slots=True)
class ToolRound:
    """What a model said with its calls, and what came of each.

    Attributes:
        said: Text beside the calls; may be "".
        calls: The calls in order.
        results: What the model is told of each.
        pictures: Number and SHA-256 of each picture that was made.
    """

    said: str
    calls: tuple[ToolCall, ...]
    results: tuple[str, ...]
    pictures: tuple[tuple[int, str], ...]


def tools_on_offer(names: Sequence[ToolName]) -> list[dict[str, Any]]:
    """The tools in OpenAI's form."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": _PARAMETERS[name][0],
                "parameters": {
                    "type": "object",
                    "properties": dict(_PARAMETERS[name][1]),
                    "required": list(_PARAMETERS[name][1]),
                    "additionalProperties": False,
                },
            },
        }
        for name in names
    ]


def read_tool_calls(reply: Reply) -> tuple[ToolCall, ...]:
    """The tool calls of a chat reply's first answer, in order.

    Arguments that are no JSON object read as an empty one; calls without an id get one by
    their place.
    """
    choices = reply.data.get("choices") if isinstance(reply.data, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    if not isinstance(calls, list):
        return ()
    return tuple(_tool_call(call, number) for number, call in enumerate(calls))


def _tool_call(call: Any, number: int) -> ToolCall:
    call = call if isinstance(call, dict) else {}
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    given, name, call_id = function.get("arguments"), function.get("name"), call.get("id")
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            given = None
    arguments = given if isinstance(given, dict) else {}
    return ToolCall(
        call_id if isinstance(call_id, str) and call_id else f"call_{number}",
        name if isinstance(name, str) else "",
        arguments,
        orjson.dumps(arguments).decode(),
    )


def with_tools(
    server: Server,
    call: Call,
    names: Sequence[ToolName],
    rounds: Sequence[ToolRound],
    *,
    is_last: bool,
    n_unseen: int = 0,
) -> Call:
    """A chat call with tools on offer, after the rounds of tool calls there were.

    Args:
        server: Whom to ask.
        call: The question as it is asked without tools.
        names: The tools on offer.
        rounds: Earlier rounds, oldest first.
        is_last: Whether no more calls are allowed.
        n_unseen: How many of the pictures of the rounds the model is told of and not shown,
            the oldest first.
    """
    messages = list(call.body["messages"])
    images = list(call.images)
    for made in rounds:
        hidden = made.pictures[:n_unseen]
        n_unseen -= len(hidden)
        messages += _round(made, len(hidden))
        images += [sha256 for _, sha256 in made.pictures[len(hidden) :]]
    body = {**call.body, "messages": messages, "tools": tools_on_offer(names)}
    if is_last:
        body["tool_choice"] = "none"
    return make_call(
        server,
        "chat",
        PATH,
        body,
        model=call.model,
        images=images,
        prompt_hash=call.prompt_hash,
        sample=call.sample,
        max_image_px=call.max_image_px,
    )


def _round(made: ToolRound, n_unseen: int) -> list[dict[str, Any]]:
    asked = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.written},
        }
        for call in made.calls
    ]
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": made.said or None, "tool_calls": asked}
    ]
    messages += [
        {"role": "tool", "tool_call_id": call.call_id, "content": result}
        for call, result in zip(made.calls, made.results, strict=True)
    ]
    if made.pictures:
        content: list[dict[str, Any]] = []
        for number, _ in made.pictures[:n_unseen]:
            note = f"[picture {number} is there, but cannot be shown here]\n"
            content.append({"type": "text", "text": note})
        for number, sha256 in made.pictures[n_unseen:]:
            content += [{"type": "text", "text": f"[picture {number}]\n"}, picture(sha256)]
        content.append({"type": "text", "text": "[made by your tools just now; go on]"})
        messages.append({"role": "user", "content": content})
    return messages
