"""What all files of the InterMT release are made of: messages, pictures, scores with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from intermt.dimensions import BY_KEY, Dimension, Level, dimensions_of, find_dimension
from intermt.formats.reading.fields import (
    BadRow,
    did_you_mean,
    is_blank,
    names,
    one_of,
    optional_text,
    score,
    text,
)
from intermt.formats.reading.json_rows import field
from intermt.formats.reading.rows import FeedbackRow, LabelKind, MessageRow, ScoreRow
from intermt.records import content_id

_KIND = "kind"
_KINDS = ("human", "synthetic")
_REASON = "reason_"


def source_id_of(value: Any, turns: Sequence[tuple[MessageRow, MessageRow]] = ()) -> str:
    """The file's name for a conversation; without one, a hash of what is said in it.

    Raises:
        BadRow: Neither a name nor turns.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if is_blank(value) and turns:
        said = [[m.text, list(m.pictures)] for turn in turns for m in turn]
        return f"said:{content_id('said', said)[:16]}"
    if is_blank(value) or not isinstance(value, str):
        raise BadRow("id", value, "a whole number or text that names the conversation")
    return text(value, "id").strip()


def messages_of(turn: dict[str, Any]) -> tuple[MessageRow, MessageRow]:
    """Prompt and answer of a round.

    Raises:
        BadRow: One of them is not there, or the prompt says and shows nothing.
    """
    return prompt_of(turn), message_of(turn, "response")


def prompt_of(turn: dict[str, Any]) -> MessageRow:
    """The prompt of a round.

    Raises:
        BadRow: There is none, or it says and shows nothing.
    """
    prompt = message_of(turn, "prompt")
    if not prompt.text.strip() and not prompt.pictures:
        raise BadRow("prompt", turn["prompt"], "text or a picture")
    return prompt


def message_of(turn: dict[str, Any], side: str) -> MessageRow:
    """The message under a key, its pictures under `KEY_images`, its id under `KEY_uuid`.

    Raises:
        BadRow: It is not there, or not as it should be.
    """
    return MessageRow(
        text=text(field(turn, side), side),
        pictures=_pictures(field(turn, f"{side}_images"), f"{side}_images"),
        source_key=optional_text(field(turn, f"{side}_uuid"), f"{side}_uuid"),
    )


def _pictures(value: Any, name: str) -> tuple[str, ...]:
    if is_blank(value):
        return ()
    if not isinstance(value, list):
        raise BadRow(name, value, "a list of picture names")
    # The release writes "no picture" as an empty name.
    return tuple(text(v, f"{name}[{i}]") for i, v in enumerate(value) if not is_blank(v))


def labels_of(
    annotation: Any, turn: int | None, at: str = "annotation"
) -> tuple[tuple[ScoreRow, ...], tuple[FeedbackRow, ...]]:
    """Scores and reasons by dimension; `turn` None is the whole conversation.

    Raises:
        BadRow: No such dimension at this level, or no score.
    """
    if is_blank(annotation):
        return (), ()
    if not isinstance(annotation, dict):
        raise BadRow(at, annotation, "an object of scores and reasons")
    level: Level = "global" if turn is None else "local"
    kind = _kind(field(annotation, _KIND), at)
    scores: list[ScoreRow] = []
    feedback: list[FeedbackRow] = []
    for key, value in annotation.items():
        if key == _KIND:
            continue
        name = f"{at}.{names([key])}"
        is_reason = key.startswith(_REASON)
        dimension = _dimension(key.removeprefix(_REASON), level, name, value)
        if is_reason:
            if (reason := optional_text(value, name)) is not None:
                feedback.append(
                    FeedbackRow("rationale", dimension.key, reason, turn, rater_kind=kind)
                )
        elif (number := score(value, dimension, name)) is not None:
            if any(dimension.key == known.dimension for known in scores):
                raise BadRow(name, value, f"one score for {dimension.key}, not two")
            scores.append(ScoreRow(dimension.key, number, turn, rater_kind=kind))
    return tuple(scores), tuple(feedback)


def _kind(value: Any, at: str) -> LabelKind:
    if is_blank(value):
        return "human"
    return cast(LabelKind, one_of(value, _KINDS, f"{at}.{_KIND}"))


def _dimension(spelling: str, level: Level, name: str, value: Any) -> Dimension:
    dimension = find_dimension(spelling)
    if dimension is None:
        known = ", ".join(f"{d.id} {d.key}" for d in dimensions_of(level))
        hint = did_you_mean(spelling, BY_KEY)
        raise BadRow(name, value, f"one of the dimensions {known}{hint}")
    if dimension.level != level:
        place = "a whole conversation" if level == "global" else "one turn"
        raise BadRow(name, value, f"a dimension of {place}; {dimension.key} is {dimension.level}")
    return dimension
