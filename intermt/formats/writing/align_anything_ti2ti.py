"""Preference pairs for align-anything's models that read and answer in text and pictures.

Made for the templates `ti2ti_preference` and `Chameleon_preference`: three texts, each with a
list of pictures. The template puts the pictures before their text, so where in it they stood
is lost. A history is flattened to one text with the speakers' names. Relative paths are
looked up in the working folder. See align-anything of 2025,
`align_anything/configs/format_dataset.py`, class TI2TI_PREFERENCE and `insert_img_token`.
"""

from __future__ import annotations

from collections.abc import Sequence

from intermt.formats.writing.pairs import Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.picture_rows import (
    PLACEHOLDER,
    escaped,
    line_check,
    lines_of,
    paths,
    plain,
)
from intermt.formats.writing.text_rows import Row
from intermt.records import Message

_SPEAKERS = {"user": "User", "assistant": "Assistant", "system": "System"}
_FIELDS = (
    ("input_text", "input_image"),
    ("better_text", "better_img"),
    ("worse_text", "worse_img"),
)


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    row: Row = {}
    for (text, images), messages in zip(
        _FIELDS, (pair.prefix, pair.chosen, pair.rejected), strict=True
    ):
        row[text] = escaped(_flat(messages))
        row[images] = paths(messages, pictures)
    return row


def _flat(messages: Sequence[Message]) -> str:
    """One text; a single message as it is, several with the name of who speaks."""
    if len(messages) == 1:
        return plain(messages[0])
    return "\n".join(f"{_SPEAKERS[message.role]}: {plain(message)}" for message in messages)


def _faults(row: Row, _: Pictures) -> list[str]:
    faults = []
    for text, images in _FIELDS:
        if not isinstance(row.get(text), str) or not isinstance(row.get(images), list):
            faults.append(f"{text} is no text, or {images} no list")
        elif PLACEHOLDER in row[text]:
            faults.append(f"{PLACEHOLDER} in {text}, which the template adds itself")
    return faults


FORMAT = PairFormat(
    name="align-anything-ti2ti",
    about="align-anything of 2025, template ti2ti_preference",
    extension=".jsonl",
    holds=Holds(prompts=True, history=True, answers="own"),
    writer=lines_of(_row),
    check=line_check(_faults, tuple(images for _, images in _FIELDS)),
    room=frozenset(("dimension", "split")),
)
