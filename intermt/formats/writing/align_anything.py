"""Preference pairs for align-anything's models that read one picture and answer in text.

Made for `train_template: AA_TI2T`: one question, one picture, two answers in words. Rows are
Parquet, as the template takes a decoded picture or its bytes and no path. The picture is put
before the question wherever it stood. See align-anything of 2025,
`align_anything/configs/format_dataset.py`, class AA_TI2T.
"""

from __future__ import annotations

from typing import Any

from intermt.formats.writing.fitting import all_pictures
from intermt.formats.writing.pairs import Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.parquet_file import PICTURE, Type
from intermt.formats.writing.picture_rows import (
    ABOUT_COLUMNS,
    PLACEHOLDER,
    embedded,
    embedded_faults,
    escaped,
    plain,
    table_check,
    table_of,
)
from intermt.formats.writing.text_rows import Row, about

_COLUMNS: dict[str, Type] = {
    "question": "text",
    "image": PICTURE,
    "response_1": "text",
    "response_2": "text",
    "overall_response": "int",
    **ABOUT_COLUMNS,
}
_TEXTS = ("question", "response_1", "response_2")


def _also(pair: PairRecord) -> list[str]:
    found = [] if all_pictures(pair) else ["no picture"]
    return (
        [*found, "a system message"]
        if pair.prefix[:1] and pair.prefix[0].role == "system"
        else found
    )


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    (question,), (chosen,), (rejected,) = pair.prefix, pair.chosen, pair.rejected
    (picture,) = embedded([question], pictures)
    return {
        "question": escaped(plain(question)),
        "image": picture,
        "response_1": escaped(plain(chosen)),
        "response_2": escaped(plain(rejected)),
        "overall_response": 1,
        **about(pair),
    }


def _faults(row: dict[str, Any], _: Pictures) -> list[str]:
    if any(not isinstance(row[name], str) for name in _TEXTS) or row["image"] is None:
        return ["question, answers and picture are not all there"]
    faults = [f"{PLACEHOLDER} in {name}" for name in _TEXTS if PLACEHOLDER in row[name]]
    if row["overall_response"] != 1:
        faults.append("response_1 is not the better one")
    return [*faults, *embedded_faults([row["image"]], name="image")]


FORMAT = PairFormat(
    name="align-anything",
    about="align-anything of 2025, train_template AA_TI2T",
    extension=".parquet",
    holds=Holds(
        prompts=True,
        history=False,
        answers="none",
        most=1,
        turns=False,
        chains=False,
        also=_also,
    ),
    writer=table_of(_COLUMNS, _row),
    check=table_check(_faults),
    room=frozenset(("dimension", "split")),
    embeds=True,
)
