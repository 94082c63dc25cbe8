"""Chat replies: what a simulated model answers to a checked request."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from intermt.simulator import phrases
from intermt.simulator.chat_request import ChatRequest
from intermt.simulator.dice import Dice
from intermt.simulator.judging import Judge
from intermt.simulator.schema import fill
from intermt.simulator.settings import Simulator
from intermt.simulator.voice import SimulatedVoice, verdict
from intermt.simulator.wire import FINGERPRINT, MARK

Mood = Literal["well", "refusal", "empty"]
"""How an answer turns out: as asked, refused by a filter, or without content."""

_TOKEN = re.compile(r"\s?\w{1,6}|\s|[^\w\s]")
_PICTURE_TOKENS = 85
_PICTURE_TOOL = re.compile(r"draw|generat|edit|retriev|search|image|picture", re.IGNORECASE)
_CREATED = 0
_TRIES_TO_DIFFER = 8


@dataclass(frozen=True, slots=True)
class _Choice:
    """One answer; `tokens` are those of its content."""

    content: str | None
    tokens: list[str]
    finish_reason: str
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


def chat_reply(request: ChatRequest, settings: Simulator, mood: Mood) -> dict[str, Any]:
    """The JSON object that answers a chat request.

    `created` is always 0: the stand-in has no clock, so that equal requests get equal
    bytes.
    """
    choices: list[_Choice] = []
    for number in range(request.n_choices):
        dice = Dice.of(settings.seed, request.content_digest, number)
        said = {choice.content for choice in choices}
        choices.append(_choice(request, settings, mood, dice, said))
    n_in = len(_TOKEN.findall(request.text)) + _PICTURE_TOKENS * request.n_pictures
    n_out = sum(len(choice.tokens) for choice in choices)
    return {
        "id": f"chatcmpl-{Dice.of(settings.seed, request.digest).name()}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": request.model,
        "choices": [
            _choice_object(number, choice, request, settings)
            for number, choice in enumerate(choices)
        ],
        "system_fingerprint": FINGERPRINT,
        "usage": {
            "prompt_tokens": n_in,
            "completion_tokens": n_out,
            "total_tokens": n_in + n_out,
        },
    }


def as_events(reply: dict[str, Any], *, include_usage: bool) -> bytes:
    """A chat reply as the server-sent events that `stream: true` asks for."""
    head = {key: reply[key] for key in ("id", "created", "model", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    chunks: list[dict[str, Any]] = []
    for choice in reply["choices"]:
        message = choice["message"]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": token} for token in _TOKEN.findall(message["content"] or "")]
        if message["refusal"] is not None:
            deltas.append({"refusal": message["refusal"]})
        for number, call in enumerate(message.get("tool_calls", ())):
            deltas.append({"tool_calls": [{"index": number, **call}]})
        place = {"index": choice["index"], "logprobs": None}
        chunks += [
            {"choices": [{**place, "delta": delta, "finish_reason": None}]} for delta in deltas
        ]
        last = {**place, "delta": {}, "finish_reason": choice["finish_reason"]}
        chunks.append({"choices": [last]})
    if include_usage:
        chunks.append({"choices": [], "usage": reply["usage"]})
    lines = [b"data: " + orjson.dumps({**head, **chunk}) for chunk in chunks]
    return b"\n\n".join([*lines, b"data: [DONE]"]) + b"\n\n"


def _choice_object(
    number: int, choice: _Choice, request: ChatRequest, settings: Simulator
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": choice.content,
        "refusal": choice.refusal,
    }
    if choice.tool_calls is not None:
        message["tool_calls"] = choice.tool_calls
    logprobs = None
    if request.top_logprobs is not None:
        dice = Dice.of(settings.seed, request.content_digest, number, "logprobs")
        logprobs = {"content": _logprobs(choice.tokens, request.top_logprobs, dice)}
    return {
        "index": number,
        "message": message,
        "logprobs": logprobs,
        "finish_reason": choice.finish_reason,
    }


def _choice(
    request: ChatRequest, settings: Simulator, mood: Mood, dice: Dice, said: set[str | None]
) -> _Choice:
    if mood == "empty":
        return _Choice("", [], "stop")
    if mood == "refusal":
        return _Choice(None, [], "content_filter", f"{MARK}I cannot help with that.")
    recorded = settings.replay.said(request, dice)
    if recorded is None and (call := _tool_call(request, settings, dice)) is not None:
        return call
    text = _invented(request, settings, dice, said) if recorded is None else recorded
    cuts = [at for stop in request.stops if (at := text.find(stop)) >= 0]
    text = text[: min(cuts)] if cuts else text
    tokens = _TOKEN.findall(text)
    if request.max_tokens is not None and len(tokens) > request.max_tokens:
        tokens = tokens[: request.max_tokens]
        return _Choice("".join(tokens), tokens, "length")
    return _Choice(text, tokens, "stop")


def _invented(request: ChatRequest, settings: Simulator, dice: Dice, said: set[str | None]) -> str:
    """A text that was not said before, if one turns up in a few tries."""
    text = _text(request, settings, dice)
    for attempt in range(_TRIES_TO_DIFFER):
        if text not in said or request.json_mode:
            break
        text = _text(request, settings, Dice.of(dice.key.hex(), attempt))
    return text


def _text(request: ChatRequest, settings: Simulator, dice: Dice) -> str:
    voice = _voice(request, settings, dice)
    if request.schema is not None:
        return orjson.dumps(fill(request.schema, voice)).decode()
    said: dict[str, Any]
    match request.role:
        case "judge":
            said = verdict(request.text, voice.judge)
        case "grade":
            said = {"reason": phrases.reason(dice), "grade": voice.judge.grade()}
        case "steps":
            steps = enumerate(phrases.steps(voice.topic, dice), start=1)
            lines = [f"{number}. {step}" for number, step in steps]
            said = {"steps": "\n".join([f"{MARK}Crucial steps:", *lines])}
        case "follow_up":
            said = {"question": phrases.follow_up(voice.topic, dice)}
        case "answer":
            pictures = not (request.after_tools or request.json_mode)
            said = {"answer": phrases.answer(voice.topic, dice, pictures=pictures)}
    if request.json_mode:
        return orjson.dumps(said).decode()
    if len(said) == 1:
        return str(next(iter(said.values())))
    return "\n".join(
        value if name == "reason" else f"{name}: {value}" for name, value in said.items()
    )


def _voice(request: ChatRequest, settings: Simulator, dice: Dice) -> SimulatedVoice:
    judge = Judge(
        request.text,
        dice,
        settings.judge_noise,
        settings.position_bias,
        has_pictures=request.n_pictures > 0,
    )
    return SimulatedVoice(phrases.topic_of(request.first_text, dice), dice, judge)


def _tool_call(request: ChatRequest, settings: Simulator, dice: Dice) -> _Choice | None:
    """A call of a tool, about as often as three answers in ten; None for an answer in text."""
    if request.tool_choice == "none" or request.json_mode or not request.tools:
        return None
    forced = request.tool_choice != "auto"
    if request.tool_choice in request.tools:
        names: Sequence[str] = [request.tool_choice]
    else:
        names = [name for name in request.tools if forced or _PICTURE_TOOL.search(name)]
    # Half of the six in ten answers that want a picture.
    wanted = request.role == "answer" and not request.after_tools and dice.chance(0.3, "call")
    if not names or not (forced or wanted):
        return None
    name = dice.pick(names, "tool")
    arguments = fill(request.tools[name], _voice(request, settings, dice))
    call = {
        "id": f"call_{dice.name()}",
        "type": "function",
        "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
    }
    said = f"{MARK}A picture will show this best." if dice.chance(0.5, "say") else None
    return _Choice(said, _TOKEN.findall(said or ""), "tool_calls", tool_calls=[call])


def _logprobs(tokens: list[str], n_top: int, dice: Dice) -> list[dict[str, Any]]:
    """A likely token and less likely others at each place; together less than certain."""
    found = []
    for place, token in enumerate(tokens):
        share = dice.between(0.5, 0.999, place)
        entry = _logprob(token, round(math.log(share), 6))
        others = _alternatives(token)[: max(n_top - 1, 0)]
        rest = (round(math.log((1 - share) / 2 ** (rank + 1)), 6) for rank in range(len(others)))
        entry["top_logprobs"] = [_logprob(token, entry["logprob"])] * (n_top > 0) + [
            _logprob(other, logprob) for other, logprob in zip(others, rest, strict=True)
        ]
        found.append(entry)
    return found


def _logprob(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def _alternatives(token: str) -> list[str]:
    """What might have stood in a token's place; other verdicts for a verdict."""
    alike: Sequence[str] = "ABC" if token in ("A", "B") else ""
    if len(token) == 1 and token.isascii() and token.isdigit():
        # A model that doubts a score thinks of the one beside it first.
        alike = sorted("0123456789", key=lambda digit: abs(int(digit) - int(token)))
    usual = (
        *alike,
        " the",
        " and",
        " of",
        ".",
        ",",
        " to",
        " in",
        " it",
        " that",
        " with",
        " on",
        " a",
        " one",
        " for",
        " as",
        " by",
        " at",
        " or",
        " no",
        " so",
        " we",
    )
    return [other for other in usual if other != token]
