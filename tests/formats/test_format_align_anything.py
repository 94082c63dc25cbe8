from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from intermt.formats.writing import align_anything, align_anything_ti2ti
from intermt.formats.writing.parquet_file import ParquetFile
from tests.formats.pair_samples import assistant, conversations, sample, user
from tests.formats.picture_samples import (
    FILES,
    PATH,
    PICTURES,
    SHA,
    in_history,
    one_question,
    own_pictures,
    reasons,
    shown,
    table,
    write,
    written,
)

ONE, BOTH = align_anything.FORMAT, align_anything_ti2ti.FORMAT


def test_one_picture_is_in_the_row_itself(tmp_path: Path) -> None:
    pair = one_question(chosen=(assistant("A <image>."),), split="train")
    (row,) = table(ONE, tmp_path, pair)
    assert row == {
        "question": "What is this?",
        "image": {"bytes": FILES[SHA[0]], "path": f"{SHA[0]}.png"},
        "response_1": "A < image>.",
        "response_2": "There is no snow.",
        "overall_response": 1,
        "margin": 1.5,
        "strength": 0.8,
        "pair_id": "0" * 32,
        "dimension": "overall",
        "simulated": False,
        "synthetic": False,
        "split": "train",
    }


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (sample(turn=1, prefix=(user("Why?"),)), ["no picture"]),
        (
            one_question(prefix=(user(shown(0), shown(1), "Which?"),)),
            ["more than 1 picture"],
        ),
        (in_history(), ["several turns", "pictures in earlier answers", "more than 1 picture"]),
        (one_question(chosen=(assistant(shown(0)),)), None),
        (conversations(), ["several messages after the prefix", "no picture"]),
    ],
)
def test_one_question_with_one_picture_is_all_it_holds(pair: Any, why: list[str] | None) -> None:
    found = reasons(ONE, pair)
    if why is None:
        assert "pictures in chosen or rejected" in found
    else:
        assert set(why) <= set(found)


def test_the_check_sees_other_bytes_than_the_name_says(tmp_path: Path) -> None:
    (row,) = table(ONE, tmp_path, one_question())
    row["image"]["bytes"] = FILES[SHA[1]]
    row["response_2"] = "<image>"
    file = tmp_path / "changed.parquet"
    with file.open("wb") as sink:
        changed = ParquetFile(sink, align_anything._COLUMNS)
        changed.write(row)
        changed.close()
    assert ONE.check(file, PICTURES) == (
        1,
        [
            "row 1: <image> in response_2",
            "row 1: a picture in image is not the one it is named after",
        ],
    )


def test_pictures_of_both_sides_are_listed_in_order() -> None:
    row = orjson.loads(written(BOTH, own_pictures()))
    assert row["input_text"] == (
        "User: Make it night.\nAssistant: Here:  Like so.\nUser: Add snow."
    )
    assert row["input_image"] == [PATH[SHA[0]], PATH[SHA[1]]]
    assert (row["better_text"], row["better_img"]) == (
        "Snow lies on the roof.",
        [PATH[SHA[2]], PATH[SHA[3]]],
    )
    assert (row["worse_text"], row["worse_img"]) == ("There: ", [PATH[SHA[4]]])


def test_a_single_question_has_no_speakers(tmp_path: Path) -> None:
    pair = one_question(rejected=(assistant("see <image>"),))
    file = write(BOTH, tmp_path / "pairs.jsonl", pair, conversations(), sample())
    row = orjson.loads(file.read_bytes().splitlines()[0])
    assert (row["input_text"], row["worse_text"]) == ("What is this?", "see < image>")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"better_text": "a <image>"}, "<image> in better_text, which the template adds itself"),
        ({"worse_img": None}, "worse_text is no text, or worse_img no list"),
    ],
)
def test_the_check_knows_what_the_template_adds(tmp_path: Path, change: Any, fault: str) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(orjson.dumps(orjson.loads(written(BOTH, own_pictures())) | change) + b"\n")
    assert BOTH.check(file, PICTURES) == (1, [f"row 1: {fault}"])
