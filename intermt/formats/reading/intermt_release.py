"""The InterMT release: JSON lists (or lines) of conversations, with or without labels.

`{"id", "scenario"?, "category"?, "task"?, "conversations": [{"round", "prompt",
"prompt_images", "prompt_uuid"?, "response", "response_images", "response_uuid"?,
"annotation"?}], "annotation"?: {DIMENSION: score, "reason_DIMENSION": text}}`. Rounds count
from 1. An annotation beside `conversations` is about the whole conversation, one inside a
round about that turn. Beside its labels it may hold `"kind"`: human, the default, or synthetic
for invented labels. Other keys are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast, get_args

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
    whole_number,
)
from intermt.formats.reading.head import Head
from intermt.formats.reading.json_rows import field, json_rows
from intermt.formats.reading.rows import (
    ConversationRow,
    FeedbackRow,
    LabelKind,
    MessageRow,
    Row,
    RowProblem,
    ScoreRow,
)
from intermt.formats.reading.source import Source
from intermt.records import SCENARIOS

_KIND = "kind"
_REASON = "reason_"
_SIDES = {"prompt", "response"}


def looks_like(head: Head) -> bool:
    """Whether the first object is a conversation of the release.

    The benchmark's score files also have `conversations`, but labels in place of prompts.
    """
    turns = head.first.get("conversations")
    if not isinstance(turns, list):
        return False
    return not turns or (isinstance(turns[0], dict) and not _SIDES.isdisjoint(turns[0]))


def read(source: Source) -> Iterator[Row | RowProblem]:
    """A `ConversationRow` for each conversation of the file."""
    return json_rows(source, _conversation)


def _conversation(where: str, row: dict[str, Any]) -> ConversationRow:
    turns = field(row, "conversations")
    if not isinstance(turns, list) or not turns:
        raise BadRow("conversations", turns, "a list of at least one round")
    messages: list[tuple[MessageRow, MessageRow]] = []
    scores, feedback = _labels(field(row, "annotation"), None)
    for n, turn in enumerate(turns, start=1):
        try:
            messages.append(_turn(turn, n))
            more_scores, more_feedback = _labels(field(turn, "annotation"), n)
        except BadRow as bad:
            bad.at = f"turn {n}"
            raise
        scores += more_scores
        feedback += more_feedback
    scenario = field(row, "scenario")
    return ConversationRow(
        where=where,
        source_id=_source_id(field(row, "id")),
        turns=tuple(messages),
        scenario=None if is_blank(scenario) else one_of(scenario, SCENARIOS, "scenario"),
        task=optional_text(field(row, "task"), "task"),
        category=optional_text(field(row, "category"), "category"),
        scores=scores,
        feedback=feedback,
    )


def _source_id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if is_blank(value) or not isinstance(value, str):
        raise BadRow("id", value, "a whole number or text that names the conversation")
    return text(value, "id").strip()


def _turn(turn: Any, n: int) -> tuple[MessageRow, MessageRow]:
    if not isinstance(turn, dict):
        raise BadRow("conversations", turn, "an object with prompt and response")
    number = field(turn, "round")
    if whole_number(number) != n:
        raise BadRow("round", number, f"{n}: rounds count up from 1, in order")
    prompt = _message(turn, "prompt")
    if not prompt.text.strip() and not prompt.pictures:
        raise BadRow("prompt", turn["prompt"], "text or a picture")
    return prompt, _message(turn, "response")


def _message(turn: dict[str, Any], side: str) -> MessageRow:
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


def _labels(
    annotation: Any, turn: int | None
) -> tuple[tuple[ScoreRow, ...], tuple[FeedbackRow, ...]]:
    if is_blank(annotation):
        return (), ()
    if not isinstance(annotation, dict):
        raise BadRow("annotation", annotation, "an object of scores and reasons")
    level: Level = "global" if turn is None else "local"
    kind = _kind(field(annotation, _KIND))
    scores: list[ScoreRow] = []
    feedback: list[FeedbackRow] = []
    for key, value in annotation.items():
        if key == _KIND:
            continue
        name = f"annotation.{names([key])}"
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


def _kind(value: Any) -> LabelKind:
    if is_blank(value):
        return "human"
    return cast(LabelKind, one_of(value, get_args(LabelKind), f"annotation.{_KIND}"))


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
