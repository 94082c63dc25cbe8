"""Annotation tasks as JSON objects: what every tool that people label in is given.

One object is one task: the history, two candidates, and which of them stands on the left. It
tells no name of a model or file, no label, and not whether the outcome is known already.
`docs/annotation.md` explains the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

import orjson

from intermt.dimensions import Level, dimensions_of
from intermt.records import AnnotationTask, ImagePart, Message, Part, TextPart

NO_PICTURE = "no picture"

Side = Literal["a", "b"]


class TextItem(TypedDict):
    """A piece of text, as written."""

    type: Literal["text"]
    text: str


class ImageItem(TypedDict):
    """A picture at its place.

    Keys:
        path: Its file in the folder that was written; only where pictures are files.
        data: The picture itself as a `data:` URI; only where pictures are inline.
        sha256: Hash of its bytes; null where the picture is missing.
        caption: What the answer wanted the picture to show, or null.
        missing: Only for a missing picture, instead of `path` and `data`.
    """

    type: Literal["image"]
    path: NotRequired[str]
    data: NotRequired[str]
    sha256: str | None
    caption: str | None
    missing: NotRequired[str]


class MessageItem(TypedDict):
    """A message; `content` holds texts and pictures in reading order."""

    role: Literal["system", "user", "assistant"]
    content: list[TextItem | ImageItem]


class CandidateItem(TypedDict):
    """One of two candidates: an answer, or what follows the shared seed question."""

    id: str
    messages: list[MessageItem]


class TaskItem(TypedDict):
    """A task.

    Keys:
        intermt_task: 1, the version of this form.
        task: The key that labels are to carry.
        level: `local` (two answers to one history) or `global` (two conversations).
        dataset: The collection that the seed question belongs to.
        simulated: Whether a stand-in server wrote any of it.
        turn: Turn of the two answers; null for conversations.
        prefix: What both candidates share, oldest message first.
        left: The candidate to show on the left, or first.
        right: The other one.
        a: Id of the candidate that labels call A, whatever side it is shown on.
        b: Id of the other one.
        shown_first: Which of the two is on the left.
        scales: The scores that may be given, by dimension.
    """

    intermt_task: Literal[1]
    task: str
    level: Level
    dataset: str
    simulated: bool
    turn: int | None
    prefix: list[MessageItem]
    left: CandidateItem
    right: CandidateItem
    a: str
    b: str
    shown_first: Side
    scales: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task with its messages, ready to be written.

    Attributes:
        task: As the store keeps it.
        turn: Turn of the two answers; None for conversations.
        prefix: What both candidates share.
        a: Messages of candidate a that are not in the prefix.
        b: Messages of candidate b that are not in the prefix.
    """

    task: AnnotationTask
    turn: int | None
    prefix: tuple[Message, ...]
    a: tuple[Message, ...]
    b: tuple[Message, ...]


def task_item(record: TaskRecord, image_item: Callable[[ImagePart], ImageItem]) -> TaskItem:
    """A task as a JSON object; `image_item` says where a picture is."""

    def part_item(part: Part) -> TextItem | ImageItem:
        if isinstance(part, TextPart):
            return {"type": "text", "text": part.text}
        return image_item(part)

    def messages(said: Sequence[Message]) -> list[MessageItem]:
        return [{"role": m.role, "content": [part_item(part) for part in m.parts]} for m in said]

    task = record.task
    a: CandidateItem = {"id": task.a_id, "messages": messages(record.a)}
    b: CandidateItem = {"id": task.b_id, "messages": messages(record.b)}
    left, right = (a, b) if task.shown_first == "a" else (b, a)
    return {
        "intermt_task": 1,
        "task": task.annotation_task_id,
        "level": task.level,
        "dataset": task.dataset,
        "simulated": task.simulated,
        "turn": record.turn,
        "prefix": messages(record.prefix),
        "left": left,
        "right": right,
        "a": task.a_id,
        "b": task.b_id,
        "shown_first": task.shown_first,
        "scales": {d.key: list(d.scores) for d in dimensions_of(task.level)},
    }


def task_lines(items: Iterable[TaskItem]) -> Iterator[bytes]:
    """The file of tasks as JSON lines."""
    for item in items:
        yield orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)
