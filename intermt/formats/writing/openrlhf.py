"""Preference pairs for OpenRLHF's reward model and DPO training: text only.

A row has `prompt`, `chosen` and `rejected`, each a list of messages. OpenRLHF renders prompt
plus side and cuts off as many characters as the rendered prompt has. `margin` counts only with
`--model.margin_loss_enable`; see `trl_reward` for its meaning. See openrlhf 0.11.2,
`openrlhf/datasets/reward_dataset.py`.
"""

from __future__ import annotations

from intermt.formats.writing.pairs import PairFormat, PairRecord
from intermt.formats.writing.text_rows import (
    ROOM,
    TEXT_ONLY,
    Row,
    checker_of,
    prompted_faults,
    said,
    writer_of,
)


def _row(pair: PairRecord) -> Row:
    return {
        "prompt": said(pair.prefix),
        "chosen": said(pair.chosen),
        "rejected": said(pair.rejected),
    }


def _faults(row: Row) -> list[str]:
    return prompted_faults(row.get("prompt"), "prompt", row.get("chosen"), row.get("rejected"))


FORMAT = PairFormat(
    name="openrlhf",
    about="OpenRLHF 0.11.2, reward model and DPO training",
    extension=".jsonl",
    holds=TEXT_ONLY,
    writer=writer_of(_row),
    check=checker_of(_faults),
    room=ROOM,
)
