"""Preference pairs for ms-swift: DPO, reward models and the rest of its `rlhf`.

A row has `messages`, the conversation with the chosen side, and `rejected_messages`, the whole
conversation with the other, each with a list of its own pictures in reading order, as
ms-swift fills in neither where `rejected_messages` is given. `margin` is subtracted in the
loss of reward models. Relative paths are looked up in the working folder and in
ROOT_IMAGE_DIR. See ms-swift 4.6.0, `swift/template/template_inputs.py` and
`swift/template/base.py`.
"""

from __future__ import annotations

from intermt.formats.writing.pairs import Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.picture_rows import (
    COUNTED,
    count_faults,
    line_check,
    lines_of,
    paths,
    with_placeholders,
)
from intermt.formats.writing.text_rows import Row, conversation_faults

# In rows without pictures, ms-swift opens the file that stands between <img> and </img>.
_COUNTED = (*COUNTED, "<img>")
# Of `rejected_images`, ms-swift forgets the type where a whole batch of it is empty.
_ROWS_AT_ONCE = 1000
_SIDES = (("messages", "images"), ("rejected_messages", "rejected_images"))


def _row(pair: PairRecord, pictures: Pictures) -> Row:
    row: Row = {}
    for (messages, images), side in zip(_SIDES, (pair.chosen, pair.rejected), strict=True):
        whole = (*pair.prefix, *side)
        row[messages] = [
            {"role": role, "content": text} for role, text in with_placeholders(whole, _COUNTED)
        ]
        row[images] = paths(whole, pictures)
    return row


def _faults(row: Row, _: Pictures) -> list[str]:
    faults = []
    for messages, images in _SIDES:
        if not isinstance(row.get(images), list):
            return [f"{images} is no list"]
        wrong = conversation_faults(row.get(messages), name=messages, last="assistant")
        if not wrong:
            texts = [message["content"] for message in row[messages]]
            wrong = count_faults(texts, len(row[images]), name=messages)
        faults.extend(wrong)
    return faults


FORMAT = PairFormat(
    name="ms-swift",
    about="ms-swift 4.6.0, --rlhf_type dpo and the like",
    extension=".jsonl",
    holds=Holds(prompts=True, history=True, answers="own"),
    writer=lines_of(_row),
    check=line_check(_faults, ("images", "rejected_images"), _ROWS_AT_ONCE),
    room=frozenset(("dimension", "split")),
)
