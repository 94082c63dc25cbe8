from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing.fitting import misfits
from intermt.formats.writing.trl_reward import FORMAT
from tests.formats.pair_samples import (
    assistant,
    checked,
    conversations,
    faults,
    gone,
    nowhere,
    reasons,
    rows,
    sample,
    user,
    written,
)

PROMPT = [
    {"role": "user", "content": "Make it night."},
    {"role": "assistant", "content": "It is night."},
    {"role": "user", "content": "Add snow."},
]


def test_each_side_is_a_whole_conversation_without_a_prompt_column() -> None:
    assert rows(FORMAT, sample()) == [
        {
            "chosen": [*PROMPT, {"role": "assistant", "content": "Snow lies on the roof."}],
            "rejected": [*PROMPT, {"role": "assistant", "content": "There is no snow."}],
            "margin": 1.5,
            "strength": 0.8,
            "pair_id": "0" * 32,
            "dimension": "overall",
            "simulated": False,
            "synthetic": False,
        }
    ]


@pytest.mark.parametrize(("margin", "in_the_loss"), [(None, 0.0), (-0.5, 0.0), (0, 0.0), (2, 2.0)])
def test_every_row_has_a_margin_that_the_loss_can_use(margin: Any, in_the_loss: float) -> None:
    line = written(FORMAT, sample(margin=margin))
    assert f'"margin":{in_the_loss},'.encode() in line, "a float, so that no loader guesses int"


def test_a_split_is_a_column_where_one_was_asked_for() -> None:
    assert rows(FORMAT, sample(split="train"))[0]["split"] == "train"
    assert "split" not in rows(FORMAT, sample())[0]


def test_whole_conversations_are_kept_as_they_are(tmp_path: Path) -> None:
    (row,) = rows(FORMAT, conversations())
    assert [m["role"] for m in row["rejected"]] == ["user", "assistant"] * 2
    assert checked(FORMAT, tmp_path, written(FORMAT, conversations(), sample())) == (2, [])


def test_pictures_do_not_fit_anywhere() -> None:
    pair = sample(
        prefix=(user("Here: ", gone()), assistant(gone()), user("Why?")),
        chosen=(assistant(gone()),),
    )
    assert misfits(pair, FORMAT.holds, nowhere) == [
        "a missing picture",
        "pictures in prompts",
        "pictures in earlier answers",
        "pictures in chosen or rejected",
    ]
    assert reasons(FORMAT, pair) == []


def test_a_picture_that_nobody_put_in_words_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="picture"):
        written(FORMAT, sample(chosen=(assistant(gone()),)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"chosen": []}, "chosen is no list of messages"),
        ({"rejected": "No."}, "rejected is no list of messages"),
        ({"chosen": ["Yes."]}, "a message of chosen has other keys than role and content"),
        (
            {"chosen": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
            "a message of chosen is not text",
        ),
        ({"chosen": PROMPT}, "the roles of chosen do not take turns from user to assistant"),
        ({"chosen": PROMPT[1:2]}, "the roles of chosen do not take turns from user to assistant"),
        ({"prompt": PROMPT}, "prompt is there, and would be put in front of both sides again"),
        ({"margin": None}, "margin is no float"),
        ({"margin": 1}, "margin is no float"),
        ({"margin": -1.0}, "margin is below zero"),
        ({"pair_id": None}, "pair_id is no str"),
        ({"synthetic": "no"}, "synthetic is no bool"),
        ({"split": None}, "split is no str"),
    ],
)
def test_the_check_names_what_is_wrong(tmp_path: Path, change: Any, fault: str) -> None:
    (row,) = rows(FORMAT, sample())
    assert faults(FORMAT, tmp_path, row | change) == [f"row 1: {fault}"]


def test_the_check_compares_both_sides(tmp_path: Path) -> None:
    (row,) = rows(FORMAT, sample())
    (other,) = rows(FORMAT, sample(prefix=(user("Else?"),)))
    assert faults(FORMAT, tmp_path, row | {"rejected": row["chosen"]}) == [
        "row 1: chosen and rejected are the same"
    ]
    assert faults(FORMAT, tmp_path, row | {"rejected": other["rejected"]}) == [
        "row 1: chosen and rejected begin with other prompts"
    ]


@pytest.mark.parametrize(("line", "fault"), [(b"{\n", "no JSON: "), (b"[]\n", "no JSON object")])
def test_the_check_reads_any_line(tmp_path: Path, line: bytes, fault: str) -> None:
    content = written(FORMAT, sample()) + line
    n_rows, (found,) = checked(FORMAT, tmp_path, content)
    assert n_rows == 2
    assert found.startswith(f"row 2: {fault}")
