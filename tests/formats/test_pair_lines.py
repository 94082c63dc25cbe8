from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.reading.rows import PairMessage, PairPicture, PairRow, VoteCounts
from tests.formats.reading_files import load, only_problem, pair


def one(tmp_path: Path, item: dict[str, Any]) -> PairRow:
    (row,) = load(lines(tmp_path, item))
    assert isinstance(row, PairRow), row
    return row


def lines(tmp_path: Path, *items: dict[str, Any]) -> Path:
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in items))
    return file


def test_a_pair_comes_as_written(tmp_path: Path) -> None:
    row = one(tmp_path, pair())
    assert row == PairRow(
        where=f"{tmp_path}/pairs.jsonl:1",
        pair_id="0" * 32,
        level="local",
        mode="prefix",
        dimension="overall",
        seed_id="1" * 32,
        prefix=(PairMessage("user", ("what is this?", PairPicture("images/ab/c.png", "a" * 64))),),
        chosen=(PairMessage("assistant", ("yes",)),),
        rejected=(PairMessage("assistant", ("no",)),),
        chosen_id="2" * 32,
        rejected_id="3" * 32,
        n_votes=VoteCounts(3, 1, 0),
        n_annotators=4,
        turn=1,
        agreement=0.75,
        margin=0.5,
        verified=None,
        split="train",
    )


def test_a_pair_of_whole_conversations_has_no_prefix_and_no_turn(tmp_path: Path) -> None:
    row = one(
        tmp_path,
        pair(mode="chain", level="global", dimension="G2", prefix=[], turn=None, verified=False),
    )
    assert (row.mode, row.level, row.dimension) == ("chain", "global", "helpfulness")
    assert (row.prefix, row.turn, row.verified) == ((), None, False)


@pytest.mark.parametrize("name", ["turn", "agreement", "margin", "verified", "split"])
def test_what_may_be_unknown_may_be_absent(tmp_path: Path, name: str) -> None:
    item = pair()
    del item[name]
    assert getattr(one(tmp_path, item), name) is None
    assert getattr(one(tmp_path, pair(**{name: None})), name) is None


def test_zero_is_not_missing(tmp_path: Path) -> None:
    row = one(tmp_path, pair(margin=0, agreement=0.0))
    assert (row.margin, row.agreement) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pair_id": "x"}, "pair_id"),
        ({"seed_id": None}, "seed_id"),
        ({"level": "both"}, "level"),
        ({"mode": None}, "mode"),
        ({"dimension": "beauty"}, "dimension"),
        ({"dimension": "helpfulness"}, "dimension"),
        ({"dimension": 3}, "dimension"),
        ({"rejected_id": "2" * 32}, "rejected_id"),
        ({"agreement": 1.01}, "agreement"),
        ({"agreement": "0.5"}, "agreement"),
        ({"margin": True}, "margin"),
        ({"margin": 10**400}, "margin"),
        ({"verified": "yes"}, "verified"),
        ({"turn": 0}, "turn"),
        ({"turn": 1.5}, "turn"),
        ({"n_annotators": -1}, "n_annotators"),
        ({"n_votes": {"chosen": 10**12, "rejected": 0, "tie": 0}}, "n_votes.chosen"),
        ({"n_annotators": True}, "n_annotators"),
        ({"n_votes": 3}, "n_votes"),
        ({"n_votes": {"chosen": 1, "rejected": 0}}, "n_votes.tie"),
        ({"chosen": []}, "chosen"),
        ({"prefix": None}, "prefix"),
        ({"chosen": ["hello"]}, "chosen[0]"),
        ({"chosen": [{"role": "tool", "content": []}]}, "chosen[0].role"),
        ({"chosen": [{"role": [], "content": []}]}, "chosen[0].role"),
        ({"chosen": [{"role": "user", "content": "x"}]}, "chosen[0].content"),
        (
            {"chosen": [{"role": "user", "content": [{"type": "text"}]}]},
            "chosen[0].content[0].text",
        ),
        ({"chosen": [{"role": "user", "content": [{"type": "audio"}]}]}, "chosen[0].content[0]"),
        ({"chosen": [{"role": "user", "content": [{"type": "image"}]}]}, "chosen[0].content[0]"),
        (
            {"chosen": [{"role": "user", "content": [{"type": "image", "sha256": "../x"}]}]},
            "chosen[0].content[0].sha256",
        ),
        ({"split": 1}, "split"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    file = lines(tmp_path, pair(), pair() | change)
    good, bad = load(file)
    assert isinstance(good, PairRow)
    problem = only_problem([bad])
    assert (problem.where, problem.field) == (f"{file}:2", field)
    assert problem.message.isprintable()
