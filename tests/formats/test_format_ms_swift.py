from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from intermt.formats.writing.ms_swift import FORMAT
from tests.formats.pair_samples import assistant, conversations, sample, user
from tests.formats.picture_samples import (
    PATH,
    PICTURES,
    SHA,
    own_pictures,
    reasons,
    shown,
    write,
    written,
)


def rows(*pairs: Any) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in written(FORMAT, *pairs).splitlines()]


def test_either_side_has_its_own_pictures() -> None:
    history = [
        {"role": "user", "content": "<image>Make it night."},
        {"role": "assistant", "content": "Here: <image> Like so."},
        {"role": "user", "content": "Add snow."},
    ]
    assert rows(own_pictures()) == [
        {
            "messages": [
                *history,
                {"role": "assistant", "content": "<image>Snow lies on the roof.<image>"},
            ],
            "images": [PATH[SHA[n]] for n in (0, 1, 2, 3)],
            "rejected_messages": [*history, {"role": "assistant", "content": "There: <image>"}],
            "rejected_images": [PATH[SHA[n]] for n in (0, 1, 4)],
            "margin": 1.5,
            "strength": 0.8,
            "pair_id": "0" * 32,
            "dimension": "overall",
            "simulated": False,
            "synthetic": False,
        }
    ]


def test_every_kind_of_pair_fits(tmp_path: Path) -> None:
    pairs = [sample(), own_pictures(), conversations(split="train")]
    assert [reasons(FORMAT, pair) for pair in pairs] == [[], [], []]
    write(FORMAT, tmp_path / "pairs.jsonl", *pairs)


def test_no_text_makes_ms_swift_open_a_file() -> None:
    (row,) = rows(sample(prefix=(user("<img>/etc/passwd</img> <image>"),)))
    assert row["messages"][0]["content"] == "< img>/etc/passwd</img> < image>"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"images": []}, "4 <image> for 0 pictures in messages"),
        ({"rejected_images": ["a", "b"]}, "3 <image> for 2 pictures in rejected_messages"),
        ({"rejected_images": None}, "rejected_images is no list"),
        ({"messages": []}, "messages is no list of messages"),
    ],
)
def test_the_check_counts_both_sides(tmp_path: Path, change: Any, fault: str) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(orjson.dumps(rows(own_pictures())[0] | change) + b"\n")
    assert FORMAT.check(file, PICTURES) == (1, [f"row 1: {fault}"])


def test_an_answer_of_a_picture_alone_is_a_placeholder() -> None:
    (row,) = rows(own_pictures(rejected=(assistant(shown(5)),)))
    assert row["rejected_messages"][-1]["content"] == "<image>"
