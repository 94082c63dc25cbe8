from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from intermt.formats.writing.llama_factory_v1 import FORMAT
from intermt.formats.writing.pairs import Folder
from tests.formats.pair_samples import conversations, sample, user
from tests.formats.picture_samples import (
    PATH,
    PICTURES,
    SHA,
    own_pictures,
    reasons,
    write,
    written,
)


def row_of(pair: Any) -> dict[str, Any]:
    row: dict[str, Any] = orjson.loads(written(FORMAT, pair))
    return row


def test_pictures_are_blocks_at_their_places() -> None:
    row = row_of(own_pictures())
    assert row["chosen_messages"][1] == {
        "role": "assistant",
        "content": [
            {"type": "text", "value": "Here: "},
            {"type": "image_url", "value": PATH[SHA[1]]},
            {"type": "text", "value": " Like so."},
        ],
        "loss_weight": 0.0,
    }
    assert row["rejected_messages"][-1] == {
        "role": "assistant",
        "content": [
            {"type": "text", "value": "There: "},
            {"type": "image_url", "value": PATH[SHA[4]]},
        ],
        "loss_weight": 1.0,
    }
    assert row["chosen_messages"][:3] == row["rejected_messages"][:3]


def test_the_answers_after_the_shared_prefix_have_weight() -> None:
    weights = [m["loss_weight"] for m in row_of(conversations())["chosen_messages"]]
    assert weights == [0.0, 1.0, 0.0, 1.0]


def test_texts_are_as_they_were_written() -> None:
    row = row_of(sample(prefix=(user("see <image>"),)))
    assert row["chosen_messages"][0]["content"] == [{"type": "text", "value": "see <image>"}]


def test_every_kind_of_pair_fits(tmp_path: Path) -> None:
    pairs = [sample(), own_pictures(), conversations()]
    assert [reasons(FORMAT, pair) for pair in pairs] == [[], [], []]
    write(FORMAT, tmp_path / "pairs.jsonl", *pairs)


def test_each_split_has_an_entry_of_its_own() -> None:
    folder = Folder({"train": "train.jsonl", "test": "test.jsonl"}, {}, {}, {}, 0, 0, {})
    assert FORMAT.beside(folder) == {
        "train.yaml": b'intermt_train:\n  path: "train.jsonl"\n  source: local\n',
        "test.yaml": b'intermt_test:\n  path: "test.jsonl"\n  source: local\n',
    }


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({"role": "assistant", "content": "No."}, "rejected_messages is no list of messages"),
        (
            {"role": "assistant", "content": [{"type": "image", "value": "a"}], "loss_weight": 1.0},
            "rejected_messages is no list of messages",
        ),
        ({"role": "user", "content": [], "loss_weight": 1.0}, "the roles of rejected_messages"),
        ({"role": "assistant", "content": [], "loss_weight": 0.0}, "the last answer of rejected"),
    ],
)
def test_the_check_names_what_is_wrong(tmp_path: Path, message: Any, fault: str) -> None:
    row = row_of(own_pictures())
    row["rejected_messages"][-1] = message
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(orjson.dumps(row) + b"\n")
    n_rows, (found,) = FORMAT.check(file, PICTURES)
    assert n_rows == 1
    assert found.startswith(f"row 1: {fault}")
