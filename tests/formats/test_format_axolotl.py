from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.formats.writing.axolotl import FORMAT
from tests.formats.pair_samples import (
    assistant,
    checked,
    conversations,
    faults,
    gone,
    reasons,
    rows,
    sample,
    user,
    written,
)

TOO_EARLY = "an answer that also stands in templates"
THOUGHTS = "an answer with <think> marks, which templates move"
SAME = "the same answer but for white space around it"


def answers(chosen: str, rejected: str = "There is no snow.") -> Any:
    return sample(chosen=(assistant(chosen),), rejected=(assistant(rejected),))


def test_a_side_is_one_message() -> None:
    (row,) = rows(FORMAT, sample())
    assert [m["content"] for m in row["messages"]] == [
        "Make it night.",
        "It is night.",
        "Add snow.",
    ]
    assert row["chosen"] == {"role": "assistant", "content": "Snow lies on the roof."}
    assert row["rejected"] == {"role": "assistant", "content": "There is no snow."}


def test_white_space_around_answers_goes_and_that_in_prompts_stays() -> None:
    pair = sample(prefix=(user(" Why? \n"),), chosen=(assistant("\n Two\n\nlines \u2028"),))
    (row,) = rows(FORMAT, pair)
    assert row["chosen"]["content"] == "Two\n\nlines"
    assert row["messages"][0]["content"] == " Why? \n"


def test_conversations_do_not_fit() -> None:
    assert reasons(FORMAT, conversations()) == ["several messages after the prefix"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "an empty answer"),
        (" \n", "an empty answer"),
        ("A", TOO_EARLY),
        ("No", TOO_EARLY),
        ("2026", TOO_EARLY),
        ("12", TOO_EARLY),
        ("user", TOO_EARLY),
        ("<|user|>", TOO_EARLY),
        (" assistant\n", TOO_EARLY),
        ("<|im_start|>", TOO_EARLY),
        ("[INST]", TOO_EARLY),
        ("You are a helpful assistant.", TOO_EARLY),
        ("<think>Hm.</think>Night.", THOUGHTS),
        ("Hm.</think>Night.", THOUGHTS),
    ],
)
def test_an_answer_that_would_be_cut_at_the_wrong_place_does_not_fit(
    answer: str, reason: str
) -> None:
    assert reasons(FORMAT, answers(answer)) == [reason]
    assert reasons(FORMAT, answers("There is snow.", answer)) == [reason]


@pytest.mark.parametrize(
    "answer", ["Yes", "20261", "User guide", "<|im_start|>tool", "{{ 1 }}", "مرحبا", "<image>"]
)
def test_other_answers_fit(answer: str) -> None:
    assert reasons(FORMAT, answers(answer)) == []


def test_answers_that_differ_in_white_space_alone_do_not_fit() -> None:
    assert reasons(FORMAT, answers("Snow falls.", " Snow falls.\n")) == [SAME]
    assert reasons(FORMAT, answers("Snow falls.", "Snow falls.")) == [
        "the same content in chosen and rejected"
    ]


def test_a_picture_alone_fits_as_its_caption() -> None:
    pair = sample(chosen=(assistant(gone("<Image, a cat>")),))
    assert reasons(FORMAT, pair) == []


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=5))
def test_what_fits_passes_the_check(
    tmp_path_factory: pytest.TempPathFactory, chosen: str, rejected: str
) -> None:
    pair = answers(chosen, rejected.encode(errors="ignore").decode())
    if not reasons(FORMAT, pair):
        content = written(FORMAT, pair)
        assert checked(FORMAT, tmp_path_factory.mktemp("axolotl"), content) == (1, [])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"messages": []}, "messages is no list of messages"),
        ({"chosen": [{"role": "assistant", "content": "Yes."}]}, "a message of chosen has other"),
        ({"chosen": {"role": "user", "content": "Yes."}}, "the roles of chosen do not take turns"),
        ({"chosen": {"role": "assistant", "content": ""}}, "chosen is an empty answer"),
        ({"rejected": {"role": "assistant", "content": "a"}}, f"rejected is {TOO_EARLY}"),
        ({"rejected": {"role": "assistant", "content": "So. "}}, "rejected has white space around"),
        (
            {"rejected": {"role": "assistant", "content": "Snow lies on the roof."}},
            "chosen and rejected are the same",
        ),
        ({"rejected": None}, "a message of rejected has other keys"),
    ],
)
def test_the_check_names_what_is_wrong(tmp_path: Path, change: Any, fault: str) -> None:
    (row,) = rows(FORMAT, sample())
    found = faults(FORMAT, tmp_path, row | change)
    assert any(one.startswith(f"row 1: {fault}") for one in found), found
