"""Chat calls: messages to a request body, a reply to text.

The API takes pictures from the user only. Pictures of an assistant's (or system) message
are therefore sent at the start of the next user message, or of one added at the end;
bracketed words in both places say which picture belongs where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from intermt.config import Server
from intermt.records import Call, ImagePart, Message, Reply, TextPart
from intermt.servers.calls import make_call, picture
from intermt.servers.encoding import PictureError
from intermt.servers.pictures import checked_picture
from intermt.servers.replies import Reading

PATH = "/chat/completions"

_CUT = frozenset({"length", "max_tokens"})
_BROKEN_OFF = frozenset({"abort", "error"})
_OWNER = {"assistant": "the assistant's answer above", "system": "the instructions above"}


def chat_call(
    server: Server,
    messages: Sequence[Message],
    *,
    model: str,
    temperature: float,
    max_tokens: int,
    top_p: float | None = None,
    seed: int | None = None,
    response_schema: Mapping[str, Any] | None = None,
    schema_name: str = "reply",
    tools: Sequence[Mapping[str, Any]] | None = None,
    n: int = 1,
    logprobs: int | None = None,
    prompt_hash: str = "",
    sample: int = 0,
    max_image_px: int | None = None,
) -> Call:
    """The call that asks a chat model to answer `messages`.

    Args:
        server: Whom to ask.
        messages: The conversation; a missing picture becomes words in square brackets.
        model: Model name; "" leaves the choice to the server.
        temperature: Sampling temperature.
        max_tokens: Longest answer, in tokens.
        top_p: Nucleus sampling; None leaves it out, as with all options below.
        seed: Sampling seed.
        response_schema: JSON schema the answer must follow, where the server can.
        schema_name: Name sent with the schema.
        tools: Tools the model may call, in OpenAI's form.
        n: Number of answers.
        logprobs: Number of alternatives per token whose log-probabilities are wanted.
        prompt_hash: Hash of the prompt template.
        sample: 0-based number of the repetition.
        max_image_px: Longest side of its pictures; None for the server's usual one.
    """
    body: dict[str, Any] = {
        "messages": (written := message_bodies(messages)),
        "temperature": temperature,
        "max_tokens": max_tokens,
    }
    optional = {"top_p": top_p, "seed": seed, "tools": list(tools) if tools else None}
    body |= {key: value for key, value in optional.items() if value is not None}
    if n > 1:
        body["n"] = n
    if logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": logprobs}
    if response_schema is not None:
        schema = {"name": schema_name, "schema": dict(response_schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return make_call(
        server,
        "chat",
        PATH,
        body,
        model=model,
        images=pictures_of(written),
        prompt_hash=prompt_hash,
        sample=sample,
        max_image_px=max_image_px,
    )


# --- messages to a body ------------------------------------------------------------------


def message_bodies(messages: Iterable[Message], *, in_place: bool = False) -> list[dict[str, Any]]:
    """Messages as a request body has them, pictures by SHA-256.

    Pictures go to the next user message, or with `in_place` stay where they belong.
    """
    written: list[dict[str, Any]] = []
    moved: list[str | ImagePart] = []
    for message in messages:
        if message.role == "user" or in_place:
            pieces = [*moved, *_pieces(message)]
            written.append({"role": message.role, "content": _content(pieces)})
            moved = []
        else:
            pieces = []
            for piece in _pieces(message):
                if isinstance(piece, str):
                    pieces.append(piece)
                    continue
                number = 1 + sum(isinstance(p, ImagePart) for p in moved)
                pieces.append(_note(pieces, f"{piece.tag or ''} [picture {number}]".lstrip()))
                moved += [f"[picture {number} of {_OWNER[message.role]}]\n", piece]
            written.append({"role": message.role, "content": _content(pieces)})
    if moved:
        written.append({"role": "user", "content": _content(moved)})
    return written


def _pieces(message: Message) -> list[str | ImagePart]:
    pieces: list[str | ImagePart] = []
    for part in message.parts:
        if isinstance(part, TextPart):
            pieces.append(part.text)
        elif part.sha256 is not None:
            pieces.append(part)
        else:
            what = part.tag or part.name or "without a name"
            why = f" ({part.missing})" if part.missing else ""
            pieces.append(_note(pieces, f"[picture missing: {what}{why}]"))
    return pieces


def _note(before: Sequence[str | ImagePart], note: str) -> str:
    """The note, on a line of its own if text runs up to it."""
    last = before[-1] if before else None
    runs_on = isinstance(last, str) and last and not last[-1].isspace()
    return f"\n{note}\n" if runs_on else f"{note}\n"


def _content(pieces: Sequence[str | ImagePart]) -> str | list[dict[str, Any]]:
    """Plain text where there is no picture: every server's template takes that."""
    parts: list[dict[str, Any]] = []
    for piece in pieces:
        if isinstance(piece, ImagePart):
            assert piece.sha256 is not None
            parts.append(picture(piece.sha256))
        elif parts and parts[-1]["type"] == "text":
            parts[-1]["text"] += piece
        elif piece:
            parts.append({"type": "text", "text": piece})
    if not parts:
        return ""
    if len(parts) == 1 and parts[0]["type"] == "text":
        text: str = parts[0]["text"]
        return text
    return parts


