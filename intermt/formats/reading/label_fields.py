"""What a label is made of, under the same names in every kind of file that people map.

A field is a plain one (`PLAIN`), or one of `LABELS`, which may have a dimension behind a dot:
`choice`, `choice.text_quality`, `score_a.G5`, `rationale`. Where a file has a field is said by
the user (`--map`), or shown by the file's own names (`own_columns`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

from intermt.dimensions import BY_KEY, LEVELS, OVERALL, Level
from intermt.errors import UsageError
from intermt.formats.reading.fields import (
    MISSING,
    BadRow,
    did_you_mean,
    dimension_key,
    is_blank,
    one_of,
    score,
    text,
)
from intermt.formats.reading.label_values import choice_of, seconds_of, status_of, time_of
from intermt.formats.reading.rows import (
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
from intermt.formats.reading.shown_answers import answers_of, name_of
from intermt.records import UNNAMED_RATER, FeedbackKind, content_id

PLAIN: dict[str, tuple[str, ...]] = {
    "task": ("task_id", "task_key"),
    "item": ("conversation_id", "item_id"),
    "rater": ("annotator", "worker", "rater_id", "annotator_id", "worker_id"),
    "role": (),
    "kind": (),
    "level": (),
    "seed": ("source_id",),
    "answer_a": ("a_id", "response_a"),
    "answer_b": ("b_id", "response_b"),
    "answer": ("answer_id",),
    "shown_first": (),
    "rated_at": ("created_at", "submitted_at"),
    "seconds": ("time_spent_secs",),
    "status": (),
    "dimension": (),
    "messages": (),
    "prompt": (),
    "text": (),
    "text_a": (),
    "text_b": (),
    "pictures": (),
    "pictures_a": (),
    "pictures_b": (),
}
"""Fields without a dimension, and the other names that a file's own columns may have."""

LABELS: dict[str, tuple[str, ...]] = {
    "choice": ("preference", "vote", "better"),
    "score": (),
    "score_a": (),
    "score_b": (),
    **{
        f"{kind}{side}": ()
        for kind in ("critique", "refinement", "rationale")
        for side in ("", "_a", "_b")
    },
}
"""Fields that may have a dimension behind a dot, and other names likewise."""

_TASK = ("item", "level", "seed", "answer_a", "answer_b", "answer", "messages", "prompt", "text",
         "text_a", "text_b", "pictures", "pictures_a", "pictures_b")  # fmt: skip
_ROLES = ("annotator", "verifier")
_KINDS = ("human", "synthetic")

Fields = dict[str, Any]
"""Values by field; dimensions by key. What says nothing is not here."""


