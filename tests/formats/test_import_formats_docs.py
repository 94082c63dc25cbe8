"""The examples of docs/import_formats.md are read as the manual says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from intermt.formats.reading.label_fields import LABELS, PLAIN
from intermt.formats.reading.registry import KINDS
from intermt.formats.reading.rows import (
    ConversationRow,
    LabelRow,
    ReadOptions,
    Row,
    RowProblem,
    SideChoice,
    SideScore,
    SkippedRow,
)
from tests.formats.reading_files import kind_of, load

DOC = (Path(__file__).parents[2] / "docs" / "import_formats.md").read_text(encoding="utf-8")


def examples(heading: str, language: str) -> list[str]:
    part = DOC.partition(f"\n## {heading}")[2].partition("\n## ")[0]
    found = re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)
    assert found, heading
    return found


def rows_of(
    tmp_path: Path, kind: str, text: str, options: ReadOptions | None = None
) -> list[Row | RowProblem]:
    file = tmp_path / "example"
    file.write_text(text, encoding="utf-8")
    options = options or ReadOptions()
    assert kind_of(file, options) == kind
    rows = load(file, kind, options)
    assert not [row.message for row in rows if isinstance(row, RowProblem)]
    return rows


def test_the_benchmark(tmp_path: Path) -> None:
    scores, pair = examples("InterMT", "json")
    (scored,) = rows_of(tmp_path, "intermt-bench", scores)
    assert isinstance(scored, ConversationRow)
    assert [s.value for s in scored.scores] == [2, -1, 0]
    (preferred,) = rows_of(tmp_path, "intermt-bench", pair)
    assert isinstance(preferred, LabelRow)
    assert [c.choice for c in preferred.choices] == ["a", "b"]


def test_label_studio(tmp_path: Path) -> None:
    (text,) = examples("Label Studio", "json")
    found = re.search(r"`--map (prompt[^`]*)`", DOC)
    assert found
    columns = dict(pair.split("=") for pair in found[1].split(","))
    (row,) = rows_of(tmp_path, "label-studio", text, ReadOptions(columns))
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("overall", "a"),)


def test_argilla(tmp_path: Path) -> None:
    (text,) = examples("Argilla", "json")
    row, suggested = rows_of(tmp_path, "argilla", text)
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("overall", "b"),)
    assert row.scores == (SideScore("a", "text_quality", 0),)
    assert isinstance(suggested, SkippedRow)


def test_prodigy(tmp_path: Path) -> None:
    (text,) = examples("Prodigy", "json")
    (row,) = rows_of(tmp_path, "prodigy", text)
    assert isinstance(row, LabelRow)
    assert row.scores == (SideScore("a", "text_quality", 2),)


def test_a_mapped_table(tmp_path: Path) -> None:
    (text,) = examples("Tables", "csv")
    (map_file,) = examples("Tables", "toml")
    first, second = rows_of(tmp_path, "csv", text, ReadOptions(tomllib.loads(map_file)["map"]))
    assert isinstance(first, LabelRow)
    assert first.choices == (SideChoice("overall", "a"),)
    assert [s.value for s in first.scores] == [3, 0]
    assert isinstance(second, SkippedRow)


def test_the_manual_names_every_kind_and_field() -> None:
    assert all(f"| `{kind}` |" in DOC for kind in KINDS)
    for name in (*PLAIN, *(name for name in LABELS if not name.endswith(("_a", "_b")))):
        assert f"`{name}`" in DOC or f"`{name}." in DOC, name
