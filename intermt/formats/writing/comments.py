"""What people wrote about answers, as records that train a critic or a reviser.

The prompt is the conversation up to what the text is about, and an instruction as the user's
last message; the completion is the text. The formats are lines of JSON: `jsonl` with everything
that is known, `ms-swift` and `trl-sft` as `sft` of those trainers reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import orjson

from intermt.dimensions import Level
from intermt.errors import UsageError
from intermt.formats.writing.fitting import in_words, pictures_of, takes_turns
from intermt.formats.writing.pair_lines import faults_of_paths, message_row
from intermt.formats.writing.pairs import ByteSink, PicturePath, Pictures, RecordFormat, Room
from intermt.formats.writing.picture_rows import count_faults, line_check, paths, with_placeholders
from intermt.formats.writing.text_rows import Row, conversation_faults, said
from intermt.records import FeedbackKind, Message, TextPart

_COUNTED = ("<image>", "<video>", "<audio>", "<img>")
_KINDS: Mapping[str, type] = {
    "record_id": str,
    "kind": str,
    "dimension": str,
    "simulated": bool,
    "synthetic": bool,
}


@dataclass(frozen=True, slots=True)
class CommentRecord:
    """One text of one person about an answer or a conversation, ready to be written.

    Attributes:
        record_id: Hash of what the text is about, its rater and the text.
        kind: critique or refinement.
        level: local or global.
        dimension: A dimension key; None where the text is about no one dimension.
        seed_id: Root of the tree.
        turn: Turn of the answer; None for conversations.
        target_id: The answer or conversation.
        rater: Who wrote it: the rater's id, not the name.
        prompt: The conversation up to what the text is about, then the instruction.
        completion: The text, as written.
        split: The split of its seed question; None where none was asked for.
        simulated: Whether a stand-in server wrote any message of the prompt.
        synthetic: Whether the text is an invented one.
        licence: Licence of the seed question as given; None where none is.
    """

    record_id: str
    kind: FeedbackKind
    level: Level
    dimension: str | None
    seed_id: str
    turn: int | None
    target_id: str
    rater: str
    prompt: tuple[Message, ...]
    completion: str
    split: str | None
    simulated: bool
    synthetic: bool
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFormat(RecordFormat[CommentRecord]):
    """One format of such records.

    Attributes:
        pictures: Which pictures a prompt may show: `any`, those `with a file`, or `none`.
    """

    pictures: Literal["any", "with a file", "none"]


def misfits(record: CommentRecord, format_: CommentFormat, path_of: PicturePath) -> list[str]:
    """What of a record the trainer cannot take, in words that can be counted."""
    if format_.pictures == "any":
        return []
    found = []
    pictures = pictures_of(record.prompt)
    if pictures and format_.pictures == "none":
        found.append("pictures in prompts")
    elif any(p.sha256 is None or path_of(p.sha256) is None for p in pictures):
        found.append("a missing picture")
    if not takes_turns([message.role for message in record.prompt], "user", "assistant"):
        found.append("prompts and answers that do not take turns")
    return found


def captioned(record: CommentRecord, format_: CommentFormat, path_of: PicturePath) -> CommentRecord:
    """The record with words in the place of the pictures that the trainer cannot take."""

    def fits(message: Message) -> bool:
        return format_.pictures == "with a file" and all(
            p.sha256 is not None and path_of(p.sha256) is not None for p in pictures_of([message])
        )

    return replace(record, prompt=tuple(m if fits(m) else in_words(m) for m in record.prompt))


class _Lines:
    def __init__(
        self, sink: ByteSink, pictures: Pictures, row_of: Callable[[CommentRecord, Pictures], Row]
    ) -> None:
        self._sink = sink
        self._pictures = pictures
        self._row_of = row_of

    def write(self, record: CommentRecord) -> None:
        """Write one record."""
        row = self._row_of(record, self._pictures)
        self._sink.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Nothing: the last line is the end."""


def _writer(
    row_of: Callable[[CommentRecord, Pictures], Row],
) -> Callable[[ByteSink, Pictures], _Lines]:
    return lambda sink, pictures: _Lines(sink, pictures, row_of)


