from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing import trl_dpo
from intermt.formats.writing.parquet_file import ParquetFile
from tests.formats.pair_samples import conversations, sample
from tests.formats.picture_samples import (
    FILES,
    PICTURES,
    SHA,
    in_history,
    in_words,
    own_pictures,
    reasons,
    table,
)

FORMAT = trl_dpo.FORMAT


def test_the_pictures_of_the_prompt_are_in_the_row(tmp_path: Path) -> None:
    (row,) = table(FORMAT, tmp_path, in_history(margin=None))
    assert row["prompt"][1] == {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Here: "},
            {"type": "image", "text": None},
            {"type": "text", "text": " Like so."},
        ],
    }
    assert row["chosen"] == [
        {"role": "assistant", "content": [{"type": "text", "text": "Snow lies on the roof."}]}
    ]
    assert row["images"] == [{"bytes": FILES[SHA[n]], "path": f"{SHA[n]}.png"} for n in (0, 1)]
    assert (row["margin"], row["split"]) == (0.0, None)


def test_answers_hold_no_pictures_but_may_be_several(tmp_path: Path) -> None:
    assert reasons(FORMAT, own_pictures()) == ["pictures in chosen or rejected"]
    told = in_words(FORMAT, own_pictures())
    rows = table(FORMAT, tmp_path, told, sample(), conversations())
    assert rows[0]["rejected"][0]["content"] == [
        {"type": "text", "text": "There: [picture: a house]"}
    ]
    assert rows[1]["images"] == []
    assert [m["role"] for m in rows[2]["chosen"]] == ["assistant", "user", "assistant"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"images": []}, "2 places for 0 pictures in prompt"),
        (
            {"chosen": [{"role": "assistant", "content": [{"type": "image"}]}]},
            "1 places for 0 pictures in chosen",
        ),
        (
            {"images": [{"bytes": b"\x89", "path": f"{SHA[n]}.png"} for n in (0, 1)]},
            "a picture in images is not the one it is named after",
        ),
    ],
)
def test_the_check_counts_places_and_hashes_pictures(
    tmp_path: Path, change: Any, fault: str
) -> None:
    (row,) = table(FORMAT, tmp_path, in_history())
    file = tmp_path / "changed.parquet"
    with file.open("wb") as sink:
        changed = ParquetFile(sink, trl_dpo._COLUMNS)
        changed.write(row | change)
        changed.close()
    n_rows, faults = FORMAT.check(file, PICTURES)
    assert n_rows == 1
    assert set(faults) == {f"row 1: {fault}"}
