from __future__ import annotations

import re
from pathlib import Path

from intermt.formats.reading.rows import ConversationRow, LabelRow
from intermt.formats.reading.vote_table import COLUMNS
from tests.formats.reading_files import kind_of, load

DOC = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOC, re.DOTALL)
    assert found
    return found[1]


def test_the_table_of_votes_in_the_manual_is_one(tmp_path: Path) -> None:
    file = tmp_path / "votes"
    file.write_text(example("csv"))
    assert kind_of(file) == "csv"
    rows = load(file)
    assert len(rows) == 3
    assert all(isinstance(row, LabelRow) for row in rows)


def test_the_conversation_in_the_manual_is_one(tmp_path: Path) -> None:
    file = tmp_path / "conversations"
    file.write_text(example("json"))
    (row,) = load(file)
    assert isinstance(row, ConversationRow)
    assert [(s.dimension, s.turn) for s in row.scores] == [
        ("crucial_step_recognition", None),
        ("text_quality", 1),
    ]


def test_the_manual_names_every_column() -> None:
    for column, others in COLUMNS.items():
        assert f"`{column}`" in DOC
        assert all(f"`{other}`" in DOC or other in ("b", "b_id", "response_b") for other in others)