def _whole(record: CommentRecord) -> tuple[Message, ...]:
    return (*record.prompt, _completion(record))


def _completion(record: CommentRecord) -> Message:
    return Message("assistant", (TextPart(record.completion),))


def _about(record: CommentRecord) -> Row:
    """What is known of a record; no value is null, as loaders guess types from the first rows."""
    row: Row = {
        "record_id": record.record_id,
        "kind": record.kind,
        "dimension": record.dimension or "",
        "simulated": record.simulated,
        "synthetic": record.synthetic,
    }
    return row if record.split is None else row | {"split": record.split}


# --- jsonl -------------------------------------------------------------------------------


def _everything(record: CommentRecord, pictures: Pictures) -> Row:
    return {
        "record_id": record.record_id,
        "kind": record.kind,
        "level": record.level,
        "dimension": record.dimension,
        "seed_id": record.seed_id,
        "turn": record.turn,
        "target_id": record.target_id,
        "rater": record.rater,
        "prompt": [message_row(message, pictures.path_of) for message in record.prompt],
        "completion": [message_row(_completion(record), pictures.path_of)],
        "split": record.split,
        "simulated": record.simulated,
        "synthetic": record.synthetic,
    }


def _check_everything(file: Path, pictures: Pictures) -> tuple[int, list[str]]:
    return faults_of_paths(file, pictures, ("prompt", "completion"))


# --- trainers ----------------------------------------------------------------------------


def _ms_swift(record: CommentRecord, pictures: Pictures) -> Row:
    whole = _whole(record)
    messages = [{"role": r, "content": text} for r, text in with_placeholders(whole, _COUNTED)]
    return {"messages": messages, "images": paths(whole, pictures), **_about(record)}


def _ms_swift_faults(row: Row, _: Pictures) -> list[str]:
    faults = conversation_faults(row.get("messages"), name="messages", last="assistant")
    if faults or not isinstance(row.get("images"), list):
        return faults or ["images is no list"]
    texts = [message["content"] for message in row["messages"]]
    return count_faults(texts, len(row["images"]), name="messages")


def _trl_sft(record: CommentRecord, _: Pictures) -> Row:
    return {
        "prompt": said(record.prompt),
        "completion": said([_completion(record)]),
        **_about(record),
    }


def _trl_sft_faults(row: dict[str, Any], _: Pictures) -> list[str]:
    prompt, completion = row.get("prompt"), row.get("completion")
    faults = conversation_faults(prompt, name="prompt", last="user")
    if faults or not isinstance(prompt, list) or not isinstance(completion, list):
        return faults or ["completion is no list of messages"]
    return conversation_faults([*prompt, *completion], name="completion", last="assistant")


_ROOM: frozenset[Room] = frozenset(("dimension", "split"))

FORMATS: tuple[CommentFormat, ...] = (
    CommentFormat(
        name="jsonl",
        about="intermt itself, jq and scripts",
        extension=".jsonl",
        writer=_writer(_everything),
        check=_check_everything,
        room=_ROOM,
        pictures="any",
    ),
    CommentFormat(
        name="ms-swift",
        about="ms-swift 4.6.0, swift sft",
        extension=".jsonl",
        writer=_writer(_ms_swift),
        check=line_check(_ms_swift_faults, ("images",), kinds=_KINDS),
        room=_ROOM,
        pictures="with a file",
    ),
    CommentFormat(
        name="trl-sft",
        about="TRL 1.16.0, SFTTrainer with models that read text",
        extension=".jsonl",
        writer=_writer(_trl_sft),
        check=line_check(_trl_sft_faults, kinds=_KINDS),
        room=_ROOM,
        pictures="none",
    ),
)

NAMES: tuple[str, ...] = tuple(format_.name for format_ in FORMATS)


def find(name: str, kind: FeedbackKind) -> CommentFormat:
    """The format of this name, for texts of a kind.

    Raises:
        UsageError: There is none.
    """
    for format_ in FORMATS:
        if format_.name == name:
            return format_
    raise UsageError(
        f"--format {name} does not go with --as {kind}: the record is a prompt and a text, not a"
        " pair",
        todo=f"formats of --as {kind}: {', '.join(NAMES)}",
    )
