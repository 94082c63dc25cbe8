"""Preference pairs for TRL's DPOTrainer with models that read pictures.

A row has `prompt`, `chosen` and `rejected` as lists of messages made of blocks, and the
`images` of the prompt in reading order. Rows are Parquet, as the trainer wants decoded
pictures and JSON lines can only name files. TRL hands pictures to the processor for the
prompt alone, so there are none in chosen and rejected. Set `max_length=None`, or it may cut
a picture in two. See TRL 1.16.0, `trl/trainer/dpo_trainer.py`,
class DataCollatorForVisionPreference, and `trl/data_utils.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from intermt.formats.writing.pairs import Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.parquet_file import PICTURE, ListOf, Struct, Type
from intermt.formats.writing.picture_rows import (
    ABOUT_COLUMNS,
    block_faults,
    blocks,
    embedded,
    embedded_faults,
    table_check,
    table_of,
)
from intermt.formats.writing.text_rows import Row, about
from intermt.records import Message

# No other field: a picture's block with a field `image`, null as it would be, counts for none.
MESSAGES = ListOf(
    Struct({"role": "text", "content": ListOf(Struct({"type": "text", "text": "text"}))})
)
_COLUMNS: dict[str, Type] = {
    "prompt": MESSAGES,
    "chosen": MESSAGES,
    "rejected": MESSAGES,
    "images": ListOf(PICTURE),
    **ABOUT_COLUMNS,
}


def messages_of(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages with blocks for a content, as `MESSAGES` has them."""
    return [{"role": message.role, "content": blocks(message)} for message in messages]


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    return {
        "prompt": messages_of(pair.prefix),
        "chosen": messages_of(pair.chosen),
        "rejected": messages_of(pair.rejected),
        "images": embedded(pair.prefix, pictures),
        **about(pair),
    }


def _faults(row: dict[str, Any], _: Pictures) -> list[str]:
    faults = block_faults(row["prompt"], len(row["images"]), name="prompt")
    faults += block_faults(row["chosen"], 0, name="chosen")
    faults += block_faults(row["rejected"], 0, name="rejected")
    if not row["prompt"] or row["prompt"][-1]["role"] != "user":
        faults.append("prompt does not end with a question")
    return faults + embedded_faults(row["images"], name="images")


FORMAT = PairFormat(
    name="trl-dpo",
    about="TRL 1.16.0, DPOTrainer",
    extension=".parquet",
    holds=Holds(prompts=True, history=True, answers="none"),
    writer=table_of(_COLUMNS, _row),
    check=table_check(_faults),
    room=frozenset(("dimension", "split")),
    embeds=True,
)
