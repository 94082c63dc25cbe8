"""Preference pairs for NeMo-RL's PreferenceDataset, for DPO and reward models: text only.

A row has `context`, the shared messages, and two `completions`: rank 0 is the chosen side,
rank 1 the other, one answer each: of more messages DPO would learn from the last alone. There
is no `task_name`: NeMo-RL adds that column and fails where it is. See
NeMo-RL of 2026, `nemo_rl/data/processors.py::preference_preprocessor` and
`nemo_rl/data/datasets/preference_datasets/preference_dataset.py`.
"""

from __future__ import annotations

from dataclasses import replace

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
        "context": said(pair.prefix),
        "completions": [
            {"rank": rank, "completion": said(side)}
            for rank, side in enumerate((pair.chosen, pair.rejected))
        ],
    }


def _faults(row: Row) -> list[str]:
    faults = ["task_name is there, which NeMo-RL adds itself"] if "task_name" in row else []
    completions = row.get("completions")
    if not isinstance(completions, list) or [
        completion.get("rank") if isinstance(completion, dict) else None
        for completion in completions
    ] != [0, 1]:
        return [*faults, "completions are not those of rank 0 and of rank 1"]
    chosen, rejected = (completion.get("completion") for completion in completions)
    return faults + prompted_faults(row.get("context"), "context", chosen, rejected)


FORMAT = PairFormat(
    name="nemo-rl",
    about="NeMo-RL of 2026, PreferenceDataset",
    extension=".jsonl",
    holds=replace(TEXT_ONLY, chains=False),
    writer=writer_of(_row),
    check=checker_of(_faults),
    room=ROOM,
)
