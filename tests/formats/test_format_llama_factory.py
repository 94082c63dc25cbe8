from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from intermt.formats.writing.llama_factory import FORMAT
from intermt.formats.writing.pairs import Folder
from tests.formats.pair_samples import conversations
from tests.formats.picture_samples import (
    PATH,
    PICTURES,
    SHA,
    in_history,
    in_words,
    own_pictures,
    reasons,
    same_pictures,
    write,
    written,
)

FOLDER = Folder({"train": "train.jsonl", "test": "test.jsonl"}, {}, {}, {}, 0, 0, {})


def row_of(pair: Any) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(written(FORMAT, pair))
    return row


def test_one_list_of_pictures_serves_both_sides() -> None:
    row = row_of(same_pictures())
    assert row["conversations"] == [
        {"from": "human", "value": "<image>Make it night."},
        {"from": "gpt", "value": "Here: <image> Like so."},
        {"from": "human", "value": "Add snow."},
    ]
    assert row["chosen"] == {"from": "gpt", "value": "<image>Snow lies on the roof."}
    assert row["rejected"] == {"from": "gpt", "value": "There is no snow.<image>"}
    assert row["images"] == [PATH[SHA[n]] for n in (0, 1, 2)]


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    assert reasons(FORMAT, own_pictures()) == ["other pictures in chosen than in rejected"]
    assert reasons(FORMAT, conversations()) == ["several messages after the prefix"]
    told = in_words(FORMAT, own_pictures())
    assert reasons(FORMAT, told) == []
    write(FORMAT, tmp_path / "pairs.jsonl", told, in_history(), same_pictures())
    assert row_of(told)["rejected"]["value"] == "There: [picture: a house]"


def test_the_entry_names_each_file_and_the_columns() -> None:
    info = orjson.loads(FORMAT.beside(FOLDER)["dataset_info.json"])
    assert set(info) == {"intermt_train", "intermt_test"}
    assert info["intermt_test"]["file_name"] == "test.jsonl"
    assert info["intermt_test"]["ranking"] is True
    row = row_of(same_pictures())
    assert set(info["intermt_train"]["columns"].values()) < set(row)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (
            {"images": ["a"]},
            [f"3 <image> for 1 pictures in {side}" for side in ("chosen", "rejected")],
        ),
        (
            {"rejected": {"from": "gpt", "value": "No."}},
            ["2 <image> for 3 pictures in rejected"],
        ),
        ({"chosen": {"from": "human", "value": "<image>"}}, ["chosen is not by gpt"]),
        ({"chosen": "Yes."}, ["a message has not just from and value"]),
        ({"images": None}, ["conversations or images is no list"]),
        (
            {"conversations": [{"from": "gpt", "value": "<image><image>"}]},
            ["conversations do not take turns from human to human, and would be skipped"],
        ),
    ],
)
def test_the_check_counts_each_side_with_the_one_list(
    tmp_path: Path, change: Any, faults: list[str]
) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(orjson.dumps(row_of(same_pictures()) | change) + b"\n")
    assert FORMAT.check(file, PICTURES) == (1, [f"row 1: {fault}" for fault in faults])
