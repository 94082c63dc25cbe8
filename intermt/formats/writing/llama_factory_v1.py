"""Preference pairs for LLaMA-Factory's new data pipeline (`USE_V1=1`), for DPO.

A row has `chosen_messages` and `rejected_messages`, whole conversations whose content is a
list of blocks, so either side has its own pictures at their own places. Paths are opened as
they are, relative ones from the working folder. Of a side with several answers, the last
alone is trained on. Nothing is escaped: the pipeline itself breaks up literal placeholders.
Beside each data file, a YAML file names it for `train_dataset`. See LLaMA-Factory of 2026,
`v1/core/data_engine.py`, `v1/utils/types.py` and `v1/core/rendering/`; the same pipeline in
0.9.5 reads the rows, but shows no model the pictures.
"""

from __future__ import annotations

import json
from typing import Any

from intermt.formats.writing.pairs import Folder, Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.picture_rows import line_check, lines_of, paths
from intermt.formats.writing.text_rows import Row
from intermt.records import Message, TextPart

_SIDES = ("chosen_messages", "rejected_messages")
_BLOCKS = {"text", "image_url"}


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    history = [_message(message, pictures, 0.0) for message in pair.prefix]
    return {
        name: [
            *history,
            *(_message(message, pictures, float(message.role == "assistant")) for message in side),
        ]
        for name, side in zip(_SIDES, (pair.chosen, pair.rejected), strict=True)
    }


def _message(message: Message, pictures: Pictures, weight: float) -> dict[str, Any]:
    files = iter(paths([message], pictures))
    return {
        "role": message.role,
        "content": [
            {"type": "text", "value": part.text}
            if isinstance(part, TextPart)
            else {"type": "image_url", "value": next(files)}
            for part in message.parts
        ],
        "loss_weight": weight,
    }


def _faults(row: Row, _: Pictures) -> list[str]:
    faults = []
    for name in _SIDES:
        messages = row.get(name)
        if not isinstance(messages, list) or not all(map(_is_message, messages)):
            faults.append(f"{name} is no list of messages with blocks")
            continue
        roles = [message["role"] for message in messages]
        roles = roles[1:] if roles[:1] == ["system"] else roles
        if not roles or roles != ["user", "assistant"] * (len(roles) // 2):
            faults.append(f"the roles of {name} do not take turns from user to assistant")
        elif messages[-1]["loss_weight"] != 1.0:
            faults.append(f"the last answer of {name} has no weight")
    return faults


def _is_message(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.keys() == {"role", "content", "loss_weight"}
        and all(
            block.keys() == {"type", "value"}
            and block["type"] in _BLOCKS
            and isinstance(block["value"], str)
            for block in message["content"]
        )
    )


def _entries(folder: Folder) -> dict[str, bytes]:
    # A JSON string is a YAML string, whatever is in it.
    return {
        f"{split}.yaml": f"intermt_{split}:\n  path: {json.dumps(file)}\n  source: local\n".encode()
        for split, file in folder.files.items()
    }


FORMAT = PairFormat(
    name="llama-factory-v1",
    about="LLaMA-Factory of 2026 with USE_V1=1",
    extension=".jsonl",
    holds=Holds(prompts=True, history=True, answers="own"),
    writer=lines_of(_row),
    check=line_check(_faults),
    beside=_entries,
    room=frozenset(("dimension", "split")),
)
