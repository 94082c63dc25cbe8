"""The InterMT release and its benchmark: JSON lists (or lines), or Parquet, of three forms.

Conversations: `{"id", "scenario"?, "category"?, "task"?, "conversations": [{"round", "prompt",
"prompt_images", "prompt_uuid"?, "response", "response_images", "response_uuid"?,
"annotation"?}], "annotation"?: {DIMENSION: score, "reason_DIMENSION": text}}`. Rounds count
from 1. An annotation beside `conversations` is about the whole conversation, one inside a
round about that turn. Beside its labels it may hold `"kind"`: human, the default, or synthetic
for invented labels. Other keys are passed over.

Scores: see `intermt_scores`. Preferences: see `intermt_pairs`. The form shows in each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from intermt.formats.reading.fields import BadRow, is_blank, one_of, optional_text, whole_number
from intermt.formats.reading.head import Head
from intermt.formats.reading.intermt_pairs import compared, is_compared
from intermt.formats.reading.intermt_parts import labels_of, messages_of, source_id_of
from intermt.formats.reading.intermt_scores import is_scored, scored
from intermt.formats.reading.json_rows import field, json_rows
from intermt.formats.reading.rows import (
    ConversationRow,
    FeedbackRow,
    LabelRow,
    MessageRow,
    ReadOptions,
    Row,
    RowProblem,
    ScoreRow,
    SkippedRow,
)
from intermt.formats.reading.source import Source
from intermt.records import SCENARIOS

_SIDES = {"prompt", "response"}


def looks_like(head: Head) -> bool:
    """Whether the first object is a conversation, a scored one or a pair of the release."""
    if is_scored(head.first) or is_compared(head.first):
        return True
    turns = head.first.get("conversations")
    if not isinstance(turns, list):
        return False
    return not turns or (isinstance(turns[0], dict) and not _SIDES.isdisjoint(turns[0]))


def read(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A `ConversationRow` for each conversation, a `LabelRow` for each pair."""

    def parse(where: str, row: dict[str, Any]) -> ConversationRow | LabelRow | SkippedRow:
        if "paired_convs" in row and not is_blank(row["paired_convs"]):
            return compared(where, row, options)
        found = scored(where, row) if is_scored(row) else _conversation(where, row)
        return _verified(found) if options.role == "verifier" else found

    return json_rows(source, parse)


def _verified(row: ConversationRow) -> ConversationRow:
    scores: tuple[ScoreRow, ...] = tuple(replace(s, role="verifier") for s in row.scores)
    said: tuple[FeedbackRow, ...] = tuple(replace(f, role="verifier") for f in row.feedback)
    return replace(row, scores=scores, feedback=said)


def _conversation(where: str, row: dict[str, Any]) -> ConversationRow:
    turns = field(row, "conversations")
    if not isinstance(turns, list) or not turns:
        raise BadRow("conversations", turns, "a list of at least one round")
    messages: list[tuple[MessageRow, MessageRow]] = []
    scores, feedback = labels_of(field(row, "annotation"), None)
    for n, turn in enumerate(turns, start=1):
        try:
            messages.append(_turn(turn, n))
            more_scores, more_feedback = labels_of(field(turn, "annotation"), n)
        except BadRow as bad:
            bad.at = f"turn {n}"
            raise
        scores += more_scores
        feedback += more_feedback
    scenario = field(row, "scenario")
    return ConversationRow(
        where=where,
        source_id=source_id_of(field(row, "id")),
        turns=tuple(messages),
        scenario=None if is_blank(scenario) else one_of(scenario, SCENARIOS, "scenario"),
        task=optional_text(field(row, "task"), "task"),
        category=optional_text(field(row, "category"), "category"),
        scores=scores,
        feedback=feedback,
    )


def _turn(turn: Any, n: int) -> tuple[MessageRow, MessageRow]:
    if not isinstance(turn, dict):
        raise BadRow("conversations", turn, "an object with prompt and response")
    number = field(turn, "round")
    if whole_number(number) != n:
        raise BadRow("round", number, f"{n}: rounds count up from 1, in order")
    return messages_of(turn)
