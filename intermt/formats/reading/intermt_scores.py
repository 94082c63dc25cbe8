"""The benchmark's score files: conversations whose labels stand in lists of their own.

`{"id"?, "conversations": [{"round": 0, "annotations": {G-dimension: score}}, {"round": 1,
"round_conversations": {"prompt", "prompt_images", "response", "response_images"},
"annotations": {L-dimension: score}}, ...]}`. Round 0 has the labels of the whole conversation
and no text; a file of one level may leave it out. The rounds with text count up from 1.
"""

from __future__ import annotations

from typing import Any

from intermt.formats.reading.fields import BadRow, is_blank, whole_number
from intermt.formats.reading.intermt_parts import labels_of, messages_of, source_id_of
from intermt.formats.reading.json_rows import field
from intermt.formats.reading.rows import ConversationRow, FeedbackRow, MessageRow, ScoreRow


def is_scored(row: dict[str, Any]) -> bool:
    """Whether a conversation has the form of the score files."""
    turns = row.get("conversations")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], dict)
        and not is_blank(turns[0].get("round"))
        and ("annotations" in turns[0] or "round_conversations" in turns[0])
    )


def scored(where: str, row: dict[str, Any]) -> ConversationRow:
    """The conversation that an item of a score file is.

    Raises:
        BadRow: It is none.
    """
    turns: list[tuple[MessageRow, MessageRow]] = []
    scores: tuple[ScoreRow, ...] = ()
    feedback: tuple[FeedbackRow, ...] = ()
    for n, item in enumerate(row["conversations"]):
        if not isinstance(item, dict):
            raise BadRow("conversations", item, "objects with round and annotations")
        number = whole_number(field(item, "round"))
        is_whole = number == 0 and n == 0
        turn = None if is_whole else len(turns) + 1
        try:
            if not is_whole:
                if number != turn:
                    expected = f"{turn}: rounds count up from 1 behind round 0, in order"
                    raise BadRow("round", field(item, "round"), expected)
                said = field(item, "round_conversations")
                if not isinstance(said, dict):
                    raise BadRow("round_conversations", said, "an object with prompt and response")
                turns.append(messages_of(said))
            more_scores, more_feedback = labels_of(field(item, "annotations"), turn, "annotations")
        except BadRow as bad:
            bad.at = f"round {n if number is None else number}"
            raise
        scores, feedback = scores + more_scores, feedback + more_feedback
    if not turns:
        raise BadRow("conversations", row["conversations"], "a list of at least one round")
    source_id = source_id_of(field(row, "id"), turns)
    return ConversationRow(where, source_id, tuple(turns), scores=scores, feedback=feedback)
