"""Preference pairs to write, and writing them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from intermt.formats.writing.fitting import captioned, misfits
from intermt.formats.writing.pairs import PairFormat, PairRecord, Pictures
from intermt.records import ImagePart, Message, Part, TextPart


def nowhere(_: str) -> None:
    return None


def no_bytes(sha256: str) -> bytes:
    raise KeyError(sha256)


NO_PICTURES = Pictures(nowhere, no_bytes)


def user(*parts: Part | str) -> Message:
    return Message("user", _parts(parts))


def assistant(*parts: Part | str) -> Message:
    return Message("assistant", _parts(parts))


def _parts(parts: tuple[Part | str, ...]) -> tuple[Part, ...]:
    return tuple(TextPart(part) if isinstance(part, str) else part for part in parts)


def gone(tag: str | None = None, name: str = "gone.png") -> ImagePart:
    """A picture that is missing."""
    return ImagePart(None, name, tag, "not found", name)


def sample(**more: Any) -> PairRecord:
    """A pair of two answers in the second turn, of text alone."""
    return PairRecord(
        **{
            "pair_id": "0" * 32,
            "level": "local",
            "mode": "prefix",
            "dimension": "overall",
            "seed_id": "1" * 32,
            "turn": 2,
            "prefix": (user("Make it night."), assistant("It is night."), user("Add snow.")),
            "chosen": (assistant("Snow lies on the roof."),),
            "rejected": (assistant("There is no snow."),),
            "chosen_id": "2" * 32,
            "rejected_id": "3" * 32,
            "agreement": 0.8,
            "n_annotators": 5,
            "n_chosen": 4,
            "n_rejected": 1,
            "n_tie": 0,
            "margin": 1.5,
            "verified": True,
            "split": None,
            "simulated": False,
            "synthetic": False,
            "strength": 0.8,
            **more,
        }
    )


def conversations(**more: Any) -> PairRecord:
    """A pair of two conversations that grew from one seed question."""
    return sample(
        level="global",
        mode="chain",
        turn=None,
        prefix=(user("Make it night."),),
        chosen=(assistant("Done."), user("Add snow."), assistant("Snow lies on the roof.")),
        rejected=(assistant("It is dark."), user("And now?"), assistant("Still dark.")),
        **more,
    )


def reasons(format_: PairFormat, pair: PairRecord) -> list[str]:
    """Why a pair does not fit a format, its pictures said in words where they must be."""
    if misfits(pair, format_.holds, nowhere):
        pair = captioned(pair, format_.holds, nowhere)
    return misfits(pair, format_.holds, nowhere)


def written(format_: PairFormat, *pairs: PairRecord) -> bytes:
    sink = io.BytesIO()
    writer = format_.writer(sink, NO_PICTURES)
    for pair in pairs:
        writer.write(pair)
    writer.close()
    return sink.getvalue()


def rows(format_: PairFormat, *pairs: PairRecord) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(format_, *pairs).splitlines()]


def checked(format_: PairFormat, folder: Path, content: bytes) -> tuple[int, list[str]]:
    file = folder / f"pairs{format_.extension}"
    file.write_bytes(content)
    return format_.check(file, NO_PICTURES)


def faults(format_: PairFormat, folder: Path, row: dict[str, Any]) -> list[str]:
    """What the check finds in a row that should not be there."""
    n_rows, found = checked(format_, folder, json.dumps(row).encode() + b"\n")
    assert n_rows == 1
    return found
