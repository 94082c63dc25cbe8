"""Which answers a row of labels is about: by id, by place, or shown whole in the row itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from intermt.formats.reading.fields import ID, MISSING, BadRow, is_blank, text
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerPlace,
    AnswerRef,
    AnswerShown,
    MessageRow,
)
from intermt.records import content_id

BETWEEN_PICTURES = "|"
"""What separates several names of pictures in one cell."""

_PLACE = re.compile(r"1(?:[a-z]+|\.[1-9][0-9]*)*[a-z]")
_ROLES: dict[str, Literal["user", "assistant"]] = {
    **dict.fromkeys(("user", "human", "customer", "prompter", "question", "prompt"), "user"),
    **dict.fromkeys(
        ("assistant", "bot", "gpt", "model", "ai", "chatbot", "answer", "response"), "assistant"
    ),
}
_TEXTS = ("content", "text", "value", "message")
_PICTURES = ("pictures", "images", "image", "picture")

Fields = Mapping[str, Any]


def answers_of(fields: Fields) -> tuple[AnswerRef, AnswerRef | None]:
    """The one answer, or the two, that the fields of a row name or show.

    Raises:
        BadRow: None, two that are the same, or one that cannot be told.
    """
    if "answer_a" in fields or "answer_b" in fields:
        pair = answer_ref(fields, "answer_a"), answer_ref(fields, "answer_b")
        if pair[0] == pair[1]:
            raise BadRow("answer_b", fields["answer_b"], "another answer than answer_a")
        return pair
    if "answer" in fields:
        return answer_ref(fields, "answer"), None
    if "text_a" in fields or "text_b" in fields or "pictures_b" in fields:
        first, second = _shown(fields, "_a"), _shown(fields, "_b")
        if first == second:
            raise BadRow("text_b", fields.get("text_b", MISSING), "another answer than text_a")
        return first, second
    if "text" in fields or "messages" in fields:
        return _shown(fields, ""), None
    expected = "answer_a and answer_b, answer, text_a and text_b, text, or messages"
    raise BadRow("answer_a", MISSING, f"the answers that the labels are about: {expected}")


def answer_ref(fields: Fields, name: str) -> AnswerRef:
    """An answer by its id, or, where there is a seed, by its place.

    Raises:
        BadRow: Neither.
    """
    written = fields.get(name, MISSING)
    plain = written.strip().lower() if isinstance(written, str) else ""
    if "seed" not in fields:
        if not ID.fullmatch(plain):
            raise BadRow(name, written, "an id of 32 hex digits, or a place and a seed")
        return AnswerId(plain)
    if not _PLACE.fullmatch(plain):
        raise BadRow(name, written, "the place of an answer, as in 1a or 1a.1b")
    return AnswerPlace(name_of(fields["seed"], "seed"), plain)


def _shown(fields: Fields, side: str) -> AnswerShown:
    messages = _history(fields)
    said = fields.get(f"text{side}", MISSING)
    pictures = picture_names(fields.get(f"pictures{side}", MISSING), f"pictures{side}")
    shown_by_side = side != "" or said is not MISSING
    if shown_by_side:
        if said is MISSING and not pictures:
            raise BadRow(f"text{side}", MISSING, "the text of the answer")
        answer = "" if said is MISSING else text(said, f"text{side}")
        if len(messages) > 1 and messages[-1][0] == "assistant":
            # A dialogue that was shown with its own answer: the candidates are others to the
            # same question, and stand in its place.
            messages.pop()
        if not messages or messages[-1][0] != "user":
            where = "messages" if "messages" in fields else "prompt"
            raise BadRow(where, fields.get(where, MISSING), "a question that the answer is to")
        messages.append(("assistant", MessageRow(answer, pictures)))
    for n, (role, _) in enumerate(messages):
        if role != ("user", "assistant")[n % 2]:
            raise BadRow("messages", _roles(messages), "prompt and answer in turn, a prompt first")
    if len(messages) % 2:
        raise BadRow("messages", _roles(messages), "an answer at the end, or text beside it")
    rows = tuple(message for _, message in messages)
    source_id = name_of(fields["item"], "item") if "item" in fields else unnamed_source(rows[0])
    return AnswerShown(source_id, rows)


def _history(fields: Fields) -> list[tuple[str, MessageRow]]:
    messages = read_messages(fields["messages"], "messages") if "messages" in fields else []
    if "prompt" in fields:
        messages.append(("user", MessageRow(text(fields["prompt"], "prompt"))))
    # With one answer alone, `pictures` is still the question's: those of answers have a side.
    if "pictures" in fields and ("text" in fields or "prompt" in fields or messages):
        names = picture_names(fields["pictures"], "pictures")
        if not messages or messages[0][0] != "user":
            raise BadRow("pictures", fields["pictures"], "a question that they belong to")
        first = messages[0][1]
        messages[0] = ("user", MessageRow(first.text, (*names, *first.pictures)))
    return messages


def read_messages(value: Any, field: str) -> list[tuple[str, MessageRow]]:
    """Role (`user` or `assistant`) and message of each of a list, or of JSON text of one.

    An item is text, which takes its turn, or an object with a role (`role`, `from` or
    `author`), what is said (`content`, `text`, `value` or `message`; text, or a list of parts
    of type text and image) and perhaps `images`.

    Raises:
        BadRow: No such list.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, list) or not value:
        raise BadRow(field, value, "a list of messages")
    return [_message(one, n, f"{field}[{n}]") for n, one in enumerate(value)]


