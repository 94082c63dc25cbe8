"""Preference pairs for TRL's RewardTrainer: text only, the prompt a part of both sides.

A row has `chosen` and `rejected`, each the whole conversation. `margin` is what the loss asks
the two rewards to differ by: the pair's margin in points where raters gave scores and these
favour the chosen side, else 0, which asks for nothing. The trainer needs it in all rows or in
none. See trl 1.16.0, `trl/trainer/reward_trainer.py`.
"""

from __future__ import annotations

from intermt.formats.writing.pairs import PairFormat, PairRecord
from intermt.formats.writing.text_rows import (
    ROOM,
    TEXT_ONLY,
    Row,
    checker_of,
    conversation_faults,
    said,
    writer_of,
)


def _row(pair: PairRecord) -> Row:
    return {
        "chosen": said((*pair.prefix, *pair.chosen)),
        "rejected": said((*pair.prefix, *pair.rejected)),
    }


def _faults(row: Row) -> list[str]:
    chosen, rejected = row.get("chosen"), row.get("rejected")
    faults = [
        *conversation_faults(chosen, name="chosen", last="assistant"),
        *conversation_faults(rejected, name="rejected", last="assistant"),
    ]
    if faults or not isinstance(chosen, list) or not isinstance(rejected, list):
        return faults
    if chosen == rejected:
        faults.append("chosen and rejected are the same")
    if chosen[0] != rejected[0]:
        faults.append("chosen and rejected begin with other prompts")
    if "prompt" in row:
        faults.append("prompt is there, and would be put in front of both sides again")
    return faults


FORMAT = PairFormat(
    name="trl-reward",
    about="TRL 1.16.0, RewardTrainer",
    extension=".jsonl",
    holds=TEXT_ONLY,
    writer=writer_of(_row),
    check=checker_of(_faults),
    room=ROOM,
)
