"""What the controls of Label Studio say about the answers of a task.

Of tasks that `annotate-export` gave out, `data.intermt` says which candidate was on which
side, and the controls have the names that it gave them. Of any other task the user says what
is what (`--map`); a control comes before a key of `data` with the same name. Texts of answers
and prompts that are HTML, as Label Studio shows them, are taken as the text in it, with a
picture for each image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from intermt.dimensions import BY_KEY, LEVELS, OVERALL, Level, find_dimension
from intermt.errors import InputError
from intermt.formats.reading.fields import (
    ID,
    MISSING,
    BadRow,
    dimension_key,
    is_blank,
    names,
    one_of,
    score,
    text,
)
from intermt.formats.reading.html_text import is_html, text_and_pictures
from intermt.formats.reading.label_fields import LabelFields
from intermt.formats.reading.label_values import seconds_of, time_of
from intermt.formats.reading.paths import inside
from intermt.formats.reading.rows import (
    AnswerId,
    LabelRole,
    LabelRow,
    ReadOptions,
    Row,
    RowProblem,
    Side,
    SideChoice,
    SideScore,
    SideText,
    SkippedRow,
)
from intermt.formats.reading.shown_answers import name_of, picture_names
from intermt.records import Choice, FeedbackKind

TASK = "intermt"
"""The key of `data` that says which candidates a task of ours is about."""

_SIDES: dict[str, Side] = {"left": "a", "right": "b"}
_CHOICES: dict[str, Choice] = {**_SIDES, "tie": "tie"}
_KINDS: tuple[FeedbackKind, ...] = ("critique", "refinement", "rationale")
_SIMPLE = ("selected", "rating", "number", "choices")
_LOCAL_FILES = "/data/local-files/"
_UPLOADS = "/data/upload/"


@dataclass(frozen=True, slots=True)
class Work:
    """One annotation or prediction, as the export has it.

    Attributes:
        data: What the task shows.
        controls: What each control says, by name.
        task: Id of the task.
        rater: Who did it; None where nobody's name is on it.
        rated_at: As written, or `MISSING`.
        seconds: As written, or `MISSING`.
        is_prediction: Whether a model did it.
        raw: See `RowProblem`.
    """

    where: str
    data: dict[str, Any]
    controls: Mapping[str, Any]
    task: Any
    rater: Any
    rated_at: Any = MISSING
    seconds: Any = MISSING
    is_prediction: bool = False
    raw: bytes | None = None


class LabelMaker:
    """Makes rows of annotations.

    Args:
        name: What the file is called.
        options: See `ReadOptions`.
    """

    def __init__(self, name: str, options: ReadOptions) -> None:
        self._name = name
        self._options = options
        self._fields = LabelFields(options)

    def attempt(self, work: Work, raw: bytes | None = None) -> Row | RowProblem:
        """The row of an annotation, or what is wrong with it.

        Args:
            work: As read.
            raw: The task with this annotation alone; None for what `work` has.

        Raises:
            InputError: The task is another project's, and nobody said what is what in it.
        """
        raw = raw or work.raw
        try:
            row = self._row(work)
        except BadRow as bad:
            return bad.problem(work.where, raw)
        return replace(row, raw=raw) if isinstance(row, LabelRow) else row

    def _row(self, work: Work) -> LabelRow | SkippedRow:
        if self._fields.is_mapped:
            return self._mapped(work)
        if TASK in work.data:
            return self._own(work, work.data[TASK])
        shown = [key for key in work.data if key not in work.controls]
        raise InputError(
            "the tasks were not made by annotate-export, so what is what in them must be said",
            where=self._name,
            todo="say it with --map FIELD=NAME: the data has"
            f" {names(shown or work.data)}; the controls are {names(work.controls) or 'none'}",
        )

    def _role(self) -> LabelRole:
        return self._options.role or "annotator"

    # --- tasks of ours -----------------------------------------------------------------------

    def _own(self, work: Work, about: Any) -> LabelRow | SkippedRow:
        if not isinstance(about, dict):
            raise BadRow(f"data.{TASK}", about, "an object with task, level, left and right")
        level = cast(Level, one_of(about.get("level", MISSING), LEVELS, f"data.{TASK}.level"))
        left, right = (_candidate(about, side) for side in _SIDES)
        if left == right:
            raise BadRow(f"data.{TASK}.right", right, "another candidate than left")
        said = _Controls(level)
        for name, value in work.controls.items():
            said.take(name, value)
        if not (said.scores or said.choices or said.texts):
            return SkippedRow(work.where, "empty")
        rater = self._options.predictions_as if work.is_prediction else work.rater
        if is_blank(rater):
            raise BadRow("annotator", MISSING, "who gave the label")
        return LabelRow(
            where=work.where,
            task_key=text(about.get("task", MISSING), f"data.{TASK}.task"),
            rater=name_of(rater, "completed_by"),
            role="judge" if work.is_prediction else self._role(),
            kind="model" if work.is_prediction else "human",
            level=level,
            a=AnswerId(left),
            b=AnswerId(right),
            scores=tuple(said.scores),
            choices=tuple(said.choices),
            texts=tuple(said.texts),
            shown_first=None if work.is_prediction else "a",
            rated_at=time_of(work.rated_at, "updated_at"),
            seconds=seconds_of(work.seconds, "lead_time"),
        )

    # --- tasks of others ---------------------------------------------------------------------

    def _mapped(self, work: Work) -> LabelRow | SkippedRow:
        given = {
            "task": work.task,
            "rater": MISSING if work.rater is None else work.rater,
            "rated_at": work.rated_at,
            "seconds": work.seconds,
        }

        def get(path: str) -> Any:
            found = inside(dict(work.controls), path)
            return inside(work.data, path) if found is MISSING else found

        columns = [*work.controls, *work.data]
        fields = self._fields.fields(columns, get, given)
        if work.is_prediction:
            fields["rater"] = self._options.predictions_as
        _undo_html(fields)
        return self._fields.row(work.where, fields, "model" if work.is_prediction else None)


class _Controls:
    """What controls with the names of ours say; left is candidate a."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self.scores: list[SideScore] = []
        self.choices: list[SideChoice] = []
        self.texts: list[SideText] = []

    def take(self, name: str, value: Any) -> None:
        """Take in what one control says; one of another name says nothing."""
        base, _, rest = name.partition("_")
        side, _, dimension = rest.partition("_")
        if is_blank(value) or value == []:
            return
        if base == "score" and side in _SIDES and find_dimension(dimension):
            self._score(name, _SIDES[side], dimension, value)
        elif base == "better" and (rest == OVERALL or find_dimension(rest)):
            choice = _CHOICES[one_of(_single(value), _CHOICES, name)]
            self.choices.append(SideChoice(self._dimension(rest, name), choice))
        elif base in _KINDS and rest in ("", *_SIDES):
            for said in value if isinstance(value, list) else [value]:
                if not is_blank(said):
                    self.texts.append(SideText(_SIDES.get(rest), base, None, text(said, name)))

    def _score(self, name: str, side: Side, dimension: str, value: Any) -> None:
        key = self._dimension(dimension, name)
        number = score(_single(value), BY_KEY[key], name)
        if number is not None:
            self.scores.append(SideScore(side, key, number))

    def _dimension(self, name: str, control: str) -> str:
        key = dimension_key(name, control)
        if key != OVERALL and BY_KEY[key].level != self._level:
            raise BadRow(control, name, f"a {self._level} dimension, as the task is {self._level}")
        return key


