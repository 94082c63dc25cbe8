"""A simulated reward model: a conversation to one number, over vLLM's two endpoints."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from intermt.simulator.chat import Mood
from intermt.simulator.chat_request import DEFAULT_MODEL, read_messages
from intermt.simulator.dice import Dice
from intermt.simulator.endpoints import Answer, Call
from intermt.simulator.latent import quality
from intermt.simulator.settings import Simulator
from intermt.simulator.wire import FINGERPRINT, ApiError, flag_field, read_object, text_field

Endpoint = Literal["classify", "pooling"]

_MOST_TEXTS = 2048
# Of the latent quality, which lies between 0 and 1.
_SCALE = 8.0
_MIDDLE = 0.5


def classify_call(body: bytes, settings: Simulator) -> Call:
    """The call that a body sent to classify states: a classifier with one class."""
    return _reward_call("classify", body, settings)


def pooling_call(body: bytes, settings: Simulator) -> Call:
    """The call that a body sent to pooling states: a vector of one number."""
    return _reward_call("pooling", body, settings)


def _reward_call(endpoint: Endpoint, body: bytes, settings: Simulator) -> Call:
    data = read_object(body)
    if data.get("encoding_format") not in (None, "float"):
        raise ApiError("encoding_format must be float", "encoding_format")
    inputs = _inputs(data)
    model = text_field(data, "model", DEFAULT_MODEL)
    activated = data.get("use_activation") is None or flag_field(data, "use_activation")
    content = orjson.dumps([endpoint, model, activated, [said for said, _ in inputs]])
    digest = f"{endpoint} {hashlib.sha256(content).hexdigest()}"

    def answer(mood: Mood) -> Answer:
        found = inputs if mood == "well" else []
        values = [_reward(said, latent, model, settings) for said, latent in found]
        if activated:
            values = [1 / (1 + math.exp(-value)) for value in values]
        n_tokens = sum(-(-len(said) // 4) for said, _ in inputs)
        reply = {
            "id": f"{endpoint}-{digest[-16:]}",
            "object": "list",
            "created": 0,
            "model": model,
            "data": [_entry(endpoint, i, value) for i, value in enumerate(values)],
            "system_fingerprint": FINGERPRINT,
            "usage": {"prompt_tokens": n_tokens, "total_tokens": n_tokens, "completion_tokens": 0},
        }
        return Answer(orjson.dumps(reply))

    return Call(digest, answer)


def _entry(endpoint: Endpoint, index: int, value: float) -> dict[str, Any]:
    if endpoint == "classify":
        return {"index": index, "label": "LABEL_0", "probs": [value], "num_classes": 1}
    return {"index": index, "object": "pooling", "data": [value]}


def _reward(said: str, latent: float, model: str, settings: Simulator) -> float:
    """What the model sees in the latent quality; whichever endpoint is asked, the same."""
    noise = settings.judge_noise * Dice.of(settings.seed, "reward", model, said).normal("see")
    return round(_SCALE * (latent + noise - _MIDDLE), 6)


def _inputs(data: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Of each conversation or text its content and its latent quality.

    The last answer counts as much as all answers together.
    """
    if data.get("messages") is not None:
        messages, texts, _ = read_messages(data["messages"])
        answers = [quality(text) for who, text in texts if who == "assistant"]
        latent = (answers[-1] + sum(answers) / len(answers)) / 2 if answers else 0.0
        return [(orjson.dumps(messages, option=orjson.OPT_SORT_KEYS).decode(), latent)]
    texts_given = data.get("input")
    texts_given = [texts_given] if isinstance(texts_given, str) else texts_given
    if not isinstance(texts_given, list) or not 1 <= len(texts_given) <= _MOST_TEXTS:
        raise ApiError(f"messages, or input with 1 to {_MOST_TEXTS} texts, is missing", "messages")
    if not all(isinstance(text, str) for text in texts_given):
        raise ApiError("input must hold strings; lists of tokens are not known here", "input")
    return [(text, quality(text)) for text in texts_given]
