"""A chat request as the stand-in understands it, checked like a real server would."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import orjson

from intermt.simulator.pictures import NotAPictureError, identity
from intermt.simulator.prompt_reading import fenced_blocks, outside_fences
from intermt.simulator.voice import named_dimensions
from intermt.simulator.wire import ApiError, flag_field, number_field, text_field, whole_field

Role = Literal["answer", "follow_up", "steps", "judge", "grade"]
"""What the simulated model is asked to be."""

DEFAULT_MODEL = "simulated-a"
_MOST_CHOICES = 64
_MOST_TOKENS = 1_000_000
_SPEAKERS = frozenset({"system", "developer", "user", "assistant", "tool"})

_FOLLOW_UP = re.compile(
    r"follow[- ]?up|next (?:question|message|turn)|simulat\w* (?:the |a )?user"
    r"|(?:as|role of|play(?:ing)?|you are|pretend to be) (?:the|an?) (?:[\w-]+ )?(?:user|person)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"\b(?:crucial|decisive|key) steps?\b|\bsteps? (?:is|are|was|were) (?:crucial|decisive)\b",
    re.IGNORECASE,
)
_GRADE = re.compile(r"\byou (?:are to )?grade\b|\bgrade\b.{0,80}\b1\b.{0,20}\b5\b", re.IGNORECASE)
_JSON = re.compile(r"\bJSON object\b")

# What has no part in what is answered; a length limit only cuts the answer.
_NOT_CONTENT = frozenset(
    {
        "stream",
        "stream_options",
        "user",
        "metadata",
        "n",
        "logprobs",
        "top_logprobs",
        "max_tokens",
        "max_completion_tokens",
        "stop",
    }
)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked chat request.

    Attributes:
        digest: Hash of all of it, with pictures by their identity.
        content_digest: Hash of what decides the answer; at temperature 0 without the seed.
        model: Any name; another model answers differently.
        text: All text of all messages.
        first_text: What the user said first, in the messages or quoted in them.
        last_text: The last user message.
        role: What the model is asked to be.
        n_pictures: Number of picture parts.
        n_choices: Number of answers wanted.
        max_tokens: Length limit, or None.
        top_logprobs: Number of alternatives a token, or None without log-probabilities.
        json_mode: Whether the reply is to be a JSON object.
        schema: Schema the reply must be valid under, or None.
        tools: Parameter schema of every function on offer, by name.
        tool_choice: `auto`, `none`, `required`, or the name of the function to call.
        after_tools: Whether tools were called before.
        stops: Texts the answer is cut before.
        stream: Whether the reply comes as server-sent events.
        include_usage: Whether a stream ends with the usage.
    """

    digest: str
    content_digest: str
    model: str
    text: str
    first_text: str
    last_text: str
    role: Role
    n_pictures: int
    n_choices: int
    max_tokens: int | None
    top_logprobs: int | None
    json_mode: bool
    schema: Any
    tools: Mapping[str, Any]
    tool_choice: str
    after_tools: bool
    stops: tuple[str, ...]
    stream: bool
    include_usage: bool


def read_chat(data: dict[str, Any]) -> ChatRequest:
    """The request that a JSON body states.

    Raises:
        ApiError: It is not a chat request, or a picture in it cannot be read.
    """
    messages, texts, n_pictures = read_messages(data.get("messages"))
    temperature = number_field(data, "temperature", 0, 2, 1)
    whole_field(data, "seed", -(2**63), 2**63 - 1, None)
    number_field(data, "top_p", 0, 1, 1)
    without = _NOT_CONTENT | ({"seed", "top_p"} if temperature == 0 else frozenset())
    content = {key: value for key, value in data.items() if key not in without}
    user_texts = [text for who, text in texts if who == "user"]
    system = "\n".join(text for who, text in texts if who in ("system", "developer"))
    last_text = user_texts[-1] if user_texts else ""
    instruction = _instruction(system, last_text)
    tools = _tools(data.get("tools"))
    json_mode, schema = _format(data.get("response_format"))
    stream_options = data.get("stream_options")
    return ChatRequest(
        digest=_digest({**data, "messages": messages}),
        content_digest=_digest({**content, "messages": messages}),
        model=text_field(data, "model", DEFAULT_MODEL),
        text="\n".join(text for _, text in texts),
        first_text=_first_text(user_texts),
        last_text=last_text,
        role=_role(data.get("metadata"), instruction),
        n_pictures=n_pictures,
        n_choices=whole_field(data, "n", 1, _MOST_CHOICES, 1) or 1,
        max_tokens=whole_field(
            data,
            "max_tokens" if data.get("max_completion_tokens") is None else "max_completion_tokens",
            1,
            _MOST_TOKENS,
            None,
        ),
        top_logprobs=_logprobs(data),
        json_mode=json_mode or _JSON.search(instruction) is not None,
        schema=schema,
        tools=tools,
        tool_choice=_tool_choice(data.get("tool_choice"), tools),
        after_tools=any(who == "tool" for who, _ in texts),
        stops=_stops(data.get("stop")),
        stream=flag_field(data, "stream"),
        include_usage=isinstance(stream_options, Mapping)
        and stream_options.get("include_usage") is True,
    )


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_messages(value: Any) -> tuple[list[Any], list[tuple[str, str]], int]:
    """Messages with pictures replaced by their identity, speakers and texts, picture count.

    Raises:
        ApiError: They are no messages, or a picture in them cannot be read.
    """
    if not isinstance(value, list) or not value:
        raise ApiError("messages must be a list that is not empty", "messages")
    plain, texts, n_pictures = [], [], 0
    for number, message in enumerate(value):
        where = f"messages[{number}]"
        if not isinstance(message, dict) or message.get("role") not in _SPEAKERS:
            known = ", ".join(sorted(_SPEAKERS))
            raise ApiError(f"{where} must be an object with a role out of {known}", where)
        content = message.get("content")
        if isinstance(content, list):
            parts = [_part(part, f"{where}.content[{i}]") for i, part in enumerate(content)]
            text = "\n".join(text for text, _ in parts if text is not None)
            n_pictures += sum(picture is not None for _, picture in parts)
            plain.append({**message, "content": parts})
        elif isinstance(content, str) or (content is None and message["role"] == "assistant"):
            text = content or ""
            plain.append(message)
        else:
            raise ApiError(f"{where}.content must be a string or a list of parts", where)
        texts.append((message["role"], text))
    return plain, texts, n_pictures


