"""Argilla's exports: records nested (`to_json`, `to_list`) or flattened (`to_datasets`).

Nested: `{"id", "status", "fields": {}, "metadata": {}, "suggestions": {QUESTION: {"value",
"score", "agent"}}, "responses": {QUESTION: [{"value", "user_id"}]}}`. No response says whether
it was handed in. So the responses of a record that is `pending` are passed over, and those of
any other count.

Flattened: fields and metadata as keys of the record, and for each question `QUESTION.responses`,
`QUESTION.responses.users` and `QUESTION.responses.status` (lists side by side) and
`QUESTION.suggestion`. Here each response says `submitted`, `draft` or `discarded`.

One row is what one user answered on one record; suggestions of a record are one row more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from intermt.formats.reading.fields import MISSING, BadRow, is_blank, names, text
from intermt.formats.reading.head import Head
from intermt.formats.reading.json_rows import json_objects
from intermt.formats.reading.label_fields import LabelFields
from intermt.formats.reading.label_values import status_of
from intermt.formats.reading.paths import inside
from intermt.formats.reading.rows import (
    LabelKind,
    LabelRow,
    ReadOptions,
    Row,
    RowProblem,
    SkippedRow,
)
from intermt.formats.reading.source import Source

_RESPONSES, _SUGGESTION = ".responses", ".suggestion"
_OWN = {"id", "_server_id", "status", "score", "vectors"}


@dataclass(slots=True)
class _Record:
    """What a record holds, in either form.

    Attributes:
        shown: Fields and metadata by name.
        answers: Values by question, by user.
        states: What a user's responses say about their state; none in the nested form.
        suggestions: Values by question.
    """

    shown: dict[str, Any]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, set[str]] = field(default_factory=dict)
    suggestions: dict[str, Any] = field(default_factory=dict)


def looks_like(head: Head) -> bool:
    """Whether the first object is a record of Argilla, in either form."""
    first = head.first
    if all(isinstance(first.get(key), dict) for key in ("fields", "responses", "suggestions")):
        return True
    if {"fields", "responses", "suggestions"} & set(first) or "status" not in first:
        return False
    return any(
        (key.endswith(_RESPONSES) and f"{key}.users" in first) or key.endswith(_SUGGESTION)
        for key in first
    )


def read(source: Source, options: ReadOptions) -> Iterator[Row | RowProblem]:
    """A `LabelRow` or `SkippedRow` for each user's responses and each record's suggestions."""
    reader = _Reader(options)
    for found in json_objects(source):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, value, raw = found
        yield from reader.rows(where, value, raw)


class _Reader:
    """Reads records one after another.

    Args:
        options: See `ReadOptions`.
    """

    def __init__(self, options: ReadOptions) -> None:
        self._judge = options.predictions_as
        self._fields = LabelFields(options)
        self._in_words: set[str] = set()
        """Questions that somebody answered with words, so that a number is no answer."""

    def rows(self, where: str, value: dict[str, Any], raw: bytes) -> Iterator[Row | RowProblem]:
        """The rows of one record."""
        try:
            is_nested = "responses" in value
            record = _nested(value) if is_nested else _flattened(value)
            self._learn(record)
        except BadRow as bad:
            yield bad.problem(where, raw)
            return
        for user in record.answers:
            alone = raw if len(record.answers) == 1 else _with_one(value, user)
            place = f"{where}, user {names([user])}"
            try:
                yield self._answered(place, value, record, user, alone)
            except BadRow as bad:
                yield bad.problem(place, alone)
        if not record.answers:
            yield SkippedRow(where, "pending")
        if record.suggestions:
            alone = _with_one(value, None) if record.answers else raw
            try:
                yield self._suggested(where, value, record, not is_nested, alone)
            except BadRow as bad:
                yield bad.problem(f"{where}, suggestions", alone)

    def _learn(self, record: _Record) -> None:
        for answers in record.answers.values():
            self._in_words |= {name for name, said in answers.items() if isinstance(said, str)}

    def _answered(
        self, where: str, value: dict[str, Any], record: _Record, user: str, raw: bytes
    ) -> Row:
        states = record.states.get(user) or {_text_or(value.get("status"), "completed")}
        for state in sorted(states):
            skipped = status_of(state)
            if skipped is not None:
                return SkippedRow(where, skipped)
        answers = record.answers[user]
        return self._row(where, value, record.shown, answers, user, raw)

    def _suggested(
        self, where: str, value: dict[str, Any], record: _Record, is_flat: bool, raw: bytes
    ) -> Row:
        if self._judge is None:
            return SkippedRow(where, "prediction")
        if is_flat:
            self._refuse_numbers_for_names(record)
        said = record.suggestions
        return self._row(where, value, record.shown, said, self._judge, raw, "model")

    def _row(
        self,
        where: str,
        value: dict[str, Any],
        shown: dict[str, Any],
        answers: dict[str, Any],
        rater: str,
        raw: bytes,
        kind: LabelKind | None = None,
    ) -> LabelRow | SkippedRow:
        columns = [*answers, *(n for n in shown if n not in answers and n not in _OWN)]
        task = value.get("id")
        given = {"rater": rater, "task": value.get("_server_id") if is_blank(task) else task}
        everything = shown | answers
        fields = self._fields.fields(columns, lambda column: inside(everything, column), given)
        if kind == "model":
            # A mapped rater is one of the people.
            fields["rater"] = rater
        return self._fields.row(where, fields, kind, raw)

    def _refuse_numbers_for_names(self, record: _Record) -> None:
        # The library writes a suggested label as its place in a list of labels that JSON does
        # not have; only a rating is the number it says.
        columns = self._fields.columns([*record.suggestions, *record.shown])
        for name, column in columns.items():
            said = record.suggestions.get(column)
            is_number = isinstance(said, int) and not isinstance(said, bool)
            is_name = name.startswith("choice") or column in self._in_words
            if is_number and is_name and not self._fields.translates(name, said):
                raise BadRow(
                    f"{column}{_SUGGESTION}",
                    said,
                    "a label's name: say what its number means under [values] in a map file,"
                    " or give the Parquet file, which has the names",
                )


def _nested(value: dict[str, Any]) -> _Record:
    shown: dict[str, Any] = {}
    for part in ("metadata", "fields"):
        shown |= _object(value.get(part), part)
    record = _Record(shown)
    for question, responses in _object(value.get("responses"), "responses").items():
        if is_blank(responses):
            continue
        if not isinstance(responses, list):
            raise BadRow(f"responses.{question}", responses, "a list of responses")
        for n, response in enumerate(responses):
            at = f"responses.{question}[{n}]"
            if not isinstance(response, dict):
                raise BadRow(at, response, "an object with value and user_id")
            user = text(response.get("user_id", MISSING), f"{at}.user_id")
            _answer(record, user, question, response.get("value"), at)
            if not is_blank(response.get("status")):
                record.states.setdefault(user, set()).add(text(response["status"], f"{at}.status"))
    for question, suggestion in _object(value.get("suggestions"), "suggestions").items():
        if isinstance(suggestion, dict) and not is_blank(suggestion.get("value")):
            record.suggestions[question] = suggestion["value"]
    return record


def _flattened(value: dict[str, Any]) -> _Record:
    about = (_RESPONSES, f"{_RESPONSES}.users", f"{_RESPONSES}.status",
             _SUGGESTION, f"{_SUGGESTION}.score", f"{_SUGGESTION}.agent")  # fmt: skip
    record = _Record({name: said for name, said in value.items() if not name.endswith(about)})
    for name, said in value.items():
        if is_blank(said):
            continue
        if name.endswith(_SUGGESTION):
            record.suggestions[name.removesuffix(_SUGGESTION)] = said
        elif name.endswith(_RESPONSES):
            question = name.removesuffix(_RESPONSES)
            users, states = value.get(f"{name}.users"), value.get(f"{name}.status")
            if not isinstance(said, list):
                raise BadRow(name, said, "a list of responses")
            for part, others in ((f"{name}.users", users), (f"{name}.status", states)):
                is_there = not is_blank(others) or part.endswith("users")
                if is_there and (not isinstance(others, list) or len(others) != len(said)):
                    raise BadRow(part, others, f"a list of {len(said)}, one for each response")
            for n, answer in enumerate(said):
                user = text(users[n], f"{name}.users[{n}]")  # type: ignore[index]
                _answer(record, user, question, answer, f"{name}[{n}]")
                if states and not is_blank(states[n]):
                    state = text(states[n], f"{name}.status[{n}]")
                    record.states.setdefault(user, set()).add(state)
    return record


def _answer(record: _Record, user: str, question: str, said: Any, at: str) -> None:
    answers = record.answers.setdefault(user, {})
    if question in answers:
        raise BadRow(at, user, "one response of a user to a question")
    answers[question] = said


def _object(value: Any, name: str) -> dict[str, Any]:
    if is_blank(value):
        return {}
    if not isinstance(value, dict):
        raise BadRow(name, value, "an object")
    return value


def _text_or(value: Any, default: str) -> str:
    return default if is_blank(value) else text(value, "status")


def _with_one(value: dict[str, Any], user: str | None) -> bytes:
    """The record with one user's responses alone, or with its suggestions alone."""
    kept = dict(value)
    if "responses" in value:
        kept["responses"] = {
            question: [one for one in responses if one.get("user_id") == user]
            for question, responses in value["responses"].items()
            if isinstance(responses, list)
        }
        if user is not None:
            kept["suggestions"] = {}
        return json.dumps(kept).encode()
    for name in value:
        if user is not None and name.endswith(_SUGGESTION):
            kept[name] = None
        elif name.endswith(_RESPONSES) and isinstance(value[name], list):
            at = [n for n, one in enumerate(value[f"{name}.users"]) if one == user]
            for part in (name, f"{name}.users", f"{name}.status"):
                if value.get(part):
                    kept[part] = [value[part][n] for n in at]
    return json.dumps(kept).encode()
