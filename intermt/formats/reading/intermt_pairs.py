"""The release's preferences: a history, one more prompt, two answers, who won by dimension.

`{"id"?, "front_convs": [{"round", "prompt", "prompt_images", "response", "response_images"}],
"paired_convs": {"round", "prompt", "prompt_images", "response_1", "response_1_images",
"response_2", "response_2_images"}, "local_overall_preference" | "overall_preference":
{DIMENSION: 1 | 2 | 0}}`.

0 stands for a tie and for no label alike, so it is taken as no label. Whoever knows that a
file means ties says so: `[values.choice]` with `0 = "tie"`.
"""

from __future__ import annotations

from typing import Any

from intermt.dimensions import BY_KEY, OVERALL, Level
from intermt.formats.reading.fields import BadRow, dimension_key, is_blank, names, whole_number
from intermt.formats.reading.intermt_parts import (
    message_of,
    messages_of,
    prompt_of,
    source_id_of,
)
from intermt.formats.reading.json_rows import field
from intermt.formats.reading.label_values import choice_of
from intermt.formats.reading.rows import (
    AnswerShown,
    LabelRow,
    MessageRow,
    ReadOptions,
    SideChoice,
    SkippedRow,
)
from intermt.formats.reading.shown_answers import unnamed_source
from intermt.records import UNNAMED_RATER, content_id

_LEVELS: tuple[tuple[str, Level], ...] = (
    ("local_overall_preference", "local"),
    ("overall_preference", "global"),
)


def is_compared(row: dict[str, Any]) -> bool:
    """Whether an object has the form of the preference files."""
    return isinstance(row.get("paired_convs"), dict) and any(
        isinstance(row.get(name), dict) for name, _ in _LEVELS
    )


def compared(where: str, row: dict[str, Any], options: ReadOptions) -> LabelRow | SkippedRow:
    """The label that an item of a preference file is; skipped as empty where nothing won.

    Raises:
        BadRow: It is none.
    """
    given = [(name, level) for name, level in _LEVELS if not is_blank(field(row, name))]
    if len(given) != 1:
        said = names(name for name, _ in given) or "neither"
        raise BadRow(_LEVELS[0][0], said, f"either {_LEVELS[0][0]} or {_LEVELS[1][0]}")
    (name, level), *_ = given
    history = _history(field(row, "front_convs"))
    pair = field(row, "paired_convs")
    if not isinstance(pair, dict):
        raise BadRow("paired_convs", pair, "an object with prompt, response_1 and response_2")
    number = field(pair, "round")
    if not is_blank(number) and whole_number(number) != len(history) + 1:
        raise BadRow("paired_convs.round", number, f"{len(history) + 1}, behind the history")
    prompt = prompt_of(pair)
    answers = message_of(pair, "response_1"), message_of(pair, "response_2")
    if answers[0] == answers[1]:
        raise BadRow("response_2", answers[1].text, "another answer than response_1")
    choices = _choices(field(row, name), name, level, options)
    if not choices:
        return SkippedRow(where, "empty")
    before = tuple(message for turn in history for message in turn)
    first = before[0] if before else prompt
    given_id = field(row, "id")
    source_id = unnamed_source(first) if is_blank(given_id) else source_id_of(given_id)
    a, b = (AnswerShown(source_id, (*before, prompt, answer)) for answer in answers)
    shown = [[m.text, list(m.pictures)] for m in (*before, prompt, *answers)]
    return LabelRow(
        where=where,
        task_key=f"pair:{content_id('pair', level, shown)[:16]}",
        rater=UNNAMED_RATER,
        role="verifier" if options.role == "verifier" else "annotator",
        kind="human",
        level=level,
        a=a,
        b=b,
        choices=choices,
    )


def _history(value: Any) -> list[tuple[MessageRow, MessageRow]]:
    if is_blank(value):
        return []
    if not isinstance(value, list):
        raise BadRow("front_convs", value, "a list of rounds")
    turns: list[tuple[MessageRow, MessageRow]] = []
    for n, turn in enumerate(value, start=1):
        if not isinstance(turn, dict):
            raise BadRow("front_convs", turn, "objects with prompt and response")
        number = field(turn, "round")
        if not is_blank(number) and whole_number(number) != n:
            raise BadRow("front_convs.round", number, f"{n}: rounds count up from 1, in order")
        try:
            turns.append(messages_of(turn))
        except BadRow as bad:
            bad.at = f"round {n}"
            raise
    return turns


def _choices(value: Any, name: str, level: Level, options: ReadOptions) -> tuple[SideChoice, ...]:
    if not isinstance(value, dict):
        raise BadRow(name, value, "an object of 1, 2 or 0 by dimension")
    means_zero = {str(k).strip(): v for k, v in options.values.get("choice", {}).items()}.get("0")
    found: list[SideChoice] = []
    for key, said in value.items():
        at = f"{name}.{names([key])}"
        dimension = dimension_key(key, at)
        if dimension != OVERALL and BY_KEY[dimension].level != level:
            raise BadRow(at, said, f"a {level} dimension; {dimension} is {BY_KEY[dimension].level}")
        if is_blank(said):
            continue
        number = whole_number(said)
        if number not in (0, 1, 2):
            raise BadRow(at, said, "1, 2 or 0")
        if any(known.dimension == dimension for known in found):
            raise BadRow(at, said, f"one preference for {dimension}, not two")
        choice = choice_of(means_zero if number == 0 else number, at, {})
        if choice is not None:
            found.append(SideChoice(dimension, choice))
    return tuple(found)