def _part(part: Any, where: str) -> tuple[str | None, str | None]:
    """Text and picture identity of a part; one of them is None."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return part["text"], None
    if kind != "image_url":
        raise ApiError(f"{where} must be a part of type text or image_url", where)
    url = part.get("image_url")
    url = url.get("url") if isinstance(url, dict) else url
    if not isinstance(url, str) or not url.startswith("data:"):
        raise ApiError(f"{where}: pictures must be data: URIs", where)
    head, _, encoded = url.partition(",")
    try:
        if not head.endswith(";base64"):
            raise ApiError(f"{where}: the data: URI is not base64", where)
        return None, identity(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ApiError(f"{where}: the data: URI is not base64", where) from error
    except NotAPictureError as error:
        raise ApiError(f"{where}: {error}", where) from error


def _instruction(system: str, last_text: str) -> str:
    """What tells the model what to be: never what a user of a plain chat says."""
    if system and not fenced_blocks(last_text):
        return system
    return f"{system}\n{outside_fences(last_text)}"


def _first_text(user_texts: list[str]) -> str:
    first = user_texts[0] if user_texts else ""
    quoted = (block.body for block in fenced_blocks(first) if block.asks)
    return next(quoted, first)


def _role(metadata: Any, text: str) -> Role:
    named = metadata.get("intermt_role") if isinstance(metadata, Mapping) else None
    if named is not None:
        if named not in get_args(Role):
            known = ", ".join(get_args(Role))
            raise ApiError(f"intermt_role must be one of {known}", "metadata.intermt_role")
        return cast(Role, named)
    if named_dimensions(text):
        return "judge"
    if _GRADE.search(text):
        return "grade"
    if _STEPS.search(text):
        return "steps"
    return "follow_up" if _FOLLOW_UP.search(text) else "answer"


def _format(value: Any) -> tuple[bool, Any]:
    if value is None:
        return False, None
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind == "text":
        return False, None
    if kind == "json_object":
        return True, value.get("schema")
    if kind != "json_schema":
        known = "text, json_object, json_schema"
        raise ApiError(f"response_format.type must be one of {known}", "response_format")
    wrapped = value.get("json_schema")
    schema = wrapped.get("schema") if isinstance(wrapped, Mapping) else None
    if not isinstance(schema, Mapping):
        raise ApiError("response_format.json_schema.schema must be an object", "response_format")
    return True, schema


def _tools(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, list):
        raise ApiError("tools must be a list", "tools")
    found = {}
    for tool in value:
        function = tool.get("function") if isinstance(tool, Mapping) else None
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(name, str):
            raise ApiError("every tool must be a function with a name", "tools")
        found[name] = function.get("parameters") or {"type": "object", "properties": {}}
    return found


def _tool_choice(value: Any, tools: Mapping[str, Any]) -> str:
    if isinstance(value, Mapping):
        function = value.get("function")
        value = function.get("name") if isinstance(function, Mapping) else None
        if value in tools:
            return str(value)
    elif value is None or value in ("auto", "none") or (value == "required" and tools):
        return value or "auto"
    raise ApiError("tool_choice must be auto, none, required or a function on offer", "tool_choice")


def _logprobs(data: Mapping[str, Any]) -> int | None:
    wanted = flag_field(data, "logprobs")
    top = whole_field(data, "top_logprobs", 0, 20, None)
    if top is not None and not wanted:
        raise ApiError("top_logprobs needs logprobs", "top_logprobs")
    return (top or 0) if wanted else None


def _stops(value: Any) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else value or []
    if not isinstance(stops, list) or not all(isinstance(s, str) and s for s in stops):
        raise ApiError("stop must be a string or a list of strings", "stop")
    return tuple(stops)
