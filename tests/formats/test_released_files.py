from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from intermt.formats.reading.rows import ConversationRow
from tests.formats.reading_files import kind_of, load

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the released files are not here"),
]


def conversations(path: Path) -> list[ConversationRow]:
    rows = load(path)
    assert all(isinstance(row, ConversationRow) for row in rows)
    return rows  # type: ignore[return-value]


def pictures(rows: list[ConversationRow]) -> list[str]:
    return [name for row in rows for turn in row.turns for side in turn for name in side.pictures]


def test_the_crucial_step_file() -> None:
    path = DATA / "intermt_bench" / "crucial_step_dev.json"
    assert kind_of(path) == "intermt-bench"
    rows = conversations(path)
    assert len(rows) == len({row.source_id for row in rows}) == 300
    assert sum(len(row.turns) for row in rows) == 1219
    assert len(pictures(rows)) == 1217
    scores = [score for row in rows for score in row.scores]
    assert Counter(score.value for score in scores) == {3: 230, 2: 56, 1: 13, 0: 1}
    assert {(s.dimension, s.turn, s.rater) for s in scores} == {
        ("crucial_step_recognition", None, "unnamed")
    }
    assert sum(len(row.feedback) for row in rows) == 300
    assert all(side.source_key for row in rows for turn in row.turns for side in turn)


def test_the_dialogues_file() -> None:
    folder = DATA / "dialogues"
    rows = conversations(folder / "dialogues.json")
    assert len(rows) == 15
    assert sum(len(row.turns) for row in rows) == 75
    assert len(pictures(rows)) == 63
    assert all((folder / name).is_file() for name in pictures(rows))
    assert Counter(row.scenario for row in rows).most_common()[-1][1] == 3
    assert all(row.category and row.task for row in rows)
    assert not any(row.scores or row.feedback for row in rows)


def test_texts_come_through_unchanged() -> None:
    path = DATA / "intermt_bench" / "crucial_step_dev.json"
    raw = path.read_text(encoding="utf-8")
    text = "".join(side.text for row in conversations(path) for turn in row.turns for side in turn)
    # Tags have no quotes to escape in their first word, so both sides count alike.
    assert len(re.findall("< ?Image,", text)) == len(re.findall("< ?Image,", raw))


@pytest.mark.parametrize("name", ["export.json", "export_min.json", "export.csv", "export.tsv"])
def test_the_exports_of_a_real_server_are_known(name: str) -> None:
    path = DATA / "label_studio" / name
    if not path.is_file():
        pytest.skip("not here")
    assert kind_of(path) == "label-studio"
