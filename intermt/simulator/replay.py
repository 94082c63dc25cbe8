"""Recorded answers that the stand-in gives in place of invented ones.

A recording is a file of JSON lines. Each is an object with `question`, what a user's message
says, `answer`, what was answered, and perhaps `next`, what the user said then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from intermt.errors import InputError, MissingInputError, PermissionRefused, StoreIOError
from intermt.simulator.chat_request import ChatRequest
from intermt.simulator.dice import Dice
from intermt.simulator.prompt_reading import fenced_blocks

_FORM = 'write each line like {"question": "...", "answer": "..."}; see docs/simulator.md'
# What clients write around pictures is not what was said.
_PICTURE_NOTE = re.compile(r"\[pictures? (?:\d+|missing\b|shown\b)[^\[\]]*\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replay:
    """Recorded answers and next questions, by what they follow.

    Attributes:
        answers: Answers by the question, as `_known_as` writes it.
        questions: Next questions by the answer before them, in the same form.
    """

    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def said(self, request: ChatRequest, dice: Dice) -> str | None:
        """What was recorded for a request, word for word; None if nothing was.

        A question counts if it is the last user message, an answer if a simulated user is
        asked what it says to it.
        """
        if not self.answers:
            return None
        found = self.answers.get(_known_as(request.last_text), ())
        if not found and request.role == "follow_up":
            heard = [block.body for block in fenced_blocks(request.text) if not block.asks]
            found = self.questions.get(_known_as(heard[-1]), ()) if heard else ()
        return dice.pick(found, "replay") if found else None


NO_REPLAY = Replay()


def read_replay(path: Path) -> Replay:
    """The recording in a file; of lines for the same question each is one of its answers.

    Raises:
        MissingInputError: There is no such file.
        PermissionRefused: It may not be read.
        StoreIOError: Reading it failed.
        InputError: A line is no record, or there is none.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise MissingInputError("there is no such file of answers", where=str(path)) from error
    except PermissionError as error:
        raise PermissionRefused("the answers may not be read", where=str(path)) from error
    except OSError as error:
        raise StoreIOError(
            f"the answers cannot be read: {error.strerror}", where=str(path)
        ) from error
    answers: dict[str, list[str]] = {}
    questions: dict[str, list[str]] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            question, answer, following = _record(line, f"{path}:{number}")
            answers.setdefault(_known_as(question), []).append(answer)
            if following:
                questions.setdefault(_known_as(answer), []).append(following)
    if not answers:
        raise InputError("there are no answers in the file", where=str(path), todo=_FORM)
    return Replay(
        {question: tuple(said) for question, said in answers.items()},
        {answer: tuple(asked) for answer, asked in questions.items()},
    )


def _record(line: bytes, where: str) -> tuple[str, str, str]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(f"no JSON: {error}", where=where, todo=_FORM) from error
    if not isinstance(row, dict):
        raise InputError("no JSON object", where=where, todo=_FORM)
    texts = []
    for name, is_needed in (("question", True), ("answer", True), ("next", False)):
        text = row.get(name)
        if text is None and not is_needed:
            text = ""
        elif not isinstance(text, str) or not text.strip():
            raise InputError(f"{name} must be a text that is not empty", where=where, todo=_FORM)
        texts.append(text)
    question, answer, following = texts
    return question, answer, following


def _known_as(text: str) -> str:
    """A text without white space and notes of pictures: the same in whatever layout."""
    return "".join(_PICTURE_NOTE.sub("", text).split())
