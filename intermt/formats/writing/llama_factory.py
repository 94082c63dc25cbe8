"""Preference pairs for LLaMA-Factory's default data pipeline (v0): DPO and reward models.

A row has `conversations` up to the last question, `chosen` and `rejected` as one message
each, and one list of `images` for both sides, so their pictures must be the same files.
`dataset_info.json` in the folder names the columns; relative paths are looked up in
`media_dir`, which is the folder of that file unless it is set. See LLaMA-Factory 0.9.5,
`data/converter.py`, `data/mm_plugin.py` and `data/parser.py`.
"""

from __future__ import annotations

from typing import Any

import orjson

from intermt.formats.writing.pairs import Folder, Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.picture_rows import (
    count_faults,
    line_check,
    lines_of,
    paths,
    with_placeholders,
)
from intermt.formats.writing.text_rows import Row

_FROM = {"user": "human", "assistant": "gpt", "system": "system"}


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    (chosen,), (rejected,) = pair.chosen, pair.rejected
    return {
        "conversations": [_message(*said) for said in with_placeholders(pair.prefix)],
        "chosen": _message(*with_placeholders([chosen])[0]),
        "rejected": _message(*with_placeholders([rejected])[0]),
        "images": paths((*pair.prefix, chosen), pictures),
    }


def _message(role: str, text: str) -> dict[str, str]:
    return {"from": _FROM[role], "value": text}


def _faults(row: Row, _: Pictures) -> list[str]:
    messages, images = row.get("conversations"), row.get("images")
    sides = [row.get("chosen"), row.get("rejected")]
    if not isinstance(messages, list) or not isinstance(images, list):
        return ["conversations or images is no list"]
    if not all(_is_message(message) for message in (*messages, *sides)):
        return ["a message has not just from and value"]
    roles = [message["from"] for message in messages]
    roles = roles[1:] if roles[:1] == ["system"] else roles
    if len(roles) % 2 == 0 or roles != [("human", "gpt")[n % 2] for n in range(len(roles))]:
        return ["conversations do not take turns from human to human, and would be skipped"]
    faults = []
    for name, side in zip(("chosen", "rejected"), sides, strict=True):
        assert isinstance(side, dict)
        if side["from"] != "gpt":
            faults.append(f"{name} is not by gpt")
        texts = [message["value"] for message in (*messages, side)]
        faults.extend(count_faults(texts, len(images), name=name))
    return faults


def _is_message(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.keys() == {"from", "value"}
        and isinstance(message["value"], str)
    )


def _dataset_info(folder: Folder) -> dict[str, bytes]:
    info = {
        f"intermt_{split}": {
            "file_name": file,
            "formatting": "sharegpt",
            "ranking": True,
            "columns": {
                "messages": "conversations",
                "chosen": "chosen",
                "rejected": "rejected",
                "images": "images",
            },
        }
        for split, file in folder.files.items()
    }
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return {"dataset_info.json": orjson.dumps(info, option=option)}


FORMAT = PairFormat(
    name="llama-factory",
    about="LLaMA-Factory 0.9.5, its default pipeline (v0)",
    extension=".jsonl",
    holds=Holds(prompts=True, history=True, answers="same", chains=False),
    writer=lines_of(_row),
    check=line_check(_faults, ("images",)),
    beside=_dataset_info,
    room=frozenset(("dimension", "split")),
)
