from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import orjson

from intermt.formats.writing.pair_lines import PairLines
from intermt.formats.writing.pairs import Note, PairRecord, Pictures
from intermt.formats.writing.parquet_pairs import FORMAT
from tests.formats.pair_samples import assistant, conversations, gone, sample
from tests.formats.picture_samples import PICTURES, own_pictures, table, write


def line_of(pair: PairRecord) -> dict[str, Any]:
    sink = io.BytesIO()
    PairLines(sink, PICTURES).write(pair)
    row: dict[str, Any] = orjson.loads(sink.getvalue())
    for side in ("prefix", "chosen", "rejected"):
        for message in row[side]:
            nothing = dict.fromkeys(("type", "text", "path", "sha256", "missing"))
            message["content"] = [nothing | part for part in message["content"]]
    return row


def test_the_columns_say_what_the_lines_say(tmp_path: Path) -> None:
    note = Note("chosen", "critique", None, "Well lit.", "r1")
    pairs = [
        sample(margin=None, verified=None, turn=None),
        own_pictures(split="test", feedback=(note,), n_stated=3),
        conversations(tie=True),
        sample(chosen=(assistant(gone("<Image, a cat>")),)),
    ]
    rows = table(FORMAT, tmp_path, *pairs)
    assert rows == [line_of(pair) for pair in pairs]
    assert list(rows[0]) == list(line_of(pairs[0]))


def test_the_check_compares_paths_with_hashes(tmp_path: Path) -> None:
    file = write(FORMAT, tmp_path / "pairs.parquet", own_pictures())
    elsewhere = Pictures(lambda sha256: f"elsewhere/{sha256}", PICTURES.read, PICTURES.table)
    n_rows, faults = FORMAT.check(file, elsewhere)
    assert (n_rows, len(faults)) == (1, 5)
    assert faults[0] == "row 1: prefix names another file than its hash"
