"""Seed questions: a JSON list of objects or one object a line.

`text` (also `question` or `prompt`) is needed; `id`, `images` (names of picture files),
`source`, `licence` (also `license`), `task`, `scenario`, `language` and `intention` may be
absent. Other keys are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from intermt.formats.reading.fields import MISSING, BadRow, is_blank, one_of, optional_text, text
from intermt.formats.reading.json_rows import field, json_rows
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.source import Source
from intermt.records import SCENARIOS, content_id

_TEXT_KEYS = ("text", "question", "prompt")


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A seed question as its file has it.

    Attributes:
        where: See `RowProblem`.
        source_id: The file's id, or a hash of the question where it gives none.
        pictures: Names as the file has them.
        scenario: One of `records.SCENARIOS`, or None.
        intention: What the simulated user really wants.
    """

    where: str
    source_id: str
    text: str
    pictures: tuple[str, ...] = ()
    source: str | None = None
    licence: str | None = None
    task: str | None = None
    scenario: str | None = None
    language: str | None = None
    intention: str | None = None


def read_seeds(source: Source) -> Iterator[SeedRow | RowProblem]:
    """The seed questions of a file in order, and a problem in place of each bad one.

    Raises:
        InputError: Not a JSON list or JSON lines.
    """
    return json_rows(source, _seed)


def _seed(where: str, row: dict[str, Any]) -> SeedRow:
    given = [key for key in _TEXT_KEYS if not is_blank(field(row, key))]
    if len(given) != 1:
        named = " and ".join(given)
        raise BadRow("text", named or MISSING, "the question, under one of text, question, prompt")
    question = text(row[given[0]], given[0])
    images = field(row, "images")
    names = [] if is_blank(images) else [images] if isinstance(images, str) else images
    if not isinstance(names, list):
        raise BadRow("images", images, "a list of picture files")
    pictures = tuple(text(name, f"images[{i}]") for i, name in enumerate(names) if name != "")
    given_id = field(row, "id")
    if not is_blank(given_id) and not isinstance(given_id, str | int):
        raise BadRow("id", given_id, "text or a whole number")
    scenario = field(row, "scenario")
    licence = optional_text(field(row, "licence"), "licence")
    return SeedRow(
        where=where,
        source_id=(
            content_id("seed", question, *pictures)
            if is_blank(given_id)
            else text(str(given_id), "id")
        ),
        text=question,
        pictures=pictures,
        source=optional_text(field(row, "source"), "source"),
        licence=licence or optional_text(field(row, "license"), "license"),
        task=optional_text(field(row, "task"), "task"),
        scenario=None if is_blank(scenario) else one_of(scenario, SCENARIOS, "scenario"),
        language=optional_text(field(row, "language"), "language"),
        intention=optional_text(field(row, "intention"), "intention"),
    )