def _parsed(value: str) -> Any:
    if not value.lstrip().startswith("["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _message(value: Any, n: int, field: str) -> tuple[str, MessageRow]:
    if isinstance(value, str):
        return ("user", "assistant")[n % 2], MessageRow(text(value, field))
    if not isinstance(value, dict):
        raise BadRow(field, value, "text, or an object with role and content")
    said = next((value[k] for k in ("role", "from", "author") if k in value), MISSING)
    role = _ROLES.get(said.strip().lower()) if isinstance(said, str) else None
    if role is None:
        raise BadRow(f"{field}.role", said, "user or assistant")
    content = next((value[k] for k in _TEXTS if not is_blank(value.get(k))), "")
    texts, pictures = _content(content, field)
    for key in _PICTURES:
        pictures += picture_names(value.get(key), f"{field}.{key}")
    if not texts and not pictures:
        raise BadRow(field, value, "a message with text or a picture")
    return role, MessageRow("\n".join(texts), tuple(pictures))


def _content(content: Any, field: str) -> tuple[list[str], list[str]]:
    if not isinstance(content, list):
        return ([text(content, f"{field}.content")] if content != "" else []), []
    texts: list[str] = []
    pictures: list[str] = []
    for n, part in enumerate(content):
        name = f"{field}.content[{n}]"
        if isinstance(part, str):
            texts.append(text(part, name))
        elif isinstance(part, dict) and part.get("type") == "text":
            texts.append(text(part.get("text", MISSING), f"{name}.text"))
        elif isinstance(part, dict) and part.get("type") in ("image", "image_url"):
            keys = ("image_url", "image", "path", "url", "data")
            holder = next((part[key] for key in keys if not is_blank(part.get(key))), MISSING)
            pictures += picture_names(holder, name)
        else:
            raise BadRow(name, part, 'an object of type "text" or "image"')
    return texts, pictures


def picture_names(value: Any, field: str) -> tuple[str, ...]:
    """Names of pictures that a value holds: one, several with `|` between, or a list.

    An object stands for the `url`, `path` or `image` in it.

    Raises:
        BadRow: Something else.
    """
    if is_blank(value):
        return ()
    if isinstance(value, str):
        parsed = _parsed(value)
        if isinstance(parsed, list):
            value = parsed
        elif value.startswith("data:"):
            return (text(value, field),)
        else:
            value = [name.strip() for name in value.split(BETWEEN_PICTURES)]
    if isinstance(value, dict):
        keys = ("url", "path", "image")
        return picture_names(next((value[k] for k in keys if k in value), MISSING), field)
    if not isinstance(value, list):
        raise BadRow(field, value, "the name of a picture, or a list of names")
    found: list[str] = []
    for n, one in enumerate(value):
        if isinstance(one, dict):
            found += picture_names(one, f"{field}[{n}]")
        elif not is_blank(one):
            found.append(text(one, f"{field}[{n}]").strip())
    return tuple(found)


def name_of(value: Any, field: str) -> str:
    """The name that text or a whole number is.

    Raises:
        BadRow: Neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value, field).strip()


def unnamed_source(first: MessageRow) -> str:
    """A name for the seed question of a conversation, for a file that has none."""
    return f"shown:{content_id('shown', first.text, list(first.pictures))[:16]}"


def _roles(messages: list[tuple[str, MessageRow]]) -> str:
    return ", ".join(role for role, _ in messages)
