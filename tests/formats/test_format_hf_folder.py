from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing import hf_folder
from intermt.formats.writing.pairs import Folder, Note
from tests.formats.pair_samples import sample
from tests.formats.picture_samples import FILES, SHA, own_pictures, reasons, same_pictures, table

FORMAT = hf_folder.FORMAT


def card(**more: Any) -> str:
    folder = Folder(
        **{
            "files": {"train": FORMAT.data_file("train"), "test": FORMAT.data_file("test")},
            "n_pairs": {"train": 900, "test": 100},
            "n_bytes": {"train": 5000, "test": 700},
            "licences": {"CC-BY-4.0": 1000},
            "n_simulated": 0,
            "n_synthetic": 0,
            "made": {"options": {"min_agree": "0.8"}},
            **more,
        }
    )
    text = FORMAT.beside(folder)["README.md"].decode()
    assert text.startswith("---\n")
    return text


def test_each_side_has_its_pictures(tmp_path: Path) -> None:
    note = Note(None, "rationale", "overall", "Both are dark.", "r2")
    (row,) = table(FORMAT, tmp_path, own_pictures(feedback=(note,), margin=None, licence="mit"))
    for name, numbers in (
        ("images", (0, 1)),
        ("chosen_images", (2, 3)),
        ("rejected_images", (4,)),
    ):
        assert [image["bytes"] for image in row[name]] == [FILES[SHA[n]] for n in numbers]
    assert [block["type"] for block in row["chosen"][0]["content"]] == ["image", "text", "image"]
    assert (row["margin"], row["agreement"], row["licence"]) == (None, 0.8, "mit")
    assert row["n_votes"] == {"chosen": 4, "rejected": 1, "tie": 0}
    assert row["feedback"][0]["text"] == "Both are dark."


def test_it_holds_every_pair_whose_pictures_are_there() -> None:
    assert reasons(FORMAT, sample(rejected=sample().chosen)) == []
    assert reasons(FORMAT, same_pictures()) == []


def test_data_files_stand_where_the_hub_looks() -> None:
    assert FORMAT.data_file("train") == "data/train-00000-of-00001.parquet"


def test_the_card_names_files_sizes_and_options() -> None:
    text = card()
    assert "license:\n- cc-by-4.0\n" in text
    assert "size_categories:\n- 1K<n<10K\n" in text
    assert '  - split: test\n    path: "data/test-00000-of-00001.parquet"\n' in text
    assert "  - name: train\n    num_bytes: 5000\n    num_examples: 900\n" in text
    assert "  download_size: 5700\n" in text
    assert '"min_agree": "0.8"' in text
    assert "| CC-BY-4.0 | 1000 |" in text
    assert "Not for training" not in text


@pytest.mark.parametrize(
    ("licences", "named"),
    [
        ({None: 1}, ["unknown"]),
        ({"MIT": 1, None: 2}, ["mit", "unknown"]),
        ({"the museum's own terms": 1, "mit": 1}, ["other"]),
    ],
)
def test_the_card_names_licences_that_the_hub_knows(licences: Any, named: list[str]) -> None:
    listed = "".join(f"- {name}\n" for name in named)
    assert f"license:\n{listed}pretty_name" in card(licences=licences)


def test_a_licence_cannot_break_the_table() -> None:
    assert "| a \\| b c | 1 |" in card(licences={"a | b\nc": 1})


def test_what_is_invented_is_said_first() -> None:
    text = card(n_simulated=7, n_synthetic=9)
    assert "**Not for training:** 7 of 1000 pairs have messages of a stand-in server" in text
    assert "9 of 1000 pairs have invented votes" in text
    assert text.index("Not for training") < text.index("## Splits")


def test_every_column_is_described() -> None:
    text = card()
    table = text[text.index("## Columns") :]
    assert [name for name in hf_folder._COLUMNS if f"`{name}`" not in table] == []
