"""What each endpoint asks and answers, between HTTP and the simulated models."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from intermt.simulator.chat import Mood, as_events, chat_reply
from intermt.simulator.chat_request import DEFAULT_MODEL, read_chat, read_messages
from intermt.simulator.dice import Dice
from intermt.simulator.embeddings import DIMENSIONS, embed
from intermt.simulator.pictures import (
    LARGEST_SIDE,
    SMALLEST_SIDE,
    NotAPictureError,
    draw_picture,
    edit_picture,
    identity,
)
from intermt.simulator.settings import Simulator
from intermt.simulator.wire import FINGERPRINT, MARK, ApiError, read_object, text_field, whole_field

MODELS = (
    DEFAULT_MODEL,
    "simulated-b",
    "simulated-c",
    "simulated-user",
    "simulated-judge",
    "simulated-judge-b",
    "simulated-draw",
    "simulated-embed",
    "simulated-reward",
)

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_USUAL_SIZE = (512, 512)
_MOST_PICTURES = 4
_MOST_FOUND = 20
_MOST_TEXTS = 2048


@dataclass(frozen=True, slots=True)
class Answer:
    """Body of a good reply."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """A checked request.

    Attributes:
        digest: Hash of its content; equal requests have equal digests.
        answer: Makes the reply; raises ApiError where it asks for what cannot be made.
        draws: Whether making it takes long enough to be worth a thread.
    """

    digest: str
    answer: Callable[[Mood], Answer]
    draws: bool = False


Form = Mapping[str, list[bytes]]
"""Fields of a multipart body, each with all its values."""


def chat_call(body: bytes, settings: Simulator) -> Call:
    """The call that a body sent to chat/completions states."""
    request = read_chat(read_object(body))

    def answer(mood: Mood) -> Answer:
        reply = chat_reply(request, settings, mood)
        if request.stream:
            events = as_events(reply, include_usage=request.include_usage)
            return Answer(events, "text/event-stream")
        return Answer(orjson.dumps(reply))

    return Call(f"chat {request.digest}", answer)


def draw_call(body: bytes, settings: Simulator) -> Call:
    """The call that a body sent to images/generations states."""
    data = read_object(body)
    caption = text_field(data, "prompt")
    size = _size(data.get("size"))
    n_pictures = whole_field(data, "n", 1, _MOST_PICTURES, 1) or 1
    _only_base64(data.get("response_format"))
    digest = _digest("draw", data)

    def answer(mood: Mood) -> Answer:
        return _picture_answer(
            mood,
            (
                draw_picture(caption, size, Dice.of(settings.seed, digest, number))
                for number in range(n_pictures)
            ),
        )

    return Call(digest, answer, draws=True)


def edit_call(form: Form, settings: Simulator) -> Call:
    """The call that a multipart body sent to images/edits states."""
    pictures = [*form.get("image", ()), *form.get("image[]", ())]
    if not pictures:
        raise ApiError("image is missing", "image")
    texts = {name: _decoded(name, form[name][-1]) for name in form if not name.startswith("image")}
    if "mask" in texts:
        raise ApiError("masks are not known here", "mask")
    instruction = text_field(texts, "prompt")
    _only_base64(texts.get("response_format"))
    size = _size(texts["size"]) if texts.get("size", "auto") != "auto" else None
    try:
        seen = [identity(picture) for picture in pictures]
    except NotAPictureError as error:
        raise ApiError(f"image: {error}", "image") from error
    digest = _digest("edit", {**texts, "image": seen})

    def answer(mood: Mood) -> Answer:
        # Several pictures are references for one result; the first is the one to change.
        edited = edit_picture(pictures[0], instruction, Dice.of(settings.seed, digest), size)
        return _picture_answer(mood, [edited])

    return Call(digest, answer, draws=True)


def embed_call(body: bytes, settings: Simulator) -> Call:
    """The call that a body sent to embeddings states; the seed has no part in it."""
    del settings
    data = read_object(body)
    inputs, said = _to_embed(data)
    whole_field(data, "dimensions", DIMENSIONS, DIMENSIONS, None)
    packed = data.get("encoding_format") == "base64"

    def answer(mood: Mood) -> Answer:
        vectors = [embed(*one) for one in inputs] if mood == "well" else []
        n_tokens = sum(-(-len(text) // 4) for text, _ in inputs)
        reply = {
            "object": "list",
            "data": [
                {"object": "embedding", "index": i, "embedding": _packed(v) if packed else v}
                for i, v in enumerate(vectors)
            ],
            "model": data.get("model") or DEFAULT_MODEL,
            "system_fingerprint": FINGERPRINT,
            "usage": {"prompt_tokens": n_tokens, "total_tokens": n_tokens},
        }
        return Answer(orjson.dumps(reply))

    return Call(_digest("embed", said), answer)


def _to_embed(
    data: Mapping[str, Any],
) -> tuple[list[tuple[str, str | None]], Mapping[str, Any]]:
    """Each text to embed with the answer in it, if that is known, and the body as it counts.

    A chat is one text; pictures in it are looked at no further.
    """
    if data.get("messages") is not None:
        plain, said, _ = read_messages(data["messages"])
        answers = [text for who, text in said if who == "assistant"]
        chat = "\n\n".join(text for _, text in said)
        return [(chat, answers[-1] if answers else "")], {**data, "messages": plain}
    texts = data.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not 1 <= len(texts) <= _MOST_TEXTS:
        raise ApiError(f"input must be a string or a list of 1 to {_MOST_TEXTS}", "input")
    if not all(isinstance(text, str) for text in texts):
        raise ApiError("input must hold strings; lists of tokens are not known here", "input")
    return [(text, None) for text in texts], data


def retrieve_call(body: bytes, settings: Simulator) -> Call:
    """The call that a body sent to retrieve states: drawn "photos" for a query."""
    data = read_object(body)
    query = text_field(data, "query")
    n_found = whole_field(data, "n", 1, _MOST_FOUND, 1) or 1
    digest = _digest("retrieve", data)

    def answer(mood: Mood) -> Answer:
        caption = f"{MARK}photo: {query}"
        found = []
        for rank in range(n_found if mood == "well" else 0):
            dice = Dice.of(settings.seed, digest, rank)
            picture = draw_picture(caption, _USUAL_SIZE, dice)
            found.append(
                {
                    "image": {"b64_json": base64.b64encode(picture).decode()},
                    "caption": caption,
                    "source": "simulated",
                    "licence": "none",
                    "score": round(dice.between(0.8, 0.95, "score") * 0.9**rank, 4),
                }
            )
        return Answer(orjson.dumps({"results": found, "system_fingerprint": FINGERPRINT}))

    return Call(digest, answer, draws=True)


def models_answer() -> Answer:
    """The list of model names; any other name is accepted as well."""
    models = [
        {"id": name, "object": "model", "created": 0, "owned_by": "intermt-simulator"}
        for name in MODELS
    ]
    return Answer(orjson.dumps({"object": "list", "data": models}))


def _picture_answer(mood: Mood, pictures: Any) -> Answer:
    data = [
        {"b64_json": base64.b64encode(picture).decode()}
        for picture in (pictures if mood == "well" else ())
    ]
    reply = {
        "created": 0,
        "data": data,
        "output_format": "png",
        "system_fingerprint": FINGERPRINT,
    }
    return Answer(orjson.dumps(reply))


def _digest(kind: str, data: Mapping[str, Any]) -> str:
    content = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return f"{kind} {hashlib.sha256(content).hexdigest()}"


def _size(value: Any) -> tuple[int, int]:
    if value is None or value == "auto":
        return _USUAL_SIZE
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides):
        raise ApiError(
            f"size must be auto or WIDTHxHEIGHT, {SMALLEST_SIDE} to {LARGEST_SIDE} each", "size"
        )
    return sides


def _only_base64(value: Any) -> None:
    if value not in (None, "b64_json"):
        raise ApiError("response_format must be b64_json", "response_format")


def _decoded(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ApiError(f"{name} is not UTF-8 text", name) from error


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