class LabelFields:
    """Makes label rows of what the fields of a file say.

    Args:
        options: What the user says; without `columns` a file's own names are taken.

    Raises:
        UsageError: There is no such field, or one is mapped twice.
    """

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._columns = _checked(options.columns)
        self._values = {
            name: {key.strip().lower(): value for key, value in table.items()}
            for name, table in _checked(options.values).items()
        }

    @property
    def is_mapped(self) -> bool:
        """Whether the user says where the fields are."""
        return bool(self._columns)

    def columns(self, names: Iterable[str]) -> Mapping[str, str]:
        """Where each field is, in a file or row with columns of these names."""
        return self._columns or own_columns(tuple(names))

    def fields(
        self, names: Iterable[str], get: Callable[[str], Any], given: Mapping[str, Any]
    ) -> Fields:
        """What the fields say, translated as the user says.

        Args:
            names: The columns that there are.
            get: The value of a column, or `MISSING`.
            given: Fields that the kind of file itself has a place for; a mapped field
                comes before them.
        """
        found: Fields = dict(given)
        for name, column in self.columns(names).items():
            found[name] = get(column)
        if self._values:
            found = {name: self._translated(name, value) for name, value in found.items()}
        return {n: v for n, v in found.items() if not (is_blank(v) or v == [] or v == {})}

    def translates(self, name: str, value: Any) -> bool:
        """Whether the user says what this value of a field means."""
        return self._table(name).get(str(value).strip().lower()) is not None

    def row(
        self, where: str, fields: Fields, kind: LabelKind | None = None, raw: bytes | None = None
    ) -> LabelRow | SkippedRow:
        """The label row that some fields make.

        Args:
            where: See `RowProblem`.
            fields: See `fields`.
            kind: `model` for a prediction; None for what the fields say.
            raw: See `RowProblem`.

        Raises:
            BadRow: They make none.
        """
        skipped = None if kind == "model" else status_of(fields.get("status", MISSING))
        if skipped is not None:
            return SkippedRow(where, skipped)
        a, b = answers_of(fields)
        labels = _Labels(fields, b is not None)
        if not (labels.scores or labels.choices or labels.texts):
            return SkippedRow(where, "empty")
        rater = fields.get("rater", MISSING)
        if rater is MISSING and "rater" in self._columns:
            raise BadRow("rater", MISSING, "the name of who gave the label")
        role = "judge" if kind == "model" else self._role(fields)
        first = fields.get("shown_first", MISSING)
        return LabelRow(
            where=where,
            task_key=_name(fields, "task") or _task_key(fields),
            rater=UNNAMED_RATER if rater is MISSING else name_of(rater, "rater"),
            role=cast(LabelRole, role),
            kind=kind or cast(LabelKind, one_of(fields.get("kind", "human"), _KINDS, "kind")),
            level=labels.level,
            a=a,
            b=b,
            scores=tuple(labels.scores),
            choices=tuple(labels.choices),
            texts=tuple(labels.texts),
            shown_first=None if first is MISSING else _first(first),
            rated_at=time_of(fields.get("rated_at", MISSING), "rated_at"),
            seconds=seconds_of(fields.get("seconds", MISSING), "seconds"),
            raw=raw,
        )

    def _role(self, fields: Fields) -> str:
        default = self._options.role or "annotator"
        return one_of(fields.get("role", default), _ROLES, "role")

    def _translated(self, name: str, value: Any) -> Any:
        table = self._table(name)
        if not table or value is MISSING:
            return value
        if isinstance(value, list):
            return [self._translated(name, item) for item in value]
        if isinstance(value, dict):
            return value | {"value": self._translated(name, value.get("value", MISSING))}
        return table.get(str(value).strip().lower(), value)

    def _table(self, name: str) -> Mapping[str, str]:
        return self._values.get(name) or self._values.get(name.partition(".")[0], {})


class _Labels:
    """The scores, choices and texts that fields hold, and their level."""

    def __init__(self, fields: Fields, has_two: bool) -> None:
        self.scores: list[SideScore] = []
        self.choices: list[SideChoice] = []
        self.texts: list[SideText] = []
        self._has_two = has_two
        self._fields = fields
        long = fields.get("dimension")
        self._default = (
            None if long is None else dimension_key(text(long, "dimension"), "dimension")
        )
        # Sorted, so that it does not matter how the columns stand.
        for name in sorted(fields):
            base, _, dimension = name.partition(".")
            if base in LABELS:
                self._take(name, base, dimension or self._default, fields[name])
        self.level = self._level()

    def _take(self, name: str, base: str, dimension: str | None, value: Any) -> None:
        if base == "choice":
            if not self._has_two:
                raise BadRow(name, value, "nothing: there is one answer only, so none is better")
            choice = choice_of(value, name, self._fields)
            if choice is not None:
                self.choices.append(SideChoice(dimension or OVERALL, choice))
        elif base.startswith("score"):
            self._score(name, base, dimension, value)
        else:
            kind, _, side = base.partition("_")
            own = None if dimension == OVERALL else dimension
            whose: Side | None = cast(Side, side) if side else None if self._has_two else "a"
            for said in _texts(value, name):
                self.texts.append(SideText(whose, cast(FeedbackKind, kind), own, said))

    def _score(self, name: str, base: str, dimension: str | None, value: Any) -> None:
        if dimension is None or dimension == OVERALL:
            raise BadRow(name, value, "nothing: only the nine dimensions are scored; name one")
        side = base.removeprefix("score").lstrip("_")
        if bool(side) != self._has_two:
            other = "score_a or score_b: there are two answers" if self._has_two else "score"
            raise BadRow(name, value, f"to be called {other}")
        number = score(_single(value), BY_KEY[dimension], name)
        if number is not None:
            self.scores.append(SideScore(cast(Side, side or "a"), dimension, number))

    def _level(self) -> Level:
        said = [*(s.dimension for s in self.scores), *(c.dimension for c in self.choices)]
        said += [t.dimension for t in self.texts if t.dimension is not None]
        own = sorted({BY_KEY[d].level for d in said if d != OVERALL})
        given = self._fields.get("level")
        if given is not None:
            level = cast(Level, one_of(given, LEVELS, "level"))
            if own not in ([], [level]):
                raise BadRow("level", given, f"{' and '.join(own)}, as its dimensions are")
            return level
        if len(own) > 1:
            raise BadRow("level", "local and global", "dimensions of one level in a row")
        return own[0] if own else "local"