def _candidate(about: dict[str, Any], side: str) -> str:
    value = about.get(side, MISSING)
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise BadRow(f"data.{TASK}.{side}", value, "the id of a candidate, 32 hex digits")
    return value


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


# --- values --------------------------------------------------------------------------------


def controls_of(result: Any) -> dict[str, Any]:
    """What each control says, by name; of several results of one, all in a list.

    Raises:
        BadRow: No list of results.
    """
    if is_blank(result):
        return {}
    if not isinstance(result, list):
        raise BadRow("result", result, "a list of results")
    found: dict[str, list[Any]] = {}
    for n, one in enumerate(result):
        if not isinstance(one, dict):
            raise BadRow(f"result[{n}]", one, "an object with from_name and value")
        name = one.get("from_name")
        # Relations between regions belong to no control.
        if isinstance(name, str) and "value" in one:
            found.setdefault(name, []).append(plain_value(one["value"]))
    return {name: said[0] if len(said) == 1 else _together(said) for name, said in found.items()}


def _together(said: list[Any]) -> list[Any]:
    return [part for one in said for part in (one if isinstance(one, list) else [one])]


def plain_value(value: Any) -> Any:
    """What a control says, out of the object or list of objects that it stands in."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        plain = plain_value(value[0])
        return value if plain is value[0] else plain
    if not isinstance(value, dict):
        return value
    for key in _SIMPLE:
        if key in value:
            return value[key]
    said = value.get("text")
    return said if isinstance(said, list) or set(value) == {"text"} else value


def parsed(cell: str) -> Any:
    """The JSON list or object that a text is; the text where it is none."""
    if not cell.lstrip().startswith(("[", "{")):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def is_rejected(annotation: dict[str, Any]) -> bool:
    """Whether the latest review of an annotation refused it."""
    reviews = annotation.get("reviews")
    if not isinstance(reviews, list):
        return False
    said = [
        one for one in reviews if isinstance(one, dict) and isinstance(one.get("accepted"), bool)
    ]
    said.sort(key=lambda one: str(one.get("created_at")))
    return bool(said) and not said[-1]["accepted"]


def _undo_html(fields: dict[str, Any]) -> None:
    """Take the text out of HTML, and the names of files out of Label Studio's addresses."""
    for name in ("prompt", "text", "text_a", "text_b"):
        value = fields.get(name)
        if isinstance(value, str) and is_html(value):
            fields[name], pictures = text_and_pictures(value, with_tags=name != "prompt")
            holder = name.replace("text", "pictures") if name != "prompt" else "pictures"
            if pictures:
                more = picture_names(fields.get(holder, MISSING), holder)
                fields[holder] = [*pictures, *more]
            if not fields[name]:
                del fields[name]
    for name in ("pictures", "pictures_a", "pictures_b"):
        if name in fields:
            found = picture_names(fields[name], name)
            fields[name] = [_file_of(one) for one in found]


def _file_of(name: str) -> str:
    """The file that an address of Label Studio's own server stands for."""
    if name.startswith(_LOCAL_FILES):
        return parse_qs(urlsplit(name).query).get("d", [name])[0]
    return name.removeprefix("/data/") if name.startswith(_UPLOADS) else name
