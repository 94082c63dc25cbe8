from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing.nemo_rl import FORMAT
from tests.formats.pair_samples import (
    checked,
    conversations,
    faults,
    reasons,
    rows,
    sample,
    written,
)


def test_the_chosen_side_has_the_lower_rank() -> None:
    (row,) = rows(FORMAT, sample())
    assert [m["content"] for m in row["context"]] == [
        "Make it night.",
        "It is night.",
        "Add snow.",
    ]
    assert row["completions"] == [
        {"rank": 0, "completion": [{"role": "assistant", "content": "Snow lies on the roof."}]},
        {"rank": 1, "completion": [{"role": "assistant", "content": "There is no snow."}]},
    ]
    assert "task_name" not in row


def test_an_answer_is_one_message(tmp_path: Path) -> None:
    assert reasons(FORMAT, conversations()) == ["several messages after the prefix"]
    assert checked(FORMAT, tmp_path, written(FORMAT, sample(), sample(margin=None))) == (2, [])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"task_name": "intermt"}, "task_name is there, which NeMo-RL adds itself"),
        ({"context": []}, "context is no list of messages"),
        ({"completions": []}, "completions are not those of rank 0 and of rank 1"),
        ({"completions": ["a", "b"]}, "completions are not those of rank 0 and of rank 1"),
    ],
)
def test_the_check_names_what_is_wrong(tmp_path: Path, change: Any, fault: str) -> None:
    (row,) = rows(FORMAT, sample())
    assert faults(FORMAT, tmp_path, row | change) == [f"row 1: {fault}"]


@pytest.mark.parametrize(
    ("ranks", "sides", "fault"),
    [
        ((0, 0), "ab", "completions are not those of rank 0 and of rank 1"),
        ((1, 0), "ab", "completions are not those of rank 0 and of rank 1"),
        ((0, 1, 2), "abc", "completions are not those of rank 0 and of rank 1"),
        ((0, 1), "aa", "chosen and rejected are the same"),
    ],
)
def test_the_check_reads_the_ranks(
    tmp_path: Path, ranks: tuple[int, ...], sides: str, fault: str
) -> None:
    (row,) = rows(FORMAT, sample())
    row["completions"] = [
        {"rank": rank, "completion": [{"role": "assistant", "content": text}]}
        for rank, text in zip(ranks, sides, strict=True)
    ]
    assert faults(FORMAT, tmp_path, row) == [f"row 1: {fault}"]


def test_a_side_that_is_no_answer_is_named(tmp_path: Path) -> None:
    (row,) = rows(FORMAT, sample())
    row["completions"][1]["completion"] = [{"role": "user", "content": "Why?"}]
    assert faults(FORMAT, tmp_path, row) == [
        "row 1: the roles of rejected do not take turns from user to assistant"
    ]
