from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing.openrlhf import FORMAT
from tests.formats.pair_samples import checked, conversations, faults, rows, sample, written


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def test_prompt_and_sides_are_lists_that_are_put_together_again() -> None:
    (row,) = rows(FORMAT, sample())
    assert row == {
        "prompt": [
            said("user", "Make it night."),
            said("assistant", "It is night."),
            said("user", "Add snow."),
        ],
        "chosen": [said("assistant", "Snow lies on the roof.")],
        "rejected": [said("assistant", "There is no snow.")],
        "margin": 1.5,
        "strength": 0.8,
        "pair_id": "0" * 32,
        "dimension": "overall",
        "simulated": False,
        "synthetic": False,
    }


def test_whole_conversations_follow_the_seed_question(tmp_path: Path) -> None:
    (row,) = rows(FORMAT, conversations())
    assert row["prompt"] == [said("user", "Make it night.")]
    assert [m["role"] for m in row["chosen"]] == ["assistant", "user", "assistant"]
    assert checked(FORMAT, tmp_path, written(FORMAT, conversations())) == (1, [])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"prompt": "Why?"}, "prompt is no list of messages"),
        ({"prompt": []}, "prompt is no list of messages"),
        (
            {"prompt": [said("user", "Why?"), said("user", "Why?")]},
            "the roles of prompt do not take turns from user to user",
        ),
        (
            {"chosen": [said("user", "Why?")]},
            "the roles of chosen do not take turns from user to assistant",
        ),
        ({"rejected": []}, "rejected is no list of messages"),
        (
            {"rejected": [said("assistant", "Snow lies on the roof.")]},
            "chosen and rejected are the same",
        ),
    ],
)
def test_the_check_names_what_is_wrong(tmp_path: Path, change: Any, fault: str) -> None:
    (row,) = rows(FORMAT, sample())
    assert f"row 1: {fault}" in faults(FORMAT, tmp_path, row | change)
