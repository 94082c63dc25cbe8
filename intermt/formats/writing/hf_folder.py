"""Preference pairs as a Hugging Face dataset folder: Parquet by split, and a data card.

A row has `prompt`, `chosen` and `rejected` as lists of messages made of blocks, and the
pictures of each in reading order in `images`, `chosen_images` and `rejected_images`; then
what is known of the pair. `datasets.load_dataset` reads the folder and decodes the pictures;
an upload of the folder is a dataset on the Hub.
"""

from __future__ import annotations

from typing import Any

from intermt.formats.writing.hf_card import card
from intermt.formats.writing.pairs import Folder, Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.parquet_file import PICTURE, ListOf, Type
from intermt.formats.writing.parquet_pairs import FEEDBACK, VOTES
from intermt.formats.writing.picture_rows import (
    block_faults,
    embedded,
    embedded_faults,
    table_check,
    table_of,
)
from intermt.formats.writing.text_rows import Row
from intermt.formats.writing.trl_dpo import MESSAGES, messages_of

_SIDES = {"prompt": "images", "chosen": "chosen_images", "rejected": "rejected_images"}
_COLUMNS: dict[str, Type] = {
    **dict.fromkeys(_SIDES, MESSAGES),
    **dict.fromkeys(_SIDES.values(), ListOf(PICTURE)),
    "pair_id": "text",
    "level": "text",
    "mode": "text",
    "dimension": "text",
    "seed_id": "text",
    "turn": "int",
    "chosen_id": "text",
    "rejected_id": "text",
    "agreement": "float",
    "strength": "float",
    "n_annotators": "int",
    "n_stated": "int",
    "n_votes": VOTES,
    "margin": "float",
    "verified": "bool",
    "tie": "bool",
    "simulated": "bool",
    "synthetic": "bool",
    "feedback": FEEDBACK,
    "licence": "text",
}
_AS_IS = tuple(
    name for name in list(_COLUMNS)[2 * len(_SIDES) :] if name not in ("n_votes", "feedback")
)


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    row: Row = {name: getattr(pair, name) for name in _AS_IS}
    for (side, images), messages in zip(
        _SIDES.items(), (pair.prefix, pair.chosen, pair.rejected), strict=True
    ):
        row[side] = messages_of(messages)
        row[images] = embedded(messages, pictures)
    row["n_votes"] = {"chosen": pair.n_chosen, "rejected": pair.n_rejected, "tie": pair.n_tie}
    row["feedback"] = [
        {name: getattr(note, name) for name in ("side", "kind", "dimension", "text", "rater")}
        for note in pair.feedback
    ]
    return row


def _faults(row: dict[str, Any], _: Pictures) -> list[str]:
    return [
        fault
        for side, images in _SIDES.items()
        for fault in (
            *block_faults(row[side], len(row[images]), name=side),
            *embedded_faults(row[images], name=images),
        )
    ]


def _beside(folder: Folder) -> dict[str, bytes]:
    return {"README.md": card(folder, _COLUMNS).encode()}


FORMAT = PairFormat(
    name="hf",
    about="Hugging Face datasets, a folder with a data card",
    extension=".parquet",
    holds=Holds(prompts=True, history=True, answers="own", any_pair=True),
    writer=table_of(_COLUMNS, _row),
    check=table_check(_faults),
    beside=_beside,
    room=frozenset(("tie",)),
    place="data/{split}-00000-of-00001",
    embeds=True,
    folder_only=True,
)
