"""Names of released conversations and messages that come again: with the same words or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.commands.work import Program, conversation, counted, turn, written

HERE = "conflicting content for a known id"


def talk(name: str = "17", words: str = "Left.", **uuids: str) -> dict[str, Any]:
    return conversation(name, turn(1, "Where?", "Left."), turn(2, "Sure?", words) | uuids)


@pytest.mark.parametrize("where", ["the store", "an earlier row"])
def test_an_id_that_comes_again_with_other_words_is_a_bad_row(
    where: str, intermt: Program, tmp_path: Path
) -> None:
    first, second = talk(), talk(words="No, right.")
    if where == "the store":
        intermt("annotate-import", written(tmp_path / "a", [first]))
        path = written(tmp_path / "b", [talk("18"), second])
    else:
        path = written(tmp_path / "b", [first, second])
    n_before = counted(intermt.store, "SELECT count(*) FROM node") if where == "the store" else 0
    done = intermt("annotate-import", path, code=65)
    (detail,) = done.answer["errors"][0]["details"]
    assert "item 2 (id 17): id is 17, expected the messages" in detail
    assert HERE in detail
    assert f"that {where} has under it" in detail
    if n_before:
        assert counted(intermt.store, "SELECT count(*) FROM node") == n_before
    report = intermt("annotate-import", path, "--on-error", "skip").data["files"][0]
    assert (report["imported"], report["rejected"]) == (1, 1)


def test_the_same_words_are_no_conflict_and_neither_is_another_collection(
    intermt: Program, tmp_path: Path
) -> None:
    path = written(tmp_path / "a", [talk()])
    intermt("annotate-import", path)
    again = intermt("annotate-import", path).data["files"][0]
    assert (again["unchanged"], again["rejected"]) == (1, 0)
    other = written(tmp_path / "b", [talk(words="No.")])
    report = intermt("annotate-import", other, "--dataset", "other").data["files"][0]
    assert report["imported"] == 1


@pytest.mark.parametrize("in_store", [True, False])
def test_a_uuid_stands_for_one_text(in_store: bool, intermt: Program, tmp_path: Path) -> None:
    first = talk("1", response_uuid="91aa", prompt_uuid="4f0c")
    second = talk("2", "Elsewhere.", response_uuid="91aa", prompt_uuid="4f0c")
    if in_store:
        intermt("annotate-import", written(tmp_path / "a", [first]))
    path = written(tmp_path / "b", [first, second])
    done = intermt("annotate-import", path, code=65)
    (detail,) = done.answer["errors"][0]["details"]
    assert "item 2 (id 2), turn 2: response_uuid is 91aa, expected the message" in detail
    assert HERE in detail
    shared = talk("3", response_uuid="91aa", prompt_uuid="4f0c")
    assert intermt("annotate-import", written(tmp_path / "c", [first, shared])).code == 0


def test_an_answer_that_a_label_shows_does_not_hold_the_id_of_its_task(
    intermt: Program, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("rater,item,prompt,text_a,text_b,choice\nann,17,Where?,Left.,Right.,A\n")
    said = [f"{name}={name}" for name in ("rater", "item", "prompt", "text_a", "text_b", "choice")]
    intermt("annotate-import", labels, "--map", ",".join(said), "--dataset", "one")
    path = written(tmp_path / "a", [talk()])
    report = intermt("annotate-import", path, "--dataset", "one").data["files"][0]
    assert report["imported"] == 1