def pictures_of(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    """The pictures that written messages name, in order."""
    return [
        part["image_url"]["sha256"]
        for message in messages
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]


# --- a reply to text ---------------------------------------------------------------------


def read_chat(call: Call, data: Any) -> Reading:
    """What a chat reply says; `call` does not matter.

    With several answers the call is ok if any of them is; otherwise the first one that is
    not empty says how it ended.
    """
    answers = _answers(data)
    if answers is None:
        return Reading("unparsed", error="the reply has no choices with messages")
    readings = [_read_answer(choice) for choice in answers]
    for wanted in ("ok", "truncated", "refused", "empty"):
        for reading in readings:
            if reading.state == wanted:
                return reading
    return readings[0]


def choices(reply: Reply) -> list[str]:
    """The texts of the usable answers of a chat reply, in the order of their index.

    Empty, cut and refused ones are left out; an answer that only calls a tool is "".
    """
    readings = [_read_answer(choice) for choice in _answers(reply.data) or []]
    return [reading.text for reading in readings if reading.state == "ok"]


def _answers(data: Any) -> list[dict[str, Any]] | None:
    found = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(found, list) or not found:
        return None
    if not all(isinstance(c, dict) and isinstance(c.get("message"), dict) for c in found):
        return None
    return sorted(found, key=lambda c: c["index"] if isinstance(c.get("index"), int) else 0)


def _read_answer(choice: Mapping[str, Any]) -> Reading:
    message: Mapping[str, Any] = choice["message"]
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        return Reading("unparsed", error="the content of the answer is neither text nor parts")
    text, uris = _text_and_uris(content, message.get("images"))
    text = _without_thinking(text)
    finish, refusal = (
        value if isinstance(value, str) else ""
        for value in (choice.get("finish_reason"), message.get("refusal"))
    )
    if finish == "content_filter" or refusal:
        why = refusal or "by the content filter"
        return Reading("refused", text, error=f"refused: {why}")
    if finish in _CUT:
        return Reading("truncated", text, error=f"cut at the length limit ({finish})")
    if finish in _BROKEN_OFF:
        error = f"the server broke off the answer ({finish})"
        return Reading("exhausted", text, error=error, again=True)
    if uris:
        try:
            return Reading("ok", text, picture=checked_picture(uris[0]))
        except PictureError as error:
            if not text.strip():
                return Reading("unparsed", error=f"the picture of the answer is {error}")
    if not text.strip() and not message.get("tool_calls"):
        return Reading("empty", text, error="no text, tool call or picture in the answer")
    return Reading("ok", text)


def _text_and_uris(content: str | list[Any] | None, images: Any) -> tuple[str, list[str]]:
    if not isinstance(content, list):
        content = [{"type": "text", "text": content or ""}]
    pieces = [*content, *(images if isinstance(images, list) else [])]
    texts: list[str] = []
    uris: list[str] = []
    for piece in pieces:
        if not isinstance(piece, dict):
            continue
        link = piece.get("image_url")
        uri = link.get("url") if isinstance(link, dict) else link
        if isinstance(uri, str) and uri.startswith("data:image/"):
            uris.append(uri)
        elif isinstance(piece.get("text"), str):
            texts.append(piece["text"])
    return "".join(texts), uris


def _without_thinking(text: str) -> str:
    """The answer after the thinking that a server without a reasoning parser leaves in.

    Some templates open the block themselves, so the opening tag may be missing.
    """
    head, end, answer = text.partition("</think>")
    if end and ("<think>" not in head or head.lstrip().startswith("<think>")):
        return answer.lstrip()
    return text