def _texts(value: Any, name: str) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [text(one, name) for one in several if not is_blank(one)]


def _single(value: Any) -> Any:
    """The one thing in a list of one thing, as tools write single answers."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _first(value: Any) -> Side:
    choice = choice_of(value, "shown_first", {})
    if choice is None or choice == "tie":
        raise BadRow("shown_first", value, "A or B")
    return choice


def _name(fields: Fields, field: str) -> str | None:
    value = fields.get(field, MISSING)
    return None if value is MISSING else name_of(value, field)


def _task_key(fields: Fields) -> str:
    said = {name: fields[name] for name in _TASK if name in fields}
    return f"task:{content_id('task', json.dumps(said, sort_keys=True))[:16]}"


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for name, value in given.items():
        base, dot, dimension = name.strip().partition(".")
        if base not in PLAIN and base not in LABELS:
            raise UsageError(
                f"there is no field called {name!r}{did_you_mean(base, [*PLAIN, *LABELS])}",
                todo=f"fields: {', '.join((*PLAIN, *LABELS))}; the latter also with .DIMENSION",
            )
        if dot and base not in LABELS:
            raise UsageError(f"the field {base} has no dimensions", todo=f"map {base}={value}")
        key = base + dot
        if dot:
            try:
                key += dimension_key(dimension, "dimension")
            except BadRow as bad:
                raise UsageError(
                    f"{dimension!r} in {name!r} is no dimension", todo=f"give {bad.expected}"
                ) from None
        if key in checked:
            raise UsageError(f"the field {key} is mapped twice", todo="map it once")
        checked[key] = value
    return checked


@lru_cache(maxsize=64)
def own_columns(names: tuple[str, ...]) -> dict[str, str]:
    """Fields by the file's own names for them: those of `PLAIN`, `LABELS` and the dimensions.

    `text_quality` is the field `score.text_quality`, `text_quality_a` and `score_a_text_quality`
    are `score_a.text_quality`, `better_text_quality` is `choice.text_quality`; case does not
    matter, nor spaces and hyphens for underscores. Of two names for one field the first counts.
    """
    found: dict[str, str] = {}
    for name in names:
        field = _own_field(name.strip().lower().replace(" ", "_").replace("-", "_"))
        if field is not None:
            found.setdefault(field, name)
    return found


def _own_field(name: str) -> str | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    for label in sorted(_BY_LABEL, key=len, reverse=True):
        if name.startswith((f"{label}.", f"{label}_")):
            dimension = _dimension(name[len(label) + 1 :])
            if dimension is not None:
                return f"{_BY_LABEL[label]}.{dimension}"
    for ending, field in (("", "score"), ("_a", "score_a"), ("_b", "score_b")):
        dimension = _dimension(name.removesuffix(ending)) if name.endswith(ending) else None
        if dimension is not None:
            if dimension != OVERALL:
                return f"{field}.{dimension}"
            if not ending:
                return "choice"
    return None


def _dimension(name: str) -> str | None:
    try:
        return dimension_key(name, "")
    except BadRow:
        return None


_BY_LABEL = {spelling: name for name, more in LABELS.items() for spelling in (name, *more)}
_BY_NAME = {
    spelling: name for name, more in PLAIN.items() for spelling in (name, *more)
} | _BY_LABEL
