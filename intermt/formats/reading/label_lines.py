"""Labels as the annotation page writes them, one object a line.

`{"intermt_label": 1, "task", "level", "rater", "role", "kind", "a", "b", "shown_first",
"choices": {DIMENSION: "A" | "B" | "tie"}, "scores": {"a": {DIMENSION: score}, "b": {...}},
"texts": [{"side", "kind", "dimension", "text"}], "rated_at", "seconds", "state"}`. `a` and `b`
are ids; A means `a`, whatever side it was shown on. `b` is null where there was one candidate
only. `role` is annotator unless the line says verifier or the user does: who opens the page
does not say there which of the two they are. What is null or absent was not said.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from intermt.dimensions import BY_KEY, LEVELS, OVERALL, Level
from intermt.formats.reading.fields import (
    ID,
    MISSING,
    BadRow,
    dimension_key,
    is_blank,
    one_of,
    optional_text,
    score,
    text,
)
from intermt.formats.reading.head import Head
from intermt.formats.reading.json_rows import field
from intermt.formats.reading.label_values import seconds_of, time_of
from intermt.formats.reading.rows import (
    AnswerId,
    LabelKind,
    LabelRole,
    LabelRow,
    ReadOptions,
    Side,
    SideChoice,
    SideScore,
    SideText,
    SkippedRow,
)
from intermt.records import Choice, FeedbackKind

MARK = "intermt_label"
_VERSION = 1
_SIDES: tuple[Side, Side] = ("a", "b")
_CHOICES: tuple[Choice, ...] = ("a", "b", "tie")


def looks_like(head: Head) -> bool:
    """Whether the first object is a label."""
    return head.has(MARK)


def label(where: str, row: dict[str, Any], options: ReadOptions) -> LabelRow | SkippedRow:
    """The label that an object is.

    Raises:
        BadRow: It is none.
    """
    if row[MARK] != _VERSION:
        raise BadRow(MARK, row[MARK], f"{_VERSION}, the version that is known here")
    level = cast(Level, one_of(field(row, "level"), LEVELS, "level"))
    a = _id(row, "a")
    b = None if is_blank(field(row, "b")) else _id(row, "b")
    if a == b:
        raise BadRow("b", row["b"], "another candidate than a")
    choices = _choices(row, level) if b is not None else _nothing(row, "choices")
    scores = _scores(row, level, _SIDES if b is not None else ("a",))
    texts = _texts(row, level, b is not None)
    role = one_of(_or(row, "role", "annotator"), ("annotator", "verifier"), "role")
    kind = one_of(_or(row, "kind", "human"), ("human", "synthetic"), "kind")
    rater = text(field(row, "rater"), "rater").strip()
    if not rater:
        raise BadRow("rater", row["rater"], "the name of who gave the label")
    first = field(row, "shown_first")
    found = LabelRow(
        where=where,
        task_key=text(field(row, "task"), "task"),
        rater=rater,
        role=cast(LabelRole, "verifier" if options.role == "verifier" else role),
        kind=cast(LabelKind, kind),
        level=level,
        a=AnswerId(a),
        b=None if b is None else AnswerId(b),
        side_fields=_SIDES,
        scores=scores,
        choices=choices,
        texts=texts,
        shown_first=None if is_blank(first) else cast(Side, one_of(first, _SIDES, "shown_first")),
        rated_at=time_of(field(row, "rated_at"), "rated_at"),
        seconds=seconds_of(field(row, "seconds"), "seconds"),
    )
    if one_of(_or(row, "state", "submitted"), ("submitted", "skipped"), "state") == "skipped":
        return SkippedRow(where, "cancelled")
    return found if choices or scores or texts else SkippedRow(where, "empty")


def _or(row: dict[str, Any], name: str, otherwise: str) -> Any:
    value = field(row, name)
    return otherwise if is_blank(value) else value


def _id(row: dict[str, Any], name: str) -> str:
    value = field(row, name)
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise BadRow(name, value, "the id of an answer or conversation, 32 hex digits")
    return value


def _object(row: dict[str, Any], name: str) -> dict[str, Any]:
    value = field(row, name.rpartition(".")[2])
    if is_blank(value):
        return {}
    if not isinstance(value, dict):
        raise BadRow(name, value, "an object")
    return value


def _nothing(row: dict[str, Any], name: str) -> tuple[()]:
    if _object(row, name):
        raise BadRow(name, row[name], "nothing: there is one candidate only")
    return ()


def _dimension(name: str, level: Level, where: str) -> str:
    key = dimension_key(name, where)
    if key != OVERALL and BY_KEY[key].level != level:
        raise BadRow(where, name, f"a {level} dimension")
    return key


def _choices(row: dict[str, Any], level: Level) -> tuple[SideChoice, ...]:
    found = []
    for name, value in _object(row, "choices").items():
        if not is_blank(value):
            key = _dimension(name, level, "choices")
            choice = one_of(value, _CHOICES, f"choices.{name}")
            found.append(SideChoice(key, cast(Choice, choice)))
    return _once(found, "choices")


def _scores(row: dict[str, Any], level: Level, sides: tuple[Side, ...]) -> tuple[SideScore, ...]:
    both = _object(row, "scores")
    found = []
    for side in both:
        if side not in sides:
            raise BadRow("scores", side, f"scores of {' and '.join(sides)}")
    for side in sides:
        for name, value in _object(both, f"scores.{side}").items():
            key = _dimension(name, level, f"scores.{side}")
            if key == OVERALL:
                raise BadRow(f"scores.{side}", name, "one of the nine dimensions")
            number = score(value, BY_KEY[key], f"scores.{side}.{name}")
            if number is not None:
                found.append(SideScore(side, key, number))
    return _once(found, "scores")


def _once(found: list[Any], name: str) -> tuple[Any, ...]:
    seen = set()
    for said in found:
        what = (said.dimension, getattr(said, "side", None))
        if what in seen:
            raise BadRow(name, said.dimension, "each dimension once, under one spelling")
        seen.add(what)
    return tuple(found)


def _texts(row: dict[str, Any], level: Level, has_two: bool) -> tuple[SideText, ...]:
    value = field(row, "texts")
    if is_blank(value):
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadRow("texts", value, "a list of objects with side, kind, dimension and text")
    found = []
    for n, one in enumerate(value):
        name = f"texts[{n}]"
        said = one.get("text", MISSING)
        if is_blank(said):
            continue
        kind = one_of(one.get("kind", MISSING), get_args(FeedbackKind), f"{name}.kind")
        side = one.get("side", MISSING)
        if is_blank(side):
            whose = None if has_two else "a"
        else:
            whose = one_of(side, _SIDES if has_two else ("a",), f"{name}.side")
        dimension = optional_text(one.get("dimension", MISSING), f"{name}.dimension")
        key = None if dimension is None else _dimension(dimension, level, f"{name}.dimension")
        found.append(
            SideText(
                cast(Side | None, whose),
                cast(FeedbackKind, kind),
                None if key == OVERALL else key,
                text(said, f"{name}.text"),
            )
        )
    return tuple(found)
