"""Preference pairs as a Parquet table: the keys of the jsonl format as columns.

For DuckDB, pandas, Polars and the like. Pictures are paths and hashes, as in the lines.
"""

from __future__ import annotations

from typing import Any

from intermt.formats.writing.pair_lines import PairLines
from intermt.formats.writing.pairs import ByteSink, Holds, PairFormat, PairRecord, Pictures
from intermt.formats.writing.parquet_file import ListOf, ParquetFile, Struct, Type
from intermt.formats.writing.picture_rows import table_check

_PART = Struct(
    {"type": "text", "text": "text", "path": "text", "sha256": "text", "missing": "text"}
)
_MESSAGES = ListOf(Struct({"role": "text", "content": ListOf(_PART)}))
VOTES = Struct({"chosen": "int", "rejected": "int", "tie": "int"})
FEEDBACK = ListOf(
    Struct({"side": "text", "kind": "text", "dimension": "text", "text": "text", "rater": "text"})
)
_COLUMNS: dict[str, Type] = {
    "pair_id": "text",
    "level": "text",
    "mode": "text",
    "dimension": "text",
    "seed_id": "text",
    "turn": "int",
    "prefix": _MESSAGES,
    "chosen": _MESSAGES,
    "rejected": _MESSAGES,
    "chosen_id": "text",
    "rejected_id": "text",
    "agreement": "float",
    "n_annotators": "int",
    "n_votes": VOTES,
    "margin": "float",
    "verified": "bool",
    "split": "text",
    "simulated": "bool",
    "synthetic": "bool",
    "strength": "float",
    "feedback": FEEDBACK,
    "n_stated": "int",
    "tie": "bool",
}


class _PairTable:
    def __init__(self, sink: ByteSink, pictures: Pictures) -> None:
        self._file = ParquetFile(sink, _COLUMNS)
        self._lines = PairLines(sink, pictures)

    def write(self, pair: PairRecord) -> None:
        """Write one pair."""
        self._file.write(self._lines.row(pair))

    def close(self) -> None:
        """Write what ends the file."""
        self._file.close()


def _faults(row: dict[str, Any], pictures: Pictures) -> list[str]:
    return [
        f"{side} names another file than its hash"
        for side in ("prefix", "chosen", "rejected")
        for message in row[side]
        for part in message["content"]
        if part["sha256"] is not None and pictures.path_of(part["sha256"]) != part["path"]
    ]


FORMAT = PairFormat(
    name="parquet",
    about="DuckDB, pandas, Polars and others that read Parquet",
    extension=".parquet",
    holds=Holds(prompts=True, history=True, answers="own", missing=True, any_pair=True),
    writer=_PairTable,
    check=table_check(_faults),
    room=frozenset(("dimension", "split", "tie")),
)
