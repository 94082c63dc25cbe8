"""Verdicts in the JSON of a reply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from intermt.domain.reply_choices import ChoiceReader
from intermt.domain.reply_json import Json, Number, Object
from intermt.domain.reply_names import Asked
from intermt.domain.reply_shown import disclaimed, is_mark
from intermt.domain.reply_values import NumberReader, Reader, whole_number

_NUMBER_KEYS = frozenset(
    {"score", "rating", "value", "points", "grade", "mark", "result", "answer"}
)
_CHOICE_KEYS = frozenset(
    {"winner", "preference", "preferred", "better", "choice", "verdict", "answer", "result",
     "judgment", "judgement", "decision", "chosen", "selection", "best", "vote", "label", "value"}
)  # fmt: skip
_NAME_KEYS = frozenset(
    {"dimension", "criterion", "metric", "aspect", "category", "name", "id", "key"}
)
_HOLDERS = frozenset(
    {"scores", "score", "ratings", "rating", "results", "result", "evaluation", "evaluations",
     "verdict", "verdicts", "output", "answer", "response", "data", "dimensions", "judgement",
     "judgment", "judgements", "judgments", "assessment", "assessments", "local", "global",
     "scoring", "marks", "grades", "grade", "preferences", "preference", "choices", "winners",
     "comparison", "comparisons", "final", "turn", "turns", "round", "conversation", "overall",
     "candidate", "model", "option", "dimension", "arguments", "parameters"}
)  # fmt: skip
_NUMBERING = re.compile(r"\d+|[a-z]|[a-z]{1,12}\d+")
_LIMITS = frozenset({"scale", "range", "max", "maximum", "highest"})
_LIMIT = re.compile(r"(?:-?\d+\s*(?:-|–|to|\.\.)\s*)?(\d+)(?:\s*points?)?")
_NOTHING = re.compile(r"\s*(?:n/?a|none|null|unknown|not\s+applicable)\.?\s*", re.IGNORECASE)
_UNREAL = frozenset(
    {"example", "placeholder", "dummy", "sample", "template", "mock", "hypothetical", "fake"}
)
_REFUSES = frozenset({"refusal", "refused", "refuses", "refuse", "declined"})
_NOTES = frozenset(
    {"note", "notes", "comment", "comments", "remark", "remarks", "disclaimer", "warning", "status",
     "type", "kind", "info", "message"}
)  # fmt: skip
_REASONS = frozenset(
    {"reason", "reasons", "reasoning", "explanation", "rationale", "justification"}
)
_GAP = re.compile(r"\s{41,}")
_FINAL = frozenset({"final", "revised", "corrected", "updated"})


@dataclass(frozen=True, slots=True)
class Field:
    """A value in JSON.

    Attributes:
        dimension: What it is for; None where the JSON does not say.
        value: As in `Reading.value`.
        final: Whether a key marks it as final.
    """

    dimension: str | None
    value: int | str | None
    final: bool


def is_void(value: Json) -> bool:
    """Whether the JSON is no verdict: a failed call, a refusal, or marked as made up."""
    inner = [value]
    while inner:
        item = inner.pop()
        if isinstance(item, list):
            inner.extend(item)
        elif isinstance(item, Object):
            if item is value and _failed(item):
                return True
            if any(_voids(key, entry) for key, entry in item.entries):
                return True
            inner.extend(entry for _, entry in item.entries)
    return False


def _failed(value: Object) -> bool:
    entries = {key.lower(): item for key, item in value.entries}
    error = entries.get("error")
    failed = error is not None and error is not False and error != ""
    stopped = ("error", "failed", "refused", "refusal", "cannot_judge")
    return failed or entries.get("status") in stopped or entries.get("object") == "error"


def _voids(key: str, item: Json) -> bool:
    words = frozenset(re.split(r"[\s_-]+", key.strip().lower()))
    if item is True:
        return bool(words & (_UNREAL | _REFUSES)) and "not" not in words
    if not isinstance(item, str):
        return False
    if words & _REFUSES and words <= _REFUSES | {"reason", "message", "model"}:
        return _NOTHING.fullmatch(item) is None and item.strip().lower() not in ("", "no", "false")
    if words & _NOTES:
        return is_mark(item) or disclaimed(item)
    return bool(words & _REASONS) and is_mark(item)


def read_fields(value: Json, asked: Asked, reader: Reader, final: bool = False) -> Iterator[Field]:
    """The values an object or list states, nested ones included.

    Keys that are no holder of verdicts, such as `properties`, `weights` or `example`, and all
    free text are passed over.
    """
    if isinstance(value, list):
        yield from _listed(value, asked, reader, final)
        return
    if not isinstance(value, Object):
        return
    for field in _entries(value, asked, reader, final):
        yield replace(field, value=None) if _on_another_scale(value, reader) else field


def _entries(value: Object, asked: Asked, reader: Reader, final: bool) -> Iterator[Field]:
    own = _value_keys(reader)
    # Where one value is asked for, an overall one is meant.
    marks = _FINAL if asked.pattern is not None else _FINAL | {"overall"}
    for key, item in value.entries:
        if key.lower() in _NAME_KEYS and isinstance(item, str):
            dimension = asked.named_by(item)
            if dimension is not None:
                yield from _own(value, own, dimension, reader, final)
                return
    for key, item in value.entries:
        words = frozenset(re.split(r"[\s_-]+", key.strip().lower()))
        key_final = final or bool(words & _FINAL)
        dimension = asked.named_by(key)
        if dimension is not None:
            yield from _for_dimension(item, own, dimension, key, reader, key_final)
            if isinstance(item, Object) and dimension == "overall":
                yield from read_fields(item, asked, reader, key_final)
        elif isinstance(item, Object | list):
            # Turns and candidates are numbered; all are read, so that differing ones say nothing.
            if {w for w in words - _FINAL if not _NUMBERING.fullmatch(w)} <= _HOLDERS:
                if isinstance(item, list) and (names := _names_beside(value, item, asked)):
                    for name, one in zip(names, item, strict=True):
                        if name:
                            yield from _scalar(one, name, reader, key_final)
                    continue
                yield from read_fields(item, asked, reader, key_final)
        elif words - marks <= own and words - marks:
            yield from _scalar(item, None, reader, key_final, numbers=True)


def _names_beside(value: Object, numbers: list[Json], asked: Asked) -> list[str]:
    """The dimensions that a list beside a list of values names, in its order; none if none does."""
    for _, item in value.entries:
        if isinstance(item, list) and item is not numbers and len(item) == len(numbers) > 0:
            names = [asked.named_by(name) if isinstance(name, str) else None for name in item]
            if None not in names:
                return [name or "" for name in names]
    return []


def _on_another_scale(value: Object, reader: Reader) -> bool:
    """Whether an entry such as `"max_score": 5` says that the numbers mean something else."""
    if not isinstance(reader, NumberReader):
        return False
    for key, item in value.entries:
        words = frozenset(re.split(r"[\s_-]+", key.strip().lower()))
        if words & _LIMITS or words == {"out", "of"}:
            text = item.text if isinstance(item, Number) else item
            limit = _LIMIT.fullmatch(text.strip()) if isinstance(text, str) else None
            if limit is not None and limit[1] != str(reader.highest):
                return True
    return False


def _listed(value: list[Json], asked: Asked, reader: Reader, final: bool) -> Iterator[Field]:
    if not any(isinstance(item, Object | list) for item in value):
        if len(value) == len(asked.dimensions) > 1:
            for dimension, item in zip(asked.dimensions, value, strict=True):
                yield from _scalar(item, dimension, reader, final)
        return
    for item in value:
        if isinstance(item, Object):
            yield from read_fields(item, asked, reader, final)


def _own(
    value: Object, own: frozenset[str], dimension: str, reader: Reader, final: bool
) -> Iterator[Field]:
    foreign = _on_another_scale(value, reader)
    for key, item in value.entries:
        words = frozenset(re.split(r"[\s_-]+", key.strip().lower()))
        if foreign and words <= own:
            yield Field(dimension, None, final)
        elif words - _FINAL <= own and not isinstance(item, Object | list):
            yield from _scalar(item, dimension, reader, final or bool(words & _FINAL), numbers=True)


def _for_dimension(
    item: Json, own: frozenset[str], dimension: str, key: str, reader: Reader, final: bool
) -> Iterator[Field]:
    if isinstance(item, Object):
        yield from _own(item, own, dimension, reader, final)
    elif isinstance(item, list):
        if len(item) == 1 and not isinstance(item[0], Object | list):
            yield from _scalar(item[0], dimension, reader, final)
        elif item:
            yield Field(dimension, None, final)
    elif item is None or (isinstance(item, str) and _NOTHING.fullmatch(item)):
        yield Field(dimension, None, final)
    else:
        numbers = re.search(r"preference|winner|better|choice", key, re.IGNORECASE) is not None
        yield from _scalar(item, dimension, reader, final, numbers=numbers)


def _scalar(
    item: Json, dimension: str | None, reader: Reader, final: bool, *, numbers: bool = False
) -> Iterator[Field]:
    choice = isinstance(reader, ChoiceReader)
    if isinstance(item, bool):
        yield Field(dimension, None, final)
    elif isinstance(item, Number):
        number = whole_number(item.text)
        if not choice:
            yield Field(dimension, number, final)
        elif numbers and number in (1, 2):
            yield Field(dimension, "AB"[number - 1], final)
    elif isinstance(item, str):
        text = _GAP.sub(" ", item)
        reading = (ChoiceReader(numbers) if choice else reader).whole(text)
        if reading is not None:
            yield Field(dimension, reading.value, final)


def _value_keys(reader: Reader) -> frozenset[str]:
    return _CHOICE_KEYS if isinstance(reader, ChoiceReader) else _NUMBER_KEYS
