"""An answer and what came before it as texts for an embedding model.

A text begins with the answer, then comes the question it answers, then what was said before,
latest first: a model that cuts what is too long loses what matters least. An answer that does
not fit in one text is cut into several, each with the same context behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from intermt.domain.image_tags import text_of
from intermt.records import Message

FORMAT = "answer-first-1"
"""Changes with the wording: heads of another wording are not to be used on these texts."""

ANSWER_SHARE = 0.75
"""Of a text, at most so much is answer, so that there is room for the question."""

_HEADINGS = {"assistant": "Answer:", "user": "Question:", "system": "Instruction:"}
_GAP = "\n\n"
_LATEST_CUT = 0.8


def texts_of(messages: Sequence[Message], max_chars: int) -> tuple[str, ...]:
    """The texts of the last message in its context, at least one, none above `max_chars`.

    Tags of pictures count as text. Where the limit leaves no room for a heading, a text is
    just the piece of the answer.
    """
    *before, answer = messages
    head = f"{_HEADINGS[answer.role]}\n"
    room = max(int(ANSWER_SHARE * max_chars) - len(head), 1)
    said = text_of(answer.parts).strip()
    pieces = list(_pieces(said, room)) if len(said) + len(head) > max_chars else [said]
    return tuple(_with_context(f"{head}{piece}", before, max_chars) for piece in pieces)


def answer_in(text: str) -> str:
    """The part of such a text that is answer; all of any other text."""
    head, mark = f"{_HEADINGS['assistant']}\n", f"{_GAP}{_HEADINGS['user']}\n"
    return text.removeprefix(head).partition(mark)[0] if text.startswith(head) else text


def _pieces(text: str, room: int) -> Iterator[str]:
    """The text in pieces of at most `room` characters, cut at white space if there is some."""
    start = 0
    while len(text) - start > room:
        window = text[start : start + room]
        at = max(window.rfind(" "), window.rfind("\n"))
        end = start + (at if at >= _LATEST_CUT * room else room)
        yield text[start:end].strip()
        start = end
    if rest := text[start:].strip():
        yield rest


def _with_context(text: str, before: Sequence[Message], max_chars: int) -> str:
    for message in reversed(before):
        piece = f"{_GAP}{_HEADINGS[message.role]}\n{text_of(message.parts).strip()}"
        text += piece[: max_chars - len(text)]
        if len(text) >= max_chars:
            break
    return text[:max_chars].rstrip()
